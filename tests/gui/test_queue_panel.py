"""The queue as a person uses it: clicks, keys, menus, on the real engine (which is not started, so nothing is sent)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPushButton

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.works import Transfer
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.job_orders import Order, orders_for
from sora_desktop.ui.queue import QueuePanel, QueueRail
from sora_desktop.ui.queue.arrangement import Show
from sora_desktop.ui.theme import theme
from support.jobs import NOW, made

LEFT = Qt.MouseButton.LeftButton
REFUSED = Failure(kind=FailureKind.REFUSED, code="refused", action=Action.EDIT)
SERVER = Failure(kind=FailureKind.SERVER, code="service_error", args={"status": "500"}, action=Action.RETRY)
LOST = Failure(kind=FailureKind.UNCERTAIN, code="answer_lost_uncertain", action=Action.CHECK, billed=Billed.MAYBE)


class Desk:
    """A shown panel with what it says."""

    def __init__(self, opened, run, qtbot) -> None:
        self.opened, self.run, self.qtbot = opened, run, qtbot
        self.engine = opened.studio.engine
        self.panel = QueuePanel(opened.studio)
        qtbot.addWidget(self.panel)
        self.panel.resize(344, 700)
        self.panel.show()
        self.view, self.model = self.panel.view, self.panel.model
        self.said: list[tuple[str, object]] = []
        for name in ("picked", "opened", "edit_requested", "settings_requested", "show_message"):
            getattr(self.panel, name).connect(lambda what, name=name: self.said.append((name, what)))
        self.panel.folder_requested.connect(lambda: self.said.append(("folder", None)))

    def put(self, *jobs: Job) -> None:
        """As the engine does when jobs come, committed to the database."""
        for job in jobs:
            self.run(self.engine.restore(job))
        self.model.flush()

    def change(self, job: Job) -> None:
        """As the engine does when a job changes."""
        self.engine.jobs[job.id] = job
        self.engine.job_changed.emit(job)
        self.model.flush()

    def settle(self) -> None:
        self.opened.idle()
        self.model.flush()

    def rect(self, job: Job) -> QRect:
        return self.view.visualRect(self.model.index(self.model.row_of(job.id)))

    def click(self, job: Job, button: str = "", modifier=Qt.KeyboardModifier.NoModifier) -> None:
        """Clicks a row, or a button painted in it, as a hand would: the mouse comes first."""
        row = self.rect(job)
        self.qtbot.mouseMove(self.view.viewport(), row.center())
        at = row.center()
        if button:
            at = self.view._delegate.buttons(row, self.model.row_of(job.id))[button].center()
            self.qtbot.mouseMove(self.view.viewport(), at)
        self.qtbot.mouseClick(self.view.viewport(), LEFT, modifier, at)

    def key(self, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.view, key, modifier)


@pytest.fixture
def desk(opened, run, qtbot) -> Desk:
    return Desk(opened, run, qtbot)


def test_nothing_is_a_screen_too(desk: Desk) -> None:
    assert desk.panel._stack.currentWidget() is desk.panel._empty
    assert desk.panel._moving.text() == "No jobs"
    assert desk.panel._reserved.text() == "0 credits reserved"
    desk.put(made())
    assert desk.panel._stack.currentWidget() is desk.view
    desk.qtbot.mouseClick(desk.panel.filter.segments[3], LEFT)
    assert desk.panel._stack.currentWidget() is desk.panel._empty


def test_counts_and_reserved_credits(desk: Desk) -> None:
    desk.put(
        made("runs", State.PROCESSING, reserved=75.0, remote_id="t"),
        made("waits"),
        made("waits too"),
        made("failed", State.FAILED, failure=REFUSED),
    )
    assert desk.panel._moving.text() == "1 active · 2 waiting"
    assert desk.panel._reserved.text() == "75 credits reserved"
    assert [segment._count for segment in desk.panel.filter.segments] == ["", "3", "", "1"]
    desk.qtbot.mouseClick(desk.panel.filter.segments[1], LEFT)
    assert desk.model.show is Show.ACTIVE
    assert [row.section for row in desk.model.rows] == ["active", "active", "waiting", "waiting", "waiting"]


def test_a_click_picks_a_double_click_opens(desk: Desk) -> None:
    first, second = made("one"), made("two")
    desk.put(first, second)
    desk.click(second)
    desk.qtbot.mouseDClick(desk.view.viewport(), LEFT, pos=desk.rect(first).center())
    assert desk.said == [("picked", second.id), ("opened", first.id)]


def test_the_keyboard_walks_past_headings_and_opens(desk: Desk) -> None:
    failed, waiting = made("f", State.FAILED, failure=REFUSED), made("w")
    desk.put(failed, waiting)
    desk.key(Qt.Key.Key_Home)
    desk.key(Qt.Key.Key_Down)
    desk.key(Qt.Key.Key_Return)
    assert desk.said == [("picked", failed.id), ("picked", waiting.id), ("opened", waiting.id)]


def test_the_new_job_alone_is_chosen_while_ctrl_is_still_down(desk: Desk) -> None:
    first, second = made("one"), made("two")
    desk.put(first, second)
    desk.click(first)
    window = desk.panel.windowHandle()
    QTest.keyPress(window, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)  # as in Ctrl+Enter
    try:
        assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.ControlModifier
        desk.view.select_job(second.id)
    finally:
        QTest.keyRelease(window, Qt.Key.Key_Control)
    assert desk.view.selected_jobs() == [second]


def test_a_heading_folds_its_section(desk: Desk) -> None:
    desk.put(made("w"))
    heading = desk.view.visualRect(desk.model.index(0)).center()
    desk.qtbot.mouseClick(desk.view.viewport(), LEFT, pos=heading)
    assert desk.model.rowCount() == 1
    desk.qtbot.mouseClick(desk.view.viewport(), LEFT, pos=heading)
    assert desk.model.rowCount() == 2


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (REFUSED, "edit_requested"),
        (Failure(kind=FailureKind.KEY, code="key_rejected", action=Action.KEY), "settings_requested"),
        (Failure(kind=FailureKind.DISK, code="disk_full", action=Action.FOLDER), "folder"),
    ],
)
def test_the_button_of_a_row_does_the_one_thing(desk: Desk, failure: Failure, said: str) -> None:
    job = made("x", State.FAILED, failure=failure)
    desk.put(job)
    desk.click(job, "action")
    what = {"edit_requested": job.id, "settings_requested": "simulator-rivya", "folder": None}[said]
    assert desk.said == [(said, what)]


def test_retry_sends_a_failed_job_again(desk: Desk) -> None:
    job = made("x", State.FAILED, failure=SERVER)
    desk.put(job)
    desk.click(job, "action")
    desk.settle()
    assert desk.engine.jobs[job.id].state is State.WAITING
    assert desk.engine.jobs[job.id].intent != job.intent
    assert [row.section for row in desk.model.rows] == ["waiting", "waiting"]


def test_an_uncertain_job_is_never_retried_by_a_key(desk: Desk) -> None:
    job = made("x", State.UNCERTAIN, failure=LOST)
    desk.put(job)
    desk.click(job)
    desk.key(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.click(job, "action")
    desk.settle()
    assert desk.said == [("picked", job.id), ("opened", job.id), ("opened", job.id)]
    assert desk.engine.jobs[job.id].state is State.UNCERTAIN


def test_ctrl_r_retries_what_failed(desk: Desk) -> None:
    job = made("x", State.FAILED, failure=SERVER)
    desk.put(job)
    desk.click(job)
    desk.key(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.settle()
    assert desk.engine.jobs[job.id].state is State.WAITING


def test_retry_all_failed_sends_no_job_that_was_cancelled(desk: Desk) -> None:
    conflict = Failure(kind=FailureKind.CONFLICT, code="conflict", billed=Billed.MAYBE)
    failed, cancelled = made("x", State.FAILED, failure=SERVER), made("y", State.CANCELLED)
    let_go, sent_before = made("z", State.CANCELLED, failure=LOST), made("w", State.FAILED, failure=conflict)
    desk.put(failed, cancelled, let_go, sent_before)
    desk.qtbot.mouseClick(desk.panel._more, LEFT)
    menu = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QMenu) and widget.isVisible())
    menu.actions()[0].trigger()
    menu.close()
    desk.settle()
    states = [desk.engine.jobs[job.id].state for job in (failed, cancelled, let_go, sent_before)]
    assert states == [State.WAITING, State.CANCELLED, State.CANCELLED, State.FAILED]


REFUSED_LATER = Failure(kind=FailureKind.CREDITS, code="credits_short", action=Action.RETRY, billed=Billed.MAYBE)


@pytest.mark.parametrize(
    ("failure", "told", "asks"),
    [
        (LOST, {}, True),
        (REFUSED_LATER, {}, True),
        # Its service knows the key that it was sent with: it is not paid for twice.
        (REFUSED_LATER, {"body": "{}", "once": "rivya", "submitted_at": time.time()}, False),
    ],
)
def test_what_may_be_paid_twice_is_sent_again_only_after_a_question(
    failure: Failure, told: dict[str, Any], asks: bool, desk: Desk
) -> None:
    job = made("x", State.UNCERTAIN if failure is LOST else State.FAILED, failure=failure, **told)
    desk.put(job)
    if failure is LOST:
        desk.run(desk.engine.let_go(job.id))
    desk.model.flush()
    desk.click(job)
    desk.key(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    desk.settle()
    box = desk.panel.findChild(QMessageBox)
    assert (box is not None) is asks
    if box is None:
        assert desk.engine.jobs[job.id].state is State.SUBMITTING
        return
    assert "you pay for two clips" in box.informativeText() and desk.engine.jobs[job.id].ended
    next(button for button in box.buttons() if button.text() == "Send again").click()
    desk.settle()
    assert desk.engine.jobs[job.id].state is State.WAITING


def test_delete_can_be_undone(desk: Desk) -> None:
    job = made("A red train", State.DONE, finished_at=NOW)
    desk.put(job)
    desk.click(job)
    desk.key(Qt.Key.Key_Delete)
    desk.settle()
    assert desk.engine.jobs == {}
    assert desk.said[-1] == ("picked", "")
    assert desk.panel._undo.text == "Removed “A red train” — videos stay in the folder"
    desk.qtbot.mouseClick(desk.panel._undo.undo, LEFT)
    desk.settle()
    assert desk.engine.jobs == {job.id: job}
    assert desk.panel._undo.isHidden()


def test_one_key_clears_a_list(desk: Desk) -> None:
    jobs = [made(f"{number}") for number in range(3)]
    desk.put(*jobs)
    desk.click(jobs[1])
    for _ in range(2):
        desk.key(Qt.Key.Key_Delete)
        desk.settle()
    assert list(desk.engine.jobs) == [jobs[0].id]
    assert desk.said == [("picked", jobs[1].id), ("picked", jobs[2].id), ("picked", jobs[0].id)]


@pytest.mark.parametrize(
    ("job", "later"),
    [
        (made("x", State.PROCESSING, remote_id="task_1"), "You can collect it later."),
        (made("x", State.SUBMITTING), "only if the service still answers with its id"),
    ],
)
def test_what_was_sent_is_stopped_only_after_a_question(job: Job, later: str, desk: Desk) -> None:
    desk.put(job)
    desk.click(job, "x")
    box = desk.panel.findChild(QMessageBox)
    assert box is not None and box.textFormat() is Qt.TextFormat.PlainText
    assert "may still be made and billed" in box.informativeText() and later in box.informativeText()
    assert desk.engine.jobs[job.id].state is job.state
    stop = next(button for button in box.buttons() if button.text() == "Stop watching")
    desk.qtbot.mouseClick(stop, LEFT)
    desk.settle()
    assert desk.engine.jobs[job.id].state is State.CANCELLED


def test_what_is_stopped_while_it_is_sent_says_so_until_the_answer_comes(desk: Desk) -> None:
    desk.put(made("x", State.SUBMITTING, unwanted=True))
    assert desk.model.line(1).chip == "Stopping"
    assert Order.STOP not in orders_for(next(iter(desk.engine.jobs.values())))


def test_p_pauses_and_lets_go(desk: Desk) -> None:
    job = made("x")
    desk.put(job)
    desk.click(job)
    desk.key(Qt.Key.Key_P)
    desk.settle()
    assert desk.engine.jobs[job.id].held
    assert desk.model.line(1).chip == "Paused"
    desk.click(job, "action")
    desk.settle()
    assert not desk.engine.jobs[job.id].held


def test_ctrl_c_copies_the_recipe(desk: Desk) -> None:
    job = made("A red train", values={"n_frames": "15"})
    desk.put(job)
    desk.click(job)
    desk.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert json.loads(QGuiApplication.clipboard().text()) == {
        "provider": "rivya",
        "model": "sora-2",
        "prompt": "A red train",
        "values": {"n_frames": "15"},
    }
    assert desk.said[-1] == ("show_message", "Recipe copied.")


@pytest.mark.on_screen
def test_the_menu_offers_what_the_job_takes(desk: Desk) -> None:
    waiting, done = made("w"), made("d", State.DONE, finished_at=NOW, path="/nowhere.mp4", remote_id="t")
    desk.put(waiting, done)

    def words(job: Job) -> list[str]:
        desk.view.menu_wanted.emit(desk.rect(job).center())
        menu = next(menu for menu in desk.panel.findChildren(QMenu) if menu.isVisible())
        found = [action.text() for action in menu.actions() if not action.isSeparator()]
        menu.close()
        desk.qtbot.wait(0)
        return found

    offered = words(waiting)
    assert {"Open", "Use again with changes", "Pause", "Copy recipe", "Remove from the list"} <= set(offered)
    assert not {"Resume", "Ask for the result", "Show in folder", "Stop watching…"} & set(offered)
    assert "Ask for the result" in words(done)
    assert "Show in folder" not in words(done)


def test_waiting_jobs_are_dragged_into_another_order(desk: Desk) -> None:
    jobs = [made(f"{number}") for number in range(4)]
    desk.put(*jobs)
    viewport = desk.view.viewport()
    desk.qtbot.mousePress(viewport, LEFT, pos=desk.rect(jobs[3]).center())
    for y in (0, -20, -60, -100):
        desk.qtbot.mouseMove(viewport, desk.rect(jobs[3]).center() + QPoint(0, y))
    desk.qtbot.mouseMove(viewport, desk.rect(jobs[1]).topLeft() + QPoint(60, 4))
    desk.qtbot.mouseRelease(viewport, LEFT, pos=desk.rect(jobs[1]).topLeft() + QPoint(60, 4))
    desk.settle()
    order = [row.id for row in desk.model.rows[1:]]
    assert order == [jobs[0].id, jobs[3].id, jobs[1].id, jobs[2].id]
    reloaded = desk.run(desk.opened.rooms.jobs.all())
    assert [job.id for job in sorted(reloaded, key=lambda job: job.position)] == order


def test_pause_all_stops_and_goes_on(desk: Desk) -> None:
    desk.put(made())
    desk.qtbot.mouseClick(desk.panel._pause, LEFT)
    desk.settle()
    assert desk.engine.paused
    assert desk.panel._pause.text() == "Resume all"
    assert desk.panel._moving.text() == "0 active · 1 waiting, paused"
    desk.qtbot.mouseClick(desk.panel._pause, LEFT)
    desk.settle()
    assert not desk.engine.paused


def test_nothing_beats_when_nothing_moves_or_nobody_looks(desk: Desk) -> None:
    pulse = desk.panel._pulse
    assert not pulse.beating
    job = made("x", State.PROCESSING, accepted_at=NOW)
    desk.put(job)
    assert pulse.beating
    desk.panel.hide()
    assert not pulse.beating
    desk.panel.show()
    assert pulse.beating
    desk.change(job.moved(State.DOWNLOADING).moved(State.DONE, finished_at=NOW))
    assert not pulse.beating


def test_bytes_on_their_way_move_the_bar(desk: Desk) -> None:
    job = made("x", State.DOWNLOADING)
    desk.put(job)
    desk.engine.progress_changed.emit(job.id, Transfer("download", 5_000_000, 10_000_000))
    desk.model.flush()
    assert desk.model.line(1).chip == "Downloading 50%"
    row = desk.rect(job)
    y = row.top() + 72
    groove, accent = theme().colour("groove"), theme().colour("accent")
    left, right = row.left() + 102, row.right() - 12

    def half_way() -> bool:
        picture = desk.view.grab().toImage()
        first = picture.pixelColor(left + (right - left) * 2 // 5, y)
        second = picture.pixelColor(left + (right - left) * 3 // 5, y)
        return (first, second) == (accent, groove)

    desk.qtbot.waitUntil(half_way)


def test_a_finished_job_shows_its_picture(desk: Desk) -> None:
    job = made("x", State.DOWNLOADING)
    desk.put(job)
    desk.view.grab()
    desk.qtbot.waitUntil(lambda: len(desk.panel.thumbnails) == 1)
    picture = QImage(320, 180, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    picture.save(str(thumbnail_path(desk.opened.studio.paths, job.id)))
    desk.change(job.moved(State.DONE, finished_at=NOW))

    def red() -> bool:
        at = desk.rect(job).topLeft() + QPoint(12 + 40, 8 + 18)
        return desk.view.grab().toImage().pixelColor(at).red() > 200

    desk.qtbot.waitUntil(red)


@pytest.mark.on_screen
def test_the_chosen_row_is_marked_and_the_ring_comes_with_the_keyboard(desk: Desk) -> None:
    job = made("x")
    desk.put(job)
    desk.click(job)
    row = desk.rect(job)
    desk.qtbot.mouseMove(desk.view.viewport(), QPoint(5, 650))
    marked = desk.view.grab().toImage()
    assert marked.pixelColor(row.left() + 1, row.center().y()) == theme().colour("accent")
    assert marked.pixelColor(row.right() - 8, row.top() + 4) == theme().colour("selection")


def test_a_new_text_size_grows_the_rows(desk: Desk) -> None:
    job = made("x")
    desk.put(job)
    low = desk.rect(job).height()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme().apply(app, "dark", 150)
    assert desk.rect(job).height() == round(low * 1.5)


class TestRail:
    def made(self, desk: Desk) -> QueueRail:
        rail = QueueRail(desk.panel)
        desk.qtbot.addWidget(rail)
        rail.resize(64, 500)
        rail.show()
        return rail

    def test_it_shows_what_fits_and_counts_the_rest(self, desk: Desk) -> None:
        rail = self.made(desk)
        desk.put(*(made(f"{number}") for number in range(12)), made("d", State.DONE, finished_at=NOW))
        spots, rest = rail.spots.spots()
        assert len(spots) + rest == 12
        assert 4 <= len(spots) <= 8
        assert rail._count.text() == "12"

    def test_a_click_leads_to_the_panel(self, desk: Desk) -> None:
        rail = self.made(desk)
        jobs = [made("a"), made("b")]
        desk.put(*jobs)
        with desk.qtbot.waitSignal(rail.expanded):
            desk.qtbot.mouseClick(rail.spots, LEFT, pos=rail.spots.spots()[0][1].rect.center())
        assert [job.id for job in desk.view.selected_jobs()] == [jobs[1].id]

    def test_it_pauses_too(self, desk: Desk) -> None:
        rail = self.made(desk)
        desk.put(made())
        desk.qtbot.mouseClick(rail._pause, LEFT)
        desk.settle()
        assert desk.engine.paused
        assert rail._pause.accessibleName() == "Resume all"


def test_the_question_box_offers_no_default_yes(desk: Desk) -> None:
    job = made("x", State.PROCESSING, remote_id="t")
    desk.put(job)
    desk.click(job)
    desk.key(Qt.Key.Key_Delete)
    box = desk.panel.findChild(QMessageBox)
    assert box is not None
    default = box.defaultButton()
    assert isinstance(default, QPushButton) and default.text() == "Cancel"
    default.click()
    desk.settle()
    assert desk.engine.jobs[job.id].state is State.PROCESSING
