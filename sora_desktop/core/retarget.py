"""A draft on another model: what of its values goes along, what changes, what is dropped. Nothing here decides alone.

The prompt and the references are no part of the outcome: they are never cut or left out, only found fault with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from sora_desktop.core import request as requests
from sora_desktop.core.catalog import Model
from sora_desktop.core.frozen import Frozen
from sora_desktop.core.params import (
    Control,
    Param,
    ParamType,
    Problem,
    Scalar,
    Values,
    allowed,
    as_text,
    check,
    coerce,
    controls,
    translate,
)
from sora_desktop.core.references import Reference
from sora_desktop.core.roles import role_of

FIGURE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
RATIO = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[:x×/*]\s*(\d+(?:\.\d+)?)\s*", re.IGNORECASE)
WORDS = {"landscape": "16:9", "portrait": "9:16", "square": "1:1"}


class Fate(StrEnum):
    """What becomes of one value. `same`: it means what it meant, perhaps spelt otherwise; `new`: nothing was before."""

    SAME = "same"
    CHANGED = "changed"
    DROPPED = "dropped"
    NEW = "new"


class Line(Frozen):
    """One row of the comparison. `old` and `new` are values in words, empty for none; `*_set` tells a value that was
    given from a model's own. `code` and `args` name the sentence that says why; empty where there is nothing to say.
    """

    fate: Fate
    name: str
    old_key: str = ""
    old: str = ""
    old_set: bool = False
    new_key: str = ""
    new: str = ""
    new_set: bool = False
    code: str = ""
    args: dict[str, str] = Field(default_factory=dict[str, str])


class Retarget(Frozen):
    """The values on the new model, one line for each thing that was or will be, and what has to be mended after it."""

    values: dict[str, Scalar]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]

    def of(self, fate: Fate) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.fate is fate)


@dataclass(frozen=True, slots=True)
class _Had:
    """One value of the old model: given, or the model's own."""

    param: Param
    value: Scalar
    given: bool

    @property
    def text(self) -> str:
        return _text(self.param, self.value)


def retarget(
    old: Model | None,
    new: Model,
    prompt: str,
    values: Values,
    references: Sequence[Reference] = (),
    *,
    hosted: bool = False,
) -> Retarget:
    """What a draft of `old` would be on `new`. `old` is None where nothing but its keys and values is known.

    What a model does by itself counts as said: a landscape that nobody chose stays a landscape.
    """
    had, twice = _had(old, values)
    kept: dict[str, Scalar] = {}
    lines: list[Line] = []
    wanted = list(controls(new.params))
    pairs = _pairs(had, wanted)
    for one in had:
        control = pairs.get(one.param.key)
        if control is None:
            if one.given:
                lines.append(_dropped(one, "retarget_no_place"))
            continue
        lines.append(_move(one, control, kept))
        if lines[-1].fate is Fate.DROPPED and not one.given:
            lines.pop()
    lines += [_dropped(one, "retarget_twice") for one in twice]
    reached = {line.new_key for line in lines if line.new_key}
    lines += [_new(control.param) for control in wanted if control.param.key not in reached]
    problems = requests.check(new, prompt, kept, references, hosted=hosted)
    return Retarget(values=kept, lines=tuple(lines), problems=tuple(problems))


def _had(old: Model | None, values: Values) -> tuple[list[_Had], list[_Had]]:
    """What the draft says, in the order of its model; and what it says a second time."""
    found: list[_Had] = []
    twice: list[_Had] = []
    known: set[str] = set()
    for control in controls(old.params) if old else ():
        given = [member for member in control.members if member.key in values]
        known |= {member.key for member in control.members}
        if given:
            first, *others = (_Had(member, values[member.key], True) for member in given)
            found.append(first)
            twice += others
        elif control.param.default is not None:
            found.append(_Had(control.param, control.param.default, False))
    for key, value in values.items():
        if key not in known:
            found.append(_Had(Param(key=key, type=ParamType.RAW, role=role_of(key)), value, True))
    return found, twice


def _pairs(had: Iterable[_Had], wanted: Sequence[Control]) -> dict[str, Control]:
    """Which control takes which old value, by old key: the same key first, then the same role; each once."""
    pairs: dict[str, Control] = {}
    free = list(wanted)
    for fits in (_same_key, _same_role):
        # What was given comes before what the model did by itself.
        for one in sorted(had, key=lambda one: not one.given):
            control = next((each for each in free if fits(one.param, each)), None)
            if control is not None and one.param.key not in pairs:
                pairs[one.param.key] = control
                free.remove(control)
    return pairs


def _same_key(param: Param, control: Control) -> bool:
    """The same word for the same thing: `size` may be a shape with one service and a quality with another."""
    about = {param.role, control.param.role} - {""}
    return len(about) < 2 and any(member.key == param.key for member in control.members)


