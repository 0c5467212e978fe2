"""Facts in lines: a word and its value, in one column or more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QWidget

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
        self._height = line
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        bind(theme().changed, self._fill, self)

    def show_facts(self, columns: Sequence[Sequence[Fact]]) -> None:
        """Shows other facts, a column each."""
        if columns != self._columns:
            self._columns = columns
            self._fill()

    def _fill(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._grid.setVerticalSpacing(scale(2))
        self._grid.setHorizontalSpacing(scale(8))
        for place, facts in enumerate(self._columns):
            for number, fact in enumerate(facts):
                self._grid.addWidget(self._line(label(fact.name, "secondary", "muted")), number, place * 3)
                self._grid.addWidget(self._value(fact), number, place * 3 + 1)
            last = place + 1 == len(self._columns)
            self._grid.setColumnMinimumWidth(place * 3, scale(NAMES))
            self._grid.setColumnStretch(place * 3 + 1, 1)
            self._grid.setColumnMinimumWidth(place * 3 + 2, 0 if last else scale(12))

    def _value(self, fact: Fact) -> QWidget:
        if not fact.copies:
            return self._line(Elided(fact.value, "secondary"))
        holder = self._line(QWidget())
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(scale(4))
        copy = CopyButton(self.tr("Copy {0}").format(fact.name))
        copy.clicked.connect(lambda: self.copy(fact))
        row.addWidget(label(fact.value, "secondary"))
        row.addWidget(copy)
        row.addStretch(1)
        return holder

    def _line(self, widget: QWidget) -> QWidget:
        widget.setFixedHeight(scale(self._height))
        return widget

    def copy(self, fact: Fact) -> None:
        """Puts the whole value on the clipboard."""
        QGuiApplication.clipboard().setText(fact.copies)
        self.copied.emit(self.tr("{0} copied.").format(fact.name))


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
