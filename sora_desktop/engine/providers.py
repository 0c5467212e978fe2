"""The services that files describe: the shipped ones, and those in the user's folder."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.core.catalog import Provider
from sora_desktop.core.errors import UserError
from sora_desktop.core.reasons import Reason, joined
from sora_desktop.core.signal import Signal
from sora_desktop.engine.offers import Offers
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.catalog import UserFile, add_user_file, user_file, user_files

if TYPE_CHECKING:
    from sora_desktop.core.provider_files import Examined

SHIPPED = Reason("a service that ships with the program")
OTHER = "the service in {file}"


class Providers:
    """Keeps the catalogue as the files in `folder` say. A broken one is told in `problems` (each a `Reason`) and costs
    nothing else.

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

    async def add(self, source: Path) -> str:
        """Copies a file into the folder and takes it in use; the id of the service that it describes.

        Raises UserError `provider_file_wrong` with what is wrong, and then copies nothing; EnvironmentProblem for the
        disk.
        """
        file = await in_thread(partial(user_file, source))
        if file.problem:
            raise UserError("provider_file_wrong", problem=_unread(file))
        examined = await in_thread(partial(self._examined, file.text))
        if examined.provider is None:
            raise UserError("provider_file_wrong", problem=joined(_found(file, examined)[:5]))
        await in_thread(partial(add_user_file, self.folder, file))
        await self.reload()
        return examined.provider.id

    def _examined(self, text: str) -> Examined:
        """On a thread. The ids of the other files are taken, too."""
        from sora_desktop.core.provider_files import examine
        from sora_desktop.providers import jsonpaths

        taken: dict[str, str] = {provider.id: SHIPPED for provider in self._shipped}
        taken |= {provider_id: Reason(OTHER, file=name) for provider_id, name in self.files.items()}
        return examine(text, jsonpaths.fault, taken=taken)

    def _read(self) -> tuple[list[Provider], dict[str, str], tuple[str, ...]]:
        """On a thread: a folder may be far away, and the first JSONPath brings its library."""
        shelf = user_files(self.folder)
        if not shelf:
            return [], {}, ()
        # What only a file of the user's needs; a start without one must not wait for it.
        from sora_desktop.core.provider_files import examine
        from sora_desktop.providers import jsonpaths

        taken: dict[str, str] = {provider.id: SHIPPED for provider in self._shipped}
        found: list[Provider] = []
        files: dict[str, str] = {}
        problems: list[Reason] = []
        for file in shelf:
            if file.problem:
                problems.append(_unread(file))
                continue
            examined = examine(file.text, jsonpaths.fault, taken=taken)
            problems += _found(file, examined)
            if examined.provider is not None:
                found.append(examined.provider)
                taken[examined.provider.id] = Reason(OTHER, file=file.name)
                files[examined.provider.id] = file.name
        return found, files, tuple(problems)


def _unread(file: UserFile) -> Reason:
    return Reason("{file}: {reason}", file=file.name, reason=file.problem)


def _found(file: UserFile, examined: Examined) -> list[Reason]:
    return [Reason("{file}:{finding}", file=file.name, finding=finding.words) for finding in examined.findings]
