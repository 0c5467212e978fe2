"""Re-target: the dialog about the open draft, and the way back afterwards."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.params import Scalar
from sora_desktop.engine.offers import place_of
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.studio import Studio

T = TypeVar("T")


class Retargeting(QObject):
    """Asks, and does what was agreed to. `done` carries a sentence and what takes it back."""

    done = Signal(str, object)

    def __init__(self, studio: Studio, page: Page, column: QWidget) -> None:
        super().__init__(column)
        self._studio, self._page, self._column = studio, page, column

    def ask(self, account_id: str = "", model_id: str = "") -> None:
        """Opens the dialog, at a target where one is named, else at the one that keeps most of the draft."""
        from sora_desktop.ui.compose.retarget_dialog import RetargetDialog

        page = self._page
        dialog = RetargetDialog(self._studio, page.draft, page.origin, (account_id, model_id), self._column.window())
        draft_id = page.draft.id
        dialog.agreed.connect(lambda *target: self._on_agreed(draft_id, *target))
        dialog.open()

    async def ask_for(self, account_id: str, model_name: str) -> bool:
        """Opens the dialog about a draft whose model of this name is gone at the account; False where there is none.

        The open draft comes before others, of those the one changed last.
        """
        page = self._page
        if not self._uses(page.draft, account_id, model_name):
            await page.flush()
            drafts = await self._read(self._studio.drafts.all()) or []
            draft = next((one for one in drafts if self._uses(one, account_id, model_name)), None)
            if draft is None or not shiboken6.isValid(self):
                return False
            page.open(draft)
        self.ask()
        return True

    def _uses(self, draft: Draft, account_id: str, model_name: str) -> bool:
        accounts = self._studio.accounts
        theirs, named = accounts.get(draft.account), accounts.get(account_id)
        model = accounts.model(draft.account, draft.model)
        if theirs is None or named is None or model is None or model.pickable:
            return False
        return place_of(theirs) == place_of(named) and model.name == model_name

    def _on_agreed(self, draft_id: str, account_id: str, model_id: str, values: dict[str, Scalar]) -> None:
        if self._page.draft.id != draft_id:
            return
        before = self._page.retarget(account_id, model_id, values)
        model = self._page.model
        text = self.tr("The draft is for {0} now.").format(model.name if model else model_id)
        self.done.emit(text, lambda: self._undo(before))

    def _undo(self, before: Draft) -> None:
        if shiboken6.isValid(self):
            self._studio.tasks.spawn(self._undone(before), "undo re-target")

    async def _undone(self, before: Draft) -> None:
        """Also where another draft was opened meanwhile: the one it is about comes back first."""
        page = self._page
        if page.draft.id != before.id:
            await page.flush()
            draft = await self._read(self._studio.drafts.get(before.id))
            if draft is None or not shiboken6.isValid(self):
                return
            page.open(draft)
        page.undo_retarget(before)

    async def _read(self, reading: Coroutine[Any, Any, T]) -> T | None:
        try:
            return await reading
        except EnvironmentProblem:
            # What cannot be read cannot be written either; the column says so at the next save.
            return None
