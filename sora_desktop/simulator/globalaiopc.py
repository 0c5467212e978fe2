"""GlobalAIOPC's Sora API, as strict as its contract: both of a pair is an error, durations are integers."""

from __future__ import annotations

import asyncio
import io
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.simulator import media_links
from sora_desktop.simulator.calls import Call, Handler, bounded_body, route
from sora_desktop.simulator.errors import Refusal, invalid, not_found
from sora_desktop.simulator.ledger import Key
from sora_desktop.simulator.rivya_checks import json_object, web_address
from sora_desktop.simulator.tasks import Order, Status, Task
from sora_desktop.simulator.world import World

BASE = "/globalaiopc/v1"
PRICES = {"openAiSora2Plus": 1.5, "openAiSora2Pro": 6.0}
"""Units of `amount` a second: none are published, the example has 12 for 8 seconds."""
SIZES = {"720x1280": (720, 1280), "1280x720": (1280, 720)}
ASPECTS = {"9:16": (720, 1280), "16:9": (1280, 720)}
LENGTHS = (4, 8, 12)
USUAL_LENGTH = 8
"""No default is published; the published example is 8 seconds long."""
PAIRS = (("size", "aspect_ratio"), ("duration", "seconds"), ("input_reference", "image_urls"))
FIELDS = {"model", "prompt", *(name for pair in PAIRS for name in pair)}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
MOST_PICTURE_BYTES = 30_000_000


def routes(world: World) -> list[Route]:
    table: list[tuple[str, str, str, Handler]] = [
        ("POST", "/sora/videos", "create", _create),
        ("GET", "/result/{task_id}", "poll", _poll),
    ]
    return [
        route(world, "globalaiopc", BASE + path, method, name, handler, refused)
        for method, path, name, handler in table
    ]


def refused(call: Call, refusal: Refusal) -> Response:
    """An error in one of the service's forms: which one depends on what went wrong."""
    match refusal.status:
        case 401 | 500:
            body: dict[str, Any] = {"error": refusal.message}
        case 403 | 404 | 429:
            body = {"message": refusal.message}
        case _:
            body = {"code": refusal.status, "msg": refusal.message}
    return JSONResponse(body, refusal.status, refusal.headers)


def _answer(call: Call, body: dict[str, Any]) -> Response:
    return JSONResponse({"code": 200, "msg": "success", "data": body} if call.world.manners.wrap else body)


def authorize(call: Call) -> Key:
    """The key of a call. Raises Refusal where it is none, or may not."""
    kind, _, text = call.request.headers.get("authorization", "").partition(" ")
    key = call.world.ledger.key("globalaiopc", text) if kind.lower() == "bearer" else None
    if key is None or key.state != "active":
        raise Refusal(401, "api_key_invalid", "Invalid API key")
    if "generations:create" not in key.scopes:
        raise Refusal(403, "api_scope_denied", "This key may not use the video models")
    return key


async def _create(call: Call) -> Response:
    key = authorize(call)
    body = await bounded_body(call.request)
    order = order_of(json_object(body, call.request.headers.get("content-type", "")), body)
    for url in _references(order.params):
        await check_picture(url, (order.width, order.height))
    task = call.world.ledger.accept(key, order, call.outcome)
    call.world.rendering.submit(task)
    return _answer(call, _task(call.world, task, new=True))


async def _poll(call: Call) -> Response:
    key = authorize(call)
    task_id = call.request.path_params["task_id"]
    task = call.world.ledger.own_task(key, task_id)
    if task is None or "v2" in task.params:  # One of the newer call's own.
        raise not_found("task not found")
    call.world.polled[task_id] = call.world.clock.now()
    return _answer(call, _task(call.world, task))


def order_of(sent: dict[str, Any], body: bytes) -> Order:
    """A create call that breaks no rule, as an order. Raises Refusal."""
    unknown = sorted(set(sent) - FIELDS)
    if unknown:
        raise invalid(f"unknown field: {', '.join(unknown)}")
    for first, second in PAIRS:
        if first in sent and second in sent:
            raise invalid(f"{first} and {second} exclude each other")
    model, prompt = sent.get("model"), sent.get("prompt")
    if not isinstance(model, str) or model not in PRICES:
        raise invalid(f"model must be one of {', '.join(PRICES)}")
    if not isinstance(prompt, str) or not prompt.strip():
        raise invalid("prompt is required")
    width, height = _one_of(sent, "aspect_ratio", ASPECTS) or _one_of(sent, "size", SIZES) or SIZES["720x1280"]
    seconds = _seconds(sent, "duration") or _seconds(sent, "seconds") or USUAL_LENGTH
    for url in _references(sent):
        if not isinstance(url, str) or not web_address(url):
            raise invalid("a reference must be an http or https address")
    return Order(
        dialect="globalaiopc",
        model=model,
        prompt=prompt,
        params={name: value for name, value in sent.items() if name not in {"model", "prompt"}},
        width=width,
        height=height,
        seconds=seconds,
        credits=PRICES[model] * seconds,
        body=body,
    )


def _one_of(sent: dict[str, Any], name: str, values: dict[str, tuple[int, int]]) -> tuple[int, int] | None:
    if name not in sent:
        return None
    value = sent[name]
    if not isinstance(value, str) or value not in values:
        raise invalid(f"{name} must be one of {', '.join(values)}")
    return values[value]


def _seconds(sent: dict[str, Any], name: str) -> int | None:
    if name not in sent:
        return None
    value = sent[name]
    if type(value) is not int or value not in LENGTHS:
        raise invalid(f"{name} must be one of the integers {', '.join(map(str, LENGTHS))}")
    return value


def _references(sent: dict[str, Any]) -> list[Any]:
    urls = sent.get("input_reference", sent.get("image_urls", []))
    if not isinstance(urls, list):
        raise invalid("references must be a list of addresses")
    if len(urls) > 1:
        raise invalid("at most one reference")
    return urls


async def check_picture(url: str, size: tuple[int, int]) -> None:
    """Measures a reference that this machine serves; one elsewhere is believed. Raises Refusal."""
    if (urlsplit(url).hostname or "").lower() not in LOOPBACK:
        return
    try:
        measured = await asyncio.to_thread(_measured, url)
    except (OSError, ValueError, Image.DecompressionBombError):
        raise invalid("the reference image cannot be fetched or is no image") from None
    if measured != size:
        found, wanted = (f"{width}x{height}" for width, height in (measured, size))
        raise invalid(f"the reference image measures {found}, not {wanted}")


def _measured(url: str) -> tuple[int, int]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=5) as answer:
        data = answer.read(MOST_PICTURE_BYTES + 1)
    if len(data) > MOST_PICTURE_BYTES:
        raise ValueError("too large")
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size


def _task(world: World, task: Task, *, new: bool = False) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": task.id,
        "object": "video.generation",
        "created": int(task.accepted_at),
        "model": task.model,
        "status": "queued",
    }
    if new:
        return body
    status = task.status(world.clock.now())
    words = {Status.SUCCEEDED: "completed"}
    body |= {"status": words.get(status, str(status)), "error": None}
    if status is Status.SUCCEEDED:
        amount = int(task.reserved) if task.reserved.is_integer() else task.reserved
        body |= {"video_url": media_links.fixed(world, task), "actualDuration": int(task.seconds), "amount": amount}
    if status is Status.FAILED:
        body["error"] = task.message
    return body
