"""The status bar: connection, balance, free space, and where the videos go."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QWidget

from sora_desktop.core.jobs import Job
from sora_desktop.ui.bind import bind
from sora_desktop.ui.glances import Glances
from sora_desktop.ui.icons import pixmap
from sora_desktop.ui.places import free_bytes, short, videos_folder
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import label, plain, tool
from sora_desktop.ui.words import credits, size

DISK_MS = 30_000
SOON_MS = 300
LOW_SPACE = 2_000_000_000
"""Bytes below which the free space is shown as a warning: a handful of clips."""
PATIENCE = 5.0
"""Seconds without an answer of the disk after which that is shown."""


class Fact(QWidget):
    """An icon and a few words."""

    def __init__(self, picture: str, ink: str = "muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture, self._ink = picture, ink
        self._icon = QLabel()
        self._text = label(ink=ink)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._icon)
        layout.addWidget(self._text)
        bind(theme().changed, self._paint, self)
        self._paint()

    @property
    def text(self) -> str:
        return self._text.text()

    def say(self, text: str, picture: str = "", ink: str = "", text_ink: str = "", hint: str = "") -> None:
        """Shows `text`; what is not given stays."""
        self._picture = picture or self._picture
        self._ink = ink or self._ink
        self._text.setText(text)
        if text_ink and text_ink != self._text.property("ink"):
            self._text.setProperty("ink", text_ink)
            self._text.style().polish(self._text)
        self.setToolTip(plain(hint))
        self.setAccessibleName(text)
        self._paint()

    def _paint(self) -> None:
        self._icon.setPixmap(pixmap(self._picture, self._ink, scale(14)))


class StatusBar(QStatusBar):
    """Follows the engine, the settings and the account that is composed for."""

    folder_clicked = Signal()
    balance_clicked = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._account = ""
        self._glances = Glances()
        self._timer = QTimer(self)
        self._timer.setInterval(DISK_MS)
        self._timer.timeout.connect(self.refresh_disk)
        # A hundred jobs may end in one moment.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.refresh_disk)

        self.setSizeGripEnabled(False)
        self.online = Fact("checkc", "success")
        self.balance = tool("coin", self.tr("Balance"), text=" ")
        self.balance.clicked.connect(lambda: self.balance_clicked.emit(self._account))
        self.disk = Fact("disk")
        self.folder = tool("folder", self.tr("Open the videos folder"), text=" ")
        self.folder.clicked.connect(self.folder_clicked)
        for button in (self.balance, self.folder):
            button.setProperty("look", "status")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setContentsMargins(12, 0, 8, 0)
        self.addWidget(self.online)
        self.addWidget(self.balance)
        self.addPermanentWidget(self.disk)
        self.addPermanentWidget(self.folder)
        bind(studio.engine.online_changed, self._on_online_changed, self)
        bind(studio.engine.balance_changed, self._on_balance_changed, self)
        bind(studio.engine.job_changed, self._on_job_changed, self)
        bind(studio.accounts.changed, self._show_balance, self)
        bind(studio.settings.changed, self._show_folder, self)
        bind(self._glances.changed, lambda _folder: self._show_disk(), self)
        self._on_online_changed(studio.engine.online)
        self._show_balance()
        self._show_folder()

    def show_account(self, account_id: str) -> None:
        """The balance shown is this account's from now on; empty for none."""
        self._account = account_id
        self._show_balance()

    def refresh_disk(self) -> None:
        """Reads the free space anew; what is known of it is shown until then."""
        folder = videos_folder(self._studio.settings.current, self._studio.paths)
        self._glances.look(str(folder), partial(free_bytes, folder))
        self._show_disk()

    def _show_disk(self) -> None:
        folder = str(videos_folder(self._studio.settings.current, self._studio.paths))
        free = self._glances.seen(folder)
        if self._glances.waited(folder) > PATIENCE:
            self.disk.say(self.tr("Disk does not answer"), ink="warning", text_ink="warning")
            return
        if free is None:
            return
        if free < 0:
            self.disk.say(self.tr("Disk not there"), ink="warning", text_ink="warning")
            return
        low = free < LOW_SPACE
        ink = "warning" if low else "muted"
        hint = self.tr("Little space left: finished videos may have to wait.") if low else ""
        self.disk.say(self.tr("{0} free").format(size(free)), ink=ink, text_ink=ink, hint=hint)

    def _on_online_changed(self, online: bool) -> None:
        if online:
            self.online.say(self.tr("Online"), "checkc", "success", "text")
        else:
            hint = self.tr("No service answers. Jobs go on by themselves when the network is back.")
            self.online.say(self.tr("Offline"), "offline", "warning", "warning", hint)

    def _on_balance_changed(self, account_id: str, _balance: float | None) -> None:
        if account_id == self._account:
            self._show_balance()

    def _show_balance(self) -> None:
        account = self._studio.accounts.get(self._account)
        provider = self._studio.accounts.provider(self._account)
        if account is None or provider is None:
            self._say_balance(self.tr("No account"), self.tr("Choose an account in the compose column."), False)
            return
        balance = self._studio.engine.balances.get(account.id)
        if not provider.has_balance:
            self._say_balance(account.name, self.tr("This service shows no balance."), False)
        elif balance is None:
            self._say_balance(self.tr("{0} · read balance").format(account.name), self.tr("Asks the service."), True)
        else:
            text = self.tr("{account} balance {amount}").format(account=account.name, amount=credits(balance))
            self._say_balance(text, self.tr("Ask again"), True)

    def _say_balance(self, text: str, hint: str, clickable: bool) -> None:
        self.balance.setText(text.replace("&", "&&"))
        self.balance.setAccessibleName(text)
        self.balance.setToolTip(plain(hint))
        self.balance.setEnabled(clickable)

    def _show_folder(self) -> None:
        folder = videos_folder(self._studio.settings.current, self._studio.paths)
        text = self.fontMetrics().elidedText(short(folder), Qt.TextElideMode.ElideMiddle, scale(320))
        self.folder.setText(text.replace("&", "&&"))
        self.folder.setToolTip(plain(self.tr("Open {0}").format(folder)))
        self.refresh_disk()

    def _on_job_changed(self, job: Job) -> None:
        if job.ended and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh_disk()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        self._soon.stop()
        super().hideEvent(event)
