"""The settings: pages at the left, found by what is written on them; every change counts at once."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sora_desktop import __version__
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.settings.accounts_page import AccountsPage
from sora_desktop.ui.settings.appearance_page import AppearancePage
from sora_desktop.ui.settings.files_page import FilesPage
from sora_desktop.ui.settings.network_page import NetworkPage
from sora_desktop.ui.settings.privacy_page import PrivacyPage
from sora_desktop.ui.settings.providers_page import ProvidersPage
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import built_bare, scale, theme
from sora_desktop.ui.widgets.basic import button, keep_height, label, sized

NAV = 208
MOST_NAV = 0.22
"""The most of the dialog's width that the list of pages takes, at large text."""
FOOTER = 52


class SettingsDialog(QDialog):
    """Not modal: the window stays usable beside it. Show it with `open_page`."""

    @built_bare
    def __init__(
        self, studio: Studio, page: str = "accounts", account_id: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.setMinimumSize(960, 620)
        room = self.screen().availableSize()
        self.resize(max(1120, min(scale(1120), room.width())), max(720, min(scale(720), room.height() - scale(40))))
        self.setModal(False)

        self.accounts = AccountsPage(studio)
        self.providers = ProvidersPage(studio)
        self.providers.account_wanted.connect(lambda name: self.show_page("accounts", new_provider=name))
        self._pages: dict[str, QWidget] = {
            "accounts": self.accounts,
            "providers": self.providers,
            "network": NetworkPage(studio),
            "files": FilesPage(studio),
            "appearance": AppearancePage(studio),
            "privacy": PrivacyPage(studio),
        }
        self._stack = QStackedWidget()
        for widget in self._pages.values():
            self._stack.addWidget(widget)
        self._nav_buttons: dict[str, QPushButton] = {}

        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self._navigation())
        body.addWidget(_upright())
        body.addWidget(self._stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(body, 1)
        layout.addWidget(self._footer())
        bind(theme().changed, self._measure, self)
        self._measure()
        self.show_page(page, account_id)

    @property
    def page(self) -> str:
        """The name of the page that is shown."""
        return next(name for name, widget in self._pages.items() if widget is self._stack.currentWidget())

    def show_page(self, page: str, account_id: str = "", new_provider: str = "", part: str = "") -> None:
        """Turns to a page; on the accounts' to an account (and a part of it), or to a new one of a provider."""
        if page not in self._pages:
            page = "accounts"
        self._stack.setCurrentWidget(self._pages[page])
        self._nav_buttons[page].setChecked(True)
        if page == "accounts":
            self.accounts.turn_to(account_id, new_provider, part)
            if not part and not self.accounts.adding:
                self.accounts.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_page(self, page: str, account_id: str = "", new_provider: str = "", part: str = "") -> None:
        """Shows the dialog at a page, in front."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.show_page(page, account_id, new_provider, part)

    def _navigation(self) -> QWidget:
        self._nav = nav = QWidget()
        nav.setObjectName("settings-nav")
        nav.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(nav)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(2)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search settings"))
        self.search.setAccessibleName(self.tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._on_search)
        self.search.returnPressed.connect(self._on_search_entered)
        column.addWidget(self.search)
        column.addSpacing(10)
        group = QButtonGroup(nav)
        words = {
            "accounts": (self.tr("Accounts"), "user"),
            "providers": (self.tr("Providers"), "plug"),
            "network": (self.tr("Network"), "globe"),
            "files": (self.tr("Files"), "folder"),
            "appearance": (self.tr("Appearance"), "sun"),
            "privacy": (self.tr("Privacy"), "shield"),
        }
        for name, (text, picture) in words.items():
            each = QPushButton(text)
            each.setProperty("look", "nav")
            each.setIcon(icon(picture, "muted", "accent"))
            each.setCheckable(True)
            each.setAutoDefault(False)
            sized(each, gap=5)
            each.clicked.connect(lambda _checked=False, name=name: self.show_page(name))
            group.addButton(each)
            column.addWidget(each)
            self._nav_buttons[name] = each
        self._nothing = label(self.tr("No setting says that."), ink="muted", wrap=True)
        self._nothing.setContentsMargins(10, 6, 0, 0)
        self._nothing.hide()
        column.addWidget(self._nothing)
        column.addStretch(1)
        version = label(self.tr("Sora Desktop {0}").format(__version__), "secondary", "muted")
        version.setContentsMargins(10, 0, 0, 0)
        column.addWidget(version)
        return nav

    def _footer(self) -> QWidget:
        footer = QFrame()
        footer.setObjectName("settings-footer")
        keep_height(footer, FOOTER)
        row = QHBoxLayout(footer)
        row.setContentsMargins(16, 0, 16, 0)
        row.addWidget(label(self.tr("Changes are saved as you make them."), "secondary", "muted"))
        row.addStretch(1)
        close = button(self.tr("Close"), "field")
        close.setMinimumWidth(scale(76))
        close.clicked.connect(self.close)
        row.addWidget(close)
        return footer

    def _on_search(self, text: str) -> None:
        """Only the pages that say every word stay in the list."""
        words = text.casefold().split()
        found = 0
        for name, each in self._nav_buttons.items():
            said = f"{each.text()} {written_on(self._pages[name])}".casefold()
            fits = all(word in said for word in words)
            each.setVisible(fits)
            found += fits
        self._nothing.setVisible(not found)

    def _on_search_entered(self) -> None:
        first = next((name for name, each in self._nav_buttons.items() if each.isVisibleTo(self._nav)), "")
        if first:
            self.show_page(first)

    def _measure(self) -> None:
        self._nav.setFixedWidth(min(scale(NAV), round(self.width() * MOST_NAV)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Enter in a field must not close or press anything: changes count when the field is left.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(1120, 720)


def written_on(page: QWidget) -> str:
    """All labels and button texts of a page."""
    labels = [each.text() for each in page.findChildren(QLabel)]
    buttons = [f"{each.text()} {each.accessibleName()}" for each in page.findChildren(QAbstractButton)]
    return " ".join([*labels, *buttons]).replace("&", "")


def _upright() -> QFrame:
    made = QFrame()
    made.setProperty("look", "column-line")
    return made
