"""What the user may do with one job, and when."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable

from sora_desktop.core import request as requests
from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import Action, Billed, FailureKind, ProviderError, UserError
from sora_desktop.core.jobs import ACTIVE, REMOTE, Job, State
from sora_desktop.core.notes import Note
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.polling import Polling
from sora_desktop.engine.scheduler import Scheduler
from sora_desktop.engine.submission import Submission, new_intent
from sora_desktop.engine.works import Works, failure_of, stopped_watching

PASTED = " \t\r\n\u00a0\u200b\u2060\ufeff\"'`“”‘’„«»,;"
"""What comes along when an id is copied from a web page or a mail."""


class Orders:
    """Each order checks whether the job's state allows it and raises UserError with the reason where it does not."""

    def __init__(self, works: Works, submission: Submission, polling: Polling, scheduler: Scheduler) -> None:
        self._works = works
        self._submission = submission
        self._polling = polling
        self._scheduler = scheduler
        self._listing = asyncio.Lock()
        """Held while jobs come onto the list or go: a second click may come before the first was committed."""

    def _job(self, job_id: str) -> Job:
        job = self._works.board.jobs.get(job_id)
        if job is None:
            raise UserError("job_unknown", id=job_id)
        return job

    async def retry(self, job_id: str) -> Job:
        """Does what helps: sends a job again that was certainly refused, or looks again where the id is known."""
        job = self._job(job_id)
        if job.state is State.UNCERTAIN:
            raise UserError("job_sent")
        if job.failure is not None and job.failure.kind is FailureKind.CONFLICT:
            raise UserError("conflict")
        if job.collectable and job.failure and not job.brought_nothing:
            return await self.collect(job_id)
        if job.state in {State.FAILED, State.CANCELLED} and job.money_in_doubt and self._submission.lost_answer(job):
            # An answer was lost before it ended so: with the same key it is told or made, and never paid twice.
            again = {"attempts": max(job.attempts, 1) + 1}  # Whatever is said now, the first may have been accepted.
            job = await self._works.board.move(job_id, State.SUBMITTING, failure=None, finished_at=None, **again)
            self._works.pulse(job.account).reset()
            self._works.alarm.ring()
            return job
        if job.state in {State.FAILED, State.CANCELLED}:
            return await self._again(job)
        return await self._at_once(job)

    def may_pay_twice(self, job: Job) -> bool:
        """Whether `retry` makes a new request although nobody knows if the old one was accepted."""
        return job.money_in_doubt and not self._submission.lost_answer(job)

    async def resend(self, job_id: str) -> Job:
        """ "It was not accepted — send again": a new request with a new key, on the user's word."""
        job = self._job(job_id)
        if job.state is not State.UNCERTAIN:
            raise UserError("job_sent")
        return await self._again(job)

    async def cancel(self, job_id: str) -> Job:
        """Not sent yet: gone. Sent: no longer watched, it may still be billed (no contract has a cancel call)."""
        job = self._job(job_id)
        now = self._works.clock.now()
        match job.state:
            case State.WAITING | State.PREPARING:
                job = await self._works.board.move(job_id, State.CANCELLED, failure=None, finished_at=now)
            case State.SUBMITTING if self._scheduler.busy(job_id) or self._submission.looks(job):
                job = await self._works.board.note(job_id, unwanted=True)
            case State.SUBMITTING:
                job = await self._submission.stop_asking(job_id)
            case State.QUEUED | State.PROCESSING | State.DOWNLOADING:
                self._polling.forget(job_id)
                job = await self._works.board.move(job_id, State.CANCELLED, failure=stopped_watching(), finished_at=now)
            case State.UNCERTAIN:
                job = await self.let_go(job_id)
            case State.DONE | State.FAILED | State.CANCELLED | State.EXPIRED:
                pass
        self._works.alarm.ring()
        return job

    def _free_remote_id(self, remote_id: str, account_id: str, job_id: str = "") -> str:
        """A pasted id, if it is one and no other job has it."""
        remote_id = remote_id.strip(PASTED)
        if not remote_id or len(remote_id) > 500 or not remote_id.isprintable():
            raise UserError("remote_id_empty")
        if any(
            other.remote_id == remote_id and other.account == account_id and other.id != job_id
            for other in self._works.board.jobs.values()
        ):
            raise UserError("remote_id_taken")
        return remote_id

    async def hold(self, job_id: str) -> Job:
        """Pauses a job that was not sent yet."""
        job = self._job(job_id)
        if job.state is not State.WAITING or self._scheduler.busy(job_id):
            raise UserError("job_sent")
        return await self._works.board.note(job_id, held=True)

    async def release(self, job_id: str) -> Job:
        self._job(job_id)
        job = await self._works.board.note(job_id, held=False)
        self._works.alarm.ring()
        return job

    async def collect(self, job_id: str) -> Job:
        """Asks the service for the result of any job whose id is known, also days later."""
        job = self._job(job_id)
        if job.state in REMOTE or job.state is State.DOWNLOADING:
            return await self._at_once(job)
        if not job.collectable:
            raise UserError("job_no_remote_id")
        job = await self._works.board.move(job_id, State.QUEUED, failure=None, not_before=None, finished_at=None)
        self._polling.forget(job_id)
        self._polling.watch(job, at_once=True)
        return job

    async def adopt(self, job_id: str, remote_id: str) -> Job:
        """ "It was accepted — enter its id": the job goes on with the id the user found."""
        job = self._job(job_id)
        remote_id = self._free_remote_id(remote_id, job.account, job_id)
        if job.state not in {State.UNCERTAIN, State.FAILED, State.CANCELLED, State.EXPIRED}:
            raise UserError("job_running")
        now = self._works.clock.now()
        job = await self._works.board.move(
            job_id,
            State.QUEUED,
            remote_id=remote_id,
            failure=None,
            accepted_at=job.accepted_at or now,
            finished_at=None,
        )
        self._polling.watch(job, at_once=True)
        return job

    async def adopt_task(self, account_id: str, model_id: str, remote_id: str) -> Job:
        """Follows a task that this data folder knows nothing of: made on another machine, or before a re-install."""
        account = self._works.accounts.get(account_id)
        if account is None:
            raise UserError("account_unknown", name=account_id)
        provider = self._works.accounts.provider(account_id)
        if provider is None or provider.model(model_id) is None:
            raise UserError("model_unknown", name=model_id)
        request = GenerationRequest(provider=provider.id, model=model_id)
        now = self._works.clock.now()
        async with self._listing:
            remote_id = self._free_remote_id(remote_id, account_id)
            [job] = new_jobs(account, request, 1, self._works.board.jobs.values(), self._works.clock)
            job = job.having(state=State.QUEUED, remote_id=remote_id, accepted_at=now)
            await self._works.board.add([job])
        self._polling.watch(job, at_once=True)
        return job

    async def edit(self, job_id: str, request: GenerationRequest) -> Job:
        """Changes what a job asks for, as long as nothing of it was sent. `request` must have passed its check."""
        job = self._job(job_id)
        if job.state is not State.WAITING or self._scheduler.busy(job_id):
            raise UserError("job_sent")
        model = self._works.accounts.model_of(job.having(request=request))
        if model is None or request.provider != job.request.provider:
            raise UserError("model_unknown", name=request.model)
        hosted = self._works.references.takes_files(job.account, model.references)
        problems = requests.check(model, request.prompt, request.values, request.references, hosted=hosted)
        if problems:
            raise UserError(problems[0].code, **problems[0].args)
        job = await self._works.board.note(job_id, request=request, body="", failure=None, not_before=None)
        self._works.alarm.ring()
        return job

    async def stop_after(self, job_id: str) -> list[Job]:
        """Pauses every waiting job behind this one; the answer is those that were paused."""
        here = self._job(job_id)
        behind = [
            job
            for job in self._works.board.live.values()
            if job.state is State.WAITING and not job.held and job.id != job_id and job.position > here.position
        ]
        return await self._works.board.note_all({job.id: {"held": True} for job in behind})

    async def let_go(self, job_id: str) -> Job:
        """The user does not want to know any more; the doubt about the money stays on the record."""
        job = self._job(job_id)
        if job.state is not State.UNCERTAIN:
            raise UserError("job_sent")
        failure = job.failure.model_copy(update={"action": Action.NONE}) if job.failure else None
        now = self._works.clock.now()
        return await self._works.board.move(job_id, State.CANCELLED, failure=failure, finished_at=now)

    async def check(self, job_id: str) -> tuple[str, dict[str, str]]:
        """Looks for the truth about an uncertain job without paying: the code and places of a sentence.

        Raises ProviderError or UserError where the service cannot be asked.
        """
        job = self._job(job_id)
        if job.state is State.UNCERTAIN and self._submission.lookup.can(job):
            return await self._look_up(job)
        provider = self._works.provider(job)
        if not provider.has_balance or job.balance_before is None:
            return "check_unknown", {}
        connection = await self._works.connection(job)
        try:
            balance = await self._works.dialect(job).balance(connection)
        except ProviderError as error:
            self._works.missed(job.account, error)
            raise
        self._works.heard(job.account)
        if balance is None:
            return "check_unknown", {}
        words = {"before": f"{job.balance_before:g}", "after": f"{balance:g}"}
        await self._works.board.note(job_id, balance_after=balance)
        return ("check_balance_less" if balance < job.balance_before else "check_balance_same"), words

    async def _look_up(self, job: Job) -> tuple[str, dict[str, str]]:
        """What the service's list says of a job. A task that is its own beyond doubt is followed."""
        try:
            found = await self._submission.lookup.find(job)
        except ProviderError as error:
            self._works.missed(job.account, error)
            raise
        if self._job(job.id).state is not State.UNCERTAIN:
            raise UserError("job_running")
        if found.clear is not None:
            await self.adopt(job.id, found.clear.id)
            return "check_listed", {}
        if found.candidates:
            return "check_several", {"ids": ", ".join(task.id[:80] for task in found.candidates[:5])}
        return ("check_unlisted" if found.reaches else "check_unknown"), {}

    async def delete(self, job_id: str) -> Job:
        """Takes a job off the list; the answer is what `restore` needs. Its video stays on the disk."""
        async with self._listing:
            job = self._job(job_id)
            if job.state in ACTIVE or not await self._scheduler.at_rest(job_id):
                raise UserError("job_running")
            job = await self._works.board.remove(job_id)
        await self._scheduler.forget(job)
        return job

    async def restore(self, job: Job) -> Job:
        """Undoes `delete`."""
        async with self._listing:
            if job.id not in self._works.board.jobs:
                await self._works.board.add([job])
                self._works.alarm.ring()
        return job

    async def locate(self, job_id: str, path: str, size: int | None) -> Job:
        """The file of a finished job is somewhere else now; `size` is its bytes."""
        return await self._works.board.note(self._job(job_id).id, path=path, bytes=size)

    async def move(self, job_id: str, before_id: str | None) -> Job:
        """Puts a waiting job before another, or at the end of the queue."""
        job, board = self._job(job_id), self._works.board
        others = (other for other in board.live.values() if other.state is State.WAITING and other.id != job_id)
        waiting = sorted(others, key=_place)
        index = next((at for at, other in enumerate(waiting) if other.id == before_id), -1)
        if index < 0:
            # One that began meanwhile stands for what was behind it.
            gone = board.jobs.get(before_id or "")
            index = next(
                (at for at, other in enumerate(waiting) if gone and _place(other) > _place(gone)), len(waiting)
            )
        before = waiting[index - 1].position if index else (waiting[0].position - 2 if waiting else 0.0)
        after = waiting[index].position if index < len(waiting) else before + 2
        middle = (before + after) / 2
        if before < middle < after:
            job = await board.note(job_id, position=middle)
        else:
            # No number fits between the two any more: all are numbered anew.
            waiting.insert(index, job)
            start = min(other.position for other in waiting)
            places = {other.id: {"position": start + at} for at, other in enumerate(waiting)}
            job = (await board.note_all(places))[index]
        self._works.alarm.ring()
        return job

    async def settle_credits(self, account_id: str, balance: float) -> None:
        """Notes the balance on jobs that have just ended, and marks a failed one whose credits did not come back; the
        mark goes when they come later.

        Only where nothing else of the account was under way can the balance tell that (contract: rivya, Poll: a refund
        "may" follow).
        """
        jobs = [job for job in self._works.board.jobs.values() if job.account == account_id]
        changes: dict[str, dict[str, object]] = {}
        for job in jobs:
            failure = job.failure
            marked = failure is not None and failure.billed is Billed.YES and not job.final
            later = marked and job.balance_after is not None and balance > job.balance_after
            if not job.ended or job.submitted_at is None or not (job.balance_after is None or later):
                continue
            changes[job.id] = {"balance_after": balance}
            if failure is None or job.state is not State.FAILED or not job.remote_id or job.balance_before is None:
                continue
            kept = balance < job.balance_before
            alone = kept is not marked and not any(other.id != job.id and _overlaps(other, job) for other in jobs)
            if alone:
                billed = Billed.YES if kept else Billed.NO
                changes[job.id]["failure"] = failure.model_copy(update={"billed": billed})
        await self._works.board.note_all(changes)

    async def say_why_they_wait(self) -> None:
        """Notes on waiting jobs that their account is gone or switched off; takes it away where that is over."""
        changes: dict[str, dict[str, object]] = {}
        for job in self._works.board.live.values():
            account = self._works.accounts.get(job.account)
            code = "account_gone" if account is None else None if account.enabled else "account_off"
            told = job.failure.code if job.failure and job.failure.code in {"account_gone", "account_off"} else None
            if job.state is State.WAITING and code != told:
                failure = failure_of(UserError(code, name=account.name if account else "")) if code else None
                changes[job.id] = {"failure": failure}
        await self._works.board.note_all(changes)

    def wake_blocked(self) -> None:
        """Lets jobs that wait for a key or the network try at once."""
        for job in tuple(self._works.board.live.values()):
            if job.not_before is not None and job.state in {State.WAITING, State.SUBMITTING}:
                self._works.tasks.spawn(self._works.board.note(job.id, not_before=None), f"wake {job.id}")
        self._works.alarm.ring()

    async def _at_once(self, job: Job) -> Job:
        """Ends the wait of a job that is under way."""
        self._works.pulse(job.account).reset()
        if job.state in REMOTE and not self._scheduler.busy(job.id):
            self._polling.watch(job, at_once=True)
        job = await self._works.board.note(job.id, not_before=None, held=False)
        self._scheduler.hurry(job.id)
        return job

    async def _again(self, job: Job) -> Job:
        """A new request from an old job: new key, nothing of the old answer."""
        job = await self._works.board.move(
            job.id,
            State.WAITING,
            **_unsent(),
            intent=new_intent(),
            notes=job.noted(Note(code="task_before", args={"id": job.remote_id or job.intent})),
        )
        self._works.pulse(job.account).reset()
        self._works.alarm.ring()
        return job


