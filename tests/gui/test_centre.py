"""The tabs of the centre, and what the panes beside it do when they change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import Job, State
from sora_desktop.media.render import render
from sora_desktop.ui.centre import Tab
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer.player import Load
from support.jobs import NOW, made
from support.loops import Run
from support.studio import Opened, in_the_open

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LEFT, COPY = Qt.MouseButton.LeftButton, Qt.DropAction.CopyAction


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "boat.mp4"
    render(path, "A small boat", width=320, height=180, seconds=1, fps=15)
    return path


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    """On an engine that stands still. Its balance is known: asking would start the simulator."""
    opened.studio.engine.balances["simulator-rivya"] = 1240.0
    run(opened.studio.settings.change(welcomed=True))
    with in_the_open(MainWindow(opened.studio), run, qtbot) as made_window:
        yield made_window
    opened.idle()


def done(opened: Opened, run: Run, path: Path, **fields: object) -> Job:
    return run(opened.studio.engine.restore(made("A boat", State.DONE, path=str(path), finished_at=NOW, **fields)))


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier = CTRL) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier)


def test_the_library_is_not_made_before_it_is_shown(window: MainWindow, qtbot: QtBot, opened: Opened) -> None:
    assert window.centre.tab is Tab.VIEWER
    assert window.centre.library is None
    press(qtbot, window, Qt.Key.Key_2)
    library = window.centre.library
    assert library is not None and window.centre.shown is library
    assert window.menus.actions["tab_library"].isChecked()
    assert not window.viewer.head.isVisible()
    press(qtbot, window, Qt.Key.Key_1)
    assert window.centre.shown is window.viewer
    assert window.menus.actions["tab_viewer"].isChecked()
    press(qtbot, window, Qt.Key.Key_2)
    assert window.centre.library is library


def test_compose_and_queue_make_room_for_the_library_and_come_back(window: MainWindow) -> None:
    panes, centre = window.panes, window.centre
    centre.show_tab(Tab.LIBRARY)
    assert not window.compose.isVisible() and not window.queue.isVisible()
    assert window.compose_rail.isVisible() and window.rail.isVisible()
    assert window.compose_rail.width() == 47
    QApplication.processEvents()
    assert centre.width() == 1440 - 48 - 64
    assert panes.folded == frozenset()
    panes.show_pane("compose", True)
    panes.show_pane("queue", True)
    assert window.compose.isVisible() and window.queue.isVisible()
    panes.show_pane("queue", False)
    centre.show_tab(Tab.VIEWER)
    assert window.compose.isVisible() and window.queue.isVisible()
    assert not window.compose_rail.isVisible()
    centre.show_tab(Tab.LIBRARY)
    assert not window.compose.isVisible(), "opened only for that time"


def test_what_was_folded_by_hand_stays_folded_and_is_what_is_kept(window: MainWindow) -> None:
    window.panes.show_pane("compose", False)
    assert window.compose_rail.isVisible()
    window.centre.show_tab(Tab.LIBRARY)
    window.panes.show_pane("compose", True)
    assert window.compose.isVisible()
    assert window._keeper.layout().folded == ("compose",)
    window.centre.show_tab(Tab.VIEWER)
    assert not window.compose.isVisible()
    assert window.queue.isVisible()


def test_the_next_window_begins_where_this_one_ended(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot
) -> None:
    job = done(opened, run, Path("/nowhere/boat.mp4"))
    window.centre.show_tab(Tab.LIBRARY)
    run(window.leave())
    window.close()
    with in_the_open(MainWindow(opened.studio), run, qtbot) as again:
        assert again.centre.tab is Tab.LIBRARY
        assert again.centre.shown is again.centre.library
        assert not again.compose.isVisible()
        run.until(again.centre.library.grid.cards.rowCount)
        assert again.focusWidget() is again.centre.library.grid, "not the prompt, which is out of sight"
        qtbot.keyClick(again.focusWidget(), Qt.Key.Key_Home)
        assert [clip.id for clip in again.centre.library.grid.selected()] == [job.id]
        again.centre.show_tab(Tab.VIEWER)
        assert again.compose.isVisible() and again.queue.isVisible()
        opened.idle()


def test_the_rail_opens_compose_and_a_new_draft(window: MainWindow, qtbot: QtBot) -> None:
    window.centre.show_tab(Tab.LIBRARY)
    qtbot.mouseClick(window.compose_rail.open_panel, LEFT)
    assert window.compose.isVisible()
    window.panes.show_pane("compose", False)
    window.compose.page.set_prompt("an older one")
    qtbot.mouseClick(window.compose_rail.new_draft, LEFT)
    assert window.compose.isVisible()
    assert window.compose.page.blank
    assert window.focusWidget() is window.compose.editor.text


def test_a_drag_that_waits_over_the_rail_opens_compose(window: MainWindow, qtbot: QtBot) -> None:
    window.centre.show_tab(Tab.LIBRARY)
    mime = QMimeData()
    mime.setText("only words")
    assert not entered(window, mime)
    mime.setUrls([QUrl.fromLocalFile("/tmp/picture.png")])
    assert entered(window, mime)
    assert not window.compose.isVisible(), "passing over it is not enough"
    qtbot.waitUntil(window.compose.isVisible)


def entered(window: MainWindow, mime: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(20, 300), COPY, mime, LEFT, NONE)
    event.ignore()
    QApplication.sendEvent(window.compose_rail, event)
    return event.isAccepted()


def test_a_drop_on_the_rail_becomes_a_reference(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot, tmp_path: Path
) -> None:
    picture = QImage(1280, 720, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.darkCyan)
    assert picture.save(str(tmp_path / "sea.png"))
    window.centre.show_tab(Tab.LIBRARY)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "sea.png"))])
    assert entered(window, mime)
    drop = QDropEvent(QPointF(20, 300), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(window.compose_rail, drop)
    assert window.compose.isVisible()
    run.until(lambda: len(window.compose.references.cards) == 1)


def test_a_click_on_a_row_of_the_queue_leads_to_the_viewer(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot, tmp_path: Path
) -> None:
    job = done(opened, run, tmp_path / "gone.mp4")
    window.centre.show_tab(Tab.LIBRARY)
    window.panes.show_pane("queue", True)
    view = window.queue.view
    window.queue.model.flush()
    at = view.visualRect(window.queue.model.index(window.queue.model.row_of(job.id))).center()
    qtbot.mouseClick(view.viewport(), LEFT, CTRL, at)
    assert window.centre.tab is Tab.LIBRARY, "who selects several stays where he is"
    qtbot.mouseClick(view.viewport(), LEFT, NONE, at)
    assert window.centre.tab is Tab.VIEWER
    assert window.viewer.job is not None and window.viewer.job.id == job.id


def test_new_jobs_are_shown_in_the_viewer_and_the_prompt_keeps_the_focus(
    window: MainWindow, opened: Opened, run: Run
) -> None:
    window.centre.show_tab(Tab.LIBRARY)
    window.focus_prompt()
    job = run(opened.studio.engine.restore(made("A new one")))
    window.compose.submitted.emit([job.id])
    assert window.centre.shown is window.viewer
    assert window.viewer.job is not None and window.viewer.job.id == job.id
    assert window.focusWidget() is window.compose.editor.text


def test_a_clip_that_left_the_queue_is_shown_and_used_again(
    window: MainWindow, opened: Opened, run: Run, clip: Path
) -> None:
    job = done(opened, run, clip)
    window.show_job(job.id)
    run(opened.studio.engine.delete(job.id))
    assert window.viewer.job is not None, "the library still has it"
    window.show_job("")
    window.centre.show_tab(Tab.LIBRARY)
    library = window.centre.library
    assert library is not None
    library.opened.emit(job.id)
    viewer = window.viewer
    assert window.centre.shown is viewer
    assert viewer.job is not None and viewer.job.id == job.id
    run.until(lambda: viewer.player.load is Load.READY)
    assert viewer.head.isVisible() and viewer.head.file.text() == "boat.mp4"
    viewer.edit_requested.emit(job.id)
    assert window.compose.page.draft.prompt == "A boat"
    run(opened.studio.library.remove([job.id]))
    run.until(lambda: viewer.job is None)


def test_a_clip_that_was_played_is_reviewed(window: MainWindow, opened: Opened, run: Run, clip: Path) -> None:
    job = done(opened, run, clip)
    library = opened.studio.library
    run(library.load())
    window.show_job(job.id)
    run.until(lambda: window.viewer.player.load is Load.READY)
    assert not library.clips[job.id].marks.reviewed, "looking at its first frame is not enough"
    window.viewer.player.play()
    run.until(lambda: library.clips[job.id].marks.reviewed)
    window.viewer.player.pause()


def test_find_goes_to_the_search_of_the_library(window: MainWindow, qtbot: QtBot, opened: Opened, run: Run) -> None:
    done(opened, run, Path("/nowhere/boat.mp4"))
    press(qtbot, window, Qt.Key.Key_F)
    run.until(lambda: opened.studio.library.loaded)
    library = window.centre.library
    assert library is not None
    assert window.focusWidget() is library.search.field


@pytest.mark.parametrize("percent", [90, 150])
def test_the_tabs_fit_at_every_size_of_the_text(window: MainWindow, dressed: QApplication, percent: int) -> None:
    theme().apply(dressed, "dark", percent)
    QApplication.processEvents()
    bar = window.centre.bar
    for tab in range(bar.count()):
        assert bar.tabRect(tab).width() >= bar.fontMetrics().horizontalAdvance(bar.tabText(tab))
    assert bar.geometry().bottom() <= bar.parentWidget().height()


def test_in_a_window_that_reads_from_the_right_the_panes_change_sides(window: MainWindow) -> None:
    window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    window.centre.show_tab(Tab.LIBRARY)
    QApplication.processEvents()
    assert window.compose_rail.mapTo(window, QPoint(0, 0)).x() > window.rail.mapTo(window, QPoint(0, 0)).x()
    assert window.centre.bar.mapTo(window, QPoint(0, 0)).x() > window.width() / 2
