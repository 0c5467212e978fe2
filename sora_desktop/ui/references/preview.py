"""Small pictures of references: whole in a dialog, with the frame of a crop on a card."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from sora_desktop.core.pictures import Size
from sora_desktop.ui.references.box import Cut
from sora_desktop.ui.theme import over_picture, scale, theme
from sora_desktop.ui.tokens import BLACK, SIZES
from sora_desktop.ui.widgets.hints import paint_thumb


class Preview(QWidget):
    """A picture shown whole; a plate until there is one. A plate around it would look like bars that are sent."""

    def __init__(self, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def image(self) -> QImage:
        return self._image

    def show_picture(self, image: QImage) -> None:
        """Another picture; for a null one there is a plate."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale(self._size.width()), scale(self._size.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        target = QRectF(self.rect())
        if not self._image.isNull():
            shown = QSizeF(self._image.size()).scaled(target.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(QPointF(), shown)
            target.moveCenter(self.rect().toRectF().center())
        frame = QPainterPath()
        radius = scale(SIZES.radius_small)
        frame.addRoundedRect(target.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.fillPath(frame, theme().colour("well"))
        if not self._image.isNull():
            painter.setClipPath(frame)
            painter.drawImage(target, self._image)
            painter.setClipping(False)
            # White bars would not be seen on a light ground.
            painter.strokePath(frame, QPen(theme().colour("strong"), 1))


class ThumbButton(QAbstractButton):
    """The picture on a card, cropped to fill. `show_cut`: a dashed frame around what a click on Fix would keep."""

    def __init__(self, size: QSize, picture: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._size, self._icon = size, picture
        self._pixmap = QPixmap()
        self._cut: tuple[Size, Size] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setProperty("ringRadius", SIZES.radius_small)

    def show_picture(self, pixmap: QPixmap) -> None:
        self._pixmap = pixmap
        self.update()

    def show_cut(self, picture: Size | None, shape: Size | None) -> None:
        """The sizes of the picture and of what would be cut out of it; None for no frame."""
        self._cut = (picture, shape) if picture and shape else None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale(self._size.width()), scale(self._size.height()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # A button would go to its neighbour by the arrows, which move the card when Alt is held.
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_thumb(painter, self.rect(), self._pixmap, self._icon)
        if self._cut is not None and not self._pixmap.isNull():
            self._paint_cut(painter, *self._cut)

    def _paint_cut(self, painter: QPainter, picture: Size, shape: Size) -> None:
        """The kept part, where the shown part of the picture has it; outside it is dimmed."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shown = QSize(*picture).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        factor = shown.width() / picture[0]
        box = Cut(picture, shape).largest()
        left, top = (self.width() - shown.width()) / 2, (self.height() - shown.height()) / 2
        kept = QRectF(left + box.left * factor, top + box.top * factor, box.width * factor, box.height * factor)
        kept = kept.intersected(QRectF(self.rect())).adjusted(1, 1, -1, -1)
        rest = QPainterPath()
        rest.addRoundedRect(QRectF(self.rect()), scale(SIZES.radius_small), scale(SIZES.radius_small))
        hole = QPainterPath()
        hole.addRect(kept)
        painter.fillPath(rest.subtracted(hole), over_picture(BLACK, 130))
        pen = QPen(QColor("white"), 1)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(kept)
