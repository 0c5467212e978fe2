"""The simulated `/v1/videos` is as strict as the contract: its calls, its keys, its bills."""

from __future__ import annotations

import io
import secrets
from typing import Any

import httpx
import pytest
from PIL import Image

from support.openai_videos import Videos, picture
from support.simulator import GLOBALAIOPC_HEADERS, OPENAI_VIDEOS_HEADERS, SimulatorProcess

WHOLE = {
    *("id", "object", "created_at", "status", "model", "progress", "seconds", "size", "completed_at", "expires_at"),
    *("error", "remixed_from_video_id"),
}


def test_a_video_from_the_order_to_the_expired_file(
    simulator: SimulatorProcess, videos: Videos, http: httpx.Client
) -> None:
    created = videos.create(seconds="4", size="1280x720").json()
    assert set(created) == WHOLE
    assert (created["object"], created["status"], created["progress"]) == ("video", "queued", 0)
    assert (created["seconds"], created["size"], created["model"]) == ("4", "1280x720", "sora-2")
    place = f"/{created['id']}"
    assert videos.get(f"{place}/content").status_code == 404
    simulator.advance(26)
    working = videos.get(place).json()
    assert working["status"] == "in_progress"
    assert 0 < working["progress"] < 100
    assert working["completed_at"] is None
    simulator.end(created["id"])
    done = videos.get(place).json()
    assert (done["status"], done["progress"], done["error"]) == ("completed", 100, None)
    assert done["expires_at"] - done["completed_at"] == 86_400
    way = videos.get(f"{place}/content")
    assert way.status_code == 302
    assert way.headers["location"].startswith(simulator.media)
    file = http.get(way.headers["location"])
    assert (file.headers["content-type"], file.content[4:8]) == ("video/mp4", b"ftyp")
    assert [entry["credits"] for entry in simulator.ledger()["entries"] if entry["task"] == created["id"]] == [4]
    simulator.advance(86_420)
    assert videos.get(f"{place}/content").json()["error"]["code"] == "video_expired"


def test_a_key_that_follows_the_redirect_is_a_leak(simulator: SimulatorProcess, videos: Videos) -> None:
    task = videos.finished()
    assert not simulator.requests(leak="1")
    way = videos.get(f"/{task}/content").headers["location"]
    assert videos.http.get(way, headers=videos.headers).status_code == 400
    assert len(simulator.requests(leak="1")) == 1


def test_each_create_is_a_bill_of_its_own(simulator: SimulatorProcess, videos: Videos) -> None:
    prompt = secrets.token_hex(8)
    headers = videos.headers | {"Idempotency-Key": "one"}
    tasks = {
        videos.http.post(videos.url, json=videos.body(prompt=prompt), headers=headers).json()["id"] for _ in range(2)
    }
    assert len(tasks) == 2
    assert simulator.billed(prompt) == 2


def test_what_was_paid_and_failed_says_why(simulator: SimulatorProcess, videos: Videos) -> None:
    task = videos.create().json()["id"]
    simulator.end(task, "fail", code="moderation_blocked", message="Real people are not allowed.")
    failed = videos.get(f"/{task}").json()
    assert failed["status"] == "failed"
    assert failed["error"] == {"code": "moderation_blocked", "message": "Real people are not allowed."}
    assert videos.get(f"/{task}/content").status_code == 404


FORBIDDEN: list[tuple[dict[str, Any], str, str]] = [
    ({"model": ...}, "model", "missing_required_parameter"),
    ({"model": "gpt-4o-mini"}, "model", "model_not_found"),
    ({"prompt": ...}, "prompt", "missing_required_parameter"),
    ({"prompt": " "}, "prompt", "invalid_value"),
    ({"prompt": ["x"]}, "prompt", "invalid_type"),
    ({"prompt": "x" * 32_001}, "prompt", "invalid_value"),
    ({"seconds": 4}, "seconds", "invalid_type"),
    ({"seconds": "5"}, "seconds", "invalid_value"),
    ({"seconds": "04"}, "seconds", "invalid_value"),
    ({"size": "1920x1080"}, "size", "invalid_value"),
    ({"size": "720×1280"}, "size", "invalid_value"),
    ({"size": None}, "size", "invalid_type"),
    ({"input_reference": "https://example.com/a.png"}, "input_reference", "invalid_value"),
    ({"seed": 1}, "seed", "unknown_parameter"),
    ({"aspect_ratio": "16:9"}, "aspect_ratio", "unknown_parameter"),
]


