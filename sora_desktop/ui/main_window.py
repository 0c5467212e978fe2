"""The window: three panes, menus, status bar, and its life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from sora_desktop.core.jobs import ACTIVE, REMOTE, Job, State
from sora_desktop.ui.bind import bind
from sora_desktop.ui.centre import Centre, Tab
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.compose.rail import ComposeRail
from sora_desktop.ui.crossings import Crossings
from sora_desktop.ui.dialogs import Dialogs
from sora_desktop.ui.first_run import FirstRun
from sora_desktop.ui.layout import Panes
from sora_desktop.ui.menus import Menus
from sora_desktop.ui.notices import NoticeBar, Notices
from sora_desktop.ui.offline import OfflineBanner
from sora_desktop.ui.pane_focus import PaneFocus
from sora_desktop.ui.queue.panel import QueuePanel
from sora_desktop.ui.queue.rail import QueueRail
from sora_desktop.ui.radar_banner import RadarBanner
from sora_desktop.ui.status import StatusBar
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import built_bare, theme
from sora_desktop.ui.viewer.panel import ViewerPanel
from sora_desktop.ui.window_layout import LayoutKeeper

if TYPE_CHECKING:
    from sora_desktop.ui.library.page import LibraryPage
    from sora_desktop.ui.tray import Tray

MIN_WIDTH, MIN_HEIGHT = 1024, 700
WIDTH, HEIGHT = 1440, 900


class MainWindow(QMainWindow):
    """Shows a studio. Closing it hides it at once; `leave` keeps what has to be kept before the studio closes."""

    @built_bare
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
        self.compose_rail = ComposeRail()
        self.centre = Centre(self.viewer, self.first_run, self._make_library)
        self.panes = Panes(self.compose, self.centre, self.queue, self.compose_rail, self.rail)
        self.offline = OfflineBanner(studio)
        self.radar = RadarBanner(studio)
        self.notice_bar = NoticeBar(self.notices)
        self._build()
        self._focus = PaneFocus((self.compose_rail, self.compose, self.centre, self.queue, self.rail))
        self.dialogs = Dialogs(self)
        self.menus = Menus(self)
        self._crossings = Crossings(self)
        self._connect()
        self._keeper = LayoutKeeper(self, self.panes, self.centre, self.viewer, studio)
        theme().set_still(studio.settings.current.reduce_motion)
        self._show_centre()
        self._crossings.show_account()
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
        self.panes.folds_changed.connect(self.menus.refresh)
        self.centre.tab_changed.connect(self._on_tab_changed)
        bind(engine.job_added, self._on_job_added, self)
        bind(engine.paused_changed, lambda _paused: self.menus.refresh(), self)
        bind(self.studio.accounts.changed, self._on_accounts_changed, self)
        bind(self.studio.settings.changed, self._on_settings_changed, self)
        bind(theme().changed, self.menus.refresh, self)

    # What is shown.

    def show_job(self, job_id: str) -> None:
        """Puts a job into the viewer, whatever its state; nothing for an empty id."""
        self.viewer.show_job(job_id or None)

    def show_new_jobs(self, job_ids: list[str]) -> None:
        """Shows the first of the jobs that were just added, in the queue and in the viewer."""
        if job_ids:
            self.queue.show_job(job_ids[0])
            self.show_job(job_ids[0])
            self.centre.show_tab(Tab.VIEWER)

    def _make_library(self) -> LibraryPage:
        # Not before it is shown: a start needs none of it.
        from sora_desktop.ui.library.page import LibraryPage

        return self._crossings.join_library(LibraryPage(self.studio))

    def _on_tab_changed(self, tab: str) -> None:
        self.panes.set_aside(tab == Tab.LIBRARY)
        self.menus.refresh()

    def _show_centre(self) -> None:
        self.centre.set_welcome(not self.studio.settings.current.welcomed and not self._has_something())

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

    # Commands of the menus.

    def new_draft(self) -> None:
        """Opens an empty draft, unfolding its pane."""
        self.panes.show_pane("compose", True)
        self.compose.new_draft()

    def find_in_library(self) -> None:
        """Shows the library with the cursor in its search."""
        self.centre.show_tab(Tab.LIBRARY)
        if self.centre.library is not None:
            self.centre.library.focus_search()

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
        return self._detailed.details_shown if name == "details" else self.panes.shown(name)

    def toggle_pane(self, name: str) -> None:
        """Folds or unfolds a pane; the details of what the centre shows."""
        if name == "details":
            self._detailed.show_details(not self._detailed.details_shown)
            self._keeper.changed()
        else:
            self.panes.show_pane(name, not self.panes.shown(name))
        self.menus.refresh()

    @property
    def _detailed(self) -> ViewerPanel | LibraryPage:
        library = self.centre.library
        return library if library is not None and self.centre.tab is Tab.LIBRARY else self.viewer

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
        self.viewer.warm_up()

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
        if self.centre.library is not None:
            await self.centre.library.flush()
        await self._keeper.save()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange and self._ready:
            self.menus.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            if self.centre.shown is self.viewer:
                self.compose.editor.text.setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.centre.focus_shown()
            self.tell_of_resumed()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.dialogs.close()
        if self._goes_to_tray():
            self.viewer.player.pause()
            event.ignore()
            self.hide()
            return
        super().closeEvent(event)
