"""What a server's own description (`/openapi.json`) says of its create call, as parameters. All of it is hostile text.

FastAPI makes such a description: vLLM-Omni, SGLang and LiteLLM have one. Gateways in other languages have none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from sora_desktop.core.params import Option, Param, ParamType, Scalar, Wire, as_text
from sora_desktop.core.servers import Form
from sora_desktop.providers.answers import Record, first, items, number, plain, record

MOST = 40
"""Parameters that are taken from a description."""
OWN = frozenset(
    {"model", "prompt", "user", "extra_body", "extra_params", "input_reference", "image_reference", "references"}
)
"""Fields of a create call that are no parameters, or that no parameter can hold."""
SIZES = ("1280x720", "720x1280", "1792x1024", "1024x1792")
SECONDS = ("4", "8", "12")
LARGEST = 1e15
"""Figures beyond it are no bounds and no choices: no field holds them."""
LONGEST = 60
"""Seconds: the most that is offered where a server names no limit."""
KNOWN = {
    "negative_prompt": Param(
        key="negative_prompt",
        label="Negative prompt",
        help="What the clip should not show.",
        type=ParamType.TEXT,
        role="negative",
        advanced=True,
    ),
    "seed": Param(
        key="seed",
        label="Seed",
        help="The same seed and request give the same clip.",
        type=ParamType.NUMBER,
        wire=Wire.INTEGER,
        integer=True,
        minimum=0,
        maximum=2**31 - 1,
        role="seed",
        advanced=True,
    ),
    "num_inference_steps": Param(
        key="num_inference_steps",
        label="Steps",
        help="More steps take longer.",
        type=ParamType.NUMBER,
        wire=Wire.INTEGER,
        integer=True,
        minimum=1,
        maximum=200,
        advanced=True,
    ),
    "guidance_scale": Param(
        key="guidance_scale",
        label="Guidance",
        help="How closely the clip follows the prompt.",
        type=ParamType.NUMBER,
        wire=Wire.NUMBER,
        minimum=0,
        maximum=20,
        advanced=True,
    ),
    "fps": Param(
        key="fps",
        label="Frames per second",
        type=ParamType.NUMBER,
        wire=Wire.INTEGER,
        integer=True,
        minimum=1,
        maximum=120,
        advanced=True,
    ),
}
"""The extra fields of diffusion servers (contract). None has a default: what is not set is not sent."""


@dataclass(frozen=True, slots=True)
class Described:
    """`form` is None where the description does not tell, `reference` empty. `calls` are (method, path behind the
    prefix), with "*" for an id. `variants` are those of the content call."""

    params: tuple[Param, ...] | None
    form: Form | None
    reference: str
    calls: frozenset[tuple[str, str]]
    variants: tuple[str, ...] = ()
    title: str = ""


def usual() -> tuple[Param, ...]:
    """The parameters of a server that describes nothing: those of the protocol, then the known extra ones."""
    return (_size(SIZES), _seconds({}), *KNOWN.values())


def described(document: Record, prefix: str) -> Described | None:
    """What the description says of the calls behind `prefix`; None where it has no create call there."""
    paths = record(document.get("paths"))
    calls: set[tuple[str, str]] = set()
    for path, methods in islice(paths.items(), 5000):
        tail = re.sub(r"\{[^/{}]*\}", "*", path).rstrip("/")
        if tail.startswith(f"{prefix}/videos"):
            calls |= {(method.upper(), tail.removeprefix(prefix)) for method in record(methods)}
    create = record(record(first(paths, f"{prefix}/videos", f"{prefix}/videos/")).get("post"))
    if not create:
        return None
    content = record(record(create.get("requestBody")).get("content"))
    kinds = {kind: _resolved(document, record(told).get("schema")) for kind, told in content.items()}
    json_body, form_body = kinds.get("application/json"), kinds.get("multipart/form-data")
    fields = [record(body.get("properties")) for body in (json_body, form_body) if body]
    named = next((one for one in fields if "prompt" in one), None)
    # A form that can do without a prompt is read by hand, where the call takes JSON as well (SGLang, LiteLLM).
    only_form = json_body is None and form_body is not None and "prompt" in items(form_body.get("required"))
    form = Form.MULTIPART if only_form else Form.JSON if content else None
    params = None if named is None else tuple(islice(_params(document, named), MOST))
    info = record(document.get("info"))
    return Described(
        params=params,
        form=form,
        reference=_reference(document, record((form_body or {}).get("properties"))),
        calls=frozenset(calls),
        variants=tuple(_variants(document, paths, prefix)),
        title=plain(info.get("title"), 60),
    )


def _params(document: Record, properties: Record) -> Iterator[Param]:
    """Size and length first, whether they are described or not, then the others as they come."""
    size = _flat(document, properties.get("size"))
    yield _size(_choices(size) or SIZES, free="size" in properties and not _choices(size))
    yield _seconds(_flat(document, properties.get("seconds")))
    for key, told in properties.items():
        if key in {"size", "seconds"} or key in OWN or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", key):
            continue
        param = _param(key, _flat(document, told))
        if param is not None:
            yield param


def _param(key: str, told: Record) -> Param | None:
    """One described field; None for a file, a list, an object."""
    kind = told.get("type")
    if kind not in {"string", "integer", "number", "boolean"} or _is_file(told):
        return None
    known = KNOWN.get(key)
    base = known or Param(
        key=key, label=plain(told.get("title"), 60), help=plain(told.get("description"), 200), advanced=True
    )
    choices = _choices(told)
    if choices:
        options = tuple(Option(value=choice) for choice in choices)
        return base.model_copy(update={"type": ParamType.SELECT, "wire": Wire.SAME, "options": options})
    if kind == "boolean":
        return base.model_copy(update={"type": ParamType.BOOLEAN, "wire": Wire.BOOLEAN})
    if kind == "string":
        return base.model_copy(update={"type": ParamType.TEXT, "wire": Wire.STRING})
    least, most = _limits(told)
    whole = kind == "integer"
    low, high = (base.minimum if least is None else least), (base.maximum if most is None else most)
    if low is not None and high is not None and low > high:
        low, high = least, most  # What the server says goes before what is usual.
    update = {"type": ParamType.NUMBER, "wire": Wire.INTEGER if whole else Wire.NUMBER, "integer": whole}
    return base.model_copy(update={**update, "minimum": low, "maximum": high})


def _size(choices: tuple[Scalar, ...], *, free: bool = False) -> Param:
    """`free`: the server takes any size, and says so by naming none."""
    names = [as_text(choice) for choice in choices] + (["832x480", "480x832", "1024x1024"] if free else [])
    options = tuple(Option(value=name, label=_shape(name), means=_ratio(name)) for name in names)
    return Param(key="size", label="Size", type=ParamType.SELECT, wire=Wire.STRING, role="aspect", options=options)


def _seconds(told: Record) -> Param:
    """A select where the server names its lengths or nothing at all, else any whole number within its limits."""
    choices = _choices(told) or (() if told else SECONDS)
    base = Param(key="seconds", label="Duration", wire=Wire.STRING, role="duration")
    if choices:
        names = [as_text(choice) for choice in choices]
        options = tuple(Option(value=name, label=f"{name} s", means=name) for name in names)
        return base.model_copy(update={"type": ParamType.SELECT, "options": options})
    least, most = _limits(told)
    low = max(1.0, least or 1.0)
    high = most if most is not None and most >= low else max(low, float(LONGEST))
    update = {"type": ParamType.NUMBER, "integer": True, "unit": "s", "minimum": low, "maximum": high}
    return base.model_copy(update=update)


def _shape(size: str) -> str:
    return size.replace("x", "×")


def _ratio(size: str) -> str:
    """ "16:9" for "1280x720"; the size itself where it is none."""
    match = re.fullmatch(r"([1-9]\d{1,4})x([1-9]\d{1,4})", size)
    if match is None:
        return size
    width, height = int(match[1]), int(match[2])
    usual_ratios = ((16, 9), (9, 16), (1, 1), (4, 3), (3, 4), (7, 4), (4, 7))
    near = next(
        (f"{wide}:{high}" for wide, high in usual_ratios if abs(width * high - height * wide) <= 0.02 * height * wide),
        "",
    )
    return near or f"{width}:{height}"


def _choices(told: Record) -> tuple[Scalar, ...]:
    """The values of an enum, as far as they are plain; none where there is only one way or too many."""
    fit: dict[str, Scalar] = {}
    for value in items(told.get("enum")):
        if isinstance(value, str) and plain(value, 80):
            fit.setdefault(plain(value, 80), plain(value, 80))
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST:
            fit.setdefault(as_text(value), value)
    return tuple(fit.values()) if 0 < len(fit) <= 200 else ()


def _limits(told: Record) -> tuple[float | None, float | None]:
    least = number(first(told, "minimum", "exclusiveMinimum"))
    most = number(first(told, "maximum", "exclusiveMaximum"))
    least, most = (None if bound is None or abs(bound) > LARGEST else bound for bound in (least, most))
    return (None, None) if least is not None and most is not None and least > most else (least, most)


def _variants(document: Record, paths: Record, prefix: str) -> Iterator[str]:
    for path, methods in islice(paths.items(), 5000):
        if not re.fullmatch(re.escape(prefix) + r"/videos/\{[^/{}]*\}/content", path):
            continue
        for told in items(record(record(methods).get("get")).get("parameters")):
            if record(told).get("name") == "variant":
                choices = _choices(_flat(document, record(told).get("schema")))
                yield from (as_text(choice) for choice in choices if as_text(choice) not in {"video", "mp4"})


def _reference(document: Record, properties: Record) -> str:
    """The field of a form that takes a file: the protocol's where it is there, else the first."""
    files = [key for key, told in properties.items() if _is_file(_flat(document, told))]
    return "input_reference" if "input_reference" in files else files[0][:64] if files else ""


def _is_file(told: Record) -> bool:
    return told.get("format") == "binary" or "contentMediaType" in told


def _flat(document: Record, told: object) -> Record:
    """A field's schema without "or null" around it."""
    schema = _resolved(document, told)
    options = [_resolved(document, one) for one in items(first(schema, "anyOf", "oneOf", "allOf"))[:10]]
    real = [one for one in options if one.get("type") != "null"]
    outer = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "allOf"}}
    return {**(real[0] if real else {}), **outer}


def _resolved(document: Record, told: object) -> Record:
    """`told`, or what it refers to in the same document."""
    schema = record(told)
    for _ in range(5):
        ref = schema.get("$ref")
        if not isinstance(ref, str) or not ref.startswith("#/"):
            break
        schema = document
        for step in ref[2:].split("/")[:10]:
            schema = record(schema.get(step))
    return schema
