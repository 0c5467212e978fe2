"""The network settings in the whole program: one job with a picture through a SOCKS 5 proxy with login, on a company's
own certificates; what the check says; and that the proxy's password is nowhere but in the keyring."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from sora_desktop.assembly import Assembly, opened
from sora_desktop.core.accounts import ReferenceHost
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import ENDED, Job, State
from sora_desktop.core.network import Network
from sora_desktop.core.redact import HIDDEN, redact
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.sentences import say
from sora_desktop.engine.diagnosis import Diagnosis, Step
from sora_desktop.engine.network import ENTRY
from sora_desktop.media.render import render
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.secrets import SecretState
from support.proxies import Authority, ProxyServer, proxy_server
from support.raw_server import Asked, RawServer, free_port, raw_server, reply
from support.references import photo

KEY = "rvya_sk_canary_0123456789abcdef"
LOGIN = ("sora", "proxy-canary-4711")


@pytest.fixture(autouse=True)
def names_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_DESKTOP_PACE", "0.01")
    real = socket.getaddrinfo

    def getaddrinfo(host: object, *rest: object, **more: object) -> object:
        if str(host).endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)


class Company:
    """A service, its files and a bucket behind a company's proxy, all on certificates of the company's own CA."""

    def __init__(self, video: bytes, authority: Authority, folder: Path) -> None:
        self.video = video
        self.files: dict[str, bytes] = {}
        self.ca_file = folder / "company-ca.pem"
        self.ca_file.write_bytes(authority.pem)
        self.server: RawServer
        self.proxy: ProxyServer
        self.key = KEY

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(self._answer(asked))
        await writer.drain()

    def _answer(self, asked: Asked) -> bytes:
        path, host = asked.target.partition("?")[0], asked.headers["host"]
        if host == "bucket.example":
            if asked.method == "PUT":
                self.files[path] = asked.body
            return reply(200 if path in self.files else 404, self.files.get(path, b""))
        if host == "cdn.example":
            if path.endswith(".mp4"):
                return reply(200, self.video, {"content-type": "video/mp4"})
            return reply(200, photo(), {"content-type": "image/jpeg"})
        if asked.headers.get("authorization") != f"Bearer {self.key}" and "models" not in path:
            return reply(401, {"error": {"code": "invalid_api_key", "message": "no"}})
        match path.removeprefix("/api/v1/").removeprefix("/v1/"):
            case "files":
                return reply(200, {"url": "https://cdn.example/picture.jpg"})
            case "credits":
                return reply(200, {"current_credits": 100})
            case "sora/videos":
                return reply(200, {"code": 0, "data": {"id": "t-2", "status": "queued"}, "id": "t-2"})
            case "generations":
                return reply(200, {"id": "t-1", "status": "queued"})
            case "generations/t-1":
                return reply(200, {"id": "t-1", "status": "succeeded", "result": {"url": "https://cdn.example/a.mp4"}})
            case _:
                return reply(404, {"error": {"message": "no such call"}})


@asynccontextmanager
async def company(tmp_path: Path, kind: str = "socks5") -> AsyncIterator[Company]:
    clip = tmp_path / "clip.mp4"
    await asyncio.to_thread(render, clip, "a clip", width=64, height=36, seconds=4)
    authority = Authority()
    one = Company(clip.read_bytes(), authority, tmp_path)
    names = ("api.example", "cdn.example", "bucket.example")
    async with AsyncExitStack() as stack:
        one.server = await stack.enter_async_context(raw_server(one.answer, tls=authority.context(*names)))
        hosts = dict.fromkeys(names, one.server.port)
        one.proxy = await stack.enter_async_context(proxy_server(kind, hosts, login=LOGIN))
        yield one
    await asyncio.get_running_loop().shutdown_default_executor()


def settings(one: Company, **changes: object) -> Network:
    asked = {"mode": "manual", "scheme": one.proxy.kind, "host": "127.0.0.1", "port": one.proxy.port}
    return Network.model_validate(asked | {"user": LOGIN[0], "ca_file": str(one.ca_file)} | changes)


async def made(studio: Assembly, provider: str, **changes: object) -> str:
    account = studio.accounts.draft(provider, base_url="https://api.example").model_copy(update=changes)
    await studio.accounts.add(account, KEY)
    return account.id


async def ended(studio: Assembly, jobs: list[Job]) -> list[Job]:
    changed = asyncio.Event()
    disconnect = studio.engine.job_changed.connect(lambda *_: changed.set())
    async with asyncio.timeout(20):
        while not all(studio.engine.jobs[job.id].state in ENDED for job in jobs):
            changed.clear()
            await changed.wait()
    disconnect()
    return [studio.engine.jobs[job.id] for job in jobs]


def said(diagnosis: Diagnosis) -> str:
    text = say(diagnosis.code, diagnosis.args)
    assert "…" not in text and "canary" not in text + repr(diagnosis)
    return text


def files_with(needle: str, folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and needle.encode() in path.read_bytes()]


async def test_a_job_with_its_picture_goes_all_the_way_through_the_proxy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    async with company(tmp_path) as one, opened(Paths.at(tmp_path / "data")) as studio:
        await studio.engine.start()
        # The account's own choice: the settings say "straight".
        await studio.network.change(settings(one, mode="none"))
        assert await studio.network.set_password(LOGIN[1]) is SecretState.SESSION
        account = await made(studio, "rivya", proxy="manual")
        reference = await studio.engine.references.add(photo(), "boat.jpg")
        model = studio.accounts.models(account)[0].id
        request = GenerationRequest(provider="rivya", model=model, prompt="a boat", references=(reference,))
        (job,) = await ended(studio, await studio.engine.submit(account, request))
        assert job.state is State.DONE and Path(job.path).read_bytes() == one.video, job.failure
        found = await studio.engine.references.look(account, "https://cdn.example/picture.jpg")
        assert found.url and (await studio.engine.test(account)).balance == 100

        host = ReferenceHost(kind="s3", endpoint="https://bucket.example", bucket="pictures", access_key="a")
        await studio.engine.references.test_host(await made(studio, "globalaiopc", proxy="manual"), host, "secret")

        heard = {(asked.headers["host"], asked.method, asked.target.partition("?")[0]) for asked in one.server.asked}
        assert {
            ("api.example", "POST", "/api/v1/files"),
            ("api.example", "POST", "/api/v1/generations"),
            ("api.example", "GET", "/api/v1/generations/t-1"),
            ("api.example", "GET", "/api/v1/models"),
            ("cdn.example", "GET", "/a.mp4"),
            ("cdn.example", "GET", "/picture.jpg"),
        } <= heard
        assert {method for name, method, _ in heard if name == "bucket.example"} == {"PUT", "GET", "DELETE"}
        assert one.server.connections == len(one.proxy.passed)

        # An account that goes as the settings say goes straight, and does not get there.
        straight = await made(studio, "rivya", name="Straight")
        assert (await studio.engine.diagnose(straight)).step is Step.DNS
    assert files_with(LOGIN[1], tmp_path) == []
    assert "canary" not in caplog.text
    assert redact(LOGIN[1]) == HIDDEN


async def test_the_check_names_the_step(tmp_path: Path):
    async with company(tmp_path, "http") as one, opened(Paths.at(tmp_path / "data")) as studio:
        account = await made(studio, "rivya")
        check = studio.engine.diagnose

        await studio.network.change(Network(mode="none"))
        assert said(await check(account)).startswith("DNS: no address was found for api.example")

        await studio.network.change(settings(one, port=free_port()))
        assert said(await check(account)).startswith("Proxy: 127.0.0.1:")
        await studio.network.change(settings(one))
        diagnosis = await check(account)
        assert (diagnosis.step, diagnosis.code, diagnosis.ok) == (Step.PROXY, "step_proxy_login", False)
        await studio.network.set_password("wrong-canary")
        assert (await check(account)).code == "step_proxy_login"
        await studio.network.set_password(LOGIN[1])

        await studio.network.change(settings(one, ca_file=""))
        assert said(await check(account)).startswith("TLS: nothing on this computer vouches for")
        await studio.network.change(settings(one))
        diagnosis = await check(account)
        assert diagnosis.ok and diagnosis.step is Step.KEY and diagnosis.milliseconds > 0
        assert said(diagnosis).startswith(
            f"All is well: api.example answered through the proxy 127.0.0.1:{one.proxy.port}"
        )

        assert said(await check(account, "https://api.example/elsewhere")).startswith("HTTP: api.example answers, but")
        one.key = "another"
        assert (
            said(await check(account)) == "Key: api.example does not accept it; enter a new one in Settings, Accounts."
        )
        one.key = KEY
        # A pasted path is mended before it is tried.
        assert (await check(account, "api.example/api/v1/generations")).ok

        # Any host, without a key; and an account without one, after the way was walked.
        asked = len(one.server.asked)
        assert said(await check("", "https://cdn.example/x.mp4")).startswith(
            "cdn.example was reached through the proxy"
        )
        assert said(await check("", "https://gone.example")).startswith("Proxy: ")
        assert said(await check("", "https://:x")).startswith("“https://:x” is no web address")
        keyless = studio.accounts.draft("rivya", base_url="https://api.example")
        await studio.accounts.add(keyless, None)
        assert said(await check(keyless.id)).startswith("Key: api.example was reached, but there is no key")
        assert all("authorization" not in each.headers for each in one.server.asked[asked:])
        elsewhere = studio.accounts.draft("rivya", base_url="https://gone.example")
        await studio.accounts.add(elsewhere, None)
        assert (await check(elsewhere.id)).step is Step.PROXY
        assert not (await check("nobody")).ok
        assert all(asked.method == "GET" for asked in one.server.asked), "a check starts nothing"


async def test_jobs_that_waited_go_on_when_the_proxy_is_entered(tmp_path: Path):
    async with company(tmp_path) as one, opened(Paths.at(tmp_path / "data")) as studio:
        await studio.engine.start()
        await studio.network.change(Network(mode="none"))
        account = await made(studio, "rivya")
        request = GenerationRequest(provider="rivya", model=studio.accounts.models(account)[0].id, prompt="a boat")
        jobs = await studio.engine.submit(account, request)
        heard = asyncio.Event()
        studio.engine.online_changed.connect(lambda online: None if online else heard.set())
        async with asyncio.timeout(10):
            await heard.wait()
        assert one.server.asked == []
        await studio.network.set_password(LOGIN[1])
        await studio.network.change(settings(one))
        (job,) = await ended(studio, jobs)
        assert job.state is State.DONE
        assert sum(asked.target == "/api/v1/generations" for asked in one.server.asked) == 1


async def test_settings_that_cannot_be_used_change_nothing(tmp_path: Path):
    async with opened(Paths.at(tmp_path / "data")) as studio:
        broken = tmp_path / "broken.pem"
        broken.write_text("no certificate")
        for network, code in (
            (Network(mode="manual"), "proxy_host_empty"),
            (Network(ca_file=str(tmp_path / "none.pem")), "ca_missing"),
            (Network(ca_file=str(tmp_path)), "ca_missing"),
            (Network(ca_file=str(broken)), "ca_broken"),
        ):
            with pytest.raises(UserError) as caught:
                await studio.network.change(network)
            assert caught.value.code == code
        assert studio.network.current == Network() == studio.settings.current.network
        with pytest.raises(UserError):
            await studio.network.set_password("a\nb")
        assert await studio.network.password_state() is SecretState.UNAVAILABLE


async def test_settings_stay(tmp_path: Path):
    wanted = Network(mode="manual", scheme="socks5", host="p.example", port=1080, user="me", bypass=("10.0.0.0/8",))
    async with opened(Paths.at(tmp_path / "data")) as studio:
        await studio.network.change(wanted)
    async with opened(Paths.at(tmp_path / "data")) as studio:
        assert studio.network.current == wanted
        assert await studio.http.proxy("https://api.example", "default") == "p.example:1080"
        assert await studio.http.proxy("https://10.1.1.1") == ""
        assert "password" not in json.dumps(studio.settings.current.model_dump(mode="json"))


@pytest.mark.keyring
async def test_the_password_is_in_the_keyring_and_nowhere_else(tmp_path: Path, secret_service: str):
    async with company(tmp_path) as one:
        async with opened(Paths.at(tmp_path / "data")) as studio:
            await studio.network.change(settings(one))
            assert await studio.network.set_password(LOGIN[1]) is SecretState.FOUND
        async with opened(Paths.at(tmp_path / "data")) as studio:
            assert await studio.network.password_state() is SecretState.FOUND
            account = await made(studio, "rivya")
            assert (await studio.engine.diagnose(account)).ok
            assert ENTRY not in {account.id for account in studio.accounts.all}
            await studio.network.set_password("")
            assert await studio.network.password_state() is SecretState.MISSING
            assert (await studio.engine.diagnose(account)).code == "step_proxy_login"
    assert files_with(LOGIN[1], tmp_path) == []
