"""What is known of an account: where its key is, and what its last test brought."""

from __future__ import annotations

import time
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Signal

from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import FailureKind, ProviderError, SoraError
from sora_desktop.engine.diagnosis import Diagnosis, explained
from sora_desktop.providers.base import Check
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.bind import bind
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.words import Look, Shape, number

SLOW_MS = 2000.0


def tr(text: str) -> str:
    return QCoreApplication.translate("AccountState", text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test: when (Unix seconds), and the answer or the reason why there is none, with the step that failed."""

    at: float
    check: Check | None = None
    error: SoraError | None = None
    diagnosis: Diagnosis | None = None


@dataclass(slots=True)
class AccountState:
    """`key` is None until the keyring has been asked."""

    key: SecretState | None = None
    tail: str = ""
    outcome: Outcome | None = None
    testing: bool = False


class AccountStates(QObject):
    """The states of all accounts, asked for in the background. `changed` names the account."""

    changed = Signal(str)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._states: dict[str, AccountState] = {}
        bind(studio.accounts.changed, self.ask_all, self)

    def of(self, account_id: str) -> AccountState:
        """What is known of one account."""
        return self._states.setdefault(account_id, AccountState())

    def ask_all(self) -> None:
        """Asks where each account's key is. A locked keyring holds up nothing but its own line."""
        for account in self._studio.accounts.all:
            self._studio.tasks.spawn(self._ask(account.id), f"key state {account.id}")

    async def _ask(self, account_id: str) -> None:
        key = await self._studio.accounts.key_state(account_id)
        tail = await self._studio.accounts.key_tail(account_id)
        if not shiboken6.isValid(self):
            return
        state = self.of(account_id)
        if (state.key, state.tail) != (key, tail):
            if state.key is not None:
                state.outcome = None  # It was of another key.
            state.key, state.tail = key, tail
            self.changed.emit(account_id)

    def test(self, account_id: str) -> None:
        """Starts the free test of an account, unless one runs."""
        state = self.of(account_id)
        if not state.testing:
            state.testing = True
            self.changed.emit(account_id)
            self._studio.tasks.spawn(self._test(account_id), f"test {account_id}")

    async def _test(self, account_id: str) -> None:
        state = self.of(account_id)
        try:
            check = await self._studio.engine.test(account_id)
            state.outcome = Outcome(time.time(), check)
        except SoraError as error:
            account = self._studio.accounts.get(account_id)
            name, url = (account.name, account.base_url) if account else ("", "")
            state.outcome = Outcome(time.time(), error=error, diagnosis=explained(error, url, name))
        finally:
            state.testing = False
            if shiboken6.isValid(self):
                self.changed.emit(account_id)

    def forget(self, account_id: str) -> None:
        """Drops the last test: the account it was of has changed."""
        if self.of(account_id).outcome is not None:
            self.of(account_id).outcome = None
            self.changed.emit(account_id)


def key_line(account: Account, state: AccountState) -> tuple[str, str]:
    """Where the key is: icon (empty for none) and words."""
    if account.builtin:
        return "", tr("No key needed")
    match state.key:
        case None:
            return "", tr("Asking the keyring…")
        case SecretState.FOUND:
            return "lock", tr("Key in system keyring")
        case SecretState.SESSION:
            return "key", tr("Key for this session only")
        case SecretState.LOCKED:
            return "lock", tr("Keyring locked, waiting…")
        case SecretState.MISSING | SecretState.UNAVAILABLE:
            return "", tr("No key")


def chip(account: Account, state: AccountState) -> tuple[Look, str]:
    """The account's chip: its look and its words."""
    outcome = state.outcome
    if not account.enabled:
        return Look("pause", "Off", "muted", Shape.OUTLINE), tr("Off")
    if state.testing:
        return Look("render", "Testing", "accent", Shape.TINT), tr("Testing…")
    if outcome is not None and outcome.error is not None:
        kind = outcome.error.failure.kind if isinstance(outcome.error, ProviderError) else None
        if kind is FailureKind.KEY:
            return Look("fail", "Key rejected", "danger", Shape.TINT), tr("Key rejected")
        if kind is FailureKind.NETWORK:
            return Look("fail", "No answer", "danger", Shape.TINT), tr("No answer")
        if isinstance(outcome.error, ProviderError):
            return Look("fail", "Test failed", "danger", Shape.TINT), tr("Test failed")
    if outcome is not None and outcome.check is not None:
        if outcome.check.milliseconds >= SLOW_MS:
            seconds = number(outcome.check.milliseconds / 1000)
            return Look("alert", "Slow", "warning", Shape.TINT), tr("Slow · {0} s").format(seconds)
        if account.builtin:
            return Look("check", "Ready", "muted", Shape.OUTLINE), tr("Ready")
        if not outcome.check.verified:
            return Look("check", "Answers", "muted", Shape.OUTLINE), tr("Answers")
        return Look("check", "Connected", "success", Shape.TINT), tr("Connected")
    if account.builtin:
        return Look("check", "Ready", "muted", Shape.OUTLINE), tr("Ready")
    if state.key is SecretState.LOCKED:
        return Look("lock", "Locked", "warning", Shape.TINT), tr("Locked")
    if state.key in (SecretState.MISSING, SecretState.UNAVAILABLE):
        return Look("key", "No key", "warning", Shape.TINT), tr("No key")
    return Look("plug", "Not tested", "muted", Shape.OUTLINE), tr("Not tested")
