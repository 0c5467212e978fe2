"""Defects of ours: written to a file without keys, and told to the person in one dialog at a time."""

from __future__ import annotations

import logging
import os
import platform
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from sora_desktop import __version__
from sora_desktop.core.redact import redact
from sora_desktop.ui.widgets.basic import button, label

log = logging.getLogger(__name__)

KEPT_REPORTS = 20
MAX_SHOWN = 20
"""Reports one dialog shows in full; a defect in a timer would otherwise fill the memory."""


class CrashReporter(QObject):
    """Takes what nobody caught, from any thread."""

    _arrived = Signal(str)

    def __init__(self, folder: Path, parent_window: Callable[[], QWidget | None] = lambda: None) -> None:
        """Reports go to `folder`; the dialog stands over `parent_window()`."""
        super().__init__()
        self._folder = folder
        self._parent_window = parent_window
        self._dialog: CrashDialog | None = None
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def dialog(self) -> CrashDialog | None:
        """The dialog that stands open, if one does."""
        return self._dialog

    def report(self, error: BaseException, where: str) -> None:
        """Writes a redacted report and shows it. Safe from every thread; never raises."""
        try:
            text = describe(error, where)
            log.critical("%s", text)
            self._write(text)
            self._arrived.emit(text)
        except Exception:
            log.exception("the crash reporter failed")

    def _write(self, text: str) -> None:
        """One file a report, readable by its owner only; the oldest go."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns() % 1_000_000_000:09d}"
            path = self._folder / f"crash-{stamp}.txt"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            for old in sorted(self._folder.glob("crash-*.txt"))[:-KEPT_REPORTS]:
                old.unlink(missing_ok=True)
        except OSError:
            log.warning("the crash report could not be written to %s", self._folder)

    def _on_arrived(self, text: str) -> None:
        if self._dialog is None:
            self._dialog = CrashDialog(self._folder, self._parent_window())
            self._dialog.finished.connect(self._on_finished)
            self._dialog.add(text)
            self._dialog.open()
        else:
            self._dialog.add(text)

    def _on_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None


class CrashDialog(QDialog):
    """Says what is safe, shows the report, lets it be copied."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._count = 0
        self.setWindowTitle(self.tr("Something went wrong"))
        self.setMinimumSize(560, 360)
        self.resize(680, 440)

        heading = label(self.tr("Something went wrong in Sora Desktop"), "title")
        message = label(
            self.tr(
                "Your drafts and jobs are kept, and clips at the services go on being made. "
                "You can go on working; if the window behaves oddly, close it and start again."
            ),
            wrap=True,
        )
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setProperty("look", "report")
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setAccessibleName(self.tr("Report"))
        hint = label(
            self.tr("Keys are taken out of the report. It is not sent anywhere by itself."), "secondary", "muted"
        )

        self.copy = button(self.tr("Copy report"), "field")
        self.copy.clicked.connect(self._on_copy)
        logs = button(self.tr("Open logs folder"), "field")
        logs.clicked.connect(self._on_open_logs)
        close = button(self.tr("Close"), "field")
        close.clicked.connect(self.reject)
        close.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.copy)
        buttons.addWidget(logs)
        buttons.addStretch(1)
        buttons.addWidget(close)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        for widget in (heading, message, self._details, hint):
            layout.addWidget(widget)
        layout.setStretchFactor(self._details, 1)
        layout.addLayout(buttons)

    @property
    def text(self) -> str:
        """What is shown and copied."""
        return self._details.toPlainText()

    def add(self, report: str) -> None:
        """Appends one report."""
        self._count += 1
        if self._count <= MAX_SHOWN:
            self._details.appendPlainText(report if self._count == 1 else f"\n{'─' * 40}\n{report}")
        if self._count > 1:
            self.setWindowTitle(self.tr("Something went wrong ({0} reports)").format(self._count))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)

    def _on_open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def describe(error: BaseException, where: str) -> str:
    """The report as text: versions, place, traceback; without keys."""
    trace = "".join(traceback.format_exception(error))
    return redact(f"{versions()}\nCaught in: {where}\n\n{trace}")


def versions() -> str:
    """What we and the machine are, one line each."""
    import PySide6

    return "\n".join(
        (
            f"Sora Desktop {__version__}",
            f"{platform.system()} {platform.release()} {platform.machine()}",
            f"Python {platform.python_version()}, Qt {PySide6.__version__}, {QGuiApplication.platformName()}",
            time.strftime("%Y-%m-%d %H:%M:%S %z"),
        )
    )
