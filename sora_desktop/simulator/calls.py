"""The way every call of a dialect goes: written down, broken when told so, answered, errors in the dialect's form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sora_desktop.simulator import breakage
from sora_desktop.simulator.errors import Refusal
from sora_desktop.simulator.faults import CREATE_ONLY, Rule
from sora_desktop.simulator.tasks import Outcome
from sora_desktop.simulator.world import World

MOST_BYTES = 80_000_000
"""A request with more is refused."""


@dataclass(slots=True)
class Call:
    """One request on its way. `outcome` is how a task that it creates is told to end."""

    world: World
    request: Request
    name: str
    outcome: Outcome = field(default_factory=Outcome)


Handler = Callable[[Call], Awaitable[Response]]
ErrorForm = Callable[[Call, Refusal], Response]


def route(world: World, dialect: str, path: str, method: str, name: str, handler: Handler, errors: ErrorForm) -> Route:
    """A route whose handler may raise Refusal, and which faults may hit."""

    async def endpoint(request: Request) -> Response:
        call = Call(world, request, name)
        rule = await _hit(call, dialect)
        world.record.note(request.scope["state"]["row"], dialect=dialect, call=name, fault=rule.fault if rule else "")
        try:
            if rule is not None and not rule.after and rule.fault not in CREATE_ONLY:
                return await _spoilt(call, rule, errors)
            if rule is not None and rule.fault in CREATE_ONLY:
                call.outcome = outcome_of(rule)
            response = await handler(call)
        except Refusal as refusal:
            response = errors(call, refusal)
        except ClientDisconnect:
            # The caller died in the middle of its request: nothing was taken, and nobody reads an answer.
            return Response(status_code=400)
        if rule is not None and rule.after and response.status_code < 400:
            return await _spoilt(call, rule, errors)
        return response

    return Route(path, endpoint, methods=[method])


async def _hit(call: Call, dialect: str) -> Rule | None:
    world, request = call.world, call.request
    if not any(rule.left != 0 for rule in world.faults.rules):
        return None
    text = request.path_params.get("task_id", "")
    if any(rule.contains for rule in world.faults.rules):
        task = world.ledger.task(text) if text else None
        text += task.prompt if task else ""
        if call.name == "create":
            text += (await request.body()).decode("utf-8", "replace")
    if call.name == "poll" and not _too_fast(call):
        # The switch stands; it only hits who polls too fast.
        return world.faults.take((dialect,), call.name, text, passing=frozenset({"too_fast"}))
    return world.faults.take((dialect,), call.name, text)


def _too_fast(call: Call) -> bool:
    """Whether the task was asked for less than half the published 30 s (times the pace) ago."""
    last = call.world.polled.get(call.request.path_params["task_id"])
    return last is not None and call.world.clock.now() - last < 15.0 * call.world.pace


async def _spoilt(call: Call, rule: Rule, errors: ErrorForm) -> Response:
    if rule.fault not in {"reset_before", "timeout_before"}:
        # Who answers has read the question: otherwise the connection breaks before the answer is read.
        await call.request.body()
    refusal = breakage.refusal_of(rule)
    return errors(call, refusal) if refusal else breakage.answer_of(call.world, rule, call.request)


def outcome_of(rule: Rule) -> Outcome:
    """How the task of this create is to end."""
    if rule.fault == "stuck":
        return Outcome("stuck")
    return Outcome(
        "fail",
        str(rule.args.get("code", "generation_failed")),
        str(rule.args.get("message", "The content filter refused this prompt.")),
        bool(rule.args.get("refund", True)),
    )


async def bounded_body(request: Request) -> bytes:
    """The whole body. Raises Refusal when it is larger than any call may be."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise Refusal(413, "validation_failed", "The request is too large.")
    return await request.body()
