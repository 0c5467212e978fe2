"""The bar above the clips: words, what is filtered by, order, size."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from sora_desktop.core.library import Query, Shelf, Sort
from sora_desktop.ui.library.search import LONGEST, SearchBar
from sora_desktop.ui.library.spans import today

LEFT = Qt.MouseButton.LeftButton
MODELS = frozenset({"rivya/sora-2", "rivya/sora-2-pro", "nobody/x"})
WEEK = (today() - timedelta(days=6), today())


class Bar:
    """A shown bar, answered as the page does."""

    def __init__(self, opened, qtbot) -> None:
        self.qtbot = qtbot
        self.bar = SearchBar(opened.studio)
        qtbot.addWidget(self.bar)
        self.told: list[Query] = []
        self.bar.query_changed.connect(self.told.append)
        self.bar.query_changed.connect(self.bar.show_query)
        self.resize(860)
        with qtbot.waitActive(self.bar):
            self.bar.show()
            self.bar.activateWindow()
        self.field = self.bar.field
        self.field.setFocus()

    @property
    def query(self) -> Query:
        return self.told[-1]

    @property
    def tokens(self) -> list[str]:
        return [token.words for token in self.bar.tokens]

    def resize(self, width: int) -> None:
        self.bar.resize(width, 48)
        for _ in range(3):
            QApplication.processEvents()

    def show(self, **query: object) -> None:
        self.bar.show_query(Query(**query))  # type: ignore[arg-type]
        QApplication.processEvents()

    def remove(self, words: str) -> None:
        token = next(token for token in self.bar.tokens if token.words == words)
        self.qtbot.mouseClick(token, LEFT, Qt.KeyboardModifier.NoModifier, token.cross().center())


@pytest.fixture
def bar(opened, qtbot) -> Bar:
    return Bar(opened, qtbot)


def test_the_search_waits_for_the_last_key_and_asks_once(bar: Bar) -> None:
    bar.qtbot.keyClicks(bar.field, "red boat")
    assert bar.told == [], "every key would search through thousands"
    bar.qtbot.waitUntil(lambda: bool(bar.told))
    assert [query.text for query in bar.told] == ["red boat"]


def test_return_and_down_search_at_once_and_lead_on(bar: Bar) -> None:
    led: list[str] = []
    bar.bar.onward.connect(lambda: led.append(bar.query.text))
    bar.qtbot.keyClicks(bar.field, "red")
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    bar.qtbot.keyClicks(bar.field, "der")
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Down)
    assert led == ["red", "redder"]


def test_what_is_being_written_is_not_overwritten_by_an_older_answer(bar: Bar) -> None:
    bar.qtbot.keyClicks(bar.field, "harb")
    bar.show(models=MODELS)
    assert bar.field.text() == "harb"
    bar.bar.search_now()
    assert bar.query == Query(models=MODELS, text="harb")


def test_another_choice_takes_what_was_written_along(bar: Bar) -> None:
    bar.qtbot.keyClicks(bar.field, "harbour")
    bar.qtbot.mouseClick(bar.bar.favourites, LEFT)
    assert bar.told == [Query(text="harbour", shelf=Shelf.FAVOURITES)]


def test_escape_and_the_cross_empty_the_field(bar: Bar) -> None:
    bar.show(text="harbour")
    assert bar.field.text() == "harbour"
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    bar.qtbot.waitUntil(lambda: bool(bar.told))
    assert bar.query == Query()
    bar.show(text="boat")
    assert bar.bar._empty.isVisible()
    bar.bar._empty.trigger()
    assert bar.field.text() == ""
    assert not bar.bar._empty.isVisible()


def test_what_is_filtered_by_stands_in_the_field_and_goes_one_by_one(bar: Bar) -> None:
    whole = Query(shelf=Shelf.UNREVIEWED, models=MODELS, days=WEEK, tags=frozenset({"harbour"}), text="boat")
    bar.resize(1400)
    bar.bar.show_query(whole)
    assert bar.tokens == ["Unreviewed", "3 models", "Last 7 days", "harbour"]
    assert "x" in bar.bar.tokens[1].toolTip(), "which models, says the tooltip"
    bar.remove("3 models")
    assert bar.query == whole.model_copy(update={"models": frozenset()})
    bar.remove("Last 7 days")
    bar.remove("Unreviewed")
    assert bar.query == Query(tags=frozenset({"harbour"}), text="boat")
    token = bar.bar.tokens[0]
    bar.qtbot.mouseClick(token, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(6, 8))
    assert bar.tokens == ["harbour"], "only its × takes a filter away"
    token.setFocus()
    bar.qtbot.keyClick(token, Qt.Key.Key_Delete)
    assert bar.query == Query(text="boat")
    assert bar.field.hasFocus()


def test_backspace_at_the_beginning_takes_the_last_filter(bar: Bar) -> None:
    bar.show(models=frozenset({"rivya/sora-2"}), tags=frozenset({"dusk", "Night"}))
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Backspace)
    assert bar.query.tags == {"dusk"}
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Backspace)
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Backspace)
    assert bar.query == Query()
    bar.qtbot.keyClicks(bar.field, "ab")
    bar.qtbot.keyClick(bar.field, Qt.Key.Key_Backspace)
    assert bar.field.text() == "a"


def test_filters_without_room_are_told_together_and_go_together(bar: Bar) -> None:
    whole = Query(models=MODELS, days=WEEK, tags=frozenset({"harbour", "dusk"}), text="boat", sort=Sort.NAME)
    bar.bar.show_query(whole)
    bar.resize(420)
    assert bar.tokens == ["4 filters"]
    for part in ("Last 7 days", "harbour", "dusk"):
        assert part in bar.bar.tokens[0].toolTip()
    bar.remove("4 filters")
    assert bar.query == Query(text="boat", sort=Sort.NAME)


def test_favourites_is_a_shelf_like_the_others(bar: Bar) -> None:
    bar.show(shelf=Shelf.MISSING)
    assert bar.tokens == ["Missing files"]
    bar.qtbot.mouseClick(bar.bar.favourites, LEFT)
    assert bar.query.shelf is Shelf.FAVOURITES
    assert bar.bar.favourites.isChecked()
    assert bar.tokens == []
    bar.qtbot.mouseClick(bar.bar.favourites, LEFT)
    assert bar.query.shelf is Shelf.ALL
    assert not bar.bar.favourites.isChecked()


def test_the_order_is_chosen_from_a_menu(bar: Bar) -> None:
    assert bar.bar.sort.text() == "Newest"
    bar.qtbot.mouseClick(bar.bar.sort, LEFT)
    menu = bar.bar.findChild(QMenu)
    assert [(one.text(), one.isChecked()) for one in menu.actions()] == [
        ("Newest", True),
        ("Oldest", False),
        ("Best rated", False),
        ("Name", False),
    ]
    menu.actions()[2].trigger()
    menu.close()
    assert bar.query == Query(sort=Sort.RATING)
    assert bar.bar.sort.text() == "Best rated"
    assert bar.bar.sort.accessibleName() == "Order: Best rated"


def test_the_size_is_told_only_when_the_user_moves_it(bar: Bar) -> None:
    sizes: list[int] = []
    bar.bar.size_changed.connect(sizes.append)
    bar.bar.show_card_width(200)
    assert (bar.bar.card_width, sizes) == (200, [])
    bar.qtbot.keyClick(bar.bar.slider, Qt.Key.Key_Right)
    bar.qtbot.keyClick(bar.bar.slider, Qt.Key.Key_End)
    assert sizes == [210, 320]


def test_in_a_narrow_bar_buttons_lose_their_words_and_keep_their_names(bar: Bar) -> None:
    bar.resize(500)
    assert (bar.bar.favourites.text(), bar.bar.sort.text()) == ("", "")
    assert bar.bar.favourites.accessibleName() == "Only favourites"
    assert bar.bar.slider.isVisible()
    bar.resize(400)
    assert not bar.bar.slider.isVisible()
    assert bar.field.width() > 120
    bar.resize(860)
    assert bar.bar.favourites.text() == "Favourites"


def test_the_words_are_bounded(bar: Bar) -> None:
    bar.field.setText("")
    QApplication.clipboard().setText("x" * 100_000)
    bar.field.paste()
    assert len(bar.field.text()) == LONGEST
