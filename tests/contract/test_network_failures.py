"""Every way in which a call can go wrong, through a real proxy and straight: where it did, and what is said of it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sora_desktop.core.errors import FailureKind, ProviderError, Sent
from sora_desktop.core.network import Network
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from sora_desktop.providers.transport import Step
from support.network import KINDS, LOGIN, Opener, failed, impatient
from support.proxies import Authority
from support.raw_server import always, raw_server, reply, silence

pytestmark = pytest.mark.usefixtures("only_the_proxy_knows_names")


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with impatient() as one:
        yield one


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("url", ["https://api.example", "http://plain.example"])
@pytest.mark.parametrize("given", [None, "wrong-canary"])
async def test_a_login_that_is_refused(
    net: Opener, http: Http, kind: str, url: str, given: str | None, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    one = await net(kind, login=LOGIN)

    async def other() -> str | None:
        return given

    http.use(one.settings(user="me" if given else ""), other)
    error, said = await failed(http, url)
    assert (error.failure.code, error.sent, error.transient) == ("proxy_login", Sent.NOT_SENT, True)
    assert said.startswith(f"Proxy: 127.0.0.1:{one.proxy.port} does not accept")
    with pytest.raises(ProviderError) as caught:
        await http.look(f"{url}/clip.mp4")
    assert caught.value.failure.code == "proxy_login" and caught.value.transient
    assert one.server.asked == one.plain.asked == [] and "canary" not in caplog.text


@pytest.mark.parametrize("kind", KINDS)
async def test_a_proxy_that_cannot_reach_the_host(net: Opener, http: Http, kind: str):
    one = await net(kind)
    http.use(one.settings())
    error, said = await failed(http, "https://unknown.example")
    assert (error.failure.code, error.sent) == ("proxy_no_way", Sent.NOT_SENT)
    assert said.startswith(f"Proxy: 127.0.0.1:{one.proxy.port} cannot reach unknown.example")


@pytest.mark.parametrize("status", [403, 400, 501])
async def test_a_proxy_that_refuses(net: Opener, http: Http, status: int):
    one = await net(answer=status)
    http.use(one.settings())
    error, said = await failed(http)
    assert (error.failure.code, error.sent) == ("proxy_failed", Sent.NOT_SENT)
    assert "did not let the call to api.example through" in said


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_that_is_not_there(net: Opener, http: Http, kind: str):
    one = await net(kind)
    from support.raw_server import free_port

    for changes in ({"port": free_port()}, {"host": "proxy.example"}):
        http.use(one.settings(**changes))
        error, said = await failed(http)
        assert (error.failure.code, error.sent) == ("proxy_unreachable", Sent.NOT_SENT)
        assert said.startswith("Proxy: ") and "does not answer" in said


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_that_says_nothing(net: Opener, http: Http, kind: str):
    one = await net(kind, silent=True)
    impatient = Http(connect=0.2, read=0.2)
    impatient.use(one.settings())
    async with asyncio.timeout(5):
        error, _ = await failed(impatient)
        assert (error.failure.code, error.sent) == ("proxy_unreachable", Sent.NOT_SENT)
        with pytest.raises(ProviderError) as caught:  # A download has no read time-out of its own.
            async with impatient.download("https://cdn.example/clip"):
                pass
    assert caught.value.failure.code == "proxy_unreachable"
    await impatient.aclose()
    gc.collect()  # A socket left behind would be a ResourceWarning here.


async def test_a_server_of_another_kind_than_the_proxy(net: Opener, http: Http):
    one = await net()
    http.use(one.settings(scheme="socks5", port=one.plain.port))
    one.plain.handler = always(reply(400, b"what?"))
    error, said = await failed(http)
    assert error.failure.code in {"proxy_failed", "proxy_unreachable"} and said.startswith("Proxy: ")
    async with plain_speaking() as port:
        http.use(one.settings(scheme="https", port=port))
        error, said = await failed(http)
    assert error.sent is Sent.NOT_SENT and said.startswith("Proxy: ")


async def test_a_manual_proxy_that_is_not_entered_or_locked(net: Opener, http: Http):
    one = await net(login=LOGIN)
    http.use(one.settings(mode="none", host=""))
    error, said = await failed(http, route="manual")
    assert error.failure.code == "proxy_missing" and error.transient and said.startswith("Proxy: ")

    async def locked() -> str | None:
        return None

    http.use(one.settings(), locked)
    error, said = await failed(http)
    assert error.failure.code == "proxy_locked" and error.transient and "locked" in said
    assert one.proxy.asked == []


@pytest.mark.parametrize("kind", KINDS)
async def test_tls_that_fails_is_no_fault_of_the_proxy(net: Opener, http: Http, kind: str, authority: Authority):
    one = await net(kind)
    http.use(one.settings())
    error, said = await failed(http, "https://nameless.example")
    assert (error.failure.code, error.failure.args["step"]) == ("tls_name", Step.TLS)
    assert said.startswith("TLS: the certificate of nameless.example belongs to another name")
    async with plain_speaking() as port:
        one.proxy.hosts = {"plain.example": port}
        error, said = await failed(http, "https://plain.example")
    assert (error.failure.code, error.sent) == ("tls_none", Sent.NOT_SENT)
    assert said.startswith("TLS: plain.example does not speak it on this port")


@asynccontextmanager
async def plain_speaking() -> AsyncIterator[int]:
    """The port of a server that answers a TLS greeting in plain HTTP, as web servers do."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(reply(400, "The plain HTTP request was sent to HTTPS port"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_ca_file_is_needed_and_used(net: Opener, http: Http, ca_file: str):
    one = await net()
    http.use(Network(mode="none"))
    error, said = await failed(http, one.server.url)
    assert (error.failure.code, error.sent) == ("tls_unknown_ca", Sent.NOT_SENT)
    assert "choose its CA file in Settings, Network" in said and said.startswith("TLS: ")
    http.use(Network(mode="none", ca_file=ca_file))
    assert (await http.call(Connection(one.server.url), "GET", "/x")).ok


