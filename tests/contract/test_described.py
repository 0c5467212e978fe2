"""A service that only its file knows: the requests and free calls of an invented one, and GlobalAIOPC's newer call."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from sora_desktop.core.errors import FailureKind, ProviderError, Sent
from sora_desktop.core.references import Reference, SentReference, room
from sora_desktop.core.request import check
from sora_desktop.providers.base import Connection, RemoteStatus
from sora_desktop.providers.http import Http
from sora_desktop.providers.registry import Dialects
from sora_desktop.simulator.keys import SIMULATOR_GLOBALAIOPC_KEY
from support.dialects import dialect_of, error_of, model, request
from support.odd_service import KEY, ODD, asked, body, odd, talking
from support.raw_server import reply
from support.simulator import SimulatorProcess

# The request.


def test_every_field_goes_where_the_file_says():
    assert body(length="10") == {
        "content": [{"type": "text", "text": "A boat"}],
        "engine": "odd-1",
        "ticket": "sd-1",
        "input": {"options": {"format": "mp4", "length": 10}},
    }


def test_references_fill_the_slots_in_their_order():
    first, second, voice = (SentReference(url=f"https://x.org/{name}") for name in ("a", "b", "c"))
    voice = voice.model_copy(update={"kind": "audio"})
    ends = body(first, voice, second)["input"]
    assert (ends["start"], ends["options"]["last"], ends["options"]["voice"]) == (first.url, second.url, voice.url)
    styles = body(first, first, way="styles")["input"]
    assert styles["options"]["styles"] == [first.url, first.url]
    assert "start" not in styles and "way" not in styles["options"]


def test_no_more_references_than_there_are_slots():
    one = odd().models[0]
    pictures = [Reference(url=f"https://x.org/{number}") for number in range(4)]
    rule = one.references
    assert rule is not None and (room(rule, "ends"), room(rule, "styles"), room(rule)) == (3, 3, 3)
    assert check(one, "A boat", {"way": "styles"}, pictures[:3]) == []
    [problem] = check(one, "A boat", {"way": "ends"}, pictures)
    assert (problem.code, problem.args["limit"]) == ("reference_too_many", "3")


def test_the_same_request_gives_the_same_bytes_and_leaves_the_file_as_it_is():
    provider = odd()
    dialect = Dialects(Http()).of(provider)
    made = [dialect.body(provider.models[0], asked(), "sd-1", ()) for _ in range(3)]
    assert len(set(made)) == 1 and provider == odd()


async def test_the_key_travels_in_its_header_and_nowhere_else():
    accepted = reply(200, {"job": {"number": 42, "cost": 3, "at": 1_700_000_000}})
    async with talking(accepted, reply(200, {"answer": {"job": 42, "state": 1}})) as (dialect, connection, server):
        task = await dialect.create(connection, b"{}", "sd-1")
        assert (task.id, task.status, task.reserved, task.created_at) == (
            "42",
            RemoteStatus.PROCESSING,
            3,
            1_700_000_000,
        )
        await dialect.poll(connection, "42")
    create, poll = server.asked
    assert (create.method, create.target) == ("PUT", "/api/jobs?mode=async")
    assert (create.headers["x-odd-key"], create.headers["x-odd-version"]) == (f"Key {KEY}", "7")
    assert create.headers["x-once"] == "sd-1" and "x-once" not in poll.headers
    assert (poll.method, poll.target, poll.json) == ("POST", "/api/ask", {"ask": {"job": "42"}, "also": ["42", 1]})
    for each in server.asked:
        assert "authorization" not in each.headers
        assert KEY not in json.dumps({**each.headers, "x-odd-key": ""}) + each.target + each.body.decode()


# Free calls.


async def test_the_balance_and_the_check():
    purse = reply(200, {"purse": {"left": "12.5"}})
    async with talking(reply(200, {"me": 1}), purse, purse) as (dialect, connection, server):
        seen = await dialect.check(connection)
        assert (seen.balance, seen.verified, seen.http_status) == (12.5, True, 200)
        assert await dialect.balance(connection) == 12.5
    assert [each.target for each in server.asked] == ["/api/me", "/api/purse", "/api/purse"]
    async with talking(reply(200, {"trouble": {"no": 401, "words": "who?"}})) as (dialect, connection, _):
        assert (await error_of(dialect.check(connection))).failure.kind is FailureKind.KEY
    async with talking(reply(200, "<html>a portal</html>")) as (dialect, connection, _):
        assert (await error_of(dialect.check(connection))).failure.code == "not_found_call"


async def test_without_a_free_call_a_task_is_asked_for_that_is_none():
    text = ODD[: ODD.index("[wire.balance]")] + ODD[ODD.index("[[models]]") :]
    text = text.replace("has_balance = true", "")
    for answer, code in (
        (reply(404, {"trouble": {"no": "E8"}}), ""),
        (reply(200, {"trouble": {"no": "E8"}}), ""),
        (reply(401, {"trouble": {"words": "who?"}}), "key_rejected"),
        (reply(200, {"trouble": {"no": "E7"}}), "credits_short"),
        (reply(404, "<html>nothing here</html>"), "not_found_call"),
    ):
        async with talking(answer, text=text) as (dialect, connection, _):
            if code:
                assert (await error_of(dialect.check(connection))).failure.code == code
            else:
                assert not (await dialect.check(connection)).verified
            assert await dialect.tasks(connection) is None and await dialect.models(connection, (), None) is None  # type: ignore[arg-type]


async def test_the_list_of_tasks():
    jobs = [{"number": 7, "state": 1, "at": 1000, "asked": "A boat", "engine": "odd-1"}, {"state": 1}, "x"]
    async with talking(reply(200, {"jobs": jobs})) as (dialect, connection, server):
        found = await dialect.tasks(connection)
    assert found is not None and [task.id for task in found] == ["7"]
    assert (found[0].status, found[0].echo) == (RemoteStatus.PROCESSING, {"prompt": "A boat", "model": "odd-1"})
    assert found[0].created_at == 1000 and server.asked[0].target == "/api/jobs?newest=50"


async def test_a_file_is_refused_where_only_addresses_are_taken(tmp_path: Any):
    async with talking(reply(200, {})) as (dialect, connection, server):
        reference = Reference(name="a.png", path=str(tmp_path / "a.png"))
        error = await error_of(
            dialect.upload(connection, odd().models[0], reference, tmp_path / "a.png", lambda *_: None)
        )
    assert (error.failure.code, error.sent, server.asked) == ("reference_needs_url", Sent.REFUSED, [])


async def test_the_accounts_own_headers_go_before_the_files():
    async with talking(reply(200, {"job": {"number": 1}})) as (dialect, connection, server):
        own = {"x-odd-version": "8", "X-Team": "canary-team", "x-odd-key": "other"}
        await dialect.create(Connection(connection.base_url, KEY, own), b"{}", "i")
    headers = server.asked[0].headers
    assert (headers["x-odd-version"], headers["x-team"], headers["x-odd-key"]) == ("8", "canary-team", f"Key {KEY}")


async def test_a_key_that_no_header_can_carry_is_not_sent():
    async with talking(reply(200, {})) as (dialect, connection, server):
        with pytest.raises(ProviderError) as caught:
            await dialect.create(Connection(connection.base_url, "a\r\nb"), b"{}", "i")
    assert (caught.value.sent, server.asked) == (Sent.NOT_SENT, [])


# GlobalAIOPC's newer call, as its file ships.


async def test_the_newer_call_from_the_request_to_the_file(simulator: SimulatorProcess):
    name, one = "globalaiopc_v2", model("globalaiopc_v2", "openAiSora2Pro")
    http = Http(connect=2.0, read=2.0)
    await http.warm()
    try:
        dialect = dialect_of(http, name)
        connection = Connection(simulator.globalaiopc, SIMULATOR_GLOBALAIOPC_KEY)
        values = {"aspect_ratio": "16:9", "duration": 4, "resolution": "720p", "generate_audio": True, "seed": 7}
        pictures = [SentReference(url=f"https://example.com/{number}.png") for number in range(2)]
        wanted = request(name, one.id, "A boat at first light", **values)
        sent = dialect.body(one, wanted, "i", pictures)
        assert json.loads(sent) == {
            "model": one.id,
            "prompt": "A boat at first light",
            **values,
            "first_image": pictures[0].url,
            "last_image": pictures[1].url,
        }
        task = await dialect.create(connection, sent, "i")
        assert (await dialect.poll(connection, task.id)).status is RemoteStatus.QUEUED
        simulator.end(task.id)
        done = await dialect.poll(connection, task.id)
        assert (done.status, done.final, done.seconds, done.note) == (RemoteStatus.SUCCEEDED, 24, 4, None)
        async with http.download(done.urls[0], allow_private=True) as download:
            data = b"".join([chunk async for chunk in download.chunks()])
        assert data[4:8] == b"ftyp"
        listed = request(name, one.id, pictures="references")
        sent = dialect.body(one, listed, "i", pictures)
        assert json.loads(sent)["reference_images"] == [each.url for each in pictures]
        task = await dialect.create(connection, sent, "i")
        simulator.end(task.id, "fail", message="No people.")
        failed = await dialect.poll(connection, task.id)
        assert failed.failure is not None and failed.failure.detail == "No people."
        # What the check of our own lets through, the strict simulator takes.
        bodies = [
            dialect.body(one, request(name, one.id, aspect_ratio=aspect, **more), "i", ())
            for aspect in ("16:9", "9:16")
            for more in ({}, {"duration": "12"}, {"generate_audio": "false"}, {"seed": "0"})
        ]
        for each in await asyncio.gather(*(dialect.create(connection, each, "i") for each in bodies)):
            assert each.status is RemoteStatus.QUEUED
    finally:
        await http.aclose()
