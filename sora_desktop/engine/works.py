"""What every step of the engine works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model, Provider
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
from sora_desktop.core.jobs import UNSENT, Job
from sora_desktop.core.signal import Signal
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.alarm import Alarm
from sora_desktop.engine.board import Board
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.hands import Hands
from sora_desktop.engine.pulse import Pulse
from sora_desktop.engine.references import References
from sora_desktop.engine.tasks import Tasks
from sora_desktop.providers.base import Connection, Dialect
from sora_desktop.providers.http import Http
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.settings import SettingsStore

T = TypeVar("T")
CALLS_AT_ONCE = 4
"""Calls to one account that run at the same time; at most as many uploads count as calls."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Bytes on their way. `kind` is "upload" or "download"; `total` is 0 where it is not known. `content` is the hash
    of the original that is uploaded; it is file `part` of `parts`, 0 where it is the only one or not known."""

    kind: str
    done: int
    total: int
    content: str = ""
    part: int = 0
    parts: int = 0


@dataclass(slots=True)
class Works:
    """The engine's parts, shared by submission, polling and transfer."""

    board: Board
    accounts: Accounts
    dialect_of: Callable[[Provider], Dialect]
    http: Http
    settings: SettingsStore
    references: References
    paths: Paths
    tasks: Tasks
    clock: Clock
    alarm: Alarm
    pace_of: Callable[[Account], float]
    balances: dict[str, float] = field(default_factory=dict[str, float])
    pulses: dict[str, Pulse] = field(default_factory=dict[str, Pulse])
    progress: Signal[[str, Transfer]] = field(default_factory=lambda: Signal[[str, Transfer]]())
    balance_wanted: Signal[[str]] = field(default_factory=lambda: Signal[[str]]())
    model_refused: Signal[[str, str, bool]] = field(default_factory=lambda: Signal[[str, str, bool]]())
    """A create was refused for its model: account, model, and whether the answer says so beyond doubt."""
    pulse_changed: Signal[[]] = field(default_factory=lambda: Signal[[]]())

    _hands: Hands = field(default_factory=lambda: Hands(2, "media"))

    async def in_thread(self, function: Callable[..., T], *args: object) -> T:
        """Runs what blocks (decoding, fsync) off the loop."""
        return await self._hands.run(lambda: function(*args))

    def abandon_threads(self) -> None:
        """Nobody waits any longer for what blocks: a disk that hangs must not hold the end of the program."""
        self._hands.abandon()
        self.references.abandon()

    def close_threads(self) -> None:
        self._hands.close()

    def pace(self, account_id: str) -> float:
        account = self.accounts.get(account_id)
        return self.pace_of(account) if account else 1.0

    def pulse(self, account_id: str) -> Pulse:
        if account_id not in self.pulses:
            self.pulses[account_id] = Pulse(self.clock, 30, CALLS_AT_ONCE, self.pace(account_id))
        pulse = self.pulses[account_id]
        account = self.accounts.get(account_id)
        if account:
            pulse.per_minute = max(1, account.per_minute)
        return pulse

    def provider(self, job: Job) -> Provider:
        """The job's provider; one that promises nothing where no file describes it any more."""
        provider_id = job.request.provider
        found = self.accounts.provider_of(job.account, provider_id)
        return found or Provider(id=provider_id, name=provider_id, dialect="", base_url="")

    def model(self, job: Job) -> Model:
        """Raises UserError where the job's provider or model is gone."""
        model = self._described(job).model(job.request.model)
        if model is None:
            raise UserError("model_unknown", name=job.request.model)
        return model

    def dialect(self, job: Job) -> Dialect:
        """Raises UserError where no file describes the job's provider any more."""
        return self.dialect_of(self._described(job))

    def _described(self, job: Job) -> Provider:
        provider = self.provider(job)
        if not provider.dialect:
            raise UserError("provider_gone", name=provider.id)
        return provider

    async def connection(self, job: Job, *, present: bool = False) -> Connection:
        """Where the job is sent, and with the key and headers it was sent with, or with the account's `present` ones.

        Raises UserError with the sentence where there is no key.
        """
        marks = ("", "") if present or job.state in UNSENT else (job.sent_with, job.headers_with)
        return await self.accounts.connection(job.account, job.base_url, *marks)

    async def lender(self, job: Job) -> Connection | None:
        """Whose key a result at the account's own origin is fetched with; None where results need none.

        A missing account or key is no reason not to try: a result's address may carry its own permission.
        """
        try:
            return await self.connection(job) if self.provider(job).server is not None else None
        except UserError:
            return None

    def heard(self, account_id: str) -> None:
        """The account's service answered."""
        pulse = self.pulse(account_id)
        changed = pulse.troubled
        pulse.answered()
        if changed:
            self.pulse_changed.emit()

    def missed(self, account_id: str, error: ProviderError) -> float:
        """A call failed; the answer is the wait in seconds."""
        wait = self.pulse(account_id).failed(error)
        self.pulse_changed.emit()
        return wait


def failure_of(error: UserError) -> Failure:
    """What stands on a job when our own rules stop it."""
    about_key = error.code.startswith(("key_", "account_", "url_", "provider_"))
    kind = FailureKind.KEY if about_key else FailureKind.REFUSED
    action = Action.KEY if about_key else Action.EDIT
    return Failure(kind=kind, code=error.code, args=error.words, action=action)


def doubt(action: Action, detail: str = "", code: str = "answer_lost_uncertain") -> Failure:
    """What stands on a job that may or may not have been accepted."""
    return Failure(kind=FailureKind.UNCERTAIN, code=code, action=action, detail=detail, billed=Billed.MAYBE)


def stopped_watching() -> Failure:
    """What stands on a job that was sent and is no longer watched."""
    return Failure(kind=FailureKind.STOPPED, code="stopped_watching", action=Action.COLLECT, billed=Billed.MAYBE)


def in_the_way(problem: EnvironmentProblem) -> Failure:
    """What stands on a job that the disk or the database keeps waiting."""
    return Failure(kind=FailureKind.DISK, code=problem.code, args=problem.words, action=Action.RETRY)


def key_problem(error: UserError) -> ProviderError:
    """A missing or locked key, as the failed call it amounts to."""
    return ProviderError(failure_of(error), Sent.NOT_SENT)
