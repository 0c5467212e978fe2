"""Facts in lines: a word and its value, in one column or more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QLabel, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.viewer.facts import Fact
from sora_desktop.ui.widgets.basic import Elided, label

NAMES = 66
"""Least px at 100 % of the words."""


class FactGrid(QWidget):
    """`line` is the height of one, in px at 100 %. `copied` says that a value was put on the clipboard."""

    copied = Signal(str)

    def __init__(self, line: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: Sequence[Sequence[Fact]] = ()
        self._lines: dict[tuple[int, int], _Line] = {}
        """By column and row."""
        self._spare: list[_Line] = []
        """Kept for the next facts: thirty new widgets would hold the window up."""
        self._height = line
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        bind(theme().changed, self._fill, self)

    def show_facts(self, columns: Sequence[Sequence[Fact]]) -> None:
        """Shows other facts, a column each."""
        if columns != self._columns:
            self._columns = columns
            self._fill()

    def warm_up(self, lines: int) -> None:
        """Makes lines that are to be shown later, one in four with a button."""
        self._spare += [_Line(self, copies=number % 4 == 0) for number in range(lines - len(self._lines))]
        for line in self._spare:
            line.put_away(self._grid)
            line.name.ensurePolished()
            line.value.ensurePolished()

    def _fill(self) -> None:
        facts = {(place, row): fact for place, column in enumerate(self._columns) for row, fact in enumerate(column)}
        kinds = {at: bool(fact.copies) for at, fact in facts.items()}
        change = kinds != {at: line.copies for at, line in self._lines.items()}
        # Each line that comes into sight lays out all that is around it, unless nothing is seen of it meanwhile.
        aside = change and self.isVisible() and self.focusWidget() is None
        if aside:
            self.hide()
        self._grid.setVerticalSpacing(scale(2))
        self._grid.setHorizontalSpacing(scale(8))
        for at in [at for at, line in self._lines.items() if kinds.get(at) is not line.copies]:
            self._spare.append(self._lines.pop(at))
            self._spare[-1].put_away(self._grid)
        for at, fact in facts.items():
            line = self._lines.get(at) or self._add(at, copies=kinds[at])
            line.show(fact, scale(self._height))
        for place in range(len(self._columns)):
            last = place + 1 == len(self._columns)
            self._grid.setColumnMinimumWidth(place * 3, scale(NAMES))
            self._grid.setColumnStretch(place * 3 + 1, 1)
            self._grid.setColumnMinimumWidth(place * 3 + 2, 0 if last else scale(12))
        if aside:
            self.show()

    def _add(self, at: tuple[int, int], *, copies: bool) -> _Line:
        place, row = at
        line = next((spare for spare in self._spare if spare.copies is copies), None)
        if line:
            self._spare.remove(line)
        else:
            line = _Line(self, copies=copies)
        self._lines[at] = line
        self._grid.addWidget(line.name, row, place * 3)
        self._grid.addWidget(line.value, row, place * 3 + 1)
        return line

    def copy(self, fact: Fact) -> None:
        """Puts the whole value on the clipboard."""
        QGuiApplication.clipboard().setText(fact.copies)
        self.copied.emit(self.tr("{0} copied.").format(fact.name))


class _Line:
    """The widgets of one fact: its word, and its value, which has a button beside it where it can be copied."""

    def __init__(self, grid: FactGrid, *, copies: bool) -> None:
        self.copies = copies
        self.name = label("", "secondary", "muted", parent=grid)
        self._fact = Fact("", "")
        if not copies:
            self.value: QWidget = Elided("", "secondary", parent=grid)
            self._text: QLabel = self.value
            return
        self.value = QWidget(grid)
        row = QHBoxLayout(self.value)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale(4))
        self._text = label("", "secondary")
        self._copy = CopyButton()
        self._copy.clicked.connect(lambda: grid.copy(self._fact))
        row.addWidget(self._text)
        row.addWidget(self._copy)
        row.addStretch(1)

    def show(self, fact: Fact, height: int) -> None:
        """Shows `fact` in a line of `height` px."""
        self._fact = fact
        self.name.setText(fact.name)
        self._text.setText(fact.value)
        if self.copies:
            self._copy.set_name(QCoreApplication.translate("FactGrid", "Copy {0}").format(fact.name))
        for widget in (self.name, self.value):
            widget.setFixedHeight(height)
            widget.show()

    def put_away(self, grid: QGridLayout) -> None:
        for widget in (self.name, self.value):
            grid.removeWidget(widget)
            widget.hide()


class CopyButton(QAbstractButton):
    """A small icon in a line of text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_name(self, name: str) -> None:
        """What it does, for the tooltip and whoever cannot see it."""
        if name != self.accessibleName():
            self.setAccessibleName(name)
            self.setToolTip(name)

    def sizeHint(self) -> QSize:
        return QSize(scale(18), scale(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        side = scale(SIZES.icon_small)
        area = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        paint_icon(QPainter(self), area, "copy", "text" if self.underMouse() else "muted")
