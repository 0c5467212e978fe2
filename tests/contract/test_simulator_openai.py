"""The simulated `/v1/videos` is as strict as the contract, in the manners of every family of servers."""

from __future__ import annotations

import io
import secrets
from typing import Any

import httpx
import pytest
from PIL import Image

from sora_desktop.simulator.openai_manners import PRESETS
from support.simulator import GLOBALAIOPC_HEADERS, OPENAI_VIDEOS_HEADERS, SimulatorProcess

WHOLE = {
    *("id", "object", "created_at", "status", "model", "progress", "seconds", "size", "completed_at", "expires_at"),
    *("error", "remixed_from_video_id"),
}


def picture(kind: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), (40, 90, 120)).save(data, kind)
    return data.getvalue()


class Videos:
    def __init__(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        self.simulator = simulator
        self.http = http
        self.url = f"{simulator.openai_videos}/v1/videos"
        self.headers = OPENAI_VIDEOS_HEADERS

    def create(self, **fields: Any) -> httpx.Response:
        return self.http.post(self.url, json=self.body(**fields), headers=self.headers)

    def form(self, files: Any = None, **fields: Any) -> httpx.Response:
        """The fields as a form, which has a file in it only when `files` says so."""
        parts = [(name, (None, str(value))) for name, value in self.body(**fields).items()]
        return self.http.post(self.url, files=[*parts, *(files or [])], headers=self.headers)

    def body(self, **fields: Any) -> dict[str, Any]:
        body = {"model": "sora-2", "prompt": "A boat"} | fields
        return {name: value for name, value in body.items() if value is not ...}

    def get(self, path: str = "", **more: Any) -> httpx.Response:
        return self.http.get(self.url + path, headers=self.headers, **more)

    def finished(self, **fields: Any) -> str:
        task = self.create(**fields).json()["id"]
        self.simulator.end(task)
        return task


@pytest.fixture
def videos(simulator: SimulatorProcess, http: httpx.Client) -> Videos:
    return Videos(simulator, http)


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


EXTRAS: dict[str, Any] = {
    "model": PRESETS["sglang"].models[0],
    "width": 832,
    "height": 480,
    "num_frames": 33,
    "fps": 16,
    "num_inference_steps": 4,
    "guidance_scale": 5.5,
    "seed": 7,
    "negative_prompt": "",
}


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_the_fields_of_a_diffusion_server(simulator: SimulatorProcess, videos: Videos, form: str) -> None:
    simulator.be("sglang")
    answer = videos.create(**EXTRAS) if form == "json" else videos.form(**EXTRAS)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["size"], answer.json()["seconds"]) == ("832x480", "2.0625")
    kept = simulator.task(answer.json()["id"])["params"]
    assert kept == {name: value for name, value in EXTRAS.items() if name != "model"} | {"form": form}


OUT_OF_RANGE: list[dict[str, Any]] = [
    {"width": ...},
    {"width": "832"},
    {"width": 833},
    {"width": 8192},
    {"size": "480x832"},
    {"num_frames": 0},
    {"num_frames": 33.0},
    {"num_frames": True},
    {"fps": 1, "num_frames": 31},
    {"guidance_scale": 21},
    {"guidance_scale": "high"},
    {"seed": -1},
    {"seed": 2**32},
    {"num_inference_steps": 201},
    {"negative_prompt": 3},
    {"lora": "x"},
]


def test_their_types_and_ranges(simulator: SimulatorProcess, videos: Videos, subtests: pytest.Subtests) -> None:
    simulator.be("sglang")
    before = simulator.ledger("openai_videos")["billed_tasks"]
    for fields in OUT_OF_RANGE:
        with subtests.test(str(fields)):
            answer = videos.create(**EXTRAS | fields)
            assert answer.status_code == 400
            assert answer.json()["error"]["param"] in {*fields, "size"}
            if fields not in ({"width": "832"}, {"negative_prompt": 3}):
                # A form has nothing but texts.
                assert videos.form(**EXTRAS | fields).status_code == 400
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


@pytest.mark.parametrize("preset", PRESETS)
def test_which_calls_a_server_has(simulator: SimulatorProcess, videos: Videos, preset: str) -> None:
    simulator.be(preset)
    manners = PRESETS[preset]
    models = videos.http.get(f"{simulator.openai_videos}/v1/models", headers=videos.headers).json()["data"]
    assert [model["id"] for model in models] == [*manners.models, *manners.chat_models]
    order = {"model": manners.models[0], "prompt": "A boat"}
    created = videos.form(**order) if manners.form == "multipart" else videos.create(**order)
    task = created.json()["id"]
    simulator.end(task)
    assert videos.get().is_success is manners.lists
    content = videos.get(f"/{task}/content", params={"variant": "thumbnail"})
    assert content.headers["content-type"] == ("image/webp" if manners.variants else "video/mp4")
    assert videos.get(f"/{task}/content").status_code == (302 if manners.content == "redirect" else 200)
    remix = videos.http.post(f"{videos.url}/{task}/remix", json={"prompt": "x"}, headers=videos.headers)
    assert remix.is_success is manners.remixes
    assert videos.http.delete(f"{videos.url}/{task}", headers=videos.headers).is_success is manners.deletes
    for chat in manners.chat_models:
        assert videos.create(model=chat).status_code == 400


