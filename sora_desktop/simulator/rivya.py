"""Rivya Public API v1, as strict as its contract."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.simulator import files, media_links
from sora_desktop.simulator.calls import Call, Handler, bounded_body, route
from sora_desktop.simulator.clock import iso
from sora_desktop.simulator.errors import Refusal, invalid, not_found
from sora_desktop.simulator.files import StoredFile
from sora_desktop.simulator.ledger import Key, body_hash
from sora_desktop.simulator.rivya_checks import MOST_ID, check_mime, json_object, order_of
from sora_desktop.simulator.rivya_models import MIME_TYPES, MOST_MEGABYTES
from sora_desktop.simulator.tasks import Status, Task
from sora_desktop.simulator.world import World

BASE = "/rivya/api/v1"
MOST_INTENT = 255
FORM_FIELDS = {"file", "kind", "model", "client_request_id"}


def routes(world: World) -> list[Route]:
    table: list[tuple[str, str, str, Handler]] = [
        ("GET", "/models", "models", _models),
        ("POST", "/files", "upload", _upload),
        ("GET", "/files/{file_id}", "file", _file),
        ("POST", "/generations", "create", _create),
        ("GET", "/generations/{task_id}", "poll", _poll),
        ("GET", "/credits", "credits", _credits),
        ("GET", "/openapi.json", "openapi", _openapi),
    ]
    return [route(world, "rivya", BASE + path, method, name, handler, refused) for method, path, name, handler in table]


def refused(call: Call, refusal: Refusal) -> Response:
    """An error in Rivya's form."""
    request_id = _request_id(call.request)
    error = {"code": refusal.code, "message": refusal.message, "requestId": request_id}
    return JSONResponse({"error": error}, refusal.status, {"x-request-id": request_id, **refusal.headers})


def _request_id(request: Request) -> str:
    return request.scope["state"].setdefault("request_id", f"req_{secrets.token_hex(10)}")


def _answer(call: Call, body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, {"x-request-id": _request_id(call.request)})


def _authorize(call: Call, scope: str) -> Key:
    """The key of a call. Raises Refusal with the contract's code."""
    header = call.request.headers.get("authorization", "")
    if not header:
        raise Refusal(401, "api_key_missing", "Send the API key in the Authorization header.")
    kind, _, text = header.partition(" ")
    key = call.world.ledger.key("rivya", text) if kind.lower() == "bearer" else None
    if key is None:
        raise Refusal(401, "api_key_invalid", "This API key is not valid.")
    if key.state in {"revoked", "expired"}:
        raise Refusal(401, f"api_key_{key.state}", f"This API key is {key.state}.")
    if scope not in key.scopes:
        raise Refusal(403, "api_scope_denied", f"This API key lacks the scope {scope}.")
    return key


async def _models(call: Call) -> Response:
    headers = {"x-request-id": _request_id(call.request)}
    return call.world.shelf.listing(call.request, call.world.manners.models, headers)


async def _openapi(call: Call) -> Response:
    return _answer(call, call.world.shelf.openapi())


async def _credits(call: Call) -> Response:
    balance = call.world.ledger.balance(_authorize(call, "credits:read"))
    return _answer(call, {"current_credits": 1_000_000_000 if balance is None else _number(balance)})


async def _create(call: Call) -> Response:
    key = _authorize(call, "generations:create")
    body = await bounded_body(call.request)
    intent = call.request.headers.get("idempotency-key")
    if intent is not None and not 0 < len(intent) <= MOST_INTENT:
        raise invalid(f"Idempotency-Key: at most {MOST_INTENT} characters.")
    ledger = call.world.ledger
    # No await from here on: two calls at once with one Idempotency-Key make one task.
    known = ledger.task_of_intent(key, intent) if intent is not None else None
    if known is not None:
        if known.body_hash != body_hash(body):
            raise Refusal(409, "idempotency_conflict", "This Idempotency-Key was used with another body.")
        return _answer(call, _task(call.world, known))
    sent = json_object(body, call.request.headers.get("content-type", ""))
    order = order_of(sent, body, intent, lambda url: files.by_url(call.world, url), call.world.rivya_model)
    task = ledger.accept(key, order, call.outcome)
    call.world.rendering.submit(task)
    return _answer(call, _task(call.world, task), 202)


