"""Real proxies on loopback: HTTP (forwarding and CONNECT), the same over TLS, and SOCKS 5. Each keeps a book.

They know names that nobody else does: `hosts` leads a host to a port of this machine, so that a call which arrives came
through here and was resolved here.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme


@dataclass
class ProxyServer:
    """`passed` holds "host:port" of every call that was let through, `asked` of every one that came with how it was
    asked for. `login` is what it wants, `answer` what it says to every CONNECT instead (a status)."""

    kind: str
    hosts: Mapping[str, int]
    login: tuple[str, str] | None = None
    answer: int = 0
    silent: bool = False
    port: int = 0
    passed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    open: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.silent:
                await reader.read()
            elif self.kind == "socks5":
                await self._socks(reader, writer)
            else:
                await self._http(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.asked.append(f"{method} {target}")
        if self.login is not None:
            wanted = base64.b64encode(":".join(self.login).encode()).decode()
            if headers.get("proxy-authorization") != f"Basic {wanted}":
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
        if method == "CONNECT":
            if self.answer:
                writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % self.answer)
                return
            host, _, port = target.rpartition(":")
            far = await self._connected(host, int(port))
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n" if far else b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            if far:
                await _piped(reader, writer, *far)
            return
        rest = target.removeprefix("http://")
        place, _, path = rest.partition("/")
        host, _, port = place.partition(":")
        far = await self._connected(host, int(port or 80))
        if far is None:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
        far[1].write("\r\n".join([f"{method} /{path} HTTP/1.1", *kept, "Connection: close", "", ""]).encode("latin-1"))
        await _piped(reader, writer, *far)

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        method = 2 if self.login is not None else 0
        if method not in offered:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes([5, method]))
        if self.login is not None:
            await reader.readexactly(1)
            name = await reader.readexactly((await reader.readexactly(1))[0])
            word = await reader.readexactly((await reader.readexactly(1))[0])
            good = (name.decode(), word.decode()) == self.login
            writer.write(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, await reader.readexactly(size))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"SOCKS {host}:{port}")
        far = await self._connected(host, port)
        writer.write(bytes([5, 0 if far else 4, 0, 1, 0, 0, 0, 0, 0, 0]))
        if far:
            await _piped(reader, writer, *far)

    async def _connected(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if host not in self.hosts:
            return None
        self.passed.append(f"{host}:{port}")
        return await asyncio.open_connection("127.0.0.1", self.hosts[host])


async def _piped(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far: asyncio.StreamReader, away: asyncio.StreamWriter
) -> None:
    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        finally:
            sink.close()

    await asyncio.gather(copy(reader, away), copy(far, writer), return_exceptions=True)


@asynccontextmanager
async def proxy_server(
    kind: str, hosts: Mapping[str, int], *, tls: ssl.SSLContext | None = None, **options: object
) -> AsyncIterator[ProxyServer]:
    """`kind` is "http", "https" (with `tls`) or "socks5"."""
    server = ProxyServer(kind, hosts, **options)  # type: ignore[arg-type]

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server.serve(reader, writer))
        server.open.add(task)
        task.add_done_callback(server.open.discard)

    listening = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tuple(server.open):
            task.cancel()
        await asyncio.gather(*server.open, return_exceptions=True)


class Authority:
    """A CA of the test's own, which nothing on the machine vouches for."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    @property
    def pem(self) -> bytes:
        return self._ca.cert_pem.bytes()

    def context(self, *names: str) -> ssl.SSLContext:
        """A server's context for these hosts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context
