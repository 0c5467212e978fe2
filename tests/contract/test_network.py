"""Calls through real proxies: each kind of call by each kind of proxy, the exceptions, and other settings meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_desktop.core import redact
from sora_desktop.core.accounts import ReferenceHost
from sora_desktop.core.errors import ProviderError
from sora_desktop.core.network import Network
from sora_desktop.providers import ways
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http, Upload
from sora_desktop.providers.s3 import Bucket
from sora_desktop.providers.ways import Open
from support.network import DATA, KEY, KINDS, LOGIN, Opener, anything, failed, impatient, password
from support.raw_server import Asked, raw_server, reply

pytestmark = pytest.mark.usefixtures("only_the_proxy_knows_names")


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with impatient() as one:
        yield one


async def every_call(http: Http, route: str, tmp_path: Path) -> None:
    """Upload, create, poll, the list of models, a download, a look and a bucket."""
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"png")
    api = Connection("https://api.example", KEY, route=route)
    await http.call(api, "POST", "/api/v1/files", upload=Upload(picture, {"a": "b"}))
    await http.call(api, "POST", "/api/v1/generations", json_body=b"{}")
    for path in ("/api/v1/generations/task-1", "/api/v1/models"):
        assert (await http.call(api, "GET", path)).ok
    async with http.download("https://cdn.example/clip.mp4", route=route) as download:
        assert b"".join([chunk async for chunk in download.chunks()]) == DATA
    assert (await http.look("https://cdn.example/clip.png", most=10, route=route)).body == DATA[:10]
    host = ReferenceHost(kind="s3", endpoint="https://bucket.example", bucket="b", access_key="a")
    bucket = Bucket(http, host, "secret", allow_private=False, route=route)
    await bucket.put("clip", picture, "image/png")
    assert await bucket.get("clip") == DATA
    await http.call(Connection("http://plain.example", KEY, route=route), "GET", "/plain")


TARGETS = ["POST /api/v1/files", "POST /api/v1/generations", "GET /api/v1/generations/task-1", "GET /api/v1/models",
           "GET /clip.mp4", "GET /clip.png", "PUT /b/clip", "GET /b/clip"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ["default", "manual"])
async def test_every_call_goes_through_the_manual_proxy(net: Opener, http: Http, kind: str, route: str, tmp_path: Path):
    one = await net(kind, login=LOGIN)
    http.use(one.settings(mode="manual" if route == "default" else "none"), password)
    await every_call(http, route, tmp_path)
    heard = [f"{asked.method} {asked.target.partition('?')[0]}" for asked in one.server.asked]
    assert heard == TARGETS and [asked.target for asked in one.plain.asked] == ["/plain"]
    # Each connection that a server saw, the proxy made; and by name, which nobody else can look up.
    assert one.server.connections + one.plain.connections == len(one.proxy.passed)
    hosts = {place.partition(":")[0] for place in one.proxy.passed}
    assert hosts == {"api.example", "cdn.example", "bucket.example", "plain.example"}
    for asked in (*one.server.asked, *one.plain.asked):
        assert not any(name.startswith("proxy-") for name in asked.headers)
        assert asked.target.startswith(("/api", "/plain")) or "authorization" not in asked.headers


@pytest.mark.parametrize("kind", KINDS)
async def test_every_call_goes_through_the_systems_proxy(
    net: Opener, http: Http, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one = await net(kind, login=LOGIN)
    one.environment(monkeypatch, LOGIN)
    http.use(one.settings(mode="system", host=""))
    await every_call(http, "default", tmp_path)
    assert one.server.connections + one.plain.connections == len(one.proxy.passed)
    await http.call(Connection("https://api.example", route="system"), "GET", "/x")


async def test_the_systems_proxy_is_looked_at_again_when_a_call_did_not_get_through(
    net: Opener, http: Http, monkeypatch: pytest.MonkeyPatch
):
    one = await net("http")
    http.use(one.settings(mode="system", host=""))
    assert (await failed(http))[0].failure.code == "dns_failed"
    one.environment(monkeypatch)
    assert (await failed(http))[0].failure.code == "dns_failed", "not with every call that fails"
    monkeypatch.setattr(ways, "AGAIN", 0.0)
    assert (await http.call(Connection("https://api.example"), "GET", "/x")).ok, "the machine is in another network now"
    monkeypatch.delenv("HTTPS_PROXY")
    assert (await http.call(Connection("https://api.example"), "GET", "/x")).ok, "what works is left alone"


async def test_settings_that_change_during_that_look_count(net: Opener, http: Http, monkeypatch: pytest.MonkeyPatch):
    one, loop, real = await net("http"), asyncio.get_running_loop(), ways.system_proxies
    http.use(one.settings(mode="system", host=""))
    await failed(http)

    async def change() -> None:
        http.use(one.settings())
        await http._ways._sweep()  # As after another call that ends.

    def look() -> ways.SystemProxies:
        monkeypatch.setattr(ways, "system_proxies", real)
        asyncio.run_coroutine_threadsafe(change(), loop).result(5)
        return real()

    monkeypatch.setattr(ways, "AGAIN", 0.0)
    monkeypatch.setattr(ways, "system_proxies", look)
    assert (await http.call(Connection("https://api.example"), "GET", "/x")).ok


async def test_no_proxy_is_straight(net: Opener, http: Http, monkeypatch: pytest.MonkeyPatch):
    one = await net()
    one.environment(monkeypatch)
    for mode, route in (("none", "default"), ("system", "none"), ("manual", "none")):
        http.use(one.settings(mode=mode))
        with pytest.raises(ProviderError) as caught:
            await http.call(Connection("https://api.example", route=route), "GET", "/x")
        assert caught.value.failure.code == "dns_failed"
    assert one.proxy.asked == []


# Exceptions.


@pytest.mark.parametrize("mode", ["manual", "system"])
@pytest.mark.parametrize("entry", ["api.example", "*.example", ".example", "*", "api.example:443"])
async def test_a_bypassed_host_is_called_straight(
    net: Opener, http: Http, mode: str, entry: str, monkeypatch: pytest.MonkeyPatch
):
    one = await net()
    one.environment(monkeypatch)
    http.use(one.settings(mode=mode, bypass=(entry,)))
    with pytest.raises(ProviderError) as caught:
        await http.call(Connection("https://api.example"), "GET", "/x")
    assert caught.value.failure.code == "dns_failed" and one.proxy.asked == []


async def test_a_bypassed_network(net: Opener, http: Http, monkeypatch: pytest.MonkeyPatch):
    one = await net()
    one.environment(monkeypatch)
    monkeypatch.setenv("NO_PROXY", "192.0.2.0/24, 127.0.0.0/8")
    for network in (one.settings(bypass=("192.0.2.0/24",)), one.settings(mode="system")):
        http.use(network)
        assert await http.proxy("http://192.0.2.200:8000") == ""
        assert await http.proxy("http://10.1.2.3") == f"127.0.0.1:{one.proxy.port}"
        assert (await http.call(Connection("http://10.1.2.3"), "GET", "/x")).ok
    assert one.proxy.passed == ["10.1.2.3:80"] * 2


async def test_this_machine_is_called_straight_in_every_mode(net: Opener, http: Http):
    one = await net()
    http.use(one.settings())
    for route in ("default", "manual", "system"):
        assert (await http.call(Connection(one.plain.url, route=route), "GET", "/x")).ok
        assert (await http.call(Connection(one.server.url, route=route), "GET", "/x")).ok
    assert one.proxy.asked == []


async def test_a_redirect_chooses_its_way_anew(net: Opener, http: Http):
    async def leads(asked: Asked, writer: object) -> None:
        if asked.target == "/first":
            writer.write(reply(302, b"", {"location": "https://cdn.example/clip"}))  # type: ignore[attr-defined]
        else:
            await anything(asked, writer)

    one = await net(handler=leads)
    http.use(one.settings())
    async with http.download(f"{one.plain.url}/first", allow_private=True) as download:
        assert download.url == "https://cdn.example/clip"
    assert one.proxy.asked == ["CONNECT cdn.example:443"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "url", ["http://10.1.2.3/clip", "http://169.254.169.254/", "http://localhost/x", "http://[::1]/"]
)
async def test_a_proxy_is_no_way_into_the_private_network(net: Opener, http: Http, kind: str, url: str):
    one = await net(kind)
    http.use(one.settings())
    for opening in (http.look(url), http.send("GET", url)):
        with pytest.raises(ProviderError) as caught:
            await opening
        assert caught.value.failure.code == "result_address"
    assert one.proxy.asked == []


# Other settings while something runs.


async def test_what_runs_ends_on_the_way_it_began_with(net: Opener, http: Http):
    goes_on = asyncio.Event()

    async def slow(asked: Asked, writer: object) -> None:
        data = reply(200, DATA, {"content-type": "video/mp4"})
        writer.write(data[:-1000])  # type: ignore[attr-defined]
        await writer.drain()  # type: ignore[attr-defined]
        await goes_on.wait()
        writer.write(data[-1000:])  # type: ignore[attr-defined]

    one, other = await net(handler=slow), await net("socks5")
    http.use(one.settings())
    async with http.download("https://cdn.example/clip") as download:
        http.use(other.settings())
        assert (await http.call(Connection("https://api.example"), "GET", "/x")).ok
        goes_on.set()
        assert b"".join([chunk async for chunk in download.chunks()]) == DATA
    assert (one.proxy.passed, other.proxy.passed) == (["cdn.example:443"], ["api.example:443"])
    async with asyncio.timeout(5):  # The old ways are closed with their last transfer.
        while one.proxy.open:
            await asyncio.wait(one.proxy.open, return_when=asyncio.FIRST_COMPLETED)
    assert other.proxy.open, "the new way keeps its connection"


async def test_a_good_answer_stays_when_the_old_clients_do_not_close(
    http: Http, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    async def then_other_settings(asked: Asked, writer: object) -> None:
        http.use(Network(mode="none", bypass=("other.example",)))
        await anything(asked, writer)

    real, closed = Open.aclose, list[Open]()

    async def aclose(self: Open) -> None:
        closed.append(self)
        await real(self)
        raise RuntimeError("the transport is gone")

    async with raw_server(then_other_settings) as server:
        with monkeypatch.context() as patched:
            patched.setattr(Open, "aclose", aclose)
            for _ in range(2):
                answer = await http.call(Connection(server.url, KEY), "POST", "/api/v1/generations", json_body=b"{}")
                assert answer.record() == {"id": "task-1"}
    assert "did not close cleanly: RuntimeError" in caplog.text
    assert len(closed) == len(set(map(id, closed))) == 2, "each is closed once"


async def test_a_new_password_counts_from_the_next_call(net: Opener, http: Http):
    one = await net("socks5", login=LOGIN)
    told = ["wrong"]

    async def of_now() -> str | None:
        return told[0]

    http.use(one.settings(), of_now)
    assert (await failed(http))[0].failure.code == "proxy_login"
    told[0] = LOGIN[1]
    assert (await http.call(Connection("https://api.example"), "GET", "/x")).ok


async def test_a_password_is_taken_out_of_every_text(net: Opener, http: Http, monkeypatch: pytest.MonkeyPatch):
    one = await net(login=LOGIN)
    one.environment(monkeypatch, LOGIN)
    http.use(one.settings(mode="system"))
    assert (await http.call(Connection("https://api.example"), "GET", "/x")).ok
    import base64

    packed = base64.b64encode(":".join(LOGIN).encode()).decode()
    assert redact.redact(f"a {LOGIN[1]} b Basic {packed}") == f"a {redact.HIDDEN} b Basic {redact.HIDDEN}"
