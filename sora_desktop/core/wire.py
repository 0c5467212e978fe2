"""A service described by a file: how it is called, and where its answers hold what. Read by `providers.described`.

Places in an answer are JSONPaths (RFC 9535: `$.data.id`, `$.output[0].url`); places in a body are keys joined by dots
(`input.prompt`, `content.0.text`). Where several paths are given, the first that finds something counts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, cast

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from sora_desktop.core.frozen import Frozen
from sora_desktop.core.reasons import Reason


def _several(value: object) -> object:
    if isinstance(value, list):  # A strict reading takes no list for a tuple.
        return tuple(cast("list[object]", value))
    return (value,) if isinstance(value, str) else value


_TEXT = {"type": "string"}
Paths = Annotated[
    tuple[str, ...],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}),
]
"""One JSONPath, or several of which the first that finds something counts."""


class Part(Frozen):
    """A section of the file. A validator of its own is built only where it is needed: ten of them cost a start 5 ms."""

    model_config = ConfigDict(defer_build=True)


class Auth(Part):
    """How the key travels: in this header and nowhere else. `{key}` stands for it."""

    header: str = "Authorization"
    template: str = "Bearer {key}"


class CreateCall(Part):
    """The paid call.

    `params` is where parameters and references go in the body, `fields` where single ones go instead; `model`,
    `prompt` and `intent` (our own id of the request) have places of their own there. An empty place leaves a field
    out. `fixed` are values that are always sent, by their place. `idempotency_header` carries the intent.
    """

    method: Literal["POST", "PUT"] = "POST"
    path: str
    params: str = ""
    fields: dict[str, str] = Field(default_factory=dict[str, str])
    fixed: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    idempotency_header: str = ""

    def place(self, key: str) -> str:
        """Where `key` goes in the body; empty for one that is left out."""
        if key in self.fields:
            return self.fields[key]
        if key in OWN_FIELDS:
            return "" if key == "intent" else key
        return f"{self.params}.{key}" if self.params else key


OWN_FIELDS = ("model", "prompt", "intent")
"""What every request has, beside the model's own parameters."""


class PollCall(Part):
    """The free call that asks for one task. `{id}` stands for its id in `path` and in the texts of `body`."""

    method: Literal["GET", "POST"] = "GET"
    path: str
    body: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])


class StatusWords(Part):
    """The service's words for the four states, in any case."""

    queued: tuple[str, ...] = ("queued", "pending", "submitted")
    processing: tuple[str, ...] = ("processing", "running", "in_progress")
    succeeded: tuple[str, ...] = ("succeeded", "completed", "success")
    failed: tuple[str, ...] = ("failed", "error", "cancelled")


class TaskForm(Part):
    """Where the answers of create and poll say what of a task. Credits in the service's unit, seconds of video, times
    in ISO 8601 or Unix seconds. Only the first three are needed."""

    id: Paths
    status: Paths
    results: Paths
    error_code: Paths = ()
    error_message: Paths = ()
    reserved: Paths = ()
    credits: Paths = ()
    seconds: Paths = ()
    created: Paths = ()
    expires: Paths = ()
    words: StatusWords = StatusWords()


class Cause(StrEnum):
    """What an error code of the service means for the user. Each says that nothing was started."""

    KEY = "key"
    CREDITS = "credits"
    REFUSED = "refused"
    RATE = "rate"
    NOT_FOUND = "not_found"
    CLOSED = "closed"


class ErrorForm(Part):
    """Where an answer that is no success says why. Without paths the usual places are looked at.

    `codes` says what the service's codes mean. An answer to a create call with one of them started nothing, whatever
    its HTTP status: list only codes of which that is sure.
    """

    code: Paths = ()
    message: Paths = ()
    codes: dict[str, Cause] = Field(default_factory=dict[str, Cause])


class BalanceCall(Part):
    """A free call that tells the credits left."""

    path: str
    value: Paths


class CheckCall(Part):
    """A free call that only a good key gets an answer to."""

    path: str


class TasksCall(Part):
    """The list of the account's newest tasks, to find one whose answer was lost. `items` finds the entries; the other
    paths begin at one of them."""

    path: str
    items: Paths
    id: Paths
    status: Paths = ()
    created: Paths = ()
    prompt: Paths = ()
    model: Paths = ()


class ResultCall(Part):
    """A call that brings the result of a task that is done, where the poll does not. `{id}` stands for the task's."""

    path: str
    results: Paths


class WireForm(Part):
    """The wire of a described service."""

    auth: Auth = Auth()
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    create: CreateCall
    poll: PollCall
    task: TaskForm
    result: ResultCall | None = None
    error: ErrorForm = ErrorForm()
    balance: BalanceCall | None = None
    check: CheckCall | None = None
    tasks: TasksCall | None = None


TWICE = "“{place}” is used twice"


class MisplacedError(ValueError):
    """Two values that claim the same place of a body, or a place that is none."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def put(body: dict[str, object], place: str, value: object) -> None:
    """Puts `value` at `place` in `body`, making what is on the way. A number in a place is an index of a list, which
    grows by one at most. Raises MisplacedError."""
    steps = place.split(".")
    at: object = body
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if not step:
            raise MisplacedError(Reason("“{place}” has an empty part", place=place))
        fresh: object = value if after is None else [] if after.isdigit() else {}
        at = _entered(at, step, fresh, place, last=after is None)


def _entered(at: object, step: str, fresh: object, place: str, *, last: bool) -> object:
    if isinstance(at, dict):
        if step in at and last:
            raise MisplacedError(Reason(TWICE, place=place))
        return at.setdefault(step, fresh)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(at, list) or not step.isdigit():
        raise MisplacedError(Reason("“{place}” leads through something that is no object", place=place))
    index, length = int(step), len(at)  # pyright: ignore[reportUnknownArgumentType]
    if index > length or (last and index < length):
        raise MisplacedError(Reason(TWICE if index < length else "“{place}” leaves a gap in a list", place=place))
    if index == length:
        at.append(fresh)  # pyright: ignore[reportUnknownMemberType]
    return at[index]  # pyright: ignore[reportUnknownVariableType]
