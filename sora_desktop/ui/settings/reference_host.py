"""Where an account puts files of the user's, when its service takes references by public address only."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.accounts import Account, ReferenceHost, clean_host
from sora_desktop.core.errors import ProviderError, SoraError, UserError
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.bind import bind
from sora_desktop.ui.settings.form import Form
from sora_desktop.ui.settings.key_field import KeyField
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.widgets.fields import Combo
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.widgets.segments import Choice, Segments
from sora_desktop.ui.words import duration, sentence

HOUR = 3600
LIFETIMES = (HOUR, 6 * HOUR, 24 * HOUR, 3 * 24 * HOUR, 7 * 24 * HOUR)
"""Seconds that a link may live; a week is the most that presigned addresses allow."""
FIELDS = ("endpoint", "region", "bucket", "prefix", "access_key")


class ReferenceHostSection(QWidget):
    """Shows and changes the reference host of one account. What is whole is kept at once; what is not waits."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._id = ""
        self._filling = False
        self._build()
        self._lay_out()
        bind(studio.accounts.changed, self._on_accounts_changed, self)

    # Building.

    def _build(self) -> None:
        self.kind = Segments(
            [
                Choice("", self.tr("None")),
                Choice("s3", self.tr("S3 bucket")),
                Choice("account", self.tr("Another account")),
            ]
        )
        self.kind.setAccessibleName(self.tr("Reference host"))
        self.kind.chosen.connect(lambda _kind: self._on_changed())
        self.form = Form()
        self.fields: dict[str, QLineEdit] = {}
        words = {
            "endpoint": (self.tr("Endpoint"), "https://s3.example.com"),
            "region": (self.tr("Region"), "us-east-1"),
            "bucket": (self.tr("Bucket"), ""),
            "prefix": (self.tr("Folder"), self.tr("None: at the top of the bucket")),
            "access_key": (self.tr("Access key id"), ""),
        }
        for name, (title, hint) in words.items():
            field = self.fields[name] = QLineEdit()
            field.setPlaceholderText(hint)
            field.editingFinished.connect(self._on_field_left)
            self.form.add(name, title, field)
        self.secret = KeyField()
        self.secret.set_hint(self.tr("Paste the secret key"))
        self.secret.edit.setAccessibleName(self.tr("Secret key"))
        self.secret.entered.connect(self._on_secret_entered)
        self.form.add("secret", self.tr("Secret key"), self.secret, target=self.secret.edit)
        self.path_style = QCheckBox(self.tr("Bucket in the path, not in the host name"))
        self.path_style.toggled.connect(lambda _on: self._on_changed())
        self.form.add("path_style", "", self.path_style)
        self.lifetime = Combo()
        for seconds in LIFETIMES:
            self.lifetime.addItem(_span(seconds), seconds)
        self.lifetime.activated.connect(lambda _row: self._on_changed())
        self.form.add("link_seconds", self.tr("Links live"), self.lifetime)
        self.account = Combo()
        self.account.activated.connect(lambda _row: self._on_changed())
        self.form.add("account", self.tr("Account"), self.account)
        self.test = button(self.tr("Test"))
        self.test.clicked.connect(self.start_test)
        self.said = Hint("", "muted")

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(self.tr("Reference host"), "section"))
        words = self.tr(
            "This service takes references by public address only. Files of yours are put here first; the service "
            "fetches them by links that nobody can guess."
        )
        column.addWidget(label(words, "secondary", "muted", wrap=True))
        column.addWidget(self.kind)
        column.addSpacing(4)
        column.addWidget(self.form)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self.test, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        foot.addWidget(self.said, 1)
        column.addLayout(foot)

    # What is shown.

    def show_account(self, account_id: str) -> None:
        """Turns to an account; hides where its service takes files itself."""
        self._id = account_id
        self.secret.show_kept()
        self.said.say("")
        account = self._account()
        self.setVisible(account is not None and not account.builtin and self._needed())
        self._fill(account.reference_host if account else None)
        self._ask_secret()

    def take_focus(self) -> None:
        """Puts the focus where the choice is made."""
        at = next((one for one in self.kind.segments if one.choice.value == self.kind.value), self.kind.segments[0])
        at.setFocus(Qt.FocusReason.OtherFocusReason)

    def _account(self) -> Account | None:
        return self._studio.accounts.get(self._id)

    def _needed(self) -> bool:
        rules = (model.references for model in self._studio.accounts.models(self._id))
        return any(rule is not None and not rule.upload and not rule.attach for rule in rules)

    def _fill(self, host: ReferenceHost | None) -> None:
        self._filling = True
        self.kind.set_value(host.kind if host else "")
        shown = host or ReferenceHost(kind="s3")
        for name, field in self.fields.items():
            field.setText(str(getattr(shown, name)) if host is not None and host.kind == "s3" else "")
            field.setModified(False)
        self.path_style.setChecked(shown.path_style)
        row = self.lifetime.findData(shown.link_seconds)
        if row < 0:
            self.lifetime.addItem(_span(shown.link_seconds), shown.link_seconds)
            row = self.lifetime.count() - 1
        self.lifetime.setCurrentIndex(row)
        self._fill_accounts(shown.account)
        self._filling = False
        self._show_rows()

    def _fill_accounts(self, chosen: str) -> None:
        self.account.clear()
        for one in self._studio.accounts.all:
            if one.id != self._id and not one.builtin and self._studio.engine.references.upload_models(one):
                self.account.addItem(one.name, one.id)
        self.account.setCurrentIndex(max(0, self.account.findData(chosen)) if self.account.count() else -1)

    def _show_rows(self) -> None:
        kind = self.kind.value
        for name in (*FIELDS, "secret", "path_style", "link_seconds"):
            self.form.set_shown(name, kind == "s3")
        self.form.set_shown("account", kind == "account")
        self.form.setVisible(bool(kind))
        self.test.setVisible(bool(kind))

    def _on_accounts_changed(self) -> None:
        account = self._account()
        if account is None:
            return
        if self.kind.value == "account" and not self.account.view().isVisible():
            self._filling = True
            self._fill_accounts(str(self.account.currentData() or ""))
            self._filling = False
        self._ask_secret()

    def _ask_secret(self) -> None:
        if not self.isHidden():
            self._studio.tasks.spawn(self._show_secret(self._id), "secret of the reference host")

    async def _show_secret(self, account_id: str) -> None:
        self.secret.show_state(None, "", "")
        state = await self._studio.accounts.host_secret_state(account_id)
        if shiboken6.isValid(self) and account_id == self._id:
            self.secret.show_state(state, "", self._studio.secrets.backend_name())

    # What the person does.

    def wanted(self) -> ReferenceHost | None:
        """What stands in the fields; None for no host."""
        match self.kind.value:
            case "s3":
                texts = {name: field.text() for name, field in self.fields.items()}
                return ReferenceHost(
                    kind="s3",
                    path_style=self.path_style.isChecked(),
                    link_seconds=int(self.lifetime.currentData()),
                    **texts,
                )
            case "account":
                return ReferenceHost(kind="account", account=str(self.account.currentData() or ""))
            case _:
                return None

    def _on_field_left(self) -> None:
        if any(field.isModified() for field in self.fields.values()):
            self._on_changed()

    def _on_changed(self) -> None:
        if self._filling:
            return
        self._show_rows()
        self._ask_secret()
        for name in self.fields:
            self.form.wrong(name, "")
        host = self.wanted()
        try:
            host = clean_host(host) if host is not None else None
        except UserError as error:
            self._say_wrong(error)
            return
        for field in self.fields.values():
            field.setModified(False)
        self.said.say("")
        self._studio.tasks.spawn(self._save(self._id, host), "save reference host")

    def _say_wrong(self, error: UserError) -> None:
        row = {"host_bucket": "bucket"}.get(error.code, "endpoint" if error.code.startswith("url_") else "")
        if row:
            self.form.wrong(row, sentence(error))
            self.said.say("")
        elif error.code == "host_account_gone":
            self.said.say(self.tr("Add an account that takes uploads first."), "muted")
        else:
            self.said.say(self.tr("Not in use yet. {0}").format(sentence(error)), "muted")

    async def _save(self, account_id: str, host: ReferenceHost | None) -> None:
        account = self._studio.accounts.get(account_id)
        if account is None or account.reference_host == host:
            return
        try:
            await self._studio.accounts.save(account.model_copy(update={"reference_host": host}))
        except SoraError as error:
            if shiboken6.isValid(self) and account_id == self._id:
                self.said.say(sentence(error), "danger")

    def _on_secret_entered(self, text: str) -> None:
        self._studio.tasks.spawn(self._save_secret(self._id, text), "save secret of the reference host")

    async def _save_secret(self, account_id: str, text: str) -> None:
        try:
            state = await self._studio.accounts.set_host_secret(account_id, text)
        except SoraError as error:
            self.form.wrong("secret", sentence(error))
            return
        if shiboken6.isValid(self) and account_id == self._id:
            self.form.wrong("secret", "")
            self.secret.show_kept()
            self.secret.show_state(state or SecretState.MISSING, "", self._studio.secrets.backend_name())

    def start_test(self) -> None:
        """Puts a small file there, fetches it by its link and removes it again."""
        self.test.setEnabled(False)
        self.said.say(self.tr("Putting a small file there…"), "muted")
        self._studio.tasks.spawn(self._test(self._id, self.wanted()), "test reference host")

    async def _test(self, account_id: str, host: ReferenceHost | None) -> None:
        text, tone = self.tr("It works: a small file was put there, fetched by its link, and removed again."), "success"
        if host is not None and host.kind == "account":
            text = self.tr("It works: this account takes uploads and has its key.")
        try:
            await self._studio.engine.references.test_host(account_id, host)
        except ProviderError as error:
            detail = error.failure.detail[:300]
            text, tone = sentence(error.failure), "danger"
            text = "\n".join(filter(None, (text, detail and self.tr("It says: {0}").format(detail))))
        except SoraError as error:
            text, tone = sentence(error), "danger"
        if shiboken6.isValid(self):
            self.test.setEnabled(True)
            if account_id == self._id:
                self.said.say(text, tone)


def _span(seconds: int) -> str:
    days, rest = divmod(seconds, 24 * HOUR)
    if days and not rest:
        words = QCoreApplication.translate("ReferenceHost", "1 day")
        return words if days == 1 else QCoreApplication.translate("ReferenceHost", "{0} days").format(days)
    return QCoreApplication.translate("ReferenceHost", "1 h") if seconds == HOUR else duration(seconds)
