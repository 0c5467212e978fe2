"""Where rows lie: tops and heights of thousands of rows, in whole px."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate


class Geometry:
    """The vertical extent of every row. Filling costs one pass; every question a search."""

    def __init__(self) -> None:
        self._tops: list[int] = [0]

    def fill(self, heights: Iterable[int]) -> None:
        self._tops = [0, *accumulate(heights)]

    def __len__(self) -> int:
        return len(self._tops) - 1

    @property
    def total(self) -> int:
        """The height of all rows together."""
        return self._tops[-1]

    def top(self, row: int) -> int:
        return self._tops[row]

    def height(self, row: int) -> int:
        return self._tops[row + 1] - self._tops[row]

    def fits(self, first: int, heights: Sequence[int]) -> bool:
        """Whether the rows from `first` on have just these heights."""
        return all(self.height(first + offset) == height for offset, height in enumerate(heights))

    def at(self, y: int) -> int:
        """The row at a height in px, -1 where there is none."""
        if not 0 <= y < self.total:
            return -1
        return bisect_right(self._tops, y) - 1

    def between(self, top: int, bottom: int) -> range:
        """The rows that show between two heights, the partly seen ones too."""
        if not len(self) or bottom <= 0 or top >= self.total:
            return range(0)
        first = self.at(max(0, top))
        last = self.at(min(self.total - 1, max(top, bottom - 1)))
        return range(first, last + 1)
