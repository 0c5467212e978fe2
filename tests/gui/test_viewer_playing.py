"""The viewer plays: every control and every key moves the picture, and text fields keep their letters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from sora_desktop.media import stills
from sora_desktop.ui.queue import QueuePanel
from sora_desktop.ui.viewer import ViewerPanel
from sora_desktop.ui.viewer.transport import clock
from support.loops import Run
from support.studio import Opened
from support.viewer import FPS, LEFT, SECONDS, Stand, as_pillow, difference, standing


@pytest.fixture
def stand(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[Stand]:
    with standing(opened, run, qtbot) as made_stand:
        yield made_stand


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
