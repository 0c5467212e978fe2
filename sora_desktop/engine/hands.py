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


class Hands:
    """At most `count` threads, made when they are needed. They are daemons: Python itself would wait for others."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._threads: list[threading.Thread] = []
        self._awaited: set[asyncio.Future[Any]] = set()
        self._work: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` answers or raises. One that is cancelled before its turn is not begun."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._work.put((future, work))
        if len(self._threads) < self._count:
            self._threads.append(threading.Thread(target=self._run, name=self._name, daemon=True))
            self._threads[-1].start()
        self._awaited.add(future)
        try:
            return await future
        finally:
            self._awaited.discard(future)

    def abandon(self) -> None:
        """Whoever waits for an answer is cancelled; what is under way may go on."""
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
            with suppress(RuntimeError):  # The loop has ended: nobody waits.
                try:
                    answer = work()
                except BaseException as error:
                    future.get_loop().call_soon_threadsafe(_fail, future, error)
                else:
                    future.get_loop().call_soon_threadsafe(_finish, future, answer)
            del future, work


def _finish(future: asyncio.Future[Any], answer: object) -> None:
    if not future.done():
        future.set_result(answer)


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
