"""The Rivya dialect: bodies byte for byte, answers however they come, every published error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.errors import Action, Billed, FailureKind, ProviderError, Sent
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.providers.base import Connection, RemoteStatus
from sora_desktop.providers.http import Http
from sora_desktop.providers.rivya import CODES, Rivya
from support.dialects import KEY, error_of, model, request, talking
from support.raw_server import reply

RIVYA = Rivya(Http())
PRO = model("rivya", "sora-2-pro")
BODY = RIVYA.body(PRO, request("rivya", "sora-2-pro", n_frames="10"), "sd-1", [])
TASK: dict[str, Any] = {
    "id": "task_1",
    "status": "queued",
    "model": "sora-2-pro",
    "reserved_credits": 75,
    "final_credits": 0,
    "created_at": "2026-05-11T00:00:00.000Z",
    "updated_at": "2026-05-11T00:00:00.000Z",
    "result": None,
    "error": None,
}


def test_the_contracts_example_byte_for_byte():
    """Contract: Create. Keys in its order, values of a select as strings, the reference inside of params."""
    reference = SentReference(
        url="https://f/a.png", kind="image", name="a.png", mime="image/png", seconds=4.0, duration_token="t"
    )
    asked = request(
        "rivya", "sora-2-pro", "…", size="standard", n_frames="10", aspect_ratio="landscape", remove_watermark="false",
        upload_method="s3",
    )  # fmt: skip
    expected = (
        '{"model":"sora-2-pro","prompt":"…","client_request_id":"sd-1","params":{"size":"standard","n_frames":"10",'
        '"aspect_ratio":"landscape","remove_watermark":"false","upload_method":"s3","referenceMediaItems":'
        '[{"url":"https://f/a.png","kind":"image","name":"a.png","mimeType":"image/png"}]}}'
    )
    assert RIVYA.body(PRO, asked, "sd-1", [reference]) == expected.encode()


def test_a_duration_only_for_what_has_one():
    video = SentReference(url="https://f/a.mp4", kind="video", seconds=4.0, duration_token="tok")
    item = json.loads(RIVYA.body(PRO, request("rivya", "sora-2-pro"), "i", [video]))["params"]["referenceMediaItems"][0]
    assert item == {"url": "https://f/a.mp4", "kind": "video", "durationSeconds": 4.0, "durationToken": "tok"}


def test_defaults_are_sent_and_what_has_none_is_not():
    body = json.loads(RIVYA.body(PRO, request("rivya", "sora-2-pro"), "i", []))
    assert body["params"] == {
        "n_frames": "10", "aspect_ratio": "landscape", "remove_watermark": "false", "upload_method": "s3"
    }  # fmt: skip
    assert set(body) == {"model", "prompt", "client_request_id", "params"}


def test_old_values_travel_in_the_wires_type():
    asked = request("rivya", "sora-2", n_frames=15, remove_watermark=True)
    body = json.loads(RIVYA.body(model("rivya", "sora-2"), asked, "i", []))
    assert (body["params"]["n_frames"], body["params"]["remove_watermark"]) == ("15", "true")


@pytest.mark.parametrize("prompt", ['日本語 “quotes” \\ " \n\t', "👩‍👩‍👧‍👦", "a\x00b", "\ud83d alone"])
def test_any_prompt_becomes_utf8(prompt: str):
    body = RIVYA.body(PRO, request("rivya", "sora-2-pro", prompt), "i", [])
    assert body == RIVYA.body(PRO, request("rivya", "sora-2-pro", prompt), "i", [])
    assert json.loads(body.decode("utf-8"))["prompt"] == prompt.replace("\ud83d", "?")
    assert body.decode("utf-8").encode("utf-8") == body


async def test_a_create_on_the_wire():
    async with talking("rivya", reply(201, TASK, {"x-request-id": "req_9"})) as (rivya, connection, server):
        task = await rivya.create(connection, BODY, "sd-1")
    asked = server.asked[0]
    assert (asked.method, asked.target, asked.body) == ("POST", "/api/v1/generations", BODY)
    assert asked.headers["idempotency-key"] == "sd-1"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert (task.id, task.status, task.reserved, task.final) == ("task_1", RemoteStatus.QUEUED, 75, None)
    assert (task.created_at, task.request_id, task.note, task.failure) == (1778457600, "req_9", None, None)


@pytest.mark.parametrize("status", [200, 201, 202, 203, 299])
async def test_any_success_is_one(status: int):
    async with talking("rivya", reply(status, TASK)) as (rivya, connection, _):
        assert (await rivya.create(connection, BODY, "i")).id == "task_1"


@pytest.mark.parametrize(
    ("answer", "remote_id"),
    [
        ({"data": TASK}, "task_1"),
        ({"data": [TASK]}, "task_1"),
        ({"id": 17, "status": "queued"}, "17"),
        ({"task_id": "t"}, "t"),
        ({"id": "t", "status": 3}, "t"),
        ({**TASK, "reserved_credits": "75", "created_at": 1778457600, "result": {}, "error": {}}, "task_1"),
    ],
)
async def test_odd_answers_to_a_create_that_name_a_task(answer: Any, remote_id: str):
    async with talking("rivya", reply(200, answer)) as (rivya, connection, _):
        assert (await rivya.create(connection, BODY, "i")).id == remote_id


@pytest.mark.parametrize(
    "answer",
    [{}, [], "ok", None, {"id": None}, {"id": ""}, {"id": {}}, {"id": ".."}, {"id": True}, {"status": "queued"},
     {"error": "no"}, {"id": 5, "status": ["queued"], "error": 3.5}, {"data": "none"}, b"", b"{",
     b"<html><title>Welcome</title>"],
)  # fmt: skip
async def test_a_success_without_a_task_leaves_it_open(answer: Any):
    async with talking("rivya", reply(200, answer)) as (rivya, connection, _):
        error = await error_of(rivya.create(connection, BODY, "i"))
    assert (error.sent, error.failure.code, error.failure.billed) == (Sent.AMBIGUOUS, "answer_broken", Billed.MAYBE)


async def test_a_published_refusal_inside_of_a_success_is_one():
    answer = {"error": {"code": "insufficient_credits", "message": "0 left"}}
    async with talking("rivya", reply(200, answer)) as (rivya, connection, _):
        error = await error_of(rivya.create(connection, BODY, "i"))
    assert (error.sent, error.failure.code, error.transient) == (Sent.REFUSED, "credits_short", False)


PUBLISHED = [
    ("api_key_missing", 401, FailureKind.KEY, "key_missing", Action.KEY, False),
    ("api_key_invalid", 401, FailureKind.KEY, "key_rejected", Action.KEY, False),
    ("api_key_revoked", 401, FailureKind.KEY, "key_revoked", Action.KEY, False),
    ("api_key_expired", 401, FailureKind.KEY, "key_expired", Action.KEY, False),
    ("api_scope_denied", 403, FailureKind.KEY, "key_scope", Action.KEY, False),
    ("validation_failed", 400, FailureKind.REFUSED, "refused", Action.EDIT, False),
    ("insufficient_credits", 402, FailureKind.CREDITS, "credits_short", Action.TOP_UP, False),
    ("idempotency_conflict", 409, FailureKind.CONFLICT, "conflict", Action.NONE, False),
    ("not_found", 404, FailureKind.NOT_FOUND, "not_found_call", Action.KEY, False),
    ("rate_limited", 429, FailureKind.RATE, "rate_limited", Action.RETRY, True),
    ("public_api_disabled", 503, FailureKind.SERVER, "service_closed", Action.RETRY, True),
]


def test_the_table_holds_every_published_code():
    assert {row[0] for row in PUBLISHED} == set(CODES)


@pytest.mark.parametrize(("code", "status", "kind", "sentence", "action", "transient"), PUBLISHED)
async def test_every_published_error(
    code: str, status: int, kind: FailureKind, sentence: str, action: Action, transient: bool
):
    answer = {"error": {"code": code, "message": f"It is {code}.", "requestId": "req_7"}}
    async with talking("rivya", reply(status, answer, {"retry-after": "4"})) as (rivya, connection, _):
        error = await error_of(rivya.create(connection, BODY, "i"))
    failure = error.failure
    assert (failure.kind, failure.code, failure.action) == (kind, sentence, action)
    assert (error.sent, error.transient, error.retry_after) == (Sent.REFUSED, transient, 4)
    assert (failure.request_id, failure.http_status, failure.detail) == ("req_7", status, f"It is {code}.")
    assert failure.billed is (Billed.MAYBE if code == "idempotency_conflict" else Billed.NO)


async def test_a_code_of_the_future_goes_by_its_status():
    answer = {"error": {"code": "quota_of_the_day", "message": "Tomorrow.", "requestId": "r"}}
    async with talking("rivya", reply(402, answer)) as (rivya, connection, _):
        assert (await error_of(rivya.create(connection, BODY, "i"))).failure.code == "credits_short"


@pytest.mark.parametrize(
    ("error", "field"),
    [
        ({"field": "n_frames"}, "n_frames"),
        ({"field": "params.n_frames"}, "n_frames"),
        ({"message": "params.n_frames must be one of 10, 15"}, "n_frames"),
        ({"message": "n_frames: choose 10 or 15."}, "n_frames"),
        ({"message": "prompt is too long"}, "prompt"),
        ({"details": [{"path": ["params", "aspect_ratio"], "message": "bad"}]}, "aspect_ratio"),
        ({"message": "prompt and n_frames clash"}, ""),
        ({"message": "no"}, ""),
        ({"field": "<b>"}, ""),
    ],
)
async def test_the_field_of_a_refusal(error: dict[str, Any], field: str):
    async with talking("rivya", reply(400, {"error": {"code": "validation_failed", **error}})) as (
        rivya,
        connection,
        _,
    ):
        assert (await error_of(rivya.create(connection, BODY, "i"))).failure.field == field


async def test_a_refused_reference_is_marked_at_the_references():
    body = RIVYA.body(PRO, request("rivya", "sora-2-pro"), "i", [SentReference(url="https://f/a.png")])
    answer = {"error": {"code": "validation_failed", "message": "params.referenceMediaItems[0].url: not ours"}}
    async with talking("rivya", reply(400, answer)) as (rivya, connection, _):
        assert (await error_of(rivya.create(connection, body, "i"))).failure.field == "references"


async def test_a_gateways_page_in_plain_text():
    page = b"<html><head><title>502 Bad Gateway</title></head><body><script>alert(1)</script></body></html>"
    async with talking("rivya", reply(502, page, {"content-type": "text/html"})) as (rivya, connection, _):
        error = await error_of(rivya.create(connection, BODY, "i"))
    assert (error.sent, error.failure.code, error.failure.detail) == (
        Sent.AMBIGUOUS,
        "service_error",
        "502 Bad Gateway",
    )


# Credits, check, files.


@pytest.mark.parametrize(
    "answer",
    [
        {"current_credits": 123},
        {"current_credits": "123"},
        {"data": {"current_credits": 123}},
        {"currentCredits": 123.0},
    ],
)
async def test_the_balance(answer: Any):
    async with talking("rivya", reply(200, answer)) as (rivya, connection, server):
        assert await rivya.balance(connection) == 123
    assert server.asked[0].target == "/api/v1/credits"


@pytest.mark.parametrize("answer", [{}, {"current_credits": "a lot"}, {"current_credits": None}, b"<html>", []])
async def test_a_balance_that_cannot_be_read(answer: Any):
    async with talking("rivya", reply(200, answer)) as (rivya, connection, _):
        assert (await error_of(rivya.balance(connection))).failure.code == "answer_broken"


MODELS = {
    "object": "list",
    "data": [{"id": "a", "category": "video"}, None, 3, {"category": 7}, {"category": "image"}, {"category": "video"}],
}


async def test_a_check_proves_the_key_and_counts_without_it():
    async with talking("rivya", reply(200, {"current_credits": 5}), reply(200, MODELS)) as (rivya, connection, server):
        check = await rivya.check(connection)
    assert (check.http_status, check.balance, check.models, check.verified) == (200, 5, 2, True)
    assert check.milliseconds > 0
    assert "authorization" in server.asked[0].headers
    assert server.asked[1].target == "/api/v1/models" and "authorization" not in server.asked[1].headers


@pytest.mark.parametrize("answer", [reply(500), reply(200, b"{"), reply(200, {"data": []}), b"nonsense\r\n\r\n"])
async def test_a_broken_list_does_not_fail_the_check(answer: bytes):
    async with talking("rivya", reply(200, {"current_credits": 5}), answer) as (rivya, connection, _):
        check = await rivya.check(connection)
    assert (check.balance, check.models) == (5, None)


async def test_a_check_with_a_wrong_key():
    answer = {"error": {"code": "api_key_invalid", "message": f"Not {KEY}"}}
    async with talking("rivya", reply(401, answer)) as (rivya, connection, _):
        assert (await error_of(rivya.check(connection))).failure.code == "key_rejected"


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(1000)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "shore.png"
    path.write_bytes(PICTURE)
    return path


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "f", "url": "https://f/1.png", "mime_type": "image/png", "duration_seconds": 4, "duration_token": "t"},
        {"url": "https://f/1.png", "mimeType": "image/png", "durationSeconds": "4", "durationToken": "t"},
        {
            "data": {
                "file_url": "https://f/1.png",
                "mime_type": "image/png",
                "duration_seconds": 4,
                "duration_token": "t",
            }
        },
        {"file": {"url": "https://f/1.png", "mimeType": "image/png", "durationSeconds": 4.0, "durationToken": "t"}},
    ],
)
async def test_an_upload(picture: Path, answer: Any):
    heard: list[tuple[int, int]] = []
    reference = Reference(kind="image", name="a.png", mime="image/png", path=str(picture))
    async with talking("rivya", reply(201, answer)) as (rivya, connection, server):
        sent = await rivya.upload(connection, PRO, reference, picture, lambda *now: heard.append(now))
    assert sent == SentReference(
        url="https://f/1.png", kind="image", name="a.png", mime="image/png", seconds=4, duration_token="t"
    )
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("POST", "/api/v1/files")
    for part in (b'name="kind"\r\n\r\nimage\r\n', b'name="model"\r\n\r\nsora-2-pro\r\n', b'filename="a.png"', PICTURE):
        assert part in asked.body
    assert heard[-1] == (len(PICTURE), len(PICTURE))


@pytest.mark.parametrize("answer", [{}, {"url": False}, {"url": "file:///x"}, b"", {"id": "f"}])
async def test_an_upload_that_names_no_address(picture: Path, answer: Any):
    async with talking("rivya", reply(200, answer)) as (rivya, connection, _):
        error = await error_of(rivya.upload(connection, PRO, Reference(), picture, lambda done, total: None))
    assert (error.failure.code, error.transient, error.failure.billed) == ("answer_broken", True, Billed.NO)


async def test_a_refused_upload_is_marked_at_the_references(picture: Path):
    answer = {"error": {"code": "validation_failed", "message": "no picture"}}
    async with talking("rivya", reply(400, answer)) as (rivya, connection, _):
        error = await error_of(rivya.upload(connection, PRO, Reference(), picture, lambda done, total: None))
    assert (error.failure.field, error.failure.action, error.sent) == ("references", Action.EDIT, Sent.REFUSED)


async def test_a_call_without_a_network():
    connection = Connection("http://127.0.0.1:9", KEY)
    http = Http(connect=1.0)
    with pytest.raises(ProviderError) as caught:
        await Rivya(http).create(connection, BODY, "i")
    await http.aclose()
    assert caught.value.sent is Sent.NOT_SENT
