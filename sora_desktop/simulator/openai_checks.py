"""What a create call of `/v1/videos` may hold, in JSON or as a form. Every check raises Refusal.

Source: contract, openai_videos; the shapes and lengths are those of OpenAI's own endpoint.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from sora_desktop.simulator import files
from sora_desktop.simulator.calls import bounded_body
from sora_desktop.simulator.errors import Refusal, invalid
from sora_desktop.simulator.openai_manners import OpenAIManners
from sora_desktop.simulator.rivya_checks import json_object
from sora_desktop.simulator.tasks import Order

DIALECT = "openai_videos"
FIELDS = ("model", "prompt", "seconds", "size")
REFERENCE = "input_reference"
SIZES = ("720x1280", "1280x720", "1024x1792", "1792x1024")
LENGTHS = ("4", "8", "12")
USUAL_FPS = 24
LONGEST_SECONDS = 30
LONGEST_PROMPT = 32_000
SIDES = (64, 2048)
MOST_PICTURE_BYTES = 20_000_000
PICTURES = ("image/jpeg", "image/png", "image/webp")
PRICE = 1.0
"""Credits a second, whatever the model: prices are the server's own affair."""


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric field of a diffusion server: its range, and whether it is a whole number."""

    least: float
    most: float
    whole: bool = True


EXTRAS = {
    "width": Number(*SIDES),
    "height": Number(*SIDES),
    "num_frames": Number(1, 480),
    "fps": Number(1, 60),
    "num_inference_steps": Number(1, 200),
    "guidance_scale": Number(0, 20, whole=False),
    "seed": Number(0, 2**32 - 1),
}
NEGATIVE = "negative_prompt"


@dataclass(frozen=True, slots=True)
class Sent:
    """A create call as it came: its fields (texts where it was a form), the file with it, and the whole body."""

    form: str
    values: dict[str, Any]
    body: bytes
    picture: dict[str, Any] | None = None


async def read(request: Request, manners: OpenAIManners) -> Sent:
    """The fields of a create call. Raises Refusal for a form that this server does not take."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    form = {"application/json": "json", "multipart/form-data": "multipart"}.get(kind, "")
    if not form or manners.form not in {"both", form}:
        raise Refusal(415, "unsupported_content_type", f"Unsupported content type: '{kind}'.")
    body = await bounded_body(request)
    if form == "json":
        values = json_object(body, kind)
        if REFERENCE in values:
            raise wrong(REFERENCE, "must be a file in a multipart form.")
        return Sent(form, values, body)
    try:
        async with request.form(max_files=2, max_fields=50) as parts:
            return await _of_form(parts, body)
    except (MultiPartException, HTTPException):
        raise invalid("The form cannot be read.") from None


async def _of_form(parts: FormData, body: bytes) -> Sent:
    items = parts.multi_items()
    if len(items) != len(set(parts)):
        raise invalid("A field comes twice.")
    values: dict[str, Any] = {}
    picture: dict[str, Any] | None = None
    for name, value in items:
        if isinstance(value, UploadFile):
            if name != REFERENCE:
                raise unknown(name)
            picture = await _picture(value)
        elif name == REFERENCE:
            raise wrong(REFERENCE, "must be a file.")
        else:
            values[name] = value
    return Sent("multipart", values, body, picture)


async def _picture(file: UploadFile) -> dict[str, Any]:
    """What is kept of a reference. Raises Refusal unless it is a whole picture of the type that it says it is."""
    data = await file.read()
    if len(data) > MOST_PICTURE_BYTES:
        raise wrong(REFERENCE, f"must not be larger than {MOST_PICTURE_BYTES} bytes.")
    mime = files.signature(data[:16])
    if mime not in PICTURES:
        raise wrong(REFERENCE, f"must be one of {', '.join(PICTURES)}.")
    if file.content_type != mime:
        raise wrong(REFERENCE, f"is {mime}, and not '{file.content_type}'.")
    try:
        width, height = await asyncio.to_thread(_measured, data)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise wrong(REFERENCE, "cannot be decoded.") from None
    digest = hashlib.sha256(data).hexdigest()
    return {"name": file.filename, "mime": mime, "width": width, "height": height, "sha256": digest}


