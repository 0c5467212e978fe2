"""References for services without uploads, and at public addresses: the bytes that arrive, and what is refused."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Iterator
from unittest.mock import AsyncMock
from urllib.parse import urlsplit

import pytest
from PIL import Image

from sora_desktop.core.accounts import ReferenceHost
from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import ProviderError, UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.engine import delivery
from sora_desktop.engine import references as engine_references
from sora_desktop.engine.references import HEAD, References, Way
from sora_desktop.engine.works import Works
from sora_desktop.media.pictures import mend
from sora_desktop.providers.http import Http
from sora_desktop.providers.rivya import Rivya
from sora_desktop.storage.uploads import Upload
from support.bench import Bench
from support.bucket import SECRET, S3Server, running_bucket
from support.raw_server import always, raw_server, reply
from support.references import (
    KEYS,
    MAKER,
    PACE,
    account_of,
    arrived,
    done,
    mended,
    model_of,
    opened,
    photo,
    send,
    uploads,
)
from support.simulator import SimulatorProcess, closed_port


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    for dialect, key in KEYS.items():
        simulator.add_key(key, dialect, credits=1_000_000)
    yield simulator
    assert simulator.close() == ""


@pytest.fixture(scope="module")
def shared_s3() -> Iterator[S3Server]:
    with running_bucket() as server:
        yield server


@pytest.fixture
def s3(shared_s3: S3Server) -> S3Server:
    shared_s3.clear()
    return shared_s3


# Reference hosts.


async def hosted(bench: Bench, simulator: SimulatorProcess, host: ReferenceHost | None, secret: str = "") -> str:
    account = await account_of(bench, simulator, "globalaiopc")
    found = bench.accounts.get(account)
    assert found is not None
    await bench.accounts.save(found.model_copy(update={"reference_host": host}))
    if secret:
        await bench.accounts.set_host_secret(account, secret)
    return account


@pytest.mark.parametrize(("aspect", "size"), [("16:9", (1280, 720)), ("9:16", (720, 1280))])
async def test_a_bucket_carries_a_mended_picture_to_a_service_without_uploads(
    bench: Bench, simulator: SimulatorProcess, s3: S3Server, monkeypatch, aspect: str, size: tuple[int, int]
) -> None:
    made: list[str] = []
    monkeypatch.setattr(delivery, "mend", lambda *args: made.append("once") or mend(*args))
    account = await hosted(bench, simulator, s3.host(), SECRET)
    values: dict[str, Scalar] = {"size": f"{size[0]}x{size[1]}"}
    reference = await bench.engine.references.add(photo((1500, 1500)), "photo.jpg")
    with pytest.raises(UserError) as refused:
        await send(bench, account, "globalaiopc", reference, values)
    assert refused.value.code == "reference_size"
    reference = mended(bench, "globalaiopc", reference, values)
    jobs = [job for _ in range(3) for job in await send(bench, account, "globalaiopc", reference, values)]
    jobs = await done(bench, jobs)
    [name] = s3.names()
    data, mime = s3.read(name)
    assert name.startswith("sora/") and name.endswith(".jpg") and mime == "image/jpeg"
    assert opened(data).size == size and MAKER not in data
    assert all(arrived(job) == data for job in jobs)
    assert made == ["once"], "three variations need one mended picture"
    await bench.engine.references.forget(reference.sha256)
    s3.clear()
    delivery_seen_nothing(bench)
    [job] = await done(bench, await send(bench, account, "globalaiopc", reference, values))
    assert arrived(job) == data, "an object that was removed was not put again"


def delivery_seen_nothing(bench: Bench) -> None:
    """As if five minutes had passed."""
    bench.engine._submission._delivery._seen.clear()  # pyright: ignore[reportPrivateUsage]


async def test_another_account_s_uploads_carry_it_too(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    rivya = await account_of(bench, simulator, "rivya")
    listed = bench.accounts.models

    def films_first(account_id: str) -> tuple[Model, ...]:
        """A list whose first model takes clips only: the service would refuse a picture that is uploaded for it."""
        first, *rest = listed(account_id)
        assert first.references is not None
        films = first.references.model_copy(update={"kinds": ("video",)})
        return first.model_copy(update={"id": "films", "references": films}), first, *rest

    monkeypatch.setattr(bench.accounts, "models", films_first)
    account = await hosted(bench, simulator, ReferenceHost(kind="account", account=rivya))
    rule = model_of(bench, "globalaiopc").references
    assert bench.engine.references.way(account, rule) is Way.ACCOUNT
    values: dict[str, Scalar] = {"aspect_ratio": "16:9"}
    reference = mended(bench, "globalaiopc", await bench.engine.references.add(photo((640, 640)), "p.jpg"), values)
    jobs = [job for _ in range(3) for job in await send(bench, account, "globalaiopc", reference, values)]
    [job, *_] = await done(bench, jobs)
    assert opened(arrived(job)).size == (1280, 720) and len(uploads(simulator)) == 1
    await bench.engine.references.test_host(account)
    await bench.accounts.remove(rivya)
    assert bench.engine.references.way(account, rule) is Way.NONE
    with pytest.raises(UserError) as gone:
        await bench.engine.references.test_host(account)
    assert gone.value.code == "host_account_gone"


async def test_without_a_host_only_addresses_are_taken(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await hosted(bench, simulator, None)
    values: dict[str, Scalar] = {"size": "1280x720"}
    reference = mended(bench, "globalaiopc", await bench.engine.references.add(photo(), "p.jpg"), values)
    with pytest.raises(UserError) as refused:
        await send(bench, account, "globalaiopc", reference, values)
    assert refused.value.code == "reference_needs_url"


async def test_a_host_that_is_down_holds_up_its_jobs_and_nothing_else(
    bench: Bench, simulator: SimulatorProcess, s3: S3Server
) -> None:
    with closed_port() as port:
        account = await hosted(bench, simulator, s3.host(endpoint=f"http://127.0.0.1:{port}"), SECRET)
        values: dict[str, Scalar] = {"size": "1280x720"}
        reference = mended(bench, "globalaiopc", await bench.engine.references.add(photo(), "p.jpg"), values)
        [waits] = await send(bench, account, "globalaiopc", reference, values)
        await bench.until(lambda: bench.job(waits).failure is not None)
        failure = bench.job(waits).failure
        assert failure is not None and failure.code == "host_unreachable" and failure.billed == "no"
        assert bench.job(waits).state is State.WAITING and bench.engine.online
        [goes] = await bench.submit(account, "no reference")
        await bench.until(lambda: bench.job(goes).state is State.DONE)
    found = bench.accounts.get(account)
    assert found is not None
    await bench.accounts.save(found.model_copy(update={"reference_host": s3.host()}))
    await done(bench, [waits])


async def test_a_host_without_its_secret_says_so(bench: Bench, simulator: SimulatorProcess, s3: S3Server) -> None:
    account = await hosted(bench, simulator, s3.host())
    values: dict[str, Scalar] = {"size": "1280x720"}
    reference = mended(bench, "globalaiopc", await bench.engine.references.add(photo(), "p.jpg"), values)
    [job] = await send(bench, account, "globalaiopc", reference, values)
    await bench.until(lambda: bench.job(job).failure is not None)
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "host_secret_missing"
    await bench.accounts.set_host_secret(account, SECRET)
    if bench.job(job).state is State.FAILED:
        await bench.engine.retry(job.id)
    await done(bench, [job])


async def test_the_test_of_a_host_puts_gets_and_deletes(
    bench: Bench, simulator: SimulatorProcess, s3: S3Server
) -> None:
    account = await hosted(bench, simulator, s3.host(), SECRET)
    await bench.engine.references.test_host(account)
    assert s3.names() == []
    with pytest.raises(ProviderError) as refused:
        await bench.engine.references.test_host(account, s3.host(bucket="nobodys-bucket"), SECRET)
    assert refused.value.failure.code == "host_no_bucket"


async def test_a_host_at_home_is_refused_for_a_service_far_away(
    bench: Bench, simulator: SimulatorProcess, s3: S3Server
) -> None:
    account = await bench.account("globalaiopc", "https://service.example.com", KEYS["globalaiopc"])
    found = bench.accounts.get(account)
    assert found is not None
    await bench.accounts.save(found.model_copy(update={"reference_host": s3.host()}))
    await bench.accounts.set_host_secret(account, SECRET)
    values: dict[str, Scalar] = {"size": "1280x720"}
    reference = mended(bench, "globalaiopc", await bench.engine.references.add(photo(), "p.jpg"), values)
    [job] = await send(bench, account, "globalaiopc", reference, values)
    await bench.until(lambda: bench.job(job).failure is not None)
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "reference_host_local" and s3.names() == []


# Addresses.


async def test_an_address_is_looked_at_without_a_key(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await account_of(bench, simulator, "rivya")
    out = io.BytesIO()
    Image.new("RGB", (640, 360), "red").save(out, "PNG")
    url = simulator.host(out.getvalue())
    found = await bench.engine.references.look(account, url)
    assert (found.url, found.mime, found.width, found.height) == (url, "image/png", 640, 360)
    [job] = await done(bench, await bench.submit(account, references=(found,)))
    assert arrived(job) == out.getvalue()
    path = urlsplit(url).path
    looks = simulator.requests(path=path)
    assert looks and all("authorization" not in dict(call["headers"]) for call in looks)
    fetched = await bench.engine.references.fetch(account, url)
    assert fetched.picture is not None and fetched.picture.size == (640, 360) and not fetched.url


async def test_an_address_that_is_no_good_fails_before_money_is_spent(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await account_of(bench, simulator, "rivya")
    base = f"{urlsplit(simulator.rivya).scheme}://{urlsplit(simulator.rivya).netloc}"
    dead = Reference(url=f"{simulator.media}/files/none.png", name="dead")
    page = Reference(url=f"{base}/rivya/api/v1/openapi.json", name="page")
    jobs = [job for one in (dead, page) for job in await bench.submit(account, "no good", references=(one,))]
    await bench.until_quiet()
    failures = [bench.job(job).failure for job in jobs]
    assert [failure and failure.code for failure in failures] == ["reference_url_dead", "reference_url_no_file"]
    assert simulator.billed("no good") == 0 and simulator.requests(dialect="rivya", call="create") == []


async def test_a_model_that_takes_uploads_only_gets_what_is_at_an_address_as_one(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Works.model

    def files_only(works: Works, job: Job) -> Model:
        model = real(works, job)
        assert model.references is not None
        return model.model_copy(update={"references": model.references.model_copy(update={"urls": False})})

    monkeypatch.setattr(Works, "model", files_only)
    account = await account_of(bench, simulator, "rivya")
    simulator.put_model("sora-2", extra={"url_input_supported": False})
    try:
        out = io.BytesIO()
        Image.new("RGB", (640, 360), "red").save(out, "PNG")
        url = simulator.host(out.getvalue())
        [job] = await done(bench, await bench.submit(account, references=(Reference(url=url, name="a.png"),)))
        assert len(uploads(simulator)) == 1 and arrived(job) == out.getvalue() and url not in job.body
    finally:
        simulator.control("DELETE", "/models")


async def test_a_service_far_away_sends_us_to_nobody_at_home(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the address of an upload, which is looked at before it is used again."""
    account = await bench.account("rivya", "https://service.example.com", KEYS["rivya"])
    reference = await bench.engine.references.add(photo(), "p.jpg")
    rule = model_of(bench, "rivya").references
    assert rule is not None
    sha256 = hashlib.sha256((await bench.engine.references.made(reference, rule)).data).hexdigest()
    sent = SentReference(url="http://10.0.0.1/router?reboot", name="p.jpg")
    place = f"{account} https://service.example.com"
    await bench.engine.references.uploads.put(Upload(account=place, sha256=sha256, sent=sent, uploaded_at=time.time()))
    allowed: list[bool] = []

    async def look(_http: Http, url: str, *, allow_private: bool, **_more: object) -> None:
        allowed.append(allow_private)
        raise UserError("reference_missing", name=url)  # Far enough: nothing is sent.

    async def balance(_rivya: Rivya, _connection: object) -> float:
        return 1.0

    monkeypatch.setattr(Http, "look", look)
    monkeypatch.setattr(Rivya, "balance", balance)
    [job] = await bench.submit(account, references=(reference,))
    await bench.until_quiet()
    assert allowed == [False] and bench.job(job).state is State.FAILED


