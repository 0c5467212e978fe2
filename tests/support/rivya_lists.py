"""Live lists of models: entries of them as tests need them, and what is read of each."""

from __future__ import annotations

from typing import Any

from sora_desktop.core.catalog import Model
from sora_desktop.core.sentences import say
from sora_desktop.providers.base import Listing
from sora_desktop.providers.rivya_models import read_list
from support.dialects import catalog

RIVYA = catalog().provider("rivya")
assert RIVYA is not None
KNOWN = RIVYA.models


def entry(**more: Any) -> dict[str, Any]:
    return {"id": "new-one", "display_name": "New One", "category": "video", **more}


def read(**more: Any) -> tuple[Model, tuple[str, ...]]:
    found = read_list({"data": [entry(**more)]}, KNOWN)
    [model] = found.models
    return model, told(found)


def told(found: Listing) -> tuple[str, ...]:
    """The notes as a person reads them."""
    return tuple(say(note.code, note.args) for note in found.notes)
