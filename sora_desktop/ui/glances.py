"""Looks at files on threads: a share that does not answer must not hold the window."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sora_desktop.core.signal import Signal
from sora_desktop.providers.threads import spares

MOST_SILENT = 4
"""Looks at one disk that may hang at the same time; while they do, none begins there."""
KEPT = 200
"""Answers that are kept."""
MOMENT = 0.03
"""Seconds that a click may wait for a disk."""


class Glances:
    """What was seen last under each name. `changed` names what is seen differently from now on."""

    def __init__(self) -> None:
        self.changed: Signal[[str]] = Signal()
        self._seen: dict[str, Any] = {}
        self._asked: dict[str, str] = {}
        self._since: dict[str, float] = {}

    def look(self, name: str, work: Callable[[], object], wait: float = 0.0, disk: str = "") -> Any:
        """What `work` answers, if it does so within `wait` seconds; else what it answered last, None before.

        It runs on a thread, and once at a time for each name. An OSError counts as None. `disk` is where it
        looks, by default a place of its own.
        """
        self._since.setdefault(name, time.monotonic())
        disk = disk or name
        if name not in self._asked and list(self._asked.values()).count(disk) < MOST_SILENT:
            self._asked[name] = disk
            self._ask(name, work, wait)
        return self.seen(name)

    def seen(self, name: str) -> Any:
        """What was answered last; None before."""
        return self._seen.get(name)

    def waited(self, name: str) -> float:
        """The seconds for which nothing was answered under this name; 0 where nothing is to be seen."""
        return time.monotonic() - self._since[name] if name in self._since else 0.0

    def forget(self, name: str) -> None:
        """What was seen is of no more interest: the next look begins without an answer."""
        self._seen.pop(name, None)
        if name not in self._asked:
            self._since.pop(name, None)

    def _ask(self, name: str, work: Callable[[], object], wait: float) -> None:
        loop = asyncio.get_running_loop()
        lock, answered, answers, left = threading.Lock(), threading.Event(), list[object](), list[bool]()

        def run() -> None:
            answer = None
            with suppress(OSError):
                answer = work()
            with lock:
                answers.append(answer)
            answered.set()
            if left:
                with suppress(RuntimeError):  # The loop has ended: nobody waits.
                    loop.call_soon_threadsafe(self._come, name, answer)

        spares.run(run, "glance")
        if wait:
            answered.wait(wait)
        with lock:
            if not answers:
                left.append(True)
        if not left:
            self._come(name, answers[0], tell=False)

    def _come(self, name: str, answer: object, *, tell: bool = True) -> None:
        self._asked.pop(name, None)
        self._since.pop(name, None)
        before = self._seen.get(name)
        if len(self._seen) >= KEPT:
            self._seen.clear()
        self._seen[name] = answer
        if tell and answer != before:
            self.changed.emit(name)
