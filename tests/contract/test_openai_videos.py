"""Servers that speak `/v1/videos`: bodies, answers in every form that occurs, and the key that goes nowhere else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Billed, FailureKind, ProviderError, Sent
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import Reference, ReferenceRule, SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.servers import Form, Server
from sora_desktop.providers.answers import Answer
from sora_desktop.providers.base import Attachment, Connection, RemoteStatus
from sora_desktop.providers.http import Http
from sora_desktop.providers.openai_fields import usual
from sora_desktop.providers.openai_videos import OpenAIVideos, root_of
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.simulator.openai_manners import PRESETS
from support.dialects import error_of
from support.raw_server import Asked, RawServer, always, in_turn, raw_server, reply
from support.simulator import SimulatorProcess

KEY = "sk-canary-0123456789abcdef"
HEADERS = {"X-Team": "canary-of-the-team"}
RULE = ReferenceRule(field="input_reference", attach=True)
MODEL = Model(id="wan-2.2", name="Wan 2.2", params=usual(), references=RULE)
TASK: dict[str, Any] = {"id": "video_1", "object": "video", "status": "queued", "created_at": 1_700_000_000}
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(4000)


def asked_for(prompt: str = "A boat", **values: Scalar) -> GenerationRequest:
    return GenerationRequest(provider="openai_videos", model=MODEL.id, prompt=prompt, values=values)


@asynccontextmanager
async def opened() -> AsyncIterator[Http]:
    http = Http(connect=2.0, read=2.0)
    await http.warm()
    try:
        yield http
    finally:
        await http.aclose()


@asynccontextmanager
async def talking(
    *answers: bytes, server: Server | None = None
) -> AsyncIterator[tuple[OpenAIVideos, Connection, RawServer]]:
    async with opened() as http, raw_server(in_turn(*answers)) as raw:
        yield OpenAIVideos(http, server or Server()), Connection(raw.url, KEY, HEADERS), raw


def form_of(asked: Asked) -> dict[str, tuple[str, bytes]]:
    """The parts of a multipart body by field: their headers and their bytes."""
    boundary = asked.headers["content-type"].partition("boundary=")[2]
    parts: dict[str, tuple[str, bytes]] = {}
    for part in asked.body.split(f"--{boundary}".encode())[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        name = head.decode().partition('name="')[2].partition('"')[0]
        parts[name] = (head.decode().strip(), data.removesuffix(b"\r\n"))
    return parts


# What goes out.


def body_of(request: GenerationRequest, *references: SentReference, model: Model = MODEL) -> bytes:
    return OpenAIVideos(Http(), Server()).body(model, request, "intent", references)


def test_only_what_is_set_is_sent_and_each_in_its_type() -> None:
    assert body_of(asked_for("A boat – 船")) == '{"model":"wan-2.2","prompt":"A boat – 船"}'.encode()
    values: dict[str, Scalar] = {
        "size": "1280x720",
        "seconds": 8,
        "seed": 3,
        "guidance_scale": 4,
        "num_inference_steps": "20",
        "fps": 16.0,
        "negative_prompt": "rain",
    }
    body = json.loads(body_of(asked_for(**values)))
    assert body == {
        "model": "wan-2.2",
        "prompt": "A boat",
        "size": "1280x720",
        "seconds": "8",
        "negative_prompt": "rain",
        "seed": 3,
        "num_inference_steps": 20,
        "guidance_scale": 4.0,
        "fps": 16,
    }
    assert body_of(asked_for(**values)) == body_of(asked_for(**dict(reversed(values.items()))))


def test_a_file_is_no_part_of_the_kept_body_and_an_address_is() -> None:
    assert "reference" not in body_of(asked_for(), SentReference(file="/home/me/a.png")).decode()
    by_url = MODEL.model_copy(update={"references": RULE.model_copy(update={"attach": False})})
    assert json.loads(body_of(asked_for(), SentReference(url="https://h/a.png"), model=by_url))["input_reference"] == (
        "https://h/a.png"
    )


@pytest.mark.parametrize(
    ("base", "prefix", "root"),
    [
        ("https://h", "/v1", "https://h"),
        ("https://h/v1", "/v1", "https://h"),
        ("https://h/v1/", "v1/", "https://h"),
        ("https://h/v1/videos", "/v1", "https://h"),
        ("https://h/openai/v1", "/v1", "https://h/openai"),
        ("https://h/videos", "", "https://h"),
        ("https://h/api", "", "https://h/api"),
    ],
)
def test_a_base_url_with_the_end_of_a_call(base: str, prefix: str, root: str) -> None:
    assert root_of(base, prefix) == root


async def test_a_create_is_json_and_with_files_a_form(tmp_path: Path) -> None:
    picture, second = tmp_path / "sent 1.png", tmp_path / "b.jpg"
    picture.write_bytes(b"\x89PNG" + bytes(300_000))
    second.write_bytes(b"\xff\xd8" + bytes(10))
    files = (
        Attachment("input_reference", picture, 'a "cat".png', "image/png"),
        Attachment("last", second, "b.jpg", "image/jpeg"),
    )
    body = body_of(asked_for(seconds=4, seed=7))
    async with talking(reply(200, TASK)) as (dialect, connection, server):
        assert (await dialect.create(connection, body, "i")).id == "video_1"
        assert (await dialect.create(connection, body, "i", files)).id == "video_1"
    plain, form = server.asked
    assert (plain.method, plain.target) == ("POST", "/v1/videos")
    assert plain.body == body
    assert plain.headers["content-type"] == "application/json"
    parts = form_of(form)
    assert list(parts) == ["model", "prompt", "seconds", "seed", "input_reference", "last"]
    assert [parts[name][1] for name in ("model", "prompt", "seconds", "seed")] == [b"wan-2.2", b"A boat", b"4", b"7"]
    head, data = parts["input_reference"]
    assert data == picture.read_bytes()
    assert 'filename="a %22cat%22.png"' in head
    assert "Content-Type: image/png" in head
    assert parts["last"][1] == second.read_bytes()
    for asked in server.asked:
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.headers["x-team"] == HEADERS["X-Team"]


async def test_a_server_without_a_key() -> None:
    async with talking(reply(200, TASK)) as (dialect, connection, server):
        await dialect.create(Connection(connection.base_url), body_of(asked_for()), "i")
    assert "authorization" not in server.asked[0].headers


UNREAD = {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": None}]}


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        (Form.JSON, reply(422, UNREAD)),
        (Form.JSON, reply(415, {"error": {"message": "no"}})),
        (Form.MULTIPART, reply(415, "")),
    ],
)
async def test_an_unread_form_is_told_and_the_next_request_goes_the_other_way(known: Form, refusal: bytes) -> None:
    learned: dict[str, Form] = {}
    server = Server(form=known)
    async with opened() as http, raw_server(in_turn(refusal, reply(200, TASK))) as raw:
        error = await error_of(
            OpenAIVideos(http, server, learned).create(Connection(raw.url, KEY), body_of(asked_for()), "i")
        )
        assert (error.failure.code, error.sent, error.failure.billed) == ("form_refused", Sent.REFUSED, Billed.NO)
        assert len(raw.asked) == 1, "it is not sent again by itself"
        dialect = OpenAIVideos(http, server, learned)
        assert (await dialect.create(Connection(raw.url, KEY), body_of(asked_for()), "i")).id == "video_1"
    kinds = [asked.headers["content-type"].split(";")[0] for asked in raw.asked]
    names = {Form.JSON: "application/json", Form.MULTIPART: "multipart/form-data"}
    assert kinds == [names[known], names[Form.MULTIPART if known is Form.JSON else Form.JSON]]


@pytest.mark.parametrize(
    ("status", "body", "sent"),
    [
        (415, {"error": {"message": "no"}}, Sent.AMBIGUOUS),
        (400, {"error": {"message": "litellm.BadRequestError: prompt is required"}}, Sent.AMBIGUOUS),
        (503, {"error": {"message": "Connection error."}}, Sent.AMBIGUOUS),
        (400, {"error": {"message": "seconds must be one of 4, 8, 12"}}, Sent.REFUSED),
    ],
)
async def test_what_a_gateway_passes_on_is_never_sent_again(status: int, body: object, sent: Sent) -> None:
    refusal = reply(status, body, {"x-litellm-version": "1.106.0"})
    async with opened() as http, raw_server(in_turn(refusal, reply(200, TASK))) as raw:
        dialect = OpenAIVideos(http, Server(form=Form.JSON), {})
        error = await error_of(dialect.create(Connection(raw.url, KEY), body_of(asked_for()), "i"))
    billed = Billed.MAYBE if sent is Sent.AMBIGUOUS else Billed.NO
    assert (error.sent, error.failure.billed, len(raw.asked)) == (sent, billed, 1)


async def test_a_refused_field_is_no_reason_to_send_it_in_another_form() -> None:
    refusal = {"detail": [{"type": "string_type", "loc": ["body", "size"], "msg": "not a size"}]}
    async with talking(reply(422, refusal)) as (dialect, connection, server):
        error = await error_of(dialect.create(connection, body_of(asked_for(size="1280x720")), "i"))
    assert len(server.asked) == 1
    assert (error.failure.kind, error.failure.field, error.sent) == (FailureKind.REFUSED, "size", Sent.REFUSED)


# What comes back.

WORDS = {
    RemoteStatus.QUEUED: ("queued", "pending", "submitted", "created"),
    RemoteStatus.PROCESSING: ("in_progress", "processing", "running", "generating", "RUNNING"),
    RemoteStatus.SUCCEEDED: ("completed", "succeeded", "success"),
    RemoteStatus.FAILED: ("failed", "error", "cancelled", "canceled", "expired"),
}


@pytest.mark.parametrize(("status", "word"), [(status, word) for status, words in WORDS.items() for word in words])
async def test_every_word_for_a_state(status: RemoteStatus, word: str) -> None:
    async with talking(reply(200, {**TASK, "status": word})) as (dialect, connection, _):
        task = await dialect.poll(connection, "video_1")
    assert (task.status, task.note) == (status, None)
    if status is RemoteStatus.FAILED:
        assert task.failure is not None and task.failure.detail == word.lower()
        assert task.failure.billed is Billed.MAYBE


async def test_an_unknown_word_is_still_running_with_a_note() -> None:
    async with talking(reply(200, {**TASK, "status": "denoising"})) as (dialect, connection, _):
        task = await dialect.poll(connection, "video_1")
    assert task.status is RemoteStatus.PROCESSING
    assert task.note is not None and task.note.tells("denoising")


async def test_the_words_of_a_failure() -> None:
    told = {**TASK, "status": "failed", "error": {"code": "oom", "message": f"CUDA out of memory {KEY}"}}
    async with talking(reply(200, told)) as (dialect, connection, _):
        task = await dialect.poll(connection, "video_1")
    assert task.failure is not None
    assert "CUDA out of memory" in task.failure.detail
    assert KEY not in task.failure.detail


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "video_1", "status": "queued", "created_at": 1},
        {"id": 17, "status": "queued"},
        {"task_id": "video_1", "status": "SUBMITTED"},
        {"data": {"id": "video_1", "status": "queued"}},
        {"id": "video_1"},
    ],
)
async def test_a_create_that_tells_little(answer: Mapping[str, Any]) -> None:
    async with talking(reply(200, answer)) as (dialect, connection, _):
        assert (await dialect.create(connection, body_of(asked_for()), "i")).id in {"video_1", "17"}


URL = "https://files.example/v.mp4"


@pytest.mark.parametrize(
    "result",
    [
        {"video_url": URL},
        {"url": URL},
        {"result": {"urls": [URL]}},
        {"unsigned_urls": [URL]},
        {"metadata": {"url": URL}},
    ],
)
async def test_wherever_the_result_is_named_the_content_comes_after_it(result: Mapping[str, Any]) -> None:
    async with talking(reply(200, {**TASK, "status": "completed", **result})) as (dialect, connection, _):
        task = await dialect.poll(connection, "video_1")
        assert task.urls == (URL, f"{connection.base_url}/v1/videos/video_1/content")


async def test_no_result_but_the_content_whose_address_an_id_cannot_leave() -> None:
    answer = reply(
        200, {"id": "a/../b", "status": "completed", "url": None, "progress": 3, "expires_at": 1_800_000_000}
    )
    async with talking(answer, server=Server(prefix="/api/v2")) as (dialect, connection, server):
        task = await dialect.poll(connection, "a/../b")
        assert task.urls == (f"{connection.base_url}/api/v2/videos/a%2F..%2Fb/content",)
        assert task.expires_at == 1_800_000_000
    assert server.asked[0].target == "/api/v2/videos/a%2F..%2Fb"


async def test_an_address_of_the_servers_own_network_is_not_followed_from_outside() -> None:
    body = json.dumps({**TASK, "status": "completed", "url": "http://10.1.2.3:8000/v.mp4"}).encode()
    with patch.object(Http, "call", AsyncMock(return_value=Answer(200, {}, body, 1.0))):
        dialect = OpenAIVideos(Http(), Server())
        task = await dialect.poll(Connection("https://gateway.example", KEY), "video_1")
    assert task.urls == ("https://gateway.example/v1/videos/video_1/content",)


@pytest.mark.parametrize(
    ("status", "body", "kind", "sent"),
    [
        (401, {"error": {"message": "no"}}, FailureKind.KEY, Sent.REFUSED),
        (403, {"error": {"message": "no", "code": "insufficient_user_quota"}}, FailureKind.CREDITS, Sent.REFUSED),
        (429, {"error": {"message": "no", "code": "insufficient_quota"}}, FailureKind.CREDITS, Sent.REFUSED),
        (429, {"error": {"message": "slow down"}}, FailureKind.RATE, Sent.REFUSED),
        (500, {"error": {"message": "boom"}}, FailureKind.SERVER, Sent.AMBIGUOUS),
        (200, {"error": {"message": "upstream"}}, FailureKind.SERVER, Sent.AMBIGUOUS),
        (200, [], FailureKind.SERVER, Sent.AMBIGUOUS),
    ],
)
async def test_what_a_create_that_brings_no_id_means(status: int, body: Any, kind: FailureKind, sent: Sent) -> None:
    async with talking(reply(status, body)) as (dialect, connection, server):
        error = await error_of(dialect.create(connection, body_of(asked_for()), "i"))
    assert (error.failure.kind, error.sent) == (kind, sent)
    assert len(server.asked) == 1, "sent again"


async def test_a_missing_key_is_told_as_such() -> None:
    async with talking(reply(401, {"error": {"message": "who are you?"}})) as (dialect, connection, _):
        error = await error_of(dialect.check(Connection(connection.base_url)))
    assert error.failure.code == "key_missing"


async def test_uploads_and_balances_are_not_there(tmp_path: Path) -> None:
    async with talking(reply(200, {})) as (dialect, connection, server):
        assert await dialect.balance(connection) is None
        assert await dialect.tasks(connection) is None
        reference = Reference(name="a.png")
        error = await error_of(dialect.upload(connection, MODEL, reference, tmp_path / "a.png", lambda *_: None))
    assert error.sent is Sent.REFUSED
    assert server.asked == []


async def test_a_check_proves_the_key_by_what_happens_without_it() -> None:
    listed = reply(200, {"object": "list", "data": [{"id": "a"}, {"id": "b"}]})
    async with talking(listed, reply(401, {})) as (dialect, connection, server):
        check = await dialect.check(connection)
        assert (check.models, check.verified) == (2, True)
        assert "authorization" not in server.asked[1].headers
    async with talking(listed, reply(500, "")) as (dialect, connection, _):
        assert (await dialect.check(connection)).verified
    async with talking(listed, reply(503, "")) as (dialect, connection, _):
        assert not (await dialect.check(connection)).verified
    async with talking(listed) as (dialect, connection, _):
        assert not (await dialect.check(connection)).verified
        assert (await dialect.check(Connection(connection.base_url))).verified


# The list.


async def test_the_list_is_by_our_clock_and_repeats_the_request() -> None:
    entry = {**TASK, "prompt": "A boat", "model": "wan-2.2", "seconds": "4", "size": None}
    odd = [{"id": True}, "text", {"status": "queued"}]
    body = {"data": [entry, {**TASK, "id": "video_2", "status": "denoising"}, *odd]}
    headers = {"date": "Tue, 14 Nov 2023 22:13:25 GMT"}  # 1_700_000_005
    async with talking(reply(200, body, headers), server=Server(lists_tasks=True)) as (dialect, connection, server):
        dialect._http.clock = lambda: 1_700_000_100.0  # type: ignore[method-assign]
        tasks = await dialect.tasks(connection)
    assert tasks is not None
    assert [task.id for task in tasks] == ["video_1", "video_2"]
    assert tasks[0].created_at == 1_700_000_095.0
    assert tasks[0].echo["prompt"] == "A boat"
    assert tasks[0].echo["seconds"] == "4"
    assert "size" not in tasks[0].echo
    assert server.asked[0].target == "/v1/videos?limit=100&order=desc"


# The key.


async def test_the_content_is_fetched_with_the_key_and_a_redirect_of_it_without() -> None:
    async with opened() as http, raw_server(always(reply(200, MP4, {"content-type": "video/mp4"}))) as other:
        answer = reply(302, b"", {"location": f"{other.url}/signed.mp4?sig=1"})
        async with raw_server(always(answer)) as server:
            lender = Connection(server.url, KEY, HEADERS)
            async with http.download(f"{server.url}/v1/videos/v/content", allow_private=True, lender=lender) as stream:
                data = b"".join([chunk async for chunk in stream.chunks()])
    assert data == MP4
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.asked[0].headers["x-team"] == HEADERS["X-Team"]
    assert "canary" not in str(other.asked[0].headers).lower()
    assert "x-team" not in other.asked[0].headers


@pytest.mark.parametrize("port", [0, 1])
async def test_a_result_on_another_origin_never_sees_the_key(port: int) -> None:
    """Another port of the same machine is another origin."""
    async with opened() as http, raw_server(always(reply(200, MP4))) as server:
        base = "https://api.example" if port else "http://127.0.0.1:1"
        lender = Connection(base, KEY, HEADERS)
        async with http.download(f"{server.url}/v.mp4", allow_private=True, lender=lender) as stream:
            await anext(stream.chunks())
    assert "canary" not in str(server.asked[0].headers).lower()


async def test_a_resume_brings_the_key_again() -> None:
    whole = reply(200, MP4, {"etag": '"v1"'})
    rest = reply(206, MP4[1000:], {"etag": '"v1"', "content-range": f"bytes 1000-{len(MP4) - 1}/{len(MP4)}"})
    async with opened() as http, raw_server(in_turn(whole, rest)) as server:
        lender, url = Connection(server.url, KEY), f"{server.url}/v1/videos/v/content"
        async with http.download(url, allow_private=True, lender=lender) as stream:
            validator = stream.validator
        async with http.download(url, offset=1000, validator=validator, allow_private=True, lender=lender) as stream:
            assert stream.offset == 1000
            assert b"".join([chunk async for chunk in stream.chunks()]) == MP4[1000:]
    assert [asked.headers.get("authorization") for asked in server.asked] == [f"Bearer {KEY}"] * 2


async def test_the_servers_own_address_may_be_private_and_where_it_points_may_not() -> None:
    """A name that leads to a private address is the account's own affair, as with every call; its redirect is not."""
    async with opened() as http, raw_server(always(reply(200, MP4))) as other:
        answer = reply(302, b"", {"location": f"{other.url}/v.mp4"})
        async with raw_server(always(answer)) as server:
            with pytest.raises(ProviderError) as caught:
                async with http.download(f"{server.url}/c", lender=Connection(server.url, KEY)):
                    raise AssertionError("fetched from a private address")
    assert caught.value.failure.code == "result_address"
    assert len(server.asked) == 1
    assert other.asked == []


