"""Time, in one replaceable place."""

from __future__ import annotations

import random
import time


class Clock:
    """Wall time for what is stored, monotonic time for what is waited for: a changed clock moves no poll."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some start; never runs backwards."""
        return time.monotonic()

    def jitter(self, seconds: float) -> float:
        """`seconds`, up to a tenth more or less, so that many jobs do not ask at once."""
        return seconds * random.uniform(0.9, 1.1)
