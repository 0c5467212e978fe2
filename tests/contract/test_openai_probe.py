"""The check of a server, over real sockets: what it finds in every family, that it is free, what it says of none."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sora_desktop.core.errors import FailureKind, ProviderError
from sora_desktop.core.params import ParamType, Wire
from sora_desktop.core.servers import Form, Server
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from sora_desktop.providers.openai_probe import makes_video, probe
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.simulator.openai_manners import PRESETS
from support.raw_server import Asked, RawServer, raw_server, reply
from support.simulator import OPENAI_VIDEOS_HEADERS, SimulatorProcess, loopback_client

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    http = Http(connect=2.0, read=2.0)
    await http.warm()
    yield http
    await http.aclose()


# The families, as the simulator plays them.


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("end", ["", "/v1", "/v1/videos"])
async def test_what_a_family_can_do(http: Http, simulator: SimulatorProcess, preset: str, end: str) -> None:
    simulator.be(preset)
    manners = PRESETS[preset]
    before = len(simulator.tasks()), simulator.ledger("openai_videos")["billed_tasks"]
    key = SIMULATOR_OPENAI_VIDEOS_KEY if manners.needs_key else ""
    found = await probe(http, Connection(simulator.openai_videos + end, key), Server())
    server = found.server
    assert server.prefix == "/v1"
    assert (server.lists_tasks, server.deletes, server.remixes) == (manners.lists, manners.deletes, manners.remixes)
    assert tuple(model.id for model in found.models) == manners.models
    assert (len(simulator.tasks()), simulator.ledger("openai_videos")["billed_tasks"]) == before
    assert simulator.requests(call="create") == [], "a check must never call create"


@pytest.mark.parametrize("preset", ["openai", "sglang"])
async def test_variants_are_seen_at_a_finished_task(http: Http, simulator: SimulatorProcess, preset: str) -> None:
    simulator.be(preset)
    manners = PRESETS[preset]
    with loopback_client() as client:
        body = {"model": manners.models[0], "prompt": f"variants of {preset}", "seconds": "4"}
        url = f"{simulator.openai_videos}/v1/videos"
        simulator.end(client.post(url, json=body, headers=OPENAI_VIDEOS_HEADERS).json()["id"])
    connection = Connection(simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY if manners.needs_key else "")
    # SGLang gives the video whatever variant is asked for.
    assert (await probe(http, connection, Server())).server.variants == manners.variants


async def test_extra_headers_come_with_every_call(http: Http, simulator: SimulatorProcess) -> None:
    simulator.be("vllm-omni", headers={"x-team": "films"})
    connection = Connection(simulator.openai_videos, "", {"X-Team": "films"})
    assert (await probe(http, connection, Server())).server.lists_tasks
    with pytest.raises(ProviderError) as caught:
        await probe(http, Connection(simulator.openai_videos), Server())
    assert caught.value.failure.kind is FailureKind.KEY


@pytest.mark.parametrize(("key", "code"), [("", "key_missing"), ("sk-wrong", "key_rejected")])
async def test_a_wrong_key_is_told_and_nothing_found(
    http: Http, simulator: SimulatorProcess, key: str, code: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        await probe(http, Connection(simulator.openai_videos, key), Server())
    assert caught.value.failure.code == code


@pytest.mark.parametrize("path", ["/rivya", "/globalaiopc", "/nothing"])
async def test_what_speaks_something_else_is_no_such_server(http: Http, simulator: SimulatorProcess, path: str) -> None:
    base = simulator.openai_videos.removesuffix("/openai")
    with pytest.raises(ProviderError) as caught:
        await probe(http, Connection(base + path), Server())
    assert caught.value.failure.code == "server_no_videos"


# Servers by hand.

Answers = Mapping[str, tuple[int, Any]]
ROUTER = (404, {"detail": "Not Found"})
NO_VIDEO = (404, {"detail": "Video not found"})


@asynccontextmanager
async def played(answers: Answers, otherwise: tuple[int, Any] = ROUTER) -> AsyncIterator[RawServer]:
    """A server that answers "METHOD /path" by the first pattern that fits."""

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        called = f"{asked.method} {asked.target}"
        status, body = next((told for call, told in answers.items() if re.fullmatch(call, called)), otherwise)
        data = reply(status, body)
        writer.write(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if asked.method == "HEAD" else data)
        await writer.drain()

    async with raw_server(answer) as server:
        yield server


MODELS = {"object": "list", "data": [{"id": "Wan-AI/Wan2.2-T2V", "object": "model", "owned_by": "vllm-omni"}]}
SCHEMA = {
    "required": ["prompt"],
    "properties": {
        "prompt": {"type": "string"},
        "model": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "input_reference": {"anyOf": [{"type": "string", "format": "binary"}, {"type": "null"}]},
        "seconds": {"anyOf": [{"type": "string", "pattern": "^[1-9]\\d*$"}, {"type": "null"}]},
        "size": {"anyOf": [{"type": "string", "pattern": "^\\d+x\\d+$"}, {"type": "null"}]},
        "fps": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 60.0}, {"type": "null"}]},
        "guidance_scale": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 12}, {"type": "null"}]},
        "scheduler": {"$ref": "#/components/schemas/Scheduler"},
        "generate_sound": {"type": "boolean", "default": False, "description": "With\u202e sound\nof its own"},
        "lora": {"anyOf": [{"type": "object"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "bad key": {"type": "string"},
    },
}


def openapi(kind: str = "multipart/form-data", schema: Any = None, **paths: Any) -> dict[str, Any]:
    create = {"requestBody": {"content": {kind: {"schema": {"$ref": "#/components/schemas/Body"}}}}}
    listed = {"get": {}, "post": create}
    return {
        "info": {"title": "FastAPI"},
        "paths": {"/v1/videos": listed, "/v1/videos/{video_id}": {"get": {}, "delete": {}}, **paths},
        "components": {
            "schemas": {"Body": schema or SCHEMA, "Scheduler": {"type": "string", "enum": ["unipc", "euler"]}}
        },
    }


async def test_a_description_of_the_server_says_what_a_request_may_hold(http: Http) -> None:
    answers = {
        "GET /v1/models": (200, MODELS),
        "GET /openapi.json": (200, openapi()),
        r"GET /v1/videos\?.*": (200, {"data": [], "has_more": False}),
        "DELETE /v1/videos/.*": NO_VIDEO,
    }
    async with played(answers) as server:
        found = await probe(http, Connection(server.url, KEY), Server())
    assert found.server == Server(
        form=Form.MULTIPART, lists_tasks=True, deletes=True, remixes=False, software="vllm-omni"
    )
    [model] = found.models
    assert (model.id, model.name) == ("Wan-AI/Wan2.2-T2V", "Wan2.2-T2V")
    assert model.references is not None and model.references.attach
    assert model.references.field == "input_reference"
    params = {param.key: param for param in model.params}
    assert list(params) == ["size", "seconds", "fps", "guidance_scale", "scheduler", "generate_sound"]
    seconds = params["seconds"]
    assert (seconds.type, seconds.wire, seconds.role) == (ParamType.NUMBER, Wire.STRING, "duration")
    fps = params["fps"]
    assert (fps.minimum, fps.maximum, fps.integer) == (1, 60, True)
    assert [option.value for option in params["scheduler"].options] == ["unipc", "euler"]
    assert params["generate_sound"].type is ParamType.BOOLEAN
    assert params["generate_sound"].help == "With sound of its own"
    assert all(param.default is None for param in model.params), "what is not set must not be sent"
    assert not [asked for asked in server.asked if asked.method == "POST"], "the description says there is no remix"
    for asked in server.asked:
        assert asked.headers["authorization"] == f"Bearer {KEY}"


async def test_a_server_that_reads_forms_and_json_by_hand_takes_json(http: Http) -> None:
    schema = {"properties": SCHEMA["properties"]}
    answers = {"GET /openapi.json": (200, openapi(schema=schema)), r"GET /v1/videos\?.*": (200, [])}
    async with played(answers) as server:
        assert (await probe(http, Connection(server.url), Server())).server.form is Form.JSON


@pytest.mark.parametrize("document", [None, [], {"paths": 3}, {"paths": {"/v1/videos": {"post": []}}}, {"a": "b"}])
async def test_a_description_that_is_none_costs_nothing(http: Http, document: Any) -> None:
    answers = {
        "GET /openapi.json": (200, document),
        "GET /v1/models": (200, MODELS),
        r"GET /v1/videos\?.*": (200, {"data": []}),
    }
    async with played(answers) as server:
        found = await probe(http, Connection(server.url), Server())
    keys = [param.key for param in found.models[0].params]
    assert keys == ["size", "seconds", "negative_prompt", "seed", "num_inference_steps", "guidance_scale", "fps"]


async def test_a_description_that_refers_to_itself_ends(http: Http) -> None:
    document = openapi()
    document["components"]["schemas"]["Body"] = {"$ref": "#/components/schemas/Body"}
    answers = {"GET /openapi.json": (200, document), r"GET /v1/videos\?.*": (200, {"data": []})}
    async with played(answers) as server:
        assert (await probe(http, Connection(server.url), Server())).server.lists_tasks


async def test_a_remix_is_asked_for_with_nothing_to_make_and_of_nothing(http: Http) -> None:
    answers = {
        r"GET /v1/videos\?.*": (200, {"data": [{"id": "video_real", "status": "completed"}]}),
        "POST /v1/videos/.*/remix": NO_VIDEO,
        "DELETE /v1/videos/.*": NO_VIDEO,
    }
    async with played(answers) as server:
        found = await probe(http, Connection(server.url), Server())
    assert (found.server.remixes, found.server.deletes) == (True, True)
    posts = [asked for asked in server.asked if asked.method in {"POST", "DELETE"}]
    assert posts
    for asked in posts:
        assert "video_real" not in asked.target
        assert "sora-desktop" in asked.target
        assert asked.body in {b"", b"{}"}
    assert not [asked for asked in server.asked if asked.method == "POST" and asked.target.endswith("/videos")]


async def test_a_page_for_every_address_is_no_server(http: Http) -> None:
    async with played({}, (200, "<html><title>Welcome</title></html>")) as server:
        with pytest.raises(ProviderError) as caught:
            await probe(http, Connection(server.url), Server())
    assert caught.value.failure.code == "server_no_videos"


async def test_a_prefix_that_is_known_is_tried_first_and_a_server_without_one_is_found(http: Http) -> None:
    answers = {r"GET /videos\?.*": (200, {"data": []})}
    async with played(answers) as server:
        assert (await probe(http, Connection(server.url), Server(prefix="/gone/v1"))).server.prefix == ""
    assert server.asked[0].target.startswith("/gone/v1/videos")


async def test_only_the_address_of_create_is_there_and_ids_look_like_its_router(http: Http) -> None:
    """Neither list nor a telling answer for an id: the method that is not allowed gives it away."""
    for call, told in (("HEAD /v1/videos", (405, {})), (r"GET /v1/videos(\?.*)?", (404, {"error": "no list here"}))):
        async with played({call: told}) as server:
            found = await probe(http, Connection(server.url), Server())
        assert (found.server.lists_tasks, found.server.deletes, found.server.remixes) == (False, False, False)


async def test_a_gateway_that_is_asked_too_much_says_so(http: Http) -> None:
    async with played({}, (429, {"error": {"message": "slow down"}})) as server:
        with pytest.raises(ProviderError) as caught:
            await probe(http, Connection(server.url), Server())
    assert caught.value.failure.kind is FailureKind.RATE


async def test_a_gateway_that_refuses_the_models_for_a_reason_of_its_own_says_it(http: Http) -> None:
    """LiteLLM without a database: a wrong key is a 400."""
    refusal = (400, {"error": {"message": "No connected db.", "code": "400"}})
    async with played({r"GET /v1/(models|videos.*)": refusal}) as server:
        with pytest.raises(ProviderError) as caught:
            await probe(http, Connection(server.url, KEY), Server())
    assert caught.value.failure.detail == "No connected db."


async def test_what_a_look_cannot_tell_stays_as_it_is_known(http: Http) -> None:
    known = Server(form=Form.MULTIPART, variants=("thumbnail",), software="mine", reference_field="image")
    async with played({r"GET /v1/videos\?.*": (200, {"data": []})}) as server:
        found = await probe(http, Connection(server.url), known)
    assert found.server == known.model_copy(update={"lists_tasks": True})
    assert found.models == ()


def test_models_that_make_something_else_are_left_out() -> None:
    assert all(makes_video(name, []) for name in ("sora-2", "Wan-AI/Wan2.2-T2V-A14B", "ltx-video", "studio", "o-film"))
    others = ("gpt-4o-mini", "text-embedding-3-small", "whisper-1", "studio-chat", "gpt-image-1", "claude-4", "o3-mini")
    assert not any(makes_video(name, []) for name in others)
    assert makes_video("gpt-9", [["openai-video", "openai"]])
    assert not makes_video("veo", ["image"])
    assert makes_video("plain", ["model", None, 7])


async def test_no_key_is_in_what_is_said(http: Http) -> None:
    async with played({}, (401, {"error": {"message": f"wrong key {KEY}"}})) as server:
        with pytest.raises(ProviderError) as caught:
            await probe(http, Connection(server.url, KEY, {"X-Own": "canary-header-value"}), Server())
    assert KEY not in json.dumps(caught.value.failure.model_dump(mode="json")) + repr(caught.value)
