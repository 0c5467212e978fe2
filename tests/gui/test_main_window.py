"""The window as a whole: one generation by clicks and keys, panes, menus, notices, what is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.media.probe import check
from sora_desktop.ui.layout import COMPOSE_MIN, QUEUE, Shape
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.notices import Notices, Tone
from sora_desktop.ui.theme import theme
from sora_desktop.ui.viewer.screens import Emblem
from support.drops import Drag, names, of_files, photo
from support.loops import Run
from support.studio import Opened, in_the_open

CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    run(opened.studio.settings.change(welcomed=True))
    run(opened.rooms.engine.start())
    with in_the_open(MainWindow(opened.studio), run, qtbot) as made:
        yield made


def a_job(**changes: object) -> Job:
    request = GenerationRequest(provider="rivya", model="sora-2", prompt="a lighthouse")
    job = Job(id="job-1", intent="i", account="simulator-rivya", base_url="http://x", request=request)
    return job.model_copy(update=changes)


def press(qtbot: QtBot, window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    target = window.focusWidget() or window
    qtbot.keyClick(target, key, modifier)


@pytest.mark.on_screen
def test_a_clip_from_the_prompt_to_the_picture_by_keys(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot
) -> None:
    press(qtbot, window, Qt.Key.Key_L, CTRL)
    assert window.focusWidget() is window.compose.editor.text
    qtbot.keyClicks(window.compose.editor.text, "A red balloon over a salt lake")
    press(qtbot, window, Qt.Key.Key_Return, CTRL)
    run.until(lambda: opened.studio.engine.jobs)
    (job_id,) = opened.studio.engine.jobs
    run.until(lambda: window.viewer.job is not None)
    assert window.viewer.job is not None
    assert window.viewer.job.id == job_id
    assert [job.id for job in window.queue.view.selected_jobs()] == [job_id]
    run.until(lambda: opened.studio.engine.jobs[job_id].state is State.DONE, 60)
    job = opened.studio.engine.jobs[job_id]
    clip = check(Path(job.path))
    run.until(lambda: not window.viewer.canvas.image.isNull(), 20)
    assert window.viewer.canvas.image.size().toTuple() == (clip.width, clip.height)
    assert window.focusWidget() is window.compose.editor.text, "a finished job does not steal the focus"


def test_a_picture_may_be_dropped_and_pasted_anywhere(
    window: MainWindow, run: Run, qtbot: QtBot, tmp_path: Path
) -> None:
    section = window.compose.references
    for place in (window.viewer, window.queue.view.viewport(), window.status):
        drag = Drag(place, of_files(tmp_path / "a.pdf"))
        assert section.zone.refusal == "Takes images only"
        drag.leave()
        drag = Drag(place, of_files(tmp_path / "a.png"))
        assert drag.accepted
        assert section.zone.lit, "it says what will happen where it will be"
        drag.leave()
        assert not section.zone.lit
    Drag(window.viewer, of_files(photo(tmp_path / "a.png"))).drop()
    run.until(lambda: names(section) == ["a.png"])
    window.panes.show_pane("compose", False)
    Drag(window.viewer, of_files(photo(tmp_path / "b.png", 99))).drop()
    run.until(lambda: names(section) == ["b.png"])
    assert section.isVisible(), "compose opens for it"
    window.panes.show_pane("compose", False)
    window.viewer.setFocus()
    QGuiApplication.clipboard().setMimeData(of_files(photo(tmp_path / "c.png", 88)))
    press(qtbot, window, Qt.Key.Key_V, CTRL)
    run.until(lambda: names(section) == ["c.png"])
    assert section.isVisible()


@pytest.mark.parametrize(
    ("width", "percent", "expected"),
    [
        (1440, 100, Shape(docked=True, compact=False, centre_min=560)),
        (1280, 100, Shape(docked=True, compact=False, centre_min=560)),
        (1279, 100, Shape(docked=False, compact=False, centre_min=560)),
        (1099, 100, Shape(docked=False, compact=True, centre_min=560)),
        (1440, 150, Shape(docked=False, compact=True, centre_min=560)),
        (1024, 150, Shape(docked=False, compact=True, centre_min=446)),
    ],
)
def test_the_shape_follows_the_width_and_the_size_of_the_text(width: int, percent: int, expected: Shape) -> None:
    assert Shape.of(width, percent) == expected


@pytest.mark.parametrize(("room", "size"), [((1440, 900), (1424, 852)), ((1920, 1040), (1440, 900))])
def test_the_first_window_fits_on_the_screen_with_its_frame(
    opened: Opened,
    run: Run,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    room: tuple[int, int],
    size: tuple[int, int],
) -> None:
    screen = QRect(0, 0, *room)
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _self: screen)
    run(opened.studio.settings.change(welcomed=True))
    made = MainWindow(opened.studio)
    qtbot.addWidget(made)
    assert made.size().toTuple() == size


def test_the_panes_have_the_targets_widths(window: MainWindow, qtbot: QtBot) -> None:
    assert window.compose.width() == 376
    assert window.queue.width() == QUEUE
    assert window.centre.width() == 1440 - 376 - QUEUE - 2
    assert not window.rail.isVisible()
    window.resize(1280, 800)
    assert window.queue.isVisible()
    assert window.centre.width() >= 560
    window.resize(1200, 800)
    assert window.rail.isVisible()
    assert not window.queue.isVisible()
    window.resize(1024, 700)
    assert (window.width(), window.height()) == (1024, 700)
    assert window.compose.width() == COMPOSE_MIN
    window.resize(1440, 900)
    assert window.queue.isVisible()
    assert window.compose.width() == 376, "the wish comes back with the room"


@pytest.mark.on_screen
def test_a_handle_is_drawn_one_px_wide_and_taken_hold_of_by_eight(window: MainWindow, qtbot: QtBot) -> None:
    splitter = window.panes._splitter
    handle = splitter.handle(1)
    assert handle.contentsRect().width() == 1
    assert handle.width() == 8
    middle = QPoint(1, 300)
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, NONE, middle)
    QTest.mouseMove(handle, middle + QPoint(-30, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, NONE, middle)
    assert 330 <= window.compose.width() <= 350
    assert window.panes.widths["compose"] == window.compose.width()


@pytest.mark.on_screen
def test_a_narrow_window_shows_the_queue_over_the_centre_until_escape(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1024, 700)
    action = window.menus.actions["pane_queue"]
    assert not action.isChecked()
    press(qtbot, window, Qt.Key.Key_Q, CTRL | Qt.KeyboardModifier.AltModifier)
    assert window.panes.overlay_open
    assert window.queue.isVisible()
    assert action.isChecked()
    assert window.queue.mapTo(window, QPoint(window.queue.width(), 0)).x() == window.width()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.panes.overlay_open
    assert not action.isChecked()
    window.rail.expanded.emit()
    assert window.panes.overlay_open
    window.resize(1100, 760)
    assert window.panes.overlay_open, "another size does not close it"
    window.resize(1024, 700)
    qtbot.mouseClick(window.panes._overlay, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    assert not window.panes.overlay_open


def test_the_toggles_fold_panes_and_tell_the_truth(window: MainWindow, qtbot: QtBot) -> None:
    for name in ("compose", "queue"):
        button = window.findChild(QWidget, f"toggle_{name}")
        assert button is not None
        pane = {"compose": window.compose, "queue": window.queue}[name]
        action = window.menus.actions[f"pane_{name}"]
        assert action.isChecked()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert not pane.isVisible()
        assert not action.isChecked()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert pane.isVisible()
        assert action.isChecked()
    press(qtbot, window, Qt.Key.Key_B, CTRL)
    assert not window.compose.isVisible()
    press(qtbot, window, Qt.Key.Key_L, CTRL)
    assert window.compose.isVisible(), "going to the prompt unfolds its pane"


def test_details_are_folded_by_their_key(window: MainWindow, opened: Opened, qtbot: QtBot) -> None:
    opened.studio.engine.jobs["job-1"] = a_job(state=State.FAILED)
    window.show_job("job-1")
    assert window.viewer.details.isVisible()
    press(qtbot, window, Qt.Key.Key_J, CTRL)
    assert not window.viewer.details.isVisible()
    assert not window.menus.actions["pane_details"].isChecked()
    press(qtbot, window, Qt.Key.Key_J, CTRL)
    assert window.viewer.details.isVisible()


@pytest.mark.on_screen
def test_widths_and_folds_come_back_with_the_next_window(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot
) -> None:
    window.panes.restore({"compose": 420, "queue": 310}, frozenset({"compose"}))
    window.viewer.show_details(False)
    run(window.leave())
    window.close()
    with in_the_open(MainWindow(opened.studio), run, qtbot) as again:
        assert again.panes.widths == {"compose": 420, "queue": 310}
        assert not again.compose.isVisible()
        assert again.queue.width() == 310
        assert not again.viewer.details_shown
    key = window._keeper.key
    assert key in opened.studio.settings.current.layouts


def test_the_layout_is_kept_a_little_after_a_change_too(window: MainWindow, opened: Opened, run: Run) -> None:
    window.panes.show_pane("queue", False)
    run.until(lambda: any("queue" in each.folded for each in opened.studio.settings.current.layouts.values()), 5)


@pytest.mark.on_screen
def test_f6_goes_round_the_panes_and_back_to_where_the_focus_was(window: MainWindow, qtbot: QtBot) -> None:
    window.compose.focus_prompt()
    visited = []
    for _step in range(3):
        press(qtbot, window, Qt.Key.Key_F6)
        focused = window.focusWidget()
        visited.append(
            next(
                (
                    name
                    for name in ("compose", "centre", "queue")
                    if focused is getattr(window, name) or getattr(window, name).isAncestorOf(focused)
                ),
                "",
            )
        )
    assert visited == ["centre", "queue", "compose"]
    assert window.focusWidget() is window.compose.editor.text


@pytest.mark.on_screen
def test_edit_commands_go_to_the_focused_field_and_leave_others_their_keys(window: MainWindow, qtbot: QtBot) -> None:
    text = window.compose.editor.text
    window.compose.focus_prompt()
    qtbot.keyClicks(text, "hello")
    actions = window.menus.actions
    assert actions["cut"].isEnabled()
    actions["selectAll"].trigger()
    actions["cut"].trigger()
    assert text.toPlainText() == ""
    assert QGuiApplication.clipboard().text() == "hello"
    actions["paste"].trigger()
    assert text.toPlainText() == "hello"
    actions["undo"].trigger()
    assert text.toPlainText() == ""
    window.findChild(QWidget, "toggle_queue").setFocus()  # type: ignore[union-attr]
    assert not actions["cut"].isEnabled()


def test_themes_and_text_sizes_are_chosen_from_the_menu_and_kept(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot
) -> None:
    before = window.grab().toImage().pixel(300, 400)
    window.menus.actions["theme_light"].trigger()
    run.until(lambda: theme().name == "light")
    assert window.menus.actions["theme_light"].isChecked()
    assert window.grab().toImage().pixel(300, 400) != before
    press(qtbot, window, Qt.Key.Key_Equal, CTRL)
    run.until(lambda: theme().text_size == 110)
    press(qtbot, window, Qt.Key.Key_0, CTRL)
    run.until(lambda: theme().text_size == 100)
    assert opened.studio.settings.current.theme == "light"


def test_the_window_fits_its_smallest_size_in_every_theme_and_text_size(
    window: MainWindow, dressed: QApplication
) -> None:
    window.resize(1024, 700)
    for name, percent in (("dark", 90), ("dark", 150), ("light", 150), ("contrast", 150)):
        theme().apply(dressed, name, percent)
        QApplication.processEvents()
        assert (window.width(), window.height()) == (1024, 700)
        assert window.centre.width() > 300
        assert window.compose.footer.isVisible()
        assert window.status.geometry().bottom() < 700


def test_notices_wait_for_a_window_and_offer_their_action(opened: Opened, run: Run, qtbot: QtBot) -> None:
    notices = Notices()
    done: list[str] = []
    notices.tell("told before there was a window", Tone.DANGER)
    notices.tell("<b>Draft</b> deleted.", action="Undo", on_action=lambda: done.append("undone"))
    run(opened.rooms.engine.start())
    with in_the_open(MainWindow(opened.studio, notices), run, qtbot) as window:
        bar = window.notice_bar
        assert bar.isVisible()
        assert bar.notice is not None
        assert bar.notice.text == "told before there was a window"
        close = next(each for each in bar.findChildren(QWidget) if each.accessibleName() == "Close message")
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
        label = next(each for each in bar.findChildren(QLabel) if each.text() == "<b>Draft</b> deleted.")
        assert label.textFormat() == Qt.TextFormat.PlainText
        undo = next(each for each in bar.findChildren(QPushButton) if each.text() == "Undo")
        qtbot.mouseClick(undo, Qt.MouseButton.LeftButton)
        assert done == ["undone"]
        assert not bar.isVisible()
        notices.tell("short", seconds=0.05)
        assert bar.isVisible()
        run.until(lambda: not bar.isVisible())


def test_offline_is_said_above_everything_and_goes_by_itself(window: MainWindow, opened: Opened) -> None:
    assert not window.offline.isVisible()
    opened.studio.engine.online_changed.emit(False)
    assert window.offline.isVisible()
    assert window.status.online.text == "Offline"
    opened.studio.engine.online_changed.emit(True)
    assert not window.offline.isVisible()
    assert window.status.online.text == "Online"


def test_the_status_bar_shows_the_balance_of_the_account_in_use(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot
) -> None:
    run.until(lambda: "credits" in window.status.balance.text(), 30)
    assert "simulator" in window.status.balance.text()
    window.compose.choose("simulator-globalaiopc")
    assert "credits" not in window.status.balance.text()
    assert not window.status.balance.isEnabled()


def test_edit_brings_a_jobs_request_back_into_the_compose_column(window: MainWindow, opened: Opened) -> None:
    opened.studio.engine.jobs["job-1"] = a_job(state=State.FAILED)
    window.panes.show_pane("compose", False)
    window.queue.edit_requested.emit("job-1")
    assert window.compose.isVisible()
    assert window.compose.page.draft.prompt == "a lighthouse"


@pytest.mark.on_screen
def test_settings_open_at_the_account_a_job_needs(window: MainWindow) -> None:
    window.queue.settings_requested.emit("simulator-globalaiopc")
    dialog = window.dialogs.settings
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.accounts.detail.account_id == "simulator-globalaiopc"
    window.close()
    assert not dialog.isVisible()


def test_pause_all_is_one_command_with_two_words(window: MainWindow, opened: Opened, run: Run) -> None:
    action = window.menus.actions["pause_all"]
    assert action.text().replace("&", "") == "Pause all"
    action.trigger()
    run.until(lambda: action.text().replace("&", "") == "Resume all")
    assert opened.studio.engine.paused
    action.trigger()
    run.until(lambda: action.text().replace("&", "") == "Pause all")
    assert not opened.studio.engine.paused


@pytest.mark.on_screen
def test_after_a_close_with_running_jobs_it_is_explained_once(opened: Opened, run: Run, qtbot: QtBot) -> None:
    opened.studio.engine.jobs["job-1"] = a_job(state=State.PROCESSING, remote_id="task_1")
    with in_the_open(MainWindow(opened.studio), run, qtbot) as first:
        assert first.notice_bar.notice is not None
        assert "went on being made" in first.notice_bar.notice.text
        run.until(lambda: opened.studio.settings.current.told_of_closing)
    with in_the_open(MainWindow(opened.studio), run, qtbot) as second:
        assert second.notice_bar.notice is None


def test_reduce_motion_stops_what_turns(window: MainWindow, opened: Opened, run: Run) -> None:
    job = a_job(state=State.PROCESSING, remote_id="t", accepted_at=time.time())
    opened.studio.engine.jobs[job.id] = job
    opened.studio.engine.job_added.emit(job)
    window.show_job(job.id)
    ring = window.viewer.screen_page.findChild(Emblem)
    assert ring is not None
    assert ring._timer.isActive()
    run(opened.studio.settings.change(reduce_motion=True))
    assert not ring._timer.isActive()
    run(opened.studio.settings.change(reduce_motion=False))
    assert ring._timer.isActive()


def test_every_command_has_its_own_key(window: MainWindow) -> None:
    keys = [key.toString() for action in window.menus.actions.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    assert {"Ctrl+Return", "Ctrl+L", "Ctrl+M", "Ctrl+B", "Ctrl+Alt+Q", "F6", "Ctrl+,", "F11"} <= set(keys)


def test_help_shows_the_keys_the_read_me_and_the_version(window: MainWindow, qtbot: QtBot) -> None:
    from sora_desktop.ui.about import AboutDialog, ReadmeDialog, ShortcutsDialog

    window.menus.actions["shortcuts"].trigger()
    shortcuts = window.findChild(ShortcutsDialog)
    assert shortcuts is not None
    texts = {each.text() for each in shortcuts.findChildren(QLabel)}
    assert {"Go to the prompt", "Ctrl+L"} <= texts
    window.menus.actions["readme"].trigger()
    readme = window.findChild(ReadmeDialog)
    assert readme is not None
    assert "Sora Desktop" in readme.text.toPlainText()
    window.menus.actions["about"].trigger()
    about = window.findChild(AboutDialog)
    assert about is not None
    assert any("Version" in each.text() for each in about.findChildren(QLabel))
    for dialog in (shortcuts, readme, about):
        qtbot.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)
