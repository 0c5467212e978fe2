"""Rows as pictures: what is painted anew, what is copied, and that nothing old stays on the screen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from sora_desktop.core.jobs import State
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.ui.queue import row_pictures
from sora_desktop.ui.queue.delegate import QueueDelegate
from sora_desktop.ui.queue.lines import Lines
from sora_desktop.ui.queue.model import QueueModel
from sora_desktop.ui.queue.view import QueueView
from sora_desktop.ui.theme import theme
from sora_desktop.ui.thumbnails import Thumbnails
from support.jobs import NOW, made

pytestmark = pytest.mark.usefixtures("dressed")


class List:
    """The list with three clips that render, and how often each row was painted."""

    def __init__(self, qtbot, folder: Path) -> None:
        catalog = load_catalog()
        self.now = NOW
        lines = Lines(
            lambda job: catalog.model(job.request.provider, job.request.model), lambda _account: 1.0, lambda: self.now
        )
        self.model = QueueModel(lines)
        self.model.load([made(name, State.PROCESSING, id=name, accepted_at=NOW - 5) for name in "abc"])
        self.delegate = QueueDelegate(
            self.model, Thumbnails(lambda job_id: folder / f"{job_id}.jpg", self.model), self.model
        )
        self.painted: Counter[int] = Counter()
        paint = self.delegate.paint_still

        def counted(painter, option, number) -> None:
            self.painted[number] += 1
            paint(painter, option, number)

        self.delegate.paint_still = counted  # type: ignore[method-assign]
        self.view = QueueView(self.model, self.delegate)
        qtbot.addWidget(self.view)
        self.view.resize(344, 600)
        self.view.show()
        qtbot.waitUntil(lambda: len(self.painted) == 4)
        self.painted.clear()

    def repaint(self) -> None:
        self.view.viewport().repaint()

    def seen(self) -> QImage:
        return self.view.viewport().grab().toImage()


def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no row comes into sight."""
    for name in ("HURRIED", "UNHURRIED", "LEAST"):
        monkeypatch.setattr(row_pictures, name, 0)


@pytest.fixture
def rows(qtbot, tmp_path: Path) -> List:
    return List(qtbot, tmp_path)


def test_a_ring_that_turns_paints_no_row_anew(rows: List) -> None:
    before = rows.seen()
    rows.painted.clear()
    rows.delegate.motion.angle = 90.0
    rows.repaint()
    assert not rows.painted
    assert rows.seen() != before


def test_a_row_is_painted_when_its_words_change_and_only_then(rows: List) -> None:
    rows.model.feed(made("b", State.DONE, id="b", finished_at=NOW, path="/nowhere.mp4", accepted_at=NOW - 5))
    rows.model.flush()
    rows.repaint()
    changed = rows.model.row_of("b")
    assert rows.painted[changed] == 1
    assert not rows.painted[rows.model.row_of("a")]
    rows.repaint()
    assert rows.painted[changed] == 1


def test_the_clock_of_a_row_goes_on(rows: List) -> None:
    before = rows.seen()
    rows.now += 60
    rows.repaint()
    assert [rows.painted[number] for number in range(4)] == [0, 1, 1, 1]
    assert rows.seen() != before


def test_the_mouse_and_the_selection_show_at_once_however_busy(rows: List, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_pictures, "SLICE", -1.0)
    rows.delegate.hot.row = 1
    rows.repaint()
    assert rows.painted[1] == 1
    rows.view.select_job("c")
    rows.repaint()
    assert rows.painted[rows.model.row_of("c")] == 1


def test_what_had_no_time_comes_soon_after(rows: List, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_pictures, "SLICE", -1.0)
    rows.now += 60
    rows.repaint()
    assert not rows.painted
    monkeypatch.setattr(row_pictures, "SLICE", 1.0)
    qtbot.waitUntil(lambda: all(rows.painted[number] for number in (1, 2, 3)))


