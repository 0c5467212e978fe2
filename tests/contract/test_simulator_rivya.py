"""The simulated Rivya is as strict as the contract: what it forbids is refused, what it promises is kept."""

from __future__ import annotations

import io
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from sora_desktop.media.render import render
from support.simulator import RIVYA_HEADERS, SimulatorProcess

PRO: dict[str, Any] = {
    "model": "sora-2-pro",
    "prompt": "A boat at first light",
    "client_request_id": "intent-1",
    "params": {
        "size": "standard",
        "n_frames": "10",
        "aspect_ratio": "landscape",
        "remove_watermark": "false",
        "upload_method": "s3",
    },
}


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 36)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (40, 90, 120)).save(data, kind)
    return data.getvalue()


class Rivya:
    """Calls with a key of its own, so that its balance is known."""

    def __init__(self, simulator: SimulatorProcess, http: httpx.Client) -> None:
        self.http = http
        self.base = f"{simulator.rivya}/api/v1"
        self.headers = {"Authorization": f"Bearer rvya_sk_test_{secrets.token_hex(8)}"}

    def create(self, body: Any = PRO, **headers: str) -> httpx.Response:
        return self.http.post(f"{self.base}/generations", json=body, headers=self.headers | headers)

    def poll(self, task_id: str) -> httpx.Response:
        return self.http.get(f"{self.base}/generations/{task_id}", headers=self.headers)

    def credits(self) -> float:
        return self.http.get(f"{self.base}/credits", headers=self.headers).json()["current_credits"]

    def upload(self, data: bytes, kind: str = "image", name: str = "a.png", **fields: str) -> httpx.Response:
        form = {"kind": kind, **fields}
        return self.http.post(f"{self.base}/files", files={"file": (name, data)}, data=form, headers=self.headers)


@pytest.fixture
def rivya(simulator: SimulatorProcess, http: httpx.Client) -> Rivya:
    return Rivya(simulator, http)


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The message of an error in the contract's form."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "requestId"}
    assert error["code"] == code
    assert error["requestId"].startswith("req_")
    return error["message"]


def changed(**changes: Any) -> dict[str, Any]:
    """The example with changed params; None takes one out."""
    params = PRO["params"] | changes
    return PRO | {"params": {key: value for key, value in params.items() if value is not None}}


def test_a_task_from_the_order_to_the_result(simulator: SimulatorProcess, rivya: Rivya) -> None:
    answer = rivya.create()
    assert answer.is_success
    task = answer.json()
    assert task | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "status": "queued",
        "model": "sora-2-pro",
        "reserved_credits": 75,
        "final_credits": 0,
        "created_at": "",
        "updated_at": "",
        "result": None,
        "error": None,
    }
    assert task["created_at"].endswith("Z")
    assert rivya.credits() == 1240 - 75
    simulator.advance(26)
    assert rivya.poll(task["id"]).json()["status"] == "processing"
    simulator.end(task["id"])
    done = rivya.poll(task["id"]).json()
    assert (done["status"], done["final_credits"]) == ("succeeded", 75)
    assert done["result"]["urls"] == [done["result"]["primary_url"]]
    assert done["result"]["primary_url"].startswith(simulator.media)
    assert rivya.credits() == 1240 - 75


def test_a_failed_task_gives_its_credits_back(simulator: SimulatorProcess, rivya: Rivya) -> None:
    task = rivya.create().json()
    simulator.end(task["id"], "fail", message="The filter refused it.")
    failed = rivya.poll(task["id"]).json()
    assert failed["error"] == {"code": "generation_failed", "message": "The filter refused it."}
    assert (failed["status"], failed["final_credits"], failed["result"]) == ("failed", 0, None)
    assert rivya.credits() == 1240
    kinds = [entry["kind"] for entry in simulator.ledger()["entries"] if entry["task"] == task["id"]]
    assert kinds == ["bill", "refund"]


def test_a_refund_may_not_come(simulator: SimulatorProcess, rivya: Rivya) -> None:
    task = rivya.create().json()
    simulator.end(task["id"], "fail", refund=False)
    assert rivya.poll(task["id"]).json()["status"] == "failed"
    assert rivya.credits() == 1240 - 75


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "api_key_missing"),
        ("rvya_sk_unknown", 401, "api_key_invalid"),
        ("sk-simulator-demo", 401, "api_key_invalid"),
        ("rvya_sk_test_revoked", 401, "api_key_revoked"),
        ("rvya_sk_test_expired", 401, "api_key_expired"),
        ("rvya_sk_test_reader", 403, "api_scope_denied"),
    ],
)
def test_keys(simulator: SimulatorProcess, rivya: Rivya, key: str | None, status: int, code: str) -> None:
    simulator.add_key("rvya_sk_test_revoked", state="revoked")
    simulator.add_key("rvya_sk_test_expired", state="expired")
    simulator.add_key("rvya_sk_test_reader", scopes=["credits:read"])
    rivya.headers = {"Authorization": f"Bearer {key}"} if key else {}
    refused(rivya.create(), status, code)


