"""The simulated time: the machine's own, moved on by command."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from sora_desktop.simulator.store import Store


class Clock:
    """Unix seconds. What was added survives a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ahead = float(store.setting("clock_ahead", "0"))

    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        self._store.set_setting("clock_ahead", repr(self._ahead))


def iso(seconds: float) -> str:
    """Unix seconds as Rivya writes times: 2026-05-11T00:00:00.000Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
