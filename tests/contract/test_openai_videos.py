"""Servers that speak `/v1/videos`: the bodies they are sent and in which form, and the way from there to the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sora_desktop.core.errors import Billed, FailureKind, Sent
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import SentReference
from sora_desktop.core.servers import Form, Server
from sora_desktop.providers.base import Attachment, Connection, RemoteStatus
from sora_desktop.providers.openai_videos import OpenAIVideos, root_of
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.simulator.openai_manners import PRESETS
from support.dialects import error_of
from support.openai_dialect import HEADERS, KEY, MODEL, RULE, TASK, asked_for, body_of, opened, talking
from support.raw_server import Asked, in_turn, raw_server, reply
from support.simulator import SimulatorProcess


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
