"""Rows that hold a JSON document. One that cannot be read is skipped and logged; its row stays."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)
_reported: set[str] = set()
"""What was logged already: a list is read again and again, and one line about a broken row is enough."""


def read_all(kind: type[M], rows: Iterable[tuple[str, str]]) -> list[M]:
    """The readable documents of (id, document) rows, in their order."""
    return [document for key, text in rows if (document := read_one(kind, key, text)) is not None]


def read_one(kind: type[M], key: str, text: str) -> M | None:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        if key in _reported:
            return None
        _reported.add(key)
        # Neither input nor URL: a prompt is the user's own.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        log.error("%s %s cannot be read and is left alone: %s: %s", kind.__name__, key, place, first["type"])
        return None
