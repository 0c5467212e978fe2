"""What a generation will cost, as far as it is published."""

from __future__ import annotations

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Values


def estimate(model: Model, values: Values, count: int = 1) -> float | None:
    """Credits for `count` clips, or None where the provider publishes no price.

    `values` matter to no published price yet; they are taken so that a price by duration needs no new callers.
    """
    _ = values
    return None if model.credits is None else model.credits * count
