"""Calls through real proxies: each kind of call by each kind of proxy, the exceptions, every way it can go wrong."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from sora_desktop.core import redact
from sora_desktop.core.accounts import ReferenceHost
from sora_desktop.core.errors import FailureKind, ProviderError, Sent
from sora_desktop.core.network import Network
from sora_desktop.core.sentences import say
from sora_desktop.engine.diagnosis import explained
from sora_desktop.providers import ways
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http, Upload
from sora_desktop.providers.s3 import Bucket
from sora_desktop.providers.transport import Step
from sora_desktop.providers.ways import Open
from support.proxies import Authority, ProxyServer, proxy_server
from support.raw_server import Asked, RawServer, always, raw_server, reply, silence

KEY = "rvya_sk_canary_0123456789abcdef"
LOGIN = ("me", "proxy-canary-4711")
KINDS = ("http", "https", "socks5")
DATA = b"\x00\x00\x00\x18ftypmp42" + b"x" * 5000


@pytest.fixture(autouse=True)
def only_the_proxy_knows_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    real = socket.getaddrinfo

    def getaddrinfo(host: object, *rest: object, **more: object) -> object:
        if str(host).endswith((".example", ".test")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> str:
    path = tmp_path / "company-ca.pem"
    path.write_bytes("# Die Prüfstelle\n".encode() + authority.pem)
    return str(path)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    one = Http(connect=1.0, read=1.0, write=1.0, pool=1.0)
    yield one
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


@pytest.fixture
async def net(authority: Authority, ca_file: str) -> AsyncIterator[Opener]:
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


# What goes wrong, and where.


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
