"""When Python looks for objects that only hold each other: on the window's thread, between two events, and shortly.

Left to itself Python looks in whichever thread made the last object, with the interpreter held all the while: a look
through all objects in a thread that checks a download stops the window for 100 ms, and a widget's cycle may be taken
apart there, which Qt forbids. On the window's own thread it may look while Qt takes an object apart and holds a lock
that the garbage wants, too: the program would stand still for ever.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

import shiboken6
from PySide6.QtCore import QObject, QTimer

FIRST_MS = 2000
"""The window is being built before: nothing of it is garbage, and soon it is set aside."""
EVERY_MS = 1000
BUSY_MS = 200
"""Between two looks while there is something to find: the more often, the shorter each."""
LONG = 0.008
"""Seconds: after a full look that took longer, what it has found alive is not looked at again."""
OLDEST = 2
ALL = 3
"""Looks at the middle-aged before one at all: the more often, the less has come together. Python's own are ten."""


class Collector(QObject):
    """Takes the place of the automatic collections (`collecting`). To be made on the window's thread.

    The young objects are looked at where Python would, but at most five times a second, the middle-aged after ten of
    those looks, all of them after `ALL` of these. All of them are still only those made since the last long look.
    """

    def __init__(self, long: float = LONG) -> None:
        super().__init__()
        self._long = long
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(FIRST_MS)

    def look(self) -> None:
        """Collects what is due."""
        generation = _due()
        pause = EVERY_MS if generation is None else BUSY_MS
        if pause != self._timer.interval():
            self._timer.start(pause)
        if generation is None:
            return
        begun = time.perf_counter()
        gc.collect(generation)
        if generation == OLDEST and time.perf_counter() - begun > self._long:
            gc.freeze()


def _due() -> int | None:
    """The oldest generation whose count is over its threshold."""
    young, middle, _old = gc.get_threshold()
    over = [count > most > 0 for count, most in zip(gc.get_count(), (young, middle, ALL), strict=True)]
    return max((generation for generation, is_over in enumerate(over) if is_over), default=None)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector for as long as the loop runs, in place of the automatic collections."""
    was_on = gc.isenabled()
    gc.disable()
    collector = Collector()
    try:
        yield collector
    finally:
        shiboken6.delete(collector)
        if was_on:
            # Now, and not by chance: not while Qt takes the next object apart.
            gc.collect()
            gc.enable()