@pytest.mark.parametrize(
    ("preset", "answers"),
    [
        ("vllm-omni", {"remix": (404, "detail")}),
        ("new-api", {"list": (404, "error"), "delete": (404, "error")}),
        ("litellm", {"list": (400, "error"), "delete": (405, "detail")}),
    ],
)
def test_how_a_missing_call_is_refused(
    simulator: SimulatorProcess, videos: Videos, preset: str, answers: dict[str, tuple[int, str]]
) -> None:
    simulator.be(preset)
    task = f"{videos.url}/video_x"
    calls = {"list": ("GET", videos.url), "delete": ("DELETE", task), "remix": ("POST", f"{task}/remix")}
    for call, (status, form) in answers.items():
        answer = videos.http.request(*calls[call], headers=videos.headers)
        assert (answer.status_code, *answer.json()) == (status, form)
        assert simulator.requests(call=call)[-1]["status"] == status
    unknown = videos.get("/video_x/edits")
    assert (unknown.status_code, *unknown.json()) == (404, "error" if preset == "new-api" else "detail")


def test_one_form_only(simulator: SimulatorProcess, videos: Videos) -> None:
    simulator.be("vllm-omni")
    model = PRESETS["vllm-omni"].models[0]
    refused = videos.create(model=model)
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "prompt"])
    assert videos.form(model=model).status_code == 200
    simulator.be("openai", form="json")
    refused = videos.form([("input_reference", ("a.png", picture(), "image/png"))])
    assert (refused.status_code, refused.json()["error"]["code"]) == (415, "unsupported_content_type")
    assert videos.create().status_code == 200
    simulator.be()
    urlencoded = videos.http.post(videos.url, data=videos.body(), headers=videos.headers)
    assert urlencoded.status_code == 415


def test_a_server_without_keys_has_one_owner(simulator: SimulatorProcess, videos: Videos) -> None:
    simulator.be("openai", needs_key=False)
    videos.headers = {}
    task = videos.create().json()["id"]
    videos.headers = {"Authorization": "Bearer whatever"}
    assert videos.get(f"/{task}").status_code == 200


@pytest.mark.parametrize(
    ("result", "place"),
    [
        ("video_url", lambda body: body["video_url"]),
        ("url", lambda body: body["url"]),
        ("result.urls", lambda body: body["result"]["urls"][0]),
        ("unsigned_urls", lambda body: body["unsigned_urls"][0]),
    ],
)
def test_where_the_address_is(simulator: SimulatorProcess, videos: Videos, result: str, place: Any) -> None:
    task = videos.finished()
    simulator.be("openai", result=result, content="missing")
    assert videos.http.get(place(videos.get(f"/{task}").json())).headers["content-type"] == "video/mp4"
    assert videos.get(f"/{task}/content").status_code == 404


def test_words_progress_and_short_answers(simulator: SimulatorProcess, videos: Videos) -> None:
    simulator.be("openai", answer="short", words=["pending", "generating", "success", "canceled"], progress="missing")
    created = videos.create().json()
    assert set(created) == {"id", "status", "created_at"}
    assert created["status"] == "pending"
    simulator.advance(26)
    working = videos.get(f"/{created['id']}").json()
    assert working["status"] == "generating"
    assert "progress" not in working
    simulator.end(created["id"])
    simulator.be("openai", words=["pending", "generating", "success", "canceled"], progress="zero")
    done = videos.get(f"/{created['id']}").json()
    assert (done["status"], done["progress"]) == ("success", 0)
    simulator.be("openai", progress="jumping", tells_prompt=True)
    seen = [videos.get(f"/{created['id']}").json() for _ in range(20)]
    assert len({item["progress"] for item in seen}) > 1
    assert {item["prompt"] for item in seen} == {"A boat"}


def test_content_in_other_manners(simulator: SimulatorProcess, videos: Videos) -> None:
    task = videos.finished()
    simulator.be("openai", content="json_error")
    broken = videos.get(f"/{task}/content")
    assert (broken.status_code, broken.headers["content-type"]) == (200, "application/json")
    simulator.be("openai", content="direct")
    whole = videos.get(f"/{task}/content")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = videos.http.get(f"{videos.url}/{task}/content", headers=videos.headers | {"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    # The faults of a download hit it wherever it comes from.
    simulator.fault("truncated", "download", "openai_videos", args={"quiet": True})
    assert len(videos.get(f"/{task}/content").content) == len(whole.content) // 2
    simulator.fault("html", "download", "openai_videos")
    assert videos.get(f"/{task}/content").headers["content-type"].startswith("text/html")
    simulator.be()
    simulator.fault("html", "download", "openai_videos")
    way = videos.get(f"/{task}/content").headers["location"]
    assert videos.http.get(way).headers["content-type"].startswith("text/html")


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


def test_a_manner_that_does_not_exist(simulator: SimulatorProcess) -> None:
    for wrong in (
        "azure",
        {"list": True},
        {"lists": 1},
        {"progress": "backwards"},
        {"words": ["one"]},
        {"variants": ["poster"]},
        {"models": "sora-2"},
        {"headers": {"x-team": 1}},
    ):
        with pytest.raises(AssertionError):
            simulator.control("POST", "/manners", {"openai_videos": wrong})
