"""The accounts: a list at the left, the chosen one at the right."""

from __future__ import annotations

import shiboken6
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.settings.account_detail import AccountDetail
from sora_desktop.ui.settings.account_list import AccountList
from sora_desktop.ui.settings.account_state import AccountStates
from sora_desktop.ui.settings.form import head
from sora_desktop.ui.settings.new_account import NewAccount
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.widgets.hints import Picture

LIST = 360


class AccountsPage(QWidget):
    """Asks for keys only once it is on the screen: a locked keyring may open a dialog of its own."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.states = AccountStates(studio, self)
        self.list = AccountList(studio, self.states)
        self.detail = AccountDetail(studio, self.states)
        self.new = NewAccount(studio, self.states)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.detail)
        self._stack.addWidget(self.new)

        self.add = button(self.tr("Add account"), "menu", "plus")
        self._menu = QMenu(self.add)
        for provider in studio.catalog.providers:
            action = self._menu.addAction(provider.name.replace("&", "&&"))
            action.setToolTip(provider.summary)
            action.triggered.connect(lambda _checked=False, name=provider.id: self.start_new(name))
        self.add.setMenu(self._menu)
        self.add.setAccessibleDescription(self.tr("Opens a menu of services"))

        self._left = left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = head(label(self.tr("Accounts"), "title"), self.add)
        top_row = top.layout()
        assert top_row is not None
        top_row.setContentsMargins(16, 0, 12, 0)
        column.addWidget(top)
        column.addWidget(self.list, 1)
        hint = QHBoxLayout()
        hint.setContentsMargins(16, 8, 16, 12)
        hint.setSpacing(8)
        hint.addWidget(Picture("info", "muted", 14))
        words = self.tr("Drag to set which account the picker offers first.")
        hint.addWidget(label(words, "secondary", "muted", wrap=True), 1)
        column.addLayout(hint)

        between = QFrame()
        between.setProperty("look", "column-line")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(left)
        layout.addWidget(between)
        layout.addWidget(self._stack, 1)

        self.list.chosen.connect(self._on_chosen)
        self.list.ordered.connect(self._on_ordered)
        self.new.added.connect(self._on_added)
        self.new.cancelled.connect(self._on_cancelled)
        self.detail.removed.connect(lambda: self.turn_to(""))
        bind(theme().changed, self._measure, self)
        self._measure()

    @property
    def menu(self) -> QMenu:
        """The services an account can be added of."""
        return self._menu

    def turn_to(self, account_id: str = "", new_provider: str = "") -> None:
        """Shows an account (the current one for none given), or begins a new one of a provider."""
        if new_provider:
            self.start_new(new_provider)
            return
        self.list.choose(account_id or self.list.current_id)
        self._on_chosen(self.list.current_id)

    def start_new(self, provider_id: str) -> None:
        """Begins a new account of a provider."""
        self._stack.setCurrentWidget(self.new)
        self.list.clearSelection()
        self.new.start(provider_id)

    @property
    def adding(self) -> bool:
        """Whether a new account is being written."""
        return self._stack.currentWidget() is self.new

    def _on_chosen(self, account_id: str) -> None:
        if account_id:
            self.list.choose(account_id)
            item = self.list.currentItem()
            if item is not None:
                item.setSelected(True)
            self._stack.setCurrentWidget(self.detail)
            self.detail.show_account(account_id)

    def _on_added(self, account_id: str) -> None:
        self.turn_to(account_id)

    def _on_cancelled(self) -> None:
        self.new.key.clear()
        self.turn_to()

    def _on_ordered(self, ids: list[str]) -> None:
        self._studio.tasks.spawn(self._order(ids), "order of the accounts")

    async def _order(self, ids: list[str]) -> None:
        for position, account_id in enumerate(ids, 1):
            account = self._studio.accounts.get(account_id)
            if account is not None and account.position != position:
                await self._studio.accounts.save(account.model_copy(update={"position": float(position)}))
        if shiboken6.isValid(self):
            self.list.fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.states.ask_all()

    def _measure(self) -> None:
        self._left.setFixedWidth(scale(LIST))
        self.add.setIcon(icon("plus", "text"))
