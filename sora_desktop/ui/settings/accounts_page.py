"""The accounts: a list at the left, the chosen one at the right."""

from __future__ import annotations

import shiboken6
from PySide6.QtGui import QResizeEvent, QShowEvent
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
MOST_LIST = 0.4
"""The most of the page's width that the list takes, at large text and in a small dialog."""


class AccountsPage(QWidget):
    """Asks for keys only once it is on the screen: a locked keyring may open a dialog of its own."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.states = AccountStates(studio, self)
        self.list = AccountList(studio, self.states)
        self.detail = AccountDetail(studio, self.states)
        self.new = NewAccount(studio)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.detail)
        self._stack.addWidget(self.new)

        self.add = button(self.tr("Add account"), "menu", "plus")
        self._menu = QMenu(self.add)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._fill_menu()
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
        self.notes = button(self.tr("Catalogue notes…"), "link")
        self.notes.setToolTip(self.tr("When the lists of models were fetched, and what in them could not be read"))
        self.notes.clicked.connect(self.show_notes)
        below = QHBoxLayout()
        below.setContentsMargins(16, 0, 16, 12)
        below.addWidget(self.notes)
        below.addStretch(1)
        column.addLayout(below)

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

    def turn_to(self, account_id: str = "", new_provider: str = "", part: str = "") -> None:
        """Shows an account (the current one for none given) and a part of it, or begins a new one of a provider.

        A new account that is being written stays, where none is asked for.
        """
        if new_provider:
            self.start_new(new_provider)
        elif account_id or not (self.adding and self.new.begun):
            self.list.choose(account_id or self.list.current_id)
            self._on_chosen(self.list.current_id, part)

    def show_notes(self) -> None:
        """Opens the catalogue notes."""
        from sora_desktop.ui.catalogue_notes import show_notes

        show_notes(self._studio, self)

    def start_new(self, provider_id: str) -> None:
        """Begins a new account of a provider."""
        self._stack.setCurrentWidget(self.new)
        self.list.clearSelection()
        self.new.start(provider_id)

    def _fill_menu(self) -> None:
        """The services as they are now: a file of the user's may have brought another."""
        self._menu.clear()
        for provider in self._studio.catalog.providers:
            action = self._menu.addAction(provider.name.replace("&", "&&"))
            action.setToolTip(provider.summary)
            action.triggered.connect(lambda _checked=False, name=provider.id: self.start_new(name))

    @property
    def adding(self) -> bool:
        """Whether a new account is being written."""
        return self._stack.currentWidget() is self.new

    def _on_chosen(self, account_id: str, part: str = "") -> None:
        if account_id:
            self.list.choose(account_id)
            item = self.list.currentItem()
            if item is not None:
                item.setSelected(True)
            self._stack.setCurrentWidget(self.detail)
            self.detail.show_account(account_id, part)

    def _on_added(self, account_id: str, address: str) -> None:
        self.turn_to(account_id)
        self.detail.form.say_typed(account_id, address)
        if self._studio.servers.is_server(account_id):
            self.detail.server.start_check()
        else:
            self.states.test(account_id)

    def _on_cancelled(self) -> None:
        self.new.forget()
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _measure(self) -> None:
        self._left.setFixedWidth(min(scale(LIST), round(self.width() * MOST_LIST)))
        self.add.setIcon(icon("plus", "text"))
