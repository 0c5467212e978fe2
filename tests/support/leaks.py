"""What a test leaves behind: threads, top-level widgets, running timers, pending tasks, complaints of the loop."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sora_desktop.providers.threads import SPARE

GRACE = 3.0
"""Seconds a thread or a window gets to finish what it is told to finish."""

QT_OWN = {"QTipLabel", "QDesktopWidget", "QTipLabelClassWindow"}
"""Windows that Qt itself keeps for the life of the program."""


class LoopComplaints(logging.Handler):
    """Collects "Task was destroyed", "exception was never retrieved" and the like, which are only logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


@contextmanager
def complaints_of_the_loop() -> Iterator[list[str]]:
    """The errors logged by asyncio and qasync as long as the context lasts."""
    handler = LoopComplaints()
    loggers = [logging.getLogger(name) for name in ("asyncio", "qasync")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield handler.seen
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


def threads() -> set[threading.Thread]:
    """Python's own threads; those Qt makes are Qt's to end, and those that are spared for later end by themselves."""
    own = (thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread))
    return {thread for thread in own if thread.name != SPARE}


def pending(loop: asyncio.AbstractEventLoop) -> list[str]:
    """The tasks of `loop` that are not done, the asking one left out."""
    return [repr(task) for task in asyncio.all_tasks(loop) if not task.done()]


def _application() -> Any:
    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets.QApplication.instance() if widgets else None


def windows() -> dict[int, str]:
    """The living top-level widgets, by address."""
    app = _application()
    if app is None:
        return {}
    import shiboken6

    return {
        shiboken6.getCppPointer(widget)[0]: f"{type(widget).__name__} {widget.objectName()!r}"
        for widget in app.topLevelWidgets()
        if widget.metaObject().className() not in QT_OWN
    }


def running_timers() -> dict[int, str]:
    """The running QTimers known to Python, by address."""
    if _application() is None:
        return {}
    import shiboken6
    from PySide6.QtCore import QTimer

    found: dict[int, str] = {}
    for thing in gc.get_objects():
        if isinstance(thing, QTimer) and shiboken6.isValid(thing) and thing.isActive():
            found[shiboken6.getCppPointer(thing)[0]] = f"{thing!r} every {thing.interval()} ms"
    return found


def settle() -> None:
    """Lets Qt delete what was given to deleteLater, and Python what is only held by cycles."""
    app = _application()
    gc.collect()
    if app is not None:
        from PySide6.QtCore import QCoreApplication, QEvent

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        app.processEvents()


class Before:
    """What was there before a test; `left()` names what came and did not go. Without `qt` threads only."""

    def __init__(self, *, qt: bool = True) -> None:
        self._qt = qt
        self._threads = threads()
        self._windows = windows() if qt else {}
        self._timers = running_timers() if qt else {}

    def left(self) -> list[str]:
        """Looks again until nothing is left or the grace is over."""
        end = time.monotonic() + GRACE
        while True:
            left = self._look()
            if not left or time.monotonic() > end:
                return left
            settle()
            time.sleep(0.01)

    def _look(self) -> list[str]:
        left = [f"thread {thread.name}" for thread in threads() - self._threads]
        if not self._qt:
            return left
        left += [f"window {name}" for address, name in windows().items() if address not in self._windows]
        left += [f"timer {name}" for address, name in running_timers().items() if address not in self._timers]
        return left
