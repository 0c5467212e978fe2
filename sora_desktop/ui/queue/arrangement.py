"""Which row stands where: sections, order, folded batches. No Qt."""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from sora_desktop.core.errors import Action
from sora_desktop.core.jobs import ACTIVE, Job, State

ATTENTION, ACTIVE_NOW, WAITING = "attention", "active", "waiting"
DONE = "done "
"""Begins the key of a day's section; the rest is the day as 2026-05-11."""

NEEDS_PERSON = frozenset({Action.EDIT, Action.TOP_UP, Action.KEY, Action.CHECK, Action.FOLDER})


class Show(StrEnum):
    """What the filter lets through."""

    ALL = "all"
    ACTIVE = "active"
    DONE = "done"
    PROBLEMS = "problems"


class Kind(StrEnum):
    """What a row stands for; its `id` is then a section's key, a batch or a job."""

    SECTION = "section"
    STACK = "stack"
    JOB = "job"


class Row(NamedTuple):
    """One row. `section` is the key of the section it stands in."""

    kind: Kind
    id: str
    section: str


Place = tuple[float, float, str]


def section_of(job: Job) -> str:
    """The section a job belongs to."""
    if job.state in {State.FAILED, State.EXPIRED, State.UNCERTAIN}:
        return ATTENTION
    if job.state in {State.DONE, State.CANCELLED}:
        year, month, day, *_rest = time.localtime(_ended_at(job))
        return f"{DONE}{year:04}-{month:02}-{day:02}"
    if job.failure is not None and job.failure.action in NEEDS_PERSON:
        return ATTENTION
    return ACTIVE_NOW if job.state in ACTIVE else WAITING


def _ended_at(job: Job) -> float:
    return job.finished_at or job.completed_at or job.created_at


def _place(job: Job, section: str) -> Place:
    """Waiting and active in the order of the queue, everything else the newest first."""
    if section in {ACTIVE_NOW, WAITING}:
        return (job.position, job.created_at, job.id)
    return (-_ended_at(job), -job.created_at, job.id)


class Arrangement:
    """All jobs by section. Placing, moving and removing one costs a search, not a walk through the list."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self._where: dict[str, tuple[str, Place]] = {}
        self._sections: dict[str, list[Place]] = {}
        self._folds: dict[str, bool] = {}
        self._open_batches: set[str] = set()
        self._stacks: dict[str, list[str]] = {}
        self._made: dict[str, list[Row]] = {}
        self._row: dict[str, Row] = {}
        """Each job's row, made once: making thousands anew at every move is what would take the time."""

    def load(self, jobs: Iterable[Job]) -> None:
        """Everything anew, in one sort instead of many insertions."""
        self.jobs.clear()
        self._where.clear()
        self._sections.clear()
        self._made.clear()
        self._row.clear()
        for job in jobs:
            section = section_of(job)
            place = _place(job, section)
            self.jobs[job.id] = job
            self._where[job.id] = (section, place)
            self._row[job.id] = Row(Kind.JOB, job.id, section)
            self._sections.setdefault(section, []).append(place)
        for places in self._sections.values():
            places.sort()

    def put(self, job: Job) -> bool:
        """Takes a new or changed job; True when rows came, went or moved."""
        before = self._where.get(job.id)
        section = section_of(job)
        place = _place(job, section)
        self.jobs[job.id] = job
        if before == (section, place):
            return False
        if before:
            self._take_out(*before)
        self._where[job.id] = (section, place)
        self._row[job.id] = Row(Kind.JOB, job.id, section)
        self._made.pop(section, None)
        insort(self._sections.setdefault(section, []), place)
        return True

    def remove(self, job_id: str) -> bool:
        """Forgets a job; True when it was known."""
        before = self._where.pop(job_id, None)
        self.jobs.pop(job_id, None)
        self._row.pop(job_id, None)
        if before:
            self._take_out(*before)
        return before is not None

    def _take_out(self, section: str, place: Place) -> None:
        places = self._sections[section]
        self._made.pop(section, None)
        del places[bisect_left(places, place)]
        if not places:
            del self._sections[section]

    def section(self, job_id: str) -> str:
        """The section of a known job, else an empty text."""
        found = self._where.get(job_id)
        return found[0] if found else ""

    def count(self, section: str) -> int:
        """How many jobs a section holds."""
        return len(self._sections.get(section, ()))

    def ids(self, section: str) -> list[str]:
        """The jobs of a section, in order."""
        return [place[2] for place in self._sections.get(section, ())]

    def days(self) -> list[str]:
        """The keys of the sections of finished jobs, the newest first."""
        return sorted((key for key in self._sections if key.startswith(DONE)), reverse=True)

    def totals(self) -> dict[Show, int]:
        """How many jobs each filter lets through."""
        return {
            Show.ALL: len(self.jobs),
            Show.ACTIVE: self.count(ACTIVE_NOW) + self.count(WAITING),
            Show.DONE: sum(self.count(key) for key in self.days()),
            Show.PROBLEMS: self.count(ATTENTION),
        }

    def folded(self, section: str) -> bool:
        """Whether only the heading shows. Of finished days the newest is open until the user says otherwise."""
        chosen = self._folds.get(section)
        if chosen is not None:
            return chosen
        return section.startswith(DONE) and section != next(iter(self.days()), "")

    def fold(self, section: str, folded: bool) -> None:
        self._folds[section] = folded

    def batch_open(self, batch: str) -> bool:
        return batch in self._open_batches

    def open_batch(self, batch: str, opened: bool) -> None:
        """Shows, or stacks again, the waiting jobs of a batch."""
        self._made.pop(WAITING, None)
        if opened:
            self._open_batches.add(batch)
        else:
            self._open_batches.discard(batch)

    def stack(self, batch: str) -> list[str]:
        """The waiting jobs of a batch that is shown as one row, in their order."""
        return self._stacks.get(batch, [])

    def rows(self, show: Show = Show.ALL) -> list[Row]:
        """Every row that `show` lets through, in order."""
        rows: list[Row] = []
        for section in self._shown(show):
            if not self.count(section):
                continue
            rows.append(Row(Kind.SECTION, section, section))
            if self.folded(section):
                continue
            if section not in self._made:
                self._made[section] = self._waiting() if section == WAITING else self._plain(section)
            rows += self._made[section]
        return rows

    def _plain(self, section: str) -> list[Row]:
        made = self._row
        return [made[place[2]] for place in self._sections[section]]

    def _shown(self, show: Show) -> tuple[str, ...]:
        match show:
            case Show.ACTIVE:
                return (ACTIVE_NOW, WAITING)
            case Show.DONE:
                return tuple(self.days())
            case Show.PROBLEMS:
                return (ATTENTION,)
            case Show.ALL:
                return (ATTENTION, ACTIVE_NOW, WAITING, *self.days())

    def _waiting(self) -> list[Row]:
        """Two and more waiting jobs of a batch are one row, where the first of them stands."""
        jobs, made = self.jobs, self._row
        ids = self.ids(WAITING)
        self._stacks = stacks = {}
        for job_id in ids:
            if batch := jobs[job_id].batch:
                stacks.setdefault(batch, []).append(job_id)
        if not stacks:
            return [made[job_id] for job_id in ids]
        rows: list[Row] = []
        for job_id in ids:
            batch = jobs[job_id].batch
            stack = stacks[batch] if batch else []
            if len(stack) < 2:
                rows.append(made[job_id])
            elif stack[0] == job_id:
                rows.append(Row(Kind.STACK, batch, WAITING))
                if batch in self._open_batches:
                    rows += [made[member] for member in stack]
        return rows
