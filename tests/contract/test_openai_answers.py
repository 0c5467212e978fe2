"""What servers that speak `/v1/videos` answer, in every form that occurs, and the key that goes nowhere else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest

from sora_desktop.core.errors import Billed, FailureKind, ProviderError, Sent
from sora_desktop.core.references import Reference
from sora_desktop.core.servers import Server
from sora_desktop.providers.answers import Answer
from sora_desktop.providers.base import Connection, RemoteStatus
from sora_desktop.providers.http import Http
from sora_desktop.providers.openai_videos import OpenAIVideos
from support.dialects import error_of
from support.openai_dialect import HEADERS, KEY, MODEL, TASK, asked_for, body_of, opened, talking
from support.raw_server import always, in_turn, raw_server, reply

MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(4000)
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
