"""The queue as a person sees it and moves in it, on the real engine (which is not started, so nothing is sent)."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sora_desktop.core.jobs import State
from sora_desktop.engine.works import Transfer
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.queue import QueueRail
from sora_desktop.ui.queue.arrangement import Show
from sora_desktop.ui.theme import theme
from support.jobs import NOW, made
from support.queue_desk import LEFT, REFUSED, Desk


@pytest.fixture
def desk(opened, run, qtbot) -> Desk:
    return Desk(opened, run, qtbot)


def test_nothing_is_a_screen_too(desk: Desk) -> None:
    assert desk.panel._stack.currentWidget() is desk.panel._empty
    assert desk.panel._moving.text() == "No jobs"
    assert desk.panel._reserved.text() == "0 credits reserved"
    desk.put(made())
    assert desk.panel._stack.currentWidget() is desk.view
    desk.qtbot.mouseClick(desk.panel.filter.segments[3], LEFT)
    assert desk.panel._stack.currentWidget() is desk.panel._empty


def test_counts_and_reserved_credits(desk: Desk) -> None:
    desk.put(
        made("runs", State.PROCESSING, reserved=75.0, remote_id="t"),
        made("waits"),
        made("waits too"),
        made("failed", State.FAILED, failure=REFUSED),
    )
    assert desk.panel._moving.text() == "1 active · 2 waiting"
    assert desk.panel._reserved.text() == "75 credits reserved"
    assert [segment._count for segment in desk.panel.filter.segments] == ["", "3", "", "1"]
    desk.qtbot.mouseClick(desk.panel.filter.segments[1], LEFT)
    assert desk.model.show is Show.ACTIVE
    assert [row.section for row in desk.model.rows] == ["active", "active", "waiting", "waiting", "waiting"]


def test_a_click_picks_a_double_click_opens(desk: Desk) -> None:
    first, second = made("one"), made("two")
    desk.put(first, second)
    desk.click(second)
    desk.qtbot.mouseDClick(desk.view.viewport(), LEFT, pos=desk.rect(first).center())
    assert desk.said == [("picked", second.id), ("opened", first.id)]


def test_the_keyboard_walks_past_headings_and_opens(desk: Desk) -> None:
    failed, waiting = made("f", State.FAILED, failure=REFUSED), made("w")
    desk.put(failed, waiting)
    desk.key(Qt.Key.Key_Home)
    desk.key(Qt.Key.Key_Down)
    desk.key(Qt.Key.Key_Return)
    assert desk.said == [("picked", failed.id), ("picked", waiting.id), ("opened", waiting.id)]


def test_the_new_job_alone_is_chosen_while_ctrl_is_still_down(desk: Desk) -> None:
    first, second = made("one"), made("two")
    desk.put(first, second)
    desk.click(first)
    window = desk.panel.windowHandle()
    QTest.keyPress(window, Qt.Key.Key_Control, Qt.KeyboardModifier.ControlModifier)  # as in Ctrl+Enter
    try:
        assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.ControlModifier
        desk.view.select_job(second.id)
    finally:
        QTest.keyRelease(window, Qt.Key.Key_Control)
    assert desk.view.selected_jobs() == [second]


def test_a_heading_folds_its_section(desk: Desk) -> None:
    desk.put(made("w"))
    heading = desk.view.visualRect(desk.model.index(0)).center()
    desk.qtbot.mouseClick(desk.view.viewport(), LEFT, pos=heading)
    assert desk.model.rowCount() == 1
    desk.qtbot.mouseClick(desk.view.viewport(), LEFT, pos=heading)
    assert desk.model.rowCount() == 2


def test_waiting_jobs_are_dragged_into_another_order(desk: Desk) -> None:
    jobs = [made(f"{number}") for number in range(4)]
    desk.put(*jobs)
    viewport = desk.view.viewport()
    desk.qtbot.mousePress(viewport, LEFT, pos=desk.rect(jobs[3]).center())
    for y in (0, -20, -60, -100):
        desk.qtbot.mouseMove(viewport, desk.rect(jobs[3]).center() + QPoint(0, y))
    desk.qtbot.mouseMove(viewport, desk.rect(jobs[1]).topLeft() + QPoint(60, 4))
    desk.qtbot.mouseRelease(viewport, LEFT, pos=desk.rect(jobs[1]).topLeft() + QPoint(60, 4))
    desk.settle()
    order = [row.id for row in desk.model.rows[1:]]
    assert order == [jobs[0].id, jobs[3].id, jobs[1].id, jobs[2].id]
    reloaded = desk.run(desk.opened.rooms.jobs.all())
    assert [job.id for job in sorted(reloaded, key=lambda job: job.position)] == order


def test_pause_all_stops_and_goes_on(desk: Desk) -> None:
    desk.put(made())
    desk.qtbot.mouseClick(desk.panel._pause, LEFT)
    desk.settle()
    assert desk.engine.paused
    assert desk.panel._pause.text() == "Resume all"
    assert desk.panel._moving.text() == "0 active · 1 waiting, paused"
    desk.qtbot.mouseClick(desk.panel._pause, LEFT)
    desk.settle()
    assert not desk.engine.paused


def test_nothing_beats_when_nothing_moves_or_nobody_looks(desk: Desk) -> None:
    pulse = desk.panel._pulse
    assert not pulse.beating
    job = made("x", State.PROCESSING, accepted_at=NOW)
    desk.put(job)
    assert pulse.beating
    desk.panel.hide()
    assert not pulse.beating
    desk.panel.show()
    assert pulse.beating
    desk.change(job.moved(State.DOWNLOADING).moved(State.DONE, finished_at=NOW))
    assert not pulse.beating


def test_bytes_on_their_way_move_the_bar(desk: Desk) -> None:
    job = made("x", State.DOWNLOADING)
    desk.put(job)
    desk.engine.progress_changed.emit(job.id, Transfer("download", 5_000_000, 10_000_000))
    desk.model.flush()
    assert desk.model.line(1).chip == "Downloading 50%"
    row = desk.rect(job)
    y = row.top() + 72
    groove, accent = theme().colour("groove"), theme().colour("accent")
    left, right = row.left() + 102, row.right() - 12

    def half_way() -> bool:
        picture = desk.view.grab().toImage()
        first = picture.pixelColor(left + (right - left) * 2 // 5, y)
        second = picture.pixelColor(left + (right - left) * 3 // 5, y)
        return (first, second) == (accent, groove)

    desk.qtbot.waitUntil(half_way)


def test_a_finished_job_shows_its_picture(desk: Desk) -> None:
    job = made("x", State.DOWNLOADING)
    desk.put(job)
    desk.view.grab()
    desk.qtbot.waitUntil(lambda: len(desk.panel.thumbnails) == 1)
    picture = QImage(320, 180, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    picture.save(str(thumbnail_path(desk.opened.studio.paths, job.id)))
    desk.change(job.moved(State.DONE, finished_at=NOW))

    def red() -> bool:
        at = desk.rect(job).topLeft() + QPoint(12 + 40, 8 + 18)
        return desk.view.grab().toImage().pixelColor(at).red() > 200

    desk.qtbot.waitUntil(red)


def test_a_picture_for_a_row_that_has_no_place_yet_waits_for_it(desk: Desk) -> None:
    late = made("late")
    desk.put(late)
    desk.model.set_show(Show.PROBLEMS)
    desk.qtbot.waitUntil(lambda: len(desk.view._geometry) == 0)
    desk.model.set_show(Show.ALL)
    assert desk.rect(late).isEmpty(), "Qt lays the list out when it comes to it"
    desk.panel.thumbnails.arrived.emit(late.id)
    desk.qtbot.waitUntil(lambda: desk.rect(late).height() > 0)


@pytest.mark.on_screen
def test_the_chosen_row_is_marked_and_the_ring_comes_with_the_keyboard(desk: Desk) -> None:
    job = made("x")
    desk.put(job)
    desk.click(job)
    row = desk.rect(job)
    desk.qtbot.mouseMove(desk.view.viewport(), QPoint(5, 650))
    marked = desk.view.grab().toImage()
    assert marked.pixelColor(row.left() + 1, row.center().y()) == theme().colour("accent")
    assert marked.pixelColor(row.right() - 8, row.top() + 4) == theme().colour("selection")


def test_a_new_text_size_grows_the_rows(desk: Desk) -> None:
    job = made("x")
    desk.put(job)
    low = desk.rect(job).height()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme().apply(app, "dark", 150)
    assert desk.rect(job).height() == round(low * 1.5)


class TestRail:
    def made(self, desk: Desk) -> QueueRail:
        rail = QueueRail(desk.panel)
        desk.qtbot.addWidget(rail)
        rail.resize(64, 500)
        rail.show()
        return rail

    def test_it_shows_what_fits_and_counts_the_rest(self, desk: Desk) -> None:
        rail = self.made(desk)
        desk.put(*(made(f"{number}") for number in range(12)), made("d", State.DONE, finished_at=NOW))
        spots, rest = rail.spots.spots()
        assert len(spots) + rest == 12
        assert 4 <= len(spots) <= 8
        assert rail._count.text() == "12"

    def test_a_click_leads_to_the_panel(self, desk: Desk) -> None:
        rail = self.made(desk)
        jobs = [made("a"), made("b")]
        desk.put(*jobs)
        with desk.qtbot.waitSignal(rail.expanded):
            desk.qtbot.mouseClick(rail.spots, LEFT, pos=rail.spots.spots()[0][1].rect.center())
        assert [job.id for job in desk.view.selected_jobs()] == [jobs[1].id]

    def test_it_pauses_too(self, desk: Desk) -> None:
        rail = self.made(desk)
        desk.put(made())
        desk.qtbot.mouseClick(rail._pause, LEFT)
        desk.settle()
        assert desk.engine.paused
        assert rail._pause.accessibleName() == "Resume all"
