"""A job: one paid request, from the click to the file. States, and which may follow which."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from sora_desktop.core.errors import Billed, Failure, FailureKind
from sora_desktop.core.frozen import Kept
from sora_desktop.core.notes import Note
from sora_desktop.core.request import GenerationRequest


class State(StrEnum):
    """Where a job is. Each is committed to the database before anything is done in it."""

    WAITING = "waiting"
    PREPARING = "preparing"
    SUBMITTING = "submitting"
    QUEUED = "queued"
    PROCESSING = "processing"
    DOWNLOADING = "downloading"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"


TOLD_BY_SERVICE = frozenset({FailureKind.SERVER, FailureKind.REFUSED, FailureKind.CREDITS, FailureKind.KEY})
"""Why a task ended, where the service ended it; the other kinds are about the way to its result."""
REMOTE = frozenset({State.QUEUED, State.PROCESSING})
ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.EXPIRED})
UNSENT = frozenset({State.WAITING, State.PREPARING})
ACTIVE = frozenset({State.PREPARING, State.SUBMITTING, State.QUEUED, State.PROCESSING, State.DOWNLOADING})

FOLLOWERS: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.PREPARING, State.FAILED, State.CANCELLED}),
    State.PREPARING: frozenset({State.WAITING, State.SUBMITTING, State.FAILED, State.CANCELLED}),
    # Back to waiting, or gone, only when no byte left or the service refused for now (429, 503).
    State.SUBMITTING: frozenset(
        {
            State.WAITING,
            State.QUEUED,
            State.PROCESSING,
            State.DOWNLOADING,
            State.FAILED,
            State.UNCERTAIN,
            State.CANCELLED,
        }
    ),
    State.QUEUED: frozenset({State.PROCESSING, State.DOWNLOADING, State.FAILED, State.CANCELLED}),
    State.PROCESSING: frozenset({State.QUEUED, State.DOWNLOADING, State.FAILED, State.CANCELLED}),
    State.DOWNLOADING: frozenset(
        {State.QUEUED, State.PROCESSING, State.DONE, State.FAILED, State.EXPIRED, State.CANCELLED}
    ),
    # Collect again: the file was removed, or a paid result is still there for the asking.
    State.DONE: frozenset({State.QUEUED, State.DOWNLOADING}),
    # To submitting: an answer was lost before the refusal, so the same request is made again, not a new one.
    State.FAILED: frozenset({State.WAITING, State.QUEUED, State.SUBMITTING}),
    State.CANCELLED: frozenset({State.WAITING, State.QUEUED, State.SUBMITTING}),
    State.EXPIRED: frozenset({State.QUEUED}),
    # The four ways out: asked for again with the same key, sent again by the user's word, adopted by its id, let go.
    State.UNCERTAIN: frozenset({State.SUBMITTING, State.WAITING, State.QUEUED, State.CANCELLED}),
}


MOST_NOTES = 20
"""How many notes of tolerance a job keeps."""


class IllegalMove(RuntimeError):
    """A defect of ours: a job was moved where its state machine does not lead."""


class Job(Kept):
    """One generation. Times are Unix seconds, credits are the provider's own unit, sizes are bytes.

    `intent` is the idempotency key, committed before the create call; `body` the exact bytes (as text) that were
    sent, so that a repeat is byte-identical. `once` is the `Provider.once` of that moment, None where an earlier
    version sent it. `base_url`, and `sent_with` and `headers_with`, the marks of its key and extra headers, are frozen:
    editing an account strands no running job. `held` is the user's pause, `unwanted` that it was cancelled while it
    was being sent.
    `urls` are all of a result's, the primary first.
    """

    id: str
    intent: str
    batch: str = ""
    account: str
    base_url: str
    request: GenerationRequest
    state: State = State.WAITING
    held: bool = False
    unwanted: bool = False
    position: float = 0.0
    remote_id: str = ""
    body: str = ""
    once: str | None = None
    sent_with: str = ""
    headers_with: str = ""
    attempts: int = 0
    created_at: float = 0.0
    submitted_at: float | None = None
    accepted_at: float | None = None
    completed_at: float | None = None
    finished_at: float | None = None
    not_before: float | None = None
    reserved: float | None = None
    final: float | None = None
    balance_before: float | None = None
    balance_after: float | None = None
    urls: tuple[str, ...] = ()
    expires_at: float | None = None
    seconds: float | None = None
    path: str = ""
    bytes: int | None = None
    failure: Failure | None = None
    request_ids: tuple[str, ...] = ()
    notes: tuple[Note, ...] = Field(default=())

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def collectable(self) -> bool:
        """Whether the service can be asked for the result: its id is known."""
        return bool(self.remote_id)

    @property
    def brought_nothing(self) -> bool:
        """Whether the service said that the task ended without a video: to ask for it again brings none either."""
        told = self.failure.kind if self.failure else None
        return self.state is State.FAILED and told in TOLD_BY_SERVICE and self.collectable

    @property
    def money_in_doubt(self) -> bool:
        """Whether nobody knows if a request without a remote id was accepted, so that a new one may pay twice."""
        return self.failure is not None and self.failure.billed is Billed.MAYBE and not self.collectable

    def noted(self, note: Note | None) -> tuple[Note, ...]:
        """Its notes with another one, without repeats and bounded."""
        return self.notes if note is None or note in self.notes else (*self.notes, note)[-MOST_NOTES:]

    def having(self, **changes: object) -> Job:
        """A copy with `changes`, in the same state."""
        return self.model_copy(update=changes)

    def moved(self, state: State, **changes: object) -> Job:
        """A copy in `state`. Raises IllegalMove where the state machine does not lead there."""
        if state not in FOLLOWERS[self.state]:
            raise IllegalMove(f"{self.id}: {self.state} → {state}")
        return self.model_copy(update={"state": state, **changes})
