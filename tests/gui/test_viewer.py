"""The viewer on real clips: what is painted and saved is what PyAV decodes, also on the full screen; and the facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import State
from sora_desktop.media import stills
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer.player import Load
from support.jobs import NOW, made
from support.loops import Run
from support.studio import Opened
from support.viewer import FPS, LEFT, Stand, as_pillow, difference, on_screen, standing


@pytest.fixture
def stand(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[Stand]:
    with standing(opened, run, qtbot) as made_stand:
        yield made_stand


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