def _measured(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.size


def order_of(sent: Sent, manners: OpenAIManners) -> Order:
    """A create call that breaks no rule, as an order."""
    known = {*FIELDS, *(EXTRAS if manners.extras else ()), *([NEGATIVE] if manners.extras else [])}
    for name in sent.values:
        if name not in known:
            raise unknown(name)
    model = _text(sent.values, "model")
    if model not in manners.models:
        raise Refusal(400, "model_not_found", f"The model '{model}' does not exist or makes no video.", param="model")
    prompt = checked_prompt(sent.values)
    params: dict[str, Any] = {name: _number(name, sent) for name in EXTRAS if name in sent.values}
    if NEGATIVE in sent.values:
        params[NEGATIVE] = _text(sent.values, NEGATIVE, may_be_empty=True)
    width, height = _shape(sent.values, params, manners)
    seconds = _seconds(sent.values, params, manners)
    params |= {name: sent.values[name] for name in ("seconds", "size") if name in sent.values}
    if sent.picture is not None:
        params[REFERENCE] = sent.picture
    return order(model, prompt, params | {"form": sent.form}, (width, height), seconds, sent.body)


def order(model: str, prompt: str, params: dict[str, Any], size: tuple[int, int], seconds: float, body: bytes) -> Order:
    """An order of this dialect, with its price."""
    width, height = size
    return Order(DIALECT, model, prompt, params, width, height, seconds, PRICE * seconds, body)


def checked_prompt(values: Mapping[str, Any]) -> str:
    prompt = _text(values, "prompt")
    if len(prompt) > LONGEST_PROMPT:
        raise wrong("prompt", f"must have at most {LONGEST_PROMPT} characters.")
    return prompt


def _shape(values: dict[str, Any], params: dict[str, Any], manners: OpenAIManners) -> tuple[int, int]:
    size = _text(values, "size") if "size" in values else ""
    if ("width" in params) != ("height" in params):
        raise wrong("width", "and height go together.")
    if "width" in params:
        sides = params["width"], params["height"]
        if size and size != f"{sides[0]}x{sides[1]}":
            raise wrong("size", "is not width and height.")
    elif not size:
        sides = 720, 1280
    elif manners.extras or size in SIZES:
        sides = _sides(size)
    else:
        raise wrong("size", f"must be one of {', '.join(SIZES)}, not '{size}'.", "invalid_value")
    if any(side % 2 or not SIDES[0] <= side <= SIDES[1] for side in sides):
        raise wrong("size", f"must have even sides from {SIDES[0]} to {SIDES[1]}.", "invalid_value")
    return sides


def _sides(size: str) -> tuple[int, int]:
    width, cross, height = size.partition("x")
    if not cross or not all(side.isascii() and side.isdigit() and len(side) < 6 for side in (width, height)):
        raise wrong("size", "must be WIDTHxHEIGHT.", "invalid_value")
    return int(width), int(height)


def _seconds(values: dict[str, Any], params: dict[str, Any], manners: OpenAIManners) -> float:
    """The clip's length; a number of frames decides it where there is one."""
    text = _text(values, "seconds") if "seconds" in values else LENGTHS[0]
    if not manners.extras and text not in LENGTHS:
        raise wrong("seconds", f"must be one of {', '.join(LENGTHS)}, not '{text}'.", "invalid_value")
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:6]) <= LONGEST_SECONDS:
        raise wrong("seconds", f"must be a whole number up to {LONGEST_SECONDS}.", "invalid_value")
    if "num_frames" not in params:
        return float(text)
    seconds = params["num_frames"] / params.get("fps", USUAL_FPS)
    if seconds > LONGEST_SECONDS:
        raise wrong("num_frames", f"must not make more than {LONGEST_SECONDS} seconds.", "invalid_value")
    return seconds


def _number(name: str, sent: Sent) -> float:
    value, rule = sent.values[name], EXTRAS[name]
    if sent.form == "multipart":
        value = _read(value, rule.whole)
    allowed = (int,) if rule.whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise wrong(name, f"must be {'an integer' if rule.whole else 'a number'}.", "invalid_type")
    if not math.isfinite(value) or not rule.least <= value <= rule.most:
        raise wrong(name, f"must be from {rule.least:g} to {rule.most:g}.", "invalid_value")
    return value


def _read(text: str, whole: bool) -> float | None:
    """A number in a form; None where the text is none."""
    if not text or set(text) - set("+-.0123456789eE"):
        return None
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return None


def _text(values: Mapping[str, Any], name: str, *, may_be_empty: bool = False) -> str:
    if name not in values:
        raise wrong(name, "is required.", "missing_required_parameter")
    value = values[name]
    if not isinstance(value, str):
        raise wrong(name, "must be a string.", "invalid_type")
    if not value.strip() and not may_be_empty:
        raise wrong(name, "must not be empty.")
    return value


def wrong(name: str, words: str, code: str = "invalid_value") -> Refusal:
    return Refusal(400, code, f"Invalid request: '{name}' {words}", param=name)


def unknown(name: str) -> Refusal:
    return Refusal(400, "unknown_parameter", f"Unknown parameter: '{name}'.", param=name)