def test_what_the_contract_forbids(simulator: SimulatorProcess, videos: Videos, subtests: pytest.Subtests) -> None:
    before = simulator.ledger("openai_videos")["billed_tasks"]
    for fields, param, code in FORBIDDEN:
        with subtests.test(str(fields)[:60]):
            answer = videos.create(**fields)
            assert answer.status_code == 400
            error = answer.json()["error"]
            assert set(error) == {"message", "type", "param", "code"}
            assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert simulator.ledger("openai_videos")["billed_tasks"] == before


def test_a_picture_travels_in_the_form(simulator: SimulatorProcess, videos: Videos) -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        mime = f"image/{kind.lower()}"
        answer = videos.form([("input_reference", ("boat.bin", picture(kind), mime))], seconds="8")
        assert answer.status_code == 200, answer.text
        kept = simulator.task(answer.json()["id"])["params"]
        assert (kept["form"], kept["seconds"]) == ("multipart", "8")
        told = [kept["input_reference"][name] for name in ("name", "mime", "width", "height")]
        assert told == ["boat.bin", mime, 64, 48]


BAD_FILES: list[tuple[str, list[Any]]] = [
    ("half a picture", [("input_reference", ("a.png", picture()[:80], "image/png"))]),
    ("an empty file", [("input_reference", ("a.png", b"", "image/png"))]),
    ("another type", [("input_reference", ("a.png", b"GIF89a" + b"\0" * 50, "image/gif"))]),
    ("not what it says", [("input_reference", ("a.png", picture(), "image/jpeg"))]),
    ("too large", [("input_reference", ("a.png", picture() + b"\0" * 20_000_000, "image/png"))]),
    ("twice", [("input_reference", ("a.png", picture(), "image/png"))] * 2),
    ("an unknown field", [("image", ("a.png", picture(), "image/png"))]),
    ("an address", [("input_reference", (None, "https://example.com/a.png"))]),
    ("a field twice", [("prompt", (None, "another"))]),
]


def test_a_file_that_is_refused(simulator: SimulatorProcess, videos: Videos, subtests: pytest.Subtests) -> None:
    before = simulator.ledger("openai_videos")["billed_tasks"]
    for what, files in BAD_FILES:
        with subtests.test(what):
            answer = videos.form(files)
            assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert simulator.ledger("openai_videos")["billed_tasks"] == before


def test_keys(simulator: SimulatorProcess, videos: Videos) -> None:
    task = videos.create().json()["id"]
    for headers in ({}, {"Authorization": "sk-openai-simulator-demo"}, GLOBALAIOPC_HEADERS):
        for path in ("", f"/{task}", f"/{task}/content"):
            answer = videos.http.get(videos.url + path, headers=headers)
            assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")
        models = f"{simulator.openai_videos}/v1/models"
        assert videos.http.get(models, headers=headers).status_code == 401
    # Nobody sees what another ordered.
    videos.headers = simulator.add_key(f"sk-openai-test-{secrets.token_hex(4)}", "openai_videos", credits=5)
    assert videos.get(f"/{task}").status_code == 404
    assert videos.get().json() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    assert videos.create(seconds="4").status_code == 200
    broke = videos.create(seconds="4")
    assert (broke.status_code, broke.json()["error"]["code"]) == (429, "insufficient_quota")
    simulator.be("openai", headers={"X-Team": "blue"})
    assert videos.get().status_code == 401
    videos.headers = OPENAI_VIDEOS_HEADERS | {"x-team": "blue"}
    assert videos.get().status_code == 200


def test_the_list_and_its_pages(simulator: SimulatorProcess, videos: Videos) -> None:
    videos.headers = simulator.add_key(f"sk-openai-test-{secrets.token_hex(4)}", "openai_videos")
    tasks = [videos.create().json()["id"] for _ in range(5)]

    def page(**query: Any) -> tuple[list[str], bool]:
        answer = videos.get(params=query).json()
        ids = [item["id"] for item in answer["data"]]
        assert (answer["first_id"], answer["last_id"]) == (ids[0], ids[-1])
        return ids, answer["has_more"]

    assert page() == (tasks[::-1], False)
    assert page(order="asc", limit=2) == (tasks[:2], True)
    assert page(order="asc", limit=2, after=tasks[1]) == (tasks[2:4], True)
    assert page(order="desc", limit=4, after=tasks[4]) == (tasks[3::-1], False)
    for query in ({"limit": 0}, {"limit": 101}, {"limit": "x"}, {"order": "up"}, {"after": "video_x"}):
        assert videos.get(params=query).status_code == 400


