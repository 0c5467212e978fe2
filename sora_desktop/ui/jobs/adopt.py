"""Following a task by its id: one that was made on another machine, or before a re-install."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from sora_desktop.core.jobs import Job
from sora_desktop.ui.jobs.dialog import JobDialog
from sora_desktop.ui.settings.form import Form
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import label
from sora_desktop.ui.widgets.fields import Combo


class AdoptDialog(JobDialog):
    """Account, model, and the id as the service's website shows it."""

    adopted = Signal(str)
    """The id of the new job."""

    def __init__(self, studio: Studio, account_id: str, parent: QWidget) -> None:
        super().__init__(studio, "", "", parent)
        self.setWindowTitle(self.tr("Collect a task by its id"))
        self.accept_button.setText(self.tr("Collect"))
        explained = self.tr(
            "For a clip that was made on another computer or before a re-install. Its video is fetched into your "
            "videos folder; nothing is made or billed again."
        )
        self.body.addWidget(label(explained, ink="muted", wrap=True))
        self.account, self.model, self.remote_id = Combo(), Combo(), QLineEdit()
        for account in studio.accounts.all:
            self.account.addItem(account.name, account.id)
        self.account.setCurrentIndex(max(0, self.account.findData(account_id)))
        self.account.currentIndexChanged.connect(self._fill_models)
        form = Form()
        form.add("account", self.tr("Account"), self.account)
        form.add("model", self.tr("Model"), self.model)
        form.add("id", self.tr("Task id"), self.remote_id)
        self.body.addWidget(form)
        self._fill_models()
        self.remote_id.setFocus()

    def _fill_models(self) -> None:
        self.model.clear()
        for model in self.studio.accounts.models(str(self.account.currentData())):
            self.model.addItem(model.name, model.id)

    def apply(self) -> None:
        engine = self.studio.engine
        account, model = str(self.account.currentData()), str(self.model.currentData() or "")
        self.carry_out(self._told(engine.adopt_task(account, model, self.remote_id.text())))

    async def _told(self, work: Coroutine[Any, Any, Job]) -> None:
        self.adopted.emit((await work).id)
