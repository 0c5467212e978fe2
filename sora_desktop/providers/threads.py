"""Short blocking work off the loop."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

IDLE = 5.0
"""Seconds for which a thread that is done waits for something else to do."""

SPARE = "spare"
"""The name of such a thread meanwhile."""


class Spares:
    """Daemon threads that are used again: who starts a new one waits until the system lets it run, on a busy machine
    for longer than a picture of the window may take."""

    def __init__(self) -> None:
        self._came = threading.Condition()
        self._work: deque[tuple[Callable[[], object], str]] = deque()
        self._idle = 0
        """Threads that wait, less what waits for them."""

    def run(self, work: Callable[[], object], name: str) -> None:
        """Begins `work` at once, on a thread that is called `name` as long as it is at it."""
        with self._came:
            self._work.append((work, name))
            if self._idle:
                self._idle -= 1
                self._came.notify()
                return
        threading.Thread(target=self._run, name=SPARE, daemon=True).start()

    def _run(self) -> None:
        thread = threading.current_thread()
        while (item := self._next()) is not None:
            work, thread.name = item
            work()
            # What it holds is held no longer than it works.
            del item, work
            thread.name = SPARE
            with self._came:
                self._idle += 1

    def _next(self) -> tuple[Callable[[], object], str] | None:
        """What is to be done next; None after a while without."""
        with self._came:
            if self._came.wait_for(lambda: self._work, IDLE):
                return self._work.popleft()
            self._idle -= 1
            return None


spares = Spares()
"""Those of the program."""


async def in_thread(work: Callable[[], T]) -> T:
    """`work` on a daemon thread: the loop's executor would hold up the end of the program."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def finish(result: T) -> None:
        if not done.done():
            done.set_result(result)

    def fail(error: BaseException) -> None:
        if not done.done():
            done.set_exception(error)

    def run() -> None:
        with suppress(RuntimeError):  # The loop has ended: nobody waits.
            try:
                result = work()
            except BaseException as error:
                loop.call_soon_threadsafe(fail, error)
            else:
                loop.call_soon_threadsafe(finish, result)

    spares.run(run, "providers")
    return await done
