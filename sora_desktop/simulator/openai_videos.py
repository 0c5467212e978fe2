"""`/v1/videos` as OpenAI, the servers of GPU clusters and the gateways speak it. Source: contract, openai_videos.

There is no idempotency key: each create call and each remix that is taken is a task, and a bill, of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.simulator import openai_answers, openai_checks
from sora_desktop.simulator.calls import Call, Handler, bounded_body, route
from sora_desktop.simulator.errors import Refusal
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.simulator.ledger import Key
from sora_desktop.simulator.openai_manners import OpenAIManners
from sora_desktop.simulator.openai_openapi import document
from sora_desktop.simulator.rivya_checks import json_object
from sora_desktop.simulator.tasks import Outcome, Status, Task
from sora_desktop.simulator.world import World

DIALECT = openai_checks.DIALECT
BASE = "/openai"
PAGE = 20
MOST_ON_PAGE = 100
CODES = {
    "api_key_invalid": "invalid_api_key",
    "rate_limited": "rate_limit_exceeded",
    "insufficient_credits": "insufficient_quota",
    "validation_failed": "invalid_request",
    "public_api_disabled": "service_unavailable",
}
"""What OpenAI calls what the simulator's other parts refuse."""
TYPES = {
    402: "insufficient_quota",
    403: "permission_error",
    429: "rate_limit_error",
}


def routes(world: World) -> list[Route]:
    table: list[tuple[str, str, str, Handler]] = [
        ("GET", "/models", "models", _models),
        ("POST", "/videos", "create", _create),
        ("GET", "/videos", "list", _list),
        ("GET", "/videos/{task_id}", "poll", _poll),
        ("DELETE", "/videos/{task_id}", "delete", _delete),
        ("GET", "/videos/{task_id}/content", "content", _content),
        ("POST", "/videos/{task_id}/remix", "remix", _remix),
    ]
    calls = [
        route(world, DIALECT, f"{BASE}/v1{path}", method, name, handler, refused)
        for method, path, name, handler in table
    ]
    return [*calls, route(world, DIALECT, f"{BASE}/openapi.json", "GET", "openapi", _openapi, refused)]


