"""Rows that hold a JSON document. One that cannot be read is skipped and logged; its row stays."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)


def read_all(kind: type[M], rows: Iterable[tuple[str, str]]) -> list[M]:
    """The readable documents of (id, document) rows, in their order."""
    return [document for key, text in rows if (document := read_one(kind, key, text)) is not None]


def read_one(kind: type[M], key: str, text: str) -> M | None:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        # Neither input nor URL: a prompt is the user's own.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        log.error("%s %s cannot be read and is left alone: %s: %s", kind.__name__, key, place, first["type"])
        return None
