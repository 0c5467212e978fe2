"""The library: every finished clip with its marks, in memory and in the database, and which files are there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.core import library as rules
from sora_desktop.core.errors import EnvironmentProblem, UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Clip, Facets, Query
from sora_desktop.core.signal import Signal
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.clip_files import ClipFiles
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.queue import Engine
from sora_desktop.engine.tasks import Tasks
from sora_desktop.storage.clips import ClipStore
from sora_desktop.storage.paths import Paths

if TYPE_CHECKING:
    from sora_desktop.media.probe import Clip as Video

LOOK = 30.0
"""Seconds between two looks for missing files."""
QUARTER = 900
"""Seconds. No time zone begins its days within a quarter of an hour."""


class Library:
    """The clips by id. A job that becomes done joins at once, in the same transaction; it stays when the job leaves.

    Memory changes at once and in order; a method returns after its commit, or takes back what it did and raises
    EnvironmentProblem. Ids that are not there are passed over. `changed` comes once a turn of the loop.
    """

    def __init__(
        self,
        store: ClipStore,
        engine: Engine,
        accounts: Accounts,
        paths: Paths,
        tasks: Tasks,
        clock: Clock | None = None,
    ) -> None:
        self.changed: Signal[[]] = Signal()
        self.pictured: Signal[[str]] = Signal()
        """A clip has a new thumbnail."""
        self.loaded = False
        self._store = store
        self._engine = engine
        self._accounts = accounts
        self._tasks = tasks
        self._clock = clock or Clock()
        self._files = ClipFiles(paths)
        self._clips: dict[str, Clip] = {}
        self._removed: set[str] = set()
        self._missing: set[str] = set()
        self._words: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._days: dict[int, date] = {}
        self._revision = 0
        self._loading = asyncio.Lock()
        self._looked_at: float | None = None
        self._telling = False
        self._tidied = False
        self._links = [
            engine.job_added.connect(self._on_job_added),
            engine.job_changed.connect(self._on_job),
            engine.database_changed.connect(self._on_database_changed),
            accounts.changed.connect(self._on_accounts_changed),
        ]

    def close(self) -> None:
        for disconnect in self._links:
            disconnect()
        self._links.clear()

    # What is there.

    @property
    def clips(self) -> Mapping[str, Clip]:
        return self._clips

    @property
    def missing(self) -> frozenset[str]:
        """The clips whose file was not there at the last look."""
        return frozenset(self._missing & self._clips.keys())

    def job(self, job_id: str) -> Job | None:
        """The job in the queue, else the clip's."""
        clip = self._clips.get(job_id)
        return self._engine.jobs.get(job_id) or (clip.job if clip else None)

    def day_of(self, clip: Clip) -> date:
        """The local day on which it was made."""
        quarter = int(clip.made_at // QUARTER)
        day = self._days.get(quarter)
        if day is None:
            try:
                day = date(*time.localtime(quarter * QUARTER)[:3])
            except (OverflowError, ValueError, OSError):
                day = date.min
            self._days[quarter] = day
        return day

    def find(self, query: Query) -> list[Clip]:
        clips = self._clips.values()
        return rules.find(clips, query, missing=self._missing, day_of=self.day_of, words_of=self._words_of)

    def facets(self, query: Query) -> Facets:
        clips = self._clips.values()
        return rules.facets(clips, query, missing=self._missing, day_of=self.day_of, words_of=self._words_of)

    async def load(self) -> None:
        """Reads the clips, the first time; page by page, so that nothing else waits for it."""
        if self.loaded:
            return
        async with self._loading:
            if self.loaded:
                return
            self._on_accounts_changed()
            await self._store.mend()
            self._revision = await self._store.revision()
            # What the queue holds is the same job, and newer: it is not read a second time.
            known = {job.id: job for job in self._engine.jobs.values() if job.state is State.DONE}
            last = ""
            while rows := await self._store.page(last, known):
                for row in rows:
                    # A job that became done since the page was read is here already.
                    here = self._clips.get(row.id)
                    job = here.job if here else row.job or known[row.id]
                    self._put(Clip(job=job, marks=row.marks))
                    self._words_of(self._clips[row.id])
                last = rows[-1].id
            self._removed = set(await self._store.removed())
            for clip_id in self._removed & self._clips.keys():
                self._drop(clip_id)
            self.loaded = True
        self._tell()

    # What the user does.

    async def mark(
        self,
        ids: Iterable[str],
        *,
        favourite: bool | None = None,
        rating: int | None = None,
        reviewed: bool | None = None,
        notes: str | None = None,
    ) -> None:
        """Changes what is given. `rating` is 0 to 5. Raises UserError where the notes are too long."""
        if notes is not None and len(notes) > rules.LONGEST_NOTES:
            raise UserError("notes_too_long", limit=str(rules.LONGEST_NOTES))
        wanted = {
            "favourite": favourite,
            "rating": None if rating is None else min(max(rating, 0), rules.BEST),
            "reviewed": reviewed,
            "notes": notes,
        }
        changes = {name: value for name, value in wanted.items() if value is not None}
        await self._mark(ids, lambda clip: clip.marked(**changes))

    async def add_tag(self, ids: Iterable[str], tag: str) -> None:
        """Puts a tag on clips, spelled as the library has it. Raises UserError for one that cannot be."""
        tag = rules.clean_tag(tag)
        await self.load()
        alike = rules.fold(tag)
        spelled = (other for clip in self._clips.values() for other in clip.marks.tags if rules.fold(other) == alike)
        tag = next(spelled, tag)
        await self._mark(ids, lambda clip: clip.marked(tags=rules.with_tag(clip.marks.tags, tag)))

    async def remove_tag(self, ids: Iterable[str], tag: str) -> None:
        await self._mark(ids, lambda clip: clip.marked(tags=rules.without_tag(clip.marks.tags, tag)))

    async def _mark(self, ids: Iterable[str], change: Callable[[Clip], Clip]) -> None:
        await self.load()
        before = [self._clips[clip_id] for clip_id in dict.fromkeys(ids) if clip_id in self._clips]
        pairs = [(old, new) for old in before if (new := change(old)).marks != old.marks]
        if not pairs:
            return
        for _, new in pairs:
            self._put(new)
        self._tell()
        try:
            await self._store.save_marks(new for _, new in pairs)
        except EnvironmentProblem:
            for old, new in pairs:
                if self._clips.get(new.id) is new:
                    self._put(old)
            self._tell()
            raise

    async def remove(self, ids: Iterable[str]) -> list[Clip]:
        """Takes clips out of the library; their files stay. The answer is what `restore` needs."""
        await self.load()
        clips = [self._clips[clip_id] for clip_id in dict.fromkeys(ids) if clip_id in self._clips]
        if not clips:
            return []
        for clip in clips:
            self._drop(clip.id)
            self._removed.add(clip.id)
        self._tell()
        try:
            await self._store.remove(clip.id for clip in clips)
        except EnvironmentProblem:
            self._take_back(clips)
            raise
        return clips

    async def restore(self, clips: Iterable[Clip]) -> None:
        """Undoes `remove`."""
        await self.load()
        gone = [clip for clip in clips if clip.id not in self._clips]
        if not gone:
            return
        back = self._take_back(gone)
        try:
            await self._store.restore(back)
        except EnvironmentProblem:
            for clip in back:
                self._drop(clip.id)
                self._removed.add(clip.id)
            self._tell()
            raise

    def _take_back(self, clips: Iterable[Clip]) -> list[Clip]:
        back: list[Clip] = []
        for clip in clips:
            live = self._engine.jobs.get(clip.id)
            back.append(Clip(job=live if live and live.state is State.DONE else clip.job, marks=clip.marks))
            self._removed.discard(clip.id)
            self._put(back[-1])
        self._tell()
        return back

    # Files.

    async def look(self, *, pictures: bool = True) -> None:
        """Finds out which files are missing, at most every LOOK seconds, and draws `pictures` that are not there.

        A drive that does not answer holds nothing up: what is on it stays as it was.
        """
        await self.load()
        now = self._clock.monotonic()
        if self._looked_at is not None and now < self._looked_at + LOOK:
            return
        self._looked_at = now
        self._days.clear()  # The computer may be in another time zone by now.
        asked = dict(self._clips)
        missing, there = await self._files.look(asked.values())
        # A clip whose job is another one by now was collected or found meanwhile.
        same = {key for key, clip in self._clips.items() if key in asked and asked[key].job is clip.job}
        after = (self._missing | missing & same) - (there & same)
        if after != self._missing:
            self._missing = after
            self._tell()
        if not pictures:
            return
        if not self._tidied:
            # Only once a run: what is removed in this one may still be put back.
            self._tidied = True
            await self._files.forget_pictures({*self._clips, *self._engine.jobs})
        await self._files.draw_missing([asked[clip_id] for clip_id in there], self.pictured.emit)

    async def describe(self, clip_id: str) -> Video | None:
        """Size, rate and length of a clip's video, by its header; None where it cannot be read now."""
        clip = self._clips.get(clip_id)
        return await self._files.describe(Path(clip.path)) if clip else None

    async def relocate(self, clip_id: str, path: Path) -> None:
        """The user found the file of a clip (an absolute path). Raises UserError where it is no video."""
        await self.load()
        if clip_id not in self._clips:
            raise UserError("clip_unknown", id=clip_id)
        size = await self._files.measure(path)
        if await self._files.draw(clip_id, path):
            self.pictured.emit(clip_id)
        clip = self._clips.get(clip_id)
        if clip is None:
            raise UserError("clip_unknown", id=clip_id)
        live = self._engine.jobs.get(clip_id)
        if live is not None and live.state is State.DONE:
            await self._engine.locate(clip_id, str(path), size)
        else:
            job = clip.job.having(path=str(path), bytes=size)
            self._put(Clip(job=job, marks=clip.marks))
            try:
                await self._store.save_job(job)
            except EnvironmentProblem:
                if (now := self._clips.get(clip_id)) is not None and now.job is job:
                    self._put(Clip(job=clip.job, marks=now.marks))
                self._tell()
                raise
        self._missing.discard(clip_id)
        self._tell()

    # What happens elsewhere.

    def _on_job_added(self, job: Job) -> None:
        clip = self._clips.get(job.id)
        if self.loaded and clip is not None and job.state is State.DONE and clip.path != job.path:
            # Its file was found elsewhere while the job was out of the queue.
            self._tasks.spawn(self._engine.locate(job.id, clip.path, clip.job.bytes), f"locate {job.id}")
            return
        self._on_job(job)

    def _on_job(self, job: Job) -> None:
        """Before the library is loaded, too: what joins then only lacks its marks until it is."""
        if job.state is not State.DONE:
            # On its way once more: its clip comes back when it is done.
            self._removed.discard(job.id)
            return
        clip = self._clips.get(job.id)
        if job.id in self._removed or (clip is not None and clip.job is job):
            return
        if clip is None or (clip.path, clip.job.finished_at) != (job.path, job.finished_at):
            self._missing.discard(job.id)
        self._put(Clip(job=job, marks=clip.marks) if clip else Clip(job=job))
        self._tell()

    def _on_database_changed(self) -> None:
        if self.loaded:
            self._tasks.spawn(self._take_changes(), "library")

    async def _take_changes(self) -> None:
        """What another process (the command line) marked, removed and put back."""
        asked, removed = dict(self._clips), set(self._removed)
        try:
            changes = await self._store.changes(self._revision)
        except EnvironmentProblem:
            return
        self._revision = changes.revision
        # What was removed or put back here meanwhile is newer than what was read.
        self._removed = (changes.removed | (self._removed - removed)) - (removed - self._removed)
        jobs = self._engine.jobs
        for clip_id, clip in asked.items():
            gone = clip_id not in changes.ids and (clip_id in changes.removed or clip_id not in jobs)
            if gone and self._clips.get(clip_id) is clip:
                self._drop(clip_id)
                self._tell()
        for row in changes.rows:
            before = asked.get(row.id)
            # So is what was marked.
            if self._clips.get(row.id) is before and row.job is not None:
                live = jobs.get(row.id)
                after = Clip(job=live if live and live.state is State.DONE else row.job, marks=row.marks)
                if after != before:
                    self._put(after)
                    self._tell()

    def _on_accounts_changed(self) -> None:
        self._names = {account.id: rules.fold(account.name) for account in self._accounts.all}

    def _put(self, clip: Clip) -> None:
        self._clips[clip.id] = clip
        self._words.pop(clip.id, None)

    def _drop(self, clip_id: str) -> None:
        self._clips.pop(clip_id, None)
        self._words.pop(clip_id, None)

    def _words_of(self, clip: Clip) -> str:
        words = self._words.get(clip.id)
        if words is None:
            words = self._words[clip.id] = rules.searched(clip)
        return f"{words}\n{self._names.get(clip.job.account, '')}"

    def _tell(self) -> None:
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._told)

    def _told(self) -> None:
        self._telling = False
        self.changed.emit()
