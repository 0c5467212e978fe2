"""A studio on the real stores, in a folder of the test's own."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from sora_desktop import assembly
from sora_desktop.storage.paths import Paths
from sora_desktop.ui.studio import Studio
from support.loops import Run


class Opened:
    """`studio` with its `rooms`; `close()` shuts everything as the program does."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._stack = AsyncExitStack()
        self.rooms = run(self._stack.enter_async_context(assembly.opened(Paths.at(folder))))
        rooms = self.rooms
        self.studio = Studio(
            catalog=rooms.catalog,
            accounts=rooms.accounts,
            engine=rooms.engine,
            drafts=rooms.drafts,
            settings=rooms.settings,
            tasks=rooms.tasks,
            paths=rooms.paths,
            secrets=rooms.secrets,
        )
        self.failed: list[tuple[BaseException, str]] = []
        rooms.tasks.failed.connect(lambda error, name: self.failed.append((error, name)))

    def idle(self) -> None:
        """Runs until no task of the studio's is left that ends by itself."""
        self._run.until(lambda: not len(self.rooms.tasks))

    def close(self) -> None:
        self._run(self._stack.aclose())
        assert self.failed == []
