"""A model's `params` in the live list. Their JSON shape is not published (contract: rivya, `GET /api/v1/models`), so
every plausible one is read: options as texts, numbers or {value, label}; ranges flat or nested; a list of entries, an
object of them, or a JSON schema. What the list does not say, the shipped parameter of the same key does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, cast

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Option, Param, ParamType, Scalar, Wire, as_text, coerce
from sora_desktop.core.roles import role_of
from sora_desktop.providers.answers import Record, first, items, number, plain, record
from sora_desktop.providers.rivya_words import Say, as_json, kept, rest, scalar, shown, text_value, truth

MAX_PARAMS = 100
MAX_OPTIONS = 500
MAX_KEY = 100
LARGEST = 1e15
"""Bounds beyond it are none: a float holds no more whole digits."""
SMALLEST = 1e-6
"""Steps below it are none: no field shows them."""

KEY = ("key", "name", "id", "param", "field")
LABEL = ("label", "display_name", "displayName", "title")
HELP = ("description", "help", "hint", "tooltip")
OPTIONS = ("options", "choices", "enum", "values", "allowed_values", "allowedValues")
RANGE = ("range", "constraints", "limits", "bounds", "validation")
LEAST = ("min", "minimum", "least", "min_value", "minValue")
MOST = ("max", "maximum", "most", "max_value", "maxValue")
STEP = ("step", "multiple_of", "multipleOf", "increment")
LONGEST = ("max_length", "maxLength", "maxlength", "max_characters")
WHOLE = ("integer", "is_integer", "isInteger", "whole")
DEFAULT = ("default", "default_value", "defaultValue")
READ = frozenset(
    {*KEY, *LABEL, *HELP, *OPTIONS, *RANGE, *LEAST, *MOST, *STEP, *LONGEST, *WHOLE, *DEFAULT}
    | {"type", "required", "unit", "advanced"}
)
NOT_PARAMS = frozenset({"prompt", "model", "client_request_id", "referenceMediaItems"})
"""What a create call carries elsewhere (contract: rivya, Create)."""

TYPES = {
    **dict.fromkeys(("select", "enum", "choice", "dropdown", "radio", "option", "options"), ParamType.SELECT),
    **dict.fromkeys(("number", "integer", "int", "float", "double", "range", "slider"), ParamType.NUMBER),
    **dict.fromkeys(("text", "string", "str", "textarea", "multiline"), ParamType.TEXT),
    **dict.fromkeys(("boolean", "bool", "switch", "toggle", "checkbox"), ParamType.BOOLEAN),
}
SHAPES = {"landscape": "16:9", "horizontal": "16:9", "portrait": "9:16", "vertical": "9:16", "square": "1:1"}


@dataclass(frozen=True, slots=True)
class Known:
    """What ships: the parameters of this model, and of all others, whose words serve the same keys of a new model."""

    own: Mapping[str, Param]
    others: Mapping[str, tuple[Param, ...]]

    @classmethod
    def of(cls, model: Model | None, models: Sequence[Model]) -> Known:
        others: dict[str, tuple[Param, ...]] = {}
        for param in (param for one in models for param in one.params):
            others[param.key] = (*others.get(param.key, ()), param)
        return cls({param.key: param for param in model.params} if model else {}, others)

    def like(self, key: str, options: Sequence[Scalar]) -> Param | None:
        """The shipped parameter that means the same: this model's own, else another's with an option in common."""
        if key in self.own:
            return self.own[key]
        texts = {as_text(option) for option in options}
        for param in self.others.get(key, ()):
            if not param.options or texts & {as_text(option.value) for option in param.options}:
                return param
        return None


def read_params(value: object, known: Known, say: Say) -> tuple[Param, ...]:
    """The parameters of one model. Of a broken entry a note is made, and the rest is read all the same."""
    entries = _entries(value)
    if entries is None:
        say("list_params_kept" if known.own else "list_params_none", value=shown(value))
        return tuple(known.own.values())
    if len(entries) > MAX_PARAMS:
        say("list_params_many", count=str(len(entries)), limit=str(MAX_PARAMS))
    found: dict[str, Param] = {}
    for place, entry in enumerate(entries[:MAX_PARAMS], 1):
        source = record(entry)
        key = _key(first(source, *KEY))
        if not source:
            say("list_param_odd", place=str(place), value=shown(entry))
        elif not key:
            say("list_param_no_key", place=str(place))
        elif key in found:
            say("list_param_twice", name=key)
        elif key not in NOT_PARAMS:
            found[key] = _read(source, key, known, say)
    return tuple(found.values())


def _entries(value: object) -> list[Any] | None:
    if isinstance(value, list):
        return items(cast("object", value))
    source = record(value)
    if not source:
        return [] if isinstance(value, dict) else None
    named = record(source.get("properties"))
    needed = items(source.get("required"))
    if named:
        return [{"key": key, **record(entry), "required": key in needed} for key, entry in named.items()]
    return [
        {"key": key, **record(cast("object", entry))} if isinstance(entry, dict) else entry
        for key, entry in source.items()
    ]


def _key(value: object) -> str:
    """A wire key as it is; empty for what cannot be one."""
    usable = isinstance(value, str) and len(value) <= MAX_KEY and value.isprintable() and value == value.strip()
    return value if usable and isinstance(value, str) else ""


def _read(source: Record, key: str, known: Known, say: Say) -> Param:
    word = plain(source.get("type"), 40)
    options = _options(source, key, say)
    kind = _type(source, word, options, known.own.get(key))
    if kind is ParamType.SELECT and not options:
        return _without_options(source, key, word, known, say)
    like = known.like(key, [option.value for option in options])
    role = like.role if like else _role(key, options)
    param = Param(
        key=key,
        label=plain(first(source, *LABEL), 80) or (like.label if like else ""),
        help=plain(first(source, *HELP)) or (like.help if like else ""),
        type=kind,
        required=truth(source.get("required")) is True,
        unit=plain(source.get("unit"), 20) or (like.unit if like else ""),
        role=role,
        group=known.own[key].group if key in known.own else "",
        advanced=truth(source.get("advanced")) is True or bool(like and like.advanced),
        unknown=rest(source, READ),
    )
    match kind:
        case ParamType.SELECT:
            worded = tuple(_worded(option, like, role, key) for option in options)
            param = param.model_copy(update={"wire": Wire.STRING, "options": worded})
        case ParamType.NUMBER:
            param = _number_param(param, source, word, say)
        case ParamType.TEXT:
            longest = number(first(source, *LONGEST))
            bounded = int(longest) if longest is not None and 0 < longest < LARGEST else None
            param = param.model_copy(update={"wire": Wire.STRING, "max_length": bounded})
        case ParamType.BOOLEAN:
            param = param.model_copy(update={"wire": Wire.BOOLEAN})
        case ParamType.RAW:
            return _raw(param, source, word)
    return _with_default(param, source, say)


def _type(source: Record, word: str, options: Sequence[Option], own: Param | None) -> ParamType:
    """How it is edited: by its type's word, else by what else is said of it."""
    named = TYPES.get(word.lower())
    if named in {ParamType.TEXT, ParamType.NUMBER} and options:
        return ParamType.SELECT
    if named is not None:
        return named
    if word:
        # Nobody has seen it: what one of its options stands for, or several, is not known either.
        return ParamType.RAW
    default = first(source, *DEFAULT)
    if options:
        return ParamType.SELECT
    if own is not None:
        return own.type
    if isinstance(default, bool):
        return ParamType.BOOLEAN
    if any(bound is not None for bound in _range(source)) or isinstance(default, (int, float)):
        return ParamType.NUMBER
    return ParamType.TEXT if isinstance(default, str) or first(source, *LONGEST) is not None else ParamType.RAW


