"""Which job takes its next step now: one loop and one timer for any number of jobs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import ACTIVE, REMOTE, Job, State
from sora_desktop.engine.polling import Polling
from sora_desktop.engine.submission import Submission
from sora_desktop.engine.transfer import Downloads
from sora_desktop.engine.works import Works

log = logging.getLogger(__name__)

BREATH = 0.02
"""Seconds between two looks: a thousand answers in a second cost fifty looks, not a thousand."""

Step = Callable[[str], Awaitable[None]]
PATIENCE = 5.0
"""Seconds that a face waits for a step to end, where it wants to touch the job."""

DEFECT_WAIT = 60.0
AT_SERVICE = frozenset({State.PREPARING, State.SUBMITTING, State.QUEUED, State.PROCESSING})


class Scheduler:
    """Looks at the board whenever it is rung, starts the steps that are due, and sleeps until the next."""

    def __init__(self, works: Works, submission: Submission, polling: Polling, downloads: Downloads) -> None:
        self._works = works
        self._submission = submission
        self._polling = polling
        self._downloads = downloads
        self._steps: dict[str, asyncio.Task[None]] = {}
        self._moments: dict[str, tuple[float, float]] = {}
        """The end of each job's wait, in Unix seconds and on the monotonic clock."""
        self._leaving = False
        self.paused = False

    def busy(self, job_id: str) -> bool:
        """Whether a step of this job is under way."""
        return job_id in self._steps

    async def at_rest(self, job_id: str) -> bool:
        """Waits a moment for the end of a step that is under way; whether the job is at rest then."""
        step = self._steps.get(job_id)
        if step is not None:
            await asyncio.wait({step}, timeout=PATIENCE)
        job = self._works.board.jobs.get(job_id)
        return job is not None and job_id not in self._steps and job.state not in ACTIVE

    def hurry(self, job_id: str) -> None:
        """Somebody waits for this job: a download that waits is tried at once."""
        self._downloads.wake(job_id)
        self._works.alarm.ring()

    async def forget(self, job: Job) -> None:
        """The job is off the list, and with it what arrived of its result."""
        await self._downloads.forget(job)

    async def answers(self, seconds: float) -> None:
        """Starts nothing more, and waits for create calls that are under way: without an answer nobody knows their id.

        Everything else goes on at the next start where it was.
        """
        self._leaving = True
        sending: list[asyncio.Task[None]] = []
        for job_id, step in self._steps.items():
            job = self._works.board.jobs.get(job_id)
            if job is not None and job.state is State.SUBMITTING:
                sending.append(step)
            else:
                step.cancel()
        if sending:
            await asyncio.wait(sending, timeout=seconds)

    async def drive(self) -> None:
        """Runs until it is cancelled."""
        while True:
            try:
                moment = self._start_what_is_due()
            except Exception:
                # One look that failed must not end all jobs; the next look comes with the next ring or timer.
                log.exception("the queue could not be looked at")
                moment = None
            await asyncio.sleep(BREATH)
            await self._works.alarm.wait_until(moment)

    def _start_what_is_due(self) -> float | None:
        """The answer is the monotonic moment of the next step, None when only a ring can bring one."""
        if self._leaving:
            return None
        moments = [*self._resend(), *self._submit(), *self._poll(), *self._download()]
        return min(moments, default=None)

    def _submit(self) -> list[float]:
        """Waiting jobs, in their order, as far as their account has places."""
        if self.paused:
            return []
        moments: list[float] = []
        places: dict[str, int] = {}
        for job in self._waiting():
            if job.account not in places:
                places[job.account] = self._places(job.account)
            if places[job.account] <= 0:
                continue
            moment = max(self._moment(job), self._works.pulse(job.account).ready_at())
            places[job.account] -= 1
            if moment > self._works.clock.monotonic():
                moments.append(moment)
            elif not self._start(job, self._submission.run):
                places[job.account] = 0
        return moments

    def _waiting(self) -> list[Job]:
        jobs = self._works.board.those(State.WAITING)
        waiting = [job for job in jobs if not job.held and job.id not in self._steps]
        return sorted(waiting, key=lambda job: (job.position, job.created_at))

    def _places(self, account_id: str) -> int:
        account = self._works.accounts.get(account_id)
        limit = account.at_once if account and account.enabled else 0
        return limit - sum(job.account == account_id for job in self._works.board.those(*AT_SERVICE))

    def _resend(self) -> list[float]:
        """Jobs in `submitting` whose answer was lost and may be asked for again."""
        moments: list[float] = []
        for job in self._works.board.those(State.SUBMITTING):
            if job.id in self._steps:
                continue
            moment = max(self._moment(job), self._works.pulse(job.account).ready_at())
            if moment > self._works.clock.monotonic():
                moments.append(moment)
            else:
                self._start(job, self._submission.ask_again)
        return moments

    def _poll(self) -> list[float]:
        moments: list[float] = []
        now = self._works.clock.monotonic()
        full: set[str] = set()
        for moment, job_id in self._polling.due():
            if moment > now:
                moments.append(moment)
                break
            job = self._works.board.jobs.get(job_id)
            if job is None:
                self._polling.forget(job_id)
            elif job.account in full or job_id in self._steps:
                # The end of a call, or of the step, rings.
                continue
            elif (ready := self._works.pulse(job.account).ready_at()) > now:
                moments.append(ready)
                full.add(job.account)
            elif self._start(job, self._polling.run):
                self._polling.started(job_id)
            else:
                full.add(job.account)
        return moments

    def _download(self) -> list[float]:
        moments: list[float] = []
        if not self._downloads.has_place():
            # The end of a download rings.
            return moments
        for job, moment in self._downloads.waiting(self._steps.keys()):
            if moment > self._works.clock.monotonic():
                moments.append(moment)
            elif self._downloads.has_place():
                self._downloads.started(job.id)
                self._spawn(job.id, self._downloads.run, "download")
        return moments

    def _start(self, job: Job, step: Step) -> bool:
        """Starts a call if its account has room for one more at once; else the step comes again."""
        pulse = self._works.pulse(job.account)
        if not pulse.ready():
            return False
        pulse.running += 1
        self._spawn(job.id, step, step.__name__, job.account)
        return True

    def _spawn(self, job_id: str, step: Step, name: str, account_id: str = "") -> None:
        async def guarded() -> None:
            try:
                await step(job_id)
            except Exception:
                await self._after_a_defect(job_id)
                raise
            finally:
                self._steps.pop(job_id, None)
                job = self._works.board.jobs.get(job_id)
                if job is not None:
                    self._polling.settle(job)
                if account_id:
                    self._works.pulse(account_id).running -= 1
                self._works.alarm.ring()

        self._moments.pop(job_id, None)
        self._steps[job_id] = self._works.tasks.spawn(guarded(), f"{name} {job_id}")

    async def _after_a_defect(self, job_id: str) -> None:
        """A step failed in a way nobody expected: the job is neither lost nor sent twice for that."""
        job = self._works.board.jobs.get(job_id)
        failure = Failure(kind=FailureKind.BUG, code="unexpected", action=Action.RETRY, billed=Billed.MAYBE)
        if job is None or job.ended:
            return
        if job.state is State.SUBMITTING:
            await self._submission.unanswered(job, failure, DEFECT_WAIT)
        elif job.state in REMOTE:
            job = await self._works.board.note(job_id, failure=failure)
            self._polling.watch(job)
        elif job.state is State.DOWNLOADING:
            await self._downloads.later(job_id, DEFECT_WAIT, failure)
        else:
            await self._works.board.move(job_id, State.FAILED, failure=failure.model_copy(update={"billed": Billed.NO}))

    def _moment(self, job: Job) -> float:
        """When a job may go on, as monotonic time. A clock that is set back does not make the wait any longer."""
        clock = self._works.clock
        if job.not_before is None:
            return clock.monotonic()
        left = clock.monotonic() + min(max(0.0, job.not_before - clock.now()), 3600.0)
        end, moment = self._moments.get(job.id, (0.0, 0.0))
        if end != job.not_before:
            self._moments[job.id] = (job.not_before, left)
            return left
        return min(moment, left)
