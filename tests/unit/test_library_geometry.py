"""Where the cards of the library lie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.ui.library.geometry import Geometry, Measures

sections = st.lists(st.integers(1, 14), max_size=5)
widths = st.integers(150, 1300)


def laid(counts: list[int], width: int) -> Geometry:
    geometry = Geometry()
    geometry.fill(counts, width, Measures())
    return geometry


def cards(counts: list[int]) -> list[int]:
    """The rows that are cards: each section begins with its heading."""
    found, row = [], 0
    for count in counts:
        found += range(row + 1, row + 1 + count)
        row += count + 1
    return found


def test_as_many_cards_in_a_line_as_have_room_and_they_share_what_is_left() -> None:
    geometry = laid([5, 1], 798)
    assert (geometry.columns, geometry.card[0]) == (4, 193)
    assert [geometry.box(row)[0] for row in (1, 2, 3, 4, 5)] == [10, 205, 400, 595, 10]
    assert geometry.box(5)[1] == geometry.box(1)[1] + geometry.pitch
    assert geometry.box(6) == (10, geometry.top(1), 778, 34), "the second heading"
    assert laid([1], 150).columns == 1, "a card is never narrower than asked"
    assert laid([1], 390).card[0] == 257, "and never much wider"


@given(sections, widths)
def test_cards_lie_beside_and_under_each_other_and_never_over_one_another(counts: list[int], width: int) -> None:
    geometry = laid(counts, width)
    assert len(geometry) == sum(counts) + len(counts)
    taken: list[tuple[int, int, int, int]] = []
    for row in range(len(geometry)):
        x, y, wide, high = geometry.box(row)
        assert y + high <= geometry.total
        for left, top, across, down in taken:
            assert x >= left + across or x + wide <= left or y >= top + down or y + high <= top
        taken.append((x, y, wide, high))


@given(sections, widths, st.integers(-50, 1300), st.integers(-50, 2000), st.integers(0, 900), st.integers(0, 900))
def test_what_a_rectangle_touches(counts: list[int], width: int, x: int, y: int, across: int, down: int) -> None:
    geometry = laid(counts, width)
    touched = []
    for row in cards(counts):
        left, top, wide, high = geometry.box(row)
        if left <= x + across and x < left + wide and top <= y + down and y < top + high:
            touched.append(row)
    assert [row for rows in geometry.within(x, y, x + across, y + down) for row in rows] == touched


@given(sections, widths, st.integers(-50, 2500), st.integers(1, 900))
def test_what_shows_between_two_heights(counts: list[int], width: int, top: int, page: int) -> None:
    geometry = laid(counts, width)
    shown = set(geometry.between(top, top + page))
    for row in range(len(geometry)):
        _x, y, _wide, high = geometry.box(row)
        assert row in shown or y + high <= top or y >= top + page


@given(sections.filter(bool), widths, st.integers(-6, 6))
def test_up_and_down_keep_the_column_as_far_as_there_is_a_card(counts: list[int], width: int, lines: int) -> None:
    geometry = laid(counts, width)
    for row in cards(counts):
        target = geometry.moved(row, lines)
        assert target in cards(counts)
        x, y, *_ = geometry.box(row)
        there = geometry.box(target)
        assert there[0] <= x
        assert (there[1] - y) * lines >= 0
        if there[0] < x:
            section = geometry.section(target)
            assert target == geometry.heading(section) + counts[section], "the last of a shorter line"


def test_an_empty_grid_has_nothing_anywhere() -> None:
    geometry = laid([], 800)
    assert (len(geometry), geometry.total) == (0, 0)
    assert geometry.between(0, 500) == range(0)
    assert geometry.within(0, 0, 800, 500) == []


def test_whole_lines_are_one_range_however_many_there_are() -> None:
    geometry = laid([20_000], 1300)
    far = geometry.box(20_000)
    assert [*geometry.within(far[0], far[1], far[0], far[1])[0]] == [20_000]
    assert len(geometry.within(0, 0, 1300, far[1])) == 1
