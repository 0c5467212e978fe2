"""The fields of one account. Each change counts when its field is left; what is wrong is said there and not kept."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from sora_desktop.core.accounts import Account
from sora_desktop.core.addresses import mend_base_url
from sora_desktop.core.catalog import Provider
from sora_desktop.core.errors import SoraError, UserError
from sora_desktop.ui.account_colours import colours_of
from sora_desktop.ui.bind import bind
from sora_desktop.ui.settings.account_state import AccountStates
from sora_desktop.ui.settings.colour_field import ColourField
from sora_desktop.ui.settings.form import Form, beside
from sora_desktop.ui.settings.key_field import KeyField
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import label, tool
from sora_desktop.ui.widgets.fields import Combo, Spin
from sora_desktop.ui.words import credits, sentence

MOST_AT_ONCE = 20
MOST_PER_MINUTE = 600
OWN = ("name", "colour", "key", "url", "proxy")
"""The rows that only an account of the user's has."""


class AccountForm(Form):
    """Shows the account of `show_account`. `kept` names an account after a change of it was committed."""

    kept = Signal(str)

    def __init__(self, studio: Studio, states: AccountStates, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._states = studio, states
        self._id = ""
        self._filling = False
        self._typed: dict[str, str] = {}
        self._make_identity()
        self._make_address()
        self._make_limits()
        bind(theme().changed, self._measure_boxes, self)
        self._measure_boxes()

    def _make_identity(self) -> None:
        self.name = QLineEdit()
        self.name.setMaxLength(100)
        self.name.editingFinished.connect(self._on_name_left)
        self.add("name", self.tr("Name"), self.name)
        self.colour = ColourField()
        self.colour.chosen.connect(lambda name: self.change("colour", colour=name))
        self.add("colour", self.tr("Colour"), self.colour)
        self.key = KeyField()
        self.key.entered.connect(self._on_key_entered)
        self.key.abandoned.connect(lambda: self.wrong("key", ""))
        self.add("key", self.tr("API key"), self.key, target=self.key.edit)

    def _make_address(self) -> None:
        self.base_url = QLineEdit()
        self.base_url.textEdited.connect(lambda _text: self._say_address())
        self.base_url.editingFinished.connect(self._on_url_left)
        self.reset_url = tool("retry", self.tr("Back to the service's own address"))
        self.reset_url.clicked.connect(self._on_url_reset)
        self.add("url", self.tr("Base URL"), beside(self.base_url, self.reset_url), target=self.base_url)
        self.allow_http = QCheckBox(self.tr("Send the key over plain http:// to this address"))
        self.allow_http.toggled.connect(self._on_allow_http)
        self.add("http", "", self.allow_http)
        self.proxy = Combo()
        for value, words in (
            ("default", self.tr("As in Network")),
            ("system", self.tr("The system's proxy")),
            ("manual", self.tr("The proxy entered in Network")),
            ("none", self.tr("No proxy")),
        ):
            self.proxy.addItem(words, value)
        self.proxy.activated.connect(lambda: self.change("proxy", proxy=str(self.proxy.currentData())))
        self.add("proxy", self.tr("Proxy"), self.proxy)

    def _make_limits(self) -> None:
        self.at_once = Spin(1, MOST_AT_ONCE)
        self.at_once.valueChanged.connect(lambda value: self.change("at_once", at_once=value))
        self.per_minute = Spin(1, MOST_PER_MINUTE)
        self.per_minute.valueChanged.connect(lambda value: self.change("per_minute", per_minute=value))
        self._at_once_words = label(self.tr("jobs; more wait in the queue"), "secondary", "muted", wrap=True)
        self._per_minute_words = label("", "secondary", "muted", wrap=True)
        for row, title, box, words in (
            ("at_once", self.tr("At the same time"), self.at_once, self._at_once_words),
            ("per_minute", self.tr("Per minute"), self.per_minute, self._per_minute_words),
        ):
            self.add(row, title, beside(box, words, stretch=1), target=box)
            box.setAccessibleDescription(words.text())
        self.model = Combo()
        self.model.activated.connect(lambda: self.change("model", default_model=str(self.model.currentData())))
        self.add("model", self.tr("Default model"), self.model)

    @property
    def account_id(self) -> str:
        return self._id

    def show_account(self, account_id: str) -> None:
        """Turns to an account. What was typed and not left yet stays when it is the one that is shown already."""
        again = account_id == self._id
        self._id = account_id
        if not again:
            self.key.show_kept()
            self.clear()
        self.fill(everything=not again)

    def say_typed(self, account_id: str, address: str) -> None:
        """The address of an account as the user wrote it: where it was mended, that is said."""
        self._typed[account_id] = address.strip()
        if account_id == self._id:
            self._say_address()

    def account(self) -> Account | None:
        return self._studio.accounts.get(self._id)

    def fill(self, *, everything: bool = False) -> None:
        """Shows the account as it is kept. What is being typed is left alone unless `everything` is to be new."""
        account, provider = self.account(), self._studio.accounts.provider(self._id)
        if account is None:
            return
        # No file may describe its service any more; what the account is does not depend on that.
        provider = provider or Provider(id=account.provider, name=account.provider, dialect="", base_url="")
        self._filling = True
        for field, text in ((self.name, account.name), (self.base_url, account.base_url)):
            if everything or not field.isModified():
                field.setText(text)
                field.setCursorPosition(0)
        own = not account.builtin
        for row in OWN:
            self.set_shown(row, own)
        self.set_shown("http", own and (account.allow_http or bool(self.text_of("url"))))
        self.allow_http.setChecked(account.allow_http)
        address = self._own_address(account)
        self.reset_url.setVisible(bool(address))
        self.reset_url.setEnabled(account.base_url != address)
        self.colour.set_value(colours_of(self._studio.accounts.all).get(account.id, ""))
        self.proxy.setCurrentIndex(max(0, self.proxy.findData(account.proxy)))
        self.key.set_hint(provider.key_hint)
        self._fill_limits(account, provider, everything)
        self._fill_models(account, provider)
        self._filling = False
        self._say_address()
        self.show_state()

    def _fill_limits(self, account: Account, provider: Provider, everything: bool) -> None:
        for box, value in ((self.at_once, account.at_once), (self.per_minute, account.per_minute)):
            if everything or not box.hasFocus():
                box.setValue(value)
        usual = self.tr("calls to the service; usual here: {0}").format(provider.per_minute)
        self._per_minute_words.setText(usual)
        self.per_minute.setAccessibleDescription(usual)

    def _fill_models(self, account: Account, provider: Provider) -> None:
        self.set_shown("model", bool(provider.models))
        if self.model.view().isVisible():
            return
        self.model.clear()
        for model in provider.models:
            if model.pickable or model.id == account.default_model:
                price = f" · {credits(model.credits)}" if model.credits is not None else ""
                self.model.addItem(f"{model.name}{price}", model.id)
        self.model.setCurrentIndex(max(0, self.model.findData(account.default_model)))

    def show_state(self) -> None:
        """Where the key is, as far as it is known."""
        state = self._states.of(self._id)
        provider = self._studio.accounts.provider(self._id)
        needed = provider is None or provider.needs_key
        self.key.show_state(state.key, state.tail, self._studio.secrets.backend_name(), needed=needed)

    def _say_address(self) -> None:
        """The quiet lines below the address: from what it was mended, and which jobs stay with another one."""
        account = self.account()
        if account is None or account.builtin:
            self.note("url", "")
            return
        lines: list[str] = []
        typed = self._typed.get(account.id, "")
        if typed and typed != account.base_url and not self.base_url.isModified():
            lines.append(self._mended(account, typed))
        jobs = [job for job in self._studio.engine.jobs.values() if job.account == account.id and not job.ended]
        away = sum(job.base_url != account.base_url for job in jobs)
        if self.base_url.isModified() and jobs:
            words = self.tr("{0} jobs under way stay with the address they were made for.")
            lines.append(
                words.format(len(jobs)) if len(jobs) > 1 else self.tr("1 job under way stays with its address.")
            )
        elif away:
            words = self.tr("{0} jobs go on at the address before, with the key of that time.")
            one = self.tr("1 job goes on at the address before, with the key of that time.")
            lines.append(words.format(away) if away > 1 else one)
        self.note("url", "\n".join(filter(None, lines)))

    def _mended(self, account: Account, typed: str) -> str:
        provider = self._studio.catalog.provider(account.provider)
        try:
            mended = mend_base_url(typed, allow_http=account.allow_http, tails=provider.endings if provider else ())
        except UserError:
            return ""
        what = [sentence(str(mend), {"cut": mended.cut}) for mend in mended.mends]
        return " ".join((self.tr("Mended from “{0}”.").format(typed[:200]), *what))

    # What the person does.

    def _on_name_left(self) -> None:
        if self.name.isModified():
            self.change("name", name=self.name.text())

    def _on_url_left(self) -> None:
        if self.base_url.isModified():
            self.change("url", base_url=self.base_url.text())

    def _on_url_reset(self) -> None:
        account = self.account()
        if account is not None:
            address = self._own_address(account)
            self.base_url.setText(address)
            self.change("url", base_url=address)

    def _own_address(self, account: Account) -> str:
        """The service's address as the catalogue has it; empty for a server of the user's own."""
        provider = self._studio.catalog.provider(account.provider)
        return provider.base_url if provider else ""

    def _on_allow_http(self, on: bool) -> None:
        self.change("url", allow_http=on, base_url=self.base_url.text())

    def change(self, row: str, **changes: object) -> None:
        """Commits a change; what is wrong with it is said at the row."""
        account = self.account()
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
                self.wrong(row, sentence(error))
                if error.code == "url_plain_http":
                    self.set_shown("http", True)
            return
        if not shiboken6.isValid(self):
            return
        if "base_url" in changes:
            self._states.forget(account_id)
            self._typed[account_id] = str(changes["base_url"]).strip()
        if account_id == self._id:
            for name, field in (("name", self.name), ("url", self.base_url)):
                if row == name:
                    field.setModified(False)
                    self.wrong(name, "")
            self.fill()
        self.kept.emit(account_id)

    def _on_key_entered(self, text: str) -> None:
        self._studio.tasks.spawn(self._save_key(self._id, text), f"save key {self._id}")

    async def _save_key(self, account_id: str, text: str) -> None:
        try:
            await self._studio.accounts.set_key(account_id, text)
        except SoraError as error:
            if shiboken6.isValid(self) and account_id == self._id:
                self.wrong("key", sentence(error))
            return
        if not shiboken6.isValid(self):
            return
        self._states.forget(account_id)
        if account_id == self._id:
            self.wrong("key", "")
            self.key.show_kept()

    def _measure_boxes(self) -> None:
        digits = QFontMetrics(theme().font()).horizontalAdvance("000")
        for box in (self.at_once, self.per_minute):
            box.setFixedWidth(scale(60) + digits)
