"""What Rivya's contract forbids in a create call. Every check raises Refusal `validation_failed`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import urlsplit

from sora_desktop.simulator.errors import invalid
from sora_desktop.simulator.files import StoredFile
from sora_desktop.simulator.rivya_models import MIME_TYPES, ModelParam, RivyaModel
from sora_desktop.simulator.tasks import Order

FIELDS = {"model", "prompt", "params", "client_request_id"}
ITEM_FIELDS = {"url", "kind", "name", "mimeType", "durationSeconds", "durationToken"}
REFERENCES = "referenceMediaItems"
MOST_ID = 128

ModelOfId = Callable[[str], RivyaModel | None]
FileOfUrl = Callable[[str], StoredFile | None]
"""Finds an uploaded file by its address. Raises Refusal where the address is the simulator's, but has no file."""


def json_object(body: bytes, content_type: str) -> dict[str, Any]:
    """The body as a JSON object: declared as JSON, no key twice, no NaN."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise invalid("The Content-Type must be application/json.")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid("The body is no valid JSON.") from None
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object.")
    return value


def order_of(sent: dict[str, Any], body: bytes, intent: str | None, file_of: FileOfUrl, model_of: ModelOfId) -> Order:
    """A create call that breaks no rule, as an order."""
    unknown = sorted(set(sent) - FIELDS)
    if unknown:
        raise invalid(f"Unknown field: {', '.join(unknown)}.")
    model = _model(sent.get("model"), model_of)
    prompt = sent.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise invalid("prompt: a text is required.")
    if len(prompt) > model.prompt_limit:
        raise invalid(f"prompt: at most {model.prompt_limit} characters.")
    request_id = sent.get("client_request_id")
    if "client_request_id" in sent and not (isinstance(request_id, str) and 0 < len(request_id) <= MOST_ID):
        raise invalid(f"client_request_id: a text of at most {MOST_ID} characters.")
    params = sent.get("params", {})
    if not isinstance(params, dict):
        raise invalid("params: must be an object.")
    check_params(model, {key: value for key, value in params.items() if key != REFERENCES})
    if REFERENCES in params:
        check_references(model, params[REFERENCES], file_of)
    width, height, seconds = _shape(model, params)
    return Order(
        dialect="rivya",
        model=model.id,
        prompt=prompt,
        params=params,
        width=width,
        height=height,
        seconds=seconds,
        credits=model.credits,
        body=body,
        intent=intent,
        client_request_id=request_id,
    )


def check_params(model: RivyaModel, params: dict[str, Any]) -> None:
    for key, value in params.items():
        param = model.param(key)
        if param is None:
            raise invalid(f"params.{key}: {model.id} has no such parameter.")
        _check_value(param, value)
    for param in model.params:
        if param.required and param.default is None and param.key not in params:
            raise invalid(f"params.{param.key}: is required.")


def check_references(model: RivyaModel, items: Any, file_of: FileOfUrl) -> None:
    if not isinstance(items, list):
        raise invalid(f"params.{REFERENCES}: must be a list.")
    if items and not model.references:
        raise invalid(f"params.{REFERENCES}: {model.id} takes no references.")
    if len(items) > model.most_references:
        raise invalid(f"params.{REFERENCES}: at most {model.most_references}.")
    for index, item in enumerate(items):
        _check_item(model, item, f"params.{REFERENCES}[{index}]", file_of)


def check_mime(model: RivyaModel | None, kind: str, mime: str, place: str) -> None:
    if model is not None and kind not in model.references:
        raise invalid(f"{place}: {model.id} takes no {kind}.")
    if mime not in MIME_TYPES[kind]:
        raise invalid(f"{place}: {mime or 'this type'} is not taken as {kind}.")


def _model(value: Any, model_of: ModelOfId) -> RivyaModel:
    if not isinstance(value, str) or not value:
        raise invalid("model: is required.")
    model = model_of(value)
    if model is None:
        raise invalid(f"model: there is no model {value}.")
    if model.status != "available":
        raise invalid(f"model: {value} is {model.status}.")
    if not model.renders:
        raise invalid(f"model: {value} makes no video; the simulator makes nothing else.")
    return model


def _check_value(param: ModelParam, value: Any) -> None:
    place = f"params.{param.key}"
    match param.type:
        case "select":
            if not isinstance(value, str):
                raise invalid(f"{place}: must be a string.")
            if value not in {option for option, _label in param.options}:
                raise invalid(f"{place}: one of {', '.join(option for option, _label in param.options)}.")
        case "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise invalid(f"{place}: must be a number.")
            _check_range(param, float(value), place)
        case _:
            if not isinstance(value, str):
                raise invalid(f"{place}: must be a string.")
            if param.longest is not None and len(value) > param.longest:
                raise invalid(f"{place}: at most {param.longest} characters.")


def _check_range(param: ModelParam, value: float, place: str) -> None:
    if not math.isfinite(value):
        raise invalid(f"{place}: must be a number.")
    if param.least is not None and value < param.least:
        raise invalid(f"{place}: at least {param.least:g}.")
    if param.most is not None and value > param.most:
        raise invalid(f"{place}: at most {param.most:g}.")
    if param.step is not None:
        steps = (value - (param.least or 0)) / param.step
        if abs(steps - round(steps)) > 1e-6:
            raise invalid(f"{place}: in steps of {param.step:g}.")


def _check_item(model: RivyaModel, item: Any, place: str, file_of: FileOfUrl) -> None:
    if not isinstance(item, dict):
        raise invalid(f"{place}: must be an object.")
    unknown = sorted(set(item) - ITEM_FIELDS)
    if unknown:
        raise invalid(f"{place}: unknown field {', '.join(unknown)}.")
    kind, url = item.get("kind"), item.get("url")
    if not isinstance(kind, str) or kind not in MIME_TYPES:
        raise invalid(f"{place}.kind: image, video or audio.")
    if not isinstance(url, str) or not web_address(url):
        raise invalid(f"{place}.url: an http or https address is required.")
    if "name" in item and not isinstance(item["name"], str):
        raise invalid(f"{place}.name: must be a string.")
    if "mimeType" in item and not isinstance(item["mimeType"], str):
        raise invalid(f"{place}.mimeType: must be a string.")
    file = file_of(url)
    if file is None and model.extra.get("url_input_supported") is False:
        raise invalid(f"{place}.url: upload the file first.")
    mime = item.get("mimeType", file.mime if file else MIME_TYPES[kind][0])
    check_mime(model, kind, mime, place)
    _check_duration(item, kind, place)
    if file is not None:
        _check_file(model, item, file, place)


def _check_duration(item: dict[str, Any], kind: str, place: str) -> None:
    seconds, token = item.get("durationSeconds"), item.get("durationToken")
    if kind == "image" and ("durationSeconds" in item or "durationToken" in item):
        raise invalid(f"{place}: an image has no duration.")
    if "durationSeconds" in item and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        raise invalid(f"{place}.durationSeconds: must be a number.")
    if "durationToken" in item and not isinstance(token, str):
        raise invalid(f"{place}.durationToken: must be a string.")


def _check_file(model: RivyaModel, item: dict[str, Any], file: StoredFile, place: str) -> None:
    """What is told of an uploaded file must be what was uploaded."""
    if item["kind"] != file.kind:
        raise invalid(f"{place}.kind: the file is a {file.kind}.")
    if item.get("mimeType", file.mime) != file.mime:
        raise invalid(f"{place}.mimeType: the file is {file.mime}.")
    if file.size > model.most_bytes(file.kind):
        raise invalid(f"{place}: the file is too large.")
    if "durationToken" in item and item["durationToken"] != file.token:
        raise invalid(f"{place}.durationToken: is not the one of this file.")


def web_address(url: str) -> bool:
    """Whether a service could fetch from `url`: http(s), with a host, without a login, without white space."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    clean = url.isprintable() and not any(char.isspace() for char in url)
    return clean and parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username


def _shape(model: RivyaModel, params: dict[str, Any]) -> tuple[int, int, float]:
    """Width and height in pixels and length in seconds of what was ordered. The contract publishes no pixels."""
    if model.id == "ridge-motion-1":
        lines = int(params.get("resolution", "720p").removesuffix("p"))
        return lines * 16 // 9 // 2 * 2, lines, float(params.get("duration", 5))
    long, short = (1792, 1024) if params.get("size") == "high" else (1280, 720)
    seconds = float(params.get("n_frames", "10"))
    return (short, long, seconds) if params.get("aspect_ratio") == "portrait" else (long, short, seconds)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _value in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key twice")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