async def test_a_large_picture_at_an_address_is_measured_by_its_beginning_before_money_is_spent(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await account_of(bench, simulator, "globalaiopc")
    out = io.BytesIO()
    Image.effect_noise((900, 600), 90).convert("RGB").save(out, "PNG", compress_level=0)
    assert len(out.getvalue()) > 2 * HEAD
    url = simulator.host(out.getvalue())
    found = await bench.engine.references.look(account, url)
    assert (found.mime, found.width, found.height, found.bytes) == ("image/png", 900, 600, len(out.getvalue()))
    [job] = await send(bench, account, "globalaiopc", Reference(url=url, name="noise.png"), {"size": "1280x720"})
    await bench.until_quiet()
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "reference_size" and failure.billed == "no"
    assert simulator.requests(dialect="globalaiopc", call="create") == []


async def test_an_address_that_was_just_used_is_held_to_another_job_s_ratio(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await account_of(bench, simulator, "globalaiopc")
    out = io.BytesIO()
    Image.new("RGB", (720, 1280)).save(out, "PNG")
    reference = Reference(url=simulator.host(out.getvalue()), name="tall.png")
    await done(bench, await send(bench, account, "globalaiopc", reference, {"size": "720x1280"}))
    [wide] = await send(bench, account, "globalaiopc", reference, {"size": "1280x720"})
    await bench.until_quiet()
    failure = bench.job(wide).failure
    assert failure is not None and failure.code == "reference_size"
    assert len(simulator.requests(dialect="globalaiopc", call="create")) == 1
    look = AsyncMock(side_effect=UserError("reference_missing", name="tall.png"))
    monkeypatch.setattr(References, "look", look)
    await bench.engine.retry(wide.id)
    await bench.until_quiet()
    assert look.called, "another picture may be there by now"


PNG = {"content-type": "image/png"}
CLIP = b"\0\0\0\x18ftypisom" + bytes(200)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(302, headers={"location": "/again.png"}), "reference_url_astray"),
        (reply(302, headers={"location": "ftp://x.example/a.png"}), "reference_url_astray"),
        (reply(200, "no picture, whatever its host says", PNG), "picture_none"),
        (reply(200, b"%PDF-1.7" + bytes(2 * HEAD), PNG), "picture_none"),
        (reply(200, "<html>", {"content-type": "text/html; charset=utf-8"}), "reference_url_no_file"),
        (reply(200, b"", PNG), "picture_empty"),
        (reply(404), "reference_url_dead"),
        (reply(410), "reference_url_dead"),
    ],
)
async def test_each_address_that_is_no_good_is_said_for_what_it_is(bench: Bench, answer: bytes, code: str) -> None:
    account = await bench.account("rivya", "http://127.0.0.1:9", KEYS["rivya"])
    async with raw_server(always(answer)) as server:
        with pytest.raises(UserError) as refused:
            await bench.engine.references.look(account, f"{server.url}/a.png")
    assert refused.value.code == code and len(server.asked) <= 6
    assert all("authorization" not in asked.headers for asked in server.asked)


