"""The icon in the system's tray: jobs go on while the window is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from sora_desktop.core.jobs import ACTIVE, Job, State
from sora_desktop.storage.resources import resource
from sora_desktop.ui.bind import bind

if TYPE_CHECKING:
    from sora_desktop.ui.main_window import MainWindow

SHOWN_MS = 10_000


class Tray(QObject):
    """Shown only while the window is hidden. Says when a job ended, and leads back to the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._icon = QSystemTrayIcon(QIcon(str(resource("icons", "app.svg"))), self)
        self._menu = QMenu(window)
        self._menu.addAction(self.tr("Open Sora Desktop"), window.come_to_front)
        self._pause = self._menu.addAction(self.tr("Pause all"), window.toggle_paused)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Quit"), window.quit)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._on_activated)
        self._icon.messageClicked.connect(window.come_to_front)
        engine = window.studio.engine
        bind(engine.job_changed, self._on_job_changed, self)
        bind(engine.paused_changed, lambda _paused: self._say(), self)

    @staticmethod
    def available() -> bool:
        """Whether this desktop has a tray at all."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self, *, explain: bool) -> None:
        """Takes the window's place; `explain` says what happens now, the first time."""
        self._say()
        self._icon.show()
        if explain:
            self._icon.showMessage(
                self.tr("Sora Desktop goes on here"),
                self.tr("Your clips are still watched and fetched. Quit from this icon's menu."),
                QSystemTrayIcon.MessageIcon.NoIcon,
                SHOWN_MS,
            )

    def hide(self) -> None:
        self._icon.hide()

    @property
    def shown(self) -> bool:
        return self._icon.isVisible()

    def _say(self) -> None:
        engine = self._window.studio.engine
        running = sum(job.state in ACTIVE for job in engine.jobs.values())
        waiting = sum(job.state is State.WAITING for job in engine.jobs.values())
        self._icon.setToolTip(self.tr("Sora Desktop: {0} active, {1} waiting").format(running, waiting))
        self._pause.setText(self.tr("Resume all") if engine.paused else self.tr("Pause all"))

    def _on_job_changed(self, job: Job) -> None:
        if not self.shown:
            return
        self._say()
        if job.state in {State.DONE, State.FAILED, State.UNCERTAIN, State.EXPIRED}:
            heading = self.tr("A clip is done") if job.state is State.DONE else self.tr("A clip needs you")
            self._icon.showMessage(heading, job.request.prompt[:120], QSystemTrayIcon.MessageIcon.NoIcon, SHOWN_MS)

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}:
            self._window.come_to_front()
