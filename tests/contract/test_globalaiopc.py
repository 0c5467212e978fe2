"""The GlobalAIOPC dialect: bodies as in the contract, one field of each pair, every form of an error."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.errors import Action, Billed, FailureKind, Sent
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.providers.base import RemoteStatus
from sora_desktop.providers.globalaiopc import NO_TASK, GlobalAIOPC
from sora_desktop.providers.http import Http
from support.dialects import KEY, error_of, model, request, talking
from support.raw_server import reply

SERVICE = GlobalAIOPC(Http())
PLUS = model("globalaiopc", "openAiSora2Plus")
BODY = SERVICE.body(PLUS, request("globalaiopc", "openAiSora2Plus"), "i", [])
TASK: dict[str, Any] = {
    "id": "sora_abc123def456",
    "object": "video.generation",
    "created": 1761635478,
    "model": "openAiSora2Plus",
    "status": "queued",
}
DONE = {**TASK, "status": "completed", "video_url": "https://r/1.mp4", "actualDuration": 8, "amount": 12, "error": None}


def test_the_contracts_fields_byte_for_byte():
    asked = request("globalaiopc", "openAiSora2Plus", "…", size="1280x720", duration=8)
    body = SERVICE.body(PLUS, asked, "intent", [SentReference(url="https://f/a.png", name="a.png", mime="image/png")])
    expected = (
        '{"model":"openAiSora2Plus","prompt":"…","size":"1280x720","duration":8,"input_reference":["https://f/a.png"]}'
    )
    assert body == expected.encode()


def test_nothing_set_sends_the_published_default_only():
    assert json.loads(BODY) == {"model": "openAiSora2Plus", "prompt": "A boat", "size": "720x1280"}


CHOICES: dict[str, list[Any]] = {
    "size": [None, "720x1280", "1280x720"],
    "aspect_ratio": [None, "16:9", "9:16"],
    "duration": [None, 4, "8", 12.0],
    "seconds": [None, "4", 8],
}


@pytest.mark.parametrize("values", list(itertools.product(*CHOICES.values())))
def test_exactly_one_of_each_pair_in_the_wires_type(values: tuple[Any, ...]):
    given = {key: value for key, value in zip(CHOICES, values, strict=True) if value is not None}
    body = json.loads(SERVICE.body(PLUS, request("globalaiopc", "openAiSora2Plus", **given), "i", []))
    assert ("size" in body) + ("aspect_ratio" in body) == 1
    assert ("duration" in body) + ("seconds" in body) == bool({"duration", "seconds"} & set(given))
    assert all(type(body[key]) is int for key in ("duration", "seconds") if key in body)
    assert not {"client_request_id", "image_urls", "params"} & set(body)


async def test_a_create_on_the_wire():
    async with talking("globalaiopc", reply(200, TASK)) as (service, connection, server):
        task = await service.create(connection, BODY, "intent")
    asked = server.asked[0]
    assert (asked.method, asked.target, asked.body) == ("POST", "/v1/sora/videos", BODY)
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert "idempotency-key" not in asked.headers and b"intent" not in asked.body
    assert (task.id, task.status, task.created_at) == ("sora_abc123def456", RemoteStatus.QUEUED, 1761635478)
    assert (task.reserved, task.note) == (None, None)


@pytest.mark.parametrize(
    "answer",
    [{"data": TASK}, {"code": 200, "msg": "success", "data": TASK}, {"code": 0, "data": {"id": "sora_abc123def456"}}],
)
async def test_wrapped_answers(answer: Any):
    async with talking("globalaiopc", reply(200, answer)) as (service, connection, _):
        assert (await service.create(connection, BODY, "i")).id == "sora_abc123def456"


S, A = Sent.REFUSED, Sent.AMBIGUOUS


@pytest.mark.parametrize(
    ("status", "answer", "sent", "code"),
    [
        (400, {"code": 400, "msg": "prompt is required"}, S, "refused"),
        (401, {"error": "Invalid API key"}, S, "key_rejected"),
        (403, {"message": "no"}, S, "key_rejected"),
        (402, {"msg": "余额不足"}, S, "credits_short"),
        (404, {"message": "no"}, S, "not_found_call"),
        (409, {"error": "busy"}, S, "refused"),
        (429, {"message": "Too many requests"}, S, "rate_limited"),
        (503, {"code": 503, "msg": "closed for now"}, S, "service_closed"),
        (503, b"", A, "service_error"),
        (503, b"<html><title>503</title></html>", A, "service_error"),
        (500, {"error": "Something broke"}, A, "service_error"),
        (502, b"<html><title>502 Bad Gateway</title></html>", A, "service_error"),
        (504, {"message": "The upstream server is timing out"}, A, "service_error"),
        (408, b"", A, "service_error"),
        (200, {"code": 401, "msg": "invalid token"}, S, "key_rejected"),
        (200, {"code": 402, "msg": "余额不足"}, S, "credits_short"),
        (200, {"code": "429", "msg": "slow down", "data": None}, S, "rate_limited"),
        (200, {"code": 500, "msg": "oops"}, A, "answer_broken"),
        (200, {"code": 401}, A, "answer_broken"),
        (200, {"error": "oops"}, A, "answer_broken"),
        (200, {"code": 400, "msg": "x", "data": {"task": "t"}}, A, "answer_broken"),
        (200, {"id": 5, "status": ["queued"]}, A, "answer_broken"),
        (200, b"", A, "answer_broken"),
        (200, b'{"id": "sora_', A, "answer_broken"),
        (204, b"", A, "answer_broken"),
    ],
)
async def test_whether_a_create_was_accepted(status: int, answer: Any, sent: Sent, code: str):
    async with talking("globalaiopc", reply(status, answer)) as (service, connection, _):
        error = await error_of(service.create(connection, BODY, "i"))
    assert (error.sent, error.failure.code) == (sent, code)
    assert error.failure.billed is (Billed.MAYBE if sent is A else Billed.NO)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"error": "It is <b>no</b>"}, "It is <b>no</b>"),
        ({"message": "It is\nno"}, "It is no"),
        ({"code": 1, "msg": "不行"}, "不行"),
        (b"<html><head><title>413 Request Entity Too Large</title></head></html>", "413 Request Entity Too Large"),
        (b"plain words", "plain words"),
        (b"", ""),
        ({"error": f"Bearer {KEY} is wrong"}, "Bearer ••• is wrong"),
    ],
)
async def test_every_form_of_an_error_shows_its_text(answer: Any, text: str):
    async with talking("globalaiopc", reply(413, answer)) as (service, connection, _):
        failure = (await error_of(service.create(connection, BODY, "i"))).failure
    assert (failure.detail, failure.http_status) == (text, 413)


async def poll(answer: Any) -> Any:
    async with talking("globalaiopc", reply(200, answer)) as (service, connection, server):
        task = await service.poll(connection, "sora_abc123def456")
    assert server.asked[0].target == "/v1/result/sora_abc123def456"
    return task


@pytest.mark.parametrize("answer", [DONE, {"data": DONE}, {"code": 200, "msg": "success", "data": DONE}])
async def test_a_finished_task(answer: Any):
    task = await poll(answer)
    assert (task.status, task.urls, task.seconds) == (RemoteStatus.SUCCEEDED, ("https://r/1.mp4",), 8)
    assert (task.final, task.note, task.created_at) == (12, None, 1761635478)


@pytest.mark.parametrize(
    ("changes", "status", "noted"),
    [
        ({"status": "queued"}, RemoteStatus.QUEUED, False),
        ({"status": "processing"}, RemoteStatus.PROCESSING, False),
        ({"status": "in_progress"}, RemoteStatus.PROCESSING, True),
        ({"status": "succeeded"}, RemoteStatus.SUCCEEDED, True),
        ({"status": "uploading"}, RemoteStatus.PROCESSING, True),
    ],
)
async def test_states(changes: dict[str, Any], status: RemoteStatus, noted: bool):
    task = await poll({**TASK, **changes})
    assert (task.status, bool(task.note), task.urls) == (status, noted, ())


@pytest.mark.parametrize(
    ("said", "detail", "action"),
    [
        ({"error": "The server was busy"}, "The server was busy", Action.RETRY),
        ({"error": "Real people are not allowed"}, "Real people are not allowed", Action.EDIT),
        ({"error": {"message": "Busy"}}, "Busy", Action.RETRY),
        ({"error": None, "msg": "Busy"}, "Busy", Action.RETRY),
        ({"fail_reason": "Busy"}, "Busy", Action.RETRY),
        ({}, "", Action.RETRY),
    ],
)
@pytest.mark.parametrize(
    ("amount", "billed"), [({}, Billed.MAYBE), ({"amount": 0}, Billed.NO), ({"amount": 12}, Billed.YES)]
)
async def test_failed_tasks(said: Any, detail: str, action: Action, amount: Any, billed: Billed):
    task = await poll({**TASK, "status": "failed", **said, **amount})
    assert task.status is RemoteStatus.FAILED and task.failure is not None
    assert (task.failure.detail, task.failure.action, task.failure.billed) == (detail, action, billed)
    assert task.failure.code == "generation_failed"


@pytest.mark.parametrize(
    ("status", "answer", "kind", "transient"),
    [
        (404, {"message": "task not found"}, FailureKind.NOT_FOUND, False),
        (200, {"code": 404, "msg": "task not found"}, FailureKind.NOT_FOUND, False),
        (401, {"error": "no"}, FailureKind.KEY, False),
        (200, {"code": 401, "msg": "no"}, FailureKind.KEY, False),
        (429, {"message": "slow"}, FailureKind.RATE, True),
        (502, b"<html>", FailureKind.SERVER, True),
        (200, {"code": 500, "msg": "oops"}, FailureKind.SERVER, True),
        (200, b"{", FailureKind.SERVER, True),
        (200, {}, FailureKind.SERVER, True),
    ],
)
async def test_polls_that_fail(status: int, answer: Any, kind: FailureKind, transient: bool):
    async with talking("globalaiopc", reply(status, answer)) as (service, connection, _):
        error = await error_of(service.poll(connection, "sora_1"))
    assert (error.failure.kind, error.transient, error.failure.billed) == (kind, transient, Billed.NO)


async def test_ids_stay_in_their_place():
    async with talking("globalaiopc", reply(200, TASK)) as (service, connection, server):
        await service.poll(connection, "../sora/videos?x=%2F")
        assert (await error_of(service.poll(connection, ".."))).failure.code == "not_found"
    assert [asked.target for asked in server.asked] == ["/v1/result/..%2Fsora%2Fvideos%3Fx%3D%252F"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, {"message": "task not found"}),
        (400, {"code": 400, "msg": "bad id"}),
        (200, {"code": 404, "msg": "no such task"}),
        (200, {"code": 0, "data": None}),
    ],
)
async def test_a_check_that_reaches_the_service_proves_no_key(status: int, answer: Any):
    async with talking("globalaiopc", reply(status, answer)) as (service, connection, server):
        check = await service.check(connection)
    assert (check.http_status, check.verified, check.balance, check.models) == (status, False, None, None)
    assert (server.asked[0].method, server.asked[0].target) == ("GET", f"/v1/result/{NO_TASK}")


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (401, {"error": "Invalid API key"}, "key_rejected"),
        (403, {"message": "no"}, "key_rejected"),
        (200, {"code": 401, "msg": "invalid token"}, "key_rejected"),
        (401, b"", "key_rejected"),
        (404, b"<html><title>404 Not Found</title></html>", "not_found_call"),
        (200, b"<html><title>Welcome</title></html>", "not_found_call"),
        (404, b"", "not_found_call"),
        (429, {"message": "slow"}, "rate_limited"),
        (502, b"<html>", "service_error"),
        (500, {"error": "oops"}, "service_error"),
    ],
)
async def test_checks_that_fail(status: int, answer: Any, code: str):
    async with talking("globalaiopc", reply(status, answer)) as (service, connection, _):
        assert (await error_of(service.check(connection))).failure.code == code


async def test_there_is_no_balance_and_no_upload():
    async with talking("globalaiopc") as (service, connection, server):
        assert await service.balance(connection) is None
        reference = Reference(name="a.png", path="/x/a.png")
        error = await error_of(service.upload(connection, PLUS, reference, Path("/x/a.png"), lambda done, total: None))
    assert (error.failure.code, error.sent, error.failure.field) == ("reference_needs_url", Sent.REFUSED, "references")
    assert server.asked == []
