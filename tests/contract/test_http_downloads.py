"""Fetching results over real sockets: never a key, never a private address, resumed only where it is the same file."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.errors import Action, FailureKind, ProviderError
from sora_desktop.providers import peers
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from support.certificates import self_signed
from support.raw_server import Asked, always, free_port, in_turn, raw_server, reply, reset, then_close

DATA = bytes(range(256)) * 800
ETAG = '"v1"'
TYPE = {"content-type": "video/mp4", "etag": ETAG}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    one = Http(connect=2.0, read=0.3, write=2.0, pool=0.5)
    yield one
    await one.aclose()
    await asyncio.get_running_loop().shutdown_default_executor()


async def fetched(http: Http, url: str, **how: Any) -> tuple[Any, bytes]:
    async with http.download(url, **{"allow_private": True, **how}) as download:
        return download, b"".join([chunk async for chunk in download.chunks()])


async def refused(http: Http, url: str, **how: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await fetched(http, url, **how)
    return caught.value


async def ranging(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A server that honours Range and If-Range."""
    start = 0
    if asked.headers.get("if-range", ETAG) == ETAG and "range" in asked.headers:
        start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
    if start >= len(DATA):
        writer.write(reply(416, b"", {"content-range": f"bytes */{len(DATA)}"}))
    elif start:
        told = {**TYPE, "content-range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"}
        writer.write(reply(206, DATA[start:], told))
    else:
        writer.write(reply(200, DATA, TYPE))
    await writer.drain()


async def test_a_whole_file(http: Http):
    async with raw_server(always(reply(200, DATA, TYPE))) as server:
        await http.call(Connection(server.url, "rvya_sk_canary_0123456789"), "GET", "/api")
        download, data = await fetched(http, f"{server.url}/a.mp4?sig=1%2F2")
    assert data == DATA
    assert (download.status, download.content_type, download.offset) == (200, "video/mp4", 0)
    assert download.length == download.total == len(DATA)
    asked = server.asked[1]
    assert asked.target == "/a.mp4?sig=1%2F2"
    assert not {"authorization", "cookie", "range", "referer"} & set(asked.headers)
    assert asked.headers["accept-encoding"] == "identity"


async def test_chunks_are_64_kib(http: Http):
    async with (
        raw_server(always(reply(200, DATA, TYPE))) as server,
        http.download(server.url + "/a", allow_private=True) as download,
    ):
        sizes = [len(chunk) async for chunk in download]
    assert set(sizes[:-1]) == {65_536}


async def test_a_slow_start_is_no_time_out(http: Http):
    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(reply(200, DATA, TYPE))

    async with raw_server(slow) as server:
        assert (await fetched(http, server.url + "/a"))[1] == DATA


# Redirects.


async def test_redirects_are_followed_without_a_key(http: Http):
    async with raw_server(always(reply(200, DATA, TYPE))) as host:
        hops = [reply(302, b"", {"location": "/next"}), reply(307, b"", {"location": f"{host.url}/clip"})]
        async with raw_server(in_turn(*hops)) as server:
            download, data = await fetched(http, server.url + "/content")
    assert data == DATA and download.url == f"{host.url}/clip"
    assert [asked.target for asked in server.asked] == ["/content", "/next"]
    assert all("authorization" not in asked.headers for asked in [*server.asked, *host.asked])


async def test_five_redirects_and_no_more(http: Http):
    hop = reply(302, b"", {"location": "/again"})
    async with raw_server(in_turn(*[hop] * 5, reply(200, DATA, TYPE))) as server:
        assert (await fetched(http, server.url + "/a"))[1] == DATA
    async with raw_server(always(hop)) as server:
        error = await refused(http, server.url + "/a")
        assert (error.failure.code, len(server.asked)) == ("result_address", 6)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://h/x", "//", "http://u:p@h/", "data:,x"])
async def test_redirects_to_other_places_are_not_followed(http: Http, location: str):
    async with raw_server(always(reply(302, b"", {"location": location}))) as server:
        error = await refused(http, server.url + "/a")
    assert (error.failure.code, error.transient) == ("result_address", False)


async def test_a_redirect_that_names_no_address_is_no_file(http: Http):
    async with raw_server(always(reply(302, b""))) as server:
        assert (await refused(http, server.url + "/a")).failure.code == "result_not_video"


# Addresses.


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://h/a", "/relative", "", "http://", "http://u:p@h/x", "http://h:x/"]
)
async def test_other_schemes_are_not_fetched(http: Http, url: str):
    assert (await refused(http, url)).failure.code == "result_address"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"])
async def test_a_public_provider_reaches_nothing_here(http: Http, host: str):
    async with raw_server(always(reply(200, DATA, TYPE))) as server:
        error = await refused(http, f"http://{host}:{server.port}/a", allow_private=False)
    assert (error.failure.code, error.failure.kind, error.transient) == ("result_address", FailureKind.RESULT, False)
    assert server.connections == 0


