"""Where cards lie: sections under headings, each in lines of as many cards as have room. Whole px, left to right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

Box = tuple[int, int, int, int]
"""x, y, width and height."""

STRETCH = 1.34
"""How much wider than asked a card may become to fill its line: three cards fill it always."""


@dataclass(frozen=True, slots=True)
class Measures:
    """The lengths of a grid in px. `least` is the width of a card, `below` the height of what is under its picture."""

    least: int = 192
    below: int = 52
    pad: int = 6
    margin: int = 10
    gap: int = 2
    line_gap: int = 4
    heading: int = 34


class Geometry:
    """The place of every row: row 0 is the first heading, then its cards, then the next heading.

    Filling costs one pass over the sections; every question a search among them.
    """

    def __init__(self) -> None:
        self.measures = Measures()
        self.columns = 1
        self.card = (192, 157)
        """Width and height."""
        self._firsts: list[int] = []
        self._counts: list[int] = []
        self._tops: list[int] = [0]

    def fill(self, counts: Sequence[int], width: int, measures: Measures) -> None:
        """Lays out sections of as many cards as `counts` says in `width` px."""
        self.measures = measures
        room = max(measures.least, width - 2 * measures.margin)
        self.columns = max(1, (room + measures.gap) // (measures.least + measures.gap))
        shared = (room - (self.columns - 1) * measures.gap) // self.columns
        wide = min(shared, round(measures.least * STRETCH))
        picture = (wide - 2 * measures.pad) * 9 // 16
        self.card = (wide, measures.pad + picture + measures.below)
        self._counts = list(counts)
        self._firsts = [0, *accumulate(count + 1 for count in counts)][: len(counts)]
        self._tops = [0, *accumulate(measures.heading + -(-count // self.columns) * self.pitch for count in counts)]

    @property
    def total(self) -> int:
        """The height of everything, with some room at the end."""
        return self._tops[-1] + self.measures.margin if self._counts else 0

    def __len__(self) -> int:
        """How many rows there are."""
        return self._firsts[-1] + 1 + self._counts[-1] if self._counts else 0

    def section(self, row: int) -> int:
        """The section that a row is in."""
        return bisect_right(self._firsts, row) - 1

    def heading(self, section: int) -> int:
        """The row of a section's heading."""
        return self._firsts[section]

    def top(self, section: int) -> int:
        """Where a section begins."""
        return self._tops[section]

    def section_at(self, y: int) -> int:
        """The section at a height; the first or last where there is none."""
        return max(0, min(len(self._counts) - 1, bisect_right(self._tops, y) - 1))

    def box(self, row: int) -> Box:
        """Where a row is."""
        section = self.section(row)
        place = row - self._firsts[section] - 1
        if place < 0:
            wide = self.columns * (self.card[0] + self.measures.gap) - self.measures.gap
            return self.measures.margin, self._tops[section], wide, self.measures.heading
        line, column = divmod(place, self.columns)
        x = self.measures.margin + column * (self.card[0] + self.measures.gap)
        return x, self._tops[section] + self.measures.heading + line * self.pitch, self.card[0], self.card[1]

    def card_at(self, x: int, y: int) -> int:
        """The row of the card at a point, -1 where there is none."""
        found = self.within(x, y, x, y)
        return found[0].start if found else -1

    def moved(self, row: int, lines: int) -> int:
        """The card so many lines under (or over) another, in its column, past headings; held within all cards."""
        section = self.section(row)
        line, column = divmod(row - self._firsts[section] - 1, self.columns)
        line += lines
        while line < 0 and section > 0:
            section -= 1
            line += self._lines(section)
        while line >= self._lines(section) and section + 1 < len(self._counts):
            line -= self._lines(section)
            section += 1
        line = max(0, min(self._lines(section) - 1, line))
        return self._firsts[section] + 1 + min(self._counts[section] - 1, line * self.columns + column)

    def _lines(self, section: int) -> int:
        return -(-self._counts[section] // self.columns)

    @property
    def pitch(self) -> int:
        """From the top of one line of cards to the next."""
        return self.card[1] + self.measures.line_gap

    def between(self, top: int, bottom: int) -> range:
        """The rows that show between two heights, headings and partly seen cards too."""
        if not self._counts or bottom <= 0 or top >= self._tops[-1]:
            return range(0)
        return range(self._first_from(max(0, top)), self._last_to(max(bottom, top + 1) - 1) + 1)

    def _first_from(self, y: int) -> int:
        section = self.section_at(y)
        into = y - self._tops[section] - self.measures.heading
        if into < 0:
            return self._firsts[section]
        return self._firsts[section] + 1 + into // self.pitch * self.columns

    def _last_to(self, y: int) -> int:
        section = self.section_at(y)
        into = y - self._tops[section] - self.measures.heading
        lines = 0 if into < 0 else into // self.pitch + 1
        return self._firsts[section] + min(self._counts[section], lines * self.columns)

    def within(self, left: int, top: int, right: int, bottom: int) -> list[range]:
        """The rows of the cards that a rectangle touches, its edges included; those of whole lines are one range."""
        wide, high = self.card
        step = wide + self.measures.gap
        first = max(0, -(-(left - self.measures.margin - wide + 1) // step))
        last = min(self.columns - 1, (right - self.measures.margin) // step)
        if first > last or not self._counts:
            return []
        found: list[range] = []
        for section in range(self.section_at(top), self.section_at(bottom) + 1):
            begin = self._tops[section] + self.measures.heading
            line = max(0, -(-(top - begin - high + 1) // self.pitch))
            end = min((bottom - begin) // self.pitch, (self._counts[section] - 1) // self.columns)
            start, stop = self._firsts[section] + 1, self._firsts[section] + 1 + self._counts[section]
            if first == 0 and last == self.columns - 1:
                found.append(range(start + line * self.columns, min(stop, start + (end + 1) * self.columns)))
                continue
            for each in range(line, end + 1):
                begins = start + each * self.columns
                found.append(range(begins + first, min(stop, begins + last + 1)))
        return [rows for rows in found if rows]
