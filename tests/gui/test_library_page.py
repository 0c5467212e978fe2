"""The library as a whole: one query for all its parts, what there is no clip for, and how clips leave and come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QStandardPaths, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import State
from sora_desktop.core.library import Query, Shelf, Sort
from sora_desktop.media.render import render
from sora_desktop.ui.library import page as page_module
from sora_desktop.ui.library import removal
from sora_desktop.ui.library.page import LibraryPage
from sora_desktop.ui.library.trash import from_trash, to_trash
from sora_desktop.ui.theme import theme
from support.jobs import made
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
WIDTH, HEIGHT = 1328, 840


class Stand:
    """A shown library over clips whose files are there, and what it says."""

    def __init__(self, opened: Opened, run: Run, qtbot: QtBot, folder: Path) -> None:
        self.opened, self.run, self.qtbot, self.folder = opened, run, qtbot, folder
        self.studio, self.library = opened.studio, opened.studio.library
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.page = LibraryPage(self.studio)
        column = QVBoxLayout(self.window)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)
        self.window.resize(WIDTH, HEIGHT)
        self.said: list[tuple[str, object]] = []
        for name in ("opened", "edit_requested", "frame_offered", "show_message"):
            getattr(self.page, name).connect(lambda what, name=name: self.said.append((name, what)))
        self.undos: list[object] = []
        self.page.undo_offered.connect(lambda text, undo: (self.said.append(("undo", text)), self.undos.append(undo)))

    def open(self) -> None:
        with self.qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.opened.idle()

    def clip(self, prompt: str, *, file: bool = True, days_ago: float = 0.0, **fields: object) -> str:
        path = self.folder / f"{prompt.replace(' ', '-')}.mp4"
        if file:
            path.write_bytes(b"a video")
        when = time.time() - days_ago * 86_400
        job = made(prompt, State.DONE, path=str(path), finished_at=when, bytes=1_000_000, **fields)
        self.run(self.studio.engine.restore(job))
        return job.id

    def shown(self) -> list[str]:
        """The titles of the cards, in their order."""
        cards = self.page.grid.cards
        return [clip.title for clip in cards.between(0, cards.rowCount())]

    def ask(self, *ids: str) -> QMessageBox:
        """The question that Delete asks about these clips."""
        self.page.grid.select(ids)
        self.page.grid.setFocus()
        self.qtbot.keyClick(self.page.grid, Qt.Key.Key_Delete)
        box = self.window.findChild(QMessageBox)
        assert box is not None
        return box

    def answer(self, box: QMessageBox, words: str) -> None:
        self.qtbot.mouseClick(next(each for each in box.buttons() if each.text() == words), LEFT)
        self.opened.idle()

    def words(self) -> str:
        """What is written where the clips would be."""
        title = self.page._clips.currentWidget()._title
        assert title.isVisible()
        return title.text()


@pytest.fixture
def stand(opened: Opened, run: Run, qtbot: QtBot, tmp_path: Path, monkeypatch) -> Iterator[Stand]:
    # However slow the machine is: every change is shown at once.
    monkeypatch.setattr(page_module, "COSTLY", 60.0)
    folder = tmp_path / "videos"
    folder.mkdir()
    made_stand = Stand(opened, run, qtbot, folder)
    yield made_stand
    made_stand.window.hide()
    opened.idle()


class TestQuery:
    def test_search_facets_and_clips_follow_one_query(self, stand: Stand) -> None:
        stand.clip("red train")
        stand.clip("red boat", model="sora-2-pro")
        stand.clip("blue boat", model="sora-2-pro", days_ago=3)
        stand.open()
        page = stand.page
        assert stand.shown() == ["red boat", "red train", "blue boat"]
        stand.qtbot.keyClicks(page.search.field, "boat")
        stand.qtbot.keyClick(page.search.field, Qt.Key.Key_Return)
        assert stand.shown() == ["red boat", "blue boat"]
        assert page.grid.hasFocus(), "Return leads to what was found"
        row = page.facets.models["rivya/sora-2-pro"]
        stand.qtbot.mouseClick(row, LEFT, pos=QPoint(20, row.height() // 2))
        assert page.query == Query(text="boat", models=frozenset({"rivya/sora-2-pro"}))
        assert len(page.search.tokens) == 1
        page.search.tokens[0].removed.emit()
        assert page.query == Query(text="boat")
        assert not row.isChecked()

    def test_the_order_is_kept(self, stand: Stand) -> None:
        for prompt in ("b", "a", "c"):
            stand.clip(prompt)
        stand.open()
        stand.page.set_query(Query(sort=Sort.NAME))
        stand.opened.idle()
        assert stand.shown() == ["a", "b", "c"]
        assert stand.studio.settings.current.library_sort is Sort.NAME
        again = LibraryPage(stand.studio)
        stand.qtbot.addWidget(again)
        assert again.query.sort is Sort.NAME

    def test_the_size_of_the_cards_is_kept(self, stand: Stand) -> None:
        stand.clip("a")
        stand.open()
        stand.page.search.slider.setValue(300)
        stand.qtbot.waitUntil(lambda: not stand.page._rest.isActive())
        stand.opened.idle()
        assert stand.studio.settings.current.library_size == 300

    def test_a_clip_that_is_made_meanwhile_comes_in(self, stand: Stand) -> None:
        stand.open()
        assert stand.words() == "No clips yet"
        assert not stand.page.facets.isVisible() and not stand.page.search.isVisible()
        stand.clip("fresh")
        stand.run.until(lambda: stand.shown() == ["fresh"])
        assert stand.page.facets.isVisible() and stand.page.search.isVisible()

    def test_where_showing_them_is_slow_clips_that_come_fast_are_shown_together(
        self, stand: Stand, monkeypatch
    ) -> None:
        stand.clip("first")
        stand.open()
        monkeypatch.setattr(page_module, "COSTLY", 0.0)
        monkeypatch.setattr(page_module, "SHARE", 200)
        shown: list[int] = []
        show = stand.page.grid.set_clips

        def counted(clips, grouped) -> None:
            shown.append(len(clips))
            show(clips, grouped)

        monkeypatch.setattr(stand.page.grid, "set_clips", counted)
        for number in range(9):
            stand.clip(f"clip {number}")
        stand.run.until(lambda: shown and shown[-1] == 10)
        assert len(shown) < 6

    def test_out_of_sight_it_does_nothing_and_is_right_when_it_comes_back(self, stand: Stand) -> None:
        stand.clip("old")
        stand.open()
        stand.page.hide()
        stand.clip("new")
        stand.opened.idle()
        assert stand.shown() == ["old"]
        stand.page.show()
        assert stand.shown() == ["new", "old"]


def test_tab_goes_as_the_eye_does(stand: Stand) -> None:
    first = stand.clip("red train")
    stand.clip("blue boat", model="sora-2-pro")
    stand.open()
    stand.page.grid.select([first])
    stand.run(stand.library.add_tag([first], "night"))
    stand.run.until(lambda: stand.page.facets.tags)
    page = stand.page
    parts = (
        page.facets.shelves[Shelf.ALL],
        page.facets.models["rivya/sora-2"],
        page.facets.tags["night"],
        page.search.field,
        page.grid,
        page.details.notes,
    )
    assert all(part.isVisible() for part in parts)
    parts[0].setFocus()
    seen: list[QWidget] = []
    for _step in range(40):
        seen.append(QApplication.focusWidget())
        stand.qtbot.keyClick(seen[-1], Qt.Key.Key_Tab)
    assert [each for each in dict.fromkeys(seen) if each in parts] == list(parts)


class TestEmpty:
    def test_nothing_found_offers_a_way_back(self, stand: Stand) -> None:
        stand.clip("red train")
        stand.open()
        stand.page.set_query(Query(text="submarine", shelf=Shelf.FAVOURITES))
        assert stand.words() == "Nothing found"
        stand.qtbot.mouseClick(stand.page._nothing.action, LEFT)
        assert stand.page.query == Query()
        assert stand.shown() == ["red train"]
        assert stand.page.grid.hasFocus()

    @pytest.mark.parametrize(
        ("shelf", "words"), [(Shelf.FAVOURITES, "No favourites yet"), (Shelf.MISSING, "No file is missing")]
    )
    def test_an_empty_shelf_says_what_belongs_there(self, stand: Stand, shelf: Shelf, words: str) -> None:
        stand.clip("red train")
        stand.open()
        stand.page.set_query(Query(shelf=shelf))
        assert stand.words() == words

    def test_without_clips_it_leads_to_the_prompt(self, stand: Stand) -> None:
        stand.open()
        with stand.qtbot.waitSignal(stand.page.prompt_wanted):
            stand.qtbot.mouseClick(stand.page._no_clips.action, LEFT)


class TestMarks:
    def test_stars_and_ratings_by_keys(self, stand: Stand) -> None:
        first, second = stand.clip("a"), stand.clip("b")
        stand.open()
        grid = stand.page.grid
        grid.select([first, second])
        grid.setFocus()
        for key in (Qt.Key.Key_F, Qt.Key.Key_4):
            stand.qtbot.keyClick(grid, key)
            stand.opened.idle()
        marks = [stand.library.clips[clip_id].marks for clip_id in (first, second)]
        assert [(each.favourite, each.rating) for each in marks] == [(True, 4)] * 2
        assert {clip.id for clip in grid.selected()} == {first, second}, "they stay chosen"

    def test_the_menu_does_what_it_says(self, stand: Stand) -> None:
        clip_id = stand.clip("a")
        stand.open()
        stand.page.grid.select([clip_id])
        stand.page.grid.menu_wanted.emit(QPoint(5, 5))
        menu = stand.page.findChild(QMenu)
        assert menu is not None
        entries = {action.text(): action for action in menu.actions() if action.text()}
        menu.close()
        for words in ("Favourite", "Mark as reviewed", "Copy recipe", "Use last frame as reference", "Open"):
            entries[words].trigger()
        stand.opened.idle()
        marks = stand.library.clips[clip_id].marks
        assert (marks.favourite, marks.reviewed) == (True, True)
        assert '"prompt": "a"' in QGuiApplication.clipboard().text()
        frame = next(what for name, what in stand.said if name == "frame_offered")
        assert frame.path == stand.library.clips[clip_id].path
        assert ("opened", clip_id) in stand.said


class TestRemoval:
    def test_out_of_the_library_and_back(self, stand: Stand) -> None:
        first, second = stand.clip("first"), stand.clip("second")
        stand.open()
        box = stand.ask(first)
        assert box.text() == "Remove “first”?"
        assert box.defaultButton().text() == "Cancel"
        stand.answer(box, "Remove from the library")
        assert stand.shown() == ["second"]
        assert Path(stand.folder / "first.mp4").exists()
        assert [clip.id for clip in stand.page.grid.selected()] == [second], "the next one is chosen"
        stand.undos[0]()
        stand.opened.idle()
        assert stand.shown() == ["second", "first"]

    def test_cancel_leaves_everything(self, stand: Stand) -> None:
        stand.open()
        first = stand.clip("first")
        stand.run.until(stand.shown)
        stand.answer(stand.ask(first), "Cancel")
        assert stand.shown() == ["first"]

    def test_files_go_to_the_trash_and_come_back(self, stand: Stand, tmp_path: Path, monkeypatch) -> None:
        threads: list[threading.Thread] = []

        def moved(path: Path) -> Path:
            threads.append(threading.current_thread())
            return path.rename(tmp_path / path.name)

        monkeypatch.setattr(removal, "to_trash", moved)
        first, second = stand.clip("first"), stand.clip("second")
        stand.open()
        leaving: list[str] = []
        stand.page.removal.files_leaving.connect(leaving.extend)
        box = stand.ask(first, second)
        assert box.text() == "Remove 2 clips?"
        stand.answer(box, "Move the files to the trash")
        assert set(leaving) == {first, second}
        assert {type(thread) for thread in threads} == {threading.Thread}, "none that the end of the program waits for"
        assert stand.words() == "No clips yet"
        assert not any(stand.folder.iterdir())
        stand.undos[0]()
        stand.opened.idle()
        assert sorted(stand.shown()) == ["first", "second"]
        assert len(list(stand.folder.iterdir())) == 2

    def test_a_trash_that_refuses_is_told(self, stand: Stand, monkeypatch) -> None:
        monkeypatch.setattr(removal, "to_trash", lambda _path: None)
        first = stand.clip("first")
        stand.open()
        stand.answer(stand.ask(first), "Move the file to the trash")
        name, text = stand.said[-1]
        assert name == "show_message"
        assert "did not take “first.mp4”" in str(text)
        assert stand.shown() == ["first"]
        assert not stand.undos

    def test_without_its_file_a_clip_only_leaves_the_library(self, stand: Stand) -> None:
        gone = stand.clip("gone", file=False)
        stand.open()
        stand.run.until(lambda: gone in stand.library.missing)
        box = stand.ask(gone)
        assert {each.text() for each in box.buttons()} == {"Remove from the library", "Cancel"}
        stand.answer(box, "Cancel")

    def test_the_systems_trash_takes_a_file_and_gives_it_back(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        assert Path(
            QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
        ).is_relative_to(tmp_path)
        path = tmp_path / "clip.mp4"
        path.write_bytes(b"a video")
        kept = to_trash(path)
        assert kept is not None
        assert not path.exists() and kept.read_bytes() == b"a video"
        assert from_trash(kept, path)
        assert path.read_bytes() == b"a video"
        assert not list((tmp_path / "data").rglob("*.trashinfo"))
        assert not from_trash(kept, path), "nothing is written over"


class TestMissing:
    def test_the_file_is_found_by_the_user(self, stand: Stand, tmp_path: Path) -> None:
        gone = stand.clip("gone", file=False)
        stand.open()
        stand.run.until(lambda: gone in stand.library.missing)
        found = tmp_path / "elsewhere.mp4"
        render(found, "A boat", width=64, height=36, seconds=1, fps=5)
        stand.page.find_file(stand.library.clips[gone])
        dialog = stand.page.findChild(QFileDialog)
        assert dialog is not None
        dialog.fileSelected.emit(str(found))
        dialog.close()
        stand.opened.idle()
        assert stand.library.clips[gone].path == str(found)
        assert gone not in stand.library.missing

    def test_the_result_is_asked_for_also_after_it_left_the_queue(self, stand: Stand) -> None:
        gone = stand.clip("gone", file=False, remote_id="task_1")
        stand.run(stand.studio.engine.delete(gone))
        stand.open()
        stand.page.orders.collect([stand.library.clips[gone].job])
        stand.opened.idle()
        assert stand.studio.engine.jobs[gone].state is State.QUEUED


class TestRoom:
    def test_details_and_facets_give_way(self, stand: Stand) -> None:
        stand.clip("a")
        stand.open()
        page = stand.page
        assert page.facets.isVisible() and page.details.isVisible()
        assert (page.facets.width(), page.details.width()) == (208, 312)
        stand.window.resize(1065, HEIGHT)
        assert page.facets.isVisible() and not page.details.isVisible()
        page.show_details(True)
        assert page.details.isVisible() and not page.facets.isVisible(), "asked for, they take the facets' room"
        page.show_details(False)
        stand.window.resize(865, HEIGHT)
        assert not page.facets.isVisible() and not page.details.isVisible()
        stand.window.resize(WIDTH, HEIGHT)
        assert page.facets.isVisible() and page.details.isVisible()

    def test_details_folded_by_hand_stay_folded(self, stand: Stand) -> None:
        stand.clip("a")
        stand.open()
        stand.page.show_details(False)
        stand.opened.idle()
        assert not stand.page.details.isVisible()
        assert not stand.studio.settings.current.library_details

    @pytest.mark.parametrize(("name", "percent"), [("light", 90), ("contrast", 150)])
    def test_it_fits_in_every_theme_and_size(
        self, stand: Stand, dressed: QApplication, name: str, percent: int
    ) -> None:
        for number in range(9):
            stand.clip(f"clip {number}")
        stand.open()
        theme().apply(dressed, name, percent)
        stand.window.resize(912, 560)
        QApplication.processEvents()
        assert stand.window.width() == 912, "nothing asks for more room than there is"
        assert stand.page.grid.width() >= 300
        assert not stand.window.grab().isNull()
