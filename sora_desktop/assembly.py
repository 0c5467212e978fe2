"""Puts the rooms together: what the window and the command line both stand on. No Qt.

async with opened(paths) as studio:
    await studio.engine.start()
"""

from __future__ import annotations

import math
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Catalog
from sora_desktop.core.errors import EnvironmentProblem, UserError
from sora_desktop.core.servers import Server
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.library import Library
from sora_desktop.engine.live import LiveCatalogue
from sora_desktop.engine.network import Networking
from sora_desktop.engine.providers import Providers
from sora_desktop.engine.queue import Engine
from sora_desktop.engine.radar import Radar
from sora_desktop.engine.references import References
from sora_desktop.engine.servers import Found, Servers
from sora_desktop.engine.simulator_process import SimulatorProcess
from sora_desktop.engine.tasks import Tasks
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from sora_desktop.providers.registry import Dialects
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.storage.clips import ClipStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.listings import ListingStore
from sora_desktop.storage.lock import OwnerLock
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.references import ReferenceStore
from sora_desktop.storage.secrets import Secrets
from sora_desktop.storage.servers import ServerFiles
from sora_desktop.storage.settings import SettingsStore
from sora_desktop.storage.uploads import UploadStore
from sora_desktop.storage.warnings import WarningStore

SIMULATOR_PACE = 0.05
"""A clip of the built-in simulator takes about ten seconds, not minutes."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """All parts of one open data folder. With `owner` false another process runs its jobs: start no engine then."""

    paths: Paths
    owner: bool
    catalog: Catalog
    database: Database
    jobs: JobStore
    drafts: DraftStore
    settings: SettingsStore
    secrets: Secrets
    accounts: Accounts
    simulator: SimulatorProcess
    http: Http
    network: Networking
    tasks: Tasks
    engine: Engine
    live: LiveCatalogue
    radar: Radar
    providers: Providers
    servers: Servers
    library: Library


@asynccontextmanager
async def opened(paths: Paths, *, override_key: str = "", own: bool | None = True) -> AsyncGenerator[Assembly, None]:
    """Opens a data folder and closes it again, whatever happens between. The engine is not started.

    `own`: True takes the folder for this process and raises EnvironmentProblem `data_in_use` where another has it;
    None takes it where it is free; False leaves it. `override_key` serves every account instead of the kept keys.
    Raises EnvironmentProblem when the database cannot be opened.
    """
    catalog = load_catalog()
    pace = pace_from_environment()
    async with AsyncExitStack() as stack:
        lock = OwnerLock(paths)
        owner = own is not False and lock.acquire()
        if owner:
            stack.callback(lock.release)
        elif own:
            raise EnvironmentProblem("data_in_use")
        database = Database(paths.database)
        await database.open()
        stack.push_async_callback(database.close)
        settings = SettingsStore(database)
        await settings.load()
        secrets = Secrets()
        stack.push_async_callback(secrets.close)
        light = "SORA_DESKTOP_LIGHT" in os.environ  # for tests: small clips
        simulator = SimulatorProcess(paths, SIMULATOR_PACE if pace is None else pace, owner=owner, light=light)
        stack.push_async_callback(simulator.close)
        accounts = Accounts(AccountStore(database), secrets, catalog, simulator.base_urls, override_key=override_key)
        providers = Providers(paths.providers, accounts.offers)
        await providers.reload()
        await accounts.load()
        http = Http()
        stack.push_async_callback(http.aclose)
        network = Networking(settings, secrets, http)
        stack.callback(network.close)
        servers = Servers(ServerFiles(paths.servers), accounts, partial(_probe, http))
        await servers.reload()
        jobs, tasks, dialects = JobStore(database), Tasks(), Dialects(http)
        live = LiveCatalogue(accounts, dialects.of, ListingStore(database), tasks)
        # Before any job goes on: its model may stand only in a kept list.
        await live.start()
        engine = Engine(
            jobs=jobs,
            accounts=accounts,
            dialect_of=dialects.of,
            http=http,
            settings=settings,
            references=References(ReferenceStore(database, paths), UploadStore(database), accounts, http),
            paths=paths,
            tasks=tasks,
            pace_of=lambda account: _pace_of(account, pace),
            data_version=database.data_version,
        )
        stack.push_async_callback(engine.leave)
        stack.callback(network.changed.connect(engine.network_changed))
        live.follow(engine.model_refused, servers.probed, engine.models_named)
        library = Library(ClipStore(database), engine, accounts, paths, tasks)
        stack.callback(library.close)
        drafts = DraftStore(database)
        radar = Radar(
            accounts=accounts, engine=engine, live=live, drafts=drafts, store=WarningStore(database), tasks=tasks
        )
        yield Assembly(
            paths=paths,
            owner=owner,
            catalog=catalog,
            database=database,
            jobs=jobs,
            drafts=drafts,
            settings=settings,
            secrets=secrets,
            accounts=accounts,
            simulator=simulator,
            http=http,
            network=network,
            tasks=tasks,
            engine=engine,
            live=live,
            radar=radar,
            providers=providers,
            servers=servers,
            library=library,
        )


async def _probe(http: Http, connection: Connection, known: Server) -> Found:
    """A free look at a server. Imported by the first one: a start is measured."""
    from sora_desktop.providers.openai_probe import probe

    return await probe(http, connection, known)


def pace_from_environment() -> float | None:
    """SORA_DESKTOP_PACE: a factor on every waiting time, for tests. Raises UserError where it is no such number."""
    text = os.environ.get("SORA_DESKTOP_PACE", "")
    if not text:
        return None
    try:
        pace = float(text)
    except ValueError:
        pace = math.nan
    if not 0 < pace <= 100:
        raise UserError("pace_invalid", value=text)
    return pace


def _pace_of(account: Account, pace: float | None) -> float:
    return (SIMULATOR_PACE if account.builtin else 1.0) if pace is None else pace
