"""The window: three panes, menus, status bar; and what leads from one pane to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from sora_desktop.core.errors import EnvironmentProblem, SoraError
from sora_desktop.core.jobs import ACTIVE, REMOTE, Job, State
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.diagnostics import diagnostics
from sora_desktop.ui.first_run import FirstRun
from sora_desktop.ui.layout import Panes
from sora_desktop.ui.menus import Menus
from sora_desktop.ui.notices import NoticeBar, Notices, Tone
from sora_desktop.ui.offline import OfflineBanner
from sora_desktop.ui.places import open_folder, videos_folder
from sora_desktop.ui.queue.panel import QueuePanel
from sora_desktop.ui.queue.rail import QueueRail
from sora_desktop.ui.references.incoming import Frame
from sora_desktop.ui.status import StatusBar
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer.panel import ViewerPanel
from sora_desktop.ui.window_layout import LayoutKeeper
from sora_desktop.ui.words import sentence

if TYPE_CHECKING:
    from sora_desktop.ui.settings import SettingsDialog
    from sora_desktop.ui.tray import Tray

MIN_WIDTH, MIN_HEIGHT = 1024, 700
WIDTH, HEIGHT = 1440, 900


class MainWindow(QMainWindow):
    """Shows a studio. Closing it hides it at once; `leave` keeps what has to be kept before the studio closes."""

    def __init__(self, studio: Studio, notices: Notices | None = None) -> None:
        super().__init__()
        self.studio = studio
        self.notices = notices or Notices()
        self._settings_dialog: SettingsDialog | None = None
        self._focused_in: dict[QWidget, QWidget] = {}
        self._ready = False
        self._shown = False
        self.setObjectName("main-window")
        self.setWindowTitle("Sora Desktop")
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.resize(WIDTH, HEIGHT)

        self.compose = ComposePanel(studio)
        self.viewer = ViewerPanel(studio)
        self.first_run = FirstRun(studio)
        self.queue = QueuePanel(studio)
        self.rail = QueueRail(self.queue)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.first_run)
        self.centre.addWidget(self.viewer)
        self.panes = Panes(self.compose, self.centre, self.queue, self.rail)
        self.offline = OfflineBanner(studio)
        self.notice_bar = NoticeBar(self.notices)
        self._build()
        self.menus = Menus(self)
        self._keeper = LayoutKeeper(self, self.panes, self.viewer, studio)
        self._connect()
        theme().set_still(studio.settings.current.reduce_motion)
        self._show_centre()
        self._on_account_changed()
        self._tray: Tray | None = None
        self._leaving = False
        self._ready = True
        self.menus.refresh()

    def _build(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.offline)
        column.addWidget(self.panes, 1)
        column.addWidget(self.notice_bar)
        self.setCentralWidget(body)
        self.status = StatusBar(self.studio)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        engine = self.studio.engine
        self.compose.settings_requested.connect(self._on_settings_requested)
        self.compose.account_changed.connect(self._on_account_changed)
        self.compose.submitted.connect(self._on_submitted)
        self.viewer.edit_requested.connect(self._on_edit_requested)
        self.viewer.settings_requested.connect(self._on_settings_requested)
        self.viewer.folder_requested.connect(self.open_videos_folder)
        self.viewer.frame_offered.connect(self._on_frame_offered)
        self.queue.frame_offered.connect(self._on_frame_offered)
        self.viewer.show_message.connect(self.notices.tell)
        self.queue.picked.connect(self.show_job)
        self.queue.opened.connect(self._on_opened)
        self.queue.edit_requested.connect(self._on_edit_requested)
        self.queue.settings_requested.connect(self._on_settings_requested)
        self.queue.folder_requested.connect(self.open_videos_folder)
        self.queue.show_message.connect(self.notices.tell)
        self.rail.expanded.connect(lambda: self.panes.show_pane("queue", True))
        self.first_run.simulator_chosen.connect(self._on_simulator_chosen)
        self.first_run.provider_chosen.connect(lambda name: self.open_settings("accounts", new_provider=name))
        self.status.folder_clicked.connect(self.open_videos_folder)
        self.status.balance_clicked.connect(self._on_balance_clicked)
        self.panes.folds_changed.connect(self.menus.refresh)
        bind(engine.job_added, self._on_job_added, self)
        bind(engine.paused_changed, lambda _paused: self.menus.refresh(), self)
        bind(self.studio.accounts.changed, self._on_accounts_changed, self)
        bind(self.studio.settings.changed, self._on_settings_changed, self)
        bind(theme().changed, self.menus.refresh, self)

    # What is shown.

    def show_job(self, job_id: str) -> None:
        """Shows a job in the viewer, whatever its state; nothing for an empty id."""
        self.viewer.show_job(job_id or None)

    def _show_centre(self) -> None:
        welcome = not self.studio.settings.current.welcomed and not self._has_something()
        self.centre.setCurrentWidget(self.first_run if welcome else self.viewer)

    def _has_something(self) -> bool:
        """Whether there is a job, or an account of the user's."""
        return bool(self.studio.engine.jobs) or any(not account.builtin for account in self.studio.accounts.all)

    def _welcome_over(self) -> None:
        if self._has_something() and not self.studio.settings.current.welcomed:
            self.change(welcomed=True)
        self._show_centre()

    def change(self, **settings: object) -> None:
        """Keeps settings; what depends on them follows when they are kept."""
        self.studio.tasks.spawn(self.studio.settings.change(**settings), "change of settings")

    # What leads where.

    def _on_submitted(self, job_ids: list[str]) -> None:
        if job_ids:
            self.queue.show_job(job_ids[0])
            self.show_job(job_ids[0])

    def _on_opened(self, job_id: str) -> None:
        self.panes.close_overlay()
        self.viewer.show_job(job_id, play=True)
        self.viewer.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_settings_requested(self, account_id: str) -> None:
        self.open_settings("accounts", account_id)

    def _on_edit_requested(self, job_id: str) -> None:
        job = self.studio.engine.jobs.get(job_id)
        if job is not None:
            self.panes.close_overlay()
            self.panes.show_pane("compose", True)
            self.compose.use_request(job.account, job.request)

    def _on_frame_offered(self, frame: Frame) -> None:
        self.panes.close_overlay()
        self.panes.show_pane("compose", True)
        self.compose.references.add_frame(frame)

    def _on_simulator_chosen(self) -> None:
        account = next((each for each in self.studio.accounts.all if each.builtin), None)
        if account is None:
            return
        self.panes.show_pane("compose", True)
        self.compose.choose(account.id)
        if self.compose.page.blank:
            self.compose.page.open_new(
                self.tr(
                    "A paper boat drifts along a rain-washed street at dusk. Slow dolly forward, neon on wet stone, "
                    "35 mm, soft grain."
                )
            )
        self.compose.focus_prompt()

    def _on_account_changed(self, account_id: str = "") -> None:
        self.status.show_account(account_id or self.compose.page.draft.account)

    def _on_accounts_changed(self) -> None:
        self._welcome_over()

    def _on_job_added(self, _job: Job) -> None:
        self._welcome_over()

    def _on_settings_changed(self) -> None:
        settings = self.studio.settings.current
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme().set_still(settings.reduce_motion)
        if (settings.theme, settings.text_size) != (theme().name, theme().text_size):
            theme().apply(app, settings.theme, settings.text_size)
        self._show_centre()

    def _on_balance_clicked(self, account_id: str) -> None:
        self.studio.tasks.spawn(self._read_balance(account_id), "balance")

    async def _read_balance(self, account_id: str) -> None:
        try:
            await self.studio.engine.refresh_balance(account_id)
        except SoraError as error:
            self.notices.tell(sentence(error), Tone.DANGER)

    # Commands of the menus.

    def open_settings(self, page: str = "accounts", account_id: str = "", new_provider: str = "") -> None:
        """Opens the settings at a page, at an account, or at a new account of a provider."""
        # Here and below: what the first picture of the window does not need is imported when it is asked for.
        from sora_desktop.ui.settings import SettingsDialog

        if self._settings_dialog is None:
            self._settings_dialog = SettingsDialog(self.studio, parent=self)
        self._settings_dialog.open_page(page, account_id, new_provider)

    def collect_by_id(self) -> None:
        """Asks for the id of a task that this program did not start, and follows it."""
        from sora_desktop.ui.jobs.adopt import AdoptDialog

        dialog = AdoptDialog(self.studio, self.compose.page.draft.account, self)
        dialog.adopted.connect(lambda job_id: self._on_submitted([job_id]))
        dialog.open()

    def open_videos_folder(self) -> None:
        """Shows the videos folder in the file manager."""
        self._open(videos_folder(self.studio.settings.current, self.studio.paths))

    def open_logs_folder(self) -> None:
        """Shows the logs folder in the file manager."""
        self._open(self.studio.paths.logs)

    def _open(self, folder: Path) -> None:
        try:
            open_folder(folder)
        except EnvironmentProblem as problem:
            self.notices.tell(sentence(problem), Tone.DANGER)

    def focus_prompt(self) -> None:
        """Puts the cursor into the prompt, unfolding its pane."""
        self.panes.show_pane("compose", True)
        self.compose.focus_prompt()

    def choose_model(self) -> None:
        """Opens the list of models."""
        self.panes.show_pane("compose", True)
        self.compose.choose_model()

    def toggle_paused(self) -> None:
        """Stops the sending of waiting jobs, or lets it go on."""
        self.studio.tasks.spawn(self.studio.engine.pause_all(not self.studio.engine.paused), "pause all")

    def pane_shown(self, name: str) -> bool:
        """Whether "compose", "details" or "queue" can be seen in full."""
        return self.viewer.details_shown if name == "details" else self.panes.shown(name)

    def toggle_pane(self, name: str) -> None:
        """Folds or unfolds a pane."""
        if name == "details":
            self.viewer.show_details(not self.viewer.details_shown)
            self._keeper.changed()
        else:
            self.panes.show_pane(name, not self.panes.shown(name))
        self.menus.refresh()

    def toggle_fullscreen(self) -> None:
        """The whole screen, or back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def next_pane(self, step: int = 1) -> None:
        """Moves the focus to the next pane that can be seen; back into the widget that had it there last."""
        panes = [pane for pane in (self.compose, self.centre, self.queue, self.rail) if pane.isVisible()]
        focused = QApplication.focusWidget()
        at = next((index for index, pane in enumerate(panes) if focused and pane.isAncestorOf(focused)), -1)
        target = panes[(at + step) % len(panes)] if at >= 0 else panes[0]
        if focused is not None and at >= 0:
            self._focused_in[panes[at]] = focused
        last = self._focused_in.get(target)
        widget = last if last is not None and shiboken6.isValid(last) and last.isVisible() else _first_stop(target)
        if widget is not None:
            widget.setFocus(Qt.FocusReason.TabFocusReason)

    def show_readme(self) -> None:
        """Opens the README."""
        from sora_desktop.ui.about import ReadmeDialog

        ReadmeDialog(self).show()

    def show_shortcuts(self) -> None:
        """Opens the list of keys."""
        from sora_desktop.ui.about import ShortcutsDialog

        ShortcutsDialog(self.menus.menus, self).show()

    def show_about(self) -> None:
        """Opens the about box."""
        from sora_desktop.ui.about import AboutDialog

        AboutDialog(self).show()

    def copy_diagnostics(self) -> None:
        """Copies a text for a report, without keys and prompts."""
        QGuiApplication.clipboard().setText(diagnostics(self.studio))
        self.notices.tell(self.tr("Diagnostics copied. Keys and prompts are not in them."), Tone.SUCCESS)

    # The life of the window.

    def come_to_front(self) -> None:
        """Un-minimises and raises the window."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        if self._tray is not None:
            self._tray.hide()
        self.raise_()
        self.activateWindow()

    def tell_of_resumed(self) -> None:
        """Explains, the first time jobs outlived a closed window, what became of them."""
        going_on = sum(job.state in REMOTE for job in self.studio.engine.jobs.values())
        if going_on and not self.studio.settings.current.told_of_closing:
            self.notices.tell(
                self.tr(
                    "While the window was closed, {0} clips went on being made at their services. They are watched and "
                    "fetched again now. You can always close the window; nothing is lost."
                ).format(going_on),
                seconds=20,
            )
            self.change(told_of_closing=True)

    def warm_up(self) -> None:
        """Makes ready what the first clip needs, once the window stands. Never in a coroutine: Qt makes its player."""
        self.viewer.player.prepare()

    def quit(self) -> None:
        """Ends the program, also where closing would only hide the window."""
        self._leaving = True
        self.show()
        self.close()

    def _goes_to_tray(self) -> bool:
        """Whether closing leaves the program at work: jobs run, there is a tray, and the user did not switch it off."""
        settings = self.studio.settings.current
        at_work = any(job.state in ACTIVE | {State.WAITING} for job in self.studio.engine.jobs.values())
        if self._leaving or not settings.close_to_tray or not at_work:
            return False
        from sora_desktop.ui.tray import Tray

        if not Tray.available():
            return False
        self._tray = self._tray or Tray(self)
        self._tray.show(explain=not settings.told_of_tray)
        self.change(told_of_tray=True)
        return True

    async def leave(self) -> None:
        """Keeps what was written and how the window stood. Call it before the studio closes."""
        self._leaving = True
        await self.compose.flush()
        await self._keeper.save()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self._ready:
            self.menus.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            start = self.first_run.first_card if self.centre.currentWidget() is self.first_run else None
            (start or self.compose.editor.text).setFocus(Qt.FocusReason.OtherFocusReason)
            self.tell_of_resumed()

    def closeEvent(self, event: QCloseEvent) -> None:
        # Windows without a parent would keep the program alive.
        if self._settings_dialog is not None:
            self._settings_dialog.close()
        if self._goes_to_tray():
            self.viewer.player.pause()
            event.ignore()
            self.hide()
            return
        super().closeEvent(event)


def _first_stop(pane: QWidget) -> QWidget | None:
    """The first widget of a pane that takes the focus by Tab."""
    proxy = pane.focusProxy()
    if proxy is not None and proxy.isVisible():
        return proxy
    stops = (each for each in pane.findChildren(QWidget) if each.isVisible() and each.isEnabled())
    return next((each for each in stops if each.focusPolicy() & Qt.FocusPolicy.TabFocus), None)