def _without_options(source: Record, key: str, word: str, known: Known, say: Say) -> Param:
    own = known.own.get(key)
    if own is not None:
        say("list_options_known", name=key)
        return own
    say("list_options_none", name=key)
    role = role_of(key)
    param = Param(key=key, label=plain(first(source, *LABEL), 80), help=plain(first(source, *HELP)), role=role)
    return _raw(param.model_copy(update={"type": ParamType.RAW, "unknown": rest(source, READ)}), source, word)


def _raw(param: Param, source: Record, word: str) -> Param:
    """A type nobody has seen: a plain field. A default that is no text is shown, and travels, as JSON."""
    default = first(source, *DEFAULT)
    text = text_value(default) if isinstance(default, str) else None if default is None else as_json(default)
    wire = Wire.SAME if default is None else Wire.STRING if isinstance(default, str) else Wire.JSON
    told = {name: kept(source[name]) for name in OPTIONS if source.get(name)}
    unknown = {**({"type": word} if word else {}), **told, **param.unknown}
    return param.model_copy(update={"default": text, "wire": wire, "unknown": unknown})


# Options.


def _options(source: Record, key: str, say: Say) -> tuple[Option, ...]:
    listed = first(source, *OPTIONS)
    mapping = record(listed)
    entries = [_mapped(value, label) for value, label in mapping.items()] if mapping else _ungrouped(items(listed))
    if len(entries) > MAX_OPTIONS:
        say("list_options_many", name=key, count=str(len(entries)), limit=str(MAX_OPTIONS))
    found: dict[str, Option] = {}
    for place, entry in enumerate(entries[:MAX_OPTIONS], 1):
        option = _option(entry)
        if option is None:
            say("list_option_odd", name=key, place=str(place), value=shown(entry))
        elif as_text(option.value) not in found:
            found[as_text(option.value)] = option
    return tuple(found.values())


def _mapped(value: str, label: object) -> Record:
    """An entry of an object of options: a label, or an object that holds more."""
    return {"value": value, **record(label)} if record(label) else {"value": value, "label": label}


def _ungrouped(entries: Sequence[object]) -> list[object]:
    """The options of groups in the place of the groups."""
    found: list[object] = []
    for entry in entries:
        inner = items(first(record(entry), *OPTIONS)) if first(record(entry), "value", "id", "key") is None else []
        found += inner or [entry]
    return found