def _place(job: Job) -> tuple[float, float]:
    return job.position, job.created_at


def _overlaps(other: Job, job: Job) -> bool:
    """Whether `other` may have moved the balance between the sending of `job` and now."""
    if other.submitted_at is None:
        return False
    return not other.ended or (other.finished_at or 0.0) >= (job.submitted_at or 0.0)


def _unsent() -> dict[str, object]:
    nothing = ("submitted_at", "accepted_at", "completed_at", "finished_at", "not_before", "reserved", "final")
    more = ("balance_before", "balance_after", "expires_at", "seconds", "bytes", "failure")
    fresh: dict[str, object] = {}
    for name in (*nothing, *more):
        fresh[name] = None
    return fresh | {"remote_id": "", "body": "", "once": None, "attempts": 0, "urls": (), "path": "", "held": False}


def new_jobs(
    account: Account, request: GenerationRequest, count: int, existing: Iterable[Job], clock: Clock
) -> list[Job]:
    """`count` waiting jobs at the end of the queue, each with its own idempotency key."""
    last = max((job.position for job in existing), default=0.0)
    now = clock.now()
    batch = uuid.uuid4().hex if count > 1 else ""
    return [
        Job(
            id=uuid.uuid4().hex,
            intent=new_intent(),
            batch=batch,
            account=account.id,
            base_url="" if account.builtin else account.base_url,
            request=request,
            position=last + 1 + index,
            created_at=now,
        )
        for index in range(max(1, count))
    ]
