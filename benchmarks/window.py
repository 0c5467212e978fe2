"""The real window on a folder of its own, while a measurement takes place. Offscreen unless QT_QPA_PLATFORM is set."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from sora_desktop import assembly
from sora_desktop.app import application, open_window, start_log
from sora_desktop.assembly import Assembly
from sora_desktop.storage.paths import Paths
from sora_desktop.ui import aio
from sora_desktop.ui.main_window import HEIGHT, WIDTH, MainWindow
from sora_desktop.ui.notices import Notices
from sora_desktop.ui.theme import theme

Work = Callable[[Assembly, MainWindow], Awaitable[None]]


def in_window(folder: Path, work: Work, pace: float = 1.0) -> list[str]:
    """Opens the window as the program does, awaits `work` and shuts everything; what went wrong unnoticed, in words.

    `work` begins when the first picture is on the screen, and the window is still open when it ends.
    """
    defects: list[str] = []

    def report(error: BaseException, where: str) -> None:
        way = " < ".join(
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in reversed(traceback.extract_tb(error.__traceback__)[-6:])
        )
        defects.append(f"{where}: {error!r} {way}")

    async def main(_stop: asyncio.Event) -> int:
        async with assembly.opened(paths) as rooms:
            rooms.tasks.failed.connect(report)
            await rooms.settings.change(welcomed=True)
            theme().apply(app, rooms.settings.current.theme, rooms.settings.current.text_size)
            await rooms.engine.start()
            window = open_window(rooms, Notices())
            window.resize(WIDTH, HEIGHT)
            try:
                await _exposed(window)
                await work(rooms, window)
            finally:
                await window.leave()
                window.close()
                window.deleteLater()
        return 0

    with _environment(pace):
        paths = Paths.at(folder)
        start_log(paths)
        app = application(["sora-desktop"])
        aio.run(app, main, report)
    return defects


async def _exposed(window: MainWindow) -> None:
    handle = window.windowHandle()
    while not handle.isExposed():  # noqa: ASYNC110 - Qt has no signal for it
        await asyncio.sleep(0.005)


def loop() -> aio.Loop:
    """The joined loop that runs now."""
    running = asyncio.get_running_loop()
    assert isinstance(running, aio.Loop)
    return running


@contextmanager
def _environment(pace: float) -> Iterator[None]:
    """The pace, and no keyring: the keys of a measurement are nobody's."""
    changes = {"SORA_DESKTOP_PACE": f"{pace:g}", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
