"""What every screen works on: the rooms below the window, in one hand."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sora_desktop.core.catalog import Catalog
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.library import Library
from sora_desktop.engine.live import LiveCatalogue
from sora_desktop.engine.network import Networking
from sora_desktop.engine.providers import Providers
from sora_desktop.engine.queue import Engine
from sora_desktop.engine.radar import Radar
from sora_desktop.engine.servers import Servers
from sora_desktop.engine.tasks import Tasks
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.secrets import Secrets
from sora_desktop.storage.settings import SettingsStore


@dataclass(frozen=True, slots=True)
class Studio:
    """Handed to each panel; holds no state of its own."""

    catalog: Catalog
    accounts: Accounts
    engine: Engine
    drafts: DraftStore
    settings: SettingsStore
    tasks: Tasks
    paths: Paths
    secrets: Secrets
    live: LiveCatalogue
    radar: Radar
    providers: Providers
    network: Networking
    servers: Servers
    library: Library

    @classmethod
    def of(cls, rooms: object) -> Studio:
        """The studio on open rooms (`assembly.Assembly`), which have the same parts under the same names."""
        return cls(**{field.name: getattr(rooms, field.name) for field in fields(cls)})
