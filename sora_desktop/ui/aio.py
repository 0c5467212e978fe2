"""Qt's event loop as asyncio's, and the net under it. Nothing else in the program knows which library joins the two."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import Context
from typing import Any

import PySide6.QtCore as QtCore  # first: qasync takes whichever binding it finds
import qasync
from PySide6.QtWidgets import QApplication, QDialog

from sora_desktop.ui.calls import Calls, Later
from sora_desktop.ui.garbage import collecting

log = logging.getLogger(__name__)

Report = Callable[[BaseException, str], None]
"""(what was raised, where it was caught). Called from any thread."""

Main = Callable[[asyncio.Event], Coroutine[Any, Any, int]]
"""The program: gets the event that says "stop", answers the exit code."""


SWITCH = 0.0001
"""Seconds for which a thread may keep the interpreter while the window wants it. Each call into Qt gives it away for a
moment, and a picture of the queue is two thousand calls: with Python's own 5 ms one busy thread makes it crawl."""


class Loop(qasync.QEventLoop):
    """The joined loop. Ends where it is told to: the library's own way handles events once more after the loop has
    ended, and a task that wakes then finds no running loop. What is to be called is kept in `Calls`.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        # Nothing has been called yet: the library's own keeper of timers is empty.
        self._timer = self.calls = Calls()
        # The library's own threads are objects of Qt, and belong to Python as well: who lets go of one last is a race.
        self.set_default_executor(ThreadPoolExecutor(10, thread_name_prefix="asyncio"))

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context=context)
        self.calls.soon(handle)
        return handle

    def call_soon_threadsafe(  # pyright: ignore[reportIncompatibleMethodOverride] - as asyncio has it
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """As `call_soon`, from any thread. RuntimeError after the end of the loop."""
        handle = asyncio.Handle(callback, args, self, context=context)
        self.calls.soon_from_any_thread(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = Later(when, callback, args, self, context=context)
        self.calls.later(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """asyncio's own word for it: a call that waits for its moment was cancelled."""
        self.calls.cancelled()

    def run_until_complete(self, future: Any) -> Any:
        task = asyncio.ensure_future(future, loop=self)

        def on_done(_task: asyncio.Future[Any]) -> None:
            self.stop()

        task.add_done_callback(on_done)
        try:
            self.run_forever()
        finally:
            task.remove_done_callback(on_done)
        if not task.done():
            raise RuntimeError("the loop was stopped before its work was done")
        return task.result()


def run(app: QApplication, main: Main, report: Report) -> int:
    """Runs `main(stop)` on Qt's loop until it returns, and answers its exit code.

    `stop` is set when the last window closes, and on SIGINT and SIGTERM. Qt itself never ends the loop: that would cut
    the cleaning up short. What nobody catches, in slots, tasks, threads and destructors, goes to `report`.
    """
    app.setQuitOnLastWindowClosed(False)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    loop = Loop(app)
    asyncio.set_event_loop(loop)
    stop = asyncio.Event()
    connection = app.lastWindowClosed.connect(stop.set)
    try:
        with loop, catching(loop, report), _signals(stop), collecting():
            try:
                return loop.run_until_complete(main(stop))
            finally:
                app.lastWindowClosed.disconnect(connection)
                _finish(loop)
    finally:
        sys.setswitchinterval(interval)
        asyncio.set_event_loop(None)


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """Ends what is still running, so that nothing is destroyed while it is pending."""
    left = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in left:
        log.warning("still running at the end: %s", task.get_name())
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())


@contextmanager
def catching(loop: asyncio.AbstractEventLoop, report: Report) -> Iterator[None]:
    """Leads every exception that nobody caught to `report`, as long as the context lasts."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook

    def in_slot(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            before[0](kind, error, trace)
        else:
            report(error, "slot")

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            report(args.exc_value, f"thread {args.thread.name if args.thread else '?'}")

    def in_destructor(args: Any) -> None:
        report(args.exc_value or RuntimeError(str(args.err_msg)), f"unraisable in {args.object!r:.200}")

    def in_loop(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(str(context.get("message", "unknown")))
        if isinstance(error, asyncio.CancelledError):
            return
        task = context.get("task") or context.get("future")
        name = task.get_name() if isinstance(task, asyncio.Task) else ""
        report(error, f"loop: {context.get('message', '')} {name}".strip())

    sys.excepthook, threading.excepthook, sys.unraisablehook = in_slot, in_thread, in_destructor
    loop.set_exception_handler(in_loop)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        loop.set_exception_handler(None)


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """Sets `stop` on SIGINT and SIGTERM. Python sees a signal only between two of its own steps; a socket wakes Qt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    notifier = QtCore.QSocketNotifier(reader.fileno(), QtCore.QSocketNotifier.Type.Read)

    def on_activated() -> None:
        with suppress(BlockingIOError):
            reader.recv(64)
        stop.set()

    notifier.activated.connect(on_activated)
    old_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    old = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        signal.set_wakeup_fd(old_fd)
        for number, handler in old.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        reader.close()
        writer.close()


async def answer(dialog: QDialog) -> int:
    """Opens `dialog` and waits for its result code. Never `exec()`: a nested loop loses other tasks' wake-ups."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def on_finished(result: int) -> None:
        if not future.done():
            future.set_result(result)

    dialog.finished.connect(on_finished)
    dialog.open()
    try:
        return await future
    except asyncio.CancelledError:
        dialog.reject()
        raise
