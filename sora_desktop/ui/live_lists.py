"""Asking services for their lists of models, and when that was done last."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject, Signal

from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import SoraError
from sora_desktop.engine.offers import place_of
from sora_desktop.ui.bind import bind
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.words import age, sentence


class LiveLists(QObject):
    """`changed`: asking began or ended, or a list came. `problem` is one sentence; empty where all lists came."""

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self.busy = False
        self.problem = ""
        bind(studio.live.changed, self.changed.emit, self)

    def listing(self) -> list[Account]:
        """The accounts whose services list their models, one for each place, in the user's order."""
        places: dict[str, Account] = {}
        for account in self._studio.accounts.all:
            provider = self._studio.accounts.provider(account.id)
            if account.enabled and provider is not None and provider.lists_models:
                places.setdefault(place_of(account), account)
        return list(places.values())

    def _asked(self) -> list[Account]:
        """The accounts to refresh: those that list, and those of which only the user can say that a model is back."""
        accounts = self._studio.accounts
        gone = [one for one in accounts.all if one.enabled and any(model.gone_at for model in accounts.models(one.id))]
        return list({place_of(one): one for one in (*gone, *self.listing())}.values())

    def fetched(self, account_id: str = "") -> str:
        """When the list of an account was heard last, in words; of the accounts together where it has none."""
        live = self._studio.live
        ids = [one.id for one in self.listing()]
        own = live.fetched_at(account_id)
        if own is not None:
            return self.tr("Fetched {0}").format(age(own))
        times = [live.fetched_at(one) for one in ids]
        heard = [one for one in times if one is not None]
        return self.tr("Fetched {0}").format(age(max(heard))) if heard else self.tr("Not fetched yet")

    def refresh(self) -> None:
        """Asks for every list, and lets models be tried again that no list could bring back."""
        if not self.busy:
            self.busy, self.problem = True, ""
            self.changed.emit()
            self._studio.tasks.spawn(self._refresh(), "lists of models")

    async def _refresh(self) -> None:
        failed: list[str] = []
        try:
            for account in self._asked():
                try:
                    await self._studio.live.refresh(account.id, force=True)
                except SoraError as error:
                    failed.append(f"{account.name}: {sentence(error)}")
        finally:
            if shiboken6.isValid(self):
                self.busy = False
                self.problem = failed[0] if failed else ""
                if len(failed) > 1:
                    self.problem += " " + self.tr("({0} more did not answer either.)").format(len(failed) - 1)
                self.changed.emit()
