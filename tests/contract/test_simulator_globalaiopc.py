"""The simulated GlobalAIOPC is as strict as the contract, and forgets nothing that was billed."""

from __future__ import annotations

import io
import secrets
from typing import Any

import httpx
import pytest
from PIL import Image

from support.simulator import GLOBALAIOPC_HEADERS, RIVYA_HEADERS, SimulatorProcess, wait_for


def picture(width: int, height: int) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), (40, 90, 120)).save(data, "JPEG")
    return data.getvalue()


class GlobalAIOPC:
    def __init__(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        self.http = http
        self.base = f"{simulator.globalaiopc}/v1"
        self.headers = GLOBALAIOPC_HEADERS

    def create(self, **fields: Any) -> httpx.Response:
        body = {"model": "openAiSora2Plus", "prompt": "A boat"} | fields
        body = {name: value for name, value in body.items() if value is not ...}
        return self.http.post(f"{self.base}/sora/videos", json=body, headers=self.headers)

    def poll(self, task_id: str) -> httpx.Response:
        return self.http.get(f"{self.base}/result/{task_id}", headers=self.headers)


@pytest.fixture
def service(simulator: SimulatorProcess, http: httpx.Client) -> GlobalAIOPC:
    return GlobalAIOPC(simulator, http)


def test_a_task_from_the_order_to_the_dead_link(
    simulator: SimulatorProcess, service: GlobalAIOPC, http: httpx.Client
) -> None:
    created = service.create(duration=8, size="1280x720").json()
    assert set(created) == {"id", "object", "created", "model", "status"}
    assert (created["object"], created["status"]) == ("video.generation", "queued")
    assert type(created["created"]) is int
    waiting = service.poll(created["id"]).json()
    assert (waiting["status"], waiting["error"]) == ("queued", None)
    assert not {"video_url", "actualDuration"} & set(waiting)
    simulator.advance(26)
    assert service.poll(created["id"]).json()["status"] == "processing"
    simulator.end(created["id"])
    done = service.poll(created["id"]).json()
    assert (done["status"], done["actualDuration"], done["amount"]) == ("completed", 8, 12)
    assert http.get(done["video_url"]).headers["content-type"] == "video/mp4"
    simulator.advance(86_390)
    assert http.get(done["video_url"]).status_code == 200
    simulator.advance(20)
    assert http.get(done["video_url"]).status_code == 403
    # The task is still known, but its link stays dead.
    assert service.poll(created["id"]).json()["video_url"] == done["video_url"]


def test_a_failed_task_says_so_in_plain_text(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    created = service.create().json()
    simulator.end(created["id"], "fail", message="Real people are not allowed.")
    failed = service.poll(created["id"]).json()
    assert (failed["status"], failed["error"]) == ("failed", "Real people are not allowed.")
    assert "video_url" not in failed


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"size": "720x1280"},
        {"aspect_ratio": "16:9", "seconds": 12},
        {"duration": 4},
        {"input_reference": []},
        {"image_urls": ["https://example.com/a.png"]},
    ],
)
def test_what_the_contract_allows(service: GlobalAIOPC, fields: dict[str, Any]) -> None:
    assert service.create(**fields).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"size": "1280x720", "aspect_ratio": "16:9"}, id="both of the shape"),
        pytest.param({"duration": 8, "seconds": 8}, id="both of the length"),
        pytest.param({"input_reference": [], "image_urls": []}, id="both of the references"),
        pytest.param({"duration": "8"}, id="a length that is a string"),
        pytest.param({"duration": 8.0}, id="a length that is a float"),
        pytest.param({"duration": True}, id="a length that is a boolean"),
        pytest.param({"seconds": 10}, id="a length that does not exist"),
        pytest.param({"size": "1920x1080"}, id="a size that does not exist"),
        pytest.param({"size": None}, id="a size that is null"),
        pytest.param({"aspect_ratio": "landscape"}, id="the words of another service"),
        pytest.param({"model": "sora-2"}, id="an unknown model"),
        pytest.param({"model": ...}, id="no model"),
        pytest.param({"prompt": ...}, id="no prompt"),
        pytest.param({"prompt": " "}, id="an empty prompt"),
        pytest.param({"prompt": ["x"]}, id="a prompt that is a list"),
        pytest.param({"seed": 1}, id="an unknown field"),
        pytest.param({"input_reference": "https://example.com/a.png"}, id="a reference that is no list"),
        pytest.param({"input_reference": ["https://example.com/a.png"] * 2}, id="two references"),
        pytest.param({"image_urls": ["a.png"]}, id="a reference that is no address"),
        pytest.param({"image_urls": [{"url": "https://example.com/a.png"}]}, id="a reference that is an object"),
    ],
)
def test_what_the_contract_forbids(simulator: SimulatorProcess, service: GlobalAIOPC, fields: dict[str, Any]) -> None:
    before = simulator.ledger("globalaiopc")["billed_tasks"]
    answer = service.create(**fields)
    assert answer.status_code == 400
    assert answer.json()["code"] == 400
    assert answer.json()["msg"]
    assert simulator.ledger("globalaiopc")["billed_tasks"] == before


