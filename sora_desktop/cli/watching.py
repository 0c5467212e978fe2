"""Waits for jobs, whoever runs them: this process, or another one that has the data folder."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from sora_desktop.assembly import Assembly
from sora_desktop.cli.printing import Progress, complain, failure_text
from sora_desktop.core.errors import FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.storage.lock import OwnerLock

LOOK = 0.5
"""Seconds between two looks into the database of another process, and between two lines of progress."""

STUCK = 10.0
"""Seconds after which a job that only a person can help (a missing or refused key) is no longer waited for."""


class OwnerGone(Exception):
    """The process that ran the jobs has ended before they did."""


class Watch:
    """Calls `report` once for each job when it has settled: ended, uncertain, stuck, or good `enough`."""

    def __init__(self, studio: Assembly, report: Callable[[Job], None], enough: Callable[[Job], bool]) -> None:
        self._studio = studio
        self._report = report
        self._enough = enough
        self._changed = asyncio.Event()
        self._progress = Progress()
        self._started = time.monotonic()
        self._said: dict[str, str] = {}
        self._stuck_since: dict[str, float] = {}
        self._settled: set[str] = set()

    async def until_settled(self, job_ids: Iterable[str]) -> int:
        """Waits for these jobs; the answer is how many were deleted before they settled. Raises OwnerGone."""
        wanted = set(job_ids)

        async def these() -> set[str]:
            return wanted

        await self._run(these)
        return len(wanted - self._settled)

    async def until_all_settled(self) -> None:
        """Waits for every unfinished job, those too that are added meanwhile. Raises OwnerGone."""

        async def unfinished() -> set[str]:
            if self._studio.owner:
                return {job.id for job in self._studio.engine.jobs.values() if not job.ended}
            return await self._studio.jobs.unfinished()

        await self._run(unfinished)

    async def _run(self, pick: Callable[[], Awaitable[set[str]]]) -> None:
        engine = self._studio.engine
        links = [
            engine.job_added.connect(lambda _job: self._changed.set()),
            engine.job_changed.connect(lambda _job: self._changed.set()),
            engine.job_removed.connect(lambda _id: self._changed.set()),
        ]
        watched: set[str] = set()
        try:
            while True:
                watched |= await pick()
                jobs = await self._jobs(watched)
                self._look(jobs)
                if self._settled.issuperset(jobs):
                    return
                self._check_owner()
                await self._next()
        finally:
            self._progress.clear()
            for disconnect in links:
                disconnect()

    async def _jobs(self, watched: set[str]) -> dict[str, Job]:
        """The watched jobs that are still there."""
        if self._studio.owner:
            jobs = self._studio.engine.jobs
            return {job_id: jobs[job_id] for job_id in watched if job_id in jobs}
        return {job.id: job for job in await self._studio.jobs.some(watched)}

    async def _next(self) -> None:
        """Waits until something may have changed, at most LOOK seconds."""
        if not self._studio.owner:
            await asyncio.sleep(LOOK)
            return
        # No time-out per change: a job that changes often would leave a timer each time.
        timer = asyncio.get_running_loop().call_later(LOOK, self._changed.set)
        await self._changed.wait()
        timer.cancel()
        self._changed.clear()

    def _check_owner(self) -> None:
        """Nobody runs the jobs when the lock of the folder can be had."""
        if self._studio.owner:
            return
        lock = OwnerLock(self._studio.paths)
        if lock.acquire():
            lock.release()
            raise OwnerGone

    def _look(self, jobs: dict[str, Job]) -> None:
        for job_id, job in jobs.items():
            if job_id in self._settled:
                continue
            if self._is_settled(job):
                self._settled.add(job_id)
                self._progress.clear()
                self._report(job)
            elif job.failure and self._said.get(job_id) != job.failure.code:
                self._said[job_id] = job.failure.code
                self._progress.clear()
                complain(f"{job_id[:8]}: {failure_text(job.failure)}")
        self._progress.show(self._line(jobs.values()))

    def _is_settled(self, job: Job) -> bool:
        if job.ended or job.state is State.UNCERTAIN or self._enough(job):
            return True
        if not job.failure or job.failure.kind is not FailureKind.KEY:
            self._stuck_since.pop(job.id, None)
            return False
        patience = max(1.0, STUCK * self._studio.engine.pace(job.account))
        return time.monotonic() - self._stuck_since.setdefault(job.id, time.monotonic()) > patience

    def _line(self, jobs: Iterable[Job]) -> str:
        counts = Counter(job.state.value for job in jobs)
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return " · ".join([*(f"{count} {state}" for state, count in counts.items()), f"{minutes}:{seconds:02}"])
