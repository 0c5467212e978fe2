"""What can go wrong, sorted by who must act.

    Exception
    └── SoraError
        ├── UserError          bad input; the person mends it
        ├── EnvironmentProblem the machine: disk full, folder read-only, database of a newer version, keyring locked
        └── ProviderError      the service or the way to it; carries a Failure, and how far the request came

Everything else is a defect of ours: it reaches the crash dialog and the log.
A sentence is named by a code here and worded in `core.sentences`.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from sora_desktop.core.frozen import Kept


class FailureKind(StrEnum):
    """Who or what the failure is about."""

    KEY = "key"
    CREDITS = "credits"
    REFUSED = "refused"
    RATE = "rate"
    NETWORK = "network"
    SERVER = "server"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    RESULT = "result"
    DISK = "disk"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    STOPPED = "stopped"
    BUG = "bug"


class Action(StrEnum):
    """The one thing a row offers."""

    NONE = ""
    EDIT = "edit"
    RETRY = "retry"
    TOP_UP = "top_up"
    KEY = "key"
    CHECK = "check"
    COLLECT = "collect"
    FOLDER = "folder"
    RESUME = "resume"
    OPEN = "open"


class Billed(StrEnum):
    """What is known of the money."""

    NO = "no"
    YES = "yes"
    MAYBE = "maybe"


class Failure(Kept):
    """One sentence (code and args), one action. `detail` is the service's own text: hostile, shown as plain text."""

    kind: FailureKind
    code: str
    args: dict[str, str] = Field(default_factory=dict[str, str])
    action: Action = Action.NONE
    detail: str = ""
    field: str = ""
    request_id: str = ""
    http_status: int | None = None
    billed: Billed = Billed.NO


class Sent(StrEnum):
    """How far a request came before it failed."""

    NOT_SENT = "not_sent"
    """No byte left: DNS, refused, TLS, connect time-out, pool. Safe to repeat."""
    REFUSED = "refused"
    """The service answered that it did not accept it. Nothing was started."""
    AMBIGUOUS = "ambiguous"
    """It may have been accepted: reset or time-out after sending, 5xx, broken or empty answer."""


class SoraError(Exception):
    """Base of every error we expect. `code` and `args` name its sentence."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code, args)
        self.code = code
        self.words: dict[str, str] = args


class UserError(SoraError):
    """Bad input; nothing was changed."""


class EnvironmentProblem(SoraError):
    """The machine is in the way; the work waits or says so."""


class ProviderError(SoraError):
    """A call that did not bring what it should.

    `retry_after` is the service's own wish in seconds, None where it sent none. `transient` says whether the same call
    may succeed later without anybody doing anything.
    """

    def __init__(
        self, failure: Failure, sent: Sent, *, retry_after: float | None = None, transient: bool = False
    ) -> None:
        super().__init__(failure.code, **failure.args)
        self.failure = failure
        self.sent = sent
        self.retry_after = retry_after
        self.transient = transient
