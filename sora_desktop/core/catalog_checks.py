"""What must hold of a provider beyond the types of its fields: each fault with its place, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sora_desktop.core.accounts import LOOPBACK, clean_base_url, clean_headers
from sora_desktop.core.errors import UserError
from sora_desktop.core.params import Param, ParamType, Wire, allowed, as_text, check, coerce
from sora_desktop.core.reasons import Reason
from sora_desktop.core.sentences import SENTENCES

if TYPE_CHECKING:
    from sora_desktop.core.catalog import Model, Provider
    from sora_desktop.core.params import Scalar
    from sora_desktop.core.references import ReferenceRule

Place = tuple[str | int, ...]

DIALECTS = ("rivya", "globalaiopc", "openai_videos", "described")
"""The wires that this version speaks. `described` takes its calls from the file itself."""

KINDS = ("image", "video", "audio")
"""Kinds of references."""

MOST_FIGURE, LEAST_STEP = 1e15, 1e-6
"""The largest figure and the smallest step that a field can hold."""

RESERVED = ("prompt", "references", "model")
"""Names that a problem's field or a request has already; no parameter may be called so."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a place of a file: a path of keys and indices. A reason with gaps is a `Reason`."""

    place: Place
    reason: str


def faults(provider: Provider) -> Iterator[Fault]:
    """Every fault of `provider`, in the order of a file. The wire of a described one: `core.wire_checks`."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", provider.id):
        reason = "an id has small letters, digits, dots, dashes and underscores only, and begins with a letter or digit"
        yield Fault(("id",), reason)
    if not provider.name.strip():
        yield Fault(("name",), "give it a name")
    if provider.dialect not in DIALECTS:
        yield Fault(
            ("dialect",),
            Reason(
                "“{name}” is no dialect: write “described” (known: {known})",
                name=provider.dialect,
                known=", ".join(DIALECTS),
            ),
        )
    elif (provider.dialect == "described") != (provider.wire is not None):
        missing = provider.wire is None
        reason = "a described service needs a [wire] section" if missing else "only a “described” service has a [wire]"
        yield Fault(("dialect",) if missing else ("wire",), reason)
    yield from _address(provider)
    for index, tail in enumerate(provider.tails):
        if not tail.strip("/*"):
            yield Fault(("tails", index), "a path of a call, as in “/v1/videos”")
    yield from _numbers(provider)
    yield from _twice([model.id for model in provider.models], ("models",), "id", Reason("the model"))
    for index, model in enumerate(provider.models):
        yield from _model(model, ("models", index))


def _address(provider: Provider) -> Iterator[Fault]:
    """Empty is allowed: the user enters the address with the account."""
    if provider.site and not re.fullmatch(r"https?://\S+", provider.site):
        yield Fault(("site",), "an address of the web, with https://")
    if not provider.base_url:
        return
    try:
        clean_base_url(provider.base_url)
    except UserError as error:
        yield Fault(("base_url",), Reason(SENTENCES[error.code], **error.words))
        return
    parts = urlsplit(provider.base_url)
    if parts.scheme not in {"http", "https"}:
        yield Fault(("base_url",), "write the address with https://")
    elif parts.scheme == "http" and (parts.hostname or "") not in LOOPBACK:
        yield Fault(("base_url",), "http:// is for this machine only; write https://")
    elif parts.query or parts.fragment:
        yield Fault(("base_url",), "leave out “?” and “#” and what follows them")
    elif not set(provider.base_url).isdisjoint("{}"):
        yield Fault(("base_url",), "nothing is filled in here; leave out “{” and “}”")


def _numbers(provider: Provider) -> Iterator[Fault]:
    for key in ("at_once", "per_minute"):
        if not 1 <= getattr(provider, key) <= 1000:
            yield Fault((key,), "a number from 1 to 1000")
    if provider.result_hours is not None and provider.result_hours <= 0:
        yield Fault(("result_hours",), "more than 0 hours; leave it out where no lifetime is published")
    poll = provider.poll
    if not 0 < poll.first <= 3600:
        yield Fault(("poll", "first"), "seconds above 0, at most 3600")
    if not 0 < poll.least <= poll.most <= 3600:
        yield Fault(("poll", "least"), "least and most are seconds above 0, at most 3600, and least is not above most")


def _twice(names: Sequence[str], place: Place, key: str, what: Reason) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not name.strip():
            yield Fault((*place, index, key), Reason("give {what} a name", what=what))
        elif name in seen:
            yield Fault((*place, index, key), Reason("{what} “{name}” is there already", what=what, name=name))
        seen.add(name)


def _model(model: Model, place: Place) -> Iterator[Fault]:
    if model.prompt_limit is not None and model.prompt_limit < 1:
        yield Fault((*place, "prompt_limit"), "at least 1 character; leave it out where there is no limit")
    for key in ("credits", "credits_from"):
        if (getattr(model, key) or 0) < 0:
            yield Fault((*place, key), "at least 0; leave it out where no price is published")
    yield from _twice([param.key for param in model.params], (*place, "params"), "key", Reason("the parameter"))
    for index, param in enumerate(model.params):
        yield from _param(param, (*place, "params", index))
    if model.estimate and not 0 <= model.estimate.least <= model.estimate.most:
        yield Fault((*place, "estimate"), "least and most are seconds, and least is not above most")
    if model.references:
        yield from _references(model, model.references, (*place, "references"))


def _param(param: Param, place: Place) -> Iterator[Fault]:
    if param.key in RESERVED:
        taken = "“{name}” is taken by every request; give it another key, and map that in wire.create.fields"
        yield Fault((*place, "key"), Reason(taken, name=param.key))
    if param.type is ParamType.SELECT and not param.options:
        yield Fault((*place, "type"), "a select needs options; use text, number or boolean where there are none")
    values = [as_text(option.value) for option in param.options]
    for index, text in enumerate(values):
        if text in values[:index]:
            yield Fault((*place, "options", index), Reason("the option “{name}” is there already", name=text))
    if param.minimum is not None and param.maximum is not None and param.minimum > param.maximum:
        yield Fault((*place, "minimum"), "the minimum is above the maximum")
    for key, bound in (("minimum", param.minimum), ("maximum", param.maximum)):
        if bound is not None and abs(bound) > MOST_FIGURE:
            yield Fault((*place, key), "a number of at most 15 digits; leave it out where there is no bound")
    if param.step is not None and param.step < LEAST_STEP:
        yield Fault((*place, "step"), "a step is above 0, and 0.000001 at least")
    if param.max_length is not None and param.max_length < 1:
        yield Fault((*place, "max_length"), "at least 1 character; leave it out where there is no limit")
    if reason := _unwired(param):
        yield Fault((*place, "wire"), reason)
    if param.default is not None:
        yield from _default(param, param.default, place)


def _default(param: Param, default: Scalar, place: Place) -> Iterator[Fault]:
    if coerce(param, default) is None:
        fitting, name = allowed(param), str(default)
        unfit = Reason("“{name}” does not fit for a {kind}", name=name, kind=param.type.value)
        unfit = Reason("“{name}” does not fit: it takes {allowed}", name=name, allowed=fitting) if fitting else unfit
        yield Fault((*place, "default"), unfit)
    elif param.step is None or param.step >= LEAST_STEP:
        for problem in check((param,), {param.key: default}):
            yield Fault((*place, "default"), Reason(SENTENCES[problem.code], **problem.args))


def _unwired(param: Param) -> str:
    """Why a value of the parameter cannot travel as its wire says; empty where each can."""
    texts = [as_text(option.value) for option in param.options] if param.type is ParamType.SELECT else []
    match param.wire:
        case Wire.INTEGER if not param.integer and not (texts and all(re.fullmatch(r"-?\d+", text) for text in texts)):
            return "“integer” is for a number with integer = true, or for options that are whole numbers"
        case Wire.NUMBER if param.type is not ParamType.NUMBER and not (texts and all(map(_is_number, texts))):
            return "“number” is for a number, or for options that are numbers"
        case Wire.BOOLEAN if param.type is not ParamType.BOOLEAN and not (texts and set(texts) <= {"true", "false"}):
            return "“boolean” is for a boolean, or for the options true and false"
        case _:
            return ""


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _references(model: Model, rule: ReferenceRule, place: Place) -> Iterator[Fault]:
    if rule.max_count < 1:
        yield Fault((*place, "max_count"), "at least 1; leave the section out where a model takes no references")
    if not rule.kinds or not set(rule.kinds) <= set(KINDS):
        yield Fault((*place, "kinds"), "one or more of image, video, audio")
    for index, limit in enumerate(rule.limits):
        if limit.kind not in KINDS:
            yield Fault((*place, "limits", index, "kind"), "image, video or audio")
        if limit.max_bytes is not None and limit.max_bytes < 1:
            yield Fault((*place, "limits", index, "max_bytes"), "at least 1")
    if rule.max_bytes is not None and rule.max_bytes < 1:
        yield Fault((*place, "max_bytes"), "at least 1; leave it out where there is no limit")
    for index, size in enumerate(rule.sizes):
        if min(size) < 1:
            yield Fault((*place, "sizes", index), "width and height are at least 1")
    choice = model.param(rule.choice) if rule.choice else None
    if rule.choice and choice is None:
        yield Fault((*place, "choice"), Reason("this model has no parameter “{name}”", name=rule.choice))
    if choice is not None and (choice.type is not ParamType.SELECT or choice.default is None):
        yield Fault(
            (*place, "choice"), Reason("the parameter “{name}” must be a select with a default", name=rule.choice)
        )
    for index, slot in enumerate(rule.slots):
        at = (*place, "slots", index)
        twins = [other for other in rule.slots[:index] if other.field == slot.field]
        if any(other.choice == slot.choice or not (other.choice and slot.choice) for other in twins):
            again = "“{name}” is there already; write most and array = true for several"
            yield Fault((*at, "field"), Reason(again, name=slot.field))
        if slot.most < 1 or (slot.most > 1 and not slot.array):
            yield Fault((*at, "most"), "at least 1, and more than 1 only where array = true")
        if slot.kind and slot.kind not in rule.kinds:
            yield Fault((*at, "kind"), Reason("“{name}” is none of this model's kinds", name=slot.kind))
        if slot.choice and (choice is None or choice.option(slot.choice) is None):
            yield Fault(
                (*at, "choice"), Reason("“{name}” is no option of the parameter that chooses", name=slot.choice)
            )


def header_fault(name: str, value: str) -> str:
    """Why a header cannot be sent; empty where it can."""
    try:
        clean_headers({name: value})
    except UserError as error:
        return Reason(SENTENCES[error.code], **error.words)
    return ""
