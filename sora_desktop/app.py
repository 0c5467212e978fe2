"""The window's wiring: from a data folder to an exit code."""

from __future__ import annotations

import asyncio
import gc
import logging
import logging.handlers
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QCoreApplication,
    QLoggingCategory,
    QMessageLogContext,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

from sora_desktop import __version__
from sora_desktop.core.errors import EnvironmentProblem, SoraError
from sora_desktop.core.redact import RedactingFormatter
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.resources import resource
from sora_desktop.ui import aio
from sora_desktop.ui.crash import CrashReporter
from sora_desktop.ui.instance import Instance, raise_existing
from sora_desktop.ui.notices import Notices, Tone
from sora_desktop.ui.theme import theme
from sora_desktop.ui.words import sentence

if TYPE_CHECKING:
    from sora_desktop.assembly import Assembly
    from sora_desktop.ui.main_window import MainWindow

log = logging.getLogger(__name__)

LOG_BYTES = 1_000_000
WARM_UP_MS = 300
"""After the window is shown: its first pictures come first."""
QUIET = "qt.multimedia.*.debug=false\nqt.multimedia.*.info=false\nqt.multimedia.*.warning=false"
"""Says at each start that there is no sound card or hardware decoder; the viewer says itself what cannot be played."""


def run_window(paths: Paths, argv: list[str]) -> int:
    """Opens the window on a data folder and answers the exit code when it is over.

    Where a window has the folder already, that one comes to the front, and the answer is 0.
    """
    handler = start_log(paths)
    # For good: see `ui.garbage`. Also what is taken apart after the loop, up to the last object, is taken apart alone.
    gc.disable()
    app = application(argv)
    try:
        if raise_existing(paths):
            return 0
        window: list[MainWindow] = []
        reporter = CrashReporter(paths.logs, lambda: window[0] if window else None)
        return aio.run(app, lambda stop: _main(app, paths, reporter, window, stop), reporter.report)
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def application(argv: list[str]) -> QApplication:
    """The one QApplication, named, with its icon."""
    QCoreApplication.setApplicationName("Sora Desktop")
    QCoreApplication.setApplicationVersion(__version__)
    QCoreApplication.setOrganizationName("Sora Desktop")
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(argv or ["sora-desktop"])
    app.setApplicationDisplayName("Sora Desktop")
    app.setDesktopFileName("sora-desktop")
    app.setWindowIcon(QIcon(str(resource("icons", "app.svg"))))
    return app


def start_log(paths: Paths) -> logging.Handler:
    """Warnings and what we say of ourselves go to a private file in the logs folder, without keys."""
    file = paths.logs / "window.log"
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "qasync", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    QLoggingCategory.setFilterRules(QUIET)
    qInstallMessageHandler(_on_qt_message)
    return handler


def _on_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    levels = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
        QtMsgType.QtCriticalMsg: logging.ERROR,
        QtMsgType.QtFatalMsg: logging.CRITICAL,
    }
    logging.getLogger("qt").log(levels.get(kind, logging.WARNING), "%s: %s", context.category, message)


async def _main(
    app: QApplication, paths: Paths, reporter: CrashReporter, shown: list[MainWindow], stop: asyncio.Event
) -> int:
    instance = Instance(paths)
    try:
        from sora_desktop import assembly

        async with assembly.opened(paths) as rooms:
            await _window(app, rooms, instance, reporter, shown, stop)
        return 0
    except EnvironmentProblem as problem:
        log.error("the window cannot open: %s", sentence(problem))
        if problem.code == "data_in_use" and raise_existing_elsewhere(paths, instance):
            return 0
        theme().apply(app)
        await _explain(problem, paths)
        return 1
    finally:
        instance.close()


def raise_existing_elsewhere(paths: Paths, instance: Instance) -> bool:
    """Two starts at the same moment: the one that lost the folder asks the other, once it listens no more itself."""
    instance.close()
    return raise_existing(paths)


async def _window(
    app: QApplication,
    rooms: Assembly,
    instance: Instance,
    reporter: CrashReporter,
    shown: list[MainWindow],
    stop: asyncio.Event,
) -> None:
    settings = rooms.settings.current
    theme().apply(app, settings.theme, settings.text_size)
    notices = Notices()

    def on_task_failed(error: BaseException, name: str) -> None:
        if isinstance(error, SoraError):
            notices.tell(sentence(error), Tone.DANGER)
        else:
            reporter.report(error, f"task {name}")

    rooms.tasks.failed.connect(on_task_failed)
    await rooms.engine.start()
    window = open_window(rooms, notices)
    shown.append(window)
    instance.asked.connect(window.come_to_front)
    try:
        await stop.wait()
        instance.close()  # A later start is not to wake a window that is about to go.
        await window.leave()
    finally:
        shown.clear()
        window.close()
        window.deleteLater()


def open_window(rooms: Assembly, notices: Notices) -> MainWindow:
    """Shows the window of an open data folder; what the first clip needs is made ready when its picture stands."""
    from sora_desktop.ui.main_window import MainWindow
    from sora_desktop.ui.studio import Studio

    studio = Studio.of(rooms)
    window = MainWindow(studio, notices)
    window.show()
    rooms.tasks.spawn(_warm_up(rooms), "warm-up")
    QTimer.singleShot(WARM_UP_MS, window, window.warm_up)
    return window


async def _warm_up(rooms: Assembly) -> None:
    """What the first call needs. Then all that is there by now, modules, classes and the jobs of years, is set aside
    from the garbage collector: a look through it would stop the window for 50 ms, again and again.
    """
    await asyncio.sleep(WARM_UP_MS / 1000)
    await rooms.http.warm()
    await asyncio.sleep(WARM_UP_MS / 1000)
    gc.freeze()
    with suppress(EnvironmentProblem):  # Whoever shows the library meets it again, and says so.
        await rooms.library.load()
    gc.freeze()
    await rooms.radar.start()
    with suppress(EnvironmentProblem):
        await rooms.library.look()
    await rooms.engine.warm_up()


async def _explain(problem: EnvironmentProblem, paths: Paths) -> None:
    """Says in a dialog why there is no window."""
    box = QMessageBox()
    box.setWindowTitle("Sora Desktop")
    box.setTextFormat(Qt.TextFormat.PlainText)
    text, more = sentence(problem), ""
    if problem.code == "data_in_use":
        text = QCoreApplication.translate("App", "The command line is working with this data folder.")
        more = QCoreApplication.translate(
            "App", "Wait until it has finished, then start again; or start with another folder (--data-dir).\n\n{0}"
        ).format(paths.data)
    box.setText(text)
    box.setInformativeText(more)
    box.addButton(QMessageBox.StandardButton.Close)
    await aio.answer(box)
    box.deleteLater()
