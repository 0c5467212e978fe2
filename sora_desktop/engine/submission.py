"""From a waiting job to a remote id: the step where money is spent, so the one that must never be taken twice."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from sora_desktop.core.errors import (
    Action,
    Billed,
    EnvironmentProblem,
    Failure,
    FailureKind,
    ProviderError,
    Sent,
    UserError,
)
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.notes import Note
from sora_desktop.engine.delivery import Delivery, HostTrouble
from sora_desktop.engine.former_keys import marks, sent_alike
from sora_desktop.engine.lookup import Lookup
from sora_desktop.engine.works import Works, doubt, failure_of, in_the_way, stopped_watching
from sora_desktop.providers.base import Attachment, RemoteStatus, RemoteTask
from sora_desktop.providers.refusals import says_model_gone

KEY_REMEMBERED = 12 * 3600.0
"""How long we trust a service to remember an idempotency key, in seconds. None publishes it; after this a lost
answer is left to the user."""

BLOCKED_WAIT = 600.0
"""Seconds until a job that waits for a key or a reference is looked at again by itself; a changed key is faster."""

DISK_WAIT = 10.0
"""Seconds until a full disk or a busy database is tried again."""

HOST_WAIT = 30.0
"""Seconds until a reference host that did not answer is tried again."""

LOOKS = 2
"""How often a server's list is looked through for a task whose answer was lost, before the user is asked."""

LOOK_TRIES = 6
"""The same where the list itself does not answer."""


