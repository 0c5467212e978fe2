"""The last step: a checked video gets its name, its thumbnail and its row."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sora_desktop.core.errors import EnvironmentProblem, UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.naming import file_stem
from sora_desktop.engine.part import Part
from sora_desktop.engine.works import Works
from sora_desktop.media.errors import BadVideo
from sora_desktop.storage import library

log = logging.getLogger(__name__)


class Placing:
    """Puts results into the videos folder. A kill at any point ends, after the restart, in exactly one file."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._naming: dict[Path, asyncio.Lock] = {}
        """By folder, one of which may hang."""
        self._folders: dict[str, Path] = {}
        """Where what arrived of a job is."""

    def folder(self) -> Path:
        chosen = self._works.settings.current.videos_folder
        return Path(chosen) if chosen else self._works.paths.videos

    def part(self, job: Job) -> Part:
        """The job's file in arrival. Raises EnvironmentProblem where the folder cannot be written to."""
        folder = library.ensure_folder(self.folder())
        before = self._folders.get(job.id, folder)
        if before != folder:
            # Behind its back: the folder that it left may hang.
            Thread(target=_discard, args=(before, job.id), name="discard", daemon=True).start()
        self._folders[job.id] = folder
        return Part(folder / f".{job.id}.part", job.id)

    def discard(self, job: Job) -> None:
        folder = self._folders.pop(job.id, None) or self.folder()
        Part(folder / f".{job.id}.part", job.id).discard()

    async def already_there(self, job: Job) -> bool:
        """Whether the file got its name before a kill came between that and its row; the row is mended then."""
        path = Path(job.path) if job.path else None
        if path is None or self._anothers(job) or not await self._works.in_thread(_is_whole, path, job.bytes):
            return False
        # A kill between the name and the removal of the other leaves both.
        await self._works.in_thread(Part(path.parent / f".{job.id}.part", job.id).discard)
        await self._finish(job, path, job.bytes or 0)
        return True

    def _anothers(self, job: Job) -> bool:
        """Whether the name that was meant for this job's file went to another job's meanwhile."""
        return any(other.path == job.path and other.id != job.id for other in self._works.board.jobs.values())

    async def place(self, job: Job, part: Part, seconds: float | None) -> None:
        """Checks the file, which is to be of about so many `seconds`, names it and ends the job.

        Raises BadVideo when it does not decode (it is gone then), EnvironmentProblem when it cannot be named.
        """
        await self._works.in_thread(_check, part.path, seconds)
        # One at a time: two clips of one name must not both think it free.
        folder = part.path.parent
        async with self._naming.setdefault(folder, asyncio.Lock()):
            wanted = await self._works.in_thread(library.free_path, folder, self._name(job))
            # Committed before the file is named: after a kill the row says where to look.
            job = await self._works.board.note(job.id, path=str(wanted), bytes=part.size)
            path = await self._works.in_thread(library.commit, part.path, wanted)
        await self._works.in_thread(part.forget_note)
        self._folders.pop(job.id, None)
        await self._finish(job, path, part.size)

    async def _finish(self, job: Job, path: Path, size: int) -> None:
        works = self._works
        try:
            await works.in_thread(_draw_thumbnail, path, library.thumbnail_path(works.paths, job.id))
        except Exception:
            # A row without a picture is no reason to lose the clip.
            log.warning("no thumbnail for %s", job.id, exc_info=True)
        if works.board.jobs[job.id].state is not State.DOWNLOADING:
            return
        await works.board.move(
            job.id, State.DONE, path=str(path), bytes=size, finished_at=works.clock.now(), failure=None
        )
        works.balance_wanted.emit(job.account)

    def _name(self, job: Job) -> str:
        account = self._works.accounts.get(job.account)
        try:
            model = self._works.model(job).name
        except UserError:
            model = job.request.model
        made = time.localtime(job.created_at)
        fields = {
            "date": time.strftime("%Y-%m-%d", made),
            "time": time.strftime("%H-%M-%S", made),
            "prompt": " ".join(job.request.prompt.split()),
            "model": model,
            "account": account.name if account else "",
            "id": job.id[:8],
        }
        return file_stem(self._works.settings.current.name_template, fields)


# On a worker thread, where the import of the codecs holds up nobody.


def import_codecs() -> None:
    """What the first finished clip needs."""
    for name in ("probe", "stills"):
        importlib.import_module(f"sora_desktop.media.{name}")


def _discard(folder: Path, job_id: str) -> None:
    with suppress(OSError, EnvironmentProblem):
        Part(folder / f".{job_id}.part", job_id).discard()


def _check(path: Path, expected: float | None) -> None:
    from sora_desktop.media import probe

    probe.check(path, expected)


def _draw_thumbnail(path: Path, target: Path) -> None:
    from sora_desktop.media import stills

    stills.thumbnail(path, target)


def _is_whole(path: Path, size: int | None) -> bool:
    try:
        if path.stat().st_size != size:
            return False
        _check(path, None)
    except (OSError, BadVideo):
        return False
    return True
