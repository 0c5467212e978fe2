"""The simulated `/v1/videos` in the manners of every family of servers."""

from __future__ import annotations

from typing import Any

import pytest

from sora_desktop.simulator.openai_manners import PRESETS
from support.openai_videos import Videos, picture
from support.simulator import SimulatorProcess

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
