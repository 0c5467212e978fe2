"""GlobalAIOPC's newer call at the simulator: strict, wrapped in "data", in the same books as the older one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.simulator import GLOBALAIOPC_HEADERS, RIVYA_HEADERS, SimulatorProcess

URL = "https://example.com/a.png"


class Center:
    def __init__(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        self.http = http
        self.tasks = f"{simulator.globalaiopc}/v2/model-center/tasks"
        self.headers = GLOBALAIOPC_HEADERS

    def create(self, **fields: Any) -> httpx.Response:
        body = {"model": "openAiSora2Plus", "prompt": "A boat"} | fields
        body = {name: value for name, value in body.items() if value is not ...}
        return self.http.post(self.tasks, json=body, headers=self.headers)

    def poll(self, task_id: str) -> httpx.Response:
        return self.http.get(f"{self.tasks}/{task_id}", headers=self.headers)


@pytest.fixture
def center(simulator: SimulatorProcess, http: httpx.Client) -> Center:
    return Center(simulator, http)


def test_a_task_from_the_order_to_the_clip(simulator: SimulatorProcess, center: Center, http: httpx.Client) -> None:
    before = simulator.ledger("globalaiopc")["billed_tasks"]
    answer = center.create(duration=8, aspect_ratio="16:9", generate_audio=True, seed=0, resolution="720p").json()
    assert (answer["code"], set(answer)) == (200, {"code", "msg", "data"})
    task_id = answer["data"]["id"]
    assert answer["data"]["status"] == "queued" and "video_url" not in answer["data"]
    simulator.end(task_id)
    done = center.poll(task_id).json()["data"]
    assert (done["status"], done["actualDuration"], done["amount"]) == ("completed", 8, 12)
    assert http.get(done["video_url"]).headers["content-type"] == "video/mp4"
    assert simulator.ledger("globalaiopc")["billed_tasks"] == before + 1
    assert (simulator.task(task_id)["width"], simulator.task(task_id)["height"]) == (1280, 720)


def test_each_call_tells_only_of_its_own_tasks(simulator: SimulatorProcess, center: Center, http: httpx.Client) -> None:
    mine = center.create().json()["data"]["id"]
    sent = {"model": "openAiSora2Plus", "prompt": "A boat"}
    older = http.post(f"{simulator.globalaiopc}/v1/sora/videos", json=sent, headers=GLOBALAIOPC_HEADERS).json()["id"]
    answer = center.poll(older)
    assert (answer.status_code, answer.json()["data"]) == (404, None)
    assert http.get(f"{simulator.globalaiopc}/v1/result/{mine}", headers=GLOBALAIOPC_HEADERS).status_code == 404


def test_a_wrong_key_is_refused(center: Center) -> None:
    for headers in ({}, RIVYA_HEADERS):
        center.headers = headers
        assert center.create().status_code == 401 and center.poll("x").json()["code"] == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"first_image": URL},
        {"first_image": URL, "last_image": URL},
        {"reference_images": [URL] * 4},
        {"duration": 12, "generate_audio": False},
    ],
)
def test_what_the_names_of_the_fields_allow(center: Center, fields: dict[str, Any]) -> None:
    assert center.create(**fields).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": "8"},
        {"duration": 5},
        {"aspect_ratio": "landscape"},
        {"resolution": ""},
        {"generate_audio": "true"},
        {"seed": "1"},
        {"seed": True},
        {"first_image": [URL]},
        {"first_image": "a.png"},
        {"last_image": URL},
        {"reference_images": URL},
        {"reference_images": [URL] * 5},
        {"input_reference": [URL]},
        {"size": "1280x720"},
        {"model": "sora-2"},
        {"model": ...},
        {"prompt": " "},
    ],
)
def test_what_they_forbid(simulator: SimulatorProcess, center: Center, fields: dict[str, Any]) -> None:
    before = simulator.ledger("globalaiopc")["billed_tasks"]
    answer = center.create(**fields)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (400, 400, None)
    assert answer.json()["msg"]
    assert simulator.ledger("globalaiopc")["billed_tasks"] == before
