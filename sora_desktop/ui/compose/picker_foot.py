"""The foot of the list of models: fetch it anew, read what was wrong with it, add an account."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.ui.live_lists import LiveLists
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import Elided, button
from sora_desktop.ui.widgets.hints import Hint


class PickerFoot(QWidget):
    """`add_wanted` and `notes_wanted` are clicks; `grown` says that it may need another height."""

    add_wanted = Signal()
    notes_wanted = Signal()
    grown = Signal()

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._account = ""
        self.lists = LiveLists(studio, self)
        self.refresh = button(self.tr("Refresh the list"), "flat", "retry", self)
        self.refresh.clicked.connect(self.lists.refresh)
        self.fetched = Elided("", "secondary", "muted", parent=self)
        self.problem = Hint("", "warning", self)
        self.problem.setContentsMargins(10, 0, 10, 4)
        self.add = button(self.tr("Add an account…"), "flat", "plus", self)
        self.add.clicked.connect(self.add_wanted)
        self.notes = button(self.tr("Catalogue notes…"), "flat", "info", self)
        self.notes.clicked.connect(self.notes_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.refresh)
        top.addWidget(self.fetched, 1)
        below.addWidget(self.add)
        below.addStretch(1)
        below.addWidget(self.notes)
        column.addLayout(top)
        column.addWidget(self.problem)
        column.addLayout(below)
        self.lists.changed.connect(self._on_changed)

    def show_for(self, account_id: str) -> None:
        """Says when the list of this account was fetched."""
        self._account = account_id
        self._show()

    def _show(self) -> None:
        lists = self.lists
        there = bool(lists.listing())
        self.refresh.setVisible(there)
        self.fetched.setVisible(there)
        self.refresh.setEnabled(not lists.busy)
        self.fetched.setText(self.tr("Asking…") if lists.busy else lists.fetched(self._account))
        self.fetched.setAccessibleName(self.fetched.text())
        self.problem.say(lists.problem, "warning")

    def _on_changed(self) -> None:
        self._show()
        self.grown.emit()
