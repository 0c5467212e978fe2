"""A panel that opens below a widget and closes by itself: raised, strong border, round corners."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QBitmap, QGuiApplication, QHideEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES

GAP = 4


class Popup(QWidget):
    """Shown by `open_below`; a click outside or Esc closes it. `closed` comes after it is gone."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)
        platform = QGuiApplication.platformName()
        # X11 may have no compositor, so corners are cut by a mask; Wayland always has one, and no masks.
        self._masked = platform in ("xcb", "windows", "cocoa")
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground, platform.startswith("wayland"))

    def open_below(self, anchor: QWidget, width: int, height: int) -> None:
        """Opens with its left edge under `anchor`, inside the screen; above it where there is more room."""
        screen = anchor.screen() or QGuiApplication.primaryScreen()
        room = screen.availableGeometry()
        at = anchor.mapToGlobal(QPoint(0, anchor.height() + GAP))
        below = room.bottom() - at.y() - GAP
        above = anchor.mapToGlobal(QPoint(0, 0)).y() - room.top() - 2 * GAP
        if height > below and above > below:
            height = min(height, above)
            at.setY(at.y() - anchor.height() - 2 * GAP - height)
        height = min(height, max(below, above))
        at.setX(max(room.left(), min(at.x(), room.right() - width)))
        self.setGeometry(QRect(at.x(), at.y(), width, height))
        self.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._masked:
            return
        mask = QBitmap(self.size())
        mask.clear()
        painter = QPainter(mask)
        painter.setBrush(Qt.GlobalColor.color1)
        painter.setPen(Qt.GlobalColor.color1)
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), scale(SIZES.radius), scale(SIZES.radius))
        painter.end()
        self.setMask(mask)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self.testAttribute(Qt.WidgetAttribute.WA_TranslucentBackground):
            painter.fillRect(self.rect(), theme().colour("raised"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme().colour("raised"))
        painter.setPen(theme().colour("strong"))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), scale(SIZES.radius), scale(SIZES.radius)
        )

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.closed.emit()
