"""The picture with the box that is cut out of it: moved and zoomed by mouse, wheel and keys."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from sora_desktop.ui.references.box import Box, Cut
from sora_desktop.ui.theme import over_picture, scale, theme
from sora_desktop.ui.tokens import BLACK, WHITE

MARGIN = 16
REACH = 12
"""How near to a corner, in px, the mouse takes hold of it."""
STEP = 1.1
"""One notch of the wheel, one press of + or −."""
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
CORNERS = ((False, False), (True, False), (False, True), (True, True))
"""Each as (is right, is bottom)."""


class CropView(QWidget):
    """Shows `image`, which may be smaller than the picture it stands for. `box` is in the picture's own px.

    Only in the mode "crop" there is a box to move.
    """

    box_changed = Signal()
    """The user moved or zoomed the box."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._cut: Cut | None = None
        self._box = Box(0, 0, 1, 1)
        self._mode, self._colour = "crop", BLACK
        self._grabbed: tuple[str, QPointF, Box] | None = None
        self._corner = (True, True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(320, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Part of the picture that is sent"))
        self.setAccessibleDescription(self.tr("Arrow keys move the box, plus and minus zoom it, 0 makes it largest."))

    def sizeHint(self) -> QSize:
        return QSize(scale(640), scale(420))

    # What is shown.

    @property
    def box(self) -> Box:
        return self._box

    @property
    def cut(self) -> Cut | None:
        return self._cut

    def show_picture(self, image: QImage, cut: Cut, box: Box | None = None) -> None:
        """Another picture; the box is the largest where none is given."""
        self._image, self._cut = image, cut
        self._box = box or cut.largest()
        self.update()

    def set_shape(self, shape: tuple[int, int]) -> None:
        """Another shape for the box; it keeps its middle."""
        if self._cut is not None and shape != self._cut.shape:
            self._cut = Cut(self._cut.size, shape)
            self._box = self._cut.reshaped(self._box)
            self.update()

    def set_mode(self, mode: str, colour: str = BLACK) -> None:
        """What is done: "crop" with a box to move, "bars" of a colour around the picture, or nothing ("whole")."""
        self._mode, self._colour = mode, colour
        self._grabbed = None
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.update()

    def set_box(self, box: Box) -> None:
        """Moves the box, as the user would."""
        if box != self._box:
            self._box = box
            self.update()
            self.box_changed.emit()

    # Between the screen and the picture.

    def _area(self) -> QRectF:
        """Where the picture is (or the shape, with bars)."""
        assert self._cut is not None
        margin = scale(MARGIN)
        room = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        size = QSizeF(*(self._cut.shape if self._mode == "bars" else self._cut.size))
        size.scale(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        area = QRectF(QPointF(), size)
        area.moveCenter(room.center())
        # A strip of a few px is thinner than one here.
        width, height = max(1, round(size.width())), max(1, round(size.height()))
        return QRectF(round(area.left()), round(area.top()), width, height)

    def _scale(self) -> float:
        assert self._cut is not None
        return self._area().width() / self._cut.size[0]

    def box_on_screen(self) -> QRectF:
        """The box in px of this widget."""
        area, factor, box = self._area(), self._scale(), self._box
        return QRectF(
            area.left() + box.left * factor, area.top() + box.top * factor, box.width * factor, box.height * factor
        )

    def _to_picture(self, at: QPointF) -> tuple[float, float]:
        area, factor = self._area(), self._scale()
        return (at.x() - area.left()) / factor, (at.y() - area.top()) / factor

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme().colour("well"))
        if self._image.isNull() or self._cut is None:
            return
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        match self._mode:
            case "bars":
                self._paint_bars(painter)
            case "crop":
                self._paint_crop(painter)
            case _:
                painter.drawImage(self._area(), self._image)

    def _paint_bars(self, painter: QPainter) -> None:
        area = self._area()
        painter.fillRect(area, QColor(self._colour))
        size = QSizeF(self._image.size())
        size.scale(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        inside = QRectF(QPointF(), size)
        inside.moveCenter(area.center())
        painter.drawImage(inside, self._image)
        painter.setPen(QPen(theme().colour("control"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _paint_crop(self, painter: QPainter) -> None:
        area, box = self._area(), self.box_on_screen()
        painter.drawImage(area, self._image)
        outside = QPainterPath()
        outside.addRect(area)
        hole = QPainterPath()
        hole.addRect(box)
        painter.fillPath(outside.subtracted(hole), over_picture(BLACK, 150))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_thirds(painter, box)
        # Dark under light, so that the line is seen on any picture.
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(over_picture(BLACK, 140), 1))
        painter.drawRect(box.adjusted(-1.5, -1.5, 1.5, 1.5))
        painter.setPen(QPen(theme().colour("accent") if self.hasFocus() else QColor("white"), 2))
        painter.drawRect(box)
        self._paint_corners(painter, box)

    def _paint_thirds(self, painter: QPainter, box: QRectF) -> None:
        for third in (1 / 3, 2 / 3):
            x, y = box.left() + box.width() * third, box.top() + box.height() * third
            for ink, shift in ((over_picture(BLACK, 90), 1), (over_picture(WHITE, 130), 0)):
                painter.setPen(QPen(ink, 1))
                painter.drawLine(QPointF(x + shift, box.top()), QPointF(x + shift, box.bottom()))
                painter.drawLine(QPointF(box.left(), y + shift), QPointF(box.right(), y + shift))

    def _paint_corners(self, painter: QPainter, box: QRectF) -> None:
        reach = min(scale(14), box.width() / 3, box.height() / 3)
        painter.setPen(QPen(QColor("white"), 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        for at_right, at_bottom in CORNERS:
            x, y = box.right() if at_right else box.left(), box.bottom() if at_bottom else box.top()
            along_x, along_y = (-reach if at_right else reach), (-reach if at_bottom else reach)
            painter.drawLine(QPointF(x, y), QPointF(x + along_x, y))
            painter.drawLine(QPointF(x, y), QPointF(x, y + along_y))

    # The mouse.

    def _corner_at(self, at: QPointF) -> tuple[bool, bool] | None:
        box = self.box_on_screen()
        for corner in CORNERS:
            x, y = box.right() if corner[0] else box.left(), box.bottom() if corner[1] else box.top()
            if max(abs(at.x() - x), abs(at.y() - y)) <= scale(REACH):
                return corner
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._cut is None or self._mode != "crop":
            return
        corner = self._corner_at(event.position())
        if corner is not None:
            self._corner = corner
            self._grabbed = ("corner", event.position(), self._box)
        elif self.box_on_screen().contains(event.position()):
            self._grabbed = ("box", event.position(), self._box)
        else:
            # A press beside the box brings its middle there.
            x, y = self._to_picture(event.position())
            middle_x, middle_y = self._box.middle
            self.set_box(self._cut.moved(self._box, x - middle_x, y - middle_y))
            self._grabbed = ("box", event.position(), self._box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._cut is None or self._mode != "crop":
            return
        at = event.position()
        if self._grabbed is None:
            self._show_hand(at)
            return
        what, start, before = self._grabbed
        if what == "corner":
            self.set_box(self._cut.pulled(before, self._corner, self._to_picture(at)))
        else:
            factor = self._scale()
            self.set_box(self._cut.moved(before, (at.x() - start.x()) / factor, (at.y() - start.y()) / factor))

    def _show_hand(self, at: QPointF) -> None:
        corner = self._corner_at(at)
        if corner is not None:
            falling = corner[0] == corner[1]
            self.setCursor(Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor)
        else:
            inside = self.box_on_screen().contains(at)
            self.setCursor(Qt.CursorShape.SizeAllCursor if inside else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._cut is not None and self._mode == "crop":
            self.set_box(self._cut.largest())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._cut is None or self._mode != "crop" or not event.angleDelta().y():
            event.ignore()
            return
        notches = event.angleDelta().y() / 120
        self.set_box(self._cut.zoomed(self._box, STEP**notches, self._to_picture(event.position())))
        event.accept()

    # Keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._cut is None or self._mode != "crop":
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in ARROWS:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = 1.0 if fine else max(1.0, max(self._cut.size) / 100)
            right, down = ARROWS[key]
            self.set_box(self._cut.moved(self._box, right * step, down * step))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_box(self._cut.zoomed(self._box, STEP))
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_Underscore):
            self.set_box(self._cut.zoomed(self._box, 1 / STEP))
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.set_box(self._cut.largest())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
