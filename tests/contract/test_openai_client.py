"""The official `openai` client finds in the simulator what it expects: proof that this `/v1/videos` is the real one."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from PIL import Image

from sora_desktop.media.probe import check
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.simulator.openai_manners import PRESETS
from support.simulator import SimulatorProcess

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(simulator: SimulatorProcess) -> Iterator[openai.OpenAI]:
    with client_of(simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY) as made:
        yield made


def client_of(base: str, key: str) -> openai.OpenAI:
    """The client as its users have it, but for retries and the proxies of this machine."""
    http = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(api_key=key, base_url=f"{base}/v1", max_retries=0, http_client=http)


@pytest.mark.parametrize(("headers", "form"), [(None, "multipart"), (JSON, "json")])
def test_from_the_order_to_the_file(
    simulator: SimulatorProcess,
    client: openai.OpenAI,
    tmp_path: Path,
    headers: dict[str, str] | None,
    form: str,
) -> None:
    prompt = secrets.token_hex(8)
    created = client.videos.create(model="sora-2", prompt=prompt, seconds="4", size="1280x720", extra_headers=headers)
    assert (created.object, created.status, created.progress) == ("video", "queued", 0)
    assert (created.seconds, created.size, created.model) == ("4", "1280x720", "sora-2")
    assert simulator.task(created.id)["params"]["form"] == form
    simulator.advance(26)
    assert client.videos.retrieve(created.id).status == "in_progress"
    simulator.end(created.id)
    done = client.videos.retrieve(created.id)
    assert (done.status, done.progress, done.error) == ("completed", 100, None)
    assert done.completed_at is not None
    assert done.expires_at is not None
    assert done.expires_at > done.completed_at >= created.created_at
    file = tmp_path / "clip.mp4"
    client.videos.download_content(created.id).write_to_file(file)
    assert check(file, 4).seconds == pytest.approx(4, abs=0.2)
    assert simulator.billed(prompt) == 1
    # The file came from another origin, and the key did not go there.
    assert [row["call"] for row in simulator.requests(port=simulator.media.rpartition(":")[2])] == ["download"]
    assert not simulator.requests(leak="1")


def test_with_a_picture(simulator: SimulatorProcess, client: openai.OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "first.png"
    Image.new("RGB", (1280, 720), (40, 90, 120)).save(path)
    created = client.videos.create(model="sora-2-pro", prompt="A boat", size="1280x720", input_reference=path)
    kept = simulator.task(created.id)["params"]["input_reference"]
    assert (kept["name"], kept["mime"], kept["width"], kept["height"]) == ("first.png", "image/png", 1280, 720)


def test_the_fields_of_a_diffusion_server(simulator: SimulatorProcess, client: openai.OpenAI) -> None:
    simulator.be("vllm-omni")
    (model,) = client.models.list().data
    assert model.id == PRESETS["vllm-omni"].models[0]
    extra = {"num_frames": 33, "fps": 16, "guidance_scale": 4.5, "seed": 7, "negative_prompt": "rain"}
    created = client.videos.create(model=model.id, prompt="A boat", size="832x480", extra_body=extra)
    assert simulator.task(created.id)["params"] == extra | {"size": "832x480", "form": "multipart"}
    assert client.videos.delete(created.id).deleted
    assert simulator.task(created.id)["status"] == "failed"
    with pytest.raises(openai.NotFoundError):
        client.videos.remix(created.id, prompt="Another")


def test_the_list_goes_on_by_itself(simulator: SimulatorProcess) -> None:
    key = f"sk-openai-test-{secrets.token_hex(4)}"
    simulator.add_key(key, "openai_videos")
    with client_of(simulator.openai_videos, key) as client:
        made = [client.videos.create(model="sora-2", prompt=f"Boat {number}").id for number in range(5)]
        page = client.videos.list(limit=2, order="asc")
        assert ([video.id for video in page.data], page.has_next_page()) == (made[:2], True)
        assert [video.id for video in client.videos.list(limit=2, order="asc")] == made


def test_delete_remix_and_pictures(simulator: SimulatorProcess, client: openai.OpenAI) -> None:
    source = client.videos.create(model="sora-2", prompt="A boat").id
    simulator.end(source)
    prompt = secrets.token_hex(8)
    made = client.videos.remix(source, prompt=prompt)
    assert (made.remixed_from_video_id, made.status) == (source, "queued")
    assert simulator.billed(prompt) == 1
    for variant, kind in (("thumbnail", "WEBP"), ("spritesheet", "JPEG")):
        with Image.open(io.BytesIO(client.videos.download_content(source, variant=variant).content)) as picture:
            assert picture.format == kind
    gone = client.videos.delete(source)
    assert (gone.id, gone.deleted, gone.object) == (source, True, "video.deleted")
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(source)


def test_refusals_are_the_clients_own_errors(simulator: SimulatorProcess, client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as wrong:
        client.videos.create(model="sora-3", prompt="A boat")
    assert (wrong.value.param, wrong.value.code, wrong.value.type) == (
        "model",
        "model_not_found",
        "invalid_request_error",
    )
    simulator.fault("rate_limited", "create", "openai_videos", args={"retry_after": 7})
    with pytest.raises(openai.RateLimitError) as slow:
        client.videos.create(model="sora-2", prompt="A boat")
    assert slow.value.response.headers["retry-after"] == "7"
    simulator.fault("http_500", "poll", "openai_videos")
    with pytest.raises(openai.InternalServerError):
        client.videos.retrieve("video_x")
    with client_of(simulator.openai_videos, "sk-wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.videos.list()
    task = client.videos.create(model="sora-2", prompt="A boat").id
    simulator.end(task, "fail", code="moderation_blocked", message="No.")
    failed = client.videos.retrieve(task)
    assert failed.error is not None
    assert (failed.status, failed.error.code, failed.error.message) == ("failed", "moderation_blocked", "No.")
