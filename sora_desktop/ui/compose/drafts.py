"""What is done with drafts as a whole: opened, copied, deleted, brought back."""

from __future__ import annotations

import time
import uuid
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.words import sentence


class DraftBook(QObject):
    """All drafts of the data folder. `changed`: the list is another one; `failed` carries a sentence."""

    changed = Signal()
    deleted = Signal(Draft)
    failed = Signal(str)

    def __init__(self, studio: Studio, page: Page) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self._deleted: tuple[Draft, bool] | None = None
        page.saved.connect(lambda _id: self.changed.emit())
        page.opened.connect(self._on_opened)

    @property
    def can_undo(self) -> bool:
        return self._deleted is not None

    async def found(self, text: str) -> list[Draft]:
        """The drafts that hold every word of `text`, newest first; all for an empty text."""
        await self._page.flush()
        return await self._studio.drafts.search(text)

    async def restore(self, draft_id: str) -> None:
        """Opens a draft, else the one changed last, else a new one; never over what was written meanwhile."""
        try:
            drafts = await self._studio.drafts.all()
        except EnvironmentProblem as problem:
            self.failed.emit(sentence(problem))
            drafts = []
        if self._page.touched or not self._page.blank:
            return
        named = {draft.id: draft for draft in drafts}
        draft = named.get(draft_id) or next(iter(drafts), None)
        if draft is not None:
            self._page.open(draft)
        else:
            self._page.open(self._page.draft)

    async def open(self, draft_id: str) -> None:
        """Opens a stored draft; what is open is saved first."""
        await self._page.flush()
        draft = await self._read(draft_id)
        if draft is not None:
            self._page.open(draft)

    async def duplicate(self, draft_id: str) -> None:
        """Stores a copy and opens it."""
        await self._page.flush()
        source = await self._read(draft_id)
        if source is None and draft_id == self._page.draft.id:
            source = self._page.draft
        if source is None:
            return
        now = time.time()
        copy = source.model_copy(update={"id": uuid.uuid4().hex, "created_at": now, "updated_at": now})
        try:
            await self._studio.drafts.save(copy)
        except EnvironmentProblem as problem:
            self.failed.emit(sentence(problem))
            return
        self._page.open(copy)
        self.changed.emit()

    async def delete(self, draft_id: str) -> None:
        """Deletes a draft; `undo` brings back the last one. The next one is opened where it was the open one."""
        await self._page.flush()
        was_open = draft_id == self._page.draft.id
        draft = await self._read(draft_id)
        if draft is None:
            return
        self._page.forget(draft_id)
        try:
            await self._studio.drafts.delete(draft_id)
            left = await self._studio.drafts.all()
        except EnvironmentProblem as problem:
            self.failed.emit(sentence(problem))
            return
        self._deleted = (draft, was_open)
        if was_open:
            empty = Draft(id=uuid.uuid4().hex, account=draft.account, model=draft.model, created_at=time.time())
            self._page.open(next(iter(left), empty))
        self.deleted.emit(draft)
        self.changed.emit()

    async def undo(self) -> None:
        """Brings back what was deleted last, and opens it where it was open."""
        if self._deleted is None:
            return
        draft, was_open = self._deleted
        try:
            await self._studio.drafts.save(draft)
        except EnvironmentProblem as problem:
            self.failed.emit(sentence(problem))
            return
        self._deleted = None
        if was_open:
            await self._page.flush()
            self._page.open(draft)
        self.changed.emit()

    async def _read(self, draft_id: str) -> Draft | None:
        try:
            return await self._studio.drafts.get(draft_id)
        except EnvironmentProblem as problem:
            self.failed.emit(sentence(problem))
            return None

    def _on_opened(self) -> None:
        self._studio.tasks.spawn(self._remember(self._page.draft.id), "remember draft")

    async def _remember(self, draft_id: str) -> None:
        # The list is sorted by time anyway: not worth a word to the user.
        with suppress(EnvironmentProblem):
            await self._studio.settings.change(current_draft=draft_id)