@pytest.mark.parametrize(("content", "code"), [(None, "ca_missing"), (b"", "ca_broken"), (b"no\xff", "ca_broken"),
    (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ca_broken")])  # fmt: skip
async def test_a_ca_file_that_is_none(http: Http, tmp_path: Path, content: bytes | None, code: str):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    http.use(Network(mode="none", ca_file=str(path)))
    await http.warm()
    error, said = await failed(http, "http://127.0.0.1:9")
    assert (error.failure.code, error.sent, error.transient) == (code, Sent.NOT_SENT, True)
    assert said.startswith("TLS: the CA file") and str(path) in said
    assert error.failure.kind is FailureKind.NETWORK


async def test_a_ca_file_that_comes_later_is_taken(http: Http, tmp_path: Path, net: Opener, authority: Authority):
    one = await net()
    path = tmp_path / "later.der"
    http.use(Network(mode="none", ca_file=str(path)))
    assert (await failed(http, one.server.url))[0].failure.code == "ca_missing"
    import ssl

    path.write_bytes(ssl.PEM_cert_to_DER_cert(authority.pem.decode()))
    assert (await http.call(Connection(one.server.url), "GET", "/x")).ok


async def test_steps_of_the_straight_way(http: Http):
    from support.raw_server import free_port

    http.use(Network(mode="none"))
    assert (await failed(http, "https://gone.example"))[1].startswith("DNS: no address was found for gone.example")
    port = free_port()
    assert (await failed(http, f"http://127.0.0.1:{port}"))[1].startswith(f"TCP: 127.0.0.1:{port} refuses")
    slow = Http(connect=0.2)
    async with raw_server(silence) as server:
        said = (await failed(slow, server.url.replace("http:", "https:")))[1]
        assert said.startswith("TLS: ") and "handshake" in said
    await slow.aclose()
