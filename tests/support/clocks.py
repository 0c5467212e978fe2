"""A clock for tests."""

from __future__ import annotations

from sora_desktop.engine.clock import Clock


class Hand(Clock):
    """A clock that is moved by hand, without jitter."""

    def __init__(self, moment: float = 1_800_000_000.0) -> None:
        self.moment = moment

    def now(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment

    def jitter(self, seconds: float) -> float:
        return seconds
