"""The state chip: a paint function for delegates, and a widget."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.words import Look, Shape


def chip_size(look: Look, text: str = "", *, bare: bool = False) -> QSize:
    """The size of a chip with `text` (the state's word where empty), in px; `bare` is the icon alone."""
    if bare:
        return QSize(scale(5) + scale(SIZES.icon_small) + scale(5), scale(SIZES.chip))
    advance = _advance(text or look.word, theme().text_size)
    return QSize(scale(5) + scale(SIZES.icon_small) + scale(5) + advance + scale(6), scale(SIZES.chip))


@lru_cache(maxsize=256)
def _advance(words: str, _text_size: int) -> int:
    return QFontMetrics(theme().font("chip")).horizontalAdvance(words)


def chip_icon(chip: QRect) -> QRect:
    """Where the icon of a chip stands."""
    side = scale(SIZES.icon_small)
    return QRect(chip.left() + scale(5), chip.top() + (chip.height() - side) // 2, side, side)


def paint_chip(
    painter: QPainter, at: QPoint, look: Look, text: str = "", *, icon: bool = True, bare: bool = False
) -> QRect:
    """Paints a chip with its top left at `at` and returns its rectangle; without its `icon` where that moves and is
    painted over it; `bare` is the icon alone."""
    words = "" if bare else text or look.word
    area = QRect(at, chip_size(look, words, bare=bare))
    ink = theme().colour(look.tone)
    tint = theme().colours.tint
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = scale(SIZES.radius_small)
    if look.shape is Shape.TINT and tint:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(look.tone, tint))
        painter.drawRoundedRect(area, radius, radius)
    else:
        quiet = look.shape is Shape.OUTLINE and tint > 0
        pen = QPen(theme().colour("strong") if quiet else ink, 1)
        if look.shape is Shape.DASHED:
            pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    if icon:
        paint_icon(painter, chip_icon(area), look.icon, ink)
    painter.setPen(ink)
    painter.setFont(theme().font("chip"))
    rest = area.adjusted(scale(5) + scale(SIZES.icon_small) + scale(5), 0, 0, 0)
    painter.drawText(
        rest, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine), words
    )
    painter.restore()
    return area


class Chip(QWidget):
    """A state, shown."""

    def __init__(self, look: Look, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._text = look, text
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text or look.word)

    def show_state(self, look: Look, text: str = "") -> None:
        """Shows another state; `text` is the state's word where empty."""
        if (look, text) != (self._look, self._text):
            self._look, self._text = look, text
            self.setAccessibleName(text or look.word)
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return chip_size(self._look, self._text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_chip(painter, QPoint(0, 0), self._look, self._text)
