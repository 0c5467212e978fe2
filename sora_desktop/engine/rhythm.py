"""When to ask for a task again."""

from __future__ import annotations

from sora_desktop.core.catalog import Estimate, PollRhythm

OLD = 3600.0
ANCIENT = 86400.0


def next_poll(rhythm: PollRhythm, age: float, polls: int, estimate: Estimate | None = None) -> float:
    """Seconds until the next poll of a task that is `age` seconds old and was asked for `polls` times.

    The published rhythm: `first`, then from `least` to `most` as it ages; past an hour six times slower, past a day
    sixty times. There is no end: a slow task is no lost task (contract: rivya, Poll; globalaiopc, Query).
    """
    if polls == 0:
        return rhythm.first
    usual = estimate.most if estimate else 300.0
    share = min(1.0, max(0.0, age) / usual)
    pause = rhythm.least + (rhythm.most - rhythm.least) * share
    if age > ANCIENT:
        return pause * 60
    return pause * 6 if age > OLD else pause
