"""Parameters as data: what a model takes, which values fit, and what goes on the wire."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from pydantic import Field, JsonValue

from sora_desktop.core.frozen import Frozen

Scalar = str | int | float | bool
Values = Mapping[str, Scalar]


class ParamType(StrEnum):
    """How a parameter is edited. `raw` is a type nobody has seen yet: a plain field with the published default."""

    SELECT = "select"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    RAW = "raw"


class Wire(StrEnum):
    """The JSON type a value travels as. `same` sends the value as it is, `json` what its text says as JSON."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    JSON = "json"
    SAME = "same"


class Option(Frozen):
    """One choice of a select. `means` is the choice in words that other models share ("landscape", "10")."""

    value: Scalar
    label: str = ""
    means: str = ""

    @property
    def text(self) -> str:
        return self.label or str(self.value)


class Param(Frozen):
    """One parameter of a model, under the key that the wire uses.

    `role` names what the parameter is about (aspect, duration, quality, watermark, storage, seed, …), so that a value
    can follow the user to another model. Parameters with the same `group` exclude each other: one control, one field.
    `step` counts from `minimum` (from 0 where there is none); `max_length` is in Unicode code points. `unknown` keeps
    what a live list says under keys that this version does not know.
    """

    key: str
    label: str = ""
    help: str = ""
    type: ParamType = ParamType.SELECT
    wire: Wire = Wire.SAME
    required: bool = False
    default: Scalar | None = None
    options: tuple[Option, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    integer: bool = False
    max_length: int | None = None
    unit: str = ""
    role: str = ""
    group: str = ""
    advanced: bool = False
    unknown: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])

    @property
    def title(self) -> str:
        return self.label or self.key.replace("_", " ").capitalize()

    def option(self, value: Scalar) -> Option | None:
        """The option that stands for `value`, compared as text: "10" and 10 are one choice."""
        wanted = as_text(value)
        return next((option for option in self.options if as_text(option.value) == wanted), None)


class Problem(Frozen):
    """Something that must be mended before anything is sent. `field` is `prompt`, `references` or a parameter's key."""

    field: str
    code: str
    args: dict[str, str] = Field(default_factory=dict[str, str])


class Control(Frozen):
    """What the user sees for one parameter, or for an exclusive group: the first of the group is edited."""

    param: Param
    alternatives: tuple[Param, ...] = ()

    @property
    def members(self) -> tuple[Param, ...]:
        return (self.param, *self.alternatives)

    def value(self, values: Values) -> Scalar | None:
        """The control's value in terms of its own parameter, also where `values` holds an alternative's."""
        for member in self.members:
            if member.key in values:
                return translate(member, self.param, values[member.key])
        return None


def as_text(value: Scalar) -> str:
    """A value as one spelling: true/false in lower case, 10.0 as 10."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def controls(params: Sequence[Param]) -> tuple[Control, ...]:
    """One control a parameter, one for each exclusive group, in the order of the schema."""
    found: dict[str, list[Param]] = {}
    for param in params:
        found.setdefault(param.group or f"={param.key}", []).append(param)
    return tuple(Control(param=members[0], alternatives=tuple(members[1:])) for members in found.values())


def coerce(param: Param, value: Scalar) -> Scalar | None:
    """`value` in the parameter's own type, or None where it does not fit. Repairs old values ("10" against 10)."""
    match param.type:
        case ParamType.SELECT:
            option = param.option(value)
            return option.value if option else None
        case ParamType.BOOLEAN:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
                as_text(value).strip().lower()
            )
        case ParamType.NUMBER:
            return _number(param, value)
        case ParamType.TEXT:
            return as_text(value)
        case ParamType.RAW:
            return value


def _number(param: Param, value: Scalar) -> Scalar | None:
    if isinstance(value, bool):
        return None
    try:
        # A whole number keeps every digit: a seed may have more of them than a float holds.
        exact = int(value) if isinstance(value, int | str) and param.integer else None
    except ValueError:
        exact = None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    below = param.minimum is not None and number < param.minimum
    above = param.maximum is not None and number > param.maximum
    if not math.isfinite(number) or below or above or (param.integer and not number.is_integer()):
        return None
    if not param.integer:
        return number
    return int(number) if exact is None else exact


def allowed(param: Param) -> str:
    """The allowed values in words, for the sentence at an invalid field."""
    if param.options:
        return ", ".join(as_text(option.value) for option in param.options)
    low = as_text(param.minimum) if param.minimum is not None else ""
    high = as_text(param.maximum) if param.maximum is not None else ""
    if low and high:
        return f"{low}–{high}"
    return f"≥ {low}" if low else f"≤ {high}" if high else ""


