"""What asyncio wants to be called, now or later, on Qt's loop: one queue and one timer, whatever their number.

The library's own way is one timer of Qt for each call, and a cancelled one lives on until it would have fired: every
time-out of every request, thousands while a thousand jobs are watched. And it calls all that is ready before Qt gets
its turn, however long that takes.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import threading
import time
from collections import deque

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimerEvent, Signal

from sora_desktop.ui.turns import turns

SLICE = 0.004
"""Seconds of calls in one go; then the window gets its turn, to paint and to hear the user."""

FEW = 50
"""Cancelled calls that may wait for their moment; more are taken out as soon as they are half of all that wait."""

WAKE = QEvent.Type(QEvent.registerEventType())


class Later(asyncio.TimerHandle):
    """A call for a moment (monotonic seconds). The loop is told of its cancelling by asyncio itself."""

    _scheduled: bool


class Calls(QObject):
    """Calls what is ready in the order it came, and what has a moment when that has come, never before."""

    _came = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._ready: deque[asyncio.Handle] = deque()
        self._later: list[tuple[float, int, Later]] = []
        self._numbers = itertools.count()
        self._cancelled = 0
        self._turn = 0
        self._timer = 0
        self._timer_for = math.inf
        self._stopped = False
        self._stood_back = False
        self._lock = threading.Lock()
        self._came.connect(self._on_came, Qt.ConnectionType.QueuedConnection)

    def __len__(self) -> int:
        """How many calls wait, the cancelled ones too."""
        return len(self._ready) + len(self._later)

    def soon(self, handle: asyncio.Handle) -> None:
        """Calls it after what is ready already. RuntimeError after `stop`."""
        self._check()
        self._ready.append(handle)
        self._ask_for_turn()

    def soon_from_any_thread(self, handle: asyncio.Handle) -> None:
        """As `soon`, from any thread. RuntimeError after `stop`."""
        with self._lock:
            self._check()
            self._ready.append(handle)
            # No object goes along: who lets go of one last, and in which thread, would be left to chance.
            self._came.emit()

    def later(self, handle: Later) -> None:
        """Calls it when its moment has come. RuntimeError after `stop`."""
        self._check()
        handle._scheduled = True
        heapq.heappush(self._later, (handle.when(), next(self._numbers), handle))
        self._set_timer()

    def cancelled(self) -> None:
        """One that waited for its moment was cancelled."""
        self._cancelled += 1
        if self._cancelled > FEW and self._cancelled * 2 > len(self._later):
            self._later = [entry for entry in self._later if not entry[2].cancelled()]
            heapq.heapify(self._later)
            self._cancelled = 0

    def stop(self) -> None:
        """Nothing is called from now on."""
        with self._lock:
            self._stopped = True
            # Let go of outside the lock: what ends with them may want to call something.
            left, self._ready = self._ready, deque()
        left.clear()
        self._later.clear()
        self._set_timer()
        if self._turn:
            self.killTimer(self._turn)
            self._turn = 0

    def _check(self) -> None:
        if self._stopped:
            raise RuntimeError("Event loop is closed")

    def set_debug(self, enabled: bool) -> None:
        """Asked for by the library; asyncio's own handles say what they need to."""

    def _ask_for_turn(self) -> None:
        # A timer, not an event: between two events Qt may paint the window and lay it out, but comes to no timer, and
        # turn would follow on turn with a painting each. The event is what Qt looks at its timers for, however busy.
        if not self._turn:
            self._turn = self.startTimer(0, Qt.TimerType.PreciseTimer)
            QCoreApplication.postEvent(self, QEvent(WAKE))

    def _set_timer(self) -> None:
        moment = self._later[0][0] if self._later else math.inf
        # One that is set for sooner rings for nothing; setting it anew at each cancelled time-out would cost more.
        if self._timer and self._timer_for <= moment < math.inf:
            return
        if self._timer:
            self.killTimer(self._timer)
            self._timer = 0
        self._timer_for = moment
        if moment < math.inf:
            wait = min(max(0.0, moment - time.monotonic()), 86_400.0)
            self._timer = self.startTimer(math.ceil(wait * 1000), Qt.TimerType.PreciseTimer)

    def timerEvent(self, event: QTimerEvent) -> None:
        if event.timerId() == self._turn:
            if not self._stood_back and turns().long:
                # Once: whoever paints all the time must not keep the answers of the network out.
                self._stood_back = True
                QCoreApplication.postEvent(self, QEvent(WAKE))
                return
            self._stood_back = False
            self._take_turn()
        elif event.timerId() == self._timer:
            self._collect_due()

    def _collect_due(self) -> None:
        self.killTimer(self._timer)
        self._timer, self._timer_for = 0, math.inf
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            handle = heapq.heappop(self._later)[2]
            handle._scheduled = False
            if handle.cancelled():
                self._cancelled -= 1
            else:
                self._ready.append(handle)
        self._set_timer()
        if self._ready:
            self._ask_for_turn()

    def _on_came(self) -> None:
        if self._ready:
            self._ask_for_turn()

    def _take_turn(self) -> None:
        # Each turn has a timer of its own: one that has not returned yet does not ring in a loop that a call opens.
        self.killTimer(self._turn)
        self._turn = 0
        until = time.perf_counter() + SLICE
        while self._ready:
            handle = self._ready.popleft()
            if self._ready:
                # Before the call: an exception that ends the turn, or a nested loop, must not strand the others.
                self._ask_for_turn()
            if not handle.cancelled():
                handle._run()
            if time.perf_counter() > until:
                break
