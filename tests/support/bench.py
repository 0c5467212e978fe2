"""The engine on real rooms, for tests: a database file, keys, the wire. Killed and begun again at will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from sora_desktop.core.jobs import ENDED, Job, State
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.library import Library
from sora_desktop.engine.queue import Engine
from sora_desktop.engine.references import References
from sora_desktop.engine.servers import Servers
from sora_desktop.engine.tasks import Tasks
from sora_desktop.providers.base import Dialect
from sora_desktop.providers.http import Http
from sora_desktop.providers.openai_probe import probe
from sora_desktop.providers.registry import Dialects
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.storage.clips import ClipStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.references import ReferenceStore
from sora_desktop.storage.secrets import Secrets
from sora_desktop.storage.servers import ServerFiles
from sora_desktop.storage.settings import SettingsStore
from sora_desktop.storage.uploads import UploadStore

RESTING = ENDED | {State.UNCERTAIN}
FIRST_MODELS = {"rivya": "sora-2", "globalaiopc": "openAiSora2Plus"}


class Bench:
    """One life of the engine, from `begin` to `kill`; another Bench on the same folder is the next life.

    `pace` speeds every wait up; calls time out after a second, so that lost answers need no patience.
    """

    def __init__(
        self,
        folder: Path,
        *,
        pace: float,
        services: Mapping[str, Dialect] | None = None,
        http: Http | None = None,
        addresses: Mapping[str, str] | None = None,
        busy_seconds: float = 5.0,
        read_timeout: float = 1.0,
    ) -> None:
        self.paths = Paths.at(folder)
        self.pace = pace
        self.database = Database(self.paths.database, busy_seconds=busy_seconds)
        self.addresses = addresses or {name: f"http://127.0.0.1:9/{name}" for name in FIRST_MODELS}
        self._services = services
        self._http = http
        self._read_timeout = read_timeout
        self.defects: list[BaseException] = []

    async def begin(self) -> Bench:
        self.http = self._http or Http(connect=1.0, read=self._read_timeout, write=1.0, pool=1.0)
        await self.database.open()
        self.settings = SettingsStore(self.database)
        await self.settings.load()
        self.drafts = DraftStore(self.database)
        self.secrets = Secrets()
        self.catalog = load_catalog()
        self.accounts = Accounts(AccountStore(self.database), self.secrets, self.catalog, self._addresses)
        await self.accounts.load()
        self.servers = Servers(ServerFiles(self.paths.servers), self.accounts, partial(probe, self.http))
        await self.servers.reload()
        self.tasks = Tasks()
        self.tasks.failed.connect(lambda error, name: self.defects.append(error))
        services, real = self._services, Dialects(self.http)
        self.engine = Engine(
            jobs=JobStore(self.database),
            accounts=self.accounts,
            dialect_of=lambda provider: services[provider.id] if services else real.of(provider),
            http=self.http,
            settings=self.settings,
            references=References(
                ReferenceStore(self.database, self.paths), UploadStore(self.database), self.accounts, self.http
            ),
            paths=self.paths,
            tasks=self.tasks,
            pace_of=lambda account: self.pace,
        )
        self.library = Library(ClipStore(self.database), self.engine, self.accounts, self.paths, self.tasks)
        await self.engine.start()
        return self

    async def _addresses(self) -> Mapping[str, str]:
        return self.addresses

    async def kill(self) -> None:
        """The nearest to SIGKILL in one process: every task ends where it is; only what was committed is left."""
        self.library.close()
        await self.engine.stop()
        if self._http is None:
            await self.http.aclose()
        await self.secrets.close()
        await self.database.close()

    async def __aenter__(self) -> Bench:
        return await self.begin()

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        assert not self.defects

    async def account(self, provider: str, base_url: str, key: str) -> str:
        """Adds an account of the user's; its id."""
        account = self.accounts.draft(provider, base_url=base_url, allow_http=True)
        await self.accounts.add(account, key)
        return account.id

    async def submit(
        self, account_id: str, prompt: str = "a boat", count: int = 1, *, references: tuple[Reference, ...] = ()
    ) -> list[Job]:
        provider = self.accounts.provider(account_id)
        assert provider is not None
        model = FIRST_MODELS[provider.id]
        request = GenerationRequest(provider=provider.id, model=model, prompt=prompt, references=references)
        return await self.engine.submit(account_id, request, count)

    def job(self, job: Job) -> Job:
        """As it is now."""
        return self.engine.jobs[job.id]

    async def until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Waits for a change of a job that makes `condition` true."""
        changed = asyncio.Event()
        links = [
            signal.connect(lambda *_: changed.set())
            for signal in (self.engine.job_changed, self.engine.job_added, self.engine.online_changed)
        ]
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            states = [(job.state.value, job.failure) for job in self.engine.jobs.values()]
            raise AssertionError(f"waited in vain: {states}") from None
        finally:
            for disconnect in links:
                disconnect()

    async def until_quiet(self, seconds: float = 60) -> None:
        """Until no job moves any more by itself."""
        await self.until(lambda: all(job.state in RESTING or job.held for job in self.engine.jobs.values()), seconds)
