"""The wire below HTTP: connections that are reset, cut or left hanging on command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

NO_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset instead of what is left."""


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, which hands each request the transport it came by."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


async def reset(request: Request) -> None:
    """Ends the connection with a TCP reset; what was not sent yet is lost, what was not read yet stays unread."""
    transport: asyncio.Transport = request.scope["state"]["transport"]
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
    await gone(request.receive)


async def hang_up(request: Request) -> None:
    """Ends the connection after what was written has gone out."""
    transport: asyncio.Transport = request.scope["state"]["transport"]
    transport.close()
    await gone(request.receive)


async def gone(receive: Receive) -> None:
    """Waits until the connection is no more."""
    while (await receive())["type"] != "http.disconnect":
        pass


class NoAnswer(Response):
    """What is answered where nothing is to be answered: the request ends with the connection."""

    def __init__(self, request: Request, how: str, stopping: asyncio.Event) -> None:
        super().__init__()
        self._request = request
        self._how = how
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._how == "reset":
            await reset(self._request)
        else:
            await until_gone(self._request, self._stopping)


async def until_gone(request: Request, stopping: asyncio.Event) -> None:
    """Says nothing until the other side gives up, or the simulator ends."""
    waiting = {asyncio.ensure_future(gone(request.receive)), asyncio.ensure_future(stopping.wait())}
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    if stopping.is_set():
        await reset(request)
