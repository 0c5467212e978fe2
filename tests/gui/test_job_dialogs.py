"""Adopting a task, changing an unsent job, stopping after one, the proof, and the tray."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from sora_desktop.core.errors import Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.job_orders import Order, orders_for
from sora_desktop.ui.jobs.adopt import AdoptDialog
from sora_desktop.ui.jobs.edit import EditJobDialog
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.tray import Tray
from support.loops import Run
from support.studio import Opened, in_the_open

ACCOUNT = "simulator-rivya"


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    run(opened.studio.settings.change(welcomed=True))
    run(opened.rooms.engine.start())
    with in_the_open(MainWindow(opened.studio), run, qtbot) as made:
        yield made


def submit(window: MainWindow, run: Run, prompt: str) -> Job:
    request = GenerationRequest(provider="rivya", model="sora-2", prompt=prompt)
    return run(window.studio.engine.submit(ACCOUNT, request))[0]


def give(window: MainWindow, order: Order, job: Job) -> None:
    window.queue.orders.give(order, [window.studio.engine.jobs[job.id]])


def test_a_task_is_collected_by_its_pasted_id(window: MainWindow, run: Run, qtbot: QtBot) -> None:
    engine = window.studio.engine
    made = submit(window, run, "made before the re-install")
    run.until(lambda: engine.jobs[made.id].state is State.DONE, 60)
    remote_id = engine.jobs[made.id].remote_id
    run(engine.delete(made.id))
    window.menus.actions["adopt"].trigger()
    dialog = window.findChild(AdoptDialog)
    assert isinstance(dialog, AdoptDialog)
    qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    run.until(lambda: dialog.hint.text)
    assert dialog.isVisible() and not engine.jobs
    dialog.account.setCurrentIndex(dialog.account.findData(ACCOUNT))
    dialog.model.setCurrentIndex(dialog.model.findData("sora-2"))
    QGuiApplication.clipboard().setText(f"  {remote_id} ")
    dialog.remote_id.setFocus()
    qtbot.keyClick(dialog.remote_id, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(dialog.remote_id, Qt.Key.Key_Return)
    run.until(lambda: engine.jobs)
    [job] = engine.jobs.values()
    run.until(lambda: engine.jobs[job.id].state is State.DONE, 60)
    assert window.viewer.job is not None and window.viewer.job.id == job.id


def test_an_unsent_job_is_changed_in_its_place(window: MainWindow, run: Run, qtbot: QtBot) -> None:
    engine = window.studio.engine
    run(engine.pause_all(True))
    job = submit(window, run, "a grey boat")
    give(window, Order.CHANGE, job)
    dialog = window.findChild(EditJobDialog)
    assert isinstance(dialog, EditJobDialog)
    dialog.editor.text.selectAll()
    qtbot.keyClick(dialog.editor.text, Qt.Key.Key_Delete)
    qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible() and dialog.hint.text
    qtbot.keyClicks(dialog.editor.text, "a red boat")
    [duration] = [row for key, row in dialog.params.rows.items() if key == "n_frames"]
    duration.editor.changed.emit("15")
    qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
    run.until(lambda: engine.jobs[job.id].request.prompt == "a red boat")
    changed = engine.jobs[job.id]
    assert changed.request.values["n_frames"] == "15"
    assert (changed.position, changed.state) == (job.position, State.WAITING)
    run(engine.cancel(job.id))


def test_stop_after_this_pauses_what_stands_behind(window: MainWindow, run: Run) -> None:
    engine = window.studio.engine
    run(engine.pause_all(True))
    first, second, third = (submit(window, run, f"job {number}") for number in range(3))
    give(window, Order.STOP_AFTER, second)
    run.until(lambda: engine.jobs[third.id].held)
    assert not engine.jobs[first.id].held and not engine.jobs[second.id].held
    for job in (first, second, third):
        run(engine.cancel(job.id))


def test_the_proof_is_offered_where_credits_are_in_doubt_and_copied_without_a_key(window: MainWindow, run: Run) -> None:
    failure = Failure(
        kind=FailureKind.SERVER, code="generation_failed", billed=Billed.YES, detail="Bearer sk-abcdefgh123"
    )
    request = GenerationRequest(provider="rivya", model="sora-2", prompt="lost")
    job = Job(
        id="j",
        intent="sd-1",
        account=ACCOUNT,
        base_url="",
        request=request,
        state=State.FAILED,
        remote_id="task_1",
        failure=failure,
        request_ids=("req_9",),
        reserved=6,
        balance_before=100,
        balance_after=94,
        finished_at=1.0,
    )
    run(window.studio.engine.restore(job))
    assert Order.PROOF in orders_for(job)
    assert Order.PROOF not in orders_for(job.having(failure=failure.model_copy(update={"billed": Billed.NO})))
    give(window, Order.PROOF, job)
    text = QGuiApplication.clipboard().text()
    assert "task_1" in text and "req_9" in text and "sd-1" in text and "sk-abcdefgh123" not in text


@pytest.mark.qt_log_ignore("systemTrayWindowChanged", "does not support raise")
def test_closing_while_jobs_run_leaves_the_program_in_the_tray(
    window: MainWindow, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    engine = window.studio.engine
    job = submit(window, run, "goes on in the tray")
    window.close()
    assert not window.isVisible()
    run.until(lambda: engine.jobs[job.id].state is State.DONE, 60)
    window.come_to_front()
    assert window.isVisible()
    menu = next(menu for menu in window.findChildren(QMenu) if any(a.text() == "Quit" for a in menu.actions()))
    assert {action.text() for action in menu.actions() if action.text()} == {"Open Sora Desktop", "Pause all", "Quit"}
    # Nothing runs any more: closing is closing.
    assert window.close()
    assert QApplication.instance() is not None


@pytest.mark.qt_log_ignore("systemTrayWindowChanged")
def test_switched_off_closing_is_closing(window: MainWindow, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    run(window.studio.settings.change(close_to_tray=False))
    run(window.studio.engine.pause_all(True))
    submit(window, run, "waits")
    assert window.close()
