"""A list that lies as a grid of cards under headings, keeps its own geometry, and paints only what is seen."""

from __future__ import annotations

from bisect import bisect_right

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.library.cards import counted
from sora_desktop.ui.library.geometry import Geometry
from sora_desktop.ui.library.model import ClipModel
from sora_desktop.ui.library.painting import CardPainter, Look, measures, paint_band, width_of, write
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import mark
from sora_desktop.ui.widgets.placed import Hint, Index, PlacedList

SIZE = 192
"""Px of a card's width at 100 %."""
AGAIN = 15
"""Milliseconds until pictures are asked for whose turn it was not."""


class CardsView(PlacedList):
    """Cards under headings.

    Headings are rows of the model, but no place under the mouse: between the cards begins a rubber band. The heading of
    the section that is looked at stays at the top, with `said()` at its end.
    """

    def __init__(self, model: ClipModel, painter: CardPainter, parent: QWidget | None = None) -> None:
        self.cards = model
        self._painter = painter
        self._lie = Geometry()
        super().__init__(model, self._lie, parent)
        self._size = SIZE
        self._hot, self._starring = -1, False
        self._band: QPoint | None = None
        """Where a rubber band began, from the top of everything; it ends at `_held`, in the viewport."""
        self._held = QPoint()
        self._place = ("", -1, 0)
        """The first card that is seen whole: its id, row and height in the viewport. Empty at the top."""
        self._settled = True
        self.chosen: list[tuple[int, int]] = []
        """The first and last rows of what is chosen, in order: to ask Qt takes longer the more is chosen one by one."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.viewport().update)
        mark(self, surface="window")
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        bind(theme().changed, self._on_theme_changed, self)

    def _on_theme_changed(self) -> None:
        self._painter.clear()
        self.doItemsLayout()

    def dataChanged(self, first: Index, last: Index, roles: object = ()) -> None:
        self.viewport().update()

    def said(self) -> str:
        """What stands at the end of the first line."""
        return ""

    def cards_moved(self) -> None:
        """Called when other cards may lie under a mouse that did not move."""

    # Where things are.

    def doItemsLayout(self) -> None:
        """Lays the cards out anew and leaves the first that is seen where it is; the top stays the top."""
        # The bar's room is kept free also where there is no bar: nothing jumps when it comes.
        room = self.contentsRect().width() - self.verticalScrollBar().sizeHint().width()
        self._lie.fill([heading.count for heading in self.cards.headings], room, measures(self._size))
        settled, self._settled = self._settled, False
        QAbstractItemView.doItemsLayout(self)
        clip_id, row, y = self._place
        row = self.cards.row_of(clip_id, row) if clip_id else -1
        if row >= 0:
            self.verticalScrollBar().setValue(self._lie.box(row)[1] - y)
        self._settled = settled
        self.cards_moved()

    def updateGeometries(self) -> None:
        self.fit_bar(max(1, self.viewport().height() - self._lie.measures.heading), scale(32))
        QAbstractItemView.updateGeometries(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.doItemsLayout()
        self.updateGeometries()

    def _keep_place(self) -> None:
        """Notes which card is the first that is seen whole, and how far below the top."""
        top, strip = self.verticalOffset(), self._lie.measures.heading
        seen = self._lie.between(top + strip, top + self.viewport().height()) if top else range(0)
        for row in seen:
            clip, y = self.cards.clip(row), self._lie.box(row)[1] - top
            if clip is not None and y >= strip:
                self._place = (clip.id, row, y)
                return
        self._place = ("", -1, 0)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()
        if self._settled:
            self._keep_place()
            self.cards_moved()

    def visualRect(self, index: Index) -> QRect:
        return self.row_rect(index.row()) if 0 <= index.row() < len(self._lie) else QRect()

    def row_rect(self, row: int) -> QRect:
        """Where a row is in the viewport."""
        x, y, wide, high = self._lie.box(row)
        if self.isRightToLeft():
            x = self.viewport().width() - x - wide
        return QRect(x, y - self.verticalOffset(), wide, high)

    def _inside(self, area: QRect) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of a part of the viewport, in the geometry's own terms."""
        area = QStyle.visualRect(self.layoutDirection(), self.viewport().rect(), area)
        y = self.verticalOffset()
        return area.left(), area.top() + y, area.right(), area.bottom() + y

    def indexAt(self, point: QPoint) -> QModelIndex:
        if point.y() < self._lie.measures.heading and len(self._lie):
            return QModelIndex()  # Under the heading that stays.
        found = self._lie.within(*self._inside(QRect(point, QSize(1, 1))))
        return self.cards.index(found[0].start) if found and found[0].stop <= self.cards.rowCount() else QModelIndex()

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        if 0 <= index.row() < len(self._lie):
            _x, top, _wide, high = self._lie.box(index.row())
            self.bring(top, high, hint, self._lie.measures.heading)

    # What is chosen.

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        if self.state() is QAbstractItemView.State.DragSelectingState:
            rect = QRect(
                min(rect.left(), rect.right()), min(rect.top(), rect.bottom()), abs(rect.width()), abs(rect.height())
            )
            found = self._lie.within(*self._inside(rect))
        elif command & QItemSelectionModel.SelectionFlag.Current:
            ends = sorted((self.anchor(), self.currentIndex().row()))
            found = [range(ends[0], ends[1] + 1)] if ends[0] >= 0 else []
        else:
            row = self.indexAt(rect.topLeft()).row()
            found = [range(row, row + 1)] if row >= 0 else []
        self.selectionModel().select(self.selection_of(found), command)

    def is_chosen(self, row: int) -> bool:
        place = bisect_right(self.chosen, (row, self.cards.rowCount())) - 1
        return place >= 0 and row <= self.chosen[place][1]

    def anchor(self) -> int:
        """The row at which Shift begins to choose."""
        return self.currentIndex().row()

    def selectAll(self) -> None:
        # Qt's own looks at every row.
        selection = self.selection_of([range(self.cards.rowCount())] if self.cards.rowCount() else [])
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def selection_of(self, ranges: list[range]) -> QItemSelection:
        """Ranges of rows as Qt wants them."""
        selection = QItemSelection()
        for rows in ranges:
            selection.select(self.cards.index(rows[0]), self.cards.index(rows[-1]))
        return selection

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count, at = self.cards.rowCount(), self.currentIndex().row()
        if not count:
            return QModelIndex()
        cursor = QAbstractItemView.CursorAction
        if at < 0 or action is cursor.MoveHome:
            return self.cards.index(1)
        lines = max(1, (self.viewport().height() - self._lie.measures.heading) // self._lie.pitch)
        back = cursor.MoveRight if self.isRightToLeft() else cursor.MoveLeft
        step = -1 if action in (back, cursor.MovePrevious) else 1
        match action:
            case cursor.MoveUp | cursor.MoveDown:
                target = self._lie.moved(at, -1 if action is cursor.MoveUp else 1)
            case cursor.MovePageUp | cursor.MovePageDown:
                target = self._lie.moved(at, -lines if action is cursor.MovePageUp else lines)
            case cursor.MoveEnd:
                target = count - 1
            case _:
                target = at + step
                # A heading lies between the last card of a day and the first of the next.
                target += step if 0 < target < count and self.cards.clip(target) is None else 0
        return self.cards.index(target) if 0 < target < count else self.currentIndex()

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        rows, strip = self.visible_rows(), self._lie.measures.heading
        size = QSize(*self._lie.card)
        self._painter.begin(size, self.devicePixelRatioF(), self.layoutDirection(), len(rows))
        current = self.currentIndex().row() if self._ring_shows() else -1
        for row in rows:
            area, clip = self.row_rect(row), self.cards.clip(row)
            if not area.intersects(event.rect()):
                continue
            if clip is None:
                self._paint_heading(painter, self._lie.section(row), area.top())
                continue
            clip_id, hot = clip.job.id, row == self._hot
            look = Look(self.is_chosen(row), hot, hot and self._starring, row == current)
            self._painter.paint(painter, area.topLeft(), clip_id, self.cards.card(clip), look)
        if len(rows):
            section = self._lie.section_at(self.verticalOffset())
            # The next heading pushes this one out.
            next_at = self._lie.top(section + 1) - self.verticalOffset() - strip
            self._paint_heading(painter, section, min(0, next_at), pinned=True)
        if self._band is not None and self.state() is QAbstractItemView.State.DragSelectingState:
            paint_band(painter, QRect(self._band - QPoint(0, self.verticalOffset()), self._held).normalized())
        if self._painter.late or self._painter.waiting:
            self._soon.start(0 if self._painter.late else AGAIN)

    def _ring_shows(self) -> bool:
        by_keyboard = self.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
        return self.hasFocus() and (by_keyboard or theme().colours.name == "contrast")

    def _paint_heading(self, painter: QPainter, section: int, y: int, *, pinned: bool = False) -> None:
        heading, lie, direction = self.cards.headings[section], self._lie.measures, self.layoutDirection()
        whole = QRect(0, y, self.viewport().width(), lie.heading)
        if pinned:
            painter.fillRect(whole, theme().colour("window"))
        left = lie.margin + lie.pad
        room = QRect(left, y, self.viewport().width() - 2 * left, lie.heading)
        said = self.said() if pinned else ""
        if said:
            shown = write(painter, room, whole, said, "secondary", "muted", direction, end=True)
            room.setRight(room.right() - width_of(shown, "secondary") - scale(12))
        if heading.title:
            shown = write(painter, room, whole, heading.title, "section", "text", direction)
            room.setLeft(room.left() + width_of(shown, "section") + scale(8))
        write(painter, room, whole, counted(heading.count), "secondary", "muted", direction)
