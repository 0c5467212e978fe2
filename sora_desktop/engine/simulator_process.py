"""The built-in simulator as a child process: started when it is first needed, started again when it died."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import urlsplit

from sora_desktop.core.accounts import LOOPBACK
from sora_desktop.core.errors import UserError
from sora_desktop.storage.paths import Paths

T = TypeVar("T")

START_SECONDS = 30.0
"""A cold start of Python with everything imported takes a few seconds on a slow disk."""
STOP_SECONDS = 3.0
LAST_WORDS = 300
"""Characters of the child's own complaint that are shown."""


class SimulatorProcess:
    """One child that serves every built-in account. It ends with this process: it watches its standard input.

    Its address may change between two calls, so it is asked for at each. With `owner` false another process has the
    data folder; its simulator is used while it answers. subprocess.Popen and threads, not asyncio's child processes:
    those need a child watcher, which Qt's loop does not have on every platform.
    """

    def __init__(self, paths: Paths, pace: float = 1.0, *, owner: bool = True, light: bool = False) -> None:
        self._state = paths.simulator
        self._complaints = paths.logs / "simulator.log"
        self._address = paths.simulator / "address.json"
        self._pace = pace
        self._owner = owner
        self._light = light
        self._child: _Child | None = None
        self._starting = asyncio.Lock()

    async def base_urls(self) -> Mapping[str, str]:
        """The address of each dialect by provider id. Starts the child when there is none alive.

        Raises UserError `simulator_failed` with the child's own words when it does not start.
        """
        async with self._starting:
            if self._child is not None and self._child.alive:
                return self._child.urls
            if not self._owner and (urls := await _on_thread(self._running_elsewhere)):
                return urls
            dead, self._child = self._child, None
            if dead is not None:
                await _on_thread(dead.end)
            child = self._child = await self._start()
            return child.urls

    @property
    def pid(self) -> int | None:
        """The child's process id while it lives."""
        return self._child.process.pid if self._child and self._child.alive else None

    async def close(self) -> None:
        """Ends the child: politely, then not."""
        async with self._starting:
            child, self._child = self._child, None
            if child is not None:
                await _on_thread(child.end)

    async def _start(self) -> _Child:
        child = _Child(self._command(), self._complaints)
        try:
            await asyncio.wrap_future(_call_on_thread(child.wait_ready))
            await _on_thread(lambda: self._remember(child))
        except BaseException:
            # Also when the caller is cancelled: nobody else knows this child.
            await _on_thread(child.end)
            raise
        return child

    def _command(self) -> list[str]:
        # A frozen program is its own interpreter and takes no -m.
        program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "sora_desktop"]
        # Port 0: the simulator takes the one of last time where it is free, because jobs keep addresses.
        arguments = ["--port", "0", "--state", str(self._state), "--pace", f"{self._pace:g}", "--watch-stdin"]
        light = ["--light"] if os.environ.get("SORA_DESKTOP_LIGHT") else []  # For tests, as SORA_DESKTOP_PACE is.
        return [*program, "simulate", *arguments, *light]

    def _remember(self, child: _Child) -> None:
        """For other processes that look at this data folder."""
        with contextlib.suppress(OSError), _private(self._address) as file:
            file.write(json.dumps({"port": child.port, **child.urls}).encode())

    def _running_elsewhere(self) -> dict[str, str]:
        try:
            port, urls = _understood(self._address.read_text(encoding="utf-8"))
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return urls
        except (OSError, ValueError):
            return {}


class _Child:
    """One process, from its start to its end. Its methods block: they are for a thread."""

    def __init__(self, command: list[str], complaints: Path) -> None:
        self.urls: dict[str, str] = {}
        self.port = 0
        self._complaints = complaints
        self._ready: Future[str] = Future()
        try:
            with _private(complaints) as errors:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=_environment(),
                    # Ctrl+C in a terminal is ours to answer, not the child's.
                    start_new_session=os.name == "posix",
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError as error:
            raise UserError("simulator_failed", reason=str(error)) from error
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout,), name="simulator", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_ready(self) -> None:
        """Waits until the child said where it is. Raises UserError when it ends or says nothing."""
        try:
            self.port, self.urls = _understood(self._ready.result(START_SECONDS))
        except TimeoutError:
            raise UserError("simulator_failed", reason=f"it said nothing for {START_SECONDS:g} seconds.") from None
        except ValueError:
            self._ended(STOP_SECONDS)
            raise UserError("simulator_failed", reason=self._last_words()) from None

    def end(self) -> None:
        """Waits until the child is gone. The end of its standard input is the polite way."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if not self._ended(STOP_SECONDS):
            self.process.kill()
            self.process.wait()
        self._reader.join()

    def _ended(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self, output: IO[bytes]) -> None:
        """The first line says where the child is; the rest is read away, so that a full pipe never stops it."""
        with output:
            self._ready.set_result(output.readline(10_000).decode("utf-8", "replace"))
            while output.readline(10_000):
                pass

    def _last_words(self) -> str:
        try:
            words = self._complaints.read_text(encoding="utf-8", errors="replace").split()
        except OSError:
            words = []
        return " ".join(words)[-LAST_WORDS:] or f"it ended with code {self.process.returncode}."


def _private(file: Path) -> IO[bytes]:
    """`file`, emptied, for its owner only."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _understood(line: str) -> tuple[int, dict[str, str]]:
    """Port and addresses of a ready line. Raises ValueError for anything else."""
    told: Any = json.loads(line)
    if not isinstance(told, dict):
        raise ValueError("no object")
    port: object = told.get("port")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(port, int) or not 0 < port <= 65535:
        raise ValueError("no port")
    urls = {str(key): value for key, value in told.items() if isinstance(value, str)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if not urls or any(urlsplit(url).hostname not in LOOPBACK for url in urls.values()):
        raise ValueError("no address on this machine")
    return port, urls


def _environment() -> dict[str, str]:
    """The child needs no key of ours."""
    return {name: value for name, value in os.environ.items() if name != "SORA_DESKTOP_KEY"}


def _call_on_thread(work: Callable[[], T]) -> Future[T]:
    """Runs what blocks on a thread of its own, which never delays the end of the program."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from here on nobody can cancel it under the thread's feet

    def run() -> None:
        try:
            answer = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(answer)

    threading.Thread(target=run, name="simulator process", daemon=True).start()
    return future


async def _on_thread(work: Callable[[], T]) -> T:
    return await asyncio.shield(asyncio.wrap_future(_call_on_thread(work)))
