"""The list of drafts: searched by typing, opened by Enter or click; new, duplicate, delete with undo."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import shiboken6
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.ui.compose.drafts import DraftBook
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.icons import icon, paint_icon
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import button, label, line
from sora_desktop.ui.widgets.popup import Popup
from sora_desktop.ui.words import age, sentence

AnyIndex = QModelIndex | QPersistentModelIndex
LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
ROW = 46


class DraftsModel(QAbstractListModel):
    """Drafts, newest first."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self.drafts: list[Draft] = []
        self.open_id = ""

    def fill(self, drafts: list[Draft], open_id: str) -> None:
        self.beginResetModel()
        self.drafts, self.open_id = drafts, open_id
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.drafts)

    def row_of(self, draft_id: str) -> int:
        return next((row for row, draft in enumerate(self.drafts) if draft.id == draft_id), -1)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        draft = self.drafts[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return draft.title or self.tr("Empty draft")
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return self.second_line(draft)
        return None

    def second_line(self, draft: Draft) -> str:
        """Model and age of a draft."""
        named = {model.id: model.name for model in self._studio.accounts.models(draft.account)}
        return " · ".join(filter(None, (named.get(draft.model, draft.model), age(draft.updated_at))))


class DraftsDelegate(QStyledItemDelegate):
    """Paints a draft in two lines."""

    def __init__(self, model: DraftsModel) -> None:
        super().__init__(model)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(scale(200), scale(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        draft = self._model.drafts[index.row()]
        area: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("selection" if chosen else "hover"))
            plate = QRectF(area).adjusted(scale(2), 1, -scale(2), -1)
            painter.drawRoundedRect(plate, scale(SIZES.radius_small), scale(SIZES.radius_small))
        inner = area.adjusted(scale(10), scale(5), -scale(10), -scale(5))
        if draft.id == self._model.open_id:
            side = scale(16)
            paint_icon(painter, QRect(inner.right() - side, area.top(), side, area.height()), "check", "accent")
            inner.setRight(inner.right() - side - scale(6))
        lines = (
            (draft.title or self._model.tr("Empty draft"), "strong", "text" if draft.title else "faint", 0),
            (self._model.second_line(draft), "secondary", "muted", 18),
        )
        for text, face, ink, top in lines:
            painter.setFont(theme().font(face))
            painter.setPen(theme().colour(ink))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(QRect(inner.left(), inner.top() + scale(top), inner.width(), scale(18)), LEFT, shown)
        painter.restore()


class DraftsPopup(Popup):
    """The open list of drafts. `new_wanted` asks for an empty one."""

    new_wanted = Signal()

    def __init__(self, studio: Studio, page: Page, book: DraftBook, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._page, self._book = studio, page, book
        self._asked = 0
        self.model = DraftsModel(studio, self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(self.tr("Search drafts"))
        self.field.setAccessibleName(self.tr("Search drafts"))
        self.field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self.refresh)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(DraftsDelegate(self.model))
        self.list.setAccessibleName(self.tr("Drafts"))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setProperty("surface", "raised")
        self.list.clicked.connect(self._on_clicked)
        self.none = label("", "", "muted", wrap=True, parent=self)
        self.none.setContentsMargins(10, 8, 10, 8)
        self.undone = label("", "secondary", "muted", parent=self)
        self.undo = button(self.tr("Undo"), "link", parent=self)
        self.undo.clicked.connect(lambda: self._do(self._book.undo()))
        self.new = button(self.tr("New"), "flat", "plus", self)
        self.new.clicked.connect(self._on_new)
        self.copy = button(self.tr("Duplicate"), "flat", "copy", self)
        self.copy.clicked.connect(lambda: self._with_current(self._book.duplicate))
        self.delete = button(self.tr("Delete"), "flat", "trash", self)
        self.delete.clicked.connect(lambda: self._with_current(self._book.delete))
        self._lay_out()
        book.changed.connect(self._on_book_changed)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self.none)
        said = QHBoxLayout()
        said.setContentsMargins(10, 0, 10, 0)
        said.addWidget(self.undone, 1)
        said.addWidget(self.undo)
        column.addLayout(said)
        column.addWidget(line(self))
        foot = QHBoxLayout()
        foot.setSpacing(0)
        foot.addWidget(self.new)
        foot.addStretch(1)
        foot.addWidget(self.copy)
        foot.addWidget(self.delete)
        column.addLayout(foot)

    def open_for(self, anchor: QWidget, width: int) -> None:
        """Opens below `anchor` with all drafts."""
        self.field.clear()
        self.model.fill([], "")
        self.open_below(anchor, width, scale(400))
        self.refresh()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_book_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Reads the list again."""
        self._asked += 1
        self._studio.tasks.spawn(self._read(self._asked, self.field.text()), "search drafts")

    async def _read(self, asked: int, text: str) -> None:
        try:
            drafts = await self._book.found(text)
            words = self.tr("No draft holds these words.") if text.strip() else self.tr("No drafts yet.")
        except EnvironmentProblem as problem:
            drafts, words = [], sentence(problem)
        if asked != self._asked or not shiboken6.isValid(self):
            return
        before = self._current_id()
        self.model.fill(drafts, self._page.draft.id)
        self.none.setText(words)
        self.none.setVisible(not drafts)
        self.list.setVisible(bool(drafts))
        row = max(0, self.model.row_of(before or self._page.draft.id)) if drafts else -1
        self.list.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        for one in (self.copy, self.delete):
            one.setEnabled(bool(drafts))
        self._say_deleted(self.tr("Draft deleted.") if self._book.can_undo and self.isVisible() else "")

    def _say_deleted(self, text: str) -> None:
        self.undone.setText(text)
        self.undone.setVisible(bool(text))
        self.undo.setVisible(bool(text))

    def _current_id(self) -> str:
        row = self.list.currentIndex().row()
        return self.model.drafts[row].id if 0 <= row < len(self.model.drafts) else ""

    def _with_current(self, work: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        draft_id = self._current_id()
        if draft_id:
            self._do(work(draft_id))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        self._studio.tasks.spawn(work, "drafts")

    def _on_clicked(self, index: QModelIndex) -> None:
        draft_id = self.model.drafts[index.row()].id
        self.hide()
        self._do(self._book.open(draft_id))

    def _on_new(self) -> None:
        self.hide()
        self.new_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.list.currentIndex()
        typing = self.field.hasFocus()
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and index.isValid()
            and (typing or self.list.hasFocus())
        ):
            self._on_clicked(index)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp) and typing:
            self.list.keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Delete and self.list.hasFocus():
            self._with_current(self._book.delete)
        else:
            super().keyPressEvent(event)
