"""Starts the simulator: its state, two ports of loopback, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from sora_desktop.simulator import control, globalaiopc, globalaiopc_v2, media, openai_videos, retention, rivya
from sora_desktop.simulator.clock import Clock
from sora_desktop.simulator.faults import Faults
from sora_desktop.simulator.ledger import Ledger
from sora_desktop.simulator.media import KeyGuard
from sora_desktop.simulator.record import Record, Recorder
from sora_desktop.simulator.rendering import Rendering
from sora_desktop.simulator.store import Store
from sora_desktop.simulator.tasks import Outcome
from sora_desktop.simulator.wire import Protocol
from sora_desktop.simulator.world import World

HOST = "127.0.0.1"
LOCK_SECONDS = 10.0
"""How long to wait for one that is just ending to let go of the state folder."""
KEEP_ALIVE_SECONDS = 75
END_SECONDS = 1
SWITCH_SECONDS = 0.0005


class CannotStart(Exception):
    """The folder or the port is not to be had; the text says which."""


def run(
    port: int,
    state: Path,
    pace: float = 1.0,
    *,
    media_port: int = 0,
    watch_stdin: bool = False,
    record: bool = False,
    light: bool = False,
    ready: Callable[[dict[str, object]], None] | None = None,
) -> None:
    """Serves until SIGTERM, SIGINT or (with `watch_stdin`) the end of standard input.

    Port 0 means any, but the one of last time when it is free. `pace` is a factor on all waiting times. `record`
    keeps the requests, with their keys, in the state folder; otherwise they stay in memory. `light` renders small
    clips and does not wait for the disk. `ready` is given the addresses; without it they are printed as one line of
    JSON. Raises CannotStart.
    """
    for folder in (state, state / "media", state / "files"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(state / "simulator.lock")
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise CannotStart(f"another simulator uses {state}") from None
    # The renderer's thread would hold the interpreter for 5 ms each time that an answer needs it.
    sys.setswitchinterval(SWITCH_SECONDS)
    with lock, contextlib.closing(Store(state / "simulator.sqlite", light=light)) as store:
        api, files = _listen(store, "port", port), _listen(store, "media_port", media_port)
        world = _world(store, state, pace, files.getsockname()[1], record=record, light=light)
        with contextlib.closing(world.record):
            asyncio.run(_serve(world, api, files, watch_stdin, ready or _print))


def _world(store: Store, state: Path, pace: float, media_port: int, *, record: bool, light: bool) -> World:
    clock = Clock(store)
    secret = store.setting("secret", "") or secrets.token_hex(32)
    store.set_setting("secret", secret)
    return World(
        state=state,
        pace=pace,
        media_origin=f"http://{HOST}:{media_port}",
        store=store,
        clock=clock,
        ledger=Ledger(store, clock, pace),
        faults=Faults(),
        record=Record(state / "requests.sqlite" if record else None),
        rendering=Rendering(state / "media", light=light),
        secret=bytes.fromhex(secret),
    )


def _listen(store: Store, name: str, port: int) -> socket.socket:
    """A bound socket; its port is remembered, because jobs keep the addresses they were given."""
    wanted = [port] if port else [int(store.setting(name, "0")), 0]
    problem = ""
    for candidate in wanted:
        # With the protocol named, asyncio sends the head and the body of an answer without waiting in between (40 ms).
        bound = socket.socket(proto=socket.IPPROTO_TCP)
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, candidate))
        except OSError as error:
            bound.close()
            problem = f"port {candidate} cannot be used: {error.strerror}"
            continue
        store.set_setting(name, str(bound.getsockname()[1]))
        return bound
    raise CannotStart(problem)


def api_app(world: World) -> ASGIApp:
    dialects = (rivya, globalaiopc, globalaiopc_v2, openai_videos)
    routes = [*(each for dialect in dialects for each in dialect.routes(world)), *control.routes(world)]

    async def no_such_call(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(f"{openai_videos.BASE}/"):
            return openai_videos.no_such_call(request, world.manners.openai_videos)
        return await _no_such_call(request, error)

    return Recorder(Starlette(routes=routes, exception_handlers={HTTPException: no_such_call}), world.record)


def media_app(world: World) -> ASGIApp:
    app = Starlette(routes=media.routes(world), exception_handlers={HTTPException: _no_such_call})
    return Recorder(KeyGuard(app, world), world.record)


async def _no_such_call(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    words = {"code": "not_found" if status == 404 else "method_not_allowed", "message": "There is no such call."}
    request_id = f"req_{secrets.token_hex(10)}"
    return JSONResponse({"error": words | {"requestId": request_id}}, status)


class _Server(uvicorn.Server):
    """uvicorn without its own hands on the signals: two of them run here."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=END_SECONDS,
            )
        )
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


async def _serve(
    world: World,
    api: socket.socket,
    files: socket.socket,
    watch_stdin: bool,
    ready: Callable[[dict[str, object]], None],
) -> None:
    async with _rendering(world):
        pairs = [(_Server(api_app(world)), api), (_Server(media_app(world)), files)]
        serving = [asyncio.create_task(server.serve([listener])) for server, listener in pairs]
        for server, _listener in pairs:
            await server.listening.wait()
        _end_on_signals(world.stopping)
        if watch_stdin:
            _end_with_stdin(world.stopping)
        port = api.getsockname()[1]
        origin = f"http://{HOST}:{port}"
        ready(
            {
                "port": port,
                "rivya": f"{origin}/rivya",
                "globalaiopc": f"{origin}/globalaiopc",
                "openai_videos": f"{origin}/openai",
                "media": world.media_origin,
                "pid": os.getpid(),
            }
        )
        await world.stopping.wait()
        for server, _listener in pairs:
            server.should_exit = True
        await asyncio.gather(*serving)


@contextlib.asynccontextmanager
async def _rendering(world: World) -> AsyncIterator[None]:
    """The renderer while the simulator runs; what a kill interrupted is rendered first."""

    def done(task_id: str, etag: str) -> None:
        world.ledger.rendered(task_id, etag)
        retention.forget_old(world)

    def failed(task_id: str, reason: str) -> None:
        world.ledger.direct(task_id, Outcome("fail", "generation_failed", f"The clip could not be made: {reason}"))

    world.rendering.start(done, failed)
    try:
        for task in world.ledger.unrendered():
            world.rendering.submit(task)
        yield
    finally:
        world.rendering.close()


def _end_on_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopping.set)
        except NotImplementedError:
            # Windows: its loop knows no signal handlers.
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(stopping.set))


def _end_with_stdin(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def watch() -> None:
        # os.read, not sys.stdin: a buffered reader that waits holds a lock the interpreter wants at its end.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stopping.set)

    threading.Thread(target=watch, name="standard input", daemon=True).start()


def _print(addresses: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
