"""Is the window's loop free? A timer that should come every few milliseconds, and what kept it from coming."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import re
import sys
import tempfile
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from benchmarks.machine import Machine

INTERVAL = 0.005
"""Seconds between two beats on a loop that has nothing else to do."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The time between two beats, in seconds. `taken` is the part of it in which other programs had the processor,
    `busy` the part in which the loop's own thread had it, `stood` the part in which a processor stood still, and
    `stood_here` that in which the thread's own did: the kernel counts such a time as the thread's."""

    at: float
    long: float
    taken: float
    busy: float
    stood: float = 0.0
    stood_here: float = 0.0

    def __str__(self) -> str:
        parts = {
            "held": self.held,
            "by the clock": self.long,
            "busy": self.busy,
            "waited": self.taken,
            "a processor stood": self.stood,
            "its own stood": self.stood_here,
        }
        return ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in parts.items()) + " ms"

    @property
    def begun(self) -> float:
        """The moment of the beat before."""
        return self.at - self.long

    @property
    def held(self) -> float:
        """What the program itself is to blame for."""
        # A thread that is ready while its processor stands counts in both. What the thread did itself always counts; of
        # a standstill of its processor only what cannot have fallen into the time in which it did not run.
        counted = max(0.0, self.stood_here - max(0.0, self.long - self.busy))
        return max(min(self.busy, self.long) - counted, self.long - max(self.taken, self.stood))


class Heartbeat(QObject):
    """Records every gap between two beats of a timer on the window's loop. Start it on the window's thread.

    On Linux the kernel says how long the thread was ready to run while another had the processor, and `Machine` when
    a processor stood still; elsewhere that counts as the program's own. With `look_at` seconds, a thread looks where
    the loop stands when a beat is that late.
    """

    def __init__(self, look_at: float = 0.0) -> None:
        super().__init__()
        # Five numbers a beat and no objects: memory and the garbage collector are measured here too.
        self._gaps = array("d")
        self.stacks: list[tuple[float, str]] = []
        """Where the loop stood, by the moment of the beat before."""
        self._thread = _Thread()
        self.machine = Machine()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_beat)
        self._last, self._spent, self._place = time.perf_counter(), self._thread.spent(), self._thread.place()
        self.look_at = look_at
        self._ended = threading.Event()
        self._timer.start(round(INTERVAL * 1000))
        if look_at:
            threading.Thread(target=self._watch, daemon=True).start()

    def _on_beat(self) -> None:
        now, (busy, taken), place = time.perf_counter(), self._thread.spent(), self._thread.place()
        stayed = place[0] if place == self._place else -1
        self._gaps.extend((now, now - self._last, taken - self._spent[1], busy - self._spent[0], stayed))
        self._last, self._spent, self._place = now, (busy, taken), place

    @property
    def gaps(self) -> list[Gap]:
        """All of them so far, in order. When a processor stood still is known after `stop`."""
        return list(self._all())

    def _all(self) -> Iterator[Gap]:
        for first in range(0, len(self._gaps), 5):
            at, long, taken, busy, place = self._gaps[first : first + 5]
            here = self.machine.stood_on(int(place), at - long, at)
            yield Gap(at, long, taken, busy, self.machine.share(at - long, at), here)

    def stop(self) -> None:
        self._timer.stop()
        self.machine.stop()
        self._ended.set()
        self._thread.close()

    def _watch(self) -> None:
        """Asks faulthandler, which takes no reference to a frame: a painter must not outlive its function for us."""
        seen = 0.0
        with tempfile.TemporaryFile() as file:
            while not self._ended.wait(self.look_at / 4):
                late = time.perf_counter() - self._last
                if late > self.look_at and self._last != seen:
                    seen = self._last
                    file.seek(0)
                    file.truncate()
                    faulthandler.dump_traceback(file)
                    file.seek(0)
                    # The thread that was there first, the window's, is written last.
                    self.stacks.append((seen, file.read().decode().split("\n\n")[-1]))


MOVES = re.compile(rb"nr_migrations\s*:\s*(\d+)")


class _Thread:
    """How long this thread has had a processor, and how long it has waited for one, by the kernel's own count."""

    def __init__(self) -> None:
        self._file = self._moves = -1
        folder = f"/proc/self/task/{threading.get_native_id()}"
        with suppress(OSError):
            self._file = os.open(f"{folder}/schedstat", os.O_RDONLY)
        with suppress(OSError):
            self._moves = os.open(f"{folder}/sched", os.O_RDONLY)
            self._libc = ctypes.CDLL(None)

    def spent(self) -> tuple[float, float]:
        if self._file < 0:
            return time.thread_time(), 0.0
        had, waited, _times = os.pread(self._file, 100, 0).split()
        return int(had) / 1e9, int(waited) / 1e9

    def place(self) -> tuple[int, int]:
        """The processor that runs this, and how often the thread has moved to another; -1 where nobody says."""
        found = MOVES.search(os.pread(self._moves, 2000, 0)) if self._moves >= 0 else None
        return (int(self._libc.sched_getcpu()), int(found[1])) if found else (-1, -1)

    def close(self) -> None:
        for file in (self._file, self._moves):
            if file >= 0:
                os.close(file)
        self._file = self._moves = -1


def stalls(heart: Heartbeat) -> Iterator[tuple[Gap, str]]:
    """The gaps that the program held the loop for longer than `look_at`, with where it stood."""
    stacks = {round(begun, 5): stack for begun, stack in heart.stacks}
    for gap in heart.gaps:
        if gap.held > heart.look_at and (stack := stacks.get(round(gap.begun, 5))):
            yield gap, stack


def share(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of `values` do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def load() -> str:
    """Machine and load, for the line under a figure: a figure without it says nothing."""
    model = "?"
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    average = ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    return f"{os.cpu_count()} × {model}, {sys.platform}, Python {sys.version.split()[0]}, load {average}"
