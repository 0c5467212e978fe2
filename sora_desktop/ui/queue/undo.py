"""The bar that brings removed jobs back, for a few seconds."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from sora_desktop.core.jobs import Job, State
from sora_desktop.ui.queue.lines import one_line
from sora_desktop.ui.widgets.basic import Elided, button, keep_height, mark, tool

MILLISECONDS = 8000


class UndoBar(QFrame):
    """Says what was removed and offers to undo it. Only the last removal can be undone."""

    undone = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MILLISECONDS)
        self._timer.timeout.connect(self.hide)
        mark(self, surface="raised")
        keep_height(self, 36)
        self._text = Elided("", "secondary")
        self.undo = button(self.tr("Undo"), "link")
        self.undo.clicked.connect(self._on_undo)
        close = tool("x", self.tr("Close"))
        mark(close, look="small")
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self.undo)
        row.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text()

    def offer(self, jobs: list[Job]) -> None:
        """Shows the bar for what was just removed."""
        self._jobs = jobs
        if len(jobs) == 1:
            text = self.tr("Removed “{0}”").format(one_line(jobs[0].request.prompt, 60))
        else:
            text = self.tr("Removed {0} jobs").format(len(jobs))
        if any(job.state is State.DONE for job in jobs):
            text = self.tr("{0} — videos stay in the folder").format(text)
        self._text.setText(text)
        self.show()
        self._timer.start()

    def hideEvent(self, event: object) -> None:
        self._timer.stop()

    def _on_undo(self) -> None:
        jobs, self._jobs = self._jobs, []
        self.hide()
        if jobs:
            self.undone.emit(jobs)
