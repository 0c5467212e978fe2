"""Asking for a task until it has ended, however long that takes."""

from __future__ import annotations

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind, ProviderError, UserError
from sora_desktop.core.jobs import REMOTE, Job, State
from sora_desktop.engine.former_keys import marks
from sora_desktop.engine.rhythm import next_poll
from sora_desktop.engine.works import Works, key_problem
from sora_desktop.providers.base import RemoteStatus, RemoteTask

MISSES = 6
"""How many times in a row a service may not know a task that it accepted before the job is set aside."""

LEAST = 0.05
"""No task is asked for more often than this, in seconds, whatever the pace."""


class Polling:
    """Keeps when each remote job is to be asked for next, and does one poll."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._due: dict[str, float] = {}
        self._polls: dict[str, int] = {}
        self._misses: dict[str, int] = {}
        self._since: dict[str, float] = {}

    def watch(self, job: Job, *, at_once: bool = False) -> None:
        """Puts a remote job on the list; its first poll comes by the published rhythm, or at once after a restart."""
        now, pause = self._works.clock.monotonic(), self._pause(job)
        self._due[job.id] = now if at_once else now + pause
        self._works.alarm.ring()

    def settle(self, job: Job) -> None:
        """After any step of a job: on the list as long as it is at the service, off it otherwise."""
        if job.state not in REMOTE:
            self.forget(job.id)
        elif job.id not in self._due:
            self.watch(job)

    def forget(self, job_id: str) -> None:
        for book in (self._due, self._polls, self._misses, self._since):
            book.pop(job_id, None)

    def due(self) -> list[tuple[float, str]]:
        """(monotonic moment, job id) of those whose moment has come, soonest first, and of the one that comes next."""
        now = self._works.clock.monotonic()
        later = min(((moment, job_id) for job_id, moment in self._due.items() if moment > now), default=None)
        come = sorted([(moment, job_id) for job_id, moment in self._due.items() if moment <= now])
        return [*come, later] if later is not None else come

    def started(self, job_id: str) -> None:
        """The poll is under way: not due until it has ended."""
        self._due.pop(job_id, None)

    async def run(self, job_id: str) -> None:
        """One poll. What it means for the list is seen by `settle`."""
        works = self._works
        job = works.board.jobs[job_id]
        self._polls[job_id] = self._polls.get(job_id, 0) + 1
        try:
            task = await self._asked(job)
        except UserError as error:
            await self._failed(job_id, key_problem(error))
        except ProviderError as error:
            await self._failed(job_id, error)
        else:
            works.heard(job.account)
            self._misses.pop(job_id, None)
            await self._answered(job_id, task)

    async def _asked(self, job: Job) -> RemoteTask:
        """The answer to the key and headers the job was sent with; where they are refused by now, to the account's
        present ones."""
        works = self._works
        connection = await works.connection(job)
        works.pulse(job.account).count()
        try:
            return await works.dialect(job).poll(connection, job.remote_id)
        except ProviderError as error:
            if error.failure.kind is not FailureKind.KEY:
                raise
            present = await works.connection(job, present=True)
            if (present.key, present.headers) == (connection.key, connection.headers):
                raise
        works.pulse(job.account).count()
        task = await works.dialect(job).poll(present, job.remote_id)
        await works.board.note(job.id, **marks(job.account, present))
        return task

    async def _answered(self, job_id: str, task: RemoteTask) -> None:
        job = self._works.board.jobs.get(job_id)
        if job is None or job.state not in REMOTE:
            return
        board = self._works.board
        known: dict[str, object] = {
            "reserved": task.reserved if task.reserved is not None else job.reserved,
            "notes": job.noted(task.note),
        }
        match task.status:
            case RemoteStatus.SUCCEEDED:
                await self._succeeded(job, task, known)
            case RemoteStatus.FAILED:
                failure = task.failure or Failure(
                    kind=FailureKind.SERVER, code="generation_failed", action=Action.RETRY
                )
                final = task.final if task.final is not None else job.final
                await board.move(
                    job_id,
                    State.FAILED,
                    failure=failure,
                    final=final,
                    finished_at=self._works.clock.now(),
                    **known,
                )
                self._works.balance_wanted.emit(job.account)
            case RemoteStatus.QUEUED | RemoteStatus.PROCESSING:
                wanted = State.QUEUED if task.status is RemoteStatus.QUEUED else State.PROCESSING
                if wanted is job.state:
                    await board.note(job_id, failure=None, **known)
                else:
                    await board.move(job_id, wanted, failure=None, **known)

    async def _succeeded(self, job: Job, task: RemoteTask, known: dict[str, object]) -> None:
        now = self._works.clock.now()
        known["final"] = task.final if task.final is not None else job.final
        known["seconds"] = task.seconds if task.seconds is not None else job.seconds
        completed = job.completed_at or now
        if not task.urls:
            await self._missed(job, Failure(kind=FailureKind.RESULT, code="result_missing"), known)
            return
        hours = self._works.provider(job).result_hours
        expires = completed + hours * 3600 * self._works.pace(job.account) if hours else task.expires_at
        await self._works.board.move(
            job.id,
            State.DOWNLOADING,
            urls=task.urls,
            completed_at=completed,
            expires_at=expires,
            failure=None,
            **known,
        )
        self._works.balance_wanted.emit(job.account)

    async def _failed(self, job_id: str, error: ProviderError) -> None:
        """A failed poll is never the end of a job; only a task that is unknown again and again is set aside."""
        job = self._works.board.jobs[job_id]
        wait = self._works.missed(job.account, error)
        if job.state not in REMOTE:
            return
        kind = error.failure.kind
        if kind is FailureKind.KEY:
            # The account's other jobs need not wait for what this one may not do.
            self._due[job_id] = self._works.clock.monotonic() + max(wait, self._pause(job))
        if kind is FailureKind.NOT_FOUND:
            await self._missed(job, error.failure, {})
        elif not error.transient:  # It may need the user.
            await self._works.board.note(job_id, failure=error.failure)

    async def _missed(self, job: Job, failure: Failure, known: dict[str, object]) -> None:
        misses = self._misses.get(job.id, 0) + 1
        self._misses[job.id] = misses
        if misses < MISSES:
            # Ever longer: a service that is being mended may not know its tasks for minutes.
            pause = self._works.provider(job).poll.least * self._works.pace(job.account) * 2.0 ** (misses - 1)
            self._due[job.id] = self._works.clock.monotonic() + max(LEAST, pause)
            told = failure.model_copy(update={"action": Action.NONE}) if misses > 1 else job.failure
            await self._works.board.note(job.id, failure=told, **known)
            return
        failure = failure.model_copy(update={"action": Action.COLLECT, "billed": Billed.MAYBE})
        await self._works.board.move(
            job.id, State.FAILED, failure=failure, finished_at=self._works.clock.now(), **known
        )

    def _pause(self, job: Job) -> float:
        works = self._works
        provider = works.provider(job)
        model = provider.model(job.request.model)
        pace = works.pace(job.account)
        age = self._age(job) / max(pace, 1e-6)
        pause = next_poll(provider.poll, age, self._polls.get(job.id, 0), model.estimate if model else None)
        return max(LEAST, works.clock.jitter(pause * pace))

    def _age(self, job: Job) -> float:
        """Seconds since it was accepted; a clock that is set meanwhile changes nothing."""
        clock = self._works.clock
        if job.id not in self._since:
            age = max(0.0, clock.now() - (job.accepted_at or job.created_at))
            self._since[job.id] = clock.monotonic() - age
        return clock.monotonic() - self._since[job.id]