def test_a_scope_is_asked_of_every_call(simulator: SimulatorProcess, rivya: Rivya) -> None:
    rivya.headers = simulator.add_key("rvya_sk_test_creator", scopes=["generations:create"], credits=100)
    task = rivya.create().json()
    refused(rivya.poll(task["id"]), 403, "api_scope_denied")
    refused(rivya.upload(picture()), 403, "api_scope_denied")
    credits = rivya.http.get(f"{rivya.base}/credits", headers=rivya.headers)
    refused(credits, 403, "api_scope_denied")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PRO | {"files": []}, id="a field that is not in the contract"),
        pytest.param(PRO | {"model": "sora-9"}, id="an unknown model"),
        pytest.param(PRO | {"model": "wide-lens-video"}, id="a model that is coming soon"),
        pytest.param({"prompt": "x"}, id="no model"),
        pytest.param(PRO | {"prompt": " \n"}, id="an empty prompt"),
        pytest.param(PRO | {"prompt": None}, id="a prompt that is null"),
        pytest.param({"model": "sora-2"}, id="no prompt"),
        pytest.param(PRO | {"prompt": "x" * 10_001}, id="a prompt too long"),
        pytest.param(PRO | {"client_request_id": "x" * 129}, id="a request id too long"),
        pytest.param(PRO | {"client_request_id": 7}, id="a request id that is a number"),
        pytest.param(PRO | {"params": []}, id="params that are a list"),
        pytest.param(changed(n_frames=10), id="a number where a string is asked"),
        pytest.param(changed(remove_watermark=False), id="a boolean where a string is asked"),
        pytest.param(changed(n_frames="12"), id="an option that does not exist"),
        pytest.param(changed(seed=1), id="an unknown parameter"),
        pytest.param(changed(size=None) | {"model": "sora-2", "params": {"size": "high"}}, id="a parameter of another"),
        pytest.param([], id="a list"),
    ],
)
def test_what_the_contract_forbids(simulator: SimulatorProcess, rivya: Rivya, body: Any) -> None:
    assert refused(rivya.create(body), 400, "validation_failed")
    assert rivya.credits() == 1240


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"model": "sora-2", "prompt": "x" * 10_000}, id="the longest prompt"),
        pytest.param({"model": "sora-2", "prompt": "雨" * 10_000}, id="counted in characters, not bytes"),
        pytest.param(changed(size=None), id="no quality"),
        pytest.param(PRO | {"client_request_id": "x" * 128}, id="the longest request id"),
        pytest.param(changed(referenceMediaItems=[]), id="no references"),
    ],
)
def test_what_the_contract_allows(rivya: Rivya, body: Any) -> None:
    assert rivya.create(body).is_success


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"model": "sora-2", "prompt": "x"', "application/json"),
        (b'{"model": "sora-2", "model": "sora-2", "prompt": "x"}', "application/json"),
        (b'{"model": "sora-2", "prompt": "\xff"}', "application/json"),
        (b'{"model": "sora-2", "prompt": "x"}', "text/plain"),
    ],
)
def test_a_body_that_is_no_clean_json(rivya: Rivya, content: bytes, kind: str) -> None:
    headers = rivya.headers | {"Content-Type": kind}
    answer = rivya.http.post(f"{rivya.base}/generations", content=content, headers=headers)
    refused(answer, 400, "validation_failed")


@pytest.mark.parametrize(
    ("params", "good"),
    [
        ({"duration": 5}, True),
        ({"duration": 5, "guidance": 0.3, "seed": 0, "negative_prompt": "rain"}, True),
        ({"duration": "5"}, False),
        ({"duration": True}, False),
        ({"duration": 2}, False),
        ({"duration": 16}, False),
        ({"duration": 5.5}, False),
        ({"duration": 5, "guidance": 0.33}, False),
        ({"duration": 5, "negative_prompt": "x" * 501}, False),
    ],
)
def test_numbers_and_texts(rivya: Rivya, params: dict[str, Any], good: bool) -> None:
    answer = rivya.create({"model": "ridge-motion-1", "prompt": "x", "params": params})
    assert answer.is_success is good, answer.text


