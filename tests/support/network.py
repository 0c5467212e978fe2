"""A network of the test's own: servers that only a proxy knows, calls into it, and what is said of one that fails."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from sora_desktop.core.errors import ProviderError, Sent
from sora_desktop.core.network import Network
from sora_desktop.core.sentences import say
from sora_desktop.engine.diagnosis import explained
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from support.proxies import Authority, ProxyServer, proxy_server
from support.raw_server import Asked, RawServer, raw_server, reply

KEY = "rvya_sk_canary_0123456789abcdef"
LOGIN = ("me", "proxy-canary-4711")
KINDS = ("http", "https", "socks5")
DATA = b"\x00\x00\x00\x18ftypmp42" + b"x" * 5000


def no_names_but_the_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy from outside; and nobody but the proxy can look a name of the test up."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    real = socket.getaddrinfo

    def getaddrinfo(host: object, *rest: object, **more: object) -> object:
        if str(host).endswith((".example", ".test")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)


@asynccontextmanager
async def impatient() -> AsyncIterator[Http]:
    """Gives everything up after a second."""
    one = Http(connect=1.0, read=1.0, write=1.0, pool=1.0)
    try:
        yield one
    finally:
        await one.aclose()
        await asyncio.get_running_loop().shutdown_default_executor()


async def anything(asked: Asked, writer: object) -> None:
    """A service with an API, files and a bucket."""
    answer = reply(200, DATA, {"content-type": "video/mp4"}) if "clip" in asked.target else reply(200, {"id": "task-1"})
    writer.write(answer)  # type: ignore[attr-defined]
    await writer.drain()  # type: ignore[attr-defined]


class Net:
    """A TLS server as api.example, cdn.example and bucket.example, a plain one as plain.example, and a proxy."""

    def __init__(self, server: RawServer, plain: RawServer, proxy: ProxyServer, ca_file: str) -> None:
        self.server, self.plain, self.proxy = server, plain, proxy
        self._ca_file = ca_file

    def settings(self, **changes: object) -> Network:
        asked = {"mode": "manual", "scheme": self.proxy.kind, "host": "127.0.0.1", "port": self.proxy.port}
        asked |= {"user": self.proxy.login[0] if self.proxy.login else "", "ca_file": self._ca_file}
        return Network.model_validate(asked | changes)

    def environment(self, monkeypatch: pytest.MonkeyPatch, login: tuple[str, str] | None = None) -> None:
        at = f"{':'.join(login)}@" if login else ""
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"{self.proxy.kind}://{at}127.0.0.1:{self.proxy.port}")


Opener = Callable[..., Awaitable[Net]]


@asynccontextmanager
async def nets(authority: Authority, ca_file: str) -> AsyncIterator[Opener]:
    """What opens such networks; they are closed at the end."""
    async with AsyncExitStack() as stack:

        async def opened(kind: str = "http", handler: object = anything, **options: object) -> Net:
            names = ("api.example", "cdn.example", "bucket.example", "127.0.0.1")
            server = await stack.enter_async_context(raw_server(handler, tls=authority.context(*names)))  # type: ignore[arg-type]
            plain = await stack.enter_async_context(raw_server(handler))  # type: ignore[arg-type]
            hosts = dict.fromkeys(("api.example", "cdn.example", "bucket.example"), server.port)
            hosts |= {"plain.example": plain.port, "nameless.example": server.port, "10.1.2.3": plain.port}
            tls = authority.context("127.0.0.1") if kind == "https" else None
            proxy = await stack.enter_async_context(proxy_server(kind, hosts, tls=tls, **options))
            return Net(server, plain, proxy, ca_file)

        yield opened


async def password() -> str | None:
    return LOGIN[1]


async def failed(http: Http, url: str = "https://api.example", route: str = "default") -> tuple[ProviderError, str]:
    """The error, and the one sentence that is said of it. Nothing of the proxy's login is in either."""
    with pytest.raises(ProviderError) as caught:
        await http.call(Connection(url, KEY, route=route), "POST", "/x", json_body=b"{}")
    error = caught.value
    assert error.sent is not Sent.AMBIGUOUS
    diagnosis = explained(error, url)
    said = say(diagnosis.code, diagnosis.args)
    assert "…" not in said and not diagnosis.ok
    everything = "".join(traceback.format_exception(error)) + error.failure.model_dump_json() + repr(diagnosis) + said
    assert "canary" not in everything
    return error, said
