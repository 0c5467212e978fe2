"""How many clips were made when: small bars to choose a range of days from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QStyle, QToolTip, QWidget

from sora_desktop.ui.library.spans import Bar, called
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.words import number

HEIGHT = 42
GAP = 2
STUB = 2
"""Px of the bar of a day without clips, and the least of one with some is twice as high."""


class Histogram(QWidget):
    """A press chooses a bar, a drag a range, a second press on the only one chosen, or a double click, everything.

    By keys: arrows move, with Shift they stretch; Home and End go to the ends; Delete or Escape chooses everything.
    `chosen` brings a pair of days, both included, or None.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: Sequence[Bar] = ()
        self._days: tuple[date, date] | None = None
        self._today = date.min
        self._pressed = -1
        self._at = -1
        self._hovered = -1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Clips by date"))

    @property
    def bars(self) -> Sequence[Bar]:
        return self._bars

    def show_bars(self, bars: Sequence[Bar], days: tuple[date, date] | None, today: date) -> None:
        """Shows counts, and `days` as the chosen range; None is everything."""
        if (bars, days, today) == (self._bars, self._days, self._today):
            return
        self._bars, self._days, self._today = bars, days, today
        if self._at >= len(bars):
            self._at = -1
        if days is None:
            self.setAccessibleDescription(self.tr("All days"))
        else:
            self.setAccessibleDescription(called(days, today))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale(176), scale(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(70), scale(HEIGHT))

    def rect_of(self, place: int) -> QRect:
        """The column of a bar: its whole height, which the mouse takes hold of."""
        wide = self.width() / max(1, len(self._bars))
        left, right = round(place * wide), round((place + 1) * wide)
        return QStyle.visualRect(self.layoutDirection(), self.rect(), QRect(left, 0, right - left, self.height()))

    def place_at(self, at: QPoint) -> int:
        """The bar at a point, the nearest where the point lies beside all; -1 without bars."""
        x = at.x() if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else self.width() - 1 - at.x()
        return max(0, min(len(self._bars) - 1, x * len(self._bars) // max(1, self.width()))) if self._bars else -1

    def text_of(self, place: int) -> str:
        """A bar in words: "12 Nov: 5 clips"."""
        bar = self._bars[place]
        when = called((bar.first, bar.last), self._today)
        if bar.count == 1:
            return self.tr("{0}: 1 clip").format(when)
        return self.tr("{0}: {1} clips").format(when, number(bar.count, 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        most = max((bar.count for bar in self._bars), default=0)
        drag = self._range()
        for place, bar in enumerate(self._bars):
            column = QRectF(self.rect_of(place)).adjusted(GAP / 2, 0, -GAP / 2, -1)
            dragged = drag is not None and drag[0] <= place <= drag[1]
            on = dragged if drag is not None else self._days is None or bar.meets(self._days)
            ink = "accent" if on and bar.count else "strong" if on or place == self._hovered else "groove"
            high = max(2 * STUB, column.height() * bar.count / most) if bar.count else STUB
            painter.setBrush(theme().colour(ink))
            painter.drawRoundedRect(column.adjusted(0, column.height() - high, 0, 0), 1, 1)
        if self.hasFocus() and self._bars:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().colour("accent"), SIZES.ring))
            # Before an arrow was pressed the whole has the focus.
            area = self.rect_of(self._at) if self._at >= 0 else self.rect()
            painter.drawRoundedRect(QRectF(area).adjusted(1, 1, -1, -1), 2, 2)

    def _range(self) -> tuple[int, int] | None:
        """The bars between press and mouse, while the button is down."""
        return (min(self._pressed, self._at), max(self._pressed, self._at)) if self._pressed >= 0 else None

    def _choose(self, first: int, last: int) -> None:
        low, high = self._bars[min(first, last)], self._bars[max(first, last)]
        self.chosen.emit((low.first, min(high.last, max(self._today, high.first))))

    # The mouse.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._bars:
            self._pressed = self._at = self.place_at(event.position().toPoint())
            self.update()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        if self._pressed >= 0:
            self._at = place
        if place != self._hovered or self._pressed >= 0:
            self._hovered = place
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._pressed = self._range(), -1
        if event.button() != Qt.MouseButton.LeftButton or drag is None:
            return
        self.update()
        low, high = self._bars[drag[0]], self._bars[drag[1]]
        if (
            drag[0] == drag[1]
            and self._days is not None
            and [bar for bar in self._bars if bar.meets(self._days)] == [low]
        ):
            self.chosen.emit(None)
        else:
            self._choose(self._bars.index(low), self._bars.index(high))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = -1
        self.chosen.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = -1
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._bars:
            QToolTip.showText(event.globalPos(), self.text_of(self.place_at(event.pos())), self)
            return True
        return super().event(event)

    # The keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = event.key(), len(self._bars) - 1
        if not self._bars:
            super().keyPressEvent(event)
            return
        towards = -1 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 1
        at = self._at if self._at >= 0 else last
        goals = {
            Qt.Key.Key_Left: at - towards if self._at >= 0 else last,
            Qt.Key.Key_Right: at + towards if self._at >= 0 else last,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if key in goals:
            goal = max(0, min(last, goals[Qt.Key(key)]))
            stretched = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            first = self._anchor(at) if stretched else goal
            self._at = goal
            self._choose(first, goal)
            self.update()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape) and self._days is not None:
            self.chosen.emit(None)
        else:
            super().keyPressEvent(event)

    def _anchor(self, at: int) -> int:
        """The other end of the chosen range, seen from the bar `at`."""
        on = [place for place, bar in enumerate(self._bars) if bar.meets(self._days)]
        if not on or at not in (on[0], on[-1]):
            return at
        return on[0] if at == on[-1] else on[-1]

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._at = -1
        self.update()
