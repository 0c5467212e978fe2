"""Wrong answers: what a fault's name looks like on the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import formatdate
from time import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sora_desktop.simulator.errors import Refusal
from sora_desktop.simulator.faults import Rule
from sora_desktop.simulator.wire import NoAnswer
from sora_desktop.simulator.world import World

GATEWAY_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\n<body><center><h1>{status}</h1></center>"
    "<hr><center>cloudflare</center></body></html>\n"
)
BROKEN = b'{"id": "task_5f1e", "status": "que'
HUGE_BYTES = 11_000_000
"""A JSON answer is refused above ten million bytes."""

WRONG_TYPES: dict[str, Any] = {
    "id": 5,
    "status": ["queued"],
    "model": {"id": None},
    "created": "yesterday",
    "created_at": -1,
    "reserved_credits": "many",
    "final_credits": {},
    "current_credits": "a lot",
    "result": "soon",
    "video_url": 17,
    "actualDuration": [],
    "amount": True,
    "error": 3.5,
    "url": False,
    "data": "none",
}


def refusal_of(rule: Rule) -> Refusal | None:
    """A fault that is an error in the dialect's own form, or None. `args` may give code, message and Retry-After."""
    known = {
        "rate_limited": Refusal(429, "rate_limited", "Too many requests. Slow down."),
        "too_fast": Refusal(429, "rate_limited", "This task was asked for a moment ago."),
        "http_500": Refusal(500, "internal_error", "Something broke on our side."),
        "unavailable": Refusal(503, "public_api_disabled", "The public API is switched off for now."),
        "unauthorized": Refusal(401, "api_key_invalid", "This API key is not valid."),
        "forbidden": Refusal(403, "api_scope_denied", "This API key may not do that."),
        "not_found": Refusal(404, "not_found", "There is no such thing."),
    }.get(rule.fault.removesuffix("_after"))
    if known is None:
        return None
    headers: dict[str, str] = {}
    if "retry_after" in rule.args:
        headers["retry-after"] = str(rule.args["retry_after"])
    if "retry_after_date" in rule.args:
        headers["retry-after"] = formatdate(time() + float(rule.args["retry_after_date"]), usegmt=True)
    code, message = str(rule.args.get("code", known.code)), str(rule.args.get("message", known.message))
    return Refusal(int(rule.args.get("status", known.status)), code, message, headers)


def answer_of(world: World, rule: Rule, request: Request) -> Response:
    """The answer (or silence) of a fault that is no error in the dialect's own form."""
    match rule.fault.removesuffix("_after"):
        case "reset_before" | "reset":
            return NoAnswer(request, "reset", world.stopping)
        case "timeout" | "timeout_before":
            return NoAnswer(request, "silence", world.stopping)
        case "bad_gateway_html":
            return _page("502 Bad Gateway", 502)
        case "unavailable_html":
            return _page("503 Service Unavailable", 503)
        case "broken_json":
            return Response(BROKEN, media_type="application/json")
        case "empty":
            return Response(b"", media_type="application/json")
        case "wrong_types":
            return JSONResponse(WRONG_TYPES)
        case "redirect":
            place = str(rule.args.get("to", f"{world.media_origin}/elsewhere{request.url.path}"))
            return Response(status_code=int(rule.args.get("status", 307)), headers={"location": place})
        case "huge":
            return StreamingResponse(_endless(), media_type="application/json")
        case _:
            raise AssertionError(f"no such fault here: {rule.fault}")


def _page(title: str, status: int) -> Response:
    return Response(GATEWAY_PAGE.format(status=title), status, media_type="text/html")


async def _endless() -> AsyncIterator[bytes]:
    block = b" " * 100_000
    yield b'{"id": "'
    for _ in range(HUGE_BYTES // len(block)):
        yield block
    yield b'"}'
