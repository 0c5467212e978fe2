"""Whether calls get through: one sentence for each account, or for a host that is typed."""

from __future__ import annotations

import asyncio

import shiboken6
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.accounts import Account
from sora_desktop.engine.diagnosis import Diagnosis
from sora_desktop.ui.bind import bind
from sora_desktop.ui.settings.form import WIDEST
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import Elided, button, label, plain
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.words import sentence


class NetworkCheck(QWidget):
    """Walks the way of each enabled account with a free call; or of any host, without a key."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._said: list[tuple[str, Hint]] = []
        self._run = 0
        self.host = QLineEdit()
        self.host.setPlaceholderText(self.tr("Every account; or a host to look for"))
        self.host.setAccessibleName(self.tr("Host to check"))
        self.host.setMaxLength(2000)
        self.host.returnPressed.connect(self.start)
        self.button = button(self.tr("Check the connection"), "field")
        self.button.clicked.connect(self.start)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.host, 1)
        row.addWidget(self.button)
        self._card = QFrame()
        self._card.setProperty("look", "card")
        self._grid = QGridLayout(self._card)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self._card.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(self.tr("Check the connection"), "section"))
        words = self.tr("Goes the account's own way, names the step that fails, and never starts a paid job.")
        column.addWidget(label(words, "secondary", "muted", wrap=True))
        column.addSpacing(4)
        column.addLayout(row)
        column.addWidget(self._card)
        bind(theme().changed, self._measure, self)
        self._measure()

    @property
    def said(self) -> dict[str, str]:
        """The sentence of each account, by its name, or of the host."""
        return {name: hint.text for name, hint in self._said}

    def forget(self) -> None:
        """Takes the sentences away: they were of another way."""
        self._run += 1
        self._clear()
        self._card.hide()
        self.button.setEnabled(True)

    def start(self) -> None:
        """Checks the typed host, or every account that is switched on."""
        self._run += 1
        self._clear()
        self._studio.network.read_again()
        self.button.setEnabled(False)
        host = self.host.text().strip()
        accounts = self._accounts()
        for name in [host] if host else [account.name for account in accounts]:
            self._add(name)
        self._card.show()
        work = self._check_host(host, self._run) if host else self._check_all(accounts, self._run)
        self._studio.tasks.spawn(work, "connection check")

    def _accounts(self) -> list[Account]:
        """Those of the user's; the simulator's where there are no others."""
        on = [account for account in self._studio.accounts.all if account.enabled]
        return [account for account in on if not account.builtin] or on

    def _add(self, name: str) -> None:
        hint = Hint(self.tr("Asking…"), "muted", self._card)  # Shown at once: without a parent as a window.
        title = Elided(face="strong", parent=self._card)
        title.setText(name)
        row = len(self._said)
        self._grid.addWidget(title, row, 0)
        self._grid.addWidget(hint, row, 1)
        self._said.append((name, hint))

    def _clear(self) -> None:
        self._said.clear()
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    async def _check_host(self, host: str, run: int) -> None:
        self._say(0, await self._studio.engine.diagnose("", host), run)
        self._done(run)

    async def _check_all(self, accounts: list[Account], run: int) -> None:
        async def one(row: int, account: Account) -> None:
            self._say(row, await self._studio.engine.diagnose(account.id), run)

        await asyncio.gather(*(one(row, account) for row, account in enumerate(accounts)))
        self._done(run)

    def _say(self, row: int, diagnosis: Diagnosis, run: int) -> None:
        if shiboken6.isValid(self) and run == self._run:
            hint = self._said[row][1]
            hint.say(sentence(diagnosis.code, diagnosis.args), "success" if diagnosis.ok else "danger")
            hint.setToolTip(plain(diagnosis.detail[:400]))

    def _measure(self) -> None:
        self._grid.setColumnMinimumWidth(0, scale(160))
        self.setMaximumWidth(scale(WIDEST))

    def _done(self, run: int) -> None:
        if shiboken6.isValid(self) and run == self._run:
            self.button.setEnabled(True)
