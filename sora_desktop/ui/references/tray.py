"""The tray: references that were used before, with pictures, there without any network; dragged onto the draft."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.references import Reference
from sora_desktop.storage.references import TrayItem
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon, paint_icon
from sora_desktop.ui.references.incoming import of_references
from sora_desktop.ui.references.looks import facts
from sora_desktop.ui.references.workshop import Workshop
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import label, plain
from sora_desktop.ui.widgets.hints import paint_thumb
from sora_desktop.ui.words import sentence

AnyIndex = QModelIndex | QPersistentModelIndex
TILE = QSize(78, 66)
THUMB = QSize(72, 42)
ROWS = 2
NO_INDEX = QModelIndex()


class TrayModel(QAbstractListModel):
    """The pinned ones, then the others, the one used last first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.items: list[TrayItem] = []

    def fill(self, items: Sequence[TrayItem]) -> None:
        self.beginResetModel()
        self.items = list(items)
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.items)

    def row_of(self, sha256: str) -> int:
        return next((row for row, item in enumerate(self.items) if item.sha256 == sha256), -1)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(f"{item.name}\n{facts(item.reference())}")
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            pinned = self.tr("Pinned") if item.pinned else ""
            return " · ".join(filter(None, (pinned, facts(item.reference()))))
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        return super().flags(index) | (Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.NoItemFlags)

    def mimeTypes(self) -> list[str]:
        return of_references(()).formats()

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        return of_references(self.items[index.row()].reference() for index in indexes)


