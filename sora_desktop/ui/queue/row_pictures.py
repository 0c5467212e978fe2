"""Rows as pictures: a row is painted once for each change of what it says, and from then on only copied.

With a ring that turns in each row, the list is painted fifteen times a second; all rows anew each time would take half
of the window's time.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap

from sora_desktop.ui.theme import theme
from sora_desktop.ui.turns import turns

SLICE = 0.004
"""Seconds of one painting after which rows that only say something new show what they said, until the next."""

HURRIED = 0.008
"""Seconds of one painting while the list moves, after which rows that have just come into sight stay empty, until the
next, and those that were chosen or are under the mouse look as before."""

UNHURRIED = 0.012
"""The same of any other painting."""

SHARE = 1.0
"""A painting soon after the last has no more seconds than were left to the rest of the window, times this."""

ROOM = 0.016
"""Seconds of processor that a turn of the loop should not exceed, the rows of a hurried painting included."""

FLOOR = 0.002
"""Seconds that rows which say something new have in a long turn, too."""

LEAST = 1
"""Rows that come into sight in any painting, however short of time it is."""

KEPT = 48
"""Pictures in memory: three screens of rows, 120 KB each."""

Paint = Callable[[QPainter], None]


@dataclass(slots=True)
class _Picture:
    form: Hashable
    said: Hashable
    drawn: QPixmap


class RowPictures:
    """One painting after the other: `begin`, then `show` for each row; `late` says whether to paint again soon."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Picture] = OrderedDict()
        self._until = self._until_new = 0.0
        self._new = 0
        self._drawn_at = -math.inf
        self.late: list[QRect] = []
        """The rows that show what they said before."""

    def begin(self, *, hurried: bool = False) -> None:
        """A painting begins. `hurried`: all that is seen may be new, as while somebody scrolls."""
        now = time.perf_counter()
        most, room = (now - self._drawn_at) * SHARE, ROOM - turns().spent()
        self._until = now + min(SLICE, most, max(FLOOR, room))
        self._until_new = now + (min(HURRIED, most, room) if hurried else UNHURRIED)
        self._new = 0
        self.late = []

    def clear(self) -> None:
        """Every row is painted anew."""
        self._kept.clear()

    def show(
        self,
        painter: QPainter,
        name: str,
        rect: QRect,
        form: Hashable,
        said: Callable[[], Hashable],
        paint: Paint,
    ) -> bool:
        """Shows the row `name` at `rect`, or answers False. `paint` paints it, in the same coordinates.

        What depends on `form` (its size, the mouse, the selection) is true at once, but for many rows in one moment.
        What it `said` may be old for a few paintings, where many rows have something new to say; a row that is not
        there yet comes with the next.
        """
        kept = self._kept.get(name)
        ratio = painter.device().devicePixelRatio()
        if kept is not None and kept.form == form and kept.drawn.devicePixelRatio() == ratio:
            self._kept.move_to_end(name)
            if time.perf_counter() >= self._until:
                self.late.append(rect)
            elif (now := said()) != kept.said:
                self._draw(kept.drawn, painter, rect, paint)
                kept.said = now
        elif self._new >= LEAST and time.perf_counter() >= self._until_new:
            self.late.append(rect)
            if kept is None or round(kept.drawn.deviceIndependentSize().height()) != rect.height():
                return False
        else:
            self._new += 1
            drawn = QPixmap(rect.size() * ratio)
            drawn.setDevicePixelRatio(ratio)
            now = said()
            self._draw(drawn, painter, rect, paint)
            kept = self._kept[name] = _Picture(form, now, drawn)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        # One of another width, while the list is being made wider, keeps to the side where one begins to read.
        beyond = rect.width() - round(kept.drawn.deviceIndependentSize().width())
        mirrored = painter.layoutDirection() == Qt.LayoutDirection.RightToLeft
        painter.drawPixmap(rect.topLeft() + QPoint(beyond if mirrored else 0, 0), kept.drawn)
        return True

    def _draw(self, drawn: QPixmap, like: QPainter, rect: QRect, paint: Paint) -> None:
        drawn.fill(theme().colour("panel"))
        painter = QPainter(drawn)
        painter.setLayoutDirection(like.layoutDirection())
        painter.translate(QPoint(0, 0) - rect.topLeft())
        paint(painter)
        painter.end()
        self._drawn_at = time.perf_counter()
