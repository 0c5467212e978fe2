"""Days in bars: which days stand together, which bars are shown, and how a range of days is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QDate, QLocale

BARS = 14


def tr(text: str) -> str:
    return QCoreApplication.translate("Dates", text)


class Unit(StrEnum):
    """What one bar stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def word(self) -> str:
        words = {Unit.DAY: tr("Days"), Unit.WEEK: tr("Weeks"), Unit.MONTH: tr("Months"), Unit.YEAR: tr("Years")}
        return words[self]

    def begin(self, day: date) -> date:
        """The first day of the bar that `day` is in. A week begins as the user's language has it."""
        match self:
            case Unit.DAY:
                return day
            case Unit.WEEK:
                return day - timedelta(days=(day.isoweekday() - QLocale().firstDayOfWeek().value) % 7)
            case Unit.MONTH:
                return day.replace(day=1)
            case Unit.YEAR:
                return day.replace(month=1, day=1)

    def earlier(self, begin: date, steps: int) -> date:
        """The first day of the bar `steps` before the one that begins at `begin`."""
        match self:
            case Unit.DAY:
                return begin - timedelta(days=steps)
            case Unit.WEEK:
                return begin - timedelta(weeks=steps)
            case Unit.MONTH:
                months = begin.year * 12 + begin.month - 1 - steps
                return date(months // 12, months % 12 + 1, 1)
            case Unit.YEAR:
                return date(begin.year - steps, 1, 1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of days, both included, and the clips made in it."""

    first: date
    last: date
    count: int = 0

    def meets(self, days: tuple[date, date] | None) -> bool:
        """Whether any of its days is in `days`."""
        return days is not None and self.first <= max(days) and self.last >= min(days)


def bars(unit: Unit, days: Mapping[date, int], today: date, most: int = BARS) -> list[Bar]:
    """The newest `most` bars, the last with `today` in it."""
    begins = [unit.earlier(unit.begin(today), most - 1 - place) for place in range(most)]
    ends = [begin - timedelta(days=1) for begin in begins[1:]]
    ends.append(unit.earlier(begins[-1], -1) - timedelta(days=1))
    counts = dict.fromkeys(begins, 0)
    for day, count in days.items():
        begin = unit.begin(day)
        if begin in counts:
            counts[begin] += count
    return [Bar(first, last, counts[first]) for first, last in zip(begins, ends, strict=True)]


def units(oldest: date | None, today: date, most: int = BARS) -> list[Unit]:
    """The units worth a choice: up to the first whose bars reach back to the oldest clip."""
    found: list[Unit] = []
    for unit in Unit:
        found.append(unit)
        if oldest is None or unit.earlier(unit.begin(today), most - 1) <= oldest:
            break
    return found


def called(days: tuple[date, date], today: date) -> str:
    """A range in words: Today, Last 7 days, 12 Nov, 3–9 Nov, 30 Oct – 2 Nov, November 2025, 2024."""
    first, last = min(days), max(days)
    length = (last - first).days + 1
    if last == today and length > 1:
        return tr("Last {0} days").format(length)
    if first == last:
        return _day_called(first, today)
    if first == Unit.YEAR.begin(first) and last == Unit.YEAR.earlier(first, -1) - timedelta(days=1):
        return str(first.year)
    if first == Unit.MONTH.begin(first) and last == Unit.MONTH.earlier(first, -1) - timedelta(days=1):
        return QLocale().toString(_qdate(first), "MMMM yyyy")
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{short_day(last, today)}"
    return f"{short_day(first, today)} – {short_day(last, today)}"


def _day_called(day: date, today: date) -> str:
    if day == today:
        return tr("Today")
    return tr("Yesterday") if day == today - timedelta(days=1) else short_day(day, today)


def short_day(day: date, today: date) -> str:
    """12 Nov, or 12 Nov 2024 where that is not this year."""
    return QLocale().toString(_qdate(day), "d MMM" if day.year == today.year else "d MMM yyyy")


def _qdate(day: date) -> QDate:
    return QDate(day.year, day.month, day.day)


def today() -> date:
    """The local day."""
    now = QDate.currentDate()
    return date(now.year(), now.month(), now.day())
