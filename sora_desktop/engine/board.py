"""The jobs in memory and in the database, changed in one place: committed first, then told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.jobs import ENDED, Job, State
from sora_desktop.core.signal import Signal
from sora_desktop.storage.jobs import JobStore

log = logging.getLogger(__name__)

COMMIT_RETRY = 2.0
"""Seconds between tries to commit what must not be lost (a remote id) while the disk is full or the database busy."""


class Board:
    """Every job by id. Memory is changed at once and in order; a caller goes on only after its commit."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self.jobs: dict[str, Job] = {}
        self.live: dict[str, Job] = {}
        self._by_state: dict[State, dict[str, Job]] = {state: {} for state in State if state not in ENDED}
        self.added: Signal[[Job]] = Signal()
        self.changed: Signal[[Job]] = Signal()
        self.removed: Signal[[str]] = Signal()

    async def load(self) -> None:
        for job in await self._store.all():
            self._put(job)

    def _put(self, job: Job) -> None:
        """Memory, with the jobs that still move apart, and by state: a look at the queue walks through few of them."""
        self.jobs[job.id] = job
        if job.state in ENDED:
            self._still(job.id)
            return
        before = self.live.get(job.id)
        if before is not None and before.state is not job.state:
            del self._by_state[before.state][job.id]
        self.live[job.id] = self._by_state[job.state][job.id] = job

    def _still(self, job_id: str) -> None:
        """The job moves no more."""
        job = self.live.pop(job_id, None)
        if job is not None:
            del self._by_state[job.state][job_id]

    def those(self, *states: State) -> list[Job]:
        """The jobs in these states, none of which is an end."""
        return [job for state in states for job in self._by_state[state].values()]

    async def take_new(self) -> list[Job]:
        """Jobs that another process put into the database since."""
        new = await self._store.waiting_since(self.jobs)
        for job in new:
            self._put(job)
            self.added.emit(job)
        return new

    async def add(self, jobs: list[Job]) -> None:
        """Commits new jobs, all or none, then shows them.

        Raises EnvironmentProblem where the database cannot take them; nothing was added then.
        """
        await self._store.add(jobs)
        for job in jobs:
            self._put(job)
            self.added.emit(job)

    async def remove(self, job_id: str) -> Job:
        """Raises EnvironmentProblem where the database cannot be written to; the job stays then."""
        self._still(job_id)  # No step of it begins meanwhile.
        try:
            await self._store.delete(job_id)
        except EnvironmentProblem:
            self._put(self.jobs[job_id])
            raise
        job = self.jobs.pop(job_id)
        self._still(job_id)
        self.removed.emit(job_id)
        return job

    async def move(self, job_id: str, state: State, **changes: object) -> Job:
        """Moves a job to another state and commits it, for as long as that takes."""
        [job] = await self._keep(self.jobs[job_id].moved(state, **changes))
        return job

    async def note(self, job_id: str, **changes: object) -> Job:
        """Changes a job in its state. What would change nothing is not written."""
        before = self.jobs[job_id]
        after = before.having(**changes)
        if after == before:
            return before
        [job] = await self._keep(after)
        return job

    async def note_all(self, changes: Mapping[str, Mapping[str, object]]) -> list[Job]:
        """Changes several jobs in their states: all before any other step is taken, and in one commit."""
        return await self._keep(*(self.jobs[job_id].having(**more) for job_id, more in changes.items()))

    async def try_move(self, job_id: str, state: State, **changes: object) -> Job:
        """Moves a job only if it can be committed now: for the step before money is spent.

        Raises EnvironmentProblem; the job is then as it was.
        """
        before = self.jobs[job_id]
        after = before.moved(state, **changes)
        self._put(after)
        try:
            await self._store.save(after)
        except EnvironmentProblem:
            if self.jobs.get(job_id) is after:
                self._put(before)
            raise
        self.changed.emit(after)
        return after

    async def _keep(self, *jobs: Job) -> list[Job]:
        for job in jobs:
            self._put(job)
        left = jobs
        while left:
            try:
                await self._store.save(*left)
                break
            except EnvironmentProblem as problem:
                log.warning("job %s waits for its commit: %s", left[0].id, problem.code)
                for job in left:
                    self.changed.emit(job)
                await asyncio.sleep(COMMIT_RETRY)
                # A newer version of a job is committed by whoever made it.
                left = tuple(job for job in left if self.jobs.get(job.id) is job)
        for job in left:
            # It may have been taken off the list while its end was committed.
            if job.id in self.jobs:
                self.changed.emit(job)
        kept = {job.id for job in left}
        return [job if job.id in kept else self.jobs.get(job.id, job) for job in jobs]
