"""How an account's service is doing: when it may be called again, and whether it is there at all."""

from __future__ import annotations

from collections import deque

from sora_desktop.core.errors import FailureKind, ProviderError, Sent
from sora_desktop.engine.clock import Clock

FIRST_WAIT = 2.0
LONGEST_WAIT = 60.0
KEY_FIRST = 30.0
KEY_WAIT = 600.0
"""After a rejected key: a look soon, for it may have been a slip of the service; then every ten minutes, or at once
when the key is changed."""
FORBIDDEN = 403


class Pulse:
    """One account's calls: backs off together, keeps the limit per minute, ends the wait when the key changes."""

    def __init__(self, clock: Clock, per_minute: int, at_once: int, pace: float = 1.0) -> None:
        self._clock = clock
        self._calls: deque[float] = deque()
        self._failures = 0
        self._rejections = 0
        self.per_minute = per_minute
        self.calls_at_once = max(1, at_once)
        self.pace = pace
        self.running = 0
        self.not_before = 0.0
        self.reachable = True
        self.key_rejected = False

    @property
    def troubled(self) -> bool:
        """Whether the service cannot be asked now: it is not there, or does not take the key."""
        return self.key_rejected or not self.reachable

    def ready_at(self) -> float:
        """The monotonic moment from which one more call may start; one that has passed where it may at once."""
        now = self._clock.monotonic()
        moment = self.not_before
        while self._calls and self._calls[0] <= now - 60 * self.pace:
            self._calls.popleft()
        if len(self._calls) >= self.per_minute:
            moment = max(moment, self._calls[0] + 60 * self.pace)
        return moment

    def ready(self) -> bool:
        return self.running < self.calls_at_once and self.ready_at() <= self._clock.monotonic()

    def count(self) -> None:
        """One call goes out now."""
        self._calls.append(self._clock.monotonic())

    def answered(self) -> None:
        """The service answered as it should."""
        self._failures = self._rejections = 0
        self.not_before = 0.0
        self.reachable = True
        self.key_rejected = False

    def failed(self, error: ProviderError) -> float:
        """Notes a failed call; the answer is how many seconds to wait before the same call is made again."""
        kind = error.failure.kind
        if kind is FailureKind.KEY:
            self.key_rejected = True
            wait = min(KEY_FIRST * 2**self._rejections, KEY_WAIT) * self.pace
            self._rejections = min(self._rejections + 1, 10)
            # A 403 is about this one call: the key may do what the account's other calls ask for.
            return wait if error.failure.http_status == FORBIDDEN else self._hold(wait)
        self.reachable = not (kind is FailureKind.NETWORK and error.sent is Sent.NOT_SENT)
        if error.retry_after:  # "At once", or a date that has passed, is no wish.
            return self._hold(min(error.retry_after, 3600.0))
        if kind in {FailureKind.NETWORK, FailureKind.RATE, FailureKind.SERVER}:
            self._failures = min(self._failures + 1, 10)
            wait = min(FIRST_WAIT * 2 ** (self._failures - 1), LONGEST_WAIT)
            return self._hold(self._clock.jitter(wait * self.pace))
        return 0.0

    def reset(self) -> None:
        """The key or the network changed: try again at once."""
        self.answered()

    def _hold(self, seconds: float) -> float:
        self.not_before = max(self.not_before, self._clock.monotonic() + seconds)
        return seconds
