"""Jobs in every state, for screens that show them."""

from __future__ import annotations

import itertools
from typing import Any

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest

_numbers = itertools.count(1)
NOW = 1_760_000_000.0
"""A moment in the middle of a day in every time zone that matters: 2025-10-09 08:53 UTC."""


def made(prompt: str = "A red train", state: State = State.WAITING, **fields: Any) -> Job:
    """A job of the built-in Rivya account; any field of Job, and `model`, `provider`, `values` of its request."""
    number = next(_numbers)
    request = GenerationRequest(
        provider=fields.pop("provider", "rivya"),
        model=fields.pop("model", "sora-2"),
        prompt=prompt,
        values=fields.pop("values", {}),
    )
    fields = {
        "id": f"job{number:06}",
        "intent": f"intent{number}",
        "account": "simulator-rivya",
        "base_url": "",
        "position": float(number),
        "created_at": NOW + number,
    } | fields
    return Job(request=request, state=state, **fields)
