"""The queue on an open studio: jobs are put into it, clicked and ordered by keys."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt

from sora_desktop.core.errors import Action, Failure, FailureKind
from sora_desktop.core.jobs import Job
from sora_desktop.ui.queue import QueuePanel

LEFT = Qt.MouseButton.LeftButton
REFUSED = Failure(kind=FailureKind.REFUSED, code="refused", action=Action.EDIT)


class Desk:
    """A shown panel with what it says."""

    def __init__(self, opened, run, qtbot) -> None:
        self.opened, self.run, self.qtbot = opened, run, qtbot
        self.engine = opened.studio.engine
        self.panel = QueuePanel(opened.studio)
        qtbot.addWidget(self.panel)
        self.panel.resize(344, 700)
        self.panel.show()
        self.view, self.model = self.panel.view, self.panel.model
        self.said: list[tuple[str, object]] = []
        for name in ("picked", "opened", "edit_requested", "settings_requested", "show_message"):
            getattr(self.panel, name).connect(lambda what, name=name: self.said.append((name, what)))
        self.panel.folder_requested.connect(lambda: self.said.append(("folder", None)))

    def put(self, *jobs: Job) -> None:
        """As the engine does when jobs come, committed to the database."""
        for job in jobs:
            self.run(self.engine.restore(job))
        self.model.flush()

    def change(self, job: Job) -> None:
        """As the engine does when a job changes."""
        self.engine.jobs[job.id] = job
        self.engine.job_changed.emit(job)
        self.model.flush()

    def settle(self) -> None:
        self.opened.idle()
        self.model.flush()

    def rect(self, job: Job) -> QRect:
        return self.view.visualRect(self.model.index(self.model.row_of(job.id)))

    def click(self, job: Job, button: str = "", modifier=Qt.KeyboardModifier.NoModifier) -> None:
        """Clicks a row, or a button painted in it, as a hand would: the mouse comes first."""
        row = self.rect(job)
        self.qtbot.mouseMove(self.view.viewport(), row.center())
        at = row.center()
        if button:
            at = self.view._delegate.buttons(row, self.model.row_of(job.id))[button].center()
            self.qtbot.mouseMove(self.view.viewport(), at)
        self.qtbot.mouseClick(self.view.viewport(), LEFT, modifier, at)

    def key(self, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.view, key, modifier)
