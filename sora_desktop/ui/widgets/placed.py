"""A list that knows by itself where its rows lie: to ask Qt costs a question for each row."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QAbstractItemModel, QItemSelection, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

Index = QModelIndex | QPersistentModelIndex
Hint = QAbstractItemView.ScrollHint


class Places(Protocol):
    """Where rows lie, in px from the top of everything."""

    def __len__(self) -> int: ...

    @property
    def total(self) -> int: ...

    def between(self, top: int, bottom: int) -> range: ...


class PlacedList(QListView):
    """A QListView (a screen reader knows how to walk through one) whose rows lie where `places` has them."""

    def __init__(self, model: QAbstractItemModel, places: Places, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places = places
        self.setModel(model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    def fit_bar(self, page_step: int, single_step: int) -> None:
        """Gives the scroll bar what lies beyond the viewport."""
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._places.total - self.viewport().height()))
        bar.setPageStep(page_step)
        bar.setSingleStep(single_step)

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def visible_rows(self) -> range:
        """The rows that show now, the partly seen ones too."""
        top = self.verticalOffset()
        shown = self._places.between(top, top + self.viewport().height())
        return range(shown.start, min(shown.stop, self.model().rowCount()))

    def bring(self, top: int, height: int, hint: Hint, strip: int = 0) -> None:
        """Scrolls to what lies at `top`; the upper `strip` of the viewport hides what is under it."""
        bar, page = self.verticalScrollBar(), self.viewport().height()
        if hint is Hint.PositionAtCenter:
            bar.setValue(top + height // 2 - (page + strip) // 2)
        elif top - strip < bar.value() or hint is Hint.PositionAtTop:
            bar.setValue(top - strip)
        elif top + height > bar.value() + page or hint is Hint.PositionAtBottom:
            bar.setValue(top + height - page)

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        return QRegion(self.viewport().rect())