def test_paintings_that_follow_each_other_share_the_time_of_one(
    rows: List, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.now += 60
    rows.repaint()
    rows.painted.clear()
    monkeypatch.setattr(row_pictures, "SHARE", 0.0)
    rows.now += 60
    rows.repaint()
    assert not rows.painted
    monkeypatch.setattr(row_pictures, "SHARE", 1e9)
    qtbot.waitUntil(lambda: all(rows.painted[number] for number in (1, 2, 3)))


def test_a_row_that_is_chosen_in_a_hurry_is_not_empty_meanwhile(
    rows: List, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, ground = rows.model.row_of("c"), theme().colour("panel")
    QApplication.processEvents()
    rows.painted.clear()
    no_time(monkeypatch)
    rows.view._hurried = True
    rows.view.select_job("c")
    row = rows.seen().copy(rows.view.row_rect(chosen))
    assert not rows.painted[chosen]
    assert any(row.pixelColor(x, y) != ground for x in range(100, 200) for y in range(row.height()))
    monkeypatch.setattr(row_pictures, "HURRIED", 1e9)
    qtbot.waitUntil(lambda: rows.painted[chosen] > 0)


def test_a_long_turn_leaves_room_for_one_row(rows: List, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    class Turns:
        seconds = 1.0

        def spent(self) -> float:
            return self.seconds

    monkeypatch.setattr(row_pictures, "turns", Turns)
    monkeypatch.setattr(row_pictures, "ROOM", 0.016)
    for _ in range(3):
        rows.view._pictures.clear()
        rows.view._hurried = True
        rows.painted.clear()
        rows.repaint()
        assert len(rows.painted) == 1
    Turns.seconds = 0.0
    qtbot.waitUntil(lambda: all(rows.painted[number] for number in range(4)))


def test_a_list_that_is_made_wider_shows_its_rows_meanwhile(
    rows: List, qtbot, dressed: QApplication, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    request.addfinalizer(lambda: dressed.setLayoutDirection(Qt.LayoutDirection.LeftToRight))
    for direction in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        dressed.setLayoutDirection(direction)
        rows.view.resize(344, 600)
        QApplication.processEvents()
        rows.repaint()
        row = rows.view.row_rect(1)
        before = rows.seen().copy(row)
        with monkeypatch.context() as patch:
            no_time(patch)
            rows.painted.clear()
            rows.view.resize(364, 600)
            after = rows.seen().copy(rows.view.row_rect(1))
            assert not rows.painted
        left = 0 if direction == Qt.LayoutDirection.LeftToRight else after.width() - before.width()
        picture = after.copy(left, 0, before.width(), before.height())
        # The ring and the bar already stand where they will be.
        top = QRect(0, 0, before.width(), 40)
        assert picture.copy(top) == before.copy(top)
        qtbot.waitUntil(lambda: rows.painted[1] > 0)


def test_another_screen_paints_rows_anew(rows: List) -> None:
    kept = next(iter(rows.view._pictures._kept.values()))
    kept.drawn.setDevicePixelRatio(2.0)
    rows.painted.clear()
    rows.repaint()
    assert rows.painted.total() == 1


def test_another_theme_paints_every_row(rows: List, qapp) -> None:
    theme().apply(qapp, "light", 100)
    rows.repaint()
    assert all(rows.painted[number] for number in range(4))
    assert rows.seen().pixelColor(4, 4) == theme().colour("panel")


def test_a_scrolled_list_keeps_few_pictures(qtbot, tmp_path: Path) -> None:
    rows = List(qtbot, tmp_path)
    rows.model.load([made(f"j{number}", State.PROCESSING) for number in range(300)])
    bar = rows.view.verticalScrollBar()
    for place in range(0, bar.maximum(), 400):
        bar.setValue(place)
        rows.repaint()
    assert len(rows.view._pictures._kept) <= row_pictures.KEPT


def test_a_list_that_is_scrolled_fills_without_stopping_the_window(
    rows: List, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.model.load([made(f"j{number}", State.PROCESSING) for number in range(300)])
    rows.repaint()
    no_time(monkeypatch)
    rows.painted.clear()
    rows.view.verticalScrollBar().setValue(4000)
    rows.repaint()
    assert not rows.painted
    monkeypatch.setattr(row_pictures, "HURRIED", 10.0)
    qtbot.waitUntil(lambda: all(rows.painted[number] for number in rows.view.visible_rows()))


def test_rows_that_were_late_come_although_one_of_them_is_painted_first(
    rows: List, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.model.load([made(f"j{number}", State.WAITING) for number in range(300)])
    rows.repaint()
    no_time(monkeypatch)
    rows.view.verticalScrollBar().setValue(4000)
    rows.painted.clear()
    QApplication.processEvents()
    assert not rows.painted
    monkeypatch.setattr(row_pictures, "HURRIED", 1e9)
    first = rows.view.visible_rows()[1]
    rows.view.viewport().repaint(rows.view.row_rect(first))
    assert rows.painted[first]
    qtbot.waitUntil(lambda: all(rows.painted[number] for number in rows.view.visible_rows()))


def test_a_heading_stands_at_the_right_where_one_reads_from_there(
    rows: List, dressed: QApplication, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(lambda: dressed.setLayoutDirection(Qt.LayoutDirection.LeftToRight))
    dressed.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    rows.repaint()
    heading, seen, ground = rows.view.row_rect(0), rows.seen(), theme().colour("panel")
    columns = range(heading.width() // 2)
    lines = range(heading.top(), heading.bottom())
    assert all(seen.pixelColor(x, y) == ground for x in columns for y in lines)
    assert any(seen.pixelColor(heading.width() - 30 - x, y) != ground for x in columns for y in lines)
