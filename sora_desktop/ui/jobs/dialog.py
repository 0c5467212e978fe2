"""The frame of the dialogs about a job: a body, a row of buttons, never `exec()`."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from sora_desktop.core.errors import SoraError
from sora_desktop.ui import words
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.basic import button, line
from sora_desktop.ui.widgets.hints import Hint


class JobDialog(QDialog):
    """Says what is wrong above its buttons and stays open then; closes when its work is done."""

    def __init__(self, studio: Studio, title: str, done: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.studio = studio
        self.setWindowTitle(title)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(24, 20, 24, 16)
        self.body.setSpacing(12)
        self.hint = Hint()
        self.hint.setContentsMargins(24, 0, 24, 12)
        self.cancel = button(self.tr("Cancel"), "field")
        self.accept_button = button(done, "field")
        self.accept_button.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.apply)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 10, 16, 12)
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.accept_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.body, 1)
        column.addWidget(self.hint)
        column.addWidget(line())
        column.addLayout(foot)
        self.setMinimumWidth(scale(440))
        self.finished.connect(self.deleteLater)

    def apply(self) -> None:
        """What the accepting button does."""
        raise NotImplementedError

    def carry_out(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs `work`; closes when it is done, says why where it cannot be done."""
        self.accept_button.setEnabled(False)
        self.studio.tasks.spawn(self._carried_out(work), "dialog about a job")

    async def _carried_out(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except SoraError as error:
            self.hint.say(words.sentence(error))
            self.accept_button.setEnabled(True)
        else:
            self.accept()
