"""What a person orders of jobs in the queue, and what is asked first, on the real engine, which is not started."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPushButton

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.ui.job_orders import Order, orders_for
from support.jobs import NOW, made
from support.queue_desk import LEFT, REFUSED, Desk

SERVER = Failure(kind=FailureKind.SERVER, code="service_error", args={"status": "500"}, action=Action.RETRY)
LOST = Failure(kind=FailureKind.UNCERTAIN, code="answer_lost_uncertain", action=Action.CHECK, billed=Billed.MAYBE)


@pytest.fixture
def desk(opened, run, qtbot) -> Desk:
    return Desk(opened, run, qtbot)


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


def test_a_key_that_is_held_down_removes_a_job_once(desk: Desk) -> None:
    job = made("A red train", State.DONE, finished_at=NOW)
    desk.put(job)
    desk.click(job)
    for _ in range(3):
        desk.key(Qt.Key.Key_Delete)
    desk.settle()
    assert desk.engine.jobs == {} and desk.said == [("picked", job.id), ("picked", "")]


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
