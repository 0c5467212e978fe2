"""The parts pages of the settings are made of: rows of label, field and hint."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, label, mark
from sora_desktop.ui.widgets.hints import Hint

LABEL = 120
"""Width of the labels of a form, in px."""
HEAD = 48
WIDEST = 760


class Form(QWidget):
    """Rows of a right-aligned label, a field, and what is wrong with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._rows: dict[str, tuple[QLabel, QWidget, Hint]] = {}
        self._spacers: dict[str, int] = {}
        self._wrong: set[str] = set()
        self._notes: dict[str, str] = {}
        bind(theme().changed, self._measure, self)
        self._measure()

    def add(self, name: str, title: str, field: QWidget, *, target: QWidget | None = None) -> None:
        """Appends a row. `target` is the widget that is marked and focused when something is wrong."""
        row = self._grid.rowCount()
        words = label(title, ink="muted")
        words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if title:
            keep_height(words, SIZES.field)
        target = target or field
        words.setBuddy(target)
        if not target.accessibleName():
            target.setAccessibleName(title)
        hint = Hint()
        hint.setContentsMargins(0, 4, 0, 0)
        self._grid.addWidget(words, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(field, row, 1)
        self._grid.addWidget(hint, row + 1, 1)
        self._grid.setRowMinimumHeight(row + 2, 12)
        self._rows[name] = (words, target, hint)
        self._spacers[name] = row + 2
        field.setProperty("formRow", name)

    def set_shown(self, name: str, shown: bool) -> None:
        """Shows or hides a whole row."""
        words, target, hint = self._rows[name]
        index = self._spacers[name] - 2
        item = self._grid.itemAtPosition(index, 1)
        field = item.widget() if item is not None else target
        if field is not None:
            field.setVisible(shown)
        words.setVisible(shown)
        hint.setVisible(shown and bool(hint.text))
        self._grid.setRowMinimumHeight(index + 2, 12 if shown else 0)

    def wrong(self, name: str, text: str) -> None:
        """Says what is wrong with a field; an empty text says that all is well."""
        _words, target, hint = self._rows[name]
        self._wrong.discard(name)
        if text:
            self._wrong.add(name)
        if text or not self._notes.get(name):
            hint.say(text, "danger")
        else:
            hint.say(self._notes[name], "muted")
        mark(target, invalid=bool(text))

    def note(self, name: str, text: str) -> None:
        """A quiet line below a field, while nothing is wrong with it."""
        self._notes[name] = text
        if name not in self._wrong:
            self._rows[name][2].say(text, "muted")

    def text_of(self, name: str) -> str:
        """What is said to be wrong with a field; empty for nothing."""
        return self._rows[name][2].text if name in self._wrong else ""

    def note_of(self, name: str) -> str:
        """The quiet line below a field."""
        return self._notes.get(name, "")

    def clear(self) -> None:
        """Takes back everything that was said below the fields."""
        self._notes.clear()
        for name in self._rows:
            self.wrong(name, "")

    def _measure(self) -> None:
        self._grid.setColumnMinimumWidth(0, scale(LABEL))
        self.setMaximumWidth(scale(WIDEST))


class Page(QWidget):
    """A page: a head of one line, and below it what scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label(face="title")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(head(self._title))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        body = QWidget()
        self.column = QVBoxLayout(body)
        self.column.setContentsMargins(24, 18, 24, 18)
        self.column.setSpacing(12)
        scroll.setWidget(body)
        outer.addWidget(scroll, 1)

    def set_title(self, title: str) -> None:
        """The line at the head of the page."""
        self._title.setText(title)


def head(*widgets: QWidget) -> QFrame:
    """The line at the top of a column: the first widget at the left, the others at the right."""
    frame = QFrame()
    frame.setProperty("look", "page-head")
    keep_height(frame, HEAD)
    row = QHBoxLayout(frame)
    row.setContentsMargins(24, 0, 24, 0)
    row.setSpacing(8)
    for index, widget in enumerate(widgets):
        row.addWidget(widget)
        if index == 0:
            row.addStretch(1)
    return frame


def beside(*widgets: QWidget, stretch: int = 0) -> QWidget:
    """Widgets in one row; the one at index `stretch` takes the room, -1 for none of them."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(16)
    for index, widget in enumerate(widgets):
        row.addWidget(widget, 1 if index == stretch else 0)
    if stretch < 0:
        row.addStretch(1)
    return box
