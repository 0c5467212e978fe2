"""The viewer on real clips: what is painted is what PyAV decodes, and every control moves it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from PySide6.QtCore import QLoggingCategory, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from sora_desktop.app import QUIET
from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.notes import Note
from sora_desktop.engine.works import Transfer
from sora_desktop.media import stills
from sora_desktop.media.render import render
from sora_desktop.ui.queue import QueuePanel
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer import ViewerPanel, sight
from sora_desktop.ui.viewer.player import Load
from sora_desktop.ui.viewer.transport import clock
from support.jobs import NOW, made

LEFT = Qt.MouseButton.LeftButton
FPS, SECONDS = 30, 2
LOST = Failure(kind=FailureKind.UNCERTAIN, code="answer_lost_uncertain", action=Action.CHECK, billed=Billed.MAYBE)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "boat.mp4"
    render(path, "A small boat", width=320, height=180, seconds=SECONDS, fps=FPS)
    return path


@pytest.fixture(autouse=True)
def no_noise_about_missing_sound(qapp: QApplication) -> Iterator[None]:
    QLoggingCategory.setFilterRules(QUIET)
    yield
    QLoggingCategory.setFilterRules("")


class Stand:
    """A shown viewer in a window with a text field, and what it says."""

    def __init__(self, opened, run, qtbot) -> None:
        self.opened, self.run, self.qtbot = opened, run, qtbot
        self.engine, self.settings = opened.studio.engine, opened.studio.settings
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.field = QLineEdit()
        self.panel = ViewerPanel(opened.studio)
        self.panel.setMinimumWidth(320)
        column = QVBoxLayout(self.window)
        column.addWidget(self.field)
        column.addWidget(self.panel)
        self.window.resize(720, 840)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.player, self.canvas, self.transport = self.panel.player, self.panel.canvas, self.panel.transport
        self.said: list[tuple[str, object]] = []
        for name in ("edit_requested", "settings_requested", "show_message"):
            getattr(self.panel, name).connect(lambda what, name=name: self.said.append((name, what)))

    def put(self, job: Job) -> Job:
        self.run(self.engine.restore(job))
        return job

    def change(self, job: Job) -> None:
        """As the engine does when a job changes."""
        self.engine.jobs[job.id] = job
        self.engine.job_changed.emit(job)

    def done(self, path: Path, **fields: object) -> Job:
        return self.put(made("A small boat", State.DONE, path=str(path), finished_at=NOW, **fields))

    def show(self, path: Path, *, play: bool = False) -> Job:
        """Shows a clip and waits for its first frame."""
        job = self.done(path)
        self.panel.show_job(job.id, play=play)
        self.until(lambda: not self.canvas.image.isNull() and self.player.frames)
        return job

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=10_000)

    def at(self, frame: int) -> None:
        """Waits until a frame is on the canvas, not only wished for."""
        self.until(lambda: self.player.frame == frame and not self.player._seeking)

    def key(self, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def press(self, name: str) -> None:
        self.qtbot.mouseClick(self.transport.buttons[name], LEFT)

    def settle(self) -> None:
        self.opened.idle()

    @property
    def page(self) -> object:
        return self.panel.pages.currentWidget()

    def words(self) -> tuple[str, str]:
        """Title and sentence of the screen."""
        assert self.page is self.panel.screen_page
        return self.panel.screen_page.title.text(), self.panel.screen_page.sentence.text()

    def order(self, text: str) -> None:
        """Presses a button of the screen."""
        buttons = self.panel.screen_page._buttons
        found = [buttons.itemAt(index).widget() for index in range(buttons.count())]
        self.qtbot.mouseClick(next(made for made in found if made is not None and made.text() == text), LEFT)


@pytest.fixture
def stand(opened, run, qtbot) -> Iterator[Stand]:
    made_stand = Stand(opened, run, qtbot)
    yield made_stand
    made_stand.panel.show_job(None)
    made_stand.settle()


def as_pillow(image: QImage) -> Image.Image:
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    return Image.frombytes(
        "RGB", (plain.width(), plain.height()), bytes(plain.constBits()), "raw", "RGB", plain.bytesPerLine()
    )


def difference(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def on_screen(stand: Stand) -> Image.Image:
    """The picture as it is painted, cut out of the well."""
    return as_pillow(stand.canvas.grab(stand.canvas.target().toRect()).toImage())


class TestPicture:
    def test_the_first_frame_shows_at_once_and_waits(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        assert (stand.player.frame, stand.player.playing) == (0, False)
        assert difference(as_pillow(stand.canvas.image), stills.first_frame(clip)) < 3
        assert stand.page is stand.panel.stage.home

    def test_the_painted_pixels_are_the_decoded_frame(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.player.show_frame(37)
        stand.at(37)
        painted = on_screen(stand)
        scaled = {number: stills.frame_at(clip, number / FPS).resize(painted.size) for number in (30, 37, 44)}
        assert difference(painted, scaled[37]) < 4
        assert difference(painted, scaled[37]) < min(difference(painted, scaled[n]) for n in (30, 44)) / 2

    def test_the_shape_is_kept_on_the_well(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        target = stand.canvas.target()
        assert target.width() / target.height() == pytest.approx(320 / 180, rel=0.01)
        corner = stand.canvas.grab().toImage().pixelColor(2, 2)
        assert corner == theme().colour("well")
        assert stand.panel.head.zoom.text() == f"Fit {round(target.width() / 320 * 100)}%"

    def test_one_pixel_on_one_pixel(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.panel.head.zoom.chosen.emit(1.0)
        assert stand.canvas.target().size().toSize() == stand.canvas.image.size()
        assert stand.panel.head.zoom.text() == "100%"
        assert difference(on_screen(stand), as_pillow(stand.canvas.image)) == 0

    def test_an_empty_frame_leaves_the_last(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        before = stand.canvas.image
        from PySide6.QtMultimedia import QVideoFrame

        stand.player._on_frame(QVideoFrame())
        stand.canvas.show_frame(QVideoFrame())
        assert stand.canvas.image == before

    def test_another_job_does_not_show_the_old_picture(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        waiting = stand.put(made("waits"))
        stand.panel.show_job(waiting.id)
        assert stand.canvas.image.isNull()
        assert stand.player.load is Load.NONE


class TestPlaying:
    def test_space_plays_and_pauses(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.panel.setFocus()
        stand.key(Qt.Key.Key_Space)
        stand.until(lambda: stand.player.frame > 5)
        assert stand.player.playing
        stand.key(Qt.Key.Key_K)
        stand.until(lambda: not stand.player.playing)

    def test_the_button_plays(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.press("play")
        stand.until(lambda: stand.player.frame > 2)
        assert stand.transport.buttons["play"].accessibleName() == "Pause"
        stand.press("play")
        stand.until(lambda: not stand.player.playing)

    def test_a_job_the_user_opened_plays(self, stand: Stand, clip: Path) -> None:
        stand.show(clip, play=True)
        stand.until(lambda: stand.player.playing and stand.player.frame > 2)

    def test_without_loop_it_rests_on_the_last_frame_and_plays_again(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        if stand.player.loop:
            stand.press("loop")
        last = stand.player.frames - 1
        stand.player.show_frame(last - 10)
        stand.at(last - 10)
        stand.press("play")
        stand.until(lambda: not stand.player.playing and stand.player.frame == last)
        stand.at(last)
        assert difference(as_pillow(stand.canvas.image), stills.last_frame(clip)) < 3
        stand.press("play")
        stand.until(lambda: stand.player.playing and 0 < stand.player.frame < last)

    def test_with_loop_it_begins_again(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        if not stand.player.loop:
            stand.press("loop")
        last = stand.player.frames - 1
        stand.player.show_frame(last - 10)
        stand.at(last - 10)
        frames: list[int] = []
        stand.player.stepped.connect(lambda: frames.append(stand.player.frame))
        stand.press("play")
        stand.until(lambda: any(now < before - 10 for before, now in pairwise(frames)))
        assert stand.player.playing

    def test_slower_and_faster(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.panel.setFocus()
        stand.key(Qt.Key.Key_L)
        assert (stand.player.rate, stand.transport.speed.text()) == (1.5, "1.5×")
        for _ in range(9):
            stand.key(Qt.Key.Key_J)
        assert (stand.player.rate, stand.transport.speed.text()) == (0.25, "0.25×")
        stand.transport.speed.chosen.emit(1.0)
        assert stand.player.rate == 1.0

    def test_it_pauses_when_the_window_no_longer_shows_it(self, stand: Stand, clip: Path) -> None:
        stand.show(clip, play=True)
        stand.until(lambda: stand.player.playing)
        stand.panel.hide()
        stand.until(lambda: not stand.player.playing)


def test_the_sound_thread_never_stops_the_window(clip: Path) -> None:
    """Without `Player._warm_up` two locks meet in three of four such runs, and the window hangs for ever."""
    rounds = f"""