async def test_a_refused_content_does_not_quote_the_key() -> None:
    async with opened() as http, raw_server(always(reply(401, {"error": f"bad key {KEY}"}))) as server:
        with pytest.raises(ProviderError) as caught:
            async with http.download(f"{server.url}/c", allow_private=True, lender=Connection(server.url, KEY)):
                raise AssertionError("opened")
    assert KEY not in caught.value.failure.model_dump_json()


# Against the simulator, in every family's manners.


@pytest.mark.parametrize("preset", PRESETS)
async def test_from_the_request_to_the_file(simulator: SimulatorProcess, preset: str) -> None:
    simulator.be(preset)
    manners = PRESETS[preset]
    key = SIMULATOR_OPENAI_VIDEOS_KEY if manners.needs_key else ""
    model = MODEL.model_copy(update={"id": manners.models[0]})
    async with opened() as http:
        form = Form.MULTIPART if manners.form == "multipart" else Form.JSON
        dialect = OpenAIVideos(http, Server(form=form, lists_tasks=manners.lists))
        connection = Connection(simulator.openai_videos, key)
        body = dialect.body(model, asked_for(f"A boat for {preset}", seconds=4), "i", [])
        task = await dialect.create(connection, body, "i")
        assert task.status is RemoteStatus.QUEUED
        simulator.end(task.id)
        done = await dialect.poll(connection, task.id)
        assert (done.status, done.failure, done.note) == (RemoteStatus.SUCCEEDED, None, None)
        async with http.download(done.urls[0], allow_private=True, lender=connection) as stream:
            data = b"".join([chunk async for chunk in stream.chunks()])
            assert (stream.content_type, stream.total) == ("video/mp4", len(data))
        assert data[4:8] == b"ftyp"
        listed = await dialect.tasks(connection)
        assert (listed is not None) == manners.lists
        assert not manners.lists or task.id in {one.id for one in listed or ()}
    assert simulator.billed(f"A boat for {preset}") == 1
    assert simulator.requests(leak="1") == []
