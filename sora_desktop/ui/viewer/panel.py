"""The centre column: the chosen job's video, or what the job is doing instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.works import Transfer
from sora_desktop.ui.bind import bind
from sora_desktop.ui.job_orders import JobOrders, Order
from sora_desktop.ui.queue.lines import Lines
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale
from sora_desktop.ui.turns import OwnTurn
from sora_desktop.ui.viewer import facts, states
from sora_desktop.ui.viewer.actions import ActionRow, Deed
from sora_desktop.ui.viewer.canvas import Canvas
from sora_desktop.ui.viewer.details import TWO_COLUMNS, Details
from sora_desktop.ui.viewer.doubts import Doubts
from sora_desktop.ui.viewer.handing import FrameHand
from sora_desktop.ui.viewer.head import ViewerHead
from sora_desktop.ui.viewer.keys import ViewerKeys, key_calls
from sora_desktop.ui.viewer.player import Load, Player
from sora_desktop.ui.viewer.saving import FrameSaver
from sora_desktop.ui.viewer.screens import ScreenPage
from sora_desktop.ui.viewer.sight import Sight
from sora_desktop.ui.viewer.stage import Stage
from sora_desktop.ui.viewer.transport import Transport
from sora_desktop.ui.viewer.uncertain import UncertainPage
from sora_desktop.ui.widgets.basic import line, mark

BRIEF_BELOW = 640
"""The height in px at 100 % under which the details give way to the picture."""


class ViewerPanel(QWidget):
    """`show_job` decides what is seen. The file is let go of before anything is done with it."""

    edit_requested = Signal(str)
    settings_requested = Signal(str)
    folder_requested = Signal()
    show_message = Signal(str)
    frame_offered = Signal(object)
    """A Frame of the clip, wanted as a reference."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._job: Job | None = None
        self._transfer: Transfer | None = None
        self._turning = False
        self._sight = Sight()
        self._opens = False
        """Whether the clip plays as soon as its file is seen."""
        engine = studio.engine
        self._lines = Lines(studio.accounts.model_of, engine.pace, paused=lambda: engine.paused)
        self.orders = JobOrders(studio, self)
        self.player = Player(self)
        self._saver = FrameSaver(studio, self)
        self._steps: list[Callable[[], object]] = []
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._refresh)
        self._opener = OwnTurn(self._on_open, self)
        mark(self, surface="panel")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()
        self._keys = ViewerKeys(self, key_calls(self.player, self.transport, self._on_deed))
        self._connect()
        self._refresh()

    def _build(self) -> None:
        self.head = ViewerHead(self)
        # The window places it beside its tabs.
        self.head.hide()
        self.canvas = Canvas()
        self._hand = FrameHand(self.canvas, self.player)
        self.transport = Transport(self.player, self._studio.settings)
        self.stage = Stage(self.canvas, self.transport)
        self.screen_page = ScreenPage()
        self.uncertain_page = UncertainPage()
        self.pages = QStackedWidget()
        for page in (self.stage.home, self.screen_page, self.uncertain_page):
            self.pages.addWidget(page)
        self.actions_row = ActionRow(
            [
                Deed("save", self.tr("Save frame"), "camera", "S"),
                Deed("last_frame", self.tr("Use last frame as reference"), "lastframe", "U"),
                Deed("edit", self.tr("Use again"), "edit"),
                Deed("reveal", self.tr("Show in folder"), "folder"),
                Deed("copy", self.tr("Copy recipe"), "copy"),
                Deed("save_as", self.tr("Save frame as…"), "camera", only_menu=True),
            ]
        )
        self.details = Details()
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        self._details_line = line()
        for part in (line(), self.actions_row, self._details_line, self.details):
            below.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        column.addWidget(self._below)

    def _connect(self) -> None:
        engine, player = self._studio.engine, self.player
        bind(engine.job_changed, self._on_job_changed, self)
        bind(engine.job_added, self._on_job_changed, self)
        bind(engine.job_removed, self._on_job_removed, self)
        bind(engine.progress_changed, self._on_progress_changed, self)
        bind(engine.paused_changed, lambda _paused: self._refresh(), self)
        bind(self._studio.accounts.changed, self._refresh, self)
        bind(self._studio.library.changed, self._on_library_changed, self)
        bind(self._sight.changed, self._on_file_seen, self)
        player.playing_changed.connect(self._on_playing_changed)
        player.frame_came.connect(self.canvas.show_frame)
        player.load_changed.connect(self._refresh)
        self.canvas.zoom_changed.connect(self._show_zoom)
        self.canvas.shape_changed.connect(self._refresh)
        self.canvas.clicked.connect(player.toggle)
        self.canvas.double_clicked.connect(self.toggle_fullscreen)
        self._hand.offered.connect(self.frame_offered)
        self.head.zoom.chosen.connect(self.canvas.set_zoom)
        self.transport.kept.connect(self._on_kept)
        self.transport.fullscreen_wanted.connect(self.toggle_fullscreen)
        self.stage.changed.connect(lambda: self._keys.listen(self.stage.window or self.window()))
        self.actions_row.wanted.connect(self._on_deed)
        self.screen_page.wanted.connect(self._on_order)
        self._doubts = Doubts(self._studio, self.orders, self.uncertain_page, lambda: self._job)
        for source in (self.screen_page, self.uncertain_page, self.details):
            source.copied.connect(self.show_message)
        self._saver.said.connect(self.show_message)
        self.orders.edit_requested.connect(self.edit_requested)
        self.orders.settings_requested.connect(self.settings_requested)
        self.orders.folder_requested.connect(self.folder_requested)
        self.orders.show_message.connect(self.show_message)

    # What is shown.

    @property
    def job(self) -> Job | None:
        """The job that is shown."""
        return self._job

    def warm_up(self) -> None:
        """Makes ready what would hold the window up with the first clip: the player, and what surrounds its picture."""
        self.player.prepare()
        if self._job is None:
            self._steps = [self.details.warm_up, self.stage.home.grab, self._below.grab]
            QTimer.singleShot(0, self, self._on_step)

    def _on_step(self) -> None:
        """The next step of the warm-up, each a turn of the loop: somebody may be writing already."""
        if self._steps and self._job is None:
            self._steps.pop(0)()
            QTimer.singleShot(0, self, self._on_step)

    def show_job(self, job_id: str | None, *, play: bool = False) -> None:
        """Shows a job, a clip of the library, or nothing. `play`: the user opened it himself, so its video starts."""
        job = self._studio.library.job(job_id) if job_id else None
        if job is not None and self._job is not None and job.id == self._job.id and self.player.load is Load.READY:
            self._job = job
            if play:
                self.player.play()
            self._refresh()
            return
        self._transfer = None
        self._turn_to(job, play=play)

    def _turn_to(self, job: Job | None, *, play: bool = False) -> None:
        """Another job, or another file of it. What player and canvas say meanwhile is shown once, at the end."""
        self._turning = True
        try:
            self._close()
            self._job = job
            if job is not None:
                self._sight.forget(job)
            self._open_file(play=play)
        finally:
            self._turning = False
        self._refresh()

    @property
    def details_shown(self) -> bool:
        """Whether the details stand below the picture."""
        return self.details.isVisibleTo(self._below)

    def show_details(self, shown: bool) -> None:
        """Shows or folds the details."""
        self.details.setVisible(shown)
        self._details_line.setVisible(shown)

    def close_file(self, job_ids: list[str]) -> None:
        """Closes the file of the clip that is shown where it is one of these: it is about to be moved."""
        if self._job is not None and self._job.id in job_ids:
            self._close()

    def _close(self) -> None:
        self._opens = False
        self._opener.stop()
        self.player.close()
        self.canvas.clear()

    def _open_file(self, *, play: bool = False) -> None:
        """Loads the video of a job that is done, as soon as its file is seen; the first frame shows at once.

        In a turn of its own: it takes as long as all that is said about the clip.
        """
        self._opens = play
        if self._job is not None and self._job.state is State.DONE and self.player.path is None:
            self._opener.start()

    def _on_open(self) -> None:
        job = self._job
        if job is None or not self._sight.of(job):
            return
        self._turning = True
        try:
            self.player.open(Path(job.path), play=self._opens)
        finally:
            self._turning = False
        if self.player.load is not Load.LOADING:
            self._refresh()

    def _on_file_seen(self, path: str) -> None:
        if self._job is not None and self._job.path == path:
            self._open_file(play=self._opens)
            self._refresh()

    def _screen(self, there: bool | None) -> states.Screen | None:
        """What is said instead of a picture; None where there is one. `there`: its file."""
        job = self._job
        if job is None:
            return states.nothing()
        if job.state is not State.DONE:
            return states.screen_of(job, self._lines, self._transfer)
        if not there:
            return self._sight.screen(job, there)
        if self.player.problem:
            return states.no_player(job, self.player.problem)
        if self.player.load is Load.BROKEN:
            return states.file_broken(job)
        return None

    def _refresh(self) -> None:
        if self._turning:
            return
        job, there = self._job, self._sight.of(self._job)
        screen = self._screen(there)
        if screen is None:
            self.pages.setCurrentWidget(self.stage.home)
        elif job is not None and job.state is State.UNCERTAIN:
            self.uncertain_page.show_job(job)
            self.pages.setCurrentWidget(self.uncertain_page)
        else:
            self.screen_page.show_screen(screen)
            self.pages.setCurrentWidget(self.screen_page)
        if screen is not None:
            self.stage.leave_fullscreen()
        self._below.setVisible(job is not None)
        self.head.show_job(job)
        self._show_zoom()
        if job is not None:
            possible = {"edit", "copy"}
            if there:
                possible.add("reveal")
            if screen is None and there:
                possible |= {"save", "save_as", "last_frame"}
            self.actions_row.set_possible(possible)
            self._show_details(job)
        ticking = self.isVisible() and job is not None and (job.state in states.PENDING or there is None)
        if ticking is not self._clock.isActive():
            self._clock.start() if ticking else self._clock.stop()

    def _show_details(self, job: Job) -> None:
        image = self.canvas.image
        picture = ""
        if not image.isNull():
            picture = f"{image.width()}×{image.height()} · {self.player.fps:g} fps"
        asked = facts.asked(job, self._studio.accounts)
        line_of = self._lines.job(job)
        summary = " · ".join(part for part in (self._lines.meta(job), line_of.price, self._lines.took(job)) if part)
        self.details.show_job(job, asked, facts.became(job, picture), summary)

    def _show_zoom(self) -> None:
        pictured = self.pages.currentWidget() is self.stage.home
        self.head.show_zoom(self.canvas.zoom, self.canvas.shown_zoom if pictured else None)

    # What the engine and the player say.

    def _on_job_changed(self, job: Job) -> None:
        if self._job is None or job.id != self._job.id:
            return
        before, self._job = self._job, job
        if job.state not in {State.PREPARING, State.DOWNLOADING}:
            self._transfer = None
        if (before.state, before.path) != (job.state, job.path):
            # A finished job shows its first frame, and plays only when it is asked to.
            self._turn_to(job)
        else:
            self._refresh()

    def _on_job_removed(self, job_id: str) -> None:
        if self._job is not None and job_id == self._job.id and self._studio.library.job(job_id) is None:
            self.show_job(None)

    def _on_library_changed(self) -> None:
        """A clip that left the queue is known to the library alone: it was removed there, or its file was found."""
        job = self._studio.library.job(self._job.id) if self._job is not None else None
        if job is None:
            if self._job is not None:
                self.show_job(None)
        elif job is not self._job:
            self._on_job_changed(job)

    def _on_playing_changed(self, playing: bool) -> None:
        """Who has played a clip has seen it."""
        if self._job is None or not playing:
            return
        library, job_id = self._studio.library, self._job.id
        clip = library.clips.get(job_id)
        if clip is None or not clip.marks.reviewed:
            self.orders.spawn(self.orders.told(library.mark([job_id], reviewed=True)))

    def _on_progress_changed(self, job_id: str, transfer: Transfer) -> None:
        if self._job is not None and job_id == self._job.id:
            self._transfer = transfer
            if self.isVisible():
                self._refresh()

    # What the person does.

    def _on_deed(self, name: str) -> None:
        job = self._job
        if job is None:
            return
        path, player = self.player.path, self.player
        match name:
            case "save" if path is not None and player.frames:
                self._saver.beside(path, player.time, player.frame + 1)
            case "save_as" if path is not None and player.frames:
                player.pause()
                self._saver.ask(path, player.time, player.frame + 1)
            case "last_frame":
                self._hand.offer_last()
            case "edit" | "reveal" | "copy":
                self._on_order(Order(name))

    def _on_order(self, order: Order) -> None:
        job = self._job
        if job is None:
            return
        if order is Order.COLLECT:
            # Also for a file that is there and broken: it is let go of first.
            self._close()
            self.orders.collect([job])
        else:
            self.orders.give(order, [job])

    def _on_kept(self, changes: dict[str, object]) -> None:
        self.orders.spawn(self._studio.settings.change(**changes))

    def toggle_fullscreen(self) -> None:
        """The picture on the whole screen, or back in its place."""
        if self.stage.fullscreen:
            self.stage.leave_fullscreen()
        elif self.pages.currentWidget() is self.stage.home and self._job is not None:
            self.stage.enter_fullscreen()

    # Room and sight.

    def showEvent(self, event: QShowEvent) -> None:
        self._keys.listen(self.window())
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self._opens = False
        self.player.pause()
        self._clock.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.details.set_brief(self.height() < scale(BRIEF_BELOW) or self.width() < scale(TWO_COLUMNS))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
