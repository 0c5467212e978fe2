"""What the radar said, so that each thing is said once, over restarts too."""

from __future__ import annotations

from collections.abc import Callable

from sora_desktop.core.signal import Signal
from sora_desktop.engine.tasks import Tasks
from sora_desktop.storage.warnings import Warning, WarningStore

LASTING = {"changed", "notice"}
"""Kinds that stand until they are dismissed. The others end when they are no longer so, and a look finds them again."""
FORGOTTEN = 90 * 86_400.0
"""Seconds after which what was said of a change need not be remembered any more."""


class Sayings:
    """Warnings by their keys, in the order they came. `changed`: what is open is another now."""

    def __init__(self, store: WarningStore, tasks: Tasks) -> None:
        self.changed: Signal[[]] = Signal()
        self._store = store
        self._tasks = tasks
        self._said: dict[str, Warning] = {}
        self._dismissed: set[str] = set()

    @property
    def open(self) -> tuple[Warning, ...]:
        return tuple(one for one in self._said.values() if one.key not in self._dismissed)

    @property
    def known(self) -> tuple[Warning, ...]:
        """Also those that were dismissed and are still so."""
        return tuple(self._said.values())

    async def load(self, now: float) -> None:
        """Reads what was said before; what is old, or cannot be told again without a look, is forgotten."""
        for warning, dismissed in await self._store.all():
            if (warning.kind in LASTING or dismissed) and now - warning.at < FORGOTTEN:
                self._said[warning.key] = warning
                if dismissed:
                    self._dismissed.add(warning.key)
            else:
                await self._store.forget(warning.key)
        if self.open:
            self.changed.emit()

    async def say(self, warning: Warning) -> None:
        if warning.key in self._said:
            return
        self._said[warning.key] = warning
        self.changed.emit()
        await self._store.put(warning)

    async def end(self, over: Callable[[Warning], bool]) -> None:
        """Forgets what is over: should it come again, it is said again."""
        ended = [one for one in self._said.values() if over(one)]
        before = self.open
        for one in ended:
            del self._said[one.key]
            self._dismissed.discard(one.key)
        if self.open != before:
            self.changed.emit()
        for one in ended:
            await self._store.forget(one.key)

    def dismiss(self, key: str) -> None:
        """Shows it no more; that is remembered soon."""
        warning = self._said.get(key)
        if warning is None or key in self._dismissed:
            return
        self._dismissed.add(key)
        self.changed.emit()
        self._tasks.spawn(self._store.put(warning, dismissed=True), "warning dismissed")
