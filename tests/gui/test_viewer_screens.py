"""The viewer where there is no picture: what it says of a job and of a file, and what can be done about it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.notes import Note
from sora_desktop.engine.works import Transfer
from sora_desktop.ui.viewer import ViewerPanel, sight
from sora_desktop.ui.viewer.player import Load
from support.jobs import NOW, made
from support.loops import Run
from support.studio import Opened
from support.viewer import LEFT, Stand, standing

LOST = Failure(kind=FailureKind.UNCERTAIN, code="answer_lost_uncertain", action=Action.CHECK, billed=Billed.MAYBE)


@pytest.fixture
def stand(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[Stand]:
    with standing(opened, run, qtbot) as made_stand:
        yield made_stand


class TestScreens:
    def test_nothing_chosen(self, stand: Stand) -> None:
        stand.panel.show_job(None)
        assert stand.words()[0] == "Nothing to show"
        assert stand.panel._below.isHidden()

    def test_what_a_job_is_doing(self, stand: Stand) -> None:
        job = stand.put(made("x"))
        stand.panel.show_job(job.id)
        assert stand.words() == ("Waiting", "It is sent when its turn comes.")
        job = job.moved(State.PREPARING).moved(State.SUBMITTING)
        stand.change(job)
        assert stand.words()[0] == "Sending"
        job = job.moved(State.PROCESSING, accepted_at=NOW)
        stand.change(job)
        title, sentence = stand.words()
        assert title.startswith("Rendering · ")
        assert "longer than the usual" in sentence
        assert stand.panel.screen_page.emblem._timer.isActive()
        stand.change(job.moved(State.DOWNLOADING))
        stand.engine.progress_changed.emit(job.id, Transfer("download", 5_000_000, 20_000_000))
        assert stand.words() == ("Downloading 25%", "5 of 20 MB")
        assert stand.panel.screen_page.bar.value() == 250
        assert not stand.panel.screen_page.emblem._timer.isActive()

    def test_a_finished_job_shows_its_first_frame_and_does_not_play(self, stand: Stand, clip: Path) -> None:
        job = stand.put(made("x", State.DOWNLOADING))
        stand.panel.show_job(job.id, play=True)
        stand.field.setFocus()
        stand.change(job.moved(State.DONE, path=str(clip), finished_at=NOW))
        stand.until(lambda: not stand.canvas.image.isNull())
        assert not stand.player.playing
        assert stand.field.hasFocus()

    def test_a_part_is_never_played(self, stand: Stand, clip: Path, tmp_path: Path) -> None:
        part = tmp_path / "clip.mp4.part"
        part.write_bytes(clip.read_bytes())
        job = stand.put(made("x", State.DOWNLOADING, path=str(part)))
        stand.panel.show_job(job.id)
        assert stand.player.path is None

    def test_failed_says_why_in_plain_text(self, stand: Stand) -> None:
        failure = Failure(
            kind=FailureKind.REFUSED,
            code="refused",
            action=Action.EDIT,
            detail="<b>Blocked</b> by <a href='http://x'>policy</a>",
            request_id="req_42",
        )
        job = stand.put(made("x", State.FAILED, failure=failure))
        stand.panel.show_job(job.id)
        title, sentence = stand.words()
        assert title == "This clip failed"
        assert sentence.endswith("It was not billed.")
        said = stand.panel.screen_page.said
        assert said._text.text() == failure.detail
        assert said._text.textFormat() is Qt.TextFormat.PlainText
        stand.qtbot.mouseClick(said._copy, LEFT)
        assert QGuiApplication.clipboard().text() == "req_42"
        stand.order("Edit prompt")
        assert stand.said[-1] == ("edit_requested", job.id)

    def test_cancelled_says_whether_anything_is_at_the_service(self, stand: Stand) -> None:
        before = Note(code="task_before", args={"id": "task_1"})
        for notes, words in (((), "nothing was billed"), ((before,), "not sent again")):
            job = stand.put(made("x", State.CANCELLED, notes=notes))
            stand.panel.show_job(job.id)
            assert stand.words()[0] == "Cancelled" and words in stand.words()[1]
            shown = stand.panel.details.notes
            assert (
                ("task_1" in stand.words()[1]) is ("task_1" in shown.toPlainText()) is shown.isVisible() is bool(notes)
            )

    def test_what_was_let_go_in_doubt_can_be_collected_by_its_id_or_sent_again(self, stand: Stand) -> None:
        job = stand.put(made("x", State.CANCELLED, failure=LOST))
        stand.panel.show_job(job.id)
        assert stand.words()[0] == "No longer watched" and "Collect a task by its id" in stand.words()[1]
        stand.order("Retry")
        assert stand.window.findChild(QMessageBox) is not None

    def test_expired_can_be_asked_for_again(self, stand: Stand) -> None:
        failure = Failure(
            kind=FailureKind.EXPIRED,
            code="result_expired",
            args={"when": "2026-05-11 10:00"},
            action=Action.COLLECT,
            billed=Billed.YES,
        )
        job = stand.put(made("x", State.EXPIRED, failure=failure, remote_id="task_1"))
        stand.panel.show_job(job.id)
        assert "2026-05-11 10:00" in stand.words()[1]
        stand.order("Collect")
        stand.settle()
        assert stand.engine.jobs[job.id].state is State.QUEUED

    def test_a_missing_file_can_be_collected_again(self, stand: Stand, tmp_path: Path) -> None:
        job = stand.done(tmp_path / "gone.mp4", remote_id="task_1")
        stand.panel.show_job(job.id)
        stand.until(lambda: stand.page is stand.panel.screen_page)
        assert stand.words()[0] == "The file is missing"
        stand.order("Collect again")
        stand.settle()
        assert stand.engine.jobs[job.id].state is State.QUEUED

    def test_a_share_that_hangs_does_not_hold_the_window(
        self, stand: Stand, clip: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = threading.Event()
        monkeypatch.setattr(sight, "is_file", lambda path: answers.wait(20) and Path(path).is_file())
        monkeypatch.setattr(sight, "PATIENCE", 0.0)
        job = stand.done(clip)
        stand.panel.show_job(job.id)
        stand.panel._refresh()
        assert stand.words()[0] == "The disk does not answer" and stand.panel._clock.isActive()
        answers.set()
        stand.until(lambda: not stand.canvas.image.isNull())
        assert stand.page is stand.panel.stage.home and not stand.player.playing

    def test_a_broken_file_is_said(self, stand: Stand, tmp_path: Path) -> None:
        broken = tmp_path / "broken.mp4"
        broken.write_bytes(b"<html>502 Bad Gateway</html>" * 50)
        job = stand.done(broken, remote_id="task_1")
        stand.panel.show_job(job.id)
        stand.until(lambda: stand.player.load is Load.BROKEN)
        assert stand.words()[0] == "This file cannot be played"
        stand.order("Collect again")
        stand.settle()
        assert stand.player.path is None
        assert stand.engine.jobs[job.id].state is State.QUEUED

    def test_without_qtmultimedia_the_window_still_works(self, opened, run, qtbot, clip: Path, monkeypatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "PySide6.QtMultimedia", None)
        monkeypatch.delattr("PySide6.QtMultimedia", raising=False)
        panel = ViewerPanel(opened.studio)
        qtbot.addWidget(panel)
        panel.show()
        job = made("x", State.DONE, path=str(clip), finished_at=NOW)
        run(opened.studio.engine.restore(job))
        panel.show_job(job.id, play=True)
        qtbot.waitUntil(lambda: panel.player.path is not None)
        assert panel.screen_page.title.text() == "This computer cannot play video here"
        panel.player.toggle()
        panel.transport.toggle_mute()
        panel.hide()
        opened.idle()


class TestUncertain:
    @pytest.fixture
    def lost(self, stand: Stand) -> Job:
        job = stand.put(
            made("x", State.UNCERTAIN, failure=LOST, account="simulator-globalaiopc", provider="globalaiopc")
        )
        stand.panel.show_job(job.id)
        assert stand.page is stand.panel.uncertain_page
        return job

    def test_checking_costs_nothing_and_says_what_it_found(self, stand: Stand, lost: Job) -> None:
        stand.qtbot.mouseClick(stand.panel.uncertain_page.check, LEFT)
        stand.settle()
        assert "no call that could tell" in stand.panel.uncertain_page.answer.text
        assert stand.engine.jobs[lost.id].state is State.UNCERTAIN

    def test_sending_again_asks_first(self, stand: Stand, lost: Job) -> None:
        stand.qtbot.mouseClick(stand.panel.uncertain_page.resend, LEFT)
        box = stand.panel.window().findChild(QMessageBox)
        assert box is not None
        assert "you pay for two clips" in box.informativeText()
        stand.settle()
        assert stand.engine.jobs[lost.id].state is State.UNCERTAIN
        stand.qtbot.mouseClick(next(each for each in box.buttons() if each.text() == "Send again"), LEFT)
        stand.settle()
        assert stand.engine.jobs[lost.id].state is State.WAITING

    def test_its_id_is_adopted(self, stand: Stand, lost: Job) -> None:
        page = stand.panel.uncertain_page
        assert not page.adopt.isEnabled()
        stand.qtbot.keyClicks(page.remote_id, "  sora_abc  ")
        stand.qtbot.mouseClick(page.adopt, LEFT)
        stand.settle()
        assert (stand.engine.jobs[lost.id].state, stand.engine.jobs[lost.id].remote_id) == (State.QUEUED, "sora_abc")
        assert stand.page is stand.panel.screen_page

    def test_it_is_let_go(self, stand: Stand, lost: Job) -> None:
        stand.qtbot.mouseClick(stand.panel.uncertain_page.let_go, LEFT)
        stand.settle()
        assert stand.engine.jobs[lost.id].state is State.CANCELLED

    def test_letters_in_the_id_are_text(self, stand: Stand, lost: Job) -> None:
        page = stand.panel.uncertain_page
        page.remote_id.setFocus()
        stand.qtbot.keyClicks(page.remote_id, "task_Mks1")
        assert page.remote_id.text() == "task_Mks1"
