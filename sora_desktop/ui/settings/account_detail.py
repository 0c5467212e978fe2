"""One account: what may be changed of it, its key, its test, its removal."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.settings.account_form import AccountForm
from sora_desktop.ui.settings.account_state import AccountStates
from sora_desktop.ui.settings.form import head
from sora_desktop.ui.settings.headers_section import HeadersSection
from sora_desktop.ui.settings.reference_host import ReferenceHostSection
from sora_desktop.ui.settings.server_card import ServerCard
from sora_desktop.ui.settings.test_card import TestCard, promise
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import Elided, button, label
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.widgets.switch import Switch
from sora_desktop.ui.words import sentence

HOST = "host"
"""The part of the page that `show_account` can be asked to bring into sight: the reference host."""


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
        self.form = AccountForm(studio, states)
        self.form.kept.connect(lambda _account: self._fill())
        self.enabled.toggled.connect(self._on_enabled)
        self._gone = Hint("", "warning")
        self.card = TestCard()
        self.card.wanted.connect(lambda: self._states.test(self._id))
        self._promise = label("", "secondary", "muted", wrap=True)
        self._promise.setContentsMargins(2, 0, 0, 0)
        self.server = ServerCard(studio)
        self.server.checked.connect(self._states.test)
        self.headers = HeadersSection(studio)
        self.host = ReferenceHostSection(studio)
        self.remove = button(self.tr("Remove account…"), "danger", "trash")
        self.remove.clicked.connect(self.ask_to_remove)
        self._lay_out()
        bind(studio.accounts.changed, self._fill, self)
        bind(states.changed, self._on_state_changed, self)
        bind(theme().changed, self._measure, self)
        self._measure()

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 18, 24, 12)
        column.setSpacing(10)
        for widget in (self._gone, self.form, self.server, self.card, self._promise, self.headers, self.host):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignLeft)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = head(self._title, self._enabled_word, self.enabled)
        top_row = top.layout()
        assert top_row is not None
        top_row.setStretch(0, 1)  # type: ignore[attr-defined]
        layout.addWidget(top)
        layout.addWidget(self._scroll, 1)

    @property
    def account_id(self) -> str:
        return self._id

    @property
    def gone(self) -> str:
        """Says that no file describes the account's service any more; empty where one does."""
        return self._gone.text

    def show_account(self, account_id: str, part: str = "") -> None:
        """Turns to an account, and to a part of its page (`HOST`)."""
        if account_id != self._id:
            self._scroll.verticalScrollBar().setValue(0)
        self._id = account_id
        self.form.show_account(account_id)
        self.server.show_account(account_id)
        self.headers.show_account(account_id)
        self.host.show_account(account_id)
        self._fill()
        if part == HOST and not self.host.isHidden():
            self.host.take_focus()
            # Only when everything has its height there is a place to scroll to.
            QTimer.singleShot(0, self, lambda: self.scroll_to(self.host))

    def scroll_to(self, part: QWidget) -> None:
        """Brings a part of the page to its top, as far as there is page below it."""
        self._scroll.verticalScrollBar().setValue(part.y())

    def _fill(self) -> None:
        account = self._studio.accounts.get(self._id)
        if account is None:
            return
        self.form.fill()
        provider = self._studio.accounts.provider(self._id)
        self._gone.say("" if provider else sentence("provider_gone", {"name": account.provider}))
        self.card.setVisible(provider is not None)
        self._promise.setText(promise(provider) if provider else "")
        self._promise.setVisible(provider is not None)
        self._title.setText(account.name)
        self._filling = True
        self.enabled.setChecked(account.enabled)
        self._filling = False
        self.remove.setVisible(not account.builtin)
        self._on_state_changed(self._id)

    def _on_enabled(self, on: bool) -> None:
        if not self._filling:
            self.form.change("", enabled=on)

    def _on_state_changed(self, account_id: str) -> None:
        if account_id == self._id:
            self.form.show_state()
            self.card.show_state(self._states.of(account_id), self._studio.accounts.provider(account_id))

    def ask_to_remove(self) -> None:
        """Says what will happen, and removes the account when the person agrees."""
        account = self._studio.accounts.get(self._id)
        if account is None:
            return
        running = sum(not job.ended for job in self._studio.engine.jobs.values() if job.account == account.id)
        text = self.tr("Its key is deleted. Finished videos and their history stay.")
        if running:
            text += "\n\n" + self.tr(
                "{0} of its jobs have not ended. What was sent goes on at the service and may be billed, but is "
                "watched and fetched here only when the account is added again. What waits is not sent before."
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
        self._title.setMinimumWidth(scale(120))
