"""The queue as a list model: changes are merged and told at most ten times a second, as one range."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.works import Transfer
from sora_desktop.ui.queue.arrangement import Arrangement, Kind, Row, Show
from sora_desktop.ui.queue.lines import Line, Lines

BREATH = 100
"""Milliseconds between two tellings: ten a second is what an eye can follow."""

FRESH = 0.25
"""Seconds for which a row's words hold, unless its job changes."""

KEPT = 100
"""Rows whose words are kept: more than show at once."""

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class _Said(NamedTuple):
    """A row's words, and what they were made of."""

    job: Job
    transfer: Transfer | None
    moment: int
    line: Line


class QueueModel(QAbstractListModel):
    """Rows of sections, stacked batches and jobs.

    `feed`, `drop` and `progress` may be called thousands of times a second. What came is told to the views together:
    `layoutChanged` where rows came, went or moved, then one `dataChanged`, then `totals_changed`.
    """

    totals_changed = Signal()

    def __init__(self, lines: Lines, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines = lines
        self.arrangement = Arrangement()
        self.transfers: dict[str, Transfer] = {}
        self._show = Show.ALL
        self._rows: list[Row] = []
        self._row_of: dict[str, int] = {}
        self._incoming: dict[str, Job | None] = {}
        self._touched: set[str] = set()
        self._said: dict[str, _Said] = {}
        self._told_at = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)

    # What the engine says.

    def load(self, jobs: Iterable[Job]) -> None:
        """All jobs anew."""
        self.beginResetModel()
        self._incoming.clear()
        self._touched.clear()
        self.transfers.clear()
        self.arrangement.load(jobs)
        self._take_rows()
        self.endResetModel()
        self.totals_changed.emit()

    def feed(self, job: Job) -> None:
        """A job that is new or has changed."""
        self._incoming[job.id] = job
        self._soon()

    def drop(self, job_id: str) -> None:
        """A job that was removed."""
        self._incoming[job_id] = None
        self._soon()

    def progress(self, job_id: str, transfer: Transfer) -> None:
        """Bytes on their way."""
        self.transfers[job_id] = transfer
        self._touched.add(job_id)
        self._soon()

    def _soon(self) -> None:
        if not self._timer.isActive():
            since = (time.monotonic() - self._told_at) * 1000
            self._timer.start(max(0, round(BREATH - since)))

    def flush(self) -> None:
        """Tells what was gathered; called by the timer, or at once by whoever needs the rows to be true now."""
        self._timer.stop()
        self._told_at = time.monotonic()
        incoming, self._incoming = self._incoming, {}
        restructured = False
        for job_id, job in incoming.items():
            if job is None:
                restructured |= self.arrangement.remove(job_id)
            else:
                restructured |= self.arrangement.put(job)
                self._touched.add(job_id)
            if job is None or job.state not in {State.PREPARING, State.DOWNLOADING}:
                self.transfers.pop(job_id, None)
        if restructured:
            self._rearrange()
        touched, self._touched = self._touched, set()
        rows = [row for row in map(self.row_of, touched) if row >= 0]
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))
        if incoming:
            self.totals_changed.emit()

    # Rows.

    def _take_rows(self) -> None:
        self._rows = self.arrangement.rows(self._show)
        self._row_of = {row.id: number for number, row in enumerate(self._rows)}

    def _rearrange(self) -> None:
        """Rows came, went and moved in one step: one layout, and a moved row keeps its selection.

        A burst of insertions and moves would make every view lay out its rows once for each.
        """
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self._rows[index.row()].id for index in before]
        self._take_rows()
        after = [self.index(self.row_of(row_id)) if self.row_of(row_id) >= 0 else QModelIndex() for row_id in ids]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def row_of(self, row_id: str) -> int:
        """The row of a job, a section or a batch; a stacked job's is its stack's; -1 where none is shown."""
        row = self._row_of.get(row_id)
        if row is None:
            job = self.arrangement.jobs.get(row_id)
            row = self._row_of.get(job.batch) if job and job.batch and job.state is State.WAITING else None
        return -1 if row is None else row

    def row(self, number: int) -> Row:
        return self._rows[number]

    @property
    def rows(self) -> list[Row]:
        """All rows, in order; to be read only."""
        return self._rows

    def job(self, job_id: str) -> Job | None:
        return self.arrangement.jobs.get(job_id)

    def jobs_of(self, row: Row) -> list[Job]:
        """The jobs a row stands for: none, one, or all of a stack."""
        if row.kind is Kind.SECTION:
            return []
        ids = self.arrangement.stack(row.id) if row.kind is Kind.STACK else [row.id]
        return [self.arrangement.jobs[job_id] for job_id in ids if job_id in self.arrangement.jobs]

    def line(self, number: int) -> Line:
        """What a row of a job or of a stack says now."""
        row = self._rows[number]
        jobs = self.jobs_of(row)
        if row.kind is Kind.STACK:
            return self.lines.stack(jobs, self.arrangement.batch_open(row.id))
        # A row is painted fifteen times a second and asks twice each time; its words change with the clock.
        job, transfer, moment = jobs[0], self.transfers.get(row.id), int(self.lines.now() / FRESH)
        kept = self._said.get(row.id)
        if kept and kept.job is job and kept.transfer is transfer and kept.moment == moment:
            return kept.line
        if len(self._said) > KEPT:
            self._said.clear()
        line = self.lines.job(job, transfer)
        self._said[row.id] = _Said(job, transfer, moment, line)
        return line

    @property
    def show(self) -> Show:
        return self._show

    def set_show(self, show: Show) -> None:
        """Lets only some rows through."""
        if show is not self._show:
            self._show = show
            self._rearrange()

    def toggle(self, row: Row) -> None:
        """Folds or opens a section or a stack."""
        if row.kind is Kind.SECTION:
            self.arrangement.fold(row.id, not self.arrangement.folded(row.id))
        elif row.kind is Kind.STACK:
            self.arrangement.open_batch(row.id, not self.arrangement.batch_open(row.id))
        self._rearrange()

    # What Qt asks.

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        # While rows go, Qt still asks for some that were there: of a selection, of the row under the mouse.
        if not index.isValid() or index.row() >= len(self._rows):
            return Qt.ItemFlag.NoItemFlags
        row = self._rows[index.row()]
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        return flags if row.kind is Kind.SECTION else flags | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if row.kind is not Kind.SECTION and not self.jobs_of(row):
            return None
        if row.kind is Kind.SECTION:
            title = self.lines.section(row.id)
            match role:
                case Qt.ItemDataRole.DisplayRole:
                    return title
                case Qt.ItemDataRole.AccessibleTextRole:
                    return f"{title}, {self.arrangement.count(row.id)}"
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self.line(index.row()).title
            case Qt.ItemDataRole.AccessibleTextRole:
                return self.line(index.row()).spoken
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip(self.jobs_of(row)[0].request.prompt)
        return None


def tooltip(text: str, limit: int = 2000) -> str:
    """Text from outside for a tooltip, which would else be taken for HTML: escaped, wrapped, not endless."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return f'<p style="white-space: pre-wrap">{html.escape(cut)}</p>' if cut.strip() else ""
