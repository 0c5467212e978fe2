"""A new account of a provider: name, key, address. Nothing is kept before the button is pressed."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.accounts import clean_base_url, clean_key
from sora_desktop.core.errors import SoraError, UserError
from sora_desktop.ui.settings.account_state import AccountStates
from sora_desktop.ui.settings.form import Form, head
from sora_desktop.ui.settings.key_field import KeyEdit
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.words import sentence

ROWS = {"name": "name", "url": "url", "key": "key"}
"""The row of an error's code, by the word its code begins with."""


class NewAccount(QWidget):
    """`added` carries the id of the new account; `cancelled` comes when the person thinks otherwise."""

    added = Signal(str)
    cancelled = Signal()

    def __init__(self, studio: Studio, states: AccountStates, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._states = studio, states
        self._provider = ""
        self._title = label(face="title")
        self._summary = label(ink="muted", wrap=True)
        self.form = Form()
        self.name = QLineEdit()
        self.name.setMaxLength(100)
        self.key = KeyEdit()
        self.base_url = QLineEdit()
        self.form.add("name", self.tr("Name"), self.name)
        self.form.add("key", self.tr("API key"), self.key)
        self.form.add("url", self.tr("Base URL"), self.base_url)
        self._place = label(face="secondary", ink="muted", wrap=True)
        self.add = button(self.tr("Add account"), "primary")
        self.cancel = button(self.tr("Cancel"), "field")
        self.add.clicked.connect(self._on_add)
        self.cancel.clicked.connect(self.cancelled)
        self.key.left.connect(self.cancelled)
        for field in (self.name, self.key, self.base_url):
            field.returnPressed.connect(self._on_add)

        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.add)
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        body = QVBoxLayout()
        body.setContentsMargins(24, 18, 24, 18)
        body.setSpacing(12)
        body.addWidget(self._summary)
        body.addSpacing(4)
        body.addWidget(self.form)
        body.addWidget(self._place)
        body.addSpacing(8)
        body.addLayout(buttons)
        body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head(self._title))
        layout.addLayout(body, 1)

    def start(self, provider_id: str) -> None:
        """Begins a new account of this provider."""
        provider = self._studio.catalog.provider(provider_id)
        if provider is None:
            return
        draft = self._studio.accounts.draft(provider_id)
        self._provider = provider_id
        self._title.setText(self.tr("New {0} account").format(provider.name))
        self._summary.setText(provider.summary)
        self.name.setText(draft.name)
        self.base_url.setText(draft.base_url)
        self.key.clear()
        self.key.setPlaceholderText(provider.key_hint or self.tr("Paste the key"))
        self.form.clear()
        self._place.clear()
        self.add.setEnabled(True)
        self._studio.tasks.spawn(self._say_place(), "keyring, new account")
        self.key.setFocus(Qt.FocusReason.OtherFocusReason)

    async def _say_place(self) -> None:
        there = await self._studio.secrets.available()
        if not shiboken6.isValid(self):
            return
        if there:
            self._place.setText(self.tr("The key goes to the system keyring, and from there to this address only."))
        else:
            self._place.setText(
                self.tr(
                    "This computer has no system keyring: the key is kept until you quit, and never written to a file."
                )
            )

    def _on_add(self) -> None:
        self.form.clear()
        try:
            key = clean_key(self.key.text())
            clean_base_url(self.base_url.text())
        except UserError as error:
            self._wrong(error)
            return
        self.add.setEnabled(False)
        self._studio.tasks.spawn(self._add(key), "add account")

    async def _add(self, key: str) -> None:
        try:
            draft = self._studio.accounts.draft(self._provider, self.name.text(), self.base_url.text())
            if not self.name.text().strip():
                raise UserError("name_empty")
            await self._studio.accounts.add(draft, key)
        except SoraError as error:
            if shiboken6.isValid(self):
                self.add.setEnabled(True)
                self._wrong(error)
            return
        if not shiboken6.isValid(self):
            return
        self.add.setEnabled(True)
        self.key.clear()
        self.added.emit(draft.id)
        self._states.test(draft.id)

    def _wrong(self, error: SoraError) -> None:
        row = ROWS.get(error.code.split("_", 1)[0], "name")
        self.form.wrong(row, sentence(error))
        {"name": self.name, "key": self.key, "url": self.base_url}[row].setFocus(Qt.FocusReason.OtherFocusReason)
