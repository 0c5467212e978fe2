"""What hands and keys do with the grid of clips: choose, give orders, carry clips elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sora_desktop.media.render import render
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.library import grid as grid_module
from sora_desktop.ui.references.dragging import thumb
from sora_desktop.ui.references.section import ReferencesSection
from sora_desktop.ui.theme import theme
from support.clip_grid import CTRL, LEFT, SHIFT, Key, Stand, clip, letters, near, standing
from support.drops import drop, names
from support.loops import Run
from support.studio import Opened

RIGHT = Qt.MouseButton.RightButton


@pytest.fixture
def stand(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[Stand]:
    with standing(opened, run, qtbot) as made_stand:
        yield made_stand


class TestChosen:
    def test_by_click_with_ctrl_and_with_shift(self, stand: Stand) -> None:
        stand.show(*letters(10, days=2))
        stand.click("b")
        assert (stand.chosen(), stand.current()) == (["b"], "b")
        stand.click("d", CTRL)
        assert stand.chosen() == ["b", "d"]
        stand.click("b", CTRL)
        assert stand.chosen() == ["d"]
        stand.click("h")
        stand.click("c", SHIFT)
        assert stand.chosen() == ["c", "d", "e", "f", "g", "h"], "backwards, and past a heading"
        stand.qtbot.mouseClick(stand.view, LEFT, pos=QPoint(4, 60))
        assert stand.chosen() == []
        assert stand.changes == 6

    def test_by_a_rubber_band_that_scrolls_at_the_edge(self, stand: Stand) -> None:
        stand.show(*[clip(f"{number}") for number in range(40)])
        stand.qtbot.mousePress(stand.view, LEFT, pos=QPoint(4, 60))
        stand.qtbot.mouseMove(stand.view, QPoint(40, 90))
        stand.qtbot.mouseMove(stand.view, QPoint(300, 250))
        assert stand.chosen() == ["0", "1", "4", "5"]
        plain = stand.painted()
        assert near(plain.pixelColor(200, 60), theme().colour("accent").name(), 40), "its edge"
        stand.qtbot.mouseMove(stand.view, QPoint(300, 600))
        stand.run.until(lambda: stand.grid.verticalOffset() == stand.grid.verticalScrollBar().maximum())
        assert stand.chosen() == [f"{number}" for number in range(40) if number % 4 < 2]
        stand.qtbot.mouseRelease(stand.view, LEFT, pos=QPoint(300, 600))
        assert not stand.grid._edge.isActive()
        assert len(stand.chosen()) == 20

    def test_by_the_arrows(self, stand: Stand) -> None:
        stand.show(*letters(26, days=2))  # a–m: four lines, the last of one; then n–z
        steps = [
            (Key.Key_Right, "a"),  # the first key comes to the first card
            (Key.Key_Right, "b"),
            (Key.Key_Down, "f"),
            (Key.Key_Down, "j"),
            (Key.Key_Down, "m"),  # the line below is shorter
            (Key.Key_Down, "n"),
            (Key.Key_Left, "m"),  # past the heading
            (Key.Key_End, "z"),
            (Key.Key_Up, "v"),
            (Key.Key_PageUp, "m"),
            (Key.Key_Home, "a"),
            (Key.Key_Left, "a"),
            (Key.Key_PageDown, "m"),
        ]
        for key, title in steps:
            stand.press(key)
            assert (stand.current(), stand.chosen()) == (title, [title]), key
            area = stand.grid.visualRect(stand.grid.currentIndex())
            assert area.top() >= stand.grid._lie.measures.heading and area.bottom() <= stand.view.height(), "in sight"
        stand.press(Key.Key_Home)
        stand.press(Key.Key_Down, SHIFT)
        stand.press(Key.Key_Left, SHIFT)
        assert stand.chosen() == ["a", "b", "c", "d"]
        stand.press(Key.Key_A, CTRL)
        assert len(stand.chosen()) == 26

    def test_the_arrows_follow_the_eye_from_right_to_left(self, stand: Stand) -> None:
        stand.show(*letters(6))
        stand.grid.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        stand.click("b")
        assert stand.at("a").x() > stand.at("b").x()
        stand.press(Key.Key_Left)
        assert stand.current() == "c"

    def test_the_choice_survives_new_clips_other_sortings_and_new_marks(self, stand: Stand) -> None:
        clips = stand.show(*letters(12, days=3))
        stand.grid.select([clips[4].id, clips[5].id])
        assert (stand.current(), stand.changes) == ("e", 1)
        stand.show(clip("new"), *clips)
        stand.show(*reversed(clips), grouped=False)
        assert (stand.chosen(), stand.current(), stand.changes) == (["f", "e"], "e", 2), "another order is told"
        starred = clips[4].marked(favourite=True)
        stand.show(*[starred if each is clips[4] else each for each in reversed(clips)], grouped=False)
        assert stand.grid.selected()[1] is starred
        assert stand.changes == 3, "who shows the chosen clips hears that they changed"
        stand.show(*clips[5:])
        assert stand.chosen() == ["f"]
        stand.show(*clips[:3])
        assert stand.chosen() == [], "what a search leaves out is chosen no longer"

    def test_after_a_removal_the_next_is_chosen(self, stand: Stand) -> None:
        clips = stand.keep(*letters(6, days=2))
        stand.grid.select([clips[1].id, clips[2].id])
        stand.run(stand.library.remove([clips[1].id, clips[2].id]))
        stand.show(*[each for each in clips if each.id in stand.library.clips])
        assert (stand.chosen(), stand.current()) == (["d"], "d")
        stand.press(Key.Key_End)
        stand.run(stand.library.remove([clips[5].id]))
        stand.show(*[each for each in clips if each.id in stand.library.clips])
        assert stand.chosen() == ["e"], "there is none behind the last"


class TestOrders:
    def test_keys_say_what_is_wanted_of_all_that_is_chosen(self, stand: Stand) -> None:
        clips = stand.show(clip("a", favourite=True), clip("b"), clip("c"))
        stand.press(Key.Key_F)
        stand.press(Key.Key_Delete)
        assert stand.said == [], "nothing is chosen"
        stand.grid.select([clips[0].id, clips[1].id])
        stand.press(Key.Key_F)
        stand.press(Key.Key_4)
        stand.press(Key.Key_0, Qt.KeyboardModifier.KeypadModifier)
        stand.press(Key.Key_6)
        stand.press(Key.Key_C, CTRL)
        stand.press(Key.Key_Delete)
        stand.press(Key.Key_Return)
        both = ["a", "b"]
        assert stand.said == [
            ("favourite_wanted", both, True),
            ("rating_wanted", both, 4),
            ("rating_wanted", both, 0),
            ("copy_wanted", both),
            ("remove_wanted", both),
            ("opened", clips[0].id),
        ]
        stand.grid.select([clips[0].id])
        stand.press(Key.Key_F)
        assert stand.said[-1] == ("favourite_wanted", ["a"], False), "all of them are: then it is taken away"
        stand.press(Key.Key_B)
        assert stand.current() == "a", "a letter looks for nothing"

    def test_a_double_click_opens_and_the_star_under_the_mouse_toggles(self, stand: Stand) -> None:
        clips = stand.show(clip("a"), clip("b", favourite=True))
        stand.qtbot.mouseDClick(stand.view, LEFT, pos=stand.at("b"))
        stand.qtbot.mouseRelease(stand.view, LEFT, pos=stand.at("b"))
        assert stand.said == [("opened", clips[1].id)]
        for title, wanted in (("a", True), ("b", False)):
            star = stand.grid.row_rect(stand.row(title)).topLeft() + stand.grid._painter.spots.star.center()
            stand.qtbot.mouseMove(stand.view, star)
            stand.qtbot.mouseClick(stand.view, LEFT, pos=star)
            assert stand.said[-1] == ("favourite_wanted", [title], wanted)
        assert stand.chosen() == [], "the star chooses nothing"
        stand.qtbot.mousePress(stand.view, LEFT, pos=star)
        stand.qtbot.mouseRelease(stand.view, LEFT, pos=stand.at("a"))
        assert len(stand.said) == 3, "let go elsewhere, it is not meant"

    def test_the_menu_is_asked_for_by_mouse_and_key(self, stand: Stand) -> None:
        stand.show(*letters(3))
        stand.qtbot.mousePress(stand.view, RIGHT, pos=stand.at("b"))
        assert stand.chosen() == ["b"]
        for reason, at in (
            (QContextMenuEvent.Reason.Mouse, stand.at("b")),
            (QContextMenuEvent.Reason.Keyboard, QPoint(0, 0)),
            (QContextMenuEvent.Reason.Mouse, QPoint(3, 3)),
        ):
            QApplication.sendEvent(stand.view, QContextMenuEvent(reason, at, stand.view.mapToGlobal(at)))
        assert stand.said == [("menu_wanted", stand.at("b"))] * 2, "beside the cards there is none"


class TestDragged:
    @pytest.fixture
    def carried(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[QMimeData, int]]:
        found: list[tuple[QMimeData, int]] = []
        monkeypatch.setattr(grid_module, "drag_out", lambda _from, mime, _picture, count: found.append((mime, count)))
        return found

    def drag(self, stand: Stand, title: str) -> None:
        stand.qtbot.mousePress(stand.view, LEFT, pos=stand.at(title))
        for step in (6, 30):
            stand.qtbot.mouseMove(stand.view, stand.at(title) + QPoint(step, step))
        stand.qtbot.mouseRelease(stand.view, LEFT, pos=stand.at(title))

    def test_clips_become_references_by_their_last_frames_and_files_elsewhere(
        self,
        stand: Stand,
        panel: ComposePanel,
        several: ReferencesSection,
        opened: Opened,
        tmp_path: Path,
        carried: list[tuple[QMimeData, int]],
    ) -> None:
        files = [tmp_path / f"{title}.mp4" for title in ("a", "b")]
        for file in files:
            render(file, width=320, height=180, seconds=1, prompt=file.stem)
        clips = stand.show(*[clip(file.stem, path=str(file)) for file in files], clip("c"))
        self.drag(stand, "a")
        mime, count = carried[0]
        assert (count, [url.toLocalFile() for url in mime.urls()]) == (1, [str(files[0])])
        drop(opened, panel, mime)
        assert names(several) == ["a last frame.png"]
        stand.grid.select([clips[0].id, clips[1].id])
        self.drag(stand, "b")
        mime, count = carried[1]
        assert (count, [url.toLocalFile() for url in mime.urls()]) == (2, [str(file) for file in files])
        drop(opened, panel, mime)
        assert names(several) == ["a last frame.png", "b last frame.png"], "the one that is there is not added again"
        assert {(each.mime, each.width) for each in panel.page.draft.references} == {("image/png", 320)}

    def test_a_missing_file_cannot_be_carried(
        self, stand: Stand, run: Run, tmp_path: Path, carried: list[tuple[QMimeData, int]]
    ) -> None:
        there = tmp_path / "there.mp4"
        there.write_bytes(b"a video")
        kept, gone = stand.keep(clip("kept", path=str(there)), clip("gone", path=str(tmp_path / "gone.mp4")))
        run(stand.library.look())
        stand.show(kept, gone)
        self.drag(stand, "gone")
        assert carried == []
        stand.grid.select([kept.id, gone.id])
        self.drag(stand, "kept")
        ((mime, count),) = carried
        assert (count, [url.toLocalFile() for url in mime.urls()]) == (1, [str(there)])

    def test_what_hangs_on_the_mouse_tells_how_many(self, dressed: QApplication) -> None:
        from PySide6.QtGui import QPixmap

        one, three, many = (thumb(QPixmap(), 1.0, count).toImage() for count in (1, 3, 1240))
        assert one != three != many
        fill = theme().colour("fill")
        blue = [
            sum(near(image.pixelColor(x, 14), fill.name(), 60) for x in range(image.width()))
            for image in (one, three, many)
        ]
        assert blue[0] < blue[1] < blue[2]