def public_is(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Names resolve to this machine, and it counts as the internet; literal loopback addresses do not."""
    resolve = peers.resolved

    async def resolved(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] if host in hosts else ["::1"] if host == "127.0.0.1" else await resolve(host, port)

    monkeypatch.setattr(peers, "resolved", resolved)
    monkeypatch.setattr(peers, "is_public", lambda address: address == "127.0.0.1")


async def test_a_public_host_cannot_point_to_a_private_one(http: Http, monkeypatch: pytest.MonkeyPatch):
    public_is(monkeypatch, "cdn.example")
    async with (
        raw_server(always(reply(200, DATA, TYPE))) as inside,
        raw_server(always(reply(302, b"", {"location": f"{inside.url}/admin"}))) as server,
    ):
        error = await refused(http, f"http://cdn.example:{server.port}/a", allow_private=False)
    assert error.failure.code == "result_address"
    assert (len(server.asked), inside.connections) == (1, 0)


async def test_the_connection_checks_again_behind_the_first_look(http: Http, monkeypatch: pytest.MonkeyPatch):
    """Rebinding: the first look finds a public address, the connection's own a private one."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])

    async def resolved(host: str, port: int) -> list[str]:
        return next(answers)

    monkeypatch.setattr(peers, "resolved", resolved)
    async with raw_server(always(reply(200, DATA, TYPE))) as server:
        error = await refused(http, f"http://evil.example:{server.port}/a", allow_private=False)
    assert (error.failure.code, server.connections) == ("result_address", 0)


async def test_tls_asks_for_the_name_though_the_address_was_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    import ssl

    certificate, key = self_signed(tmp_path, "cdn.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    public_is(monkeypatch, "cdn.example", "other.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    http = Http(connect=2.0)
    async with raw_server(always(reply(200, DATA, TYPE)), tls=context) as server:
        _, data = await fetched(http, f"https://cdn.example:{server.port}/a", allow_private=False)
        assert data == DATA
        assert server.asked[0].headers["host"] == f"cdn.example:{server.port}"
        error = await refused(http, f"https://other.example:{server.port}/a", allow_private=False)
        assert error.failure.code == "tls_name"
    await http.aclose()


async def test_a_proxy_is_not_asked_for_a_private_address(http: Http, monkeypatch: pytest.MonkeyPatch):
    async with raw_server(always(reply(200, DATA, TYPE))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        public_is(monkeypatch)
        error = await refused(http, "http://10.0.0.1/latest/meta-data", allow_private=False)
    assert (error.failure.code, proxy.connections) == ("result_address", 0)


async def test_a_name_that_only_the_proxy_knows_is_fetched(http: Http, monkeypatch: pytest.MonkeyPatch):
    def getaddrinfo(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async with raw_server(always(reply(200, DATA, TYPE))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
        _, data = await fetched(http, "http://cdn.example/a.mp4", allow_private=False)
    assert data == DATA
    assert proxy.asked[0].target == "http://cdn.example/a.mp4"


async def test_an_unknown_name_is_a_matter_of_the_network(http: Http, monkeypatch: pytest.MonkeyPatch):
    def getaddrinfo(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    error = await refused(http, "https://gone.example/a", allow_private=False)
    assert (error.failure.code, error.transient) == ("dns_failed", True)


# Going on.


async def test_going_on_where_it_stopped(http: Http):
    async with raw_server(ranging) as server:
        first, _ = await fetched(http, server.url + "/a")
        download, rest = await fetched(http, server.url + "/a", offset=1000, validator=first.validator)
    assert (download.status, download.offset, download.total) == (206, 1000, len(DATA))
    assert rest == DATA[1000:]
    assert server.asked[1].headers["range"] == "bytes=1000-" and server.asked[1].headers["if-range"] == ETAG


async def test_without_a_validator_it_begins_again(http: Http):
    async with raw_server(ranging) as server:
        download, data = await fetched(http, server.url + "/a", offset=1000)
    assert (download.offset, data) == (0, DATA) and "range" not in server.asked[0].headers


async def test_another_file_begins_again(http: Http):
    async with raw_server(ranging) as server:
        download, data = await fetched(http, server.url + "/a", offset=1000, validator='"v0"')
    assert (download.status, download.offset, data) == (200, 0, DATA)


RANGE = {"content-range": f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"}


@pytest.mark.parametrize(
    "odd",
    [
        reply(206, DATA[1000:], {**TYPE, **RANGE, "etag": '"v2"'}),
        reply(206, DATA[900:], {**TYPE, "content-range": f"bytes 900-{len(DATA) - 1}/{len(DATA)}"}),
        reply(206, DATA[1000:], TYPE),
        reply(206, gzip.compress(DATA[1000:]), {**TYPE, **RANGE, "content-encoding": "gzip"}),
        reply(416, b"", {"content-range": "bytes */5"}),
    ],
    ids=["other etag", "other place", "no place", "packed", "416"],
)
async def test_an_odd_answer_to_a_range_begins_again(http: Http, odd: bytes):
    async with raw_server(in_turn(odd, reply(200, DATA, TYPE))) as server:
        download, data = await fetched(http, server.url + "/a", offset=1000, validator=ETAG)
    assert (download.status, download.offset, data) == (200, 0, DATA)
    assert "range" not in server.asked[1].headers


async def test_a_part_that_nobody_asked_for_is_no_file(http: Http):
    async with raw_server(always(reply(206, DATA[5:], {**TYPE, **RANGE}))) as server:
        assert (await refused(http, server.url + "/a")).failure.code == "result_not_video"


# What is no file.


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_dead_links(http: Http, status: int):
    body = "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    async with raw_server(always(reply(status, body))) as server:
        error = await refused(http, server.url + "/a")
    failure = error.failure
    assert (failure.code, failure.kind, failure.action) == ("result_link_dead", FailureKind.RESULT, Action.COLLECT)
    assert (error.transient, failure.http_status) == (False, status)
    assert failure.detail == "AccessDenied Request has expired"


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "rate_limited"), (500, "service_error"), (503, "service_error"), (408, "service_error")],
)
async def test_hosts_that_may_do_better(http: Http, status: int, code: str):
    async with raw_server(always(reply(status, b"", {"retry-after": "9"}))) as server:
        error = await refused(http, server.url + "/a")
    assert (error.failure.code, error.transient, error.retry_after) == (code, True, 9)


@pytest.mark.parametrize("status", [201, 202, 204])
async def test_other_successes_are_no_file(http: Http, status: int):
    async with raw_server(always(reply(status))) as server:
        assert (await refused(http, server.url + "/a")).failure.code == "result_not_video"


async def test_an_error_page_that_never_ends_is_cut(http: Http):
    async def pour(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 403 No\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    async with raw_server(pour) as server:
        error = await refused(http, server.url + "/a")
    assert error.failure.code == "result_link_dead" and len(error.failure.detail) <= 500


async def test_a_packed_file_is_unpacked_and_cannot_go_on(http: Http):
    async with raw_server(always(reply(200, gzip.compress(DATA), {**TYPE, "content-encoding": "gzip"}))) as server:
        download, data = await fetched(http, server.url + "/a")
    assert (data, download.total, download.validator) == (DATA, None, "")


async def test_a_file_packed_in_an_unknown_way_is_none(http: Http):
    async with raw_server(always(reply(200, b"??", {**TYPE, "content-encoding": "br"}))) as server:
        assert (await refused(http, server.url + "/a")).failure.code == "result_not_video"


# Breaks.


@pytest.mark.parametrize(
    "data",
    [reply(200, DATA, TYPE)[:-1000], b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\nabc"],
    ids=["length", "chunked"],
)
async def test_a_transfer_that_breaks_off(http: Http, data: bytes):
    async with raw_server(then_close(data)) as server:
        error = await refused(http, server.url + "/a")
    assert (error.failure.code, error.transient) == ("download_stalled", True)


async def test_a_broken_packing_is_a_break(http: Http):
    async with raw_server(always(reply(200, b"no gzip", {**TYPE, "content-encoding": "gzip"}))) as server:
        error = await refused(http, server.url + "/a")
    assert (error.failure.code, error.transient) == ("download_stalled", True)


async def test_a_host_that_is_down_or_resets(http: Http):
    error = await refused(http, f"http://127.0.0.1:{free_port()}/a")
    assert (error.failure.code, error.transient) == ("connect_refused", True)
    async with raw_server(reset) as server:
        error = await refused(http, server.url + "/a")
    assert (error.failure.code, error.transient) == ("answer_lost", True)


async def test_leaving_early_closes_the_connection(http: Http):
    closed = asyncio.Event()

    async def pour(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n")
        try:
            while True:
                writer.write(bytes(65_536))
                await writer.drain()
        finally:
            closed.set()

    async with raw_server(pour) as server:
        async with http.download(server.url + "/a", allow_private=True) as download:
            async for _ in download.chunks():
                break
        await asyncio.wait_for(closed.wait(), 5)


async def test_cancelling_ends_the_transfer(http: Http):
    async def stall(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, DATA, TYPE)[:-10])
        await writer.drain()
        await asyncio.get_running_loop().create_future()

    async with raw_server(stall) as server:
        task = asyncio.ensure_future(fetched(http, server.url + "/a"))
        await server.heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_errors_of_the_caller_pass_through(http: Http):
    async with raw_server(always(reply(200, DATA, TYPE))) as server:
        with pytest.raises(ZeroDivisionError):
            async with http.download(server.url + "/a", allow_private=True):
                raise ZeroDivisionError
