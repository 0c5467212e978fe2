"""Below the picture: the prompt, and what is known of the clip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from sora_desktop.core.jobs import Job
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.queue.lines import one_line
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.viewer.facts import Fact
from sora_desktop.ui.widgets.basic import Elided, label, mark

FULL_HEIGHT = 208
BRIEF_HEIGHT = 64
TWO_COLUMNS = 600
"""The width in px at 100 % from which the facts stand in two columns."""


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
        left.addWidget(label(self.tr("Prompt"), "section"))
        self.prompt = QPlainTextEdit()
        self.prompt.setReadOnly(True)
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.prompt.setProperty("look", "bare")
        self.prompt.document().setDocumentMargin(0)
        self.prompt.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        left.addWidget(self.prompt, 1)
        right = QVBoxLayout()
        right.setSpacing(scale(4))
        right.addWidget(label(self.tr("Details"), "section"))
        self._grid_host = QWidget()
        self._grid = QGridLayout(self._grid_host)
        self._grid.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self._grid_host)
        right.addStretch(1)
        row.addLayout(left, 4)
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
        line = one_line(job.request.prompt)
        title = line.split(". ", 1)[0].split("，", 1)[0][:60]
        self._title.setText(title or self.tr("(no prompt)"))
        self._beginning.setText(line)
        self._summary.setText(summary)
        if (asked, became) != (self._asked, self._became):
            self._asked, self._became = asked, became
            self._fill()

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        columns = [self._asked, self._became] if self._two() else [[*self._asked, *self._became]]
        for place, facts in enumerate(columns):
            for number, fact in enumerate(facts):
                self._grid.addWidget(self._line(label(fact.name, "secondary", "muted")), number, place * 3)
                self._grid.addWidget(self._value(fact), number, place * 3 + 1)
            self._grid.setColumnMinimumWidth(place * 3, scale(66))
            self._grid.setColumnStretch(place * 3 + 1, 1)
            self._grid.setColumnMinimumWidth(place * 3 + 2, scale(12) if place + 1 < len(columns) else 0)

    def _value(self, fact: Fact) -> QWidget:
        if not fact.copies:
            return self._line(Elided(fact.value, "secondary"))
        holder = self._line(QWidget())
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale(4))
        text = label(fact.value, "secondary")
        copy = CopyButton(self.tr("Copy {0}").format(fact.name))
        copy.clicked.connect(lambda: self._copy(fact))
        row.addWidget(text)
        row.addWidget(copy)
        row.addStretch(1)
        return holder

    @staticmethod
    def _line(widget: QWidget) -> QWidget:
        widget.setFixedHeight(scale(18))
        return widget

    def _copy(self, fact: Fact) -> None:
        QGuiApplication.clipboard().setText(fact.copies)
        self.copied.emit(self.tr("{0} copied.").format(fact.name))

    def _two(self) -> bool:
        return self.width() >= scale(TWO_COLUMNS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        before, now = event.oldSize().width() >= scale(TWO_COLUMNS), self._two()
        if before is not now:
            self._fill()

    def _fit(self) -> None:
        self.setFixedHeight(scale(BRIEF_HEIGHT if self._brief else FULL_HEIGHT))
        self._grid.setVerticalSpacing(scale(2))
        self._grid.setHorizontalSpacing(scale(8))
        self._fill()


class CopyButton(QAbstractButton):
    """A small icon in a line of text."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        return QSize(scale(18), scale(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        side = scale(SIZES.icon_small)
        area = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        paint_icon(QPainter(self), area, "copy", "text" if self.underMouse() else "muted")
