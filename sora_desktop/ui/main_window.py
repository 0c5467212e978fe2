"""The window: three panes, menus, status bar; and what leads from one pane to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from sora_desktop.core.errors import SoraError
from sora_desktop.core.jobs import ACTIVE, REMOTE, Job, State
from sora_desktop.ui.bind import bind
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.dialogs import Dialogs
from sora_desktop.ui.first_run import FirstRun
from sora_desktop.ui.layout import Panes
from sora_desktop.ui.menus import Menus
from sora_desktop.ui.notices import NoticeBar, Notices, Tone
from sora_desktop.ui.offline import OfflineBanner
from sora_desktop.ui.pane_focus import PaneFocus
from sora_desktop.ui.queue.panel import QueuePanel
from sora_desktop.ui.queue.rail import QueueRail
from sora_desktop.ui.radar_banner import RadarBanner
from sora_desktop.ui.references.incoming import Frame
from sora_desktop.ui.status import StatusBar
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer.panel import ViewerPanel
from sora_desktop.ui.window_layout import LayoutKeeper
from sora_desktop.ui.words import sentence

if TYPE_CHECKING:
    from sora_desktop.ui.tray import Tray

MIN_WIDTH, MIN_HEIGHT = 1024, 700
WIDTH, HEIGHT = 1440, 900
UNDO_SECONDS = 20


class MainWindow(QMainWindow):
    """Shows a studio. Closing it hides it at once; `leave` keeps what has to be kept before the studio closes."""

    def __init__(self, studio: Studio, notices: Notices | None = None) -> None:
        super().__init__()
        self.studio = studio
        self.notices = notices or Notices()
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
        self.radar = RadarBanner(studio)
        self.notice_bar = NoticeBar(self.notices)
        self._build()
        self._focus = PaneFocus((self.compose, self.centre, self.queue, self.rail))
        self.dialogs = Dialogs(self)
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
        column.addWidget(self.radar)
        column.addWidget(self.panes, 1)
        column.addWidget(self.notice_bar)
        self.setCentralWidget(body)
        self.status = StatusBar(self.studio)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        engine = self.studio.engine
        self.compose.settings_requested.connect(self._on_settings_requested)
        self.compose.references.settings_wanted.connect(self._on_host_wanted)
        self.compose.account_changed.connect(self._on_account_changed)
        self.compose.submitted.connect(self.show_new_jobs)
        self.compose.undo_offered.connect(self._on_undo_offered)
        self.compose.notes_wanted.connect(self.dialogs.show_catalogue_notes)
        self.radar.settings_wanted.connect(self._on_settings_requested)
        self.radar.notes_wanted.connect(self.dialogs.show_catalogue_notes)
        self.radar.retarget_wanted.connect(self._on_retarget_wanted)
        self.viewer.edit_requested.connect(self._on_edit_requested)
        self.viewer.settings_requested.connect(self._on_settings_requested)
        self.viewer.folder_requested.connect(self.dialogs.open_videos_folder)
        self.viewer.frame_offered.connect(self._on_frame_offered)
        self.queue.frame_offered.connect(self._on_frame_offered)
        self.viewer.show_message.connect(self.notices.tell)
        self.queue.picked.connect(self.show_job)
        self.queue.opened.connect(self._on_opened)
        self.queue.edit_requested.connect(self._on_edit_requested)
        self.queue.settings_requested.connect(self._on_settings_requested)
        self.queue.folder_requested.connect(self.dialogs.open_videos_folder)
        self.queue.show_message.connect(self.notices.tell)
        self.rail.expanded.connect(lambda: self.panes.show_pane("queue", True))
        self.first_run.simulator_chosen.connect(self._on_simulator_chosen)
        self.first_run.provider_chosen.connect(lambda name: self.dialogs.open_settings("accounts", new_provider=name))
        self.status.folder_clicked.connect(self.dialogs.open_videos_folder)
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

    def show_new_jobs(self, job_ids: list[str]) -> None:
        """Shows the first of the jobs that were just added, in the queue and in the viewer."""
        if job_ids:
            self.queue.show_job(job_ids[0])
            self.show_job(job_ids[0])

    def _on_retarget_wanted(self, account_id: str, model_name: str) -> None:
        self.panes.show_pane("compose", True)
        self.studio.tasks.spawn(self._retarget(account_id, model_name), "re-target")

    async def _retarget(self, account_id: str, model_name: str) -> None:
        if not await self.compose.retargeting.ask_for(account_id, model_name):
            # No draft uses it: it is an account's default, or jobs that wait.
            self.dialogs.open_settings("accounts", account_id)

    def _on_undo_offered(self, text: str, undo: Callable[[], object]) -> None:
        self.notices.tell(text, action=self.tr("Undo"), on_action=undo, seconds=UNDO_SECONDS)

    def _on_opened(self, job_id: str) -> None:
        self.panes.close_overlay()
        self.viewer.show_job(job_id, play=True)
        self.viewer.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_settings_requested(self, account_id: str) -> None:
        self.dialogs.open_settings("accounts", account_id)

    def _on_host_wanted(self, account_id: str) -> None:
        self.dialogs.open_settings("accounts", account_id, part="host")

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

    def focus_prompt(self) -> None:
        """Puts the cursor into the prompt, unfolding its pane."""
        self.panes.show_pane("compose", True)
        self.compose.focus_prompt()

    def choose_model(self) -> None:
        """Opens the list of models."""
        self.panes.show_pane("compose", True)
        self.compose.choose_model()

    def retarget(self) -> None:
        """Asks for another model for the open draft, and shows what becomes of it."""
        self.panes.show_pane("compose", True)
        self.compose.retarget()

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
        self._focus.move(step)

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
        self.dialogs.close()
        if self._goes_to_tray():
            self.viewer.player.pause()
            event.ignore()
            self.hide()
            return
        super().closeEvent(event)
