"""A real LiteLLM proxy in front of the simulator: what a studio's gateway passes on, and what it makes of it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from sora_desktop.core.errors import Billed, ProviderError, Sent
from sora_desktop.core.jobs import REMOTE, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.servers import Server
from sora_desktop.media.probe import check
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from sora_desktop.providers.openai_videos import OpenAIVideos
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from support.bench import Bench
from support.gateway import GATEWAY_HEADERS, GATEWAY_KEY, GATEWAY_MODEL, Gateway
from support.simulator import SimulatorProcess


@pytest.fixture(scope="session")
def running_gateway(running_simulator: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with Gateway(folder, running_simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY, "sora-2") as gateway:
        yield gateway


@pytest.fixture
def gateway(simulator: SimulatorProcess, running_gateway: Gateway) -> Gateway:
    """With a simulator that has no faults."""
    return running_gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    http = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(api_key=GATEWAY_KEY, base_url=f"{gateway.base}/v1", max_retries=0, http_client=http) as made:
        yield made


def create(gateway: Gateway, http: httpx.Client, **fields: Any) -> httpx.Response:
    body = {"model": GATEWAY_MODEL, "prompt": "A boat"} | fields
    return http.post(f"{gateway.base}/v1/videos", json=body, headers=GATEWAY_HEADERS)


def behind(remote_id: str) -> str:
    """The simulator's own id in an id of the gateway's."""
    text = remote_id.removeprefix("video_")
    return base64.b64decode(text + "=" * (-len(text) % 4)).decode().rpartition("video_id:")[2]


def test_from_the_order_to_the_file(
    simulator: SimulatorProcess, gateway: Gateway, http: httpx.Client, tmp_path: Path
) -> None:
    prompt = secrets.token_hex(8)
    answer = create(gateway, http, prompt=prompt, seconds="4", size="1280x720")
    assert answer.status_code == 200, answer.text
    created = answer.json()
    assert (created["object"], created["status"]) == ("video", "queued")
    task = behind(created["id"])
    assert simulator.task(task)["prompt"] == prompt
    assert simulator.billed(prompt) == 1
    place = f"{gateway.base}/v1/videos/{created['id']}"
    simulator.end(task)
    done = http.get(place, headers=GATEWAY_HEADERS).json()
    assert (done["status"], done["progress"], done["size"]) == ("completed", 100, "1280x720")
    content = http.get(f"{place}/content", headers=GATEWAY_HEADERS)
    assert (content.status_code, content.headers["content-type"]) == (200, "video/mp4")
    file = tmp_path / "clip.mp4"
    file.write_bytes(content.content)
    check(file, 4)
    assert not simulator.requests(leak="1")
    assert GATEWAY_KEY not in str(simulator.requests())


def test_the_official_client_through_it(simulator: SimulatorProcess, client: openai.OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "first.png"
    Image.new("RGB", (720, 1280), (40, 90, 120)).save(path)
    assert [model.id for model in client.models.list()] == [GATEWAY_MODEL]
    created = client.videos.create(model=GATEWAY_MODEL, prompt="A boat", seconds="4", input_reference=path)
    task = behind(created.id)
    kept = simulator.task(task)["params"]
    assert (kept["form"], kept["input_reference"]["width"]) == ("multipart", 720)
    simulator.end(task)
    assert client.videos.retrieve(created.id).status == "completed"
    assert client.videos.download_content(created.id).content[4:8] == b"ftyp"
    prompt = secrets.token_hex(8)
    assert behind(client.videos.remix(created.id, prompt=prompt).id) != task
    assert simulator.billed(prompt) == 1


def test_what_a_gateway_lacks(simulator: SimulatorProcess, gateway: Gateway, http: httpx.Client) -> None:
    """As the preset "litellm" of the simulator says."""
    created = create(gateway, http).json()["id"]
    for real in (True, False):
        base = gateway.base if real else simulator.openai_videos
        headers = GATEWAY_HEADERS if real else {"Authorization": f"Bearer {SIMULATOR_OPENAI_VIDEOS_KEY}"}
        if not real:
            simulator.be("litellm")
        listed = http.get(f"{base}/v1/videos", headers=headers)
        assert (listed.status_code, listed.json()["error"]["type"]) == (400, "invalid_request_error")
        deleted = http.delete(f"{base}/v1/videos/{created}", headers=headers)
        assert (deleted.status_code, deleted.json()) == (405, {"detail": "Method Not Allowed"})
        wrong = http.post(f"{base}/v1/videos", json={"model": "no-such", "prompt": "x"}, headers=headers)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "400")
        stranger = http.get(f"{base}/v1/models", headers={"Authorization": "Bearer sk-wrong"})
        assert (stranger.status_code, stranger.json()["error"]["type"]) == (400, "no_db_connection")


def test_a_refusal_passes_through(simulator: SimulatorProcess, gateway: Gateway, http: httpx.Client) -> None:
    prompt = secrets.token_hex(8)
    answer = create(gateway, http, prompt=prompt, seconds="5")
    assert answer.status_code == 400
    assert "seconds" in answer.json()["error"]["message"]
    assert simulator.billed(prompt) == 0
    failed = create(gateway, http)
    simulator.end(behind(failed.json()["id"]), "fail", message="Real people are not allowed.")
    told = http.get(f"{gateway.base}/v1/videos/{failed.json()['id']}", headers=GATEWAY_HEADERS).json()
    assert (told["status"], told["error"]["message"]) == ("failed", "Real people are not allowed.")


@pytest.mark.parametrize("fault", ["reset_after", "http_500_after", "rate_limited_after", "bad_gateway_html_after"])
def test_an_answer_lost_behind_it_is_not_bought_twice(
    simulator: SimulatorProcess, gateway: Gateway, http: httpx.Client, fault: str
) -> None:
    """LiteLLM sends a create again after a reset, whatever its number of retries, but then without its body: the
    server refuses that, and the gateway passes on the refusal (415) of a task that was taken and billed."""
    prompt = secrets.token_hex(8)
    simulator.fault(fault, "create", "openai_videos", times=None)
    assert create(gateway, http, prompt=prompt).status_code >= 400
    assert simulator.billed(prompt) == 1


@pytest.mark.parametrize("fault", ["reset_after", "http_500_after", "bad_gateway_html_after"])
async def test_the_program_never_takes_its_word_that_nothing_was_bought(
    simulator: SimulatorProcess, gateway: Gateway, fault: str
) -> None:
    prompt = secrets.token_hex(8)
    simulator.fault(fault, "create", "openai_videos", times=None)
    body = json.dumps({"model": GATEWAY_MODEL, "prompt": prompt, "seconds": "4", "size": "1280x720"}).encode()
    door = Http(connect=5.0, read=30.0)
    try:
        with pytest.raises(ProviderError) as lost:
            await OpenAIVideos(door, Server()).create(Connection(gateway.base, GATEWAY_KEY), body, "i")
    finally:
        await door.aclose()
    assert (lost.value.sent, lost.value.failure.billed) == (Sent.AMBIGUOUS, Billed.MAYBE)
    assert simulator.billed(prompt) == 1


async def test_the_program_through_it_from_the_check_to_the_clip(
    simulator: SimulatorProcess, gateway: Gateway, tmp_path: Path
) -> None:
    picture = tmp_path / "first.png"
    Image.new("RGB", (1280, 720), (40, 90, 120)).save(picture)
    prompt = secrets.token_hex(8)
    async with Bench(tmp_path / "data", pace=0.01, read_timeout=30) as bench:
        account = bench.accounts.draft("openai_videos", base_url=f"{gateway.base}/v1/videos")
        await bench.accounts.add(account, GATEWAY_KEY)
        provider = await bench.servers.probe(account.id)
        assert [model.id for model in provider.models] == [GATEWAY_MODEL]
        assert provider.server is not None
        assert (provider.server.lists_tasks, provider.server.deletes) == (False, False)
        assert simulator.requests(call="create") == [], "a check must never call create"
        check_of_account = await bench.engine.test(account.id)
        assert (check_of_account.models, check_of_account.verified) == (1, True)
        reference = await bench.engine.references.add(picture)
        request = GenerationRequest(
            provider=provider.id,
            model=GATEWAY_MODEL,
            prompt=prompt,
            values={"seconds": "4", "size": "1280x720"},
            references=(reference,),
        )
        [job] = await bench.engine.submit(account.id, request, 1)
        await bench.until(lambda: bench.job(job).state in REMOTE)
        task = behind(bench.job(job).remote_id)
        assert simulator.task(task)["params"]["input_reference"]["width"] == 1280
        simulator.end(task)
        await bench.until_quiet()
        job = bench.job(job)
        assert job.state is State.DONE, job.failure
        check(Path(job.path), 4)
    assert simulator.billed(prompt) == 1
    assert not simulator.requests(leak="1")
    assert GATEWAY_KEY not in str(simulator.requests())
