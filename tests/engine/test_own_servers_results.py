"""Results on servers of the user's own: fetched with the key, gone on with after a break, and found elsewhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from sora_desktop.media.render import render
from support.bench import Bench
from support.own_servers import KEY, by_hand, done, send
from support.raw_server import Asked, raw_server, reply

VIDEO = {"content-type": "video/mp4"}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    render(path, "a clip", width=64, height=36, seconds=1)
    return path.read_bytes()


async def test_an_error_in_json_with_200_is_never_saved_and_the_key_in_it_never_shown(
    bench: Bench, video: bytes
) -> None:
    key = "sk-canary-0123456789abcdef"
    spoilt = [json.dumps({"error": {"message": f"upstream refused {key}"}}).encode()] * 2

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif asked.target.endswith("/content"):
            kind = "application/json" if len(spoilt) % 2 else "video/mp4"
            data = reply(200, spoilt.pop(), {"content-type": kind}) if spoilt else reply(200, video, VIDEO)
        else:
            data = reply(200, {"id": "video_1", "status": "completed"})
        writer.write(data)
        await writer.drain()

    texts: list[str] = []
    bench.engine.job_changed.connect(lambda job: texts.append(job.model_dump_json()))
    async with raw_server(answer) as server:
        account = await by_hand(bench, server.url, key=key)
        [job] = await done(bench, await send(bench, account))
    assert Path(job.path).read_bytes() == video
    assert any("upstream refused" in text for text in texts)
    assert not any("canary" in text for text in texts)
    contents = [asked for asked in server.asked if asked.target.endswith("/content")]
    assert [asked.headers["authorization"] for asked in contents] == [f"Bearer {key}"] * 3


async def test_a_dead_result_elsewhere_is_fetched_from_the_content_call(bench: Bench, video: bytes) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif asked.target.endswith("/content"):
            data = reply(200, video, VIDEO)
        elif asked.target.startswith("/dead"):
            data = reply(410, {})
        else:
            data = reply(200, {"id": "video_1", "status": "completed", "url": f"{server.url}/dead.mp4"})
        writer.write(data)
        await writer.drain()

    async with raw_server(answer) as server:
        [job] = await done(bench, await send(bench, await by_hand(bench, server.url)))
    assert Path(job.path).read_bytes() == video


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/unreached.mp4", "/page", "/error"])
async def test_an_address_that_brings_no_video_gives_way_to_the_content_call(
    bench: Bench, video: bytes, place: str
) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif asked.target.endswith("/content"):
            data = reply(200, video, VIDEO)
        elif asked.target == "/page":
            data = reply(200, b"<!doctype html><p>Look at your video", {"content-type": "text/html"})
        elif asked.target == "/error":
            data = reply(200, {"error": "not here"})
        else:
            url = f"{server.url}{place}" if place.startswith("/") else place
            data = reply(200, {"id": "video_1", "status": "completed", "url": url})
        writer.write(data)
        await writer.drain()

    async with raw_server(answer) as server:
        [job] = await done(bench, await send(bench, await by_hand(bench, server.url)))
    assert Path(job.path).read_bytes() == video
    assert len(server.asked) < 12


async def test_a_break_in_the_content_goes_on_where_it_stopped_with_the_key(bench: Bench, video: bytes) -> None:
    whole = video + (400_008).to_bytes(4, "big") + b"free" + bytes(400_000)
    facts = {"etag": '"one"', **VIDEO}

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif not asked.target.endswith("/content"):
            data = reply(200, {"id": "video_1", "status": "completed"})
        elif "range" in asked.headers:
            start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
            told = {"content-range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"}
            data = reply(206, whole[start:], facts | told)
        else:
            writer.write(reply(200, whole, facts)[:-200_000])
            await writer.drain()
            writer.close()
            return
        writer.write(data)
        await writer.drain()

    async with raw_server(answer) as server:
        [job] = await done(bench, await send(bench, await by_hand(bench, server.url)))
    assert Path(job.path).read_bytes() == whole
    first, second = (asked for asked in server.asked if asked.target.endswith("/content"))
    assert int(second.headers["range"].removeprefix("bytes=").rstrip("-")) >= 65_536
    assert second.headers["if-range"] == '"one"'
    assert first.headers["authorization"] == second.headers["authorization"] == f"Bearer {KEY}"