def test_the_same_key_and_body_is_one_task(simulator: SimulatorProcess, rivya: Rivya) -> None:
    body = {"model": "sora-2", "prompt": secrets.token_hex(8)}
    intent = {"Idempotency-Key": secrets.token_hex(8)}
    first = rivya.create(body, **intent).json()
    assert rivya.create(body, **intent).json()["id"] == first["id"]
    assert simulator.billed(body["prompt"]) == 1
    assert rivya.credits() == 1240 - 6
    refused(rivya.create(body | {"prompt": "another"}, **intent), 409, "idempotency_conflict")
    # Another spelling of the same JSON is another body.
    spelled = json.dumps(body, indent=1).encode()
    headers = rivya.headers | intent | {"Content-Type": "application/json"}
    again = rivya.http.post(f"{rivya.base}/generations", content=spelled, headers=headers)
    refused(again, 409, "idempotency_conflict")


def test_many_at_once_with_one_key_are_one_task(simulator: SimulatorProcess, rivya: Rivya) -> None:
    body = {"model": "sora-2", "prompt": secrets.token_hex(8)}
    intent = secrets.token_hex(8)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: rivya.create(body, **{"Idempotency-Key": intent}), range(8)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert simulator.billed(body["prompt"]) == 1


def test_an_idempotency_key_is_forgotten_after_a_day(simulator: SimulatorProcess, rivya: Rivya) -> None:
    body = {"model": "sora-2", "prompt": secrets.token_hex(8)}
    intent = {"Idempotency-Key": secrets.token_hex(8)}
    rivya.create(body, **intent)
    simulator.advance(86_401)
    rivya.create(body, **intent)
    assert simulator.billed(body["prompt"]) == 2


def test_without_a_key_each_call_is_billed(simulator: SimulatorProcess, rivya: Rivya) -> None:
    body = {"model": "sora-2", "prompt": secrets.token_hex(8)}
    assert rivya.create(body).json()["id"] != rivya.create(body).json()["id"]
    assert simulator.billed(body["prompt"]) == 2


def test_too_few_credits(simulator: SimulatorProcess, rivya: Rivya) -> None:
    rivya.headers = simulator.add_key("rvya_sk_test_poor", credits=74)
    refused(rivya.create(), 402, "insufficient_credits")
    assert rivya.credits() == 74
    simulator.control("POST", "/credits", {"key": "rvya_sk_test_poor", "add": 1})
    assert rivya.create().is_success
    assert rivya.credits() == 0


def test_a_task_of_another_account_is_not_found(simulator: SimulatorProcess, rivya: Rivya, http: httpx.Client) -> None:
    task = rivya.create().json()
    refused(Rivya(simulator, http).poll(task["id"]), 404, "not_found")
    refused(rivya.poll("task_unknown"), 404, "not_found")
    refused(http.get(f"{simulator.rivya}/api/v2/models"), 404, "not_found")


def test_uploads(simulator: SimulatorProcess, rivya: Rivya) -> None:
    data = picture("WEBP")
    answer = rivya.upload(data, name="harbour.png", model="sora-2", client_request_id="u1")
    assert answer.is_success
    file = answer.json()
    # The signature tells the type, not the ending.
    assert (file["kind"], file["mime_type"], file["size"], file["name"]) == (
        "image",
        "image/webp",
        len(data),
        "harbour.png",
    )
    assert rivya.http.get(file["url"]).content == data
    assert rivya.http.get(f"{rivya.base}/files/{file['id']}", headers=rivya.headers).json() == file
    stranger = rivya.http.get(f"{rivya.base}/files/{file['id']}", headers=RIVYA_HEADERS)
    refused(stranger, 404, "not_found")


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        pytest.param(b"<html></html>", {}, id="no picture"),
        pytest.param(picture("GIF"), {}, id="a picture of a kind that is not taken"),
        pytest.param(b"", {}, id="empty"),
        pytest.param(picture() + b"\0" * 10_000_000, {}, id="over ten megabytes"),
        pytest.param(picture(), {"kind": "video"}, id="a picture as a video"),
        pytest.param(picture(), {"kind": "document"}, id="an unknown kind"),
        pytest.param(picture(), {"model": "sora-9"}, id="an unknown model"),
        pytest.param(picture(), {"model": "z-image"}, id="a model without references"),
        pytest.param(picture(), {"folder": "x"}, id="an unknown field"),
        pytest.param(picture(), {"client_request_id": "x" * 129}, id="a request id too long"),
    ],
)
def test_uploads_that_are_refused(rivya: Rivya, data: bytes, fields: dict[str, str]) -> None:
    refused(rivya.upload(data, **fields), 400, "validation_failed")


