"""The library's filters, by clicks, drags and keys, on a real library."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QMenu

from sora_desktop.core.library import Query, Shelf
from sora_desktop.ui.library.facets import FacetsPanel
from sora_desktop.ui.library.histogram import Histogram
from sora_desktop.ui.library.spans import Bar, Unit, bars, called, today, units
from sora_desktop.ui.theme import theme
from support.clips import done, put

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
TODAY = date(2025, 11, 21)


def ago(days: int) -> date:
    return today() - timedelta(days=days)


class Shelves:
    """A shown panel on a library, answered as the page does."""

    def __init__(self, opened, run, qtbot) -> None:
        self.opened, self.run, self.qtbot = opened, run, qtbot
        self.library = opened.studio.library
        self.query = Query()
        self.told: list[Query] = []
        self.panel = FacetsPanel(opened.studio)
        qtbot.addWidget(self.panel)
        self.panel.resize(208, 800)
        self.panel.query_changed.connect(self.ask)
        with qtbot.waitActive(self.panel):
            self.panel.show()
            self.panel.activateWindow()

    def ask(self, query: Query) -> None:
        self.query = query
        self.told.append(query)
        self.panel.show_facets(self.library.facets(query), query)

    def put(self, *jobs) -> list[str]:
        clips = put(self.opened, self.run, *jobs)
        self.run.until(lambda: self.panel._oldest is not None)
        self.refresh()
        return [clip.id for clip in clips]

    def tag(self, ids: list[str], *tags: str) -> None:
        for tag in tags:
            self.run(self.library.add_tag(ids, tag))
        self.refresh()

    def refresh(self) -> None:
        self.panel.show_facets(self.library.facets(self.query), self.query)
        QApplication.processEvents()

    def click(self, widget, at: QPoint | None = None) -> None:
        self.qtbot.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at or widget.rect().center())


@pytest.fixture
def shelves(opened, run, qtbot) -> Shelves:
    return Shelves(opened, run, qtbot)


def test_a_shelf_is_chosen_by_click_and_by_arrow_and_says_how_many_it_holds(shelves: Shelves) -> None:
    ids = shelves.put(done(), done(), done())
    shelves.run(shelves.library.mark(ids[:2], favourite=True))
    shelves.refresh()
    rows = shelves.panel.shelves
    assert [rows[shelf].count for shelf in Shelf] == [3, 2, 3, 0]
    assert rows[Shelf.FAVOURITES].accessibleName() == "Favourites, 2 clips"
    shelves.click(rows[Shelf.FAVOURITES])
    assert shelves.query == Query(shelf=Shelf.FAVOURITES)
    assert [shelf for shelf, row in rows.items() if row.isChecked()] == [Shelf.FAVOURITES]
    rows[Shelf.FAVOURITES].setFocus()
    shelves.qtbot.keyClick(rows[Shelf.FAVOURITES], Qt.Key.Key_Down)
    assert shelves.query.shelf is Shelf.UNREVIEWED
    shelves.click(rows[Shelf.UNREVIEWED])
    assert rows[Shelf.UNREVIEWED].isChecked(), "one shelf is always chosen"


def test_models_are_ticked_together_and_named_by_their_service_where_two_share_a_name(shelves: Shelves) -> None:
    unknown = "nobody/a-model-with-a-name-that-no-column-of-this-world-will-ever-hold"
    shelves.put(done(), done(), done(model="sora-2-pro"), done(provider="nobody", model=unknown.partition("/")[2]))
    models = shelves.panel.models
    assert {maker: row.count for maker, row in models.items()} == {"rivya/sora-2": 2, "rivya/sora-2-pro": 1, unknown: 1}
    assert models["rivya/sora-2"].words == shelves.opened.studio.catalog.model("rivya", "sora-2").name
    assert models[unknown].words in models[unknown].toolTip(), "cut, so the tooltip has it all"
    shelves.click(models["rivya/sora-2"])
    shelves.click(models[unknown])
    assert shelves.query.models == {"rivya/sora-2", unknown}
    assert models["rivya/sora-2-pro"].count == 1, "a count leaves its own choice out"
    shelves.click(models["rivya/sora-2"])
    shelves.click(models[unknown])
    assert shelves.query == Query()


def test_many_models_fold_and_what_is_ticked_is_always_seen(shelves: Shelves) -> None:
    shelves.put(*(done(provider="nobody", model=f"m{place:02}") for place in range(12)), done(), done())
    panel = shelves.panel
    assert len(panel.models) == 8
    assert panel.more_models.text() == "5 more…"
    assert "rivya/sora-2" in panel.models, "the most frequent come first"
    row = panel.models["nobody/m05"]
    row.setFocus()
    shelves.click(panel.more_models)
    assert len(panel.models) == 13
    assert panel.models["nobody/m05"] is row, "a row that stays is not made anew: it may have the focus"
    QApplication.processEvents()
    tops = [one.y() for one in panel.models.values()]
    assert tops == sorted(set(tops))
    shelves.click(panel.models["nobody/m11"])
    shelves.click(panel.more_models)
    assert len(panel.models) == 8
    assert panel.models["nobody/m11"].isChecked()


def test_a_tag_is_toggled_and_the_rest_comes_by_more(shelves: Shelves) -> None:
    ids = shelves.put(done(), done())
    shelves.tag(ids, *(f"tag {letter}" for letter in "abcdefghi"), "<b>harbour & more</b>")
    panel = shelves.panel
    assert len(panel.tags) == 6
    assert panel.more_tags.text() == "4 more…"
    shelves.click(panel.more_tags)
    assert list(panel.tags) == sorted(panel.tags, key=str.casefold)
    chip = panel.tags["<b>harbour & more</b>"]
    assert (chip.words, chip.count) == ("<b>harbour & more</b>", 2)
    shelves.click(chip)
    assert shelves.query.tags == {"<b>harbour & more</b>"}
    assert panel.tags["<b>harbour & more</b>"].isChecked()
    shelves.click(panel.tags["<b>harbour & more</b>"])
    assert shelves.query.tags == frozenset()


def test_a_chosen_tag_that_left_the_library_can_still_be_given_up(shelves: Shelves) -> None:
    shelves.put(done())
    shelves.ask(Query(tags=frozenset({"gone"})))
    shelves.click(shelves.panel.tags["gone"])
    assert shelves.query == Query()


def test_the_chips_keep_to_the_column_and_the_focus_stays_with_its_tag(shelves: Shelves) -> None:
    ids = shelves.put(done())
    shelves.tag(ids, "x" * 40, "dusk", "night")
    panel = shelves.panel
    for chip in panel.tags.values():
        assert QRect(chip.mapTo(panel, QPoint()), chip.size()).right() <= 208
    panel.tags["dusk"].setFocus()
    shelves.qtbot.keyClick(panel.tags["dusk"], Qt.Key.Key_Space)
    assert shelves.query.tags == {"dusk"}
    shelves.tag(ids, "another")
    assert panel.tags["dusk"].hasFocus(), "made anew, because there is one more"


def test_an_empty_library_shows_shelves_and_nothing_to_choose_from(shelves: Shelves) -> None:
    panel = shelves.panel
    assert not panel.histogram.isVisible()
    assert not panel.more_tags.isVisible()
    assert [row.count for row in panel.shelves.values()] == [0, 0, 0, 0]


class TestDays:
    def put(self, shelves: Shelves) -> Histogram:
        shelves.put(*(done(days_ago=days) for days in (0, 0, 1, 3, 3, 3, 13)))
        return shelves.panel.histogram

    def drag(self, shelves: Shelves, histogram: Histogram, first: int, last: int) -> None:
        qtbot = shelves.qtbot
        qtbot.mousePress(histogram, LEFT, pos=histogram.rect_of(first).center())
        qtbot.mouseMove(histogram, histogram.rect_of(last).center())
        qtbot.mouseRelease(histogram, LEFT, pos=histogram.rect_of(last).center())

    def test_a_bar_is_a_day_and_a_click_chooses_it(self, shelves: Shelves) -> None:
        histogram = self.put(shelves)
        assert [bar.count for bar in histogram.bars] == [1, *[0] * 9, 3, 0, 1, 2]
        assert histogram.text_of(13) == "Today: 2 clips"
        assert histogram.text_of(12) == "Yesterday: 1 clip"
        shelves.click(histogram, histogram.rect_of(10).center())
        assert shelves.query.days == (ago(3), ago(3))
        shelves.click(histogram, histogram.rect_of(10).center())
        assert shelves.query.days is None, "the only one chosen, clicked again"

    @pytest.mark.on_screen
    def test_a_drag_is_a_range_either_way_and_a_double_click_everything(self, shelves: Shelves) -> None:
        histogram = self.put(shelves)
        self.drag(shelves, histogram, 12, 7)
        assert shelves.query.days == (ago(6), ago(1))
        self.drag(shelves, histogram, 7, 13)
        assert shelves.query.days == (ago(6), ago(0))
        assert histogram.accessibleDescription() == "Last 7 days"
        assert shelves.panel._range.text() == "Last 7 days"
        shelves.qtbot.mouseDClick(histogram, LEFT, pos=histogram.rect_of(9).center())
        assert shelves.query.days is None
        assert histogram.accessibleDescription() == "All days"

    def test_the_mouse_may_leave_the_bars_while_it_drags(self, shelves: Shelves) -> None:
        histogram = self.put(shelves)
        qtbot = shelves.qtbot
        qtbot.mousePress(histogram, LEFT, pos=histogram.rect_of(11).center())
        qtbot.mouseMove(histogram, QPoint(5000, 5))
        qtbot.mouseRelease(histogram, LEFT, pos=QPoint(5000, 5))
        assert shelves.query.days == (ago(2), ago(0))

    def test_arrows_move_and_stretch_and_escape_gives_up(self, shelves: Shelves) -> None:
        histogram = self.put(shelves)
        qtbot = shelves.qtbot
        histogram.setFocus()
        qtbot.keyClick(histogram, Qt.Key.Key_Left)
        assert shelves.query.days == (ago(0), ago(0))
        qtbot.keyClick(histogram, Qt.Key.Key_Left)
        assert shelves.query.days == (ago(1), ago(1))
        qtbot.keyClick(histogram, Qt.Key.Key_Left, SHIFT)
        qtbot.keyClick(histogram, Qt.Key.Key_Left, SHIFT)
        assert shelves.query.days == (ago(3), ago(1))
        qtbot.keyClick(histogram, Qt.Key.Key_Right, SHIFT)
        assert shelves.query.days == (ago(2), ago(1))
        qtbot.keyClick(histogram, Qt.Key.Key_Home)
        assert shelves.query.days == (ago(13), ago(13))
        qtbot.keyClick(histogram, Qt.Key.Key_Escape)
        assert shelves.query.days is None

    def test_right_to_left_the_oldest_day_is_at_the_right(self, shelves: Shelves) -> None:
        histogram = self.put(shelves)
        histogram.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        assert histogram.rect_of(0).left() > histogram.rect_of(13).left()
        for place in (0, 6, 13):
            assert histogram.place_at(histogram.rect_of(place).center()) == place
        histogram.setFocus()
        shelves.qtbot.keyClick(histogram, Qt.Key.Key_Right)
        shelves.qtbot.keyClick(histogram, Qt.Key.Key_Right)
        assert shelves.query.days == (ago(1), ago(1)), "the arrow goes where it points: back in time"

    def test_only_what_is_chosen_has_the_accent(self, shelves: Shelves) -> None:
        histogram = self.put(shelves)

        def lit() -> list[int]:
            image: QImage = histogram.grab().toImage()
            feet = [histogram.rect_of(place).center() for place in range(14)]
            return [
                place
                for place, foot in enumerate(feet)
                if image.pixelColor(foot.x(), histogram.height() - 4) == QColor(theme().colours.accent)
            ]

        assert lit() == [0, 10, 12, 13]
        self.drag(shelves, histogram, 9, 12)
        assert lit() == [10, 12]

    def test_an_old_library_is_seen_in_weeks_months_and_years(self, shelves: Shelves) -> None:
        shelves.put(done(), done(days_ago=700))
        unit = shelves.panel.unit
        assert unit.isVisible()
        shelves.click(unit)
        menu = unit.findChild(QMenu)
        assert [action.text() for action in menu.actions()] == ["Days", "Weeks", "Months", "Years"]
        menu.actions()[3].trigger()
        menu.close()
        histogram = shelves.panel.histogram
        assert sum(bar.count for bar in histogram.bars) == 2
        year = ago(700).year
        place = next(place for place, bar in enumerate(histogram.bars) if bar.first.year == year)
        shelves.click(histogram, histogram.rect_of(place).center())
        assert shelves.query.days == (date(year, 1, 1), date(year, 12, 31))
        assert len(shelves.library.find(shelves.query)) == 1


def test_bars_are_whole_days_weeks_months_and_years_without_gaps() -> None:
    for unit in Unit:
        made = bars(unit, {TODAY: 2, TODAY - timedelta(days=1): 1, date(1999, 1, 1): 5}, TODAY)
        assert len(made) == 14
        assert made[-1].first <= TODAY <= made[-1].last
        assert all(after.first - before.last == timedelta(days=1) for before, after in pairwise(made))
        assert sum(bar.count for bar in made) == 3
    assert bars(Unit.MONTH, {}, date(2025, 3, 31))[0] == Bar(date(2024, 2, 1), date(2024, 2, 29))


def test_units_reach_back_to_the_oldest_clip_and_no_further() -> None:
    assert units(None, TODAY) == [Unit.DAY]
    assert units(TODAY - timedelta(days=13), TODAY) == [Unit.DAY]
    assert units(TODAY - timedelta(days=14), TODAY) == [Unit.DAY, Unit.WEEK]
    assert units(TODAY - timedelta(days=400), TODAY)[-1] is Unit.MONTH
    assert units(date.min, TODAY) == list(Unit)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (TODAY, TODAY, "Today"),
        (date(2025, 11, 20), date(2025, 11, 20), "Yesterday"),
        (date(2025, 11, 15), TODAY, "Last 7 days"),
        (date(2025, 11, 12), date(2025, 11, 12), "12 Nov"),
        (date(2025, 11, 3), date(2025, 11, 9), "3–9 Nov"),
        (date(2025, 10, 30), date(2025, 11, 2), "30 Oct – 2 Nov"),
        (date(2025, 10, 1), date(2025, 10, 31), "October 2025"),
        (date(2024, 1, 1), date(2024, 12, 31), "2024"),
        (date(2024, 12, 30), date(2025, 1, 2), "30 Dec 2024 – 2 Jan"),
    ],
)
def test_a_range_is_called_as_a_person_would(first: date, last: date, words: str) -> None:
    assert called((first, last), TODAY) == words
    assert called((last, first), TODAY) == words
