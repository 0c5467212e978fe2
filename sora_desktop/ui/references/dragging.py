"""Dragging something out of a widget of ours."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QDrag, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.hints import paint_thumb
from sora_desktop.ui.words import number

THUMB = QSize(96, 54)


def drag_out(source: QWidget, mime: QMimeData, picture: QPixmap, count: int = 1) -> Qt.DropAction:
    """Drags `mime` from `source` under a small picture until it is dropped; what became of it.

    A `count` above 1 is written on the picture.

    Call it from a mouse event only: it waits inside Qt's own loop.
    """
    drag = QDrag(source)
    drag.setMimeData(mime)
    shown = thumb(picture, source.devicePixelRatioF(), count)
    drag.setPixmap(shown)
    drag.setHotSpot(QPoint(scale(12), scale(12)))
    return drag.exec(Qt.DropAction.CopyAction)


def thumb(picture: QPixmap, ratio: float, count: int = 1) -> QPixmap:
    """What hangs on the mouse: the picture, and how many things it stands for."""
    size = QSize(scale(THUMB.width()), scale(THUMB.height()))
    if not picture.isNull() and picture.width() < size.width() * ratio:
        # Made larger than it is, it would be blurred.
        size = size.scaled(round(picture.width() / ratio), size.height(), Qt.AspectRatioMode.KeepAspectRatio)
    shown = QPixmap(size * ratio)
    shown.setDevicePixelRatio(ratio)
    shown.fill(Qt.GlobalColor.transparent)
    painter = QPainter(shown)
    painter.setOpacity(0.85)
    area = QRect(QPoint(0, 0), size)
    paint_thumb(painter, area, picture, "image")
    if count > 1:
        painter.setFont(theme().font("chip"))
        words = number(count, 0)
        width = painter.fontMetrics().horizontalAdvance(words) + scale(12)
        plate = QRect(area.right() - scale(4) - width, area.top() + scale(5), width, scale(SIZES.chip))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("fill"))
        painter.drawRoundedRect(plate, plate.height() / 2, plate.height() / 2)
        painter.setPen(theme().colour("on_fill"))
        painter.drawText(plate, int(Qt.AlignmentFlag.AlignCenter), words)
    painter.end()
    return shown
