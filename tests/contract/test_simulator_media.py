"""The results are real videos of what was ordered, and the way to them is a strict HTTP server without keys."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from sora_desktop.media.probe import check
from sora_desktop.media.scene import frame_number
from support.simulator import GLOBALAIOPC_HEADERS, RIVYA_HEADERS, SimulatorProcess, loopback_client


@pytest.fixture(scope="session")
def link(running_simulator: SimulatorProcess) -> str:
    """The address of a finished clip."""
    return ordered(running_simulator, {"model": "sora-2", "prompt": "Paper boats at dawn"})


def ordered(simulator: SimulatorProcess, body: dict[str, Any]) -> str:
    rivya = f"{simulator.rivya}/api/v1/generations"
    with loopback_client() as http:
        task = http.post(rivya, json=body, headers=RIVYA_HEADERS).json()
        simulator.end(task["id"])
        answer = http.get(f"{rivya}/{task['id']}", headers=RIVYA_HEADERS)
    return answer.json()["result"]["primary_url"]


@pytest.fixture(scope="module")
def full_size(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(tmp_path_factory.mktemp("full"), light=False) as simulator:
        yield simulator


def boxes(data: bytes) -> list[str]:
    """The names of an MP4's top boxes in their order."""
    names: list[str] = []
    position = 0
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        names.append(name.decode())
        position += length
    return names


def brightness(frame: av.VideoFrame) -> Image.Image:
    """The picture in grey, as the decoder gives it: a tenth of the time that its colours take."""
    plane = frame.planes[0]
    return Image.frombuffer("L", (frame.width, frame.height), plane, "raw", "L", plane.line_size, 1)


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        ("rivya", {"model": "sora-2", "prompt": "雨夜的江南小镇"}, (1280, 720, 10)),
        ("globalaiopc", {"model": "openAiSora2Plus", "prompt": "A boat", "duration": 4}, (720, 1280, 4)),
        (
            "globalaiopc",
            {"model": "openAiSora2Pro", "prompt": "B", "aspect_ratio": "16:9", "seconds": 4},
            (1280, 720, 4),
        ),
    ],
)
def test_a_clip_is_what_was_ordered(
    full_size: SimulatorProcess,
    http: httpx.Client,
    tmp_path: Path,
    dialect: str,
    body: dict[str, Any],
    expected: tuple[int, int, int],
) -> None:
    if dialect == "rivya":
        url = ordered(full_size, body)
    else:
        base = f"{full_size.globalaiopc}/v1"
        task = http.post(f"{base}/sora/videos", json=body, headers=GLOBALAIOPC_HEADERS).json()
        full_size.end(task["id"])
        url = http.get(f"{base}/result/{task['id']}", headers=GLOBALAIOPC_HEADERS).json()["video_url"]
    data = http.get(url).content
    found = boxes(data)
    assert found.index("moov") < found.index("mdat")
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    width, height, seconds = expected
    clip = check(path, expected_seconds=seconds)
    assert (clip.width, clip.height, clip.frames, clip.fps, clip.codec) == (width, height, seconds * 30, 30.0, "h264")
    assert clip.seconds == pytest.approx(seconds, abs=0.05)
    with av.open(str(path)) as container:
        numbers = [frame_number(brightness(frame)) for frame in container.decode(container.streams.video[0])]
        assert numbers == list(range(seconds * 30))
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        assert sound.codec_context.name == "aac"
        samples = [bytes(frame.planes[0]) for frame in container.decode(sound)]
        assert len(samples) > seconds * 40
        assert all(any(block) for block in samples[5:40]), "there is silence"


def test_the_shape_follows_the_order(simulator: SimulatorProcess, http: httpx.Client, tmp_path: Path) -> None:
    wanted = {"aspect_ratio": "portrait", "size": "standard"}
    path = tmp_path / "clip.mp4"
    path.write_bytes(http.get(ordered(simulator, {"model": "sora-2-pro", "prompt": "A", "params": wanted})).content)
    clip = check(path, expected_seconds=10)
    assert (clip.width, clip.height) == (720 // 4, 1280 // 4)


def test_the_whole_file(http: httpx.Client, link: str) -> None:
    answer = http.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["accept-ranges"] == "bytes"
    head = http.head(link)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "last-modified", "content-type"):
        assert head.headers[name] == answer.headers[name]


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-99", slice(0, 100)),
        ("bytes=1000-", slice(1000, None)),
        ("bytes=-500", slice(-500, None)),
        ("bytes=100-99999999", slice(100, None)),
    ],
)
def test_a_part(http: httpx.Client, link: str, wanted: str, part: slice) -> None:
    whole = http.get(link).content
    answer = http.get(link, headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.content == whole[part]
    start = part.indices(len(whole))[0]
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", ["bytes=1-2,5-6", "bytes=9-3", "bytes=x-", "items=0-9", "bytes=-"])
def test_a_range_that_is_not_understood_gives_the_whole(http: httpx.Client, link: str, wanted: str) -> None:
    assert http.get(link, headers={"Range": wanted}).status_code == 200


def test_a_part_beyond_the_end(http: httpx.Client, link: str) -> None:
    size = len(http.get(link).content)
    answer = http.get(link, headers={"Range": f"bytes={size}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")


def test_a_part_only_of_the_same_file(http: httpx.Client, link: str) -> None:
    headers = http.head(link).headers
    parsedate_to_datetime(headers["last-modified"])
    for condition, status in ((headers["etag"], 206), (headers["last-modified"], 206), ('"other"', 200)):
        answer = http.get(link, headers={"Range": "bytes=5-", "If-Range": condition})
        assert answer.status_code == status


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "Cookie"])
def test_a_key_that_arrives_here_is_a_leak(
    simulator: SimulatorProcess, http: httpx.Client, link: str, name: str
) -> None:
    assert http.get(link, headers={name: "Bearer canary"}).status_code == 400
    elsewhere = http.get(f"{simulator.media}/elsewhere", headers={name: "Bearer canary"})
    assert elsewhere.status_code == 400
    leaks = simulator.requests(leak="1")
    assert len(leaks) == 2
    assert all([name.lower(), "Bearer canary"] in leak["headers"] for leak in leaks)


def test_a_link_cannot_be_made_up(http: httpx.Client, link: str) -> None:
    path, _, query = link.partition("?")
    later = query.replace("expires=1", "expires=2")
    for url in (path, f"{path}?{later}", f"{path}?expires=x&signature=%C3%A9", link.replace("/media/", "/media/x")):
        assert http.get(url).status_code == 403
    assert http.get(path.replace("/media/", "/files/")).status_code == 404
    assert http.get(path.replace("/media/", "/files/..%2fmedia%2f")).status_code == 404


def test_rivya_gives_a_new_link_when_the_old_one_died(
    simulator: SimulatorProcess, http: httpx.Client, link: str
) -> None:
    url = ordered(simulator, {"model": "sora-2", "prompt": "again"})
    task = simulator.tasks()[-1]["id"]
    simulator.advance(2 * 86_400)
    assert http.get(url).status_code == 403
    answer = http.get(f"{simulator.rivya}/api/v1/generations/{task}", headers=RIVYA_HEADERS).json()
    assert answer["result"]["primary_url"] != url
    assert http.get(answer["result"]["primary_url"]).status_code == 200


def test_the_api_serves_no_files(simulator: SimulatorProcess, http: httpx.Client, link: str) -> None:
    path = link.removeprefix(simulator.media)
    assert http.get(f"http://127.0.0.1:{simulator.port}{path}").status_code == 404
    assert http.get(f"{simulator.media}/_sim/ledger").status_code == 404
