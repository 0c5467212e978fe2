"""Extra headers of an account's calls: names to be seen, values kept and hidden like keys."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.accounts import clean_headers
from sora_desktop.core.errors import SoraError, UserError
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.bind import bind
from sora_desktop.ui.settings.key_field import DOTS, KeyEdit
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import button, label, mark, tool
from sora_desktop.ui.widgets.fold import Fold
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.words import sentence

MOST = 20


class HeaderRow(QWidget):
    """A name and a value. `left` comes when a field was left after a change, `removed` from the button at the end."""

    left = Signal(object)
    removed = Signal(object)

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kept = name
        self.name = QLineEdit(name)
        self.name.setMaxLength(100)
        self.name.setPlaceholderText("X-Team")
        self.name.setAccessibleName(self.tr("Name of the header"))
        self.value = KeyEdit()
        self.value.setMaxLength(4000)
        self.value.left.connect(self._on_escape)
        self.remove = tool("trash", self.tr("Remove the header {0}").format(name) if name else self.tr("Remove"))
        self.remove.clicked.connect(lambda: self.removed.emit(self))
        self._hint = Hint()
        for field in (self.name, self.value):
            field.editingFinished.connect(self._on_left)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.name, 2)
        row.addWidget(self.value, 3)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._hint)
        self.show_kept(name)

    def show_kept(self, name: str) -> None:
        """The header is kept under this name; its value is not shown. Empty: it is a new one."""
        self.kept = name
        if name:
            self.name.setText(name)
            self.name.setCursorPosition(0)
            self.value.clear()
        self.name.setReadOnly(bool(name))
        self.value.setPlaceholderText(f"{DOTS}" if name else self.tr("Value"))
        words = self.tr("Value of {0}, kept; type to replace it").format(name) if name else self.tr("Value")
        self.value.setAccessibleName(words)
        self.wrong("")

    @property
    def whole(self) -> bool:
        """Whether there is a name with a value, new or kept."""
        return bool(self.kept or (self.name.text().strip() and self.value.text().strip()))

    @property
    def problem(self) -> str:
        return self._hint.text

    def wrong(self, text: str) -> None:
        self._hint.say(text)
        for field in (self.name, self.value):
            mark(field, invalid=bool(text))

    def _on_left(self) -> None:
        if self.name.text().strip() and self.value.text().strip():
            self.left.emit(self)

    def _on_escape(self) -> None:
        self.value.clear()
        self.wrong("")
        if not self.kept:
            self.removed.emit(self)


class HeadersSection(QWidget):
    """Shows and changes the extra headers of one account. A header counts when its value is left."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._id = ""
        self.rows: list[HeaderRow] = []
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(8)
        words = self.tr(
            "Sent with every call to this account's address, for a gateway that asks for them. Their values are kept "
            "like the key, and go nowhere else."
        )
        self._column.addWidget(label(words, "secondary", "muted", wrap=True))
        self.add = button(self.tr("Add header"), "small", "plus")
        self.add.clicked.connect(self.add_row)
        self._column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.said = Hint("", "muted")
        self._column.addWidget(self.said)
        self.fold = Fold(self.tr("Extra headers"), body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addWidget(self.fold)
        bind(studio.accounts.changed, self._on_accounts_changed, self)

    def show_account(self, account_id: str) -> None:
        """Turns to an account. A row that is being written stays when it is the one that is shown already."""
        again, self._id = account_id == self._id, account_id
        account = self._studio.accounts.get(account_id)
        self.setVisible(account is not None and not account.builtin)
        if not again:
            for row in tuple(self.rows):
                self._drop(row)
            self.said.say("")
            self._fill()
            self.fold.set_open(bool(self.rows))
        self._ask_state()

    @property
    def names(self) -> tuple[str, ...]:
        account = self._studio.accounts.get(self._id)
        return account.header_names if account else ()

    def add_row(self) -> None:
        """A new row, to be written."""
        row = next((row for row in self.rows if not row.kept), None) or self._make("")
        row.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self) -> None:
        """The rows of what is kept; those that are being written stay."""
        names = self.names
        for row in tuple(self.rows):
            if row.kept and row.kept not in names:
                self._drop(row)
        there = {row.kept for row in self.rows}
        for name in names:
            if name not in there:
                self._make(name)
        self._show_count()

    def _make(self, name: str) -> HeaderRow:
        row = HeaderRow(name)
        row.left.connect(self._on_left)
        row.removed.connect(self._on_removed)
        self.rows.append(row)
        self._column.insertWidget(len(self.rows), row)
        row.show()  # At once, for the focus that goes there; a layout shows it only later.
        before = self.rows[-2].remove if len(self.rows) > 1 else self.fold.header
        for after in (row.name, row.value, row.remove, self.add):
            QWidget.setTabOrder(before, after)
            before = after
        self._show_count()
        return row

    def _drop(self, row: HeaderRow) -> None:
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._show_count()

    def _show_count(self) -> None:
        self.fold.header.set_note(str(len(self.names)) if self.names else "")
        self.add.setEnabled(len(self.rows) < MOST)

    def _on_left(self, row: HeaderRow) -> None:
        name, value = row.name.text().strip(), row.value.text().strip()
        same = [one for one in self.rows if one is not row and one.kept.casefold() == name.casefold()]
        try:
            if same:
                raise UserError("header_twice", name=name)
            clean_headers({name: value})
        except UserError as error:
            row.wrong(sentence(error))
            return
        row.wrong("")
        self._keep(row)

    def _on_removed(self, row: HeaderRow) -> None:
        at = self.rows.index(row)
        had_focus = row.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self._drop(row)
        if had_focus:
            near = self.rows[min(at, len(self.rows) - 1)].value if self.rows else self.add
            near.setFocus(Qt.FocusReason.OtherFocusReason)
        if row.kept:
            self._keep(None)

    def _keep(self, changed: HeaderRow | None) -> None:
        wanted: dict[str, str | None] = {row.kept: None for row in self.rows if row.kept}
        if changed is not None:
            wanted[changed.kept or changed.name.text().strip()] = changed.value.text().strip()
        self._studio.tasks.spawn(self._save(self._id, wanted, changed), "save headers")

    async def _save(self, account_id: str, wanted: dict[str, str | None], row: HeaderRow | None) -> None:
        try:
            await self._studio.accounts.set_headers(account_id, wanted)
        except SoraError as error:
            if shiboken6.isValid(self) and account_id == self._id:
                if row is not None and shiboken6.isValid(row):
                    row.wrong(sentence(error))
                else:
                    self.said.say(sentence(error), "danger")
                    self._fill()
            return
        if shiboken6.isValid(self) and account_id == self._id:
            if row is not None and shiboken6.isValid(row) and row in self.rows:
                row.show_kept(row.kept or row.name.text().strip())
            self._fill()
            self._ask_state()

    def _on_accounts_changed(self) -> None:
        if not self.isHidden():
            self._ask_state()

    def _ask_state(self) -> None:
        if self.names:
            self._studio.tasks.spawn(self._show_state(self._id), "headers of an account")
        else:
            self.said.say("")

    async def _show_state(self, account_id: str) -> None:
        state = await self._studio.accounts.headers_state(account_id)
        if not shiboken6.isValid(self) or account_id != self._id:
            return
        match state:
            case SecretState.FOUND:
                self.said.say(self.tr("The values are in the system keyring."), "muted")
            case SecretState.SESSION:
                words = self.tr("The values are kept for this session only: no system keyring took them.")
                self.said.say(words, "warning")
            case SecretState.LOCKED:
                self.said.say(self.tr("The keyring is locked. Unlock it in the system's own dialog."), "warning")
            case SecretState.MISSING | SecretState.UNAVAILABLE:
                words = self.tr("The values are not kept here. Enter them again: nothing can be sent without them.")
                self.said.say(words if self.names else "", "warning")