def test_a_deleted_video_is_gone_but_paid(simulator: SimulatorProcess, videos: Videos) -> None:
    prompt = secrets.token_hex(8)
    task = videos.finished(prompt=prompt)
    running = videos.create().json()["id"]
    refused = videos.http.delete(f"{videos.url}/{running}", headers=videos.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "video_not_ready")
    answer = videos.http.delete(f"{videos.url}/{task}", headers=videos.headers)
    assert answer.json() == {"id": task, "object": "video.deleted", "deleted": True}
    assert videos.get(f"/{task}").status_code == videos.get(f"/{task}/content").status_code == 404
    assert task not in {item["id"] for item in videos.get(params={"limit": 100}).json()["data"]}
    assert videos.http.delete(f"{videos.url}/{task}", headers=videos.headers).status_code == 404
    assert simulator.billed(prompt) == 1
    simulator.be("openai", delete_aborts=True)
    assert videos.http.delete(f"{videos.url}/{running}", headers=videos.headers).status_code == 200
    assert simulator.task(running)["status"] == "failed"
    assert not [e for e in simulator.ledger()["entries"] if e["task"] == running and e["kind"] == "refund"]


def test_a_remix_is_a_new_bill(simulator: SimulatorProcess, videos: Videos) -> None:
    source, prompt = videos.create(seconds="8").json()["id"], secrets.token_hex(8)

    def remix(body: dict[str, Any]) -> httpx.Response:
        return videos.http.post(f"{videos.url}/{source}/remix", json=body, headers=videos.headers)

    assert remix({"prompt": prompt}).status_code == 400
    simulator.end(source)
    assert remix({"prompt": prompt, "model": "sora-2"}).status_code == remix({}).status_code == 400
    made = remix({"prompt": prompt}).json()
    assert made["id"] != source
    assert (made["remixed_from_video_id"], made["seconds"], made["status"]) == (source, "8", "queued")
    assert simulator.billed(prompt) == 1


def test_pictures_of_a_video(videos: Videos) -> None:
    task = videos.finished()
    for variant, mime in (("thumbnail", "image/webp"), ("spritesheet", "image/jpeg")):
        answer = videos.get(f"/{task}/content", params={"variant": variant})
        assert answer.headers["content-type"] == mime
        with Image.open(io.BytesIO(answer.content)) as image:
            image.load()
    assert videos.get(f"/{task}/content", params={"variant": "video"}).status_code == 302
    assert videos.get(f"/{task}/content", params={"variant": "poster"}).status_code == 400


@pytest.mark.parametrize("call", ["create", "poll", "list", "content", "models", "delete", "remix"])
def test_every_call_breaks(simulator: SimulatorProcess, videos: Videos, call: str) -> None:
    task, prompt = videos.finished(), secrets.token_hex(8)
    base = simulator.openai_videos
    method, url, body = {
        "create": ("POST", videos.url, videos.body(prompt=prompt)),
        "poll": ("GET", f"{videos.url}/{task}", None),
        "list": ("GET", videos.url, None),
        "content": ("GET", f"{videos.url}/{task}/content", None),
        "models": ("GET", f"{base}/v1/models", None),
        "delete": ("DELETE", f"{videos.url}/{task}", None),
        "remix": ("POST", f"{videos.url}/{task}/remix", {"prompt": prompt}),
    }[call]

    def ask() -> httpx.Response:
        return videos.http.request(method, url, json=body, headers=videos.headers)

    for fault, status, code in (
        ("rate_limited", 429, "rate_limit_exceeded"),
        ("http_500", 500, "internal_error"),
        ("unauthorized", 401, "invalid_api_key"),
    ):
        simulator.fault(fault, call, "openai_videos")
        broken = ask()
        assert (broken.status_code, broken.json()["error"]["code"]) == (status, code)
    simulator.fault("broken_json", call, "openai_videos")
    assert ask().content == b'{"id": "task_5f1e", "status": "que'
    paid = call in {"create", "remix"}
    assert simulator.billed(prompt) == 0
    simulator.fault("reset_after", call, "openai_videos")
    with pytest.raises(httpx.NetworkError):
        ask()
    assert simulator.billed(prompt) == int(paid)
    if call != "delete":
        assert ask().status_code in {200, 302}
