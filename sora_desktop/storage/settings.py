"""What the user chose about the program itself: one place for names, defaults and limits."""

from __future__ import annotations

import json
import logging
import sqlite3
from typing import Annotated, Any, Literal

from pydantic import Field

from sora_desktop.core.frozen import Kept
from sora_desktop.core.library import Sort
from sora_desktop.core.naming import DEFAULT_TEMPLATE
from sora_desktop.core.network import Network
from sora_desktop.core.signal import Signal
from sora_desktop.storage.database import Database

log = logging.getLogger(__name__)


class WindowLayout(Kept):
    """Of the main window on screens of one size. `widths` are the panes' in px at 100 %, by name."""

    geometry: Annotated[str, Field(description="As Qt saves it, in base64")] = ""
    widths: dict[str, int] = Field(default_factory=dict[str, int])
    folded: tuple[str, ...] = ()
    tab: str = ""


class Settings(Kept):
    """Every setting with its default. An empty `videos_folder` means the platform's own."""

    theme: Annotated[Literal["system", "dark", "light", "contrast"], Field(description="Colours of the window")] = (
        "system"
    )
    text_size: Annotated[int, Field(ge=75, le=200, description="Size of text and controls, in percent")] = 100
    language: Annotated[str, Field(description="Language code; empty follows the system")] = ""
    videos_folder: Annotated[str, Field(description="Where finished videos go; empty is the platform's own")] = ""
    name_template: Annotated[str, Field(min_length=1, description="Names of the files")] = DEFAULT_TEMPLATE
    volume: Annotated[float, Field(ge=0, le=1, description="Of the player, 0 to 1")] = 0.8
    muted: Annotated[bool, Field(description="Whether the player is silent")] = False
    loop: Annotated[bool, Field(description="Whether a clip starts again at its end")] = True
    current_draft: Annotated[str, Field(description="Id of the draft that is open")] = ""
    welcomed: Annotated[bool, Field(description="Whether the first run is over")] = False
    reduce_motion: Annotated[bool, Field(description="Whether nothing on the screen moves by itself")] = False
    layouts: Annotated[dict[str, WindowLayout], Field(description="Of the main window, by the size of the screen")] = (
        Field(default_factory=dict[str, WindowLayout])
    )
    library_sort: Annotated[Sort, Field(description="Order of the clips in the library")] = Sort.NEWEST
    library_size: Annotated[int, Field(ge=140, le=320, description="Width of the library's cards, in px at 100 %")] = (
        192
    )
    library_details: Annotated[bool, Field(description="Whether the library shows details beside the clips")] = True
    close_to_tray: Annotated[bool, Field(description="Whether jobs go on in the tray when the window is closed")] = True
    told_of_tray: Annotated[bool, Field(description="Whether the tray was explained")] = False
    told_of_closing: Annotated[bool, Field(description="Whether it was said what becomes of jobs at closing")] = False
    network: Annotated[Network, Field(description="Which way calls take; without the proxy's password")] = Network()
    queue_paused: Annotated[bool, Field(description="Whether waiting jobs are not sent")] = False


class SettingsStore:
    """The settings of a data folder. `changed` comes after a change was committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.current = Settings()
        self.changed: Signal[[]] = Signal()

    async def load(self) -> Settings:
        """Reads what was kept. A value that does not fit, or is no setting of this version, leaves the default."""

        def read(db: sqlite3.Connection) -> list[tuple[str, str]]:
            return list(db.execute("SELECT key, value FROM settings"))

        kept: dict[str, Any] = {}
        for key, text in await self._database.read(read):
            try:
                kept.update(_checked({key: json.loads(text)}))
            except ValueError:  # json's and pydantic's
                log.warning("setting %s cannot be read; its default is used", key)
        self.current = Settings(**kept)
        return self.current

    async def change(self, **changes: object) -> Settings:
        """Commits `changes` and tells the listeners. Raises ValueError for a value that does not fit."""
        unknown = changes.keys() - Settings.model_fields.keys()
        if unknown:
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        checked = _checked(changes)
        different = {key: value for key, value in checked.items() if value != getattr(self.current, key)}
        if not different:
            return self.current
        dumped = Settings(**different).model_dump(mode="json", include=set(different))
        rows = [(key, json.dumps(value)) for key, value in dumped.items()]

        def write(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT INTO settings (key, value) VALUES (?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                rows,
            )

        await self._database.run(write)
        self.current = self.current.model_copy(update=different)
        self.changed.emit()
        return self.current


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    """Those of `values` that are settings, in their types. Raises ValidationError."""
    known = {key: value for key, value in values.items() if key in Settings.model_fields}
    settings = Settings.model_validate(known)
    return {key: getattr(settings, key) for key in known}