from pathlib import Path
from PySide6.QtCore import QEventLoop, QLoggingCategory, QTimer
from PySide6.QtWidgets import QApplication
from sora_desktop.ui.viewer.player import Player
app = QApplication([])
QLoggingCategory.setFilterRules("qt.multimedia.*=false")
for number in range(80):
    player, loop = Player(), QEventLoop()
    player.open(Path({str(clip)!r}), play=True)
    QTimer.singleShot(60, loop.quit)
    loop.exec()
    player.close()
"""
    subprocess.run([sys.executable, "-c", rounds], check=True, timeout=90, stderr=subprocess.DEVNULL)


class TestStepping:
    def test_frame_by_frame(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.panel.setFocus()
        for _ in range(3):
            stand.key(Qt.Key.Key_Right)
        stand.at(3)
        stand.press("next")
        stand.at(4)
        stand.key(Qt.Key.Key_Left)
        stand.press("prev")
        stand.at(2)
        assert difference(as_pillow(stand.canvas.image), stills.frame_at(clip, 2 / FPS)) < 3

    def test_ends_and_seconds(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.panel.setFocus()
        last = stand.player.frames - 1
        assert last == SECONDS * FPS - 1
        stand.key(Qt.Key.Key_End)
        stand.at(last)
        stand.key(Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
        stand.at(last - FPS)
        stand.key(Qt.Key.Key_Home)
        stand.at(0)
        stand.press("toend")
        stand.at(last)
        stand.press("tostart")
        stand.at(0)

    def test_a_click_on_the_time_line_jumps_and_a_drag_follows(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        scrub = stand.transport.scrub
        middle = QPoint(scrub.width() // 2, 10)
        stand.qtbot.mousePress(scrub, LEFT, pos=middle)
        stand.at(30)
        seen: set[int] = set()
        stand.player.frame_came.connect(lambda _frame: seen.add(stand.player.frame))
        for share in (0.6, 0.7, 0.8):
            stand.qtbot.mouseMove(scrub, QPoint(round(scrub.width() * share), 10))
            frame = scrub.value()
            stand.at(frame)
        stand.qtbot.mouseRelease(scrub, LEFT, pos=QPoint(round(scrub.width() * 0.8), 10))
        assert len(seen) >= 3
        assert stand.player.frame == scrub.frame_at(scrub.width() * 0.8)

    def test_a_drag_holds_the_playing(self, stand: Stand, clip: Path) -> None:
        stand.show(clip, play=True)
        stand.until(lambda: stand.player.playing)
        scrub = stand.transport.scrub
        stand.qtbot.mousePress(scrub, LEFT, pos=QPoint(scrub.width() // 2, 10))
        assert not stand.player.playing
        stand.qtbot.mouseRelease(scrub, LEFT, pos=QPoint(scrub.width() // 2, 10))
        stand.until(lambda: stand.player.playing)

    def test_time_and_frame_are_said(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.player.show_frame(44)
        stand.at(44)
        assert stand.transport._time.text() == "0:01.46"
        assert stand.transport._length.text() == "/ 0:02.00"
        assert stand.transport._frame.text() == "Frame 45 of 60"

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0, "0:00.00"), (4.1, "0:04.10"), (61.005, "1:01.00"), (-1, "0:00.00")]
    )
    def test_times(self, seconds: float, text: str) -> None:
        assert clock(seconds) == text


class TestKeys:
    def test_letters_in_a_text_field_are_text(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.field.setFocus()
        for key in (Qt.Key.Key_K, Qt.Key.Key_M, Qt.Key.Key_Space, Qt.Key.Key_Right):
            stand.key(key)
        assert stand.field.text() == "km "
        assert (stand.player.playing, stand.player.frame) == (False, 0)

    def test_arrows_step_after_a_click_on_a_button(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.field.setFocus()
        stand.press("next")
        stand.at(1)
        assert stand.panel.hasFocus()
        stand.key(Qt.Key.Key_Right)
        stand.at(2)
        stand.transport.buttons["tostart"].setFocus()
        stand.key(Qt.Key.Key_Right)
        stand.at(3)

    def test_they_work_from_the_queue(self, stand: Stand, clip: Path) -> None:
        job = stand.show(clip)
        queue = QueuePanel(stand.opened.studio)
        stand.window.layout().addWidget(queue)
        queue.view.select_job(job.id)
        queue.view.setFocus()
        stand.key(Qt.Key.Key_Space)
        stand.until(lambda: stand.player.playing)
        stand.key(Qt.Key.Key_K)
        stand.until(lambda: not stand.player.playing)

    def test_mute_and_loop_are_kept(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.panel.setFocus()
        stand.key(Qt.Key.Key_R)
        stand.key(Qt.Key.Key_M)
        stand.transport.loudness.setValue(35)
        stand.until(lambda: stand.settings.current.volume == 0.35)
        stand.settle()
        assert (stand.settings.current.loop, stand.settings.current.muted) == (False, False)
        stand.key(Qt.Key.Key_M)
        stand.until(lambda: stand.settings.current.muted)
        stand.settle()
        again = ViewerPanel(stand.opened.studio)
        stand.qtbot.addWidget(again)
        assert (again.player.loop, again.transport.muted, again.transport.volume) == (False, True, 0.35)


class TestFrames:
    def test_s_saves_the_exact_frame_beside_the_video(self, stand: Stand, clip: Path, tmp_path: Path) -> None:
        video = tmp_path / "clip.mp4"
        video.write_bytes(clip.read_bytes())
        stand.show(video)
        stand.player.show_frame(17)
        stand.at(17)
        stand.panel.setFocus()
        stand.key(Qt.Key.Key_S)
        stand.settle()
        saved = tmp_path / "clip frame 18.png"
        assert stand.said[-1] == ("show_message", f"Saved {saved.name}")
        with Image.open(saved) as picture:
            assert picture.format == "PNG"
            assert difference(picture.convert("RGB"), stills.frame_at(video, 17 / FPS)) == 0
        stand.key(Qt.Key.Key_S)
        stand.settle()
        assert (tmp_path / "clip frame 18 (2).png").exists()

    def test_as_jpeg_where_the_person_says(self, stand: Stand, clip: Path, tmp_path: Path) -> None:
        stand.show(clip)
        stand.panel._on_deed("save_as")
        dialog = stand.panel.window().findChild(QFileDialog)
        assert dialog is not None
        target = tmp_path / "still.jpg"
        dialog.fileSelected.emit(str(target))
        dialog.reject()
        stand.settle()
        with Image.open(target) as picture:
            assert (picture.format, picture.size) == ("JPEG", (320, 180))

    def test_a_folder_that_cannot_be_written_is_said(self, stand: Stand, clip: Path, tmp_path: Path) -> None:
        stand.show(clip)
        stand.panel._saver._save(clip, 0.0, lambda: tmp_path / "gone" / "still.png")
        stand.settle()
        name, text = stand.said[-1]
        assert name == "show_message"
        assert "cannot be written to" in str(text)


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


class TestDetails:
    def test_prompt_and_facts(self, stand: Stand, clip: Path) -> None:
        job = made(
            "<b>A boat</b>\nin the mist",
            State.DONE,
            model="sora-2-pro",
            values={"size": "high", "n_frames": "15"},
            path=str(clip),
            bytes=18_400_000,
            submitted_at=NOW + 40,
            accepted_at=NOW + 42,
            completed_at=NOW + 270,
            finished_at=NOW + 276,
            created_at=NOW,
            final=75.0,
            remote_id="task_9f3c77aa01b21e",
        )
        stand.put(job)
        stand.panel.show_job(job.id)
        stand.until(lambda: not stand.canvas.image.isNull())
        details = stand.panel.details
        assert details.prompt.toPlainText() == "<b>A boat</b>\nin the mist"
        facts = {fact.name: fact.value for fact in [*details._asked, *details._became]}
        assert facts["Model"] == "Sora 2 Pro"
        assert (facts["Quality"], facts["Duration"], facts["Aspect"]) == ("High", "15 s", "Landscape")
        assert facts["Video"] == "320×180 · 30 fps"
        assert (facts["Cost"], facts["Waited"], facts["Rendered"]) == ("75 credits", "0:40", "3:48")
        assert (facts["Download"], facts["Task ID"]) == ("0:06 · 18.4 MB", "task_9f…b21e")

    def test_the_task_id_is_copied_whole(self, stand: Stand) -> None:
        job = stand.put(made("x", State.QUEUED, remote_id="task_9f3c77aa01b21e"))
        stand.panel.show_job(job.id)
        details = stand.panel.details
        details.facts.copy(next(fact for fact in details._became if fact.copies))
        assert QGuiApplication.clipboard().text() == "task_9f3c77aa01b21e"
        assert stand.said[-1] == ("show_message", "Task ID copied.")

    def test_they_give_way_to_the_picture(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        assert not stand.panel.details.brief
        stand.window.resize(720, 560)
        stand.until(lambda: stand.panel.details.brief)
        assert stand.panel.details._beginning.text() == "A small boat"

    def test_the_recipe_is_copied(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.qtbot.mouseClick(stand.panel.actions_row.buttons["copy"], LEFT)
        assert json.loads(QGuiApplication.clipboard().text())["prompt"] == "A small boat"

    def test_what_has_no_room_is_in_the_menu(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        row = stand.panel.actions_row
        before = len(row.left_out())
        stand.window.resize(360, 840)
        stand.until(lambda: len(row.left_out()) > before)
        names = {deed.name for deed in row.left_out()}
        assert "save_as" in names
        shown = {name for name, made_button in row.buttons.items() if made_button.isVisible()}
        assert shown and not shown & names
        assert all(row.rect().contains(row.buttons[name].geometry()) for name in shown)


class TestFullScreen:
    def test_there_and_back(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.qtbot.mouseClick(stand.transport.full, LEFT)
        screen = stand.panel.stage.window
        assert screen is not None and screen.isFullScreen()
        assert stand.canvas.window() is screen
        stand.qtbot.keyClick(screen, Qt.Key.Key_Right)
        stand.at(1)
        stand.qtbot.keyClick(screen, Qt.Key.Key_Escape)
        assert stand.canvas.window() is stand.window
        stand.panel.setFocus()
        stand.key(Qt.Key.Key_Right)
        stand.at(2)

    def test_a_double_click_on_the_picture(self, stand: Stand, clip: Path) -> None:
        stand.show(clip)
        stand.qtbot.mouseDClick(stand.canvas, LEFT, pos=QPointF(stand.canvas.rect().center()).toPoint())
        assert stand.panel.stage.fullscreen
        stand.panel.show_job(None)
        assert not stand.panel.stage.fullscreen
