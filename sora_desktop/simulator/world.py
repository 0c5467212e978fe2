"""Everything one simulator is made of, in one place; each part is handed this."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from sora_desktop.simulator.clock import Clock
from sora_desktop.simulator.faults import Faults
from sora_desktop.simulator.ledger import Ledger
from sora_desktop.simulator.openai_manners import OpenAIManners
from sora_desktop.simulator.record import Record
from sora_desktop.simulator.rendering import Rendering
from sora_desktop.simulator.rivya_models import RivyaModel
from sora_desktop.simulator.rivya_shelf import Shelf
from sora_desktop.simulator.store import Store

DAY = 86_400.0
SHORTEST_LIFE = 60.0
"""A link lives a day at pace 1, and never less than this many seconds."""


@dataclass(slots=True)
class Manners:
    """Where the contracts leave the form open: `models` is plain, labelled or odd; `wrap` puts answers into "data".

    `openai_videos` is which of the servers that speak `/v1/videos` this one is.
    """

    models: str = "labelled"
    wrap: bool = False
    openai_videos: OpenAIManners = field(default_factory=OpenAIManners)


@dataclass(slots=True)
class World:
    """A running simulator. `media_origin` is the address that files are served from; it takes no key."""

    state: Path
    pace: float
    media_origin: str
    store: Store
    clock: Clock
    ledger: Ledger
    faults: Faults
    record: Record
    rendering: Rendering
    secret: bytes
    manners: Manners = field(default_factory=Manners)
    shelf: Shelf = field(default_factory=Shelf)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    polled: dict[str, float] = field(default_factory=dict[str, float])

    def rivya_model(self, model_id: str) -> RivyaModel | None:
        return self.shelf.find(model_id, self.manners.models)

    @property
    def link_seconds(self) -> float:
        """How long a result's link lives after the task is complete."""
        return max(SHORTEST_LIFE, DAY * self.pace)

    @property
    def media_folder(self) -> Path:
        return self.state / "media"

    @property
    def files_folder(self) -> Path:
        return self.state / "files"
