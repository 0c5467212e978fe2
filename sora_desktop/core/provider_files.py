"""A provider's file, looked at as a whole: everything that is wrong with it, each with its line and a reason."""

from __future__ import annotations

import copy
import difflib
import json
import math
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from sora_desktop.core.catalog import Provider
from sora_desktop.core.catalog_checks import DIALECTS, Fault, Place, faults
from sora_desktop.core.reasons import Reason, joined
from sora_desktop.core.toml_lines import Lines, syntax_line
from sora_desktop.core.wire_checks import wire_faults

MAX_FILE = 500_000
"""Characters of a file that is read."""
MOST = 100
"""Findings that are told of one file."""
DEEPEST = 50
"""Tables and lists in one another that are read."""
TOO_DEEP = "lists or tables are nested too deeply"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a file: its line (from 1), the place by its keys, and the reason in plain words."""

    line: int
    place: str
    reason: str

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> Reason:
        """All of it, to be translated."""
        reason = self.reason if isinstance(self.reason, Reason) else Reason(self.reason)
        if not self.place:
            return Reason("{line}: {reason}", line=str(self.line), reason=reason)
        return Reason("{line}: {place}: {reason}", line=str(self.line), place=self.place, reason=reason)


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file describes, None where it cannot be used, and why not: `findings` is empty then or the provider is
    None."""

    provider: Provider | None
    findings: tuple[Finding, ...] = ()


def examine(
    text: str, path_fault: Callable[[str], str], *, taken: Mapping[str, str] | None = None, own: bool = True
) -> Examined:
    """Reads the TOML text of a provider's file and tells all that is wrong with it.

    `path_fault` says why a JSONPath is not taken (`providers.jsonpaths.fault`). `taken` are ids that the file may not
    have, with what has them. `own`: it is the user's, which may not bring an account on the simulator.
    """
    if len(text) > MAX_FILE:
        return Examined(
            None, (Finding(1, "", Reason("the file is longer than {limit} characters", limit=str(MAX_FILE))),)
        )
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = syntax_line(error, text)
        return Examined(None, (Finding(line, "", Reason("this is no TOML: {reason}", reason=_syntax(error))),))
    except ValueError:  # Python reads no number of more than 4300 digits.
        return Examined(None, (Finding(1, "", "a number in it is too long"),))
    except RecursionError:
        return Examined(None, (Finding(1, "", TOO_DEEP),))
    if _deeper(data, DEEPEST):
        return Examined(None, (Finding(1, "", TOO_DEEP),))
    if odd := [*_foreign(data)]:
        return Examined(None, _placed(text, odd))
    provider, wrong = _validated(data)
    removed = {fault.place[:-1] for fault in wrong} - {()}
    if provider is not None:
        more = [*faults(provider), *wire_faults(provider, path_fault), *_others(provider, taken or {}, own=own)]
        # What may only be wrong because something wrong was left out is not told.
        wrong += [fault for fault in more if fault.place[:-1] not in removed]
    findings = _placed(text, wrong)
    return Examined(None if findings else provider, findings)


def _deeper(value: object, levels: int) -> bool:
    """Whether `value` has more than `levels` tables and lists in one another."""
    inner = list(cast("dict[str, object]", value).values()) if isinstance(value, dict) else value
    if not isinstance(inner, list):
        return False
    return levels == 0 or any(_deeper(each, levels - 1) for each in cast("list[object]", inner))


def _foreign(value: object, place: Place = ()) -> Iterator[Fault]:
    """What TOML knows and JSON does not: `inf` and `nan`, dates and times."""
    if isinstance(value, float) and not math.isfinite(value):
        yield Fault(place, "must be a number with an end")
    if isinstance(value, date | time):
        yield Fault(place, "a date or time can be no value here; write it in quotes")
    inner = cast("dict[str, object]", value).items() if isinstance(value, dict) else ()
    for key, each in enumerate(cast("list[object]", value)) if isinstance(value, list) else inner:
        yield from _foreign(each, (*place, key))


def _validated(data: dict[str, Any]) -> tuple[Provider | None, list[Fault]]:
    """The provider, without the keys that are wrong where it can do without them; and what is wrong with those."""
    try:
        return _strict(data), []
    except ValidationError as error:
        wrong = list(_wrong_types(error, data))
    rest = copy.deepcopy(data)
    for fault in wrong:
        at = _at(rest, fault.place[:-1])
        if isinstance(at, dict) and fault.place:
            cast("dict[object, object]", at).pop(fault.place[-1], None)
    try:
        return _strict(rest), wrong
    except ValidationError:
        return None, wrong


def _strict(data: object) -> Provider:
    """Each value in its own type, as the schema has it: "no" in quotes is no truth value. Raises ValidationError."""
    return Provider.model_validate_json(json.dumps(data), strict=True)


