"""How long the present turn of Qt's loop has taken already: what can wait for the next one then does.

One turn is all that Qt does before it looks for the user's hand again: events, a painting of all that changed, timers
that are due. Each part is short; the user feels their sum.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QAbstractEventDispatcher, QObject, QTimer

LONG = 0.008
"""Seconds after which a turn is long enough."""


clock = time.perf_counter if sys.platform == "win32" else time.thread_time
"""Seconds of processor, as a turn may begin with waiting. On Windows it does not, and they are counted in 64ths."""


class Turns(QObject):
    """Looks at the clock at each turn of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = clock()
        self._dispatcher: QAbstractEventDispatcher | None = None

    def spent(self) -> float:
        """Seconds since the turn began, as the clock counts them. Called on the window's thread."""
        if self._dispatcher is None:
            self._begin()
        return clock() - self._begun

    @property
    def long(self) -> bool:
        """Whether what can wait should."""
        return self.spent() > LONG

    def _begin(self) -> None:
        # Once: it lives as long as the application, and this is asked in every turn.
        self._dispatcher = QAbstractEventDispatcher.instance()
        self._begun = clock()
        if self._dispatcher is not None:
            self._dispatcher.awake.connect(self._on_awake)

    def _on_awake(self) -> None:
        self._begun = clock()


@cache
def turns() -> Turns:
    """Those of the window's loop."""
    return Turns()


class OwnTurn(QTimer):
    """Makes a `call` in a turn that is not long already, or in the one after that."""

    def __init__(self, call: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent, singleShot=True)
        self._call = call
        self._stood_back = False
        self.timeout.connect(self._on_turn)

    def _on_turn(self) -> None:
        if not self._stood_back and turns().long:
            self._stood_back = True
            self.start()
            return
        self._stood_back = False
        self._call()
