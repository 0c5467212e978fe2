"""Whether the account of a page can be used: is it there, switched on, has it a key; and what is left on it."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

import shiboken6
from PySide6.QtCore import QObject, Signal

from sora_desktop.core.errors import SoraError
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.words import sentence


class Way(StrEnum):
    """Where the link beside a reason leads."""

    NONE = ""
    SETTINGS = "settings"
    MODEL = "model"
    RETARGET = "retarget"


class Reason(NamedTuple):
    """Why nothing can be sent, and the words of the link that helps; empty when it can."""

    text: str = ""
    link: str = ""
    way: Way = Way.NONE


KEYS_MISSING = (SecretState.MISSING, SecretState.UNAVAILABLE)


class Readiness(QObject):
    """`changed` comes when the reason or the balance may be another one."""

    changed = Signal()

    def __init__(self, studio: Studio, page: Page) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self._keys: dict[str, SecretState] = {}
        bind(studio.accounts.changed, self.read_keys, self)
        bind(studio.engine.balance_changed, self._on_balance_changed, self)

    @property
    def balance(self) -> float | None:
        """The credits left on the page's account, where they are known."""
        return self._studio.engine.balances.get(self._page.draft.account)

    def reason(self) -> Reason:
        """Why nothing can be sent now."""
        page, settings = self._page, self.tr("Settings…")
        account, model = page.account, page.model
        if account is None and page.stuck and self._studio.accounts.all:
            return Reason(self.tr("The account of this draft was removed."), self.tr("Re-target…"), Way.RETARGET)
        if account is None:
            return Reason(self.tr("Add an account to generate."), settings, Way.SETTINGS)
        if not account.enabled:
            return Reason(self.tr("This account is switched off."), settings, Way.SETTINGS)
        if page.provider is None:
            return Reason(sentence("provider_gone", {"name": account.provider}), settings, Way.SETTINGS)
        if page.stuck:
            code = f"model_{model.availability}" if model else "model_unknown"
            name = model.name if model else page.draft.model
            return Reason(sentence(code, {"name": name}), self.tr("Re-target…"), Way.RETARGET)
        if model is None:
            return Reason(self.tr("Choose a model to generate."), self.tr("Choose…"), Way.MODEL)
        if self.lacks_key(account.id):
            return Reason(self.tr("This account has no key yet."), self.tr("Enter key…"), Way.SETTINGS)
        return Reason()

    def lacks_key(self, account_id: str) -> bool:
        """Whether a needed key is known to be missing. A locked keyring is asked when it comes to sending."""
        return self._needs_key(account_id) and self._keys.get(account_id) in KEYS_MISSING

    def notes(self) -> dict[str, str]:
        """What to say of the accounts that lack a key, by id."""
        return {one.id: self.tr("No key") for one in self._studio.accounts.all if self.lacks_key(one.id)}

    def read_keys(self) -> None:
        """Asks where the keys of all accounts are."""
        self._studio.tasks.spawn(self._read_keys(), "key states")

    def read_balance(self) -> None:
        """Asks for the balance of the page's account, where it has one that is not known yet."""
        provider = self._page.provider
        if provider is not None and provider.has_balance and self.balance is None:
            self._studio.tasks.spawn(self._read_balance(self._page.draft.account), "balance")

    def _needs_key(self, account_id: str) -> bool:
        account, provider = self._studio.accounts.get(account_id), self._studio.accounts.provider(account_id)
        return account is not None and not account.builtin and provider is not None and provider.needs_key

    async def _read_keys(self) -> None:
        for account in self._studio.accounts.all:
            if self._needs_key(account.id):
                state = await self._studio.accounts.key_state(account.id)
                if not shiboken6.isValid(self):
                    return
                self._keys[account.id] = state
                self.changed.emit()

    async def _read_balance(self, account_id: str) -> None:
        # Without a balance there is just none to show; the settings' test says why.
        with suppress(SoraError):
            await self._studio.engine.refresh_balance(account_id)

    def _on_balance_changed(self, account_id: str, _balance: float | None) -> None:
        if account_id == self._page.draft.account:
            self.changed.emit()
