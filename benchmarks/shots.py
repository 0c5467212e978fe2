"""A picture of every screen, dark and light: `python -m benchmarks.shots FOLDER`. To be looked at, beside the target.

The clips are real, from the built-in simulator; the other states of jobs are put beside them with the engine stopped.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

from PySide6.QtCore import QLoggingCategory
from PySide6.QtWidgets import QApplication, QWidget

from benchmarks.shots_jobs import PROMPTS, put_progress, put_states
from benchmarks.shots_library import empty_screen, library_screens
from benchmarks.shots_models import model_screens
from benchmarks.shots_references import reference_screens
from benchmarks.shots_settings import settings_screens
from sora_desktop import assembly
from sora_desktop.app import QUIET, application
from sora_desktop.core.jobs import State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.storage.paths import Paths
from sora_desktop.ui import aio
from sora_desktop.ui.about import AboutDialog, ShortcutsDialog
from sora_desktop.ui.centre import Tab
from sora_desktop.ui.crash import CrashDialog, describe
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.notices import Tone
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import theme

THEMES = tuple(os.environ.get("SHOTS_THEMES", "dark,light").split(","))
SETTLE = 0.4
"""Seconds for layouts, thumbnails and the first frame."""


class Shots:
    """Takes the pictures into `folder`."""

    def __init__(self, app: QApplication, folder: Path, studio: Studio) -> None:
        self._app = app
        self._folder = folder
        self._studio = studio
        self.taken = 0

    async def take(self, name: str, widget: QWidget, size: tuple[int, int] | None = None) -> None:
        """One picture of `widget` in each theme, at `size` px."""
        for look in THEMES:
            # Where no main window follows the settings, the theme is put on by hand.
            await self._studio.settings.change(theme=look)
            theme().apply(self._app, look, theme().text_size)
            if size:
                widget.resize(*size)
            await asyncio.sleep(SETTLE)
            picture = widget.grab()
            if not picture.save(str(self._folder / f"{name}-{look}.png")):
                raise OSError(f"{self._folder} cannot be written to")
            self.taken += 1


async def make_clips(studio: Studio) -> list[str]:
    """Lets the simulator make a few clips, and waits for them."""
    ids: list[str] = []
    for prompt in PROMPTS:
        request = GenerationRequest(provider="rivya", model="sora-2", prompt=prompt)
        ids += [job.id for job in await studio.engine.submit("simulator-rivya", request)]
    end = time.monotonic() + 180
    while any(studio.engine.jobs[job_id].state is not State.DONE for job_id in ids):
        if time.monotonic() > end:
            raise TimeoutError("the simulator made no clips")
        await asyncio.sleep(0.2)
    await studio.engine.refresh_balance("simulator-rivya")
    return ids


@asynccontextmanager
async def window_of(studio: Studio) -> AsyncIterator[MainWindow]:
    """The main window, shown, and closed at the end."""
    window = MainWindow(studio)
    window.resize(1440, 900)
    window.centre.show_tab(Tab.VIEWER)
    window.show()
    try:
        yield window
    finally:
        await window.leave()
        window.close()
        window.deleteLater()


async def main_screens(shots: Shots, studio: Studio, clips: list[str]) -> None:
    """The window: working, narrow, with trouble."""
    async with window_of(studio) as window:
        await asyncio.sleep(SETTLE)
        window.compose.use_request("simulator-rivya", studio.engine.jobs[clips[-1]].request)
        window.queue.show_job(clips[-1])
        window.show_job(clips[-1])
        await asyncio.sleep(1)
        window.viewer.player.show_frame(130)
        put_progress(studio)
        await shots.take("main-1440", window, (1440, 900))
        await shots.take("main-1280", window, (1280, 800))
        await shots.take("main-1024", window, (1024, 700))
        window.panes.show_pane("queue", True)
        await shots.take("queue-overlay", window)
        window.panes.close_overlay()
        for name in ("failed", "uncertain", "rendering", "expired"):
            window.queue.show_job(name)
            window.show_job(name)
            await shots.take(f"viewer-{name}", window, (1440, 900))
        studio.engine.online_changed.emit(False)
        window.notices.tell(window.tr("Draft deleted."), Tone.INFO, action=window.tr("Undo"), seconds=60)
        await shots.take("offline-and-notice", window)
        studio.engine.online_changed.emit(True)
        await studio.settings.change(text_size=150)
        await shots.take("main-text-150", window, (1440, 900))
        await studio.settings.change(text_size=100)
        await model_screens(shots.take, window, studio)


async def small_screens(shots: Shots, studio: Studio) -> None:
    """Help and the crash dialog."""
    async with window_of(studio) as window:
        for name, dialog in (
            ("about", AboutDialog(window)),
            ("shortcuts", ShortcutsDialog(window.menus.menus, window)),
        ):
            dialog.show()
            await shots.take(name, dialog)
            dialog.close()
    crash = CrashDialog(studio.paths.logs)
    try:
        raise RuntimeError("an example of a report")
    except RuntimeError as error:
        crash.add(describe(error, "slot"))
    crash.show()
    await shots.take("crash", crash)
    crash.close()
    crash.deleteLater()


async def run(app: QApplication, folder: Path, stop: asyncio.Event) -> int:
    """All screens, one after another."""
    _ = stop
    with tempfile.TemporaryDirectory(prefix="sora-desktop-shots-") as data:
        async with assembly.opened(Paths.at(Path(data))) as rooms:
            studio = Studio.of(rooms)
            shots = Shots(app, folder, studio)
            theme().apply(app, "dark")
            await rooms.engine.start()
            async with window_of(studio) as window:
                await asyncio.sleep(SETTLE)
                await shots.take("first-run", window, (1440, 900))
                await empty_screen(shots.take, window)
            clips = await make_clips(studio)
            await studio.settings.change(welcomed=True, told_of_closing=True)
            async with window_of(studio) as window:
                await reference_screens(shots.take, window, studio)
            async with window_of(studio) as window:
                await asyncio.sleep(SETTLE)
                await library_screens(shots.take, window, studio, clips[0])
            await rooms.engine.stop()
            put_states(studio, clips)
            await studio.settings.change(welcomed=True, told_of_closing=True)
            await main_screens(shots, studio, clips)
            await small_screens(shots, studio)
            urls = await rooms.simulator.base_urls()
            await settings_screens(shots.take, studio, urls["openai_videos"])
            await rooms.tasks.close()
    print(f"{shots.taken} pictures in {folder}")
    return 0


def main(arguments: list[str]) -> int:
    """The exit code for `arguments`: the folder the pictures go to."""
    folder = Path(arguments[0] if arguments else "shots")
    folder.mkdir(parents=True, exist_ok=True)
    QLoggingCategory.setFilterRules(QUIET)
    app = application(["shots"])
    failed: list[str] = []

    def report(error: BaseException, where: str) -> None:
        failed.append(describe(error, where))

    code = aio.run(app, lambda stop: run(app, folder, stop), report)
    for text in failed:
        print(text, file=sys.stderr)
    return 1 if failed else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
