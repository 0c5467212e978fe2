"""A layout that breaks into lines as text does."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QStyle, QWidget

from sora_desktop.ui.theme import scale


class Flow(QLayout):
    """Widgets in lines, `gap` px (at 100 %) apart each way; none is wider than a line. Mirrored where reading is."""

    def __init__(self, parent: QWidget | None = None, gap: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        # Showing a widget has the others placed at once: one that comes after would stay where it was.
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def clear(self) -> None:
        """Takes every widget out and deletes it."""
        for widget in [item.widget() for item in self._items]:
            if widget is not None:
                self.removeWidget(widget)
                widget.hide()
                widget.deleteLater()

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._placed(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        least = QSize()
        for item in self._items:
            least = least.expandedTo(item.minimumSize())
        return least.grownBy(self._margins())

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._placed(rect, move=True)

    def _margins(self) -> QMargins:
        return self.contentsMargins()

    def _placed(self, rect: QRect, *, move: bool) -> int:
        """Lines the widgets up in `rect`; the height that takes."""
        area = rect.marginsRemoved(self._margins())
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        gap = scale(self._gap)
        x, y, high = area.left(), area.top(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            hint = item.sizeHint().boundedTo(QSize(max(1, area.width()), item.sizeHint().height()))
            if x > area.left() and x + hint.width() > area.right() + 1:
                x, y, high = area.left(), y + high + gap, 0
            if move:
                item.setGeometry(QStyle.visualRect(direction, area, QRect(x, y, hint.width(), hint.height())))
            x, high = x + hint.width() + gap, max(high, hint.height())
        margins = self._margins()
        return y + high - rect.top() + margins.bottom()
