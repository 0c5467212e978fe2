"""File names from a template: one path component that every system takes, whatever text comes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePath

DEFAULT_TEMPLATE = "{date} {prompt} {id}"
FIELDS = ("date", "time", "prompt", "model", "account", "id")
MAX_BYTES = 150
"""Of UTF-8. Leaves room under the usual 255 for a number, a suffix and `.part`."""

LONGEST_SHOWN = 200

_JOINERS = "\u200c\u200d"
"""Invisible, and yet part of how Persian words and many emoji are written."""
_PLACE = re.compile(r"\{(\w+)\}")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$", re.IGNORECASE)
"""Names that Windows keeps for devices, with any suffix: Microsoft, "Naming Files, Paths, and Namespaces"."""


def file_stem(template: str, fields: Mapping[str, str]) -> str:
    """The name of a file without its suffix: one safe component of at most MAX_BYTES bytes, never empty.

    `fields` are FIELDS by name; a place without a value is left empty. A long prompt is cut so that the rest of the
    template stays whole.
    """
    template = _cleaned(template)
    values = {name: _cleaned(value) for name, value in fields.items()}
    prompt = values.get("prompt", "")
    stem = _filled(template, values)
    if _size(stem) > MAX_BYTES and prompt:
        places = max(1, _PLACE.sub(lambda match: "\0" if match[1] == "prompt" else "", template).count("\0"))
        rest = _size(_filled(template, {**values, "prompt": "…"})) - places * _size("…")
        stem = _filled(template, {**values, "prompt": _cut(prompt, max(0, (MAX_BYTES - rest) // places))})
    return safe_component(stem)


def unknown_fields(template: str) -> tuple[str, ...]:
    """The places of `template` that stand for nothing, in order."""
    return tuple(name for name in _PLACE.findall(template) if name not in FIELDS)


def safe_component(text: str, fallback: str = "video") -> str:
    """`text` as one path component for Linux, Windows and macOS, at most MAX_BYTES bytes of UTF-8, never empty."""
    name = _trimmed(_cut(_trimmed(_cleaned(text)), MAX_BYTES))
    if not name:
        return fallback
    if _RESERVED.match(name.split(".", 1)[0].strip()):
        name = _trimmed(_cut(f"_{name}", MAX_BYTES))
    return name


def shown_name(text: str) -> str:
    """A file's name as it is shown, and told to a service: one line of text, at most LONGEST_SHOWN characters."""
    kept = "".join(_shown(char) for char in text)
    name = " ".join(kept.split())
    if len(name) <= LONGEST_SHOWN:
        return name
    ending = PurePath(name).suffix[:10]
    return f"{name[: LONGEST_SHOWN - 1 - len(ending)].rstrip()}…{ending}"


def _shown(char: str) -> str:
    """Nothing that breaks a line or turns the writing round; a mark where there is no character at all."""
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    return char if category[0] != "C" or char in _JOINERS else ""


def _filled(template: str, values: Mapping[str, str]) -> str:
    return " ".join(_PLACE.sub(lambda match: values.get(match[1], ""), template).split())


def _cleaned(text: str) -> str:
    """Without control and invisible characters, separators and what Windows forbids; white space made single."""
    visible = "".join(
        " " if char.isspace() else char for char in text if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    return " ".join(_FORBIDDEN.sub("-", unicodedata.normalize("NFC", visible)).split())


def _trimmed(text: str) -> str:
    """Without dots, dashes and spaces at either end: hidden files, options, and what Windows drops."""
    return text.strip(" .-~")


def _cut(text: str, size: int) -> str:
    """The longest beginning of at most `size` bytes, with no character and no accent cut off."""
    if _size(text) <= size:
        return text
    kept = text.encode()[:size].decode(errors="ignore")
    rest = text[len(kept) :]
    while kept and rest and unicodedata.combining(rest[0]):
        kept, rest = kept[:-1], kept[-1] + rest
    return kept.rstrip()


def _size(text: str) -> int:
    return len(text.encode())
