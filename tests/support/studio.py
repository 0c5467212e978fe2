"""A studio on the real stores, in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from pytestqt.qtbot import QtBot

from sora_desktop import assembly
from sora_desktop.storage.paths import Paths
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.studio import Studio
from support.loops import Run


class Opened:
    """`studio` with its `rooms`; `close()` shuts everything as the program does."""

    def __init__(self, run: Run, folder: Path) -> None:
        self._run = run
        self._stack = AsyncExitStack()
        self.rooms = run(self._stack.enter_async_context(assembly.opened(Paths.at(folder))))
        rooms = self.rooms
        self.studio = Studio.of(rooms)
        self.failed: list[tuple[BaseException, str]] = []
        rooms.tasks.failed.connect(lambda error, name: self.failed.append((error, name)))

    def idle(self) -> None:
        """Runs until no task of the studio's is left that ends by itself."""
        self._run.until(lambda: not len(self.rooms.tasks))

    def close(self) -> None:
        self._run(self._stack.aclose())
        assert self.failed == []


@contextmanager
def in_the_open(window: MainWindow, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    """Shows `window`, hands it out, and ends it as the program does. Not by `qtbot.addWidget`, which deletes first."""
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    run(window.leave())
    window.close()
    window.deleteLater()