def _same_role(param: Param, control: Control) -> bool:
    return bool(param.role) and param.role == control.param.role


def _move(one: _Had, control: Control, kept: dict[str, Scalar]) -> Line:
    """Puts the old value where it fits, or the nearest to it, and says which."""
    param = control.param
    value = _same(one, param)
    fate, code = Fate.SAME, ""
    if value is None:
        value = _nearest(one, param)
        fate, code = Fate.CHANGED, "retarget_nearest"
    if value is None:
        choice = allowed(param)
        return _dropped(one, "retarget_no_value" if choice else "retarget_not_offered", param, allowed=choice)
    # What the new model does by itself, and nobody asked for, needs no saying.
    unsaid = not one.given and param.default is not None and as_text(param.default) == as_text(value)
    if not unsaid:
        kept[param.key] = value
    return Line(
        fate=fate,
        name=param.title,
        old_key=one.param.key,
        old=one.text,
        old_set=one.given,
        new_key=param.key,
        new=_text(param, value),
        new_set=not unsaid,
        code=code,
    )


def _same(one: _Had, param: Param) -> Scalar | None:
    if param.type is ParamType.RAW:
        return one.value
    value = translate(one.param, param, one.value)
    here = _measure(_means(one.param, one.value))
    if value is None and here is not None:
        # "5s" of one service is 5 of another, "16:9" is 1280x720.
        value = next((each for each in _choices(param) if _measure(_means(param, each)) == here), None)
        if param.type is ParamType.NUMBER and here[0] == "figure":
            value = coerce(param, here[1])
    if value is None or any(problem.code != "param_too_long" for problem in _faults(param, value)):
        return None
    return value


def _nearest(one: _Had, param: Param) -> Scalar | None:
    """The value of `param` that is nearest in seconds, lines, or shape; the smaller of two as near."""
    here = _measure(_means(one.param, one.value))
    if here is None:
        return None
    kind, figure = here
    if param.type is ParamType.NUMBER:
        value = _on_step(param, figure) if kind == "figure" else None
        return value if value is not None and not _faults(param, value) else None
    found = [(measure[1], value) for value in _choices(param) if (measure := _measure(_means(param, value)))]
    of_kind = [pair for pair in found if _measure(_means(param, pair[1])) == (kind, pair[0])]
    near = min(of_kind, key=lambda pair: (abs(pair[0] - figure), pair[0]), default=None)
    return near[1] if near else None


def _on_step(param: Param, figure: float) -> Scalar | None:
    """`figure` brought into the range and onto a step."""
    low = -math.inf if param.minimum is None else param.minimum
    high = math.inf if param.maximum is None else param.maximum
    value = min(max(figure, low), high)
    step = param.step or (1.0 if param.integer else 0.0)
    if step:
        base = param.minimum or 0.0
        steps = round((value - base) / step)
        value = base + steps * step
        if value > high:
            value = base + math.floor((high - base) / step + 1e-9) * step
    return coerce(param, round(value, 9))


def _choices(param: Param) -> tuple[Scalar, ...]:
    return tuple(option.value for option in param.options) if param.type is ParamType.SELECT else ()


def _means(param: Param, value: Scalar) -> str:
    option = param.option(value)
    return option.means if option and option.means else as_text(value)


def _measure(text: str) -> tuple[str, float] | None:
    """A figure ("10", "5s", "1080p") or a shape ("16:9", "1280x720", "portrait"), so that near and far can be told.

    Shapes are compared by the logarithm of their ratio: 2:1 is as far from 1:1 as 1:2.
    """
    text = WORDS.get(text.strip().lower(), text)
    ratio, figure = RATIO.fullmatch(text), FIGURE.fullmatch(text)
    if ratio and float(ratio[1]) and float(ratio[2]):
        return "shape", round(math.log(float(ratio[1]) / float(ratio[2])), 6)
    if figure and figure[2].lower() in {"", "s", "sec", "seconds"}:
        return "figure", float(figure[1])
    if figure:
        return figure[2].lower(), float(figure[1])
    return None


def _faults(param: Param, value: Scalar) -> list[Problem]:
    return check((param,), {param.key: value})


def _text(param: Param, value: Scalar) -> str:
    option = param.option(value)
    return option.text if option else f"{as_text(value)} {param.unit}".strip()


def _dropped(one: _Had, code: str, param: Param | None = None, **args: str) -> Line:
    return Line(
        fate=Fate.DROPPED,
        name=one.param.title,
        old_key=one.param.key,
        old=one.text,
        old_set=one.given,
        new_key=param.key if param else "",
        new=_text(param, param.default) if param and param.default is not None else "",
        code=code,
        args=args,
    )


def _new(param: Param) -> Line:
    text = _text(param, param.default) if param.default is not None else ""
    return Line(fate=Fate.NEW, name=param.title, new_key=param.key, new=text)