def test_an_upload_without_its_fields(rivya: Rivya) -> None:
    url = f"{rivya.base}/files"
    refused(rivya.http.post(url, files={"file": picture()}, headers=rivya.headers), 400, "validation_failed")
    only_kind = rivya.http.post(url, files={"kind": (None, "image")}, headers=rivya.headers)
    refused(only_kind, 400, "validation_failed")
    refused(rivya.http.post(url, json={"kind": "image"}, headers=rivya.headers), 400, "validation_failed")


def test_a_reference_of_an_uploaded_file(rivya: Rivya) -> None:
    url = rivya.upload(picture()).json()["url"]
    item = {"url": url, "kind": "image", "name": "a.png", "mimeType": "image/png"}
    assert rivya.create(changed(referenceMediaItems=[item])).is_success


@pytest.mark.parametrize(
    "items",
    [
        {"url": "https://example.com/a.png", "kind": "image"},
        ["https://example.com/a.png"],
        [{"url": "https://example.com/a.png"}],
        [{"kind": "image"}],
        [{"url": "https://example.com/a.png", "kind": "picture"}],
        [{"url": "https://example.com/a.mp4", "kind": "video"}],
        [{"url": "https://example.com/a.gif", "kind": "image", "mimeType": "image/gif"}],
        [{"url": "https://example.com/a.png", "kind": "image", "durationSeconds": 4.0}],
        [{"url": "https://example.com/a.png", "kind": "image", "mime_type": "image/png"}],
        [{"url": "https://example.com/a.png", "kind": "image", "name": None}],
        [{"url": "file:///etc/passwd", "kind": "image"}],
        [{"url": "/a.png", "kind": "image"}],
        [{"url": "https://user@example.com/a.png", "kind": "image"}],
        [{"url": "https://example.com/a.png", "kind": "image"}] * 2,
    ],
)
def test_references_that_are_refused(rivya: Rivya, items: Any) -> None:
    refused(rivya.create(changed(referenceMediaItems=items)), 400, "validation_failed")


def test_a_reference_that_was_never_uploaded(simulator: SimulatorProcess, rivya: Rivya) -> None:
    item = {"url": f"{simulator.media}/files/nothing.png", "kind": "image"}
    refused(rivya.create(changed(referenceMediaItems=[item])), 400, "validation_failed")


def test_a_clip_as_reference_carries_its_duration_token(rivya: Rivya, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    render(clip, "a reference", width=160, height=90, seconds=2, fps=10)
    file = rivya.upload(clip.read_bytes(), kind="video").json()
    assert file["duration_seconds"] == pytest.approx(2, abs=0.1)
    item = {
        "url": file["url"],
        "kind": "video",
        "mimeType": "video/mp4",
        "durationSeconds": file["duration_seconds"],
        "durationToken": file["duration_token"],
    }
    body: dict[str, Any] = {"model": "ridge-motion-1", "prompt": "x"}
    good = rivya.create(body | {"params": {"duration": 3, "referenceMediaItems": [item]}})
    assert good.is_success, good.text
    wrong = item | {"durationToken": "dur_of_another"}
    refused(rivya.create(body | {"params": {"duration": 3, "referenceMediaItems": [wrong]}}), 400, "validation_failed")


@pytest.mark.parametrize("form", ["plain", "labelled", "odd"])
def test_the_model_list_needs_no_key(simulator: SimulatorProcess, http: httpx.Client, form: str) -> None:
    simulator.control("POST", "/manners", {"models": form})
    listed = http.get(f"{simulator.rivya}/api/v1/models").json()
    assert listed["object"] == "list"
    models = {model["id"]: model for model in listed["data"] if isinstance(model, dict) and "id" in model}
    assert {"sora-2", "sora-2-pro", "z-image"} <= set(models)
    assert (models["sora-2"]["base_credits"], models["sora-2-pro"]["base_credits"]) == (6, 75)
    assert models["z-image"] == {
        "id": "z-image",
        "display_name": "Z-Image",
        "category": "image",
        "runtime": "async_task",
        "base_credits": 1,
        "billing_type": "FIXED",
        "supported_modes": ["text-to-image"],
        "max_prompt_length": 1000,
        "reference_media": None,
        "params": [None, {"key": "mystery", "type": "colour_wheel", "default": "#ff0000"}, {"type": "select"}, 7]
        if form == "odd"
        else [],
        "api_status": "available",
        "api_input_status": "available_text",
        "supported_api_inputs": ["text"],
        "requires_files_api": False,
        "requires_upload_for_modes": [],
        "url_input_supported": False,
        "file_kinds": [],
        "chat_capabilities": None,
        "notices": [],
    }


def test_the_published_contract_needs_no_key(simulator: SimulatorProcess, http: httpx.Client) -> None:
    described = http.get(f"{simulator.rivya}/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert "/api/v1/generations/{taskId}" in described["paths"]
