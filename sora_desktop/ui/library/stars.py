"""A rating: five stars to click, or to move with the keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QStyle, QWidget

from sora_desktop.core.library import BEST
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale
from sora_desktop.ui.tokens import SIZES

STEP = 22
"""Px at 100 % from one star to the next."""


class Stars(QAbstractSlider):
    """A click on the star that is the rating takes the rating away. `rated` brings 0 to 5, when the user changes it."""

    rated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hovered = 0
        self.setRange(0, BEST)
        self.setPageStep(1)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Rating"))
        self.valueChanged.connect(self._on_value_changed)
        self._say()

    def show_rating(self, stars: int) -> None:
        """Shows a rating without telling."""
        with QSignalBlocker(self):
            self.setValue(stars)
        self._say()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(BEST * scale(STEP), scale(SIZES.small_button))

    def star_at(self, at: QPoint) -> int:
        """The star at a point, from 1; 0 before the first."""
        x = at.x() if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else self.width() - 1 - at.x()
        return max(0, min(BEST, x // scale(STEP) + 1)) if x >= 0 else 0

    def rect_of(self, star: int) -> QRect:
        """Where a star stands."""
        place = QRect((star - 1) * scale(STEP), 0, scale(STEP), self.height())
        return QStyle.visualRect(self.layoutDirection(), self.rect(), place)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = scale(SIZES.icon)
        for star in range(1, BEST + 1):
            whole = QRect((star - 1) * scale(STEP), (self.height() - side) // 2, side, side)
            place = QStyle.visualRect(self.layoutDirection(), self.rect(), whole)
            on = star <= self.value()
            ink = "warning" if on else "text" if star <= self._hovered else "muted"
            paint_icon(painter, place, "starf" if on else "star", ink)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            star = self.star_at(event.position().toPoint())
            self.setValue(0 if star == self.value() else star)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        star = self.star_at(event.position().toPoint())
        if star != self._hovered:
            self._hovered = star
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = 0
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().isdecimal() and int(event.text()) <= BEST:
            self.setValue(int(event.text()))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.setValue(0)
        else:
            super().keyPressEvent(event)

    def _on_value_changed(self, stars: int) -> None:
        self._say()
        self.update()
        self.rated.emit(stars)

    def _say(self) -> None:
        stars = self.value()
        self.setAccessibleDescription(
            self.tr("{0} of {1} stars").format(stars, BEST) if stars else self.tr("Not rated")
        )
        self.setToolTip(self.tr("Rating: 0 to 5"))
