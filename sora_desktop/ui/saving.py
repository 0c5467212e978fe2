"""What sees to it that nothing written is lost: saved a moment later, and again where that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, QTimer, Signal

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.words import sentence


class Saver(QObject):
    """Calls `save_one` as long as `savable` is true. `failed` carries a sentence; it is tried again by itself.

    `after` and `again` are milliseconds: until what is written is saved, and until what failed is.
    """

    failed = Signal(str)

    def __init__(
        self,
        studio: Studio,
        savable: Callable[[], object],
        save_one: Callable[[], Awaitable[None]],
        parent: QObject,
        *,
        after: int,
        again: int,
        name: str,
    ) -> None:
        super().__init__(parent)
        self._studio, self._name = studio, name
        self._savable, self._save_one = savable, save_one
        self.after, self.again = after, again
        self._saving = asyncio.Lock()
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.timeout.connect(self.save_now)

    @property
    def due(self) -> bool:
        """Whether a save is to come by itself."""
        return self._due.isActive()

    @property
    def busy(self) -> bool:
        """Whether something is being saved, or will be by itself."""
        return self.due or self._saving.locked()

    def start(self) -> None:
        """Something was written: it is saved after a moment, counted from now."""
        self._due.start(self.after)

    def save_now(self) -> None:
        """Begins to save what is not saved."""
        self._due.stop()
        if not self._savable():
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # Between two runs of the loop, as when the program is closing: whoever runs it next saves.
            self._due.start(self.after)
        else:
            self._studio.tasks.spawn(self.flush(), self._name)

    async def flush(self) -> None:
        """Returns when everything written so far is on disk, or when it was said that it could not be kept."""
        self._due.stop()
        async with self._saving:
            while self._savable():
                try:
                    await self._save_one()
                except EnvironmentProblem as problem:
                    self.failed.emit(sentence(problem))
                    self._due.start(self.again)
                    return
