"""One account: what may be changed of it, its key, its test, its removal. Each change counts when its field is left."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QCheckBox, QLineEdit, QMessageBox, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import SoraError
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.settings.account_state import AccountStates
from sora_desktop.ui.settings.form import Form, beside, head
from sora_desktop.ui.settings.key_field import KeyField
from sora_desktop.ui.settings.reference_host import ReferenceHostSection
from sora_desktop.ui.settings.test_card import TestCard
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import Elided, button, keep_height, label, roomy, tool
from sora_desktop.ui.widgets.fields import Combo
from sora_desktop.ui.widgets.switch import Switch
from sora_desktop.ui.words import credits, sentence


class AccountDetail(QWidget):
    """Shows the account of `show_account`; nothing while there is none."""

    removed = Signal()

    def __init__(self, studio: Studio, states: AccountStates, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._states = studio, states
        self._id = ""
        self._filling = False

        self._title = Elided(face="title")
        self._enabled_word = label(self.tr("Enabled"), ink="muted")
        self.enabled = Switch()
        self.enabled.setAccessibleName(self.tr("Enabled"))
        self.enabled.toggled.connect(lambda on: self._change("", enabled=on))
        self.form = Form()
        self._make_rows()
        self.card = TestCard()
        self.card.wanted.connect(lambda: self._states.test(self._id))
        self._promise = label(
            self.tr("The test reads your balance and model list. It never starts a paid job."),
            "secondary",
            "muted",
            wrap=True,
        )
        self._promise.setContentsMargins(2, 0, 0, 0)
        self.host = ReferenceHostSection(studio)
        self.remove = button(self.tr("Remove account…"), "danger", "trash")
        self.remove.clicked.connect(self.ask_to_remove)

        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 18, 24, 12)
        column.setSpacing(10)
        for widget in (self.form, self.card, self._promise, self.host):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = head(self._title, self._enabled_word, self.enabled)
        top_row = top.layout()
        assert top_row is not None
        top_row.setStretch(0, 1)  # type: ignore[attr-defined]
        layout.addWidget(top)
        layout.addWidget(scroll, 1)
        bind(studio.accounts.changed, self._on_accounts_changed, self)
        bind(states.changed, self._on_state_changed, self)
        bind(theme().changed, self._measure, self)
        self._measure()

    @property
    def account_id(self) -> str:
        return self._id

    def _make_rows(self) -> None:
        self.name = QLineEdit()
        self.name.setMaxLength(100)
        self.name.editingFinished.connect(self._on_name_left)
        self.form.add("name", self.tr("Name"), self.name)
        self.key = KeyField()
        self.key.entered.connect(self._on_key_entered)
        self.key.abandoned.connect(lambda: self.form.wrong("key", ""))
        self.form.add("key", self.tr("API key"), self.key, target=self.key.edit)
        self.base_url = QLineEdit()
        self.base_url.editingFinished.connect(self._on_url_left)
        self.reset_url = tool("retry", self.tr("Back to the service's own address"))
        self.reset_url.clicked.connect(self._on_url_reset)
        self.form.add("url", self.tr("Base URL"), beside(self.base_url, self.reset_url), target=self.base_url)
        self.allow_http = QCheckBox(self.tr("Send the key over plain http:// to this address"))
        self.allow_http.toggled.connect(self._on_allow_http)
        self.form.add("http", "", self.allow_http)
        self.at_once = QSpinBox()
        self.at_once.setRange(1, 20)
        roomy(self.at_once)
        keep_height(self.at_once, SIZES.field)
        self.at_once.valueChanged.connect(lambda value: self._change("at_once", at_once=value))
        words = label(self.tr("jobs; more wait in the queue"), "secondary", "muted")
        self.form.add(
            "at_once", self.tr("At the same time"), beside(self.at_once, words, stretch=1), target=self.at_once
        )
        self.model = Combo()
        self.model.activated.connect(self._on_model_chosen)
        self.form.add("model", self.tr("Default model"), self.model)

    def show_account(self, account_id: str) -> None:
        """Turns to an account."""
        self._id = account_id
        self.key.show_kept()
        self.form.clear()
        self._fill(everything=True)
        self.host.show_account(account_id)

    def _account(self) -> Account | None:
        return self._studio.accounts.get(self._id)

    def _fill(self, *, everything: bool = False) -> None:
        """Shows the account as it is kept. What is being typed is left alone unless `everything` is to be new."""
        account, provider = self._account(), self._studio.accounts.provider(self._id)
        if account is None or provider is None:
            return
        self._filling = True
        self._title.setText(account.name)
        self.enabled.setChecked(account.enabled)
        for field, text in ((self.name, account.name), (self.base_url, account.base_url)):
            if everything or not field.isModified():
                field.setText(text)
                field.setCursorPosition(0)
        own = not account.builtin
        for row in ("name", "key", "url"):
            self.form.set_shown(row, own)
        self.form.set_shown("http", own and (account.allow_http or bool(self.form.text_of("url"))))
        self.allow_http.setChecked(account.allow_http)
        self.reset_url.setEnabled(account.base_url != provider.base_url)
        self.key.set_hint(provider.key_hint)
        self.at_once.setValue(account.at_once)
        self.model.clear()
        for model in provider.models:
            price = f" · {credits(model.credits)}" if model.credits is not None else ""
            self.model.addItem(f"{model.name}{price}", model.id)
        self.model.setCurrentIndex(max(0, self.model.findData(account.default_model)))
        self.remove.setVisible(own)
        self._filling = False
        self._on_state_changed(self._id)

    def _on_state_changed(self, account_id: str) -> None:
        if account_id == self._id:
            state = self._states.of(account_id)
            self.key.show_state(state.key, state.tail, self._studio.secrets.backend_name())
            self.card.show_state(state)

    def _on_accounts_changed(self) -> None:
        if self._account() is not None:
            self._fill()

    def _on_name_left(self) -> None:
        if self.name.isModified():
            self._change("name", name=self.name.text())

    def _on_url_left(self) -> None:
        if self.base_url.isModified():
            self._change("url", base_url=self.base_url.text())

    def _on_url_reset(self) -> None:
        provider = self._studio.accounts.provider(self._id)
        if provider is not None:
            self.base_url.setText(provider.base_url)
            self._change("url", base_url=provider.base_url)

    def _on_allow_http(self, on: bool) -> None:
        if not self._filling:
            self._change("url", allow_http=on, base_url=self.base_url.text())

    def _on_model_chosen(self) -> None:
        self._change("model", default_model=str(self.model.currentData()))

    def _change(self, row: str, **changes: object) -> None:
        account = self._account()
        if not self._filling and account is not None:
            self._studio.tasks.spawn(self._save(account.id, row, changes), f"save account {account.id}")

    async def _save(self, account_id: str, row: str, changes: dict[str, object]) -> None:
        account = self._studio.accounts.get(account_id)
        if account is None:
            return
        try:
            await self._studio.accounts.save(account.model_copy(update=changes))
        except SoraError as error:
            if shiboken6.isValid(self) and account_id == self._id and row:
                self.form.wrong(row, sentence(error))
                if error.code == "url_plain_http":
                    self.form.set_shown("http", True)
            return
        if not shiboken6.isValid(self):
            return
        if "base_url" in changes:
            self._states.forget(account_id)
        if account_id == self._id:
            for name, field in (("name", self.name), ("url", self.base_url)):
                if row == name:
                    field.setModified(False)
                    self.form.wrong(name, "")
            self._fill()

    def _on_key_entered(self, text: str) -> None:
        self._studio.tasks.spawn(self._save_key(self._id, text), f"save key {self._id}")

    async def _save_key(self, account_id: str, text: str) -> None:
        try:
            await self._studio.accounts.set_key(account_id, text)
        except SoraError as error:
            if shiboken6.isValid(self) and account_id == self._id:
                self.form.wrong("key", sentence(error))
            return
        if not shiboken6.isValid(self):
            return
        self._states.forget(account_id)
        if account_id == self._id:
            self.form.wrong("key", "")
            self.key.show_kept()

    def ask_to_remove(self) -> None:
        """Says what will happen, and removes the account when the person agrees."""
        account = self._account()
        if account is None:
            return
        running = sum(not job.ended for job in self._studio.engine.jobs.values() if job.account == account.id)
        text = self.tr("Its key is deleted. Finished videos and their history stay.")
        if running:
            text += "\n\n" + self.tr(
                "{0} of its jobs have not ended. What was sent goes on at the service and may be billed, but cannot be "
                "watched or fetched here any more. What still waits is not sent."
            ).format(running)
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(self.tr("Remove account"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("Remove “{0}”?").format(account.name))
        box.setInformativeText(text)
        yes = box.addButton(self.tr("Remove account"), QMessageBox.ButtonRole.DestructiveRole)
        no = box.addButton(self.tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        yes.setIcon(icon("trash", "danger"))
        box.setDefaultButton(no)
        box.setEscapeButton(no)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        yes.clicked.connect(lambda: self._studio.tasks.spawn(self._remove(account.id), "remove account"))
        box.open()

    async def _remove(self, account_id: str) -> None:
        await self._studio.accounts.remove(account_id)
        if shiboken6.isValid(self):
            self.removed.emit()

    def _measure(self) -> None:
        digits = QFontMetrics(theme().font()).horizontalAdvance("00")
        self.at_once.setFixedWidth(scale(64) + digits)
        self._title.setMinimumWidth(scale(120))