def _option(entry: object) -> Option | None:
    """One choice. Its value travels as text, whatever it came as (contract: rivya, values of a select)."""
    source = record(entry)
    value = scalar(first(source, "value", "id", "key", "name") if source else entry)
    if value is None or as_text(value) == "":
        return None
    label = plain(first(source, "label", "display_name", "displayName", "title", "name", "text"), 80)
    return Option(value=as_text(value), label="" if label == as_text(value) else label)


def _worded(option: Option, like: Param | None, role: str, key: str) -> Option:
    ours = like.option(option.value) if like else None
    label = option.label or (ours.label if ours else "")
    means = ours.means if ours else meaning(role, key, as_text(option.value)) or meaning(role, key, option.label)
    if (label, means) == (option.label, option.means):
        return option
    return Option(value=option.value, label=label, means=means)


# What a parameter and its choices mean, where no shipped one says it.


def _role(key: str, options: Iterable[Option]) -> str:
    role = role_of(key)
    if not role and key.lower() in {"size", "format", "dimensions"}:
        values = [as_text(option.value) for option in options]
        role = "aspect" if any(_ratio(value) for value in values) else "quality" if values else ""
    elif role == "quality" and any(_ratio(as_text(option.value)) for option in options):
        role = "aspect"
    return role


def meaning(role: str, key: str, text: str) -> str:
    """A choice in words that other models share: “16:9”, “10”, “keep”. Empty where nothing can be derived."""
    text = text.strip().lower()
    match role:
        case "aspect":
            return _ratio(text)
        case "duration":
            found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*(?:s|secs?|seconds?)?", text)
            return as_text(float(found.group(1))) if found else ""
        case "watermark":
            marked = {"true": "keep", "false": "remove", "keep": "keep", "remove": "remove"}
            turned = {"keep": "remove", "remove": "keep"}
            found = marked.get(text, "")
            return turned.get(found, "") if text in {"true", "false"} and "remove" in key.lower() else found
        case "":
            return ""
        case _:
            return text if len(text) <= 40 else ""


def _ratio(text: str) -> str:
    """“1280x720”, “16:9”, “16_9”, “landscape” as a ratio of small whole numbers; empty where it is none."""
    text = text.strip().lower()
    if text in SHAPES:
        return SHAPES[text]
    found = re.fullmatch(r"(\d{1,5})\s*[:x×*/_]\s*(\d{1,5})", text)
    width, height = (int(found.group(1)), int(found.group(2))) if found else (0, 0)
    if not width or not height:
        return ""
    common = gcd(width, height)
    width, height = width // common, height // common
    if (width, height) == (7, 4) or (height, width) == (7, 4):  # 1792×1024 stands for 16:9 everywhere.
        return "16:9" if width > height else "9:16"
    return f"{width}:{height}"


# Numbers and defaults.


def _range(source: Record) -> tuple[float | None, float | None, float | None]:
    """Least, most and step, flat or nested, as an object or as a list."""
    nested = first(source, *RANGE)
    listed = [number(one) for one in items(nested)[:3]]
    inner: Record = dict(zip(("min", "max", "step"), listed, strict=False)) if listed else record(nested)
    places = {**inner, **{key: value for key, value in source.items() if value is not None}}
    found = (number(first(places, *names)) for names in (LEAST, MOST, STEP))
    least, most, step = (value if value is None or abs(value) <= LARGEST else None for value in found)
    return least, most, step


def _number_param(param: Param, source: Record, word: str, say: Say) -> Param:
    least, most, step = _range(source)
    if least is not None and most is not None and least > most:
        say("list_range", name=param.key, least=as_text(least), most=as_text(most))
        least = most = None
    if step is not None and step < SMALLEST:
        say("list_step", name=param.key, step=as_text(step))
        step = None
    whole = _whole(source, word, param.role, least, step)
    update = {"wire": Wire.NUMBER, "minimum": least, "maximum": most, "step": step, "integer": whole}
    unit = param.unit or ("s" if param.role == "duration" else "")
    return param.model_copy(update={**update, "unit": unit})


def _whole(source: Record, word: str, role: str, least: float | None, step: float | None) -> bool:
    said = truth(first(source, *WHOLE))
    if said is not None:
        return said
    if word.lower() in {"integer", "int"}:
        return True
    if step is not None:
        return step.is_integer() and (least is None or least.is_integer())
    return role in {"seed", "duration"}


def _with_default(param: Param, source: Record, say: Say) -> Param:
    default = first(source, *DEFAULT)
    default = first(record(default), "value") if record(default) else default
    if default is None:
        return param
    value = scalar(default)
    fitting = coerce(param, value) if value is not None else None
    too_long = isinstance(fitting, str) and param.max_length is not None and len(fitting) > param.max_length
    if fitting is None or too_long:
        say("list_default", name=param.key, value=shown(default))
        return param
    return param.model_copy(update={"default": fitting})
