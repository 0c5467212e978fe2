"""What moves in a row, over the rest of it: the ring that turns and the bar. Painted for each row at each picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QStyle

from sora_desktop.ui.icons import turned
from sora_desktop.ui.queue.lines import Line
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.chip import chip_icon, chip_size

RING = "render"
"""The icon that turns."""

KEPT = 200
"""Rows whose places are remembered: of one look, chip and width there are few."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things stand, from the top left of their row."""

    ring: QRect
    track: QRect


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours in force: #AARRGGBB by tone, and those of the bar as numbers."""

    tones: dict[str, str]
    groove: int
    filled: int


class Moving:
    """Paints them. Where they stand is kept for rows that look alike, and in which colours, until `clear`."""

    def __init__(self) -> None:
        self._places: dict[tuple[object, ...], Places] = {}
        self._inks: Inks | None = None

    def clear(self) -> None:
        """Everything is measured anew, in the colours that are in force now."""
        self._places.clear()
        self._inks = None

    def paint(
        self,
        painter: QPainter,
        row: QRect,
        words: QRect,
        line: Line,
        direction: Qt.LayoutDirection,
        *,
        low: bool,
        angle: float,
        share: float | None,
    ) -> None:
        """Paints a row's ring and bar. `words`: the part of the `row` beside its picture. `angle` in degrees.

        `share` (0 to 1) is what the bar shows, None where there is none.
        """
        inks = self._inks = self._inks or Inks({}, theme().colour("groove").rgba(), theme().colour("accent").rgba())
        key = line.look.icon, line.chip or line.look.word, row.width(), words.left(), words.right(), low, direction
        places = self._places.get(key)
        if places is None:
            if len(self._places) > KEPT:
                self._places.clear()
            places = self._places[key] = _places(row, words, line, direction, low=low)
        ratio = painter.device().devicePixelRatio()
        if line.look.icon == RING:
            tone = line.look.tone
            argb = inks.tones.get(tone)
            if argb is None:
                argb = inks.tones[tone] = theme().colour(tone).name(QColor.NameFormat.HexArgb)
            drawn = turned(RING, argb, places.ring.width(), ratio, angle)
            painter.drawPixmap(row.topLeft() + places.ring.topLeft(), drawn)
        if share is not None:
            track = places.track
            mirrored = direction == Qt.LayoutDirection.RightToLeft
            filled = round(track.width() * share)
            drawn = _bar(track.width(), track.height(), filled, mirrored, ratio, inks.groove, inks.filled)
            painter.drawPixmap(row.topLeft() + track.topLeft(), drawn)


def _places(row: QRect, words: QRect, line: Line, direction: Qt.LayoutDirection, *, low: bool) -> Places:
    chip = QRect(words.left(), row.top() + scale(27 if low else 46), words.width(), scale(SIZES.chip))
    chip = QStyle.visualRect(direction, row, QRect(chip.topLeft(), chip_size(line.look, line.chip)))
    track = QRect(words.left(), row.top() + scale(71), words.width(), scale(SIZES.progress))
    back = QPoint(0, 0) - row.topLeft()
    return Places(chip_icon(chip).translated(back), QStyle.visualRect(direction, row, track).translated(back))


@lru_cache(maxsize=128)
def _bar(width: int, height: int, filled: int, mirrored: bool, ratio: float, groove: int, ink: int) -> QPixmap:
    drawn = QPixmap(QSize(width, height) * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for length, argb in ((width, groove), (filled, ink)):
        if length:
            painter.setBrush(QColor.fromRgba(argb))
            painter.drawRoundedRect(QRect(width - length if mirrored else 0, 0, length, height), 1.5, 1.5)
    painter.end()
    return drawn
