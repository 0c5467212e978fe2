"""The dialects against the strict simulator over real sockets: from the request to the file, and every fault."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sora_desktop.core.errors import Billed, FailureKind, ProviderError, Sent
from sora_desktop.core.params import Scalar, controls
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.core.request import GenerationRequest, check
from sora_desktop.providers.base import Connection, Dialect, RemoteStatus
from sora_desktop.providers.http import Http
from sora_desktop.simulator.keys import SIMULATOR_GLOBALAIOPC_KEY, SIMULATOR_RIVYA_KEY
from support.dialects import ALL_MODELS, catalog, dialect_of, model, request
from support.simulator import SimulatorProcess

NAMES = ("rivya", "globalaiopc", "globalaiopc_v2")
"""The last one is described by a file; in the simulator it has the books of the one before."""
intents = (f"intent-{number}" for number in itertools.count())


class Service:
    """One dialect at the simulator."""

    def __init__(self, name: str, dialect: Dialect, door: Http, simulator: SimulatorProcess, key: str = "") -> None:
        self.at = name.removesuffix("_v2")
        base = {"rivya": simulator.rivya, "globalaiopc": simulator.globalaiopc}[self.at]
        keys = {"rivya": SIMULATOR_RIVYA_KEY, "globalaiopc": SIMULATOR_GLOBALAIOPC_KEY}
        self.name, self.dialect, self.door, self.simulator = name, dialect, door, simulator
        self.connection = Connection(base, key or keys[self.at])
        provider = catalog().provider(name)
        assert provider is not None
        self.model = provider.models[0]

    def body(self, asked: GenerationRequest | None = None, intent: str = "i", *references: SentReference) -> bytes:
        asked = asked or request(self.name, self.model.id)
        return self.dialect.body(model(self.name, asked.model), asked, intent, references)

    async def create(self, intent: str = "") -> Any:
        intent = intent or next(intents)
        return await self.dialect.create(self.connection, self.body(intent=intent), intent)

    async def failing(self, awaitable: Any) -> ProviderError:
        with pytest.raises(ProviderError) as caught:
            await awaitable
        assert self.connection.key not in caught.value.failure.model_dump_json() + repr(caught.value)
        return caught.value

    def billed(self) -> int:
        return self.simulator.ledger(self.at)["billed_tasks"]


@pytest.fixture
async def door() -> AsyncIterator[Http]:
    door = Http(connect=2.0, read=0.5)
    await door.warm()
    yield door
    await door.aclose()


@pytest.fixture(params=NAMES)
def service(request: pytest.FixtureRequest, door: Http, simulator: SimulatorProcess) -> Service:
    return Service(request.param, dialect_of(door, request.param), door, simulator)


@pytest.fixture
def rivya(door: Http, simulator: SimulatorProcess) -> Service:
    return Service("rivya", dialect_of(door, "rivya"), door, simulator)


@pytest.fixture
def globalaiopc(door: Http, simulator: SimulatorProcess) -> Service:
    return Service("globalaiopc", dialect_of(door, "globalaiopc"), door, simulator)


# From the request to the file.


@pytest.mark.parametrize(("provider", "model_id"), ALL_MODELS)
@pytest.mark.parametrize("wrap", [False, True])
async def test_every_model_from_the_request_to_the_file(
    door: Http, simulator: SimulatorProcess, provider: str, model_id: str, wrap: bool
):
    simulator.control("POST", "/manners", {"wrap": wrap and provider == "globalaiopc"})
    service = Service(provider, dialect_of(door, provider), door, simulator)
    intent = next(intents)
    body = service.body(request(provider, model_id, "A boat at first light"), intent)
    task = await service.dialect.create(service.connection, body, intent)
    assert task.status is RemoteStatus.QUEUED and task.id
    assert (task.reserved == model(provider, model_id).credits) if provider == "rivya" else task.reserved is None
    simulator.end(task.id)
    done = await service.dialect.poll(service.connection, task.id)
    assert (done.id, done.status, done.failure, done.note) == (task.id, RemoteStatus.SUCCEEDED, None, None)
    assert done.final is not None and done.final > 0
    async with door.download(done.urls[0], allow_private=True) as download:
        data = b"".join([chunk async for chunk in download.chunks()])
        assert download.content_type == "video/mp4" and download.total == len(data)
        assert download.validator
    assert data[4:8] == b"ftyp"
    async with door.download(done.urls[0], offset=100, validator=download.validator, allow_private=True) as rest:
        assert (rest.offset, rest.total) == (100, len(data))
        assert b"".join([chunk async for chunk in rest.chunks()]) == data[100:]
    for recorded in simulator.requests(call="download"):
        assert "authorization" not in json.dumps(recorded["headers"]).lower()
    assert simulator.requests(leak="1") == []


def any_values(provider: str, model_id: str) -> st.SearchStrategy[dict[str, Scalar]]:
    """Values of a user: for some controls one of its members' options, in the option's type or as text."""
    chosen: list[st.SearchStrategy[dict[str, Scalar]]] = []
    for control in controls(model(provider, model_id).params):
        pairs = [(member.key, option.value) for member in control.members for option in member.options]
        pairs += [(key, str(value)) for key, value in pairs]
        chosen.append(st.none() | st.sampled_from(pairs))  # type: ignore[arg-type]
    return st.tuples(*chosen).map(lambda picked: dict(pair for pair in picked if pair))  # type: ignore[arg-type]


@pytest.mark.parametrize(("provider", "model_id"), ALL_MODELS)
async def test_whatever_passes_our_check_passes_the_services(
    door: Http, simulator: SimulatorProcess, provider: str, model_id: str
):
    """The strict simulator takes every body that a user can put together."""
    service = Service(provider, dialect_of(door, provider), door, simulator)
    loop = asyncio.get_running_loop()
    bodies: list[bytes] = []

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(any_values(provider, model_id), st.text(min_size=1, max_size=50).filter(str.strip))
    def collect(values: dict[str, Scalar], prompt: str) -> None:
        prompt = prompt.encode("utf-8", "replace").decode()
        asked = request(provider, model_id, prompt, **values)
        assert check(model(provider, model_id), prompt, values) == []
        bodies.append(service.body(asked, f"h-{len(bodies)}"))

    collect()
    assert loop.is_running()
    for body in dict.fromkeys(bodies):
        intent = next(intents)
        if provider == "rivya":
            body = json.dumps({**json.loads(body), "client_request_id": intent}).encode()
        task = await service.dialect.create(service.connection, body, intent)
        simulator.end(task.id, "fail")


async def test_an_uploaded_picture_goes_along(rivya: Service, tmp_path: Path):
    path = tmp_path / "shore.png"
    Image.new("RGB", (64, 36), (40, 90, 120)).save(path)
    heard: list[tuple[int, int]] = []
    reference = Reference(kind="image", name="shore.png", mime="image/png", path=str(path))
    sent = await rivya.dialect.upload(rivya.connection, rivya.model, reference, path, lambda *now: heard.append(now))
    assert (sent.kind, sent.name, sent.mime, sent.duration_token) == ("image", "shore.png", "image/png", "")
    assert heard[-1] == (path.stat().st_size,) * 2
    intent = next(intents)
    task = await rivya.dialect.create(rivya.connection, rivya.body(None, intent, sent), intent)
    assert task.status is RemoteStatus.QUEUED


async def test_a_file_that_is_no_picture_is_refused_at_the_references(rivya: Service, tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(b"GIF89a" + bytes(100))
    error = await rivya.failing(
        rivya.dialect.upload(rivya.connection, rivya.model, Reference(), path, lambda done, total: None)
    )
    assert (error.failure.code, error.failure.field, error.sent) == ("refused", "references", Sent.REFUSED)
    assert error.failure.request_id.startswith("req_")


async def test_a_hosted_picture_goes_along(globalaiopc: Service):
    data = io.BytesIO()
    Image.new("RGB", (1280, 720), (40, 90, 120)).save(data, "PNG")
    url = globalaiopc.simulator.host(data.getvalue())
    asked = request("globalaiopc", globalaiopc.model.id, size="1280x720")
    body = globalaiopc.body(asked, "i", SentReference(url=url))
    assert (await globalaiopc.dialect.create(globalaiopc.connection, body, "i")).id


# Money.


async def test_the_same_key_and_body_make_one_task(rivya: Service):
    before, intent = rivya.billed(), next(intents)
    first, second = await rivya.create(intent), await rivya.create(intent)
    assert first.id == second.id
    assert rivya.billed() == before + 1


async def test_the_same_key_with_another_body_is_a_conflict(rivya: Service):
    intent = next(intents)
    await rivya.create(intent)
    other = rivya.body(request("rivya", rivya.model.id, "Another prompt"), intent)
    error = await rivya.failing(rivya.dialect.create(rivya.connection, other, intent))
    assert (error.failure.kind, error.sent, error.transient) == (FailureKind.CONFLICT, Sent.REFUSED, False)


async def test_an_answer_lost_after_the_task_was_taken_is_asked_for_again(rivya: Service):
    before, intent = rivya.billed(), next(intents)
    rivya.simulator.fault("reset_after", "create", "rivya")
    error = await rivya.failing(rivya.create(intent))
    assert (error.sent, error.failure.billed) == (Sent.AMBIGUOUS, Billed.MAYBE)
    task = await rivya.create(intent)
    assert rivya.simulator.task(task.id)["id"] == task.id
    assert rivya.billed() == before + 1


async def test_a_failed_task_and_its_money(rivya: Service):
    task = await rivya.create()
    rivya.simulator.end(task.id, "fail", message="The filter refused it.")
    failed = await rivya.dialect.poll(rivya.connection, task.id)
    assert failed.failure is not None
    assert (failed.status, failed.final, failed.failure.billed) == (RemoteStatus.FAILED, 0, Billed.NO)
    assert (failed.failure.code, failed.failure.detail) == ("generation_failed", "The filter refused it.")


async def test_the_balance_and_the_check(rivya: Service, globalaiopc: Service):
    rivya.simulator.add_key("rvya_sk_test_poor", credits=7)
    poor = Connection(rivya.connection.base_url, "rvya_sk_test_poor")
    assert await rivya.dialect.balance(poor) == 7
    seen = await rivya.dialect.check(poor)
    assert (seen.balance, seen.verified) == (7, True) and seen.models is not None and seen.models >= 2
    body = rivya.body(request("rivya", "sora-2-pro"), "poor")
    error = await rivya.failing(rivya.dialect.create(poor, body, "poor"))
    assert (error.failure.kind, error.sent) == (FailureKind.CREDITS, Sent.REFUSED)
    seen = await globalaiopc.dialect.check(globalaiopc.connection)
    assert (seen.http_status, seen.verified, seen.balance) == (404, False, None)


@pytest.mark.parametrize("shape", ["plain", "labelled", "odd"])
async def test_the_list_of_models_in_any_shape(rivya: Service, shape: str):
    rivya.simulator.control("POST", "/manners", {"models": shape})
    models = (await rivya.dialect.check(rivya.connection)).models
    assert models is not None and models >= 2


@pytest.mark.parametrize(
    ("key", "state", "code"),
    [("revoked", "revoked", "key_revoked"), ("expired", "expired", "key_expired"), ("", "", "key_rejected")],
)
async def test_keys_that_do_not_work(rivya: Service, key: str, state: str, code: str):
    text = f"rvya_sk_test_{key}" if key else "rvya_sk_nobodys"
    if state:
        rivya.simulator.add_key(text, state=state)
    connection = Connection(rivya.connection.base_url, text)
    error = await rivya.failing(rivya.dialect.check(connection))
    assert (error.failure.code, error.failure.kind) == (code, FailureKind.KEY)


async def test_a_key_without_the_permission(rivya: Service):
    rivya.simulator.add_key("rvya_sk_test_reader", scopes=["credits:read"])
    reader = Connection(rivya.connection.base_url, "rvya_sk_test_reader")
    error = await rivya.failing(rivya.dialect.create(reader, rivya.body(), "i"))
    assert (error.failure.code, error.sent) == ("key_scope", Sent.REFUSED)


async def test_a_missing_or_wrong_key(service: Service):
    for key, code in (("", {"key_missing", "key_rejected"}), ("sk-nobodys-key", {"key_rejected"})):
        connection = Connection(service.connection.base_url, key)
        error = await service.failing(service.dialect.create(connection, service.body(), "i")) if key else None
        if error is None:
            with pytest.raises(ProviderError) as caught:
                await service.dialect.create(connection, service.body(), "i")
            error = caught.value
        assert error.failure.code in code and error.sent is Sent.REFUSED


# Faults. Each says whether the create was taken; whatever we call refused or not sent must not have been.

FAULTS = {
    "rate_limited": (Sent.REFUSED, True),
    "http_500": (Sent.AMBIGUOUS, True),
    "bad_gateway_html": (Sent.AMBIGUOUS, True),
    "unavailable": (Sent.REFUSED, True),
    "unavailable_html": (Sent.AMBIGUOUS, True),
    "broken_json": (Sent.AMBIGUOUS, True),
    "empty": (Sent.AMBIGUOUS, True),
    "unauthorized": (Sent.REFUSED, False),
    "forbidden": (Sent.REFUSED, False),
    "redirect": (Sent.REFUSED, False),
    "huge": (Sent.AMBIGUOUS, True),
    "reset_before": (Sent.AMBIGUOUS, True),
    "timeout_before": (Sent.AMBIGUOUS, True),
    "reset_after": (Sent.AMBIGUOUS, True),
    "timeout": (Sent.AMBIGUOUS, True),
    "wrong_types": (Sent.AMBIGUOUS, True),
    "http_500_after": (Sent.AMBIGUOUS, True),
    "broken_json_after": (Sent.AMBIGUOUS, True),
    "bad_gateway_html_after": (Sent.AMBIGUOUS, True),
    "empty_after": (Sent.AMBIGUOUS, True),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_create_that_goes_wrong(service: Service, fault: str):
    before = service.billed()
    service.simulator.fault(fault, "create", service.at)
    error = await service.failing(service.create())
    assert (error.sent, error.transient) == FAULTS[fault]
    taken = service.billed() - before
    assert taken == 0 or error.sent is Sent.AMBIGUOUS
    assert error.failure.billed is (Billed.MAYBE if error.sent is Sent.AMBIGUOUS else Billed.NO)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_poll_that_goes_wrong_is_never_the_end(service: Service, fault: str):
    task = await service.create()
    service.simulator.fault(fault, "poll", service.at)
    error = await service.failing(service.dialect.poll(service.connection, task.id))
    permanent = {"unauthorized", "forbidden", "redirect"}
    assert error.transient is (fault not in permanent)
    again = await service.dialect.poll(service.connection, task.id)
    assert (again.id, again.status) == (task.id, RemoteStatus.QUEUED)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"reset_after", "timeout"}))
@pytest.mark.parametrize("call", ["credits", "upload"])
async def test_other_calls_that_go_wrong(rivya: Service, tmp_path: Path, fault: str, call: str):
    path = tmp_path / "a.png"
    Image.new("RGB", (64, 36)).save(path)
    rivya.simulator.fault(fault, call, "rivya")
    upload = rivya.dialect.upload(rivya.connection, rivya.model, Reference(), path, lambda done, total: None)
    error = await rivya.failing(rivya.dialect.balance(rivya.connection) if call == "credits" else upload)
    if call == "credits":
        upload.close()
    assert error.failure.billed is Billed.NO


@pytest.mark.parametrize(("args", "wish"), [({"retry_after": 7}, 7), ({"retry_after_date": 60}, 60)])
async def test_the_wish_to_wait_in_both_forms(service: Service, args: dict[str, Any], wish: float):
    service.simulator.fault("rate_limited", "create", service.at, args=args)
    error = await service.failing(service.create())
    assert error.retry_after == pytest.approx(wish, abs=3)


async def test_a_redirect_takes_no_key_along(service: Service):
    service.simulator.fault("redirect", "create", service.at)
    error = await service.failing(service.create())
    assert error.failure.code == "redirected"
    assert service.simulator.requests(leak="1") == []
    assert [one["path"] for one in service.simulator.requests() if "elsewhere" in one["path"]] == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [("expired", "result_link_dead"), ("forbidden", "result_link_dead"), ("not_found", "result_link_dead"),
     ("http_500", "service_error"), ("bad_gateway_html", "service_error"), ("rate_limited", "rate_limited"),
     ("truncated", "download_stalled"), ("reset_before", "answer_lost")],
)  # fmt: skip
async def test_downloads_that_go_wrong(rivya: Service, fault: str, code: str):
    task = await rivya.create()
    rivya.simulator.end(task.id)
    url = (await rivya.dialect.poll(rivya.connection, task.id)).urls[0]
    rivya.simulator.fault(fault, "download", "media")

    async def fetch() -> None:
        async with rivya.door.download(url, allow_private=True) as download:
            async for _ in download.chunks():
                pass

    error = await rivya.failing(fetch())
    assert error.failure.code == code
    await fetch()


async def test_a_range_that_is_ignored_or_of_another_file_begins_again(rivya: Service):
    task = await rivya.create()
    rivya.simulator.end(task.id)
    url = (await rivya.dialect.poll(rivya.connection, task.id)).urls[0]
    async with rivya.door.download(url, allow_private=True) as first:
        whole = b"".join([chunk async for chunk in first.chunks()])
    for fault in ("range_ignored", "changed_etag"):
        rivya.simulator.fault(fault, "download", "media")
        async with rivya.door.download(url, offset=9, validator=first.validator, allow_private=True) as again:
            assert again.offset == 0
            assert b"".join([chunk async for chunk in again.chunks()]) == whole


async def test_a_public_provider_does_not_fetch_from_this_machine(rivya: Service):
    with pytest.raises(ProviderError) as caught:
        async with rivya.door.download(f"{rivya.simulator.media}/x.mp4"):
            pass
    assert caught.value.failure.code == "result_address"
    assert rivya.simulator.requests(call="download") == []
