"""Dragging something out of a widget of ours."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QDrag, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.hints import paint_thumb

THUMB = QSize(96, 54)


def drag_out(source: QWidget, mime: QMimeData, picture: QPixmap) -> Qt.DropAction:
    """Drags `mime` from `source` under a small picture until it is dropped; what became of it.

    Call it from a mouse event only: it waits inside Qt's own loop.
    """
    drag = QDrag(source)
    drag.setMimeData(mime)
    shown = thumb(picture, source.devicePixelRatioF())
    drag.setPixmap(shown)
    drag.setHotSpot(QPoint(scale(12), scale(12)))
    return drag.exec(Qt.DropAction.CopyAction)


def thumb(picture: QPixmap, ratio: float) -> QPixmap:
    """What hangs on the mouse."""
    size = QSize(scale(THUMB.width()), scale(THUMB.height()))
    shown = QPixmap(size * ratio)
    shown.setDevicePixelRatio(ratio)
    shown.fill(Qt.GlobalColor.transparent)
    painter = QPainter(shown)
    painter.setOpacity(0.85)
    paint_thumb(painter, QRect(QPoint(0, 0), size), picture, "image")
    painter.end()
    return shown
