"""The clips that are shown, as a list model: headings and cards, in the order of the library's answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from sora_desktop.core.library import Clip
from sora_desktop.ui.library.cards import Card, Cards, counted, day_words
from sora_desktop.ui.queue.model import tooltip

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
NEAR = 40
"""Rows looked through on each side."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a section: its day (None where all clips are one section) and its number of clips."""

    day: date | None
    count: int

    @property
    def title(self) -> str:
        return day_words(self.day) if self.day else ""

    @property
    def words(self) -> str:
        return counted(self.count)


def _alike(one: Clip | Heading, other: Clip | Heading) -> bool:
    """Whether both are the same row, though one of them may know more."""
    return one is other or (isinstance(one, Clip) and isinstance(other, Clip) and one.job.id == other.job.id)


class ClipModel(QAbstractListModel):
    """Row 0 is the first heading, then its cards, then the next heading."""

    def __init__(self, cards: Cards, day_of: Callable[[Clip], date], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cards, self._day_of = cards, day_of
        self._missing: Collection[str] = ()
        self.headings: list[Heading] = []
        self._rows: list[Clip | Heading] = []
        self._row_of: dict[str, int] | None = None

    def fill(self, clips: Sequence[Clip], grouped: bool, missing: Collection[str]) -> bool:
        """Shows `clips`; where they are `grouped` (then they are in the order of time) a heading stands over each day.

        `missing` are the ids of those whose file is gone. The answer is whether other rows are shown now.
        """
        self._missing = missing
        rows: list[Clip | Heading] = []
        headings: list[Heading] = []
        begin = 0
        while begin < len(clips):
            day = self._day_of(clips[begin]) if grouped else None
            end = bisect_left(clips, True, begin, key=lambda clip: self._day_of(clip) != day) if day else len(clips)
            headings.append(Heading(day, end - begin))
            rows.append(headings[-1])
            rows += clips[begin:end]
            begin = end
        if headings == self.headings and all(map(_alike, rows, self._rows)):
            # The same cards: only what is on them may be new.
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return False
        self.beginResetModel()
        self._rows, self.headings, self._row_of = rows, headings, None
        self.endResetModel()
        return True

    @property
    def count(self) -> int:
        """How many clips are shown."""
        return len(self._rows) - len(self.headings)

    def clip(self, row: int) -> Clip | None:
        """The clip of a row; None for a heading and for a row that does not exist."""
        found = self._rows[row] if 0 <= row < len(self._rows) else None
        return found if isinstance(found, Clip) else None

    def between(self, first: int, last: int) -> list[Clip]:
        """The clips of the rows from `first` to `last`."""
        return [row for row in self._rows[first : last + 1] if isinstance(row, Clip)]

    def row_of(self, clip_id: str, near: int = -1) -> int:
        """The row of a clip, -1 where it is not shown. `near` is a row where it may be."""
        if self._row_of is None:
            # To look at each of 20,000 clips takes longer than all the rest: only for who needs it.
            for row in range(max(0, near - NEAR), min(len(self._rows), near + NEAR)) if near >= 0 else ():
                clip = self.clip(row)
                if clip is not None and clip.job.id == clip_id:
                    return row
            self._row_of = {row.job.id: place for place, row in enumerate(self._rows) if isinstance(row, Clip)}
        return self._row_of.get(clip_id, -1)

    def rows_of(self, ids: Collection[str]) -> list[int]:
        """The rows of many clips, in order."""
        return [row for row, each in enumerate(self._rows) if isinstance(each, Clip) and each.job.id in ids]

    def missing(self, clip: Clip) -> bool:
        """Whether the clip's file is not where it was."""
        return clip.job.id in self._missing

    def card(self, clip: Clip) -> Card:
        """What the clip says of itself."""
        return self._cards.card(clip, self.missing(clip))

    # What Qt asks.

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or index.row() >= len(self._rows):
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        clip = self.clip(index.row())
        if clip is None:
            return flags
        flags |= Qt.ItemFlag.ItemIsSelectable
        return flags if self.missing(clip) else flags | Qt.ItemFlag.ItemIsDragEnabled

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole if isinstance(row, Heading):
                return row.title or row.words
            case Qt.ItemDataRole.AccessibleTextRole if isinstance(row, Heading):
                return ", ".join(filter(None, (row.title, row.words)))
            case Qt.ItemDataRole.DisplayRole if isinstance(row, Clip):
                return self.card(row).title
            case Qt.ItemDataRole.AccessibleTextRole if isinstance(row, Clip):
                return self._cards.spoken(row, self.missing(row))
            case Qt.ItemDataRole.ToolTipRole if isinstance(row, Clip):
                return tooltip(row.job.request.prompt)
        return None
