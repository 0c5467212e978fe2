"""Below the picture: the prompt, and what is known of the clip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from sora_desktop.core.jobs import Job
from sora_desktop.ui.bind import bind
from sora_desktop.ui.queue.lines import one_line
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.viewer import facts
from sora_desktop.ui.viewer.fact_grid import FactGrid
from sora_desktop.ui.viewer.facts import Fact
from sora_desktop.ui.widgets.basic import Elided, label, mark

FULL_HEIGHT = 208
BRIEF_HEIGHT = 64
TWO_COLUMNS = 600
"""The width in px at 100 % from which the facts stand in two columns."""
USUAL = 16
"""Facts of a usual job."""


class Details(QWidget):
    """In full, or brief in two lines where the picture needs the height. `copied` says that something was."""

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._brief = False
        self._asked: Sequence[Fact] = ()
        self._became: Sequence[Fact] = ()
        mark(self, surface="panel")
        self._full = self._make_full()
        self._short = self._make_short()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._full)
        column.addWidget(self._short)
        self._short.hide()
        bind(theme().changed, self._fit, self)
        self._fit()

    def _make_full(self) -> QWidget:
        full = QWidget()
        row = QHBoxLayout(full)
        row.setContentsMargins(16, 12, 16, 8)
        row.setSpacing(scale(28))
        left = QVBoxLayout()
        left.setSpacing(scale(4))
        self.prompt, self.notes = _text(self.tr("Prompt")), _text(self.tr("Note"))
        self._over_notes = label(self.notes.accessibleName(), "section")
        left.addWidget(label(self.prompt.accessibleName(), "section"))
        left.addWidget(self.prompt, 1)
        left.addWidget(self._over_notes)
        left.addWidget(self.notes, 1)
        right = QVBoxLayout()
        right.setSpacing(scale(4))
        right.addWidget(label(self.tr("Details"), "section"))
        self.facts = FactGrid()
        self.facts.copied.connect(self.copied)
        right.addWidget(self.facts)
        right.addStretch(1)
        row.addLayout(left, 3)
        row.addLayout(right, 5)
        return full

    def _make_short(self) -> QWidget:
        short = QWidget()
        column = QVBoxLayout(short)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(scale(4))
        first = QHBoxLayout()
        self._title = Elided("", "section")
        self._summary = label("", "secondary", "muted")
        first.addWidget(self._title, 1)
        first.addSpacing(scale(12))
        first.addWidget(self._summary)
        self._beginning = Elided("", "secondary", "muted")
        column.addLayout(first)
        column.addWidget(self._beginning)
        return short

    def warm_up(self) -> None:
        """Makes the lines that the facts of a usual job take."""
        self.facts.warm_up(USUAL)

    @property
    def brief(self) -> bool:
        return self._brief

    def set_brief(self, brief: bool) -> None:
        """Two lines instead of everything."""
        if brief is not self._brief:
            self._brief = brief
            self._full.setVisible(not brief)
            self._short.setVisible(brief)
            self._fit()

    def show_job(self, job: Job, asked: Sequence[Fact], became: Sequence[Fact], summary: str) -> None:
        """Shows other facts; what did not change is left alone, so that a selection in the prompt stays."""
        if self.prompt.toPlainText() != job.request.prompt:
            self.prompt.setPlainText(job.request.prompt)
        notes = facts.notes(job)
        if self.notes.toPlainText() != notes:
            self.notes.setPlainText(notes)
        for widget in (self._over_notes, self.notes):
            widget.setVisible(bool(notes))
        line = one_line(job.request.prompt)
        title = line.split(". ", 1)[0].split("，", 1)[0][:60]
        self._title.setText(title or self.tr("(no prompt)"))
        self._beginning.setText(line)
        self._summary.setText(summary)
        if (asked, became) != (self._asked, self._became):
            self._asked, self._became = asked, became
            self._fill()

    def _fill(self) -> None:
        columns = [self._asked, self._became] if self._two() else [[*self._asked, *self._became]]
        self.facts.show_facts(columns)

    def _two(self) -> bool:
        return self.width() >= scale(TWO_COLUMNS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before, now = event.oldSize().width() >= scale(TWO_COLUMNS), self._two()
        if before is not now:
            self._fill()

    def _fit(self) -> None:
        self.setFixedHeight(scale(BRIEF_HEIGHT if self._brief else FULL_HEIGHT))
        self._fill()


def _text(name: str) -> QPlainTextEdit:
    """What can be read, scrolled and marked."""
    field = QPlainTextEdit()
    field.setReadOnly(True)
    field.setAccessibleName(name)
    field.setProperty("look", "bare")
    field.document().setDocumentMargin(0)
    field.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    field.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return field
