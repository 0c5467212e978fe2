"""Where the picture is: the last valid frame, whole and in its own shape, on a neutral well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from sora_desktop.ui.theme import scale, theme

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QVideoFrame

MARGIN = 12
LEAST = QSize(240, 135)


class Canvas(QWidget):
    """Paints QVideoSink's frames itself: unlike QVideoWidget it can be grabbed, stepped and laid over.

    `zoom_changed` says that the picture is shown at another size; a click asks to play or pause, a double click for
    the full screen.
    """

    zoom_changed = Signal()
    shape_changed = Signal()
    """The video measures otherwise, or there is none."""
    clicked = Signal()
    double_clicked = Signal()
    dragged_out = Signal()
    """The frame was taken hold of and drawn away: not where a picture larger than the well is pushed about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._zoom: float | None = None
        self._shift = QPointF()
        self._grabbed: QPointF | None = None
        self.margin = MARGIN
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(LEAST)
        self.setAccessibleName(self.tr("Video"))

    @property
    def image(self) -> QImage:
        """The frame on the screen in its full size; null where there is none."""
        return self._image

    def show_frame(self, frame: QVideoFrame) -> None:
        """Shows a frame; an empty one leaves the last."""
        image = frame.toImage()
        if not image.isNull():
            self.show_image(image)

    def show_image(self, image: QImage) -> None:
        """Shows a picture; a null one clears the well."""
        resized = image.size() != self._image.size()
        self._image = image
        self.update()
        if resized:
            self._shift = QPointF()
            self.zoom_changed.emit()
            self.shape_changed.emit()

    def clear(self) -> None:
        self.show_image(QImage())

    @property
    def zoom(self) -> float | None:
        """The chosen size, 1 for one pixel of the video on one of the screen; None fits the whole into the well."""
        return self._zoom

    def set_zoom(self, zoom: float | None) -> None:
        self._zoom = zoom
        self._shift = QPointF()
        self._set_hand()
        self.update()
        self.zoom_changed.emit()

    @property
    def shown_zoom(self) -> float:
        """The size that is in force; 0 where there is no picture."""
        if self._image.isNull():
            return 0.0
        return self.target().width() * self.devicePixelRatioF() / self._image.width()

    def target(self) -> QRectF:
        """Where the picture is, in logical px."""
        margin = scale(self.margin) if self.margin else 0
        room = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        size = QSizeF(self._image.size())
        if self._zoom is None:
            size.scale(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        else:
            size *= self._zoom / self.devicePixelRatioF()
        area = QRectF(QPointF(), size)
        area.moveCenter(room.center() + self._shift)
        # On whole px: a picture on half of one is blurred at its edges.
        return QRectF(round(area.left()), round(area.top()), round(size.width()), round(size.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme().colour("well"))
        if self._image.isNull():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.shown_zoom != 1.0)
        painter.drawImage(self.target(), self._image)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.zoom_changed.emit()

    # A picture larger than the well can be pushed about.

    def _set_hand(self) -> None:
        self.setCursor(Qt.CursorShape.OpenHandCursor if self._pushable() else Qt.CursorShape.ArrowCursor)

    def _pushable(self) -> bool:
        return self._zoom is not None and not QRectF(self.rect()).contains(self.target())

    def _maybe_drag_out(self, at: QPoint) -> None:
        far = (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if far and not self._image.isNull() and self.target().contains(QPointF(self._pressed_at)):
            self._grabbed = None
            self.dragged_out.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = event.position()
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None:
            return
        if not self._pushable():
            self._maybe_drag_out(event.position().toPoint())
            return
        moved = self._shift + event.position() - self._grabbed
        self._grabbed = event.position()
        size, room = self.target().size(), QSizeF(self.size())
        reach_x = max(0.0, (size.width() - room.width()) / 2 + scale(self.margin))
        reach_y = max(0.0, (size.height() - room.height()) / 2 + scale(self.margin))
        self._shift = QPointF(
            max(-reach_x, min(reach_x, moved.x())) if size.width() > room.width() else 0.0,
            max(-reach_y, min(reach_y, moved.y())) if size.height() > room.height() else 0.0,
        )
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None:
            return
        self._grabbed = None
        far: QPoint = event.position().toPoint() - self._pressed_at
        if far.manhattanLength() < 4 and not self._image.isNull():
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()
