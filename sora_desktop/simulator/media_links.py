"""Signed addresses of results. A link is good until its time is over, and tells nothing of the task."""

from __future__ import annotations

import hashlib
import hmac
import math

from sora_desktop.simulator.tasks import Task
from sora_desktop.simulator.world import World


def fresh(world: World, task: Task) -> str:
    """A link that lives on for at least half of a link's life: Rivya makes a new one when a task is asked for late."""
    window = world.link_seconds / 2
    return _signed(world, task, (math.floor(world.clock.now() / window) + 2) * window)


def fixed(world: World, task: Task) -> str:
    """The one link of a complete task: it dies a day (times the pace) after completion, and no other follows."""
    return _signed(world, task, (task.completed_at or task.done_at) + world.link_seconds)


def expires(world: World, media: str, query: dict[str, str]) -> float | None:
    """When the link with this query dies; None where it was not made here."""
    until = query.get("expires", "")
    if not hmac.compare_digest(_signature(world, media, until).encode(), query.get("signature", "").encode()):
        return None
    return float(until)


def _signed(world: World, task: Task, until: float) -> str:
    words = f"{until:.0f}"
    return (
        f"{world.media_origin}/media/{task.media}.mp4?expires={words}&signature={_signature(world, task.media, words)}"
    )


def _signature(world: World, media: str, until: str) -> str:
    return hmac.new(world.secret, f"{media} {until}".encode(), hashlib.sha256).hexdigest()[:40]
