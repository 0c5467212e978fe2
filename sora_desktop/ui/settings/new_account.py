"""A new account of a provider: name, key, address. Nothing is kept before the button is pressed."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.accounts import clean_base_url, clean_key
from sora_desktop.core.errors import SoraError, UserError
from sora_desktop.ui.account_colours import colours_of, next_colour
from sora_desktop.ui.settings.form import Form, head
from sora_desktop.ui.settings.key_field import KeyEdit
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.words import sentence

ROWS = {"name": "name", "url": "url", "key": "key"}
"""The row of an error's code, by the word its code begins with."""


class NewAccount(QWidget):
    """`added` carries the id of the new account and its address as written; `cancelled`: it is given up."""

    added = Signal(str, str)
    cancelled = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
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
        self.allow_http = QCheckBox(self.tr("Send the key over plain http:// to this address"))
        self.allow_http.toggled.connect(lambda _on: self.form.wrong("url", ""))
        self.form.add("http", "", self.allow_http)
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
        self._provider = provider_id
        self._title.setText(self.tr("New account: {0}").format(provider.name))
        self._summary.setText(provider.summary)
        self.name.setText(self._studio.accounts.free_name(provider.name))
        self.base_url.setText(provider.base_url)
        self.base_url.setPlaceholderText("" if provider.base_url else "http://gpu-box.local:8000")
        self.key.clear()
        optional = self.tr("Only if the server asks for one")
        self.key.setPlaceholderText(provider.key_hint or (self.tr("Paste the key") if provider.needs_key else optional))
        self.allow_http.setChecked(False)
        self.form.set_shown("http", False)
        self.form.clear()
        self._place.clear()
        self.add.setEnabled(True)
        self._studio.tasks.spawn(self._say_place(), "keyring, new account")
        (self.key if provider.base_url else self.base_url).setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def begun(self) -> bool:
        """Whether something was written that is not added yet."""
        return bool(self.key.text()) or self.name.isModified() or self.base_url.isModified()

    def forget(self) -> None:
        """Lets go of what was written."""
        self.key.clear()
        for field in (self.name, self.base_url):
            field.setModified(False)

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
        provider = self._studio.catalog.provider(self._provider)
        needed = provider is None or provider.needs_key
        try:
            key = clean_key(self.key.text()) if needed or self.key.text().strip() else None
            clean_base_url(self.base_url.text(), allow_http=self.allow_http.isChecked())
        except UserError as error:
            self._wrong(error)
            return
        self.add.setEnabled(False)
        self._studio.tasks.spawn(self._add(key), "add account")

    async def _add(self, key: str | None) -> None:
        accounts, address = self._studio.accounts, self.base_url.text()
        try:
            if not self.name.text().strip():
                raise UserError("name_empty")
            allow = self.allow_http.isChecked()
            draft = accounts.draft(self._provider, self.name.text(), address, allow_http=allow)
            colour = next_colour(colours_of(accounts.all).values())
            await accounts.add(draft.model_copy(update={"colour": colour}), key)
        except SoraError as error:
            if shiboken6.isValid(self):
                self.add.setEnabled(True)
                self._wrong(error)
            return
        if not shiboken6.isValid(self):
            return
        self.add.setEnabled(True)
        self.forget()
        self.added.emit(draft.id, address)

    def _wrong(self, error: SoraError) -> None:
        row = ROWS.get(error.code.split("_", 1)[0], "name")
        self.form.wrong(row, sentence(error))
        if error.code == "url_plain_http":
            self.form.set_shown("http", True)
        {"name": self.name, "key": self.key, "url": self.base_url}[row].setFocus(Qt.FocusReason.OtherFocusReason)
