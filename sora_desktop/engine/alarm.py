"""One timer for everything that waits."""

from __future__ import annotations

import asyncio

from sora_desktop.engine.clock import Clock

LONGEST = 30.0
"""A wait is cut into pieces of this many seconds, so that a laptop that slept is noticed soon after it wakes."""


class Alarm:
    """Waits until a moment or until it is rung, with at most a handful of timers alive.

    A cancelled timer lives on under qasync until it would have fired. So none is ever cancelled: a timer that rings for
    nothing costs one look at the queue.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()
        self._set_for: float | None = None

    def ring(self) -> None:
        """Ends the wait at once; any number of rings before the next wait count as one."""
        self._event.set()

    async def wait_until(self, moment: float | None) -> None:
        """Waits for a ring, or until `moment` (monotonic seconds; None for as long as it takes)."""
        now = self._clock.monotonic()
        moment = now + LONGEST if moment is None else min(moment, now + LONGEST)
        if self._set_for is None or self._set_for <= now or moment < self._set_for:
            self._set_for = moment
            asyncio.get_running_loop().call_later(max(0.0, moment - now), self._fire, moment)
        await self._event.wait()
        self._event.clear()

    def _fire(self, moment: float) -> None:
        if self._set_for == moment:
            self._set_for = None
        self._event.set()