async def _poll(call: Call) -> Response:
    key = _authorize(call, "generations:read")
    task_id = call.request.path_params["task_id"]
    task = call.world.ledger.own_task(key, task_id)
    if task is None:
        raise not_found()
    call.world.polled[task_id] = call.world.clock.now()
    return _answer(call, _task(call.world, task))


def _task(world: World, task: Task) -> dict[str, Any]:
    now = world.clock.now()
    status = task.status(now)
    result, error = None, None
    if status is Status.SUCCEEDED:
        url = media_links.fresh(world, task)
        result = {"primary_url": url, "urls": [url]}
    if status is Status.FAILED:
        error = {"code": task.code, "message": task.message}
    return {
        "id": task.id,
        "status": str(status),
        "model": task.model,
        "reserved_credits": _number(task.reserved),
        "final_credits": _number(task.reserved if status is Status.SUCCEEDED else 0),
        "created_at": iso(task.accepted_at),
        "updated_at": iso(task.updated_at(now)),
        "result": result,
        "error": error,
    }


async def _upload(call: Call) -> Response:
    key = _authorize(call, "files:create")
    request = call.request
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise invalid("The Content-Type must be multipart/form-data.")
    await bounded_body(request)
    try:
        async with request.form() as form:
            unknown = sorted(set(form) - FORM_FIELDS)
            if unknown or len(form.multi_items()) != len(set(form)):
                raise invalid(f"Unknown or repeated field: {', '.join(unknown) or 'see the form'}.")
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise invalid("file: is required.")
            words = {name: value for name, value in form.items() if isinstance(value, str)}
            stored = _keep(call, key, words, file.filename or "", await file.read())
    except (MultiPartException, HTTPException):
        raise invalid("The form cannot be read.") from None
    return _answer(call, _described(call.world, stored), 201)


def _keep(call: Call, key: Key, words: dict[str, str], name: str, data: bytes) -> StoredFile:
    kind, client_id = words.get("kind", ""), words.get("client_request_id")
    if kind not in MIME_TYPES:
        raise invalid("kind: image, video or audio.")
    if client_id is not None and not 0 < len(client_id) <= MOST_ID:
        raise invalid(f"client_request_id: a text of at most {MOST_ID} characters.")
    model = call.world.rivya_model(words["model"]) if "model" in words else None
    if "model" in words and model is None:
        raise invalid(f"model: there is no model {words['model']}.")
    if not data:
        raise invalid("file: is empty.")
    if len(data) > MOST_MEGABYTES[kind] * 1_000_000:
        raise invalid(f"file: at most {MOST_MEGABYTES[kind]} MB.")
    mime = files.signature(data[:16])
    check_mime(model, kind, mime, "file")
    return files.keep(call.world, key, kind, name, mime, data, client_id)


async def _file(call: Call) -> Response:
    key = _authorize(call, "files:read")
    file = files.by_id(call.world, call.request.path_params["file_id"])
    if file is None or file.key != key.id:
        raise not_found("There is no such file.")
    return _answer(call, _described(call.world, file))


def _described(world: World, file: StoredFile) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": file.id,
        "object": "file",
        "url": files.address(world, file),
        "kind": file.kind,
        "name": file.name,
        "mime_type": file.mime,
        "size": file.size,
        "client_request_id": file.client_request_id,
        "created_at": iso(file.created_at),
    }
    if file.kind != "image":
        described |= {"duration_seconds": file.seconds, "duration_token": file.token}
    return described


def _number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
