"""The time line: a slider with ticks; a click jumps there, a drag shows every frame on the way."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES

HEIGHT = 28
TICKS = 10


class Scrub(QAbstractSlider):
    """Values are frames. `grabbed` says that a hand is on it, `wanted` which frame it asks for."""

    grabbed = Signal(bool)
    wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Position"))
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def sizeHint(self) -> QSize:
        return QSize(scale(200), scale(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(80), scale(HEIGHT))

    def _track(self) -> QRectF:
        side = scale(SIZES.slider_thumb) / 2
        middle = scale(HEIGHT) * 0.42
        return QRectF(side, middle - scale(4) / 2, self.width() - 2 * side, scale(4))

    def _share(self) -> float:
        return self.value() / self.maximum() if self.maximum() else 0.0

    def _x(self, share: float) -> float:
        track = self._track()
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        return track.left() + track.width() * share

    def frame_at(self, x: float) -> int:
        """The frame at a point of the line."""
        track = self._track()
        share = max(0.0, min(1.0, (x - track.left()) / max(1.0, track.width())))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        return round(share * self.maximum())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track, colours = self._track(), theme()
        painter.setPen(QPen(colours.colour("strong"), 1))
        top = track.bottom() + scale(5)
        for number in range(TICKS + 1):
            x = round(self._x(number / TICKS)) + 0.5
            painter.drawLine(QPointF(x, top), QPointF(x, top + scale(4)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("groove"))
        painter.drawRoundedRect(track, 2, 2)
        if not self.isEnabled():
            return
        at = self._x(self._share())
        start = track.right() if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else track.left()
        painter.setBrush(colours.colour("accent"))
        painter.drawRoundedRect(QRectF(QPointF(start, track.top()), QPointF(at, track.bottom())).normalized(), 2, 2)
        side = scale(SIZES.slider_thumb)
        painter.setPen(QPen(colours.colour("control"), 1))
        painter.setBrush(colours.colour("thumb"))
        painter.drawEllipse(QPointF(at, track.center().y()), side / 2, side / 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.setSliderDown(True)
        self.grabbed.emit(True)
        self._ask(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._ask(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)
            self.grabbed.emit(False)

    def _ask(self, x: float) -> None:
        frame = self.frame_at(x)
        if frame != self.value():
            self.setValue(frame)
            self.wanted.emit(frame)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The arrows are the viewer's: they step frames wherever its focus is.
        event.ignore()
