"""The right column: what is done, what is on its way, what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedLayout, QVBoxLayout, QWidget

from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.works import Transfer
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui import words
from sora_desktop.ui.account_colours import Colours
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.job_orders import FOR_ACTION, JobOrders, Order, orders_for
from sora_desktop.ui.queue.arrangement import ACTIVE_NOW, WAITING, Kind, Row, Show
from sora_desktop.ui.queue.delegate import ACTION, THUMB, QueueDelegate
from sora_desktop.ui.queue.lines import Lines, action_of
from sora_desktop.ui.queue.menu import add, job_menu
from sora_desktop.ui.queue.model import QueueModel
from sora_desktop.ui.queue.pulse import Pulse
from sora_desktop.ui.queue.undo import UndoBar
from sora_desktop.ui.queue.view import QueueView
from sora_desktop.ui.references.dragging import drag_out
from sora_desktop.ui.references.incoming import Frame, of_frame
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.widgets.basic import keep_height, label, line, mark, tool
from sora_desktop.ui.widgets.hints import Empty
from sora_desktop.ui.widgets.segments import Choice, Segments


class QueuePanel(QWidget):
    """Every job, its filter, and the orders that go to the engine."""

    picked = Signal(str)
    """The id of a job that was chosen in the list; "" when the chosen one was removed."""
    opened = Signal(str)
    """The id of a job the user opened: double click, Enter, or the button of a row."""
    edit_requested = Signal(str)
    settings_requested = Signal(str)
    folder_requested = Signal()
    frame_offered = Signal(object)
    """The last Frame of a clip, wanted as a reference."""
    show_message = Signal(str)
    paused_changed = Signal(bool)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        engine = studio.engine
        self.orders = JobOrders(studio, self)
        self.thumbnails = Thumbnails(
            lambda job_id: thumbnail_path(studio.paths, job_id),
            self,
            box=lambda: QSize(scale(THUMB.width()), scale(THUMB.height())) * self.devicePixelRatioF(),
        )
        colours = Colours(studio.accounts, self)
        lines = Lines(
            studio.accounts.model_of, engine.pace, paused=lambda: engine.paused, colours=lambda: colours.telling
        )
        self.model = QueueModel(lines, self)
        self._delegate = QueueDelegate(self.model, self.thumbnails, self)
        self.view = QueueView(self.model, self._delegate, self)
        self._pulse = Pulse(self.view, self._delegate)
        self._undo = UndoBar(self)
        mark(self, surface="panel")
        self.setFocusProxy(self.view)
        self._build()
        self._connect()
        self.model.load(engine.jobs.values())
        self._on_paused_changed(engine.paused)

    def _build(self) -> None:
        self._pause = tool("pause", self.tr("Pause all"), text=self.tr("Pause all"))
        self._more = tool("dots", self.tr("More"))
        heading = QWidget()
        keep_height(heading, 40)
        row = QHBoxLayout(heading)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(label(self.tr("Queue"), "section"))
        row.addStretch(1)
        row.addWidget(self._pause)
        row.addWidget(self._more)

        self.filter = Segments(
            [
                Choice(Show.ALL, self.tr("All")),
                Choice(Show.ACTIVE, self.tr("Active")),
                Choice(Show.DONE, self.tr("Done")),
                Choice(Show.PROBLEMS, self.tr("Problems")),
            ]
        )
        self.filter.set_value(Show.ALL)
        keep_height(self.filter, 28)
        filter_row = QHBoxLayout()
        filter_row.setContentsMargins(12, 0, 12, 4)
        filter_row.addWidget(self.filter)

        self._empty = Empty("queue", self.tr("Nothing queued"))
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)

        self._moving = label("", "secondary", "muted")
        self._reserved = label("", "secondary")
        foot = QWidget()
        keep_height(foot, 36)
        foot_row = QHBoxLayout(foot)
        foot_row.setContentsMargins(16, 0, 16, 0)
        foot_row.addWidget(self._moving)
        foot_row.addStretch(1)
        foot_row.addWidget(self._reserved)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(heading)
        column.addLayout(filter_row)
        column.addLayout(self._stack, 1)
        column.addWidget(self._undo)
        column.addWidget(line())
        column.addWidget(foot)

    def _connect(self) -> None:
        engine = self._studio.engine
        bind(engine.job_added, self._on_job_changed, self)
        bind(engine.job_changed, self._on_job_changed, self)
        bind(engine.job_removed, self._on_job_removed, self)
        bind(engine.progress_changed, self._on_progress_changed, self)
        bind(engine.paused_changed, self._on_paused_changed, self)
        self.model.totals_changed.connect(self._on_totals_changed)
        self.filter.chosen.connect(self._on_filter_chosen)
        self.view.picked.connect(self.picked)
        self.view.opened.connect(self.opened)
        self.view.pressed_button.connect(self._on_button_pressed)
        self.view.key_order.connect(self._on_key_order)
        self.view.menu_wanted.connect(self._on_menu_wanted)
        self.view.dropped.connect(self._on_dropped)
        self.view.dragged_out.connect(self._on_dragged_out)
        self.thumbnails.arrived.connect(self._on_thumbnail_arrived)
        self._pause.clicked.connect(self.toggle_paused)
        self._more.clicked.connect(self._on_more_clicked)
        self._undo.undone.connect(self.orders.restore)
        self.orders.opened.connect(self.opened)
        self.orders.edit_requested.connect(self.edit_requested)
        self.orders.settings_requested.connect(self.settings_requested)
        self.orders.folder_requested.connect(self.folder_requested)
        self.orders.frame_offered.connect(self.frame_offered)
        self.orders.show_message.connect(self.show_message)
        self.orders.removed.connect(self._on_removed)

    # What the engine says.

    def _on_job_changed(self, job: Job) -> None:
        if job.state is State.DONE:
            self.thumbnails.forget(job.id)
        self.model.feed(job)

    def _on_job_removed(self, job_id: str) -> None:
        self.thumbnails.forget(job_id)
        self._delegate.motion.forget(job_id)
        self.model.drop(job_id)

    def _on_progress_changed(self, job_id: str, transfer: Transfer) -> None:
        self.model.progress(job_id, transfer)

    def _on_paused_changed(self, paused: bool) -> None:
        words_now = self.tr("Resume all") if paused else self.tr("Pause all")
        self._pause.setText(words_now)
        self._pause.setAccessibleName(words_now)
        self._pause.setIcon(icon("play" if paused else "pause"))
        self._pause.setToolTip(
            self.tr("Waiting jobs are sent again")
            if paused
            else self.tr("No waiting job is sent; what was sent is still watched and fetched")
        )
        self.view.viewport().update()
        self._on_totals_changed()
        self.paused_changed.emit(paused)

    @property
    def paused(self) -> bool:
        """Whether no waiting job is sent."""
        return self._studio.engine.paused

    def _on_thumbnail_arrived(self, job_id: str) -> None:
        # A row that has just come lies nowhere yet.
        rect = self.view.visualRect(self.model.index(self.model.row_of(job_id)))
        if not rect.isEmpty():
            self.view.update_soon(rect)

    def _on_totals_changed(self) -> None:
        totals = self.model.arrangement.totals()
        for segment in self.filter.segments:
            show = segment.choice.value
            count = totals[show] if isinstance(show, Show) else 0
            segment.set_count(words.number(count, 0) if count and show is not Show.ALL else "")
        self._pause.setEnabled(bool(totals[Show.ACTIVE]) or self._studio.engine.paused)
        shown = totals[self.model.show]
        self._stack.setCurrentWidget(self.view if shown else self._empty)
        if not shown:
            self._say_empty()
        self._say_foot()

    def _say_empty(self) -> None:
        match self.model.show:
            case Show.ALL:
                title = self.tr("Nothing queued")
                sentence = self.tr("Clips you generate line up here, with their state, time left and cost.")
            case Show.ACTIVE:
                title, sentence = self.tr("Nothing on its way"), self.tr("Waiting and running clips show here.")
            case Show.DONE:
                title, sentence = self.tr("Nothing done yet"), self.tr("Finished clips show here, newest first.")
            case Show.PROBLEMS:
                title, sentence = self.tr("No problems"), self.tr("Clips that need a decision of yours show here.")
        self._empty.say(title, sentence)

    def _say_foot(self) -> None:
        arrangement = self.model.arrangement
        active, waiting = arrangement.count(ACTIVE_NOW), arrangement.count(WAITING)
        if self._studio.engine.paused and waiting:
            text = self.tr("{0} active · {1} waiting, paused").format(active, words.number(waiting, 0))
        elif active or waiting:
            text = self.tr("{0} active · {1} waiting").format(active, words.number(waiting, 0))
        else:
            text = self.tr("Nothing on its way") if arrangement.jobs else self.tr("No jobs")
        self._moving.setText(text)
        reserved = sum(arrangement.jobs[job_id].reserved or 0.0 for job_id in arrangement.ids(ACTIVE_NOW))
        self._reserved.setText(self.tr("{0} credits reserved").format(words.number(reserved, 2)))

    # What the person does.

    def show_job(self, job_id: str) -> None:
        """Makes a job's row the current one and brings it into sight."""
        self.model.flush()
        self.view.select_job(job_id)

    def toggle_paused(self) -> None:
        """Stops, or lets go on, the sending of waiting jobs."""
        engine = self._studio.engine
        self.orders.spawn(self.orders.told(engine.pause_all(not engine.paused)))

    def _on_filter_chosen(self, value: object) -> None:
        self.model.set_show(Show(str(value)))
        self._on_totals_changed()

    def _on_button_pressed(self, button: str, row: Row) -> None:
        jobs = self.model.jobs_of(row)
        if not jobs:
            return
        match button:
            case _ if button == ACTION:
                resumed = row.kind is Kind.STACK
                order = Order.RESUME if resumed else FOR_ACTION.get(action_of(jobs[0])[0])
                if order is not None:
                    self.orders.give(order, jobs)
            case "copy":
                self.orders.give(Order.COPY, jobs)
            case "x":
                self._remove(jobs)
            case "dots":
                at = self.view.visualRect(self.model.index(self.model.row_of(row.id)))
                self._open_menu(jobs, at.topRight() + QPoint(-40, 28))

    def _on_key_order(self, name: str) -> None:
        jobs = self.view.selected_jobs()
        match name:
            case "remove":
                self._remove(jobs)
            case "pause":
                held = bool(jobs) and all(job.held for job in jobs if job.state is State.WAITING)
                self.orders.give(Order.RESUME if held else Order.PAUSE, jobs)
            case "copy" if jobs:
                self.orders.give(Order.COPY, jobs)
            case "retry":
                self._mend(jobs)

    def _mend(self, jobs: Sequence[Job]) -> None:
        """Ctrl+R: what helps each job, by the order of the menu."""
        for job, possible in zip(jobs, self.orders.possible(jobs), strict=True):
            order = next((order for order in (Order.CHECK, Order.RETRY, Order.COLLECT) if order in possible), None)
            if order is not None:
                self.orders.give(order, [job])

    def _remove(self, jobs: Sequence[Job]) -> None:
        """Off the list what may go; what runs is only stopped, after a question."""
        self.orders.give(Order.REMOVE, jobs)
        self.orders.give(Order.STOP, jobs)

    def _on_menu_wanted(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        jobs = self.view.jobs_at(index)
        if jobs and self.view.selectionModel().isSelected(index):
            jobs = self.view.selected_jobs()
        if jobs:
            self._open_menu(jobs, at)

    def _open_menu(self, jobs: Sequence[Job], at: QPoint) -> None:
        job_menu(jobs, self.orders, self).popup(self.view.viewport().mapToGlobal(at))

    def _on_more_clicked(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ended = [job for job in self._studio.engine.jobs.values() if job.ended]
        failed = [job for job in ended if job.state is State.FAILED and Order.RETRY in orders_for(job)]
        for words_now, picture, order, jobs in (
            (self.tr("Retry all failed"), "retry", Order.RETRY, failed),
            (self.tr("Remove finished from the list"), "trash", Order.REMOVE, ended),
        ):
            add(menu, words_now, picture, "", lambda order=order, jobs=jobs: self.orders.give(order, jobs)).setEnabled(
                bool(jobs)
            )
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _on_dropped(self, carried: Row, before: Row | None) -> None:
        first = self.model.jobs_of(before)[0].id if before is not None and self.model.jobs_of(before) else None
        self.orders.move(self.model.jobs_of(carried), first)

    def _on_dragged_out(self, job: Job) -> None:
        """A finished clip: its last frame as a reference here, its file for other programs."""
        if Order.FRAME in self.orders.possible([job])[0]:
            frame = Frame(path=job.path, title=Path(job.path).stem)
            drag_out(self.view, of_frame(frame, with_clip=True), self.thumbnails.get(job.id) or QPixmap())

    def _on_removed(self, jobs: list[Job]) -> None:
        """The row that moves up is chosen next, so that a list can be cleared by one key."""
        row = self.view.currentIndex().row()
        self.model.flush()
        self._undo.offer(jobs)
        if not self.view.selected_jobs():
            self.picked.emit(self.view.select_near(row))