class TrayDelegate(QStyledItemDelegate):
    """A picture with its name below, and a star where it is pinned."""

    def __init__(self, model: TrayModel, pictures: Thumbnails) -> None:
        super().__init__(model)
        self._model, self._pictures = model, pictures

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(scale(TILE.width()), scale(TILE.height()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        item = self._model.items[index.row()]
        area: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("selection" if chosen else "hover"))
            painter.drawRoundedRect(area.toRectF(), scale(SIZES.radius), scale(SIZES.radius))
        thumb = QRect(0, 0, scale(THUMB.width()), scale(THUMB.height()))
        thumb.moveTopLeft(QPoint(area.center().x() - thumb.width() // 2 + 1, area.top() + scale(4)))
        picture = self._pictures.get(item.sha256) if item.thumbnail else QPixmap()
        paint_thumb(painter, thumb, picture or QPixmap(), {"video": "film", "audio": "volume"}.get(item.kind, "image"))
        if item.pinned:
            self._paint_star(painter, thumb)
        painter.setFont(theme().font("overlay"))
        painter.setPen(theme().colour("text" if chosen else "muted"))
        words = QRect(area.left() + scale(4), thumb.bottom() + scale(2), area.width() - scale(8), scale(16))
        shown = painter.fontMetrics().elidedText(item.name, Qt.TextElideMode.ElideMiddle, words.width())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine), shown)
        if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(theme().colour("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.toRectF().adjusted(1, 1, -1, -1), scale(SIZES.radius), scale(SIZES.radius))
        painter.restore()

    def _paint_star(self, painter: QPainter, thumb: QRect) -> None:
        side = scale(16)
        plate = QRect(thumb.right() - side - scale(1), thumb.top() + scale(2), side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("raised"))
        painter.drawRoundedRect(plate.toRectF(), scale(SIZES.radius_small), scale(SIZES.radius_small))
        inner = plate.adjusted(scale(2), scale(2), -scale(2), -scale(2))
        paint_icon(painter, inner, "starf", "warning")


class TrayList(QListView):
    """Tiles in rows. Enter takes, P pins, Del forgets; the context menu has the same."""

    taken = Signal(object)
    pin_wanted = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self, model: TrayModel, pictures: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._items = model
        self.setModel(model)
        self.setItemDelegate(TrayDelegate(model, pictures))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Reference tray"))
        self.doubleClicked.connect(self._on_taken)
        bind(theme().changed, self.fit, self)
        self.fit()

    def fit(self) -> None:
        """As many tiles in a row as have room; as high as its rows, two at most, and the others are scrolled to."""
        room = max(1, self.width() - 2)
        in_a_row = max(1, room // scale(TILE.width()))
        rows = -(-len(self._items.items) // in_a_row)
        policy = Qt.ScrollBarPolicy
        if rows > ROWS:
            room -= self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
            in_a_row = max(1, room // scale(TILE.width()))
        # As needed, Qt would keep room for a bar that is not there.
        self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOn if rows > ROWS else policy.ScrollBarAlwaysOff)
        self.setGridSize(QSize(room // in_a_row, scale(TILE.height() + 4)))
        self.setFixedHeight(max(1, min(ROWS, rows)) * self.gridSize().height() + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def current(self) -> TrayItem | None:
        row = self.currentIndex().row()
        return self._items.items[row] if 0 <= row < len(self._items.items) else None

    def _on_taken(self, index: QModelIndex) -> None:
        self.taken.emit(self._items.items[index.row()].reference())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item, key = self.current(), event.key()
        if item is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.taken.emit(item.reference())
        elif key == Qt.Key.Key_P:
            self.pin_wanted.emit(item)
        elif key == Qt.Key.Key_Delete:
            self.forget_wanted.emit(item)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.current()
        beside = event.reason() == QContextMenuEvent.Reason.Mouse and not self.indexAt(event.pos()).isValid()
        if item is None or beside:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("plus"), self.tr("Add to the draft"), lambda: self.taken.emit(item.reference()))
        words = self.tr("Unpin") if item.pinned else self.tr("Pin")
        menu.addAction(icon("star" if item.pinned else "starf"), words, lambda: self.pin_wanted.emit(item))
        menu.addSeparator()
        menu.addAction(icon("trash"), self.tr("Forget"), lambda: self.forget_wanted.emit(item))
        at = self.visualRect(self.currentIndex()).center()
        menu.popup(self.viewport().mapToGlobal(at))


class Tray(QWidget):
    """Folds out below the references. `taken` carries the Reference that is wanted for the draft."""

    taken = Signal(object)
    problem = Signal(str)

    def __init__(self, workshop: Workshop, parent: QWidget) -> None:
        super().__init__(parent)
        self._workshop = workshop
        self.model = TrayModel(self)
        self._pictures = Thumbnails(self._thumbnail_of, self)
        self.list = TrayList(self.model, self._pictures, self)
        self._pictures.arrived.connect(lambda _sha256: self.list.viewport().update())
        self.empty = label(self.tr("Pictures you use are kept here."), "secondary", "muted", wrap=True, parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        column.addWidget(self.empty)
        self.list.taken.connect(self.taken)
        self.list.pin_wanted.connect(lambda item: self.pin(item.sha256, not item.pinned))
        self.list.forget_wanted.connect(self._on_forget)
        bind(workshop.service.changed, self.refresh, self)
        self._show([])

    def _thumbnail_of(self, sha256: str) -> Path:
        row = self.model.row_of(sha256)
        return Path(self.model.items[row].thumbnail) if row >= 0 else Path()

    def refresh(self) -> None:
        """Reads the tray again, where it can be seen."""
        if self.isVisible():
            self._workshop.spawn(self._read(), "tray")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def pin(self, sha256: str, pinned: bool) -> None:
        """Keeps one at the front for good, or no longer."""
        self._workshop.spawn(self._told(self._workshop.service.pin(sha256, pinned)), "pin")

    def _on_forget(self, item: TrayItem) -> None:
        self._workshop.spawn(self._told(self._workshop.service.forget(item.sha256)), "forget")

    async def _told(self, step: Coroutine[Any, Any, object]) -> None:
        try:
            await step
        except EnvironmentProblem as problem:
            self.problem.emit(sentence(problem))

    async def _read(self) -> None:
        try:
            items = await self._workshop.service.recent()
        except EnvironmentProblem as problem:
            self.problem.emit(sentence(problem))
            return
        if shiboken6.isValid(self):
            self._show(items)

    def _show(self, items: Sequence[TrayItem]) -> None:
        current = self.list.current()
        row = self.list.currentIndex().row()
        self.model.fill(items)
        self.list.fit()
        self.list.setVisible(bool(items))
        self.empty.setVisible(not items)
        if items:
            kept = self.model.row_of(current.sha256) if current else -1
            row = kept if kept >= 0 else max(0, min(row, len(items) - 1))
            self.list.setCurrentIndex(self.model.index(row))

    @property
    def references(self) -> list[Reference]:
        """What is in the tray now, as references."""
        return [item.reference() for item in self.model.items]