class Submission:
    """Prepares and sends one job. Each step's state is committed before the step."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self._delivery = Delivery(works)
        self.lookup = Lookup(works)
        self._looks: dict[str, tuple[int, int]] = {}
        """Looks and tries of a job whose answer was lost."""

    async def run(self, job_id: str) -> None:
        """Takes a waiting job as far as it goes: to the service, back to waiting, to failed or to uncertain."""
        board = self._works.board
        waiting = board.jobs.get(job_id)
        if waiting is None or waiting.state is not State.WAITING or waiting.held:
            return  # The user was faster.
        job = await board.move(job_id, State.PREPARING)
        # Files that travel in the create call live until it has ended; the next try makes them anew.
        async with AsyncExitStack() as kept:
            try:
                body, files = await self._prepared(job, kept)
            except UserError as error:
                await self._blocked(job_id, error)
                return
            except ProviderError as error:
                await self._not_prepared(job_id, error, self._works.missed(job.account, error))
                return
            except HostTrouble as trouble:
                await self._not_prepared(job_id, trouble.error, HOST_WAIT * self._works.pace(job.account))
                return
            except EnvironmentProblem as problem:
                if board.jobs[job_id].state is State.PREPARING:
                    await self._wait(job_id, DISK_WAIT, in_the_way(problem))
                return
            if self._still_wanted(job_id):
                await self._send(job_id, body, files)

    def _still_wanted(self, job_id: str) -> bool:
        """Whether nobody cancelled the job while it was prepared."""
        job = self._works.board.jobs.get(job_id)
        return job is not None and job.state is State.PREPARING

    async def ask_again(self, job_id: str) -> None:
        """Repeats a create whose answer was lost, with the same key and the byte-identical body; where the service
        knows no key, looks through its list instead."""
        job = self._works.board.jobs[job_id]
        if self.lost_answer(job):
            await (self.stop_asking(job_id) if job.unwanted else self._call(job))
        else:
            await self._look(job)

    def looks(self, job: Job) -> bool:
        """Whether a lost answer of `job` can be looked for in a list that tells its id; where it was cancelled, too."""
        return self.lookup.can(job) and not self.lost_answer(job) and not self._works.pulse(job.account).troubled

    async def pick_up(self, job: Job) -> None:
        """After a start: a job whose create call was under way when the program ended."""
        # An account or model that is gone cannot tell whether the answer may be asked for again: then not.
        try:
            again = self.lost_answer(job)
        except UserError:
            again = False
        if again and job.unwanted:
            await self.stop_asking(job.id, "killed_uncertain")
        elif again:
            await self._works.board.note(job.id, attempts=job.attempts + 1, not_before=None)
        elif self.lookup.can(job):
            self.lookup.lost.add(job.id)
            await self._works.board.note(job.id, not_before=None)
        else:
            await self.give_up_certainty(job, "", "killed_uncertain")

    def lost_answer(self, job: Job) -> bool:
        """Whether the lost answer of `job` may be asked for again by itself. A file that went along is not kept.

        What the service documents now helps only a request that was sent so: its file may have been edited since.
        """
        provider = self._works.provider(job)
        once = job.once if job.once is not None or provider.wire else provider.once
        if not once or once != provider.once:
            return False
        # A clock that was set right meanwhile is no reason to forget the key.
        age = abs(self._works.clock.now() - (job.submitted_at or 0))
        model = self._works.accounts.model_of(job)
        attached = model is not None and model.references is not None and model.references.attach
        whole = not (attached and job.request.references)
        return whole and bool(job.body) and age < KEY_REMEMBERED

    async def _prepared(self, job: Job, kept: AsyncExitStack) -> tuple[str, list[Attachment]]:
        """The body of the create call, and the files that travel with it."""
        model = self._works.model(job)
        sent = [await self._delivery.sent(job, reference, kept) for reference in job.request.references]
        body = self._works.dialect(job).body(model, job.request, job.intent, sent).decode("utf-8")
        field = model.references.field if model.references else ""
        return body, [Attachment(field, Path(one.file), one.name, one.mime) for one in sent if one.file]

    async def _send(self, job_id: str, body: str, files: Sequence[Attachment]) -> None:
        works = self._works
        job = works.board.jobs[job_id]
        try:
            # All that takes time comes before the commit: a kill between it and the first byte leaves a doubt.
            connection = await works.connection(job)
            await works.http.warm()
            await self._know_balance(job)
        except UserError as error:
            await self._blocked(job_id, error)
            return
        if not self._still_wanted(job_id):
            return
        try:
            job = await works.board.try_move(
                job_id,
                State.SUBMITTING,
                body=body,
                once=works.provider(job).once,
                **marks(job.account, connection),
                submitted_at=works.clock.now(),
                attempts=job.attempts + 1,
                failure=None,
                not_before=None,
                balance_before=works.balances.get(job.account),
            )
        except EnvironmentProblem as problem:
            await self._wait(job_id, DISK_WAIT, in_the_way(problem))
            return
        await self._call(job, files)

    async def _know_balance(self, job: Job) -> None:
        """The credits before the first paid call of an account; a job does not wait for them twice."""
        works = self._works
        if not works.provider(job).has_balance or job.account in works.balances:
            return
        try:
            connection = await works.connection(job)
            works.pulse(job.account).count()
            balance = await works.dialect(job).balance(connection)
        except ProviderError:
            return
        if balance is not None:
            works.balances[job.account] = balance

    async def _call(self, job: Job, files: Sequence[Attachment] = ()) -> None:
        """One create call of a job in `submitting`, and what its answer means."""
        works = self._works
        try:
            connection = await works.connection(job)
            if job.attempts > 1 and not sent_alike(job, connection):
                await self._not_found(job)  # With the key of another account the same request would be another one.
                return
            if works.board.jobs[job.id].unwanted:
                await (self.stop_asking(job.id) if job.attempts > 1 else self._cancelled(job.id))
                return
            works.pulse(job.account).count()
            task = await works.dialect(job).create(connection, job.body.encode("utf-8"), job.intent, files)
        except UserError as error:
            wait = BLOCKED_WAIT * works.pace(job.account)
            await self.unanswered(job, failure_of(error), wait, sent_before=job.attempts > 1)
        except ProviderError as error:
            await self._refused_or_lost(job, error)
        else:
            works.heard(job.account)
            await self._accepted(job, task)

    async def _accepted(self, job: Job, task: RemoteTask) -> None:
        self._delivery.forget(job.id)
        self._forget_looks(job.id)
        now = self._works.clock.now()
        state = State.QUEUED if task.status is RemoteStatus.QUEUED else State.PROCESSING
        told: dict[str, object] = {
            "remote_id": task.id,
            "accepted_at": now,
            "reserved": task.reserved if task.reserved is not None else job.reserved,
            "failure": None,
            "not_before": None,
            "request_ids": _with(job.request_ids, task.request_id),
            "notes": job.noted(task.note),
        }
        if self._works.board.jobs[job.id].unwanted:
            state, told = State.CANCELLED, {**told, "finished_at": now, "failure": stopped_watching()}
        await self._works.board.move(job.id, state, **told, unwanted=False)
        self._works.balance_wanted.emit(job.account)

    async def _refused_or_lost(self, job: Job, error: ProviderError) -> None:
        wait = self._works.missed(job.account, error)
        job = await self._works.board.note(job.id, request_ids=_with(job.request_ids, error.failure.request_id))
        repeated = job.attempts > 1
        if error.sent is Sent.AMBIGUOUS:
            await self.unanswered(job, error.failure, wait, sent_before=True)
        elif error.sent is Sent.NOT_SENT or error.transient:
            await self.unanswered(job, error.failure, wait, sent_before=repeated)
        elif error.failure.kind is FailureKind.KEY and repeated:
            await self.unanswered(job, error.failure, wait, sent_before=True)
        elif error.failure.kind is FailureKind.CONFLICT and repeated:
            # It knows our key, so it has the request whose answer was lost.
            await self.give_up_certainty(job, error.failure.detail)
        elif not repeated and await self._delivery.was_dead(job.id, error):
            # Refused, so nothing was started: the file is sent anew, once, in a request with a key of its own.
            await self._wait(job.id, 0.0, error.failure, intent=new_intent())
        else:
            billed = Billed.MAYBE if repeated else error.failure.billed
            await self._fail(job.id, self._about_model(job, error.failure).model_copy(update={"billed": billed}))

    def _about_model(self, job: Job, failure: Failure) -> Failure:
        """The failure as what it is where the service has no such model; the catalogue hears of it."""
        gone = says_model_gone(failure, job.request.model)
        if gone or failure.kind is FailureKind.NOT_FOUND:
            self._works.model_refused.emit(job.account, job.request.model, gone)
        if not gone:
            return failure
        model = self._works.accounts.model_of(job)
        args = {"name": model.name if model else job.request.model}
        told = {
            "kind": FailureKind.REFUSED,
            "code": "model_gone",
            "args": args,
            "action": Action.EDIT,
            "field": "model",
        }
        return failure.model_copy(update=told)

    async def unanswered(self, job: Job, failure: Failure, wait: float, *, sent_before: bool = True) -> None:
        """No answer that settles it. What was never sent goes back to the queue; what may have been sent is asked for
        again where the service knows the key, looked for where it has a list, and left to the user where it has
        neither."""
        if not sent_before:
            await self._wait(job.id, wait, failure)
        elif self.lost_answer(job) and self._works.board.jobs[job.id].unwanted:
            await self.stop_asking(job.id)
        elif self.lost_answer(job):
            not_before = self._works.clock.now() + max(wait, 1.0 * self._works.pace(job.account))
            await self._works.board.note(job.id, attempts=job.attempts + 1, not_before=not_before, failure=failure)
            self._works.alarm.ring()
        elif self.lookup.can(job):
            self.lookup.lost.add(job.id)
            await self._look_later(job, failure, wait)
        else:
            await self.give_up_certainty(job, failure.detail)

    async def _look(self, job: Job) -> None:
        """One look through the list of a service that knows no idempotency key. Only a clear match is followed."""
        looks, tries = self._looks.get(job.id, (0, 0))
        if not self.lookup.can(job):
            await self._not_found(job)
            return
        try:
            found = await self.lookup.find(job)
        except (ProviderError, UserError) as error:
            failure = error.failure if isinstance(error, ProviderError) else failure_of(error)
            wait = self._works.missed(job.account, error) if isinstance(error, ProviderError) else 0.0
            self._looks[job.id] = (looks, tries + 1)
            if tries + 1 < LOOK_TRIES and not (job.unwanted and self._works.pulse(job.account).key_rejected):
                await self._look_later(job, job.failure or failure, wait)
            else:
                await self._not_found(job)
            return
        if found.clear is not None:
            note = Note(code="task_listed")
            await self._accepted(job, dataclasses.replace(found.clear, note=found.clear.note or note))
            return
        self._looks[job.id] = (looks + 1, tries)
        if looks + 1 < LOOKS:
            await self._look_later(job, job.failure, 0.0)
        else:
            await self._not_found(job)

    async def _look_later(self, job: Job, failure: Failure | None, wait: float) -> None:
        rhythm = self._works.provider(job).poll
        pause = max(wait, self._works.clock.jitter(rhythm.least * self._works.pace(job.account)))
        await self._works.board.note(job.id, not_before=self._works.clock.now() + pause, failure=failure)
        self._works.alarm.ring()

    async def _not_found(self, job: Job) -> None:
        code = "answer_lost_uncertain" if job.failure else "killed_uncertain"
        await self.give_up_certainty(job, job.failure.detail if job.failure else "", code)

    def _forget_looks(self, job_id: str) -> None:
        self._looks.pop(job_id, None)
        self.lookup.lost.discard(job_id)

    async def give_up_certainty(self, job: Job, detail: str, code: str = "answer_lost_uncertain") -> None:
        """Marks a job whose create call may or may not have been accepted. It is never resent by itself."""
        if self._works.board.jobs[job.id].unwanted:
            await self.stop_asking(job.id, code)
            return
        failure = doubt(Action.CHECK, detail, code)
        await self._works.board.move(job.id, State.UNCERTAIN, failure=failure, not_before=None)
        self._forget_looks(job.id)
        self._works.balance_wanted.emit(job.account)

    async def _not_prepared(self, job_id: str, error: ProviderError, wait: float) -> None:
        """An upload failed. It costs nothing, so it may be repeated after `wait` seconds."""
        job = self._works.board.jobs[job_id]
        if job.state is not State.PREPARING:
            return
        if error.transient or error.sent is not Sent.REFUSED:
            await self._wait(job_id, max(wait, 1.0), error.failure)
        else:
            await self._fail(job_id, error.failure)

    async def _blocked(self, job_id: str, error: UserError) -> None:
        """Something only the user can mend: the job waits with the reason on it, or fails where editing is needed."""
        job = self._works.board.jobs[job_id]
        if job.state is not State.PREPARING:
            return
        failure = failure_of(error)
        if failure.kind is FailureKind.KEY:
            await self._wait(job_id, BLOCKED_WAIT * self._works.pace(job.account), failure)
        else:
            await self._fail(job_id, failure)

    async def _wait(self, job_id: str, seconds: float, failure: Failure, **changes: object) -> None:
        job = self._works.board.jobs[job_id]
        if job.unwanted:
            await self._cancelled(job_id)
            return
        not_before = self._works.clock.now() + max(seconds, 0.5 * self._works.pace(job.account))
        # Nothing of it was accepted: the next try is a new request, with a body of its own.
        unknown = {"body": "", "sent_with": "", "headers_with": ""}
        fresh: dict[str, object] = {**unknown, "submitted_at": None, "attempts": 0}
        moved = {"failure": failure, "not_before": not_before}
        await self._works.board.move(job_id, State.WAITING, **moved, **fresh, **changes)
        self._works.alarm.ring()

    async def stop_asking(self, job_id: str, code: str = "answer_lost_uncertain") -> Job:
        """The user does not want it any more, and its answer was lost: to ask again might start it."""
        self._forget_looks(job_id)
        return await self._end(job_id, State.CANCELLED, doubt(Action.NONE, code=code))

    async def _cancelled(self, job_id: str) -> None:
        """The user did not want it any more before anything of it was accepted."""
        await self._end(job_id, State.CANCELLED, None)

    async def _fail(self, job_id: str, failure: Failure) -> None:
        job = await self._end(job_id, State.FAILED, failure)
        self._works.balance_wanted.emit(job.account)

    async def _end(self, job_id: str, state: State, failure: Failure | None) -> Job:
        now = self._works.clock.now()
        return await self._works.board.move(
            job_id, state, failure=failure, finished_at=now, not_before=None, unwanted=False
        )


def new_intent() -> str:
    """A fresh idempotency key, which is also the client request id (contract: rivya, Create: ≤ 128 characters)."""
    return f"sd-{uuid.uuid4()}"


def _with(items: tuple[str, ...], item: str) -> tuple[str, ...]:
    """`items` and `item` at their end, without repeats and bounded."""
    return items if not item or item in items else (*items, item)[-20:]