def _at(data: object, place: Place) -> object:
    """What is at `place`, which `_within` found; None where another fault has taken it out."""
    for step in place:
        here = cast("dict[object, object]", data) if isinstance(data, dict) else {}
        listed = cast("list[object]", data) if isinstance(data, list) else []
        data = listed[step] if isinstance(step, int) and step < len(listed) else here.get(step)
    return data


def _syntax(error: tomllib.TOMLDecodeError) -> str:
    words = str(error).partition(" (at ")[0]
    return words[:1].lower() + words[1:]


def _others(provider: Provider, taken: Mapping[str, str], *, own: bool) -> Iterator[Fault]:
    if provider.id in taken:
        theirs = "“{id}” is the id of {owner}; choose another one"
        yield Fault(("id",), Reason(theirs, id=provider.id, owner=taken[provider.id]))
    if own and provider.demo is not None:
        yield Fault(("demo",), "only the services that ship with the program have an account on the simulator")
    if own and provider.dialect in DIALECTS and provider.dialect != "described":
        yield Fault(("dialect",), "a file of yours is “described”; other dialects are part of the program")


def _placed(text: str, wrong: Iterable[Fault]) -> tuple[Finding, ...]:
    """The faults in the order of the file, each once."""
    lines = Lines(text)
    found = {Finding(lines.of(fault.place), _words(fault.place), fault.reason): None for fault in wrong}
    return tuple(sorted(found, key=lambda finding: finding.line)[:MOST])


def _words(place: Place) -> str:
    """`models[0].params[1].default`; indices count from 0, as in every other tool."""
    words = ""
    for step in place:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def _wrong_types(error: ValidationError, data: object) -> Iterator[Fault]:
    """pydantic's errors in plain words. Those of a union are one fault: a value that is none of its types."""
    told: dict[Place, list[dict[str, Any]]] = {}
    for each in error.errors(include_url=False):
        detail = cast("dict[str, Any]", each)
        place, whole = _within(data, each["loc"])
        missing = each["type"] == "missing" and whole
        told.setdefault((*place, each["loc"][-1]) if missing else place, []).append(detail)
    for place, details in told.items():
        yield Fault(place, _reason(place, details))


def _within(data: object, loc: Sequence[str | int]) -> tuple[Place, bool]:
    """As much of `loc` as is there in `data`: pydantic adds names of types. And whether only the last step is not."""
    place: Place = ()
    at = data
    for step in loc:
        inside = isinstance(at, dict) and step in at
        if isinstance(at, list) and isinstance(step, int):
            inside = 0 <= step < len(cast("list[object]", at))
        if not inside:
            break
        at = cast("Any", at)[step]
        place = (*place, step)
    return place, len(place) == len(loc) - 1


PLAIN = {
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "tuple_type": "must be a list in [ ]",
    "list_type": "must be a list in [ ]",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


def _reason(place: Place, details: Sequence[Mapping[str, Any]]) -> str:
    reasons = list(dict.fromkeys(_one(place, detail) for detail in details))
    if len(reasons) > 1:
        kinds = [Reason(reason.removeprefix("must be ")) for reason in reasons]
        return Reason("must be {kinds} or {kind}", kinds=joined(kinds[:-1], ", "), kind=kinds[-1])
    return reasons[0]


def _one(place: Place, detail: Mapping[str, Any]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown(place)
    if kind in {"enum", "literal_error"}:
        return Reason("must be one of {names}", names=str(context.get("expected", "")).replace(" or ", ", "))
    if kind in {"too_long", "tuple_length_mismatch"}:
        return "has too many or too few values"
    return Reason(PLAIN.get(kind, str(detail["msg"])[:200]))


def _unknown(place: Place) -> Reason:
    """With the key that was probably meant, where one is spelled like it."""
    fields = _fields_at(place[:-1])
    near = difflib.get_close_matches(str(place[-1]), fields, n=1)
    if near:
        return Reason("there is no such key; did you mean “{name}”?", name=near[0])
    known = ", ".join(fields)
    return Reason("there is no such key (known: {names})", names=known) if known else Reason("there is no such key")


def _fields_at(place: Place) -> list[str]:
    """The keys of the record at `place`, found along the fields' annotations."""
    model: type[BaseModel] | None = Provider
    for step in place:
        if isinstance(step, int):
            continue
        field = model.model_fields.get(step) if model else None
        model = _record(field.annotation) if field else None
    return list(model.model_fields) if model else []


def _record(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts = cast("tuple[Any, ...]", getattr(cast("object", annotation), "__args__", ()))
    return next((found for part in parts if (found := _record(part))), None)
