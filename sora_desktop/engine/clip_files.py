"""The files of the library's clips: which are there, whether one can be read, and their thumbnails.

They may lie on a drive of the network that never answers. So each call has a daemon thread of its own, is waited for a
short while, and is not made again while it hangs.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sora_desktop.core.errors import UserError
from sora_desktop.core.library import Clip
from sora_desktop.media.errors import BadVideo
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage import library
from sora_desktop.storage.paths import Paths

if TYPE_CHECKING:
    from sora_desktop.media.probe import Clip as Video

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that a folder or a file is waited for."""
MOST_SILENT = 4
"""Calls that may hang at the same time; while they do, nothing else is asked."""
MOST_DRAWN = 100
"""Thumbnails that one look draws: each costs up to a tenth of a second of a processor."""


class ClipFiles:
    """Looks at files without ever waiting for one longer than `patience` seconds."""

    def __init__(self, paths: Paths, patience: float = PATIENCE) -> None:
        self._paths = paths
        self._patience = patience
        self._silent: dict[str, threading.Event] = {}
        """What did not answer in time, with what is set when it does."""
        self._answered: set[str] = set()
        self._drawing = False
        self._undrawable: set[tuple[str, str]] = set()

    async def look(self, clips: Collection[Clip]) -> tuple[set[str], set[str]]:
        """The ids of the clips whose files are missing, and of those whose files are there.

        Of what does not answer, or not in words that say so, nothing is said.
        """
        missing, there = set[str](), set[str]()
        folders = await in_thread(partial(_by_folder, clips))
        for folder in sorted(folders, key=lambda folder: folder not in self._answered):
            try:
                gone, found = await self._patiently(folder, partial(_parted, folder, folders[folder]))
            except OSError:
                self._answered.discard(folder)
                continue
            self._answered.add(folder)
            missing |= gone
            there |= found
        return missing, there

    async def measure(self, path: Path) -> int:
        """The bytes of a video. Raises UserError where it is none, or cannot be read."""
        try:
            return await self._patiently(str(path), partial(_measured, path))
        except (OSError, BadVideo) as error:
            code = "clip_file_silent" if isinstance(error, TimeoutError) else "clip_not_video"
            raise UserError(code, name=path.name) from error

    async def describe(self, path: Path) -> Video | None:
        """What a video is, by its header; None where it is none or cannot be read now."""
        try:
            return await self._patiently(str(path), partial(_described, path))
        except (OSError, BadVideo):
            return None

    async def draw(self, clip_id: str, path: Path) -> bool:
        """Draws the thumbnail of a clip; whether it could be done."""
        try:
            await self._draw(clip_id, path)
        except (OSError, BadVideo):
            return False
        return True

    async def _draw(self, clip_id: str, path: Path) -> None:
        await self._patiently(str(path), partial(_draw, path, library.thumbnail_path(self._paths, clip_id)))

    async def draw_missing(self, clips: Iterable[Clip], tell: Callable[[str], object]) -> None:
        """Draws thumbnails that are not there, the newest first, and tells the id of each clip that has one now."""
        if self._drawing:
            return
        self._drawing = True
        try:
            work = partial(_undrawn, self._paths, clips, frozenset(self._undrawable))
            undrawn = await self._patiently(str(self._paths.thumbnails), work)
            for clip in undrawn[:MOST_DRAWN]:
                try:
                    await self._draw(clip.id, Path(clip.path))
                except TimeoutError:
                    raise
                except (OSError, BadVideo):
                    self._undrawable.add((clip.id, clip.path))
                else:
                    tell(clip.id)
        except OSError:
            return  # A drive sleeps: the next look tries again.
        finally:
            self._drawing = False

    async def forget_pictures(self, keep: Collection[str]) -> None:
        """Removes the thumbnails of all but the clips and jobs in `keep`."""
        try:
            work = partial(library.remove_thumbnails, self._paths, keep)
            await self._patiently(str(self._paths.thumbnails), work)
        except OSError:
            return

    async def _patiently(self, name: str, work: Callable[[], T]) -> T:
        """`work` on a thread of its own. Raises TimeoutError when it hangs, or hung before and still does."""
        self._silent = {key: answered for key, answered in self._silent.items() if not answered.is_set()}
        if name in self._silent or len(self._silent) >= MOST_SILENT:
            raise TimeoutError
        answered = threading.Event()

        def run() -> T:
            try:
                return work()
            finally:
                answered.set()

        try:
            return await asyncio.wait_for(in_thread(run), self._patience)
        except TimeoutError:
            self._silent[name] = answered
            raise


# On a worker thread, where thousands of clips and the import of the codecs hold up nobody.


def _by_folder(clips: Iterable[Clip]) -> dict[str, dict[str, str]]:
    """The names of files by their clip's id, by their folder."""
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    for clip in clips:
        folder, name = os.path.split(clip.path)
        folders[folder][clip.id] = name
    return folders


def _parted(folder: str, names: Mapping[str, str]) -> tuple[set[str], set[str]]:
    gone = library.absent(folder, frozenset(names.values()))
    missing = {clip_id for clip_id, name in names.items() if name in gone}
    return missing, names.keys() - missing


def _measured(path: Path) -> int:
    from sora_desktop.media import probe

    probe.probe(path)
    return path.stat().st_size


def _described(path: Path) -> Video:
    from sora_desktop.media import probe

    return probe.probe(path)


def _draw(path: Path, target: Path) -> None:
    from sora_desktop.media import stills

    stills.thumbnail(path, target)


def _undrawn(paths: Paths, clips: Iterable[Clip], undrawable: Collection[tuple[str, str]]) -> list[Clip]:
    drawn = {path.name for path in paths.thumbnails.iterdir()}
    clips = (clip for clip in clips if library.thumbnail_path(paths, clip.id).name not in drawn)
    wanted = [clip for clip in clips if (clip.id, clip.path) not in undrawable]
    return sorted(wanted, key=lambda clip: clip.made_at, reverse=True)
