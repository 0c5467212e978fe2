"""What the readers of the live list share: notes on what is odd, and values of any JSON made safe to keep.

Every byte of the list is hostile: texts are bounded and plain, numbers finite, depth and size limited.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection
from typing import Any, Protocol, cast

from pydantic import JsonValue

from sora_desktop.core.notes import Note
from sora_desktop.core.params import Scalar
from sora_desktop.providers.answers import Record, items, number, plain, record

MAX_NOTES = 100
MAX_VALUE = 2000
"""Characters of a value that is sent back: an option, a default."""
MAX_KEPT = 50
"""Entries of an unknown object or list that are kept."""
DEEPEST = 4


class Say(Protocol):
    """Takes one note: the code of its sentence (what is wrong, what was done), and what fills it."""

    def __call__(self, code: str, **args: str) -> None: ...


class Notes:
    """Notes in their order, each once, at most `MAX_NOTES`."""

    def __init__(self) -> None:
        self._notes: dict[tuple[object, ...], Note] = {}
        self._more = 0

    def say(self, code: str, **args: str) -> None:
        told = (code, *args.values())
        if told in self._notes:
            return
        if len(self._notes) < MAX_NOTES:
            self._notes[told] = Note(code=code, args=args)
        else:
            self._more += 1

    def about(self, name: str) -> Say:
        """Notes on one model."""

        def say(code: str, **args: str) -> None:
            self.say(code, model=name, **args)

        return say

    @property
    def all(self) -> tuple[Note, ...]:
        more = (Note(code="list_more", args={"count": str(self._more)}),) if self._more else ()
        return (*self._notes.values(), *more)


def shown(value: object) -> str:
    """What stands where something else was expected, as JSON writes it, shortened."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return plain(value, 40)
    if isinstance(value, str):
        return f"“{plain(value, 40)}”"
    return "[…]" if isinstance(value, list) else "{…}"


def text_value(value: object) -> str | None:
    """A text that may be sent back character for character; None for one that is too long or holds odd characters."""
    if not isinstance(value, str) or len(value) > MAX_VALUE:
        return None
    odd = not value.isascii() or not value.isprintable()
    odd = odd and any(unicodedata.category(char) in {"Cc", "Cs", "Cn"} and char not in "\n\t" for char in value)
    return None if odd else value


def scalar(value: object) -> Scalar | None:
    """`value` where it is a text that can be sent back, a finite number or a truth value."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else None
    if isinstance(value, float):
        return number(value)
    return text_value(value)


def truth(value: object) -> bool | None:
    """A truth value, also where it came as text or as 0 and 1; None where it is none."""
    if isinstance(value, (bool, int, float, str)):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
            str(value).strip().lower()[:10]
        )
    return None


def rest(source: Record, read: Collection[str]) -> dict[str, JsonValue]:
    """The keys of `source` that nobody reads, as `kept` keeps them."""
    unread = [key for key in source if key not in read][:MAX_KEPT]
    return {name: kept(source[key]) for key in unread if (name := plain(key, 100))}


def kept(value: object, depth: int = 0) -> JsonValue:
    """Any JSON, bounded: long texts and lists are cut, what lies too deep is left out."""
    if isinstance(value, dict):
        source = record(cast("object", value))
        if depth >= DEEPEST:
            return {}
        return {name: kept(source[key], depth + 1) for key in list(source)[:MAX_KEPT] if (name := plain(key, 100))}
    if isinstance(value, list):
        return [] if depth >= DEEPEST else [kept(one, depth + 1) for one in items(cast("object", value))[:MAX_KEPT]]
    if isinstance(value, str):
        return plain(value)
    return value if isinstance(value, bool) else _kept_number(value)


def _kept_number(value: object) -> JsonValue:
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else None
    return number(value) if isinstance(value, float) else None


def as_json(value: Any) -> str | None:
    """`value` as compact JSON text that can be sent back; None where it is too long or no JSON of today."""
    try:
        text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError):
        return None
    return text if len(text) <= MAX_VALUE else None
