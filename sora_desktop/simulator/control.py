"""The simulator's own calls under /_sim: faults, clock, books, requests, keys. For tests and for the curious.

Each takes and gives JSON, and refuses what it does not know, so that a mistyped test fails.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sora_desktop.simulator import files
from sora_desktop.simulator.errors import Refusal, invalid, not_found
from sora_desktop.simulator.faults import BadRule, Rule
from sora_desktop.simulator.keys import SCOPES
from sora_desktop.simulator.ledger import WELCOME
from sora_desktop.simulator.openai_manners import changed
from sora_desktop.simulator.rivya_shelf import ALTERABLE
from sora_desktop.simulator.tasks import Outcome
from sora_desktop.simulator.world import World

Answering = Callable[[World, Request], Awaitable[Any]]
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


def routes(world: World) -> list[Route]:
    table: list[tuple[str, str, Answering]] = [
        ("GET", "", _summary),
        ("GET", "/ledger", _ledger),
        ("GET", "/tasks", _tasks),
        ("GET", "/tasks/{task_id}", _task),
        ("POST", "/tasks/{task_id}", _direct),
        ("GET", "/requests", _requests),
        ("DELETE", "/requests", _forget_requests),
        ("POST", "/clock", _clock),
        ("GET", "/faults", _faults),
        ("POST", "/faults", _add_fault),
        ("DELETE", "/faults", _clear_faults),
        ("DELETE", "/faults/{rule_id:int}", _clear_faults),
        ("POST", "/keys", _add_key),
        ("POST", "/credits", _add_credits),
        ("POST", "/host", _host),
        ("POST", "/manners", _manners),
        ("POST", "/models/{model_id}", _put_model),
        ("DELETE", "/models/{model_id}", _take_model),
        ("DELETE", "/models", _reset_models),
        ("POST", "/contract", _patch_contract),
    ]
    return [Route(f"/_sim{path}", _endpoint(world, answering), methods=[method]) for method, path, answering in table]


def _endpoint(world: World, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        # No page in a browser may steer it, neither from another origin nor by a name that points here.
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        if "origin" in request.headers or host not in LOOPBACK:
            return JSONResponse({"error": "not from a browser"}, 403)
        try:
            return JSONResponse(await answering(world, request))
        except Refusal as refusal:
            return JSONResponse({"error": refusal.message}, refusal.status)
        except (BadRule, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


async def _sent(request: Request, *, needed: frozenset[str] = frozenset(), known: frozenset[str]) -> dict[str, Any]:
    value = json.loads(await request.body() or b"{}")
    if not isinstance(value, dict) or set(value) - known - needed or needed - set(value):
        raise invalid(f"an object with {', '.join(sorted(needed | known))}; needed: {', '.join(sorted(needed))}")
    return value


async def _summary(world: World, request: Request) -> Any:
    tasks = world.ledger.tasks()
    now = world.clock.now()
    return {
        "pace": world.pace,
        "now": now,
        "media": world.media_origin,
        "link_seconds": world.link_seconds,
        "tasks": len(tasks),
        "unfinished": sum(task.status(now) in {"queued", "processing"} for task in tasks),
        "requests": world.record.count(),
    }


async def _ledger(world: World, request: Request) -> Any:
    """Everything, or one dialect's: the bookings, and the sums that tests ask for."""
    dialect = request.query_params.get("dialect")
    entries = [entry for entry in world.ledger.entries() if dialect in {None, entry["dialect"]}]
    bills = [entry for entry in entries if entry["kind"] == "bill"]
    refunds = [entry for entry in entries if entry["kind"] == "refund"]
    return {
        "entries": entries,
        "billed_tasks": len(bills),
        "billed": sum(entry["credits"] for entry in bills),
        "refunded_tasks": len(refunds),
        "refunded": sum(entry["credits"] for entry in refunds),
    }


async def _tasks(world: World, request: Request) -> Any:
    dialect = request.query_params.get("dialect")
    return [world.ledger.described(task) for task in world.ledger.tasks() if dialect in {None, task.dialect}]


async def _task(world: World, request: Request) -> Any:
    task = world.ledger.task(request.path_params["task_id"])
    if task is None:
        raise not_found()
    return world.ledger.described(task)


async def _direct(world: World, request: Request) -> Any:
    """Ends a task now ("succeed", "fail"), or never ("stuck"). 409 when it has ended already."""
    known = frozenset({"code", "message", "refund"})
    sent = await _sent(request, needed=frozenset({"outcome"}), known=known)
    if sent["outcome"] not in {"succeed", "fail", "stuck"}:
        raise invalid("outcome: succeed, fail or stuck")
    task = world.ledger.task(request.path_params["task_id"])
    if task is None:
        raise not_found()
    outcome = Outcome(
        "" if sent["outcome"] == "succeed" else sent["outcome"],
        str(sent.get("code", "generation_failed" if sent["outcome"] == "fail" else "")),
        str(sent.get("message", "The service could not make it." if sent["outcome"] == "fail" else "")),
        bool(sent.get("refund", True)),
    )
    if not world.ledger.direct(task.id, outcome):
        raise Refusal(409, "ended", "the task has ended")
    directed = world.ledger.task(task.id)
    if directed is not None and directed.ready_at is None:
        world.rendering.submit(directed, first=True)
    return await _task(world, request)


