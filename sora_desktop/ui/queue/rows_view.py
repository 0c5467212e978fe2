"""A list whose rows have several heights and whose geometry costs next to nothing."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.queue.arrangement import Kind
from sora_desktop.ui.queue.delegate import PAD, QueueDelegate, row_heights
from sora_desktop.ui.queue.geometry import Geometry
from sora_desktop.ui.queue.model import QueueModel
from sora_desktop.ui.queue.row_pictures import RowPictures
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.placed import Hint, Index, PlacedList

SOON_MS = 8
"""From a painting to that of the rows it had no time for: half a picture of the screen."""

BAR = 10
"""The width of a scroll bar, in px at 100 %, as the style sheet has it."""


class RowsView(PlacedList):
    """Rows of several heights.

    QListView asks the delegate for the size of every row after each change of any row; with thousands of rows that
    stops the window. Here heights follow from the kind of a row, and a change that leaves them alone is a repaint.
    """

    def __init__(self, model: QueueModel, delegate: QueueDelegate, parent: QWidget | None = None) -> None:
        self._queue = model
        self._delegate = delegate
        self._geometry = Geometry()
        super().__init__(model, self._geometry, parent)
        self._pictures = RowPictures()
        self._hurried = False
        self._late: list[QRect] = []
        self._stale: list[QRect] = []
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._on_soon)
        self.setItemDelegate(delegate)
        bind(theme().changed, self._on_theme_changed, self)

    def _on_theme_changed(self) -> None:
        self._pictures.clear()
        self.doItemsLayout()

    @property
    def queue(self) -> QueueModel:
        return self._queue

    def rows_moved(self) -> None:
        """Called when other rows may lie under a mouse that did not move."""

    def doItemsLayout(self) -> None:
        self._geometry.fill(row_heights(self._queue.rows))
        self._hurried = True
        QAbstractItemView.doItemsLayout(self)
        self.rows_moved()

    def updateGeometries(self) -> None:
        self.fit_bar(self.viewport().height(), scale(20))
        bar = self.verticalScrollBar()
        # The end of a row stays where it is when the scroll bar comes.
        self._delegate.right_pad = (
            PAD if bar.maximum() == 0 else max(2, PAD - round(bar.sizeHint().width() * 100 / theme().text_size))
        )
        QAbstractItemView.updateGeometries(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def dataChanged(self, first: Index, last: Index, roles: object = ()) -> None:
        heights = row_heights(self._queue.rows[first.row() : last.row() + 1])
        if last.row() < len(self._geometry) and self._geometry.fits(first.row(), heights):
            self.viewport().update()
        else:
            self.doItemsLayout()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._hurried = True
        self.viewport().update()
        self.rows_moved()

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid() or index.row() >= len(self._geometry):
            return QRect()
        return self.row_rect(index.row())

    def row_rect(self, row: int) -> QRect:
        """Where a row is in the viewport."""
        top = self._geometry.top(row) - self.verticalOffset()
        return QRect(0, top, self.viewport().width(), self._geometry.height(row))

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self._geometry.at(point.y() + self.verticalOffset())
        return self._queue.index(row) if 0 <= row < self._queue.rowCount() else QModelIndex()

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        if 0 <= (row := index.row()) < len(self._geometry):
            self.bring(self._geometry.top(row), self._geometry.height(row), hint)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        offset = self.verticalOffset()
        rows = self._geometry.between(rect.top() + offset, rect.bottom() + 1 + offset)
        selection = QItemSelection()
        if rows and rows.stop <= self._queue.rowCount():
            selection.select(self._queue.index(rows[0]), self._queue.index(rows[-1]))
        self.selectionModel().select(selection, command)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count, at = self._queue.rowCount(), self.currentIndex().row()
        if not count:
            return QModelIndex()
        cursor = QAbstractItemView.CursorAction
        page = max(1, len(self.visible_rows()) - 1)
        target = {
            cursor.MoveUp: at - 1,
            cursor.MovePrevious: at - 1,
            cursor.MoveDown: at + 1,
            cursor.MoveNext: at + 1,
            cursor.MovePageUp: at - page,
            cursor.MovePageDown: at + page,
            cursor.MoveHome: 0,
            cursor.MoveEnd: count - 1,
        }.get(action, at)
        target = max(0, min(count - 1, target))
        # Headings are passed by, except where there is nothing beyond them.
        step = 1 if target >= at else -1
        while 0 <= target < count and self._queue.row(target).kind is Kind.SECTION:
            target += step
        return self._queue.index(target) if 0 <= target < count else self.currentIndex()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        base = option.state  # pyright: ignore[reportAttributeAccessIssue]
        current, focused = self.currentIndex(), self.hasFocus()
        selection = self.selectionModel()
        by_keyboard = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        self._pictures.begin(hurried=self._hurried)
        for row in self.visible_rows():
            rect = self.row_rect(row)
            if not rect.intersects(event.rect()):
                continue
            index = self._queue.index(row)
            state = base & ~QStyle.StateFlag.State_HasFocus
            if selection.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if focused and index == current:
                state |= QStyle.StateFlag.State_HasFocus
                if by_keyboard:
                    state |= QStyle.StateFlag.State_KeyboardFocusChange
            option.state = state  # pyright: ignore[reportAttributeAccessIssue]
            option.rect = rect  # pyright: ignore[reportAttributeAccessIssue]
            shown = self._pictures.show(
                painter,
                self._queue.row(row).id,
                rect,
                self._delegate.form(option, row),
                partial(self._delegate.said, row),
                partial(self._delegate.paint_still, option=option, number=row),
            )
            if shown:
                self._delegate.paint_moving(painter, option, row)
        # Another painting, of a part perhaps, may come before the rest's own: it hurries too, and the rest stays late.
        self._late += self._pictures.late
        self._hurried = bool(self._late)
        if self._late and not self._soon.isActive():
            self._soon.start()

    def update_soon(self, rect: QRect) -> None:
        """Paints a part of the list, with what else is to be painted: ten pictures arrive in one moment."""
        self._stale.append(rect)
        if not self._soon.isActive():
            self._soon.start()

    def _on_soon(self) -> None:
        self._hurried = True
        for rect in (*self._late, *self._stale):
            self.viewport().update(rect)
        self._late.clear()
        self._stale.clear()