@pytest.mark.parametrize(
    ("measures", "fields", "good"),
    [
        ((720, 1280), {}, True),
        ((1280, 720), {"size": "1280x720"}, True),
        ((1280, 720), {"aspect_ratio": "16:9"}, True),
        ((1280, 720), {}, False),
        ((720, 1280), {"aspect_ratio": "16:9"}, False),
        ((1920, 1080), {"size": "1280x720"}, False),
    ],
)
def test_a_reference_is_measured(
    simulator: SimulatorProcess, service: GlobalAIOPC, measures: tuple[int, int], fields: dict[str, Any], good: bool
) -> None:
    url = simulator.host(picture(*measures))
    assert (service.create(input_reference=[url], **fields).status_code == 200) is good


def test_a_reference_that_is_not_there(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    assert service.create(image_urls=[f"{simulator.media}/files/nothing.png"]).status_code == 400


def test_there_is_no_idempotency(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    prompt = secrets.token_hex(8)
    body = {"model": "openAiSora2Pro", "prompt": prompt}
    headers = GLOBALAIOPC_HEADERS | {"Idempotency-Key": "one"}
    first, second = (
        service.http.post(f"{service.base}/sora/videos", json=body, headers=headers).json() for _ in range(2)
    )
    assert first["id"] != second["id"]
    assert simulator.billed(prompt) == 2


@pytest.mark.parametrize("headers", [{}, RIVYA_HEADERS, {"Authorization": "sk-simulator-demo"}])
def test_a_wrong_key(service: GlobalAIOPC, headers: dict[str, str]) -> None:
    service.headers = headers
    assert service.create().status_code == 401
    answer = service.poll("sora_x")
    assert (answer.status_code, set(answer.json())) == (401, {"error"})


def test_an_unknown_task_and_one_of_another_key(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    created = service.create().json()
    service.headers = {"Authorization": "Bearer sk-test-another"}
    for task_id in (created["id"], "sora_unknown"):
        answer = service.poll(task_id)
        assert (answer.status_code, set(answer.json())) == (404, {"message"})


def test_a_balance_that_is_too_small(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    service.headers = simulator.add_key("sk-test-poor", "globalaiopc", credits=5)
    assert service.create(duration=4).status_code == 402
    assert service.create(duration=8).json()["code"] == 402


def test_answers_may_come_wrapped(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    simulator.control("POST", "/manners", {"wrap": True})
    created = service.create().json()
    assert created["data"]["status"] == "queued"
    assert service.poll(created["data"]["id"]).json()["data"]["id"] == created["data"]["id"]


def test_asking_too_fast_may_be_refused(simulator: SimulatorProcess, service: GlobalAIOPC) -> None:
    rule = simulator.fault("too_fast", "poll", "globalaiopc", times=None, args={"retry_after": 30})
    created = service.create().json()
    assert service.poll(created["id"]).status_code == 200
    refused = service.poll(created["id"])
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    simulator.advance(30)
    assert service.poll(created["id"]).status_code == 200
    assert simulator.hits(rule) == 1


def test_it_is_done_by_itself(tmp_path_factory: pytest.TempPathFactory, http: httpx.Client) -> None:
    """At a small pace nothing is steered: a task ends after its time."""
    with SimulatorProcess(tmp_path_factory.mktemp("quick"), pace=0.005) as quick:
        service = GlobalAIOPC(quick, http)
        created = service.create(duration=4).json()
        wait_for(lambda: service.poll(created["id"]).json()["status"] == "completed")
        task = quick.task(created["id"])
        # 15–25 s in the queue and 110–165 s of work, times the pace.
        assert 15 * 0.005 <= task["queued_until"] - task["accepted_at"] <= 25 * 0.005
        assert 110 * 0.005 <= task["done_at"] - task["queued_until"] <= 165 * 0.005
        assert task["completed_at"] >= task["done_at"]
