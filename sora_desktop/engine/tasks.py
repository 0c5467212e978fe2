"""The one place where background tasks are made: kept, named, and reported when they fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from sora_desktop.core.signal import Signal

T = TypeVar("T")
log = logging.getLogger(__name__)


class Tasks:
    """Keeps a reference to each task until it ends; an exception nobody awaits is emitted, never swallowed."""

    def __init__(self) -> None:
        self.failed: Signal[[BaseException, str]] = Signal()
        self._running: set[asyncio.Task[Any]] = set()
        self._closing = False

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str, *, awaited: bool = False) -> asyncio.Task[T]:
        """Starts `coroutine` on the running loop. `awaited`: the caller takes its exception, so it is not reported."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard if awaited else self._on_done)
        return task

    async def close(self) -> None:
        """Cancels what still runs and waits for it."""
        self._closing = True
        while self._running:
            running = tuple(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self._running.difference_update(running)

    def __len__(self) -> int:
        return len(self._running)

    def _on_done(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("task %s failed", task.get_name(), exc_info=error)
            self.failed.emit(error, task.get_name())
