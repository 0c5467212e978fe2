"""GlobalAIOPC's newer call, `POST /v2/model-center/tasks`: the keys and the books of the older one, answers in "data".

Published are the path, the wrapping and the names of the fields; what is refused here is what their names rule out.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.simulator import media_links
from sora_desktop.simulator.calls import Call, Handler, bounded_body, route
from sora_desktop.simulator.errors import Refusal, invalid, not_found
from sora_desktop.simulator.globalaiopc import ASPECTS, LENGTHS, PRICES, USUAL_LENGTH, authorize
from sora_desktop.simulator.rivya_checks import json_object, web_address
from sora_desktop.simulator.tasks import Order, Status, Task
from sora_desktop.simulator.world import World

BASE = "/globalaiopc/v2/model-center"
PICTURES = ("first_image", "last_image")
FIELDS = {
    *("model", "prompt", "reference_images", *PICTURES),
    *("aspect_ratio", "resolution", "duration", "generate_audio", "seed"),
}
MOST_REFERENCES = 4
MARK = "v2"
"""In a task's params: it was made by this call, and only this one tells of it."""


def routes(world: World) -> list[Route]:
    table: list[tuple[str, str, str, Handler]] = [
        ("POST", "/tasks", "create", _create),
        ("GET", "/tasks/{task_id}", "poll", _poll),
    ]
    return [
        route(world, "globalaiopc", BASE + path, method, name, handler, refused)
        for method, path, name, handler in table
    ]


def refused(call: Call, refusal: Refusal) -> Response:
    body = {"code": refusal.status, "msg": refusal.message, "data": None}
    return JSONResponse(body, refusal.status, refusal.headers)


def _answer(body: dict[str, Any]) -> Response:
    return JSONResponse({"code": 200, "msg": "success", "data": body})


async def _create(call: Call) -> Response:
    key = authorize(call)
    body = await bounded_body(call.request)
    order = order_of(json_object(body, call.request.headers.get("content-type", "")), body)
    task = call.world.ledger.accept(key, order, call.outcome)
    call.world.rendering.submit(task)
    return _answer(_task(call.world, task))


async def _poll(call: Call) -> Response:
    key = authorize(call)
    task_id = call.request.path_params["task_id"]
    task = call.world.ledger.own_task(key, task_id)
    if task is None or MARK not in task.params:
        raise not_found("task not found")
    call.world.polled[task_id] = call.world.clock.now()
    return _answer(_task(call.world, task))


def order_of(sent: dict[str, Any], body: bytes) -> Order:
    """A create call that breaks no rule, as an order. Raises Refusal."""
    unknown = sorted(set(sent) - FIELDS)
    if unknown:
        raise invalid(f"unknown field: {', '.join(unknown)}")
    model, prompt = sent.get("model"), sent.get("prompt")
    if not isinstance(model, str) or model not in PRICES:
        raise invalid(f"model must be one of {', '.join(PRICES)}")
    if not isinstance(prompt, str) or not prompt.strip():
        raise invalid("prompt is required")
    _check_pictures(sent)
    aspect, seconds = sent.get("aspect_ratio", "9:16"), sent.get("duration", USUAL_LENGTH)
    if not isinstance(aspect, str) or aspect not in ASPECTS:
        raise invalid(f"aspect_ratio must be one of {', '.join(ASPECTS)}")
    if type(seconds) is not int or seconds not in LENGTHS:
        raise invalid(f"duration must be one of the integers {', '.join(map(str, LENGTHS))}")
    for name, kind in (("resolution", str), ("generate_audio", bool), ("seed", int)):
        if name in sent and (type(sent[name]) is not kind or sent[name] == ""):
            raise invalid(f"{name} must be of the type {kind.__name__}")
    width, height = ASPECTS[aspect]
    return Order(
        dialect="globalaiopc",
        model=model,
        prompt=prompt,
        params={name: value for name, value in sent.items() if name not in {"model", "prompt"}} | {MARK: True},
        width=width,
        height=height,
        seconds=seconds,
        credits=PRICES[model] * seconds,
        body=body,
    )


def _check_pictures(sent: dict[str, Any]) -> None:
    listed = sent.get("reference_images", [])
    if not isinstance(listed, list) or len(listed) > MOST_REFERENCES:
        raise invalid(f"reference_images must be a list of at most {MOST_REFERENCES} addresses")
    if "last_image" in sent and "first_image" not in sent:
        raise invalid("last_image needs first_image")
    for url in [*listed, *(sent[name] for name in PICTURES if name in sent)]:
        if not isinstance(url, str) or not web_address(url):
            raise invalid("a picture must be an http or https address")


def _task(world: World, task: Task) -> dict[str, Any]:
    status = task.status(world.clock.now())
    words = {Status.SUCCEEDED: "completed"}
    body: dict[str, Any] = {
        "id": task.id,
        "object": "video.generation",
        "created": int(task.accepted_at),
        "model": task.model,
        "status": words.get(status, str(status)),
        "error": None,
    }
    if status is Status.SUCCEEDED:
        amount = int(task.reserved) if task.reserved.is_integer() else task.reserved
        body |= {"video_url": media_links.fixed(world, task), "actualDuration": int(task.seconds), "amount": amount}
    if status is Status.FAILED:
        body["error"] = task.message
    return body