def to_wire(param: Param, value: Scalar) -> JsonValue:
    """A coerced value as the JSON type the contract asks for."""
    match param.wire:
        case Wire.JSON:
            return _from_json(value)
        case Wire.STRING:
            return as_text(value)
        case Wire.INTEGER:
            return int(value)
        case Wire.NUMBER:
            number = float(value)
            return int(number) if param.integer else number
        case Wire.BOOLEAN:
            return as_text(value) == "true"
        case Wire.SAME:
            return value


def _from_json(value: Scalar) -> JsonValue:
    """What a text says as JSON; the text itself where it is none."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def check(params: Sequence[Param], values: Values) -> list[Problem]:
    """Every reason why `values` may not be sent to a model with `params`; empty when all is well."""
    known = {param.key for param in params}
    problems = [Problem(field=key, code="param_unknown", args={"name": key}) for key in values if key not in known]
    for control in controls(params):
        given = [member for member in control.members if member.key in values]
        if len(given) > 1:
            names = {"first": given[0].key, "second": given[1].key}
            problems.append(Problem(field=control.param.key, code="param_exclusive", args=names))
        for member in given:
            wrong = _wrong(member, values[member.key])
            if wrong is not None:
                problems.append(
                    Problem(field=control.param.key, code=wrong[0], args={"name": member.title, **wrong[1]})
                )
        if not given and control.param.required and control.param.default is None:
            problems.append(Problem(field=control.param.key, code="param_missing", args={"name": control.param.title}))
    return problems


def _wrong(param: Param, value: Scalar) -> tuple[str, dict[str, str]] | None:
    """Why a value may not be sent, as code and args; None where it may."""
    fitting = coerce(param, value)
    if fitting is None:
        return "param_invalid", {"allowed": allowed(param)}
    if isinstance(fitting, str) and param.max_length is not None and len(fitting) > param.max_length:
        return "param_too_long", {"limit": str(param.max_length), "over": str(len(fitting) - param.max_length)}
    if param.type is ParamType.NUMBER and param.step and not on_step(param, float(fitting)):
        return "param_step", {"step": as_text(param.step), "from": as_text(param.minimum or 0)}
    return None


def on_step(param: Param, number: float) -> bool:
    """Whether a number is one of the parameter's steps, as far as floats can tell."""
    steps = (number - (param.minimum or 0)) / param.step if param.step else 0.0
    return math.isfinite(steps) and abs(steps - round(steps)) < 1e-6


def wire_values(params: Sequence[Param], values: Values) -> dict[str, JsonValue]:
    """What is sent: given values, else defaults, exactly one field of each group, in the order of the schema.

    A parameter without default that nobody set is left out, and so is one of a type that nobody has seen yet, unless
    it is required: its default is the service's own affair. `values` must have passed `check`.
    """
    sent: dict[str, JsonValue] = {}
    for control in controls(params):
        given = next((member for member in control.members if member.key in values), None)
        if given is not None:
            value = coerce(given, values[given.key])
            if value is not None:
                sent[given.key] = to_wire(given, value)
        elif control.param.default is not None and (control.param.required or control.param.type is not ParamType.RAW):
            sent[control.param.key] = to_wire(control.param, control.param.default)
    return sent


def translate(source: Param, target: Param, value: Scalar) -> Scalar | None:
    """`value` of `source` as a value of `target`: the same value where it fits, else the option that means the same.

    A raw target takes everything, so it takes only what was written for a parameter of the same key.
    """
    fitting = coerce(target, value)
    if fitting is not None and (target.type is not ParamType.RAW or target.key == source.key):
        return fitting
    chosen = source.option(value)
    meaning = chosen.means if chosen and chosen.means else as_text(value)
    if target.type is ParamType.NUMBER:
        return coerce(target, meaning)
    return next((option.value for option in target.options if option.means and option.means == meaning), None)


def carry_over(old: Sequence[Param], new: Sequence[Param], values: Values) -> dict[str, Scalar]:
    """The values that still fit when the user picks another model: by key first, then by role and meaning."""
    old_by_key = {param.key: param for param in old}
    carried: dict[str, Scalar] = {}
    for control in controls(new):
        for source in _sources(control, old_by_key.values(), values):
            value = translate(source, control.param, values[source.key])
            if value is not None:
                carried[control.param.key] = value
                break
    return carried


def _sources(control: Control, old: Iterable[Param], values: Values) -> list[Param]:
    keys = {member.key for member in control.members}
    same_key = [param for param in old if param.key in values and param.key in keys]
    role = control.param.role
    same_role = [param for param in old if param.key in values and role and param.role == role]
    return [*same_role, *same_key] if role else same_key
