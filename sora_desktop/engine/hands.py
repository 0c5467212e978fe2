"""A few threads for what blocks. A disk that hangs holds them, but not the end of the program."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that the end of the program waits for what is under way, at each step."""
HUNG = 30.0
"""Seconds after which a thread that is at the same work is not counted on any more."""
MOST_HUNG = 8


class Hands:
    """At most `count` threads that work, made when they are needed; one that hangs is replaced by another.

    They are daemons: at the end of the program Python itself would wait for others.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._threads: list[threading.Thread] = []
        self._begun: dict[threading.Thread, float] = {}
        """When each thread began what it is at."""
        self._awaited: set[asyncio.Future[Any]] = set()
        self._abandoned = False
        self._work: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` answers or raises. One that is cancelled before its turn is not begun."""
        if self._abandoned:
            raise asyncio.CancelledError
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._work.put((future, work))
        hung = sum(time.monotonic() - begun > HUNG for begun in tuple(self._begun.values()))
        if len(self._threads) < self._count + min(hung, MOST_HUNG):
            self._threads.append(threading.Thread(target=self._run, name=self._name, daemon=True))
            self._threads[-1].start()
        self._awaited.add(future)
        try:
            return await future
        finally:
            self._awaited.discard(future)

    def abandon(self) -> None:
        """Whoever waits for an answer, or comes for one later, is cancelled; what is under way may go on."""
        self._abandoned = True
        for future in tuple(self._awaited):
            future.cancel()

    def close(self) -> None:
        """Begins nothing more and waits for what is under way, a short while."""
        self.abandon()
        threads, self._threads = self._threads, []
        for _ in threads:
            self._work.put(None)
        until = time.monotonic() + PATIENCE
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            future, work = item
            if future.cancelled():
                continue
            self._begun[threading.current_thread()] = time.monotonic()
            with suppress(RuntimeError):  # The loop has ended: nobody waits.
                try:
                    answer = work()
                except BaseException as error:
                    future.get_loop().call_soon_threadsafe(_fail, future, error)
                else:
                    future.get_loop().call_soon_threadsafe(_finish, future, answer)
            del self._begun[threading.current_thread()], item, future, work


def _finish(future: asyncio.Future[Any], answer: object) -> None:
    if not future.done():
        future.set_result(answer)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