@pytest.mark.parametrize("status", [401, 403, 405, 429, 500, 503])
async def test_what_a_host_will_not_tell_us_it_may_tell_the_service(bench: Bench, status: int) -> None:
    account = await bench.account("rivya", "http://127.0.0.1:9", KEYS["rivya"])
    async with raw_server(always(reply(status))) as server:
        found = await bench.engine.references.look(account, f"{server.url}/a.png")
    assert (found.url, found.mime, found.width) == (f"{server.url}/a.png", "", None)


async def test_a_clip_at_an_address_is_one_and_what_comes_slowly_is_measured_by_what_came(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_references, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(engine_references, "FETCH_SECONDS", 0.3)
    account = await bench.account("rivya", "http://127.0.0.1:9", KEYS["rivya"])
    plain = {"content-type": "application/octet-stream"}
    async with raw_server(always(reply(200, CLIP, plain))) as server:
        found = await bench.engine.references.look(account, f"{server.url}/a")
    assert (found.kind, found.mime) == ("video", "video/mp4")
    out = io.BytesIO()
    Image.effect_noise((700, 500), 90).convert("RGB").save(out, "PNG", compress_level=0)
    stalled = reply(200, out.getvalue(), plain)[:200_000]
    async with raw_server(always(stalled)) as server:
        found = await bench.engine.references.look(account, f"{server.url}/a")
        assert (found.kind, found.mime, found.width, found.height) == ("image", "image/png", 700, 500)
        with pytest.raises(UserError) as slow:
            await bench.engine.references.fetch(account, f"{server.url}/a.png")
    assert slow.value.code == "reference_url_slow"


async def test_an_address_at_home_is_refused_for_a_service_far_away(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", "https://service.example.com", KEYS["rivya"])
    for url in (f"{simulator.media}/files/a.png", "http://10.0.0.1/a.png", "http://[::1]/a.png"):
        with pytest.raises(UserError) as refused:
            await bench.engine.references.look(account, url)
        assert refused.value.code == "reference_url_private"
