"""The buttons and the menu for drafts as a whole: list, new, duplicate, delete, and back to the model's own values."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.core.drafts import Draft
from sora_desktop.ui.compose.drafts import DraftBook
from sora_desktop.ui.compose.drafts_popup import DraftsPopup
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.icons import icon
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import mark, tool


class DraftTools(QObject):
    """Makes them for a column, which puts them where they belong. `deleted`: the column has to say so."""

    list_wanted = Signal()
    new_wanted = Signal()
    retarget_wanted = Signal()
    deleted = Signal()

    def __init__(self, studio: Studio, page: Page, book: DraftBook, column: QWidget) -> None:
        super().__init__(column)
        self._studio, self._page, self._book = studio, page, book
        self.popup = DraftsPopup(studio, page, book, column)
        hint = self.tr("Set all parameters back to the model’s own")
        self.reset = tool("retry", self.tr("Reset"), hint, parent=column)
        self.more = tool("dots", self.tr("More"), self.tr("Drafts and more"), parent=column)
        self.list = tool("draft", self.tr("Drafts"), self.tr("Drafts: open, search, copy, delete"), parent=column)
        self.new = tool("plus", self.tr("New draft"), parent=column)
        self.copy = tool("copy", self.tr("Duplicate this draft"), parent=column)
        self.below_prompt = (self.list, self.new, self.copy)
        for one in self.below_prompt:
            mark(one, look="small")
        self.list.clicked.connect(self.list_wanted)
        self.new.clicked.connect(self.new_wanted)
        self.copy.clicked.connect(self._on_duplicate)
        self.reset.clicked.connect(page.reset_values)
        self.more.clicked.connect(self._on_more)
        self.popup.new_wanted.connect(self.new_wanted)
        book.deleted.connect(self._on_deleted)

    def show_all(self, anchor: QWidget) -> None:
        """Opens the list of drafts below `anchor`."""
        self.popup.open_for(anchor, anchor.width())

    def menu(self) -> QMenu:
        """What can be done with the draft; deleted when it closes."""
        menu = QMenu(self.more)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("plus"), self.tr("New draft"), self.new_wanted.emit)
        menu.addAction(icon("draft"), self.tr("Drafts…"), self.list_wanted.emit)
        menu.addAction(icon("copy"), self.tr("Duplicate draft"), self._on_duplicate)
        menu.addAction(icon("send"), self.tr("Re-target to another model…"), self.retarget_wanted.emit)
        menu.addSeparator()
        draft_id = self._page.draft.id
        menu.addAction(icon("trash"), self.tr("Delete draft"), lambda: self._delete(draft_id))
        return menu

    def _on_more(self) -> None:
        self.menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _on_duplicate(self) -> None:
        self._studio.tasks.spawn(self._book.duplicate(self._page.draft.id), "duplicate draft")

    def _delete(self, draft_id: str) -> None:
        self._studio.tasks.spawn(self._book.delete(draft_id), "delete draft")

    def _on_deleted(self, _draft: Draft) -> None:
        # The open list says it itself.
        if not self.popup.isVisible():
            self.deleted.emit()
