"""The door to the network over real sockets: every way a call can go wrong, and where the key goes."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_desktop.core.errors import FailureKind, ProviderError, Sent
from sora_desktop.core.sentences import say
from sora_desktop.engine.diagnosis import explained
from sora_desktop.providers import ways
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from support.raw_server import (
    Asked,
    RawServer,
    always,
    free_port,
    in_turn,
    raw_server,
    reply,
    reset,
    silence,
    then_close,
)

KEY = "rvya_sk_canary_0123456789abcdef"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    one = Http(connect=2.0, read=0.4, write=2.0, pool=0.5, limit=100_000)
    yield one
    await one.aclose()
    await asyncio.get_running_loop().shutdown_default_executor()


def to(server: RawServer) -> Connection:
    return Connection(server.url, KEY)


async def failing(http: Http, connection: Connection, method: str = "POST", path: str = "/v1/x") -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await http.call(connection, method, path, json_body=b"{}" if method == "POST" else None)
    error = caught.value
    assert error.__cause__ is None and error.__context__ is None
    assert "canary" not in "".join(traceback.format_exception(error)) + error.failure.model_dump_json()
    return error


async def test_an_answer_and_what_was_asked(http: Http):
    async with raw_server(always(reply(200, {"id": 1}, {"X-Request-Id": "r", "Set-Cookie": "a=b"}))) as server:
        answer = await http.call(to(server), "POST", "/v1/x", json_body=b'{"a":1}', headers={"idempotency-key": "k"})
        assert (answer.status, answer.record(), answer.header("X-Request-ID")) == (200, {"id": 1}, "r")
        assert answer.milliseconds > 0
        for _ in range(2):
            await http.call(to(server), "GET", "/v1/y")
            await http.call(to(server), "POST", "/v1/y", json_body=b"{}")
    first, *others = server.asked
    assert (first.method, first.target, first.body) == ("POST", "/v1/x", b'{"a":1}')
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["idempotency-key"] == "k"
    assert first.headers["accept-encoding"] == "identity"
    assert first.headers["user-agent"].startswith("Sora-Desktop/")
    assert not any("cookie" in asked.headers for asked in others)


async def test_no_key_no_header(http: Http):
    async with raw_server(always(reply(200, {}))) as server:
        await http.call(Connection(server.url), "GET", "/v1/x")
    assert "authorization" not in server.asked[0].headers


async def test_a_path_under_a_base_with_a_path(http: Http):
    async with raw_server(always(reply(200, {}))) as server:
        for place in ("..%2Fx", "a%2Fb", "%3Fq%23f"):
            await http.call(Connection(f"{server.url}/base/"), "GET", f"/v1/result/{place}")
    assert [asked.target for asked in server.asked] == [
        "/base/v1/result/..%2Fx",
        "/base/v1/result/a%2Fb",
        "/base/v1/result/%3Fq%23f",
    ]


async def test_polls_share_a_connection_and_creates_never_do(http: Http):
    async with raw_server(always(reply(200, {}))) as server:
        for _ in range(3):
            await http.call(to(server), "GET", "/v1/x")
        assert server.connections == 1
        for _ in range(3):
            await http.call(to(server), "POST", "/v1/x", json_body=b"{}")
        assert server.connections == 4


# Before a byte has left.


async def test_refused(http: Http):
    error = await failing(http, Connection(f"http://127.0.0.1:{free_port()}", KEY))
    assert (error.failure.code, error.sent, error.transient) == ("connect_refused", Sent.NOT_SENT, True)


async def test_no_such_name(http: Http, monkeypatch: pytest.MonkeyPatch):
    def getaddrinfo(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    error = await failing(http, Connection("https://nowhere.example", KEY))
    assert (error.failure.code, error.sent) == ("dns_failed", Sent.NOT_SENT)
    assert error.failure.args["host"] == "nowhere.example"


async def test_no_tls_at_the_other_end(http: Http):
    async with raw_server(then_close(b"HTTP/1.1 400 no TLS here\r\n\r\n")) as server:

        async def plain(asked: Asked, writer: asyncio.StreamWriter) -> None: ...

        server.handler = plain
        error = await failing(http, Connection(server.url.replace("http:", "https:"), KEY))
    assert error.sent is Sent.NOT_SENT
    assert error.failure.code == "connect_timeout"


async def test_a_certificate_of_nobody(http: Http, tmp_path: Path):
    async with raw_server(always(reply(200, {})), tls=own_certificate(tmp_path)) as server:
        error = await failing(http, to(server))
    assert (error.failure.code, error.sent) == ("tls_unknown_ca", Sent.NOT_SENT)
    assert server.asked == []


async def test_a_handshake_that_never_ends(http: Http):
    slow = Http(connect=0.2)
    async with raw_server(silence) as server:
        error = await failing(slow, Connection(server.url.replace("http:", "https:"), KEY))
        assert (error.failure.code, error.sent) == ("connect_timeout", Sent.NOT_SENT)
    await slow.aclose()


@pytest.mark.parametrize("base", ["http://", "https://user:geheim@h", "file:///etc", "http://h:99999", "http://ho st"])
async def test_no_address(http: Http, base: str):
    error = await failing(http, Connection(base, KEY))
    assert (error.failure.code, error.sent, error.transient) == ("url_invalid", Sent.NOT_SENT, False)


@pytest.mark.parametrize("host", ["xn--a.example", "a..b", "-.example", "\u2100.example"])
async def test_odd_hosts_are_errors_of_the_address_or_the_way(http: Http, host: str):
    error = await failing(http, Connection(f"http://{host}", KEY))
    assert error.sent is Sent.NOT_SENT


async def test_a_key_no_header_can_carry(http: Http):
    with pytest.raises(ProviderError) as caught:
        await http.call(Connection("http://127.0.0.1:1", "sk\nx"), "GET", "/v1/x")
    assert (caught.value.failure.code, caught.value.failure.kind) == ("key_bad_character", FailureKind.KEY)


# After it has left.


async def test_a_reset_after_the_request(http: Http):
    async with raw_server(reset) as server:
        error = await failing(http, to(server))
    assert (error.failure.code, error.sent, error.transient) == ("answer_lost", Sent.AMBIGUOUS, True)
    assert len(server.asked) == 1


async def test_no_answer_in_time(http: Http):
    async with raw_server(silence) as server:
        error = await failing(http, to(server))
    assert (error.failure.code, error.sent) == ("answer_lost", Sent.AMBIGUOUS)


@pytest.mark.parametrize(
    "data",
    [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\ncontent-le", reply(200, {"id": "x" * 50})[:-9],
     b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
     b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", b"\x00" * 200_000],
    ids=["closed", "other protocol", "half a head", "half a body", "two lengths", "half a chunk", "zeros"],
)  # fmt: skip
async def test_broken_answers(http: Http, data: bytes):
    async with raw_server(then_close(data)) as server:
        error = await failing(http, to(server))
    assert (error.failure.code, error.sent, error.transient) == ("answer_lost", Sent.AMBIGUOUS, True)
    assert len(server.asked) == 1


async def test_a_kept_connection_that_died_is_not_blamed_on_a_create(http: Http):
    """The service closes after each answer without saying so; a create behind it has a connection of its own."""
    async with raw_server(then_close(reply(200, {}))) as server:
        for _ in range(5):
            await http.call(to(server), "POST", "/v1/x", json_body=b"{}")
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_is_not_followed(http: Http, status: int, method: str):
    async with raw_server(always(reply(200, {}))) as other:
        moved = reply(status, b"", {"location": f"{other.url}/stolen"})
        async with raw_server(always(moved)) as server:
            error = await failing(http, to(server), method)
    assert (error.failure.code, error.sent, error.failure.http_status) == ("redirected", Sent.REFUSED, status)
    assert other.connections == 0 and len(server.asked) == 1


@pytest.mark.parametrize("location", ["http://[bad", "https://\x7f/", "//", "ftp://x/"])
async def test_a_redirect_to_nonsense(http: Http, location: str):
    async with raw_server(always(reply(302, b"", {"location": location}))) as server:
        error = await failing(http, to(server))
    assert error.sent in {Sent.REFUSED, Sent.AMBIGUOUS} and error.sent is not Sent.NOT_SENT
    if "\x7f" not in location:
        assert error.failure.code == "redirected"


async def test_a_gzip_bomb(http: Http):
    bomb = gzip.compress(bytes(60_000_000), 9)[:99_000]
    async with raw_server(always(reply(200, bomb, {"content-encoding": "gzip"}))) as server:
        error = await failing(http, to(server))
    assert (error.failure.code, error.sent) == ("answer_too_large", Sent.AMBIGUOUS)


async def test_an_endless_answer(http: Http):
    stopped = asyncio.Event()

    async def pour(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                await writer.drain()
        finally:
            stopped.set()

    async with raw_server(pour) as server:
        error = await failing(http, to(server))
        assert (error.failure.code, error.sent) == ("answer_too_large", Sent.AMBIGUOUS)
        await asyncio.wait_for(stopped.wait(), 5)


@pytest.mark.parametrize("head", [b"content-length: 100000\r\n\r\n", b"x-head: "], ids=["body", "head"])
async def test_an_answer_that_trickles(head: bytes):
    async def trickle(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + head)
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    http = Http(read=5.0, whole=0.1)
    async with raw_server(trickle) as server:
        error = await failing(http, to(server))
    await http.aclose()
    assert (error.failure.code, error.sent) == ("answer_lost", Sent.AMBIGUOUS)


async def test_packed_answers_are_read(http: Http):
    async with raw_server(always(reply(200, gzip.compress(b'{"id":1}'), {"content-encoding": "gzip"}))) as server:
        assert (await http.call(to(server), "GET", "/v1/x")).record() == {"id": 1}


async def test_unknown_packing_is_a_broken_answer(http: Http):
    async with raw_server(always(reply(200, b"??", {"content-encoding": "br"}))) as server:
        error = await failing(http, to(server))
    assert (error.failure.code, error.sent) == ("answer_broken", Sent.AMBIGUOUS)


@pytest.mark.parametrize(
    "data",
    [reply(400, {"error": "no"})[:-4], reply(400, b"x" * 300_000), reply(400, b"??", {"content-encoding": "br"})],
    ids=["cut", "huge", "packed"],
)
async def test_of_a_refusal_the_status_is_enough(http: Http, data: bytes):
    async with raw_server(then_close(data)) as server:
        assert (await http.call(to(server), "POST", "/v1/x", json_body=b"{}")).status == 400


async def test_cancelling_passes_through_and_closes_the_connection(http: Http):
    async with raw_server(silence) as server:
        task = asyncio.ensure_future(http.call(to(server), "POST", "/v1/x", json_body=b"{}"))
        await server.heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_nothing_of_the_key_is_logged(http: Http, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with raw_server(in_turn(reply(200, {}), b"nonsense\r\n\r\n")) as server:
        await http.warm()
        await http.call(to(server), "GET", "/v1/x")
        await failing(http, to(server), "GET")
    assert "canary" not in caplog.text and server.url not in caplog.text


async def test_a_closed_door():
    http = Http()
    await http.warm()
    await http.aclose()
    error = await failing(http, Connection("http://127.0.0.1:9", KEY))
    assert error.sent is Sent.NOT_SENT


async def test_many_first_calls_build_one_set_of_clients(monkeypatch: pytest.MonkeyPatch):
    http, built = Http(), []
    original = ways.prepared
    monkeypatch.setattr(ways, "prepared", lambda ca_file: built.append(1) or original(ca_file))
    async with raw_server(always(reply(200, {}))) as server:
        await asyncio.gather(*(http.call(to(server), "GET", "/v1/x") for _ in range(5)))
    await http.aclose()
    assert built == [1]


# The machine's settings.


async def test_a_missing_certificate_file_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/ca.pem")
    http = Http()
    async with raw_server(always(reply(200, {}))) as server:
        assert (await http.call(to(server), "GET", "/v1/x")).status == 200
    await http.aclose()


async def test_a_broken_proxy_setting_is_an_error_and_no_crash(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "gopher://user:geheim@proxy:1")
    http = Http()
    await http.warm()
    error = await failing(http, Connection("https://api.example", KEY))
    assert (error.failure.code, error.sent) == ("proxy_kind", Sent.NOT_SENT)
    told = explained(error, "https://x.example")
    assert "…" not in say(told.code, told.args), "no proxy was asked, so none is named"
    assert "geheim" not in str(error.failure)
    await http.aclose()


async def test_a_proxy_carries_calls_and_this_machine_needs_none(monkeypatch: pytest.MonkeyPatch, http: Http):
    async with raw_server(always(reply(200, {"via": "proxy"}))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        answer = await http.call(Connection("http://api.example", KEY), "GET", "/v1/x")
        assert answer.record() == {"via": "proxy"}
        assert proxy.asked[0].target == "http://api.example/v1/x"
        async with raw_server(always(reply(200, {}))) as server:
            await http.call(to(server), "GET", "/v1/x")
        assert len(proxy.asked) == 1


@pytest.mark.parametrize("data", [reply(403), b"", b"nonsense\r\n\r\n"], ids=["forbidden", "closed", "nonsense"])
async def test_a_proxy_that_lets_nothing_through_has_sent_nothing(
    monkeypatch: pytest.MonkeyPatch, http: Http, data: bytes
):
    async with raw_server(then_close(data)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        error = await failing(http, Connection("https://api.example", KEY))
        assert error.sent is Sent.NOT_SENT
        assert proxy.asked[0].method == "CONNECT" and "authorization" not in proxy.asked[0].headers


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody has signed."""
    from support.certificates import self_signed

    certificate, key = self_signed(folder, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
