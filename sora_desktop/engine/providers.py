"""The services that files describe: the shipped ones, and those in the user's folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sora_desktop.core.catalog import Provider
from sora_desktop.core.signal import Signal
from sora_desktop.engine.offers import Offers
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.catalog import user_files

SHIPPED = "a service that ships with the program"


class Providers:
    """Keeps the catalogue as the files in `folder` say. A broken one is told in `problems` and costs nothing else.

    `files` are the names of the user's files by the id of what they describe. `changed` comes when a reading found
    something else than the one before.
    """

    def __init__(self, folder: Path, offers: Offers) -> None:
        self.folder = folder
        self.problems: tuple[str, ...] = ()
        self.files: dict[str, str] = {}
        self.changed: Signal[[]] = Signal()
        self.catalog = offers.catalog
        self._offers = offers
        self._shipped = offers.catalog.providers
        self._lock = asyncio.Lock()

    async def reload(self) -> None:
        """Reads the folder anew. Never raises for what a file holds."""
        async with self._lock:
            found, files, problems = await in_thread(self._read)
            others = problems != self.problems or files != self.files
            self.problems, self.files = problems, files
            providers = (*self._shipped, *found)
            if {each.id: each for each in providers} != {each.id: each for each in self.catalog.providers}:
                self.catalog.replace(providers)
                self._offers.refresh()
                others = True
        if others:
            self.changed.emit()

    def _read(self) -> tuple[list[Provider], dict[str, str], tuple[str, ...]]:
        """On a thread: a folder may be far away, and the first JSONPath brings its library."""
        shelf = user_files(self.folder)
        if not shelf:
            return [], {}, ()
        # What only a file of the user's needs; a start without one must not wait for it.
        from sora_desktop.core.provider_files import examine
        from sora_desktop.providers import jsonpaths

        taken = dict.fromkeys((provider.id for provider in self._shipped), SHIPPED)
        found: list[Provider] = []
        files: dict[str, str] = {}
        problems: list[str] = []
        for file in shelf:
            if file.problem:
                problems.append(f"{file.name}: {file.problem}")
                continue
            examined = examine(file.text, jsonpaths.fault, taken=taken)
            problems += [f"{file.name}:{finding}" for finding in examined.findings]
            if examined.provider is not None:
                found.append(examined.provider)
                taken[examined.provider.id] = f"the service in {file.name}"
                files[examined.provider.id] = file.name
        return found, files, tuple(problems)
