"""References in tests: pictures as phones make them, their way through the engine, and what arrived of them."""

from __future__ import annotations

import io
import json
from typing import Any

from PIL import Image

from sora_desktop.core import fixes
from sora_desktop.core.catalog import Model
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from support.bench import FIRST_MODELS, Bench
from support.simulator import SimulatorProcess, loopback_client

PACE = 0.01
KEYS = {"rivya": "rvya_sk_test_references", "globalaiopc": "sk-references"}
MAKER = b"A Camera Maker of Note"


async def account_of(bench: Bench, simulator: SimulatorProcess, provider: str) -> str:
    return await bench.account(provider, getattr(simulator, provider), KEYS[provider])


def photo(size: tuple[int, int] = (800, 600), orientation: int = 1, seed: str = "red") -> bytes:
    """A phone's picture: turned by EXIF, with a maker and a place in it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = MAKER.decode(), orientation
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", size, seed).save(out, "JPEG", quality=90, exif=exif.tobytes())
    return out.getvalue()


def uploads(simulator: SimulatorProcess) -> list[Any]:
    return simulator.requests(dialect="rivya", call="upload")


def arrived(job: Job) -> bytes:
    """The picture at the address that the service was given."""
    sent = json.loads(job.body)
    url = sent["params"]["referenceMediaItems"][0]["url"] if "params" in sent else sent["input_reference"][0]
    with loopback_client() as service:
        answer = service.get(url)
    assert answer.status_code == 200
    return answer.content


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def model_of(bench: Bench, provider: str) -> Model:
    model = bench.catalog.model(provider, FIRST_MODELS[provider])
    assert model is not None
    return model


def mended(bench: Bench, provider: str, reference: Reference, values: dict[str, Scalar]) -> Reference:
    """As "Fix all" makes it."""
    model = model_of(bench, provider)
    assert model.references is not None and reference.picture is not None
    aspect = fixes.chosen_aspect(model.params, values)
    plan = fixes.mended(model.references, reference.picture, reference.plan, aspect)
    return reference.model_copy(update={"plan": plan})


async def done(bench: Bench, jobs: list[Job]) -> list[Job]:
    await bench.until_quiet()
    found = [bench.job(job) for job in jobs]
    assert [job.state for job in found] == [State.DONE] * len(jobs), [job.failure for job in found]
    return found


async def send(
    bench: Bench, account: str, provider: str, reference: Reference, values: dict[str, Scalar] | None = None
) -> list[Job]:
    request = GenerationRequest(
        provider=provider,
        model=FIRST_MODELS[provider],
        prompt="a boat",
        values=values or {},
        references=(reference,),
    )
    return await bench.engine.submit(account, request)
