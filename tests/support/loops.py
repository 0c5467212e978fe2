"""Qt's loop and asyncio's as one, for tests that are plain functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtWidgets import QApplication

from sora_desktop.ui.aio import Loop

T = TypeVar("T")


class Run:
    """`run(coroutine)` runs it to its end; `run.until(condition)` pumps Qt and asyncio until the condition holds.

    The loop counts as running for the whole test body, as it does in the program: a slot called by a click may make
    tasks, and `qtbot.wait*` runs them too.
    """

    def __init__(self, app: QApplication) -> None:
        self.loop = Loop(app)
        asyncio.set_event_loop(self.loop)
        self._count_as_running(True)

    def __call__(self, coroutine: Coroutine[Any, Any, T], timeout: float = 20) -> T:
        """Runs `coroutine` to its end and answers its result. TimeoutError after `timeout` seconds."""
        self._count_as_running(False)
        try:
            return self.loop.run_until_complete(asyncio.wait_for(coroutine, timeout))
        finally:
            self._count_as_running(True)

    def until(self, condition: Callable[[], Any], timeout: float = 30, message: str = "") -> None:
        """Returns as soon as `condition()` is true; AssertionError after `timeout` seconds."""

        async def wait() -> bool:
            end = self.loop.time() + timeout
            while not condition():
                if self.loop.time() > end:
                    return False
                await asyncio.sleep(0.005)
            return True

        assert self(wait(), timeout + 10), message or f"still not true after {timeout} s: {condition}"

    def close(self) -> list[str]:
        """Ends what still runs and answers the names of those tasks."""
        self._count_as_running(False)
        left = [task for task in asyncio.all_tasks(self.loop) if not task.done()]
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        asyncio.set_event_loop(None)
        return [repr(task) for task in left]

    def _count_as_running(self, running: bool) -> None:
        asyncio._set_running_loop(self.loop if running else None)