async def _requests(world: World, request: Request) -> Any:
    wanted = {name: value for name, value in request.query_params.items() if name in REQUEST_COLUMNS}
    if len(wanted) != len(request.query_params):
        raise invalid(f"only {', '.join(sorted(REQUEST_COLUMNS))}")
    return world.record.all(**wanted)


REQUEST_COLUMNS = {"dialect", "call", "method", "fault", "path", "leak", "port", "status"}


async def _forget_requests(world: World, request: Request) -> Any:
    world.record.clear()
    return {}


async def _clock(world: World, request: Request) -> Any:
    sent = await _sent(request, needed=frozenset({"advance"}), known=frozenset())
    world.clock.advance(float(sent["advance"]))
    return {"now": world.clock.now()}


async def _faults(world: World, request: Request) -> Any:
    return [asdict(rule) for rule in world.faults.rules]


async def _add_fault(world: World, request: Request) -> Any:
    known = frozenset({"dialect", "call", "times", "skip", "contains", "args"})
    sent = await _sent(request, needed=frozenset({"fault"}), known=known)
    times, skip = sent.get("times", 1), sent.get("skip", 0)
    if not (times is None or (type(times) is int and times > 0)) or type(skip) is not int or skip < 0:
        raise invalid("times: a number from 1, or null for always; skip: a number from 0")
    rule: Rule = world.faults.add(**sent)
    return asdict(rule)


async def _clear_faults(world: World, request: Request) -> Any:
    world.faults.clear(request.path_params.get("rule_id"))
    return {}


async def _add_key(world: World, request: Request) -> Any:
    """Enters a key, or changes one."""
    known = frozenset({"credits", "scopes", "state"})
    sent = await _sent(request, needed=frozenset({"dialect", "key"}), known=known)
    state, credits = sent.get("state", "active"), sent.get("credits")
    scopes = tuple(sent.get("scopes", SCOPES))
    if sent["dialect"] not in WELCOME or state not in {"active", "revoked", "expired"}:
        raise invalid(f"dialect: one of {', '.join(WELCOME)}; state: active, revoked or expired")
    if set(scopes) - set(SCOPES):
        raise invalid(f"scopes: of {', '.join(SCOPES)}")
    world.ledger.put_key(sent["dialect"], sent["key"], None if credits is None else float(credits), scopes, state)
    return {}


async def _add_credits(world: World, request: Request) -> Any:
    sent = await _sent(request, needed=frozenset({"key", "add"}), known=frozenset({"dialect"}))
    balance = world.ledger.change_balance(sent.get("dialect", "rivya"), sent["key"], float(sent["add"]))
    return {"balance": balance}


async def _host(world: World, request: Request) -> Any:
    """Puts the body on the media origin, as if it were a file on the web: its address."""
    data = await request.body()
    mime = files.signature(data[:16])
    if not mime:
        raise invalid("no known file")
    name = secrets.token_urlsafe(18) + files.ENDINGS[mime]
    (world.files_folder / name).write_bytes(data)
    return {"url": f"{world.media_origin}/files/{name}", "mime": mime}


async def _put_model(world: World, request: Request) -> Any:
    """Adds a model of Rivya's, brings it back, or alters it; its entry of the list as it is in its fields."""
    sent = await _sent(request, known=frozenset(ALTERABLE))
    return asdict(world.shelf.put(request.path_params["model_id"], sent))


async def _take_model(world: World, request: Request) -> Any:
    world.shelf.take(request.path_params["model_id"])
    return {}


async def _reset_models(world: World, request: Request) -> Any:
    """The models, and the published contract, as at the start."""
    world.shelf.reset()
    return {}


async def _patch_contract(world: World, request: Request) -> Any:
    """Lays the body over the published contract, as a JSON merge patch."""
    patch = json.loads(await request.body())
    if not isinstance(patch, dict):
        raise invalid("an object")
    world.shelf.patch = patch
    return {}


async def _manners(world: World, request: Request) -> Any:
    """What the contracts leave open. Without a body: how it is now."""
    sent = await _sent(request, known=frozenset({"models", "wrap", "idempotency_seconds", "openai_videos"}))
    if sent.get("models", "plain") not in {"plain", "labelled", "odd"}:
        raise invalid("models: plain, labelled or odd")
    world.manners.models = sent.get("models", world.manners.models)
    world.manners.wrap = bool(sent.get("wrap", world.manners.wrap))
    if "openai_videos" in sent:
        world.manners.openai_videos = changed(world.manners.openai_videos, sent["openai_videos"])
    if "idempotency_seconds" in sent:
        seconds = sent["idempotency_seconds"]
        world.ledger.idempotency_seconds = None if seconds is None else float(seconds)
    return asdict(world.manners) | {"idempotency_seconds": world.ledger.idempotency_seconds}
