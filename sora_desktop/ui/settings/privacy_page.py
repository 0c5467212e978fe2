"""Where everything is kept, and what leaves this computer."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.storage.secrets import SERVICE
from sora_desktop.ui.diagnostics import diagnostics
from sora_desktop.ui.places import open_folder, short
from sora_desktop.ui.settings.form import Form, Page, beside
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.words import sentence


class PrivacyPage(Page):
    """Data, keys, logs; nothing here can be lost by a click."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("privacy-page")
        self.set_title(self.tr("Privacy"))
        self._studio = studio
        self.form = Form()
        self._folder("data", self.tr("Data"), studio.paths.data)
        about_data = self.tr("Jobs, drafts, accounts without their keys, settings. Readable by you only.")
        self.form.add("about_data", "", label(about_data, "secondary", "muted", wrap=True))
        self._folder("logs", self.tr("Logs"), studio.paths.logs)
        about_logs = self.tr("Keys are taken out of logs and crash reports. They are not sent anywhere.")
        self.form.add("about_logs", "", label(about_logs, "secondary", "muted", wrap=True))
        self.keys = label(wrap=True)
        self.keys.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.keys.setMinimumHeight(32)
        self.form.add("keys", self.tr("Keys"), self.keys)
        leaves = label(
            self.tr(
                "A prompt, its references and the key go to the service of the chosen account when you press Generate, "
                "and to nobody else. There is no telemetry and no check for updates."
            ),
            wrap=True,
        )
        leaves.setMinimumHeight(32)
        self.form.add("leaves", self.tr("What is sent"), leaves)
        self.copy = button(self.tr("Copy diagnostics"), "field", "copy")
        self.copy.clicked.connect(self._on_copy)
        about_copy = label(
            self.tr("Versions, counts and the end of the log, without keys and prompts."), "secondary", "muted"
        )
        self.form.add("copy", self.tr("For a report"), beside(self.copy, about_copy, stretch=1), target=self.copy)
        self.column.addWidget(self.form)
        self.column.addStretch(1)

    def _folder(self, name: str, title: str, folder: Path) -> None:
        field = QLineEdit(short(folder))
        field.setReadOnly(True)
        field.setToolTip(str(folder))
        opener = button(self.tr("Open"), "field")
        opener.setAccessibleName(self.tr("Open {0}").format(title))
        opener.clicked.connect(lambda: self._studio.tasks.spawn(self._open(name, folder), "open a folder"))
        self.form.add(name, title, beside(field, opener), target=field)

    async def _open(self, name: str, folder: Path) -> None:
        wrong = ""
        try:
            await open_folder(folder)
        except EnvironmentProblem as problem:
            wrong = sentence(problem)
        if shiboken6.isValid(self):
            self.form.wrong(name, wrong)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(diagnostics(self._studio))
        self.copy.setText(self.tr("Copied"))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.copy.setText(self.tr("Copy diagnostics"))
        self._studio.tasks.spawn(self._say_keys(), "keyring, privacy")

    async def _say_keys(self) -> None:
        """Says where keys are, without opening the keyring."""
        there = await self._studio.secrets.available()
        if not shiboken6.isValid(self):
            return
        if there:
            backend = self._studio.secrets.backend_name()
            self.keys.setText(
                self.tr("In the system keyring ({0}), under “{1}”; in no file of ours.").format(backend, SERVICE)
            )
        else:
            self.keys.setText(
                self.tr("This computer has no system keyring: keys are kept until you quit, and in no file.")
            )