def refused(call: Call, refusal: Refusal) -> Response:
    """An error in OpenAI's form, but for what a framework refuses before its server sees the call."""
    errors = call.world.manners.openai_videos.errors
    if errors == "fastapi" and refusal.code == "unsupported_content_type":
        detail = [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required", "input": None}]
        return JSONResponse({"detail": detail}, 422, refusal.headers)
    if refusal.code == "no_such_call":
        return no_such_call(call.request, call.world.manners.openai_videos, call.name)
    if errors == "litellm" and refusal.code == "invalid_api_key":
        # Without a database it cannot look for the key, and says no more.
        error = {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}
        return JSONResponse({"error": error}, 400)
    status = refusal.status
    error = {
        "message": refusal.message,
        "type": TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        "param": refusal.param,
        # LiteLLM puts the status where others have a word.
        "code": str(status) if errors == "litellm" else CODES.get(refusal.code, refusal.code),
    }
    return JSONResponse({"error": error}, 429 if status == 402 else status, refusal.headers)


def no_such_call(request: Request, manners: OpenAIManners | None = None, name: str = "") -> Response:
    """What is said of a call that the server does not have: whether its address has others depends on the server."""
    errors = manners.errors if manners else "openai"
    if errors == "litellm" and name == "list":
        # It has the call, but cannot say for which of its servers.
        error = {"message": "LLM Provider NOT provided.", "type": "invalid_request_error", "param": None, "code": "400"}
        return JSONResponse({"error": error}, 400)
    if errors != "openai":
        found = name in {"list", "delete"}
        return JSONResponse({"detail": "Method Not Allowed" if found else "Not Found"}, 405 if found else 404)
    path = request.url.path.removeprefix(BASE)
    message = f"Invalid URL ({request.method} {path})"
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JSONResponse({"error": error}, 404)


def _authorize(call: Call, has: Callable[[OpenAIManners], bool] = lambda _manners: True) -> Key:
    """The key of a call. Raises Refusal where it does not open, or where this server does not have the call."""
    manners, headers = call.world.manners.openai_videos, call.request.headers
    if not has(manners):
        raise Refusal(404, "no_such_call", "There is no such call.")
    for name, value in manners.headers.items():
        if headers.get(name) != value:
            raise Refusal(401, "invalid_header", f"The header {name} is missing or wrong.")
    text = SIMULATOR_OPENAI_VIDEOS_KEY
    if manners.needs_key:
        kind, _, text = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not text:
            raise Refusal(401, "missing_api_key", "You didn't provide an API key.")
    key = call.world.ledger.key(DIALECT, text)
    if key is None or key.state != "active":
        raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
    if "generations:create" not in key.scopes:
        raise Refusal(403, "insufficient_permissions", "This key may not use the video models.")
    return key


async def _models(call: Call) -> Response:
    _authorize(call)
    manners = call.world.manners.openai_videos
    data = [
        {"id": model, "object": "model", "created": 1_759_708_800, "owned_by": "simulator"}
        for model in (*manners.models, *manners.chat_models)
    ]
    return JSONResponse({"object": "list", "data": data})


async def _openapi(call: Call) -> Response:
    """Public, as FastAPI serves it."""
    manners = call.world.manners.openai_videos
    if manners.errors != "fastapi":
        raise Refusal(404, "no_such_call", "There is no such call.")
    return JSONResponse(document(manners))


async def _create(call: Call) -> Response:
    key = _authorize(call)
    manners = call.world.manners.openai_videos
    sent = await openai_checks.read(call.request, manners)
    task = call.world.ledger.accept(key, openai_checks.order_of(sent, manners), call.outcome)
    return _accepted(call.world, task)


async def _remix(call: Call) -> Response:
    """A new task after one that is finished, with another prompt."""
    key = _authorize(call, lambda manners: manners.remixes)
    source = _own(call, key)
    if source.status(call.world.clock.now()) is not Status.SUCCEEDED:
        raise Refusal(400, "video_not_ready", "Only a completed video can be remixed.")
    body = await bounded_body(call.request)
    values = json_object(body, call.request.headers.get("content-type", ""))
    for name in values:
        if name != "prompt":
            raise openai_checks.unknown(name)
    prompt = openai_checks.checked_prompt(values)
    params = {"remixed_from": source.id, "form": "json"}
    size = source.width, source.height
    order = openai_checks.order(source.model, prompt, params, size, source.seconds, body)
    return _accepted(call.world, call.world.ledger.accept(key, order, call.outcome))


def _accepted(world: World, task: Task) -> Response:
    world.rendering.submit(task)
    body = openai_answers.video(world, task)
    if world.manners.openai_videos.answer == "short":
        body = {name: body[name] for name in ("id", "status", "created_at")}
    return JSONResponse(body)


async def _poll(call: Call) -> Response:
    task = _own(call, _authorize(call))
    call.world.polled[task.id] = call.world.clock.now()
    return JSONResponse(openai_answers.video(call.world, task))


async def _list(call: Call) -> Response:
    key = _authorize(call, lambda manners: manners.lists)
    query = call.request.query_params
    tasks = call.world.ledger.own_tasks(key)
    match query.get("order", "desc"):
        case "desc":
            tasks.reverse()
        case "asc":
            pass
        case _:
            raise openai_checks.wrong("order", "must be asc or desc.")
    limit = query.get("limit", str(PAGE))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:6]) <= MOST_ON_PAGE:
        raise openai_checks.wrong("limit", f"must be from 1 to {MOST_ON_PAGE}.")
    if "after" in query:
        place = next((place for place, task in enumerate(tasks) if task.id == query["after"]), None)
        if place is None:
            raise openai_checks.wrong("after", "is no video of yours.")
        tasks = tasks[place + 1 :]
    data = [openai_answers.video(call.world, task) for task in tasks[: int(limit)]]
    ids = [item["id"] for item in data]
    ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return JSONResponse({"object": "list", "data": data, **ends, "has_more": len(tasks) > len(data)})


async def _delete(call: Call) -> Response:
    """Hides a task and removes its clip. What was paid stays paid."""
    world = call.world
    task = _own(call, _authorize(call, lambda manners: manners.deletes))
    if task.status(world.clock.now()) not in {Status.SUCCEEDED, Status.FAILED}:
        if not world.manners.openai_videos.delete_aborts:
            raise Refusal(400, "video_not_ready", "Only a video that is completed or failed can be deleted.")
        world.ledger.direct(task.id, Outcome("fail", "cancelled", "The video was deleted.", refund=False))
    world.ledger.delete(task.id)
    (world.media_folder / f"{task.media}.mp4").unlink(missing_ok=True)
    return JSONResponse({"id": task.id, "object": "video.deleted", "deleted": True})


async def _content(call: Call) -> Response:
    key = _authorize(call, lambda manners: manners.content != "missing")
    task = _own(call, key)
    if task.status(call.world.clock.now()) is not Status.SUCCEEDED:
        raise Refusal(404, "video_not_ready", "The video is not ready. Ask for its status.")
    return await openai_answers.content(call.world, call.request, task)


def _own(call: Call, key: Key) -> Task:
    task_id = call.request.path_params["task_id"]
    task = call.world.ledger.own_task(key, task_id)
    if task is None:
        raise Refusal(404, "video_not_found", f"Video with id '{task_id}' not found.", param="video_id")
    return task
