"""Files on their way up, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_desktop.core.errors import ProviderError
from sora_desktop.providers.answers import Answer
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http, Upload
from support.raw_server import RawServer, always, raw_server, reply

KEY = "rvya_sk_canary_0123456789abcdef"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    one = Http(connect=2.0, read=2.0, write=2.0)
    yield one
    await one.aclose()


def to(server: RawServer) -> Connection:
    return Connection(server.url, KEY)


async def test_an_upload_streams_and_tells(http: Http, tmp_path: Path):
    file = tmp_path / 'a"b\n.png'
    file.write_bytes(b"\x89PNG" + bytes(600_000))
    heard: list[tuple[int, int]] = []
    upload = Upload(file, {"kind": "image", "model": "sora-2"}, progress=lambda *now: heard.append(now))
    async with raw_server(always(reply(201, {"url": "https://h/f"}))) as server:
        answer = await http.call(to(server), "POST", "/api/v1/files", upload=upload)
    assert answer.status == 201
    asked = server.asked[0]
    assert "transfer-encoding" not in asked.headers
    boundary = asked.headers["content-type"].partition("boundary=")[2]
    parts = asked.body.split(f"--{boundary}".encode())
    assert len(parts) == 5 and parts[-1] == b"--\r\n"
    assert b'name="kind"\r\n\r\nimage\r\n' in parts[1]
    assert b'filename="a%22b%0A.png"' in parts[3] and b"Content-Type: image/png" in parts[3]
    assert parts[3].partition(b"\r\n\r\n")[2] == file.read_bytes() + b"\r\n"
    assert heard[-1] == (600_004, 600_004) and [done for done, _ in heard] == sorted(done for done, _ in heard)


async def test_a_file_that_is_gone(http: Http, tmp_path: Path):
    async with raw_server(always(reply(200, {}))) as server:
        with pytest.raises(ProviderError) as caught:
            await http.call(to(server), "POST", "/f", upload=Upload(tmp_path / "x.png", {}))
    assert (caught.value.failure.code, caught.value.failure.field) == ("reference_missing", "references")
    assert server.asked == []


async def test_an_upload_refused_in_the_middle(http: Http, tmp_path: Path):
    file = tmp_path / "big.png"
    file.write_bytes(bytes(8_000_000))

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply(413, {"error": "too big"}, {"connection": "close"}))
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(early, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    answer: Answer = await http.call(
        Connection(f"http://127.0.0.1:{port}", KEY), "POST", "/f", upload=Upload(file, {"kind": "image"})
    )
    server.close()
    assert answer.status == 413
