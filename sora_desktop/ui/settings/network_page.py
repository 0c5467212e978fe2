"""Which way calls take: proxy, exceptions, certificates; and whether they get through. Each change counts at once."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QSpinBox, QWidget

from sora_desktop.core.errors import SoraError, UserError
from sora_desktop.core.network import Network, clean_network, split_hosts
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.bind import bind
from sora_desktop.ui.places import short
from sora_desktop.ui.settings.form import Form, Page, beside
from sora_desktop.ui.settings.key_field import KeyField
from sora_desktop.ui.settings.network_check import NetworkCheck
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import button, keep_height, mark, plain, roomy, tool
from sora_desktop.ui.widgets.fields import Combo
from sora_desktop.ui.widgets.segments import Choice, Segments
from sora_desktop.ui.words import sentence

ROWS = {"proxy_user": "user", "proxy_password": "password", "bypass_entry": "bypass"}
"""The row of an error's code; `ca_…` is of the CA file, all else of the host."""
MANUAL = ("host", "user", "password")
PORTS = {"http": 8080, "https": 443, "socks5": 1080}


class PasswordField(KeyField):
    """The proxy's password: shown as dots, kept in the keyring. An empty one is forgotten."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit.setAccessibleName(self.tr("Proxy password"))
        self._shown.setAccessibleName(self.tr("Proxy password"))
        self.save.setText(self.tr("Save password"))
        self.set_hint(self.tr("Empty: no password"))

    def show_state(self, state: SecretState | None, tail: str, backend: str, *, needed: bool = False) -> None:
        super().show_state(state, tail, backend, needed=needed)
        if state in (SecretState.MISSING, SecretState.UNAVAILABLE):
            lost = self.tr("· this computer has no system keyring; a password is kept for this session only")
            self._place_icon.show_icon("info", "muted")
            self._place.setText(self.tr("No password"))
            mark(self._place, ink="muted")
            self._more.setText(
                self.tr("· enter one if the proxy asks for it") if state is SecretState.MISSING else lost
            )
            self.replace.setText(self.tr("Enter password…"))


class NetworkPage(Page):
    """The way to the services, for all accounts that do not choose their own."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network-page")
        self.set_title(self.tr("Network"))
        self._studio = studio
        self._filling = False
        self._wanted: Network | None = None
        self.form = Form()
        self._make_proxy_rows()
        self._make_other_rows()
        self.check = NetworkCheck(studio)
        self.column.addWidget(self.form)
        self.column.addSpacing(4)
        self.column.addWidget(self.check)
        self.column.addStretch(1)
        bind(studio.settings.changed, self._fill, self)
        bind(studio.network.changed, self._ask_password, self)
        bind(theme().changed, self._measure, self)
        self._fill()
        self._measure()

    # Building.

    def _make_proxy_rows(self) -> None:
        self.mode = Segments(
            [
                Choice("system", self.tr("As the system")),
                Choice("manual", self.tr("Manual")),
                Choice("none", self.tr("None")),
            ]
        )
        self.mode.setAccessibleName(self.tr("Proxy"))
        self.mode.chosen.connect(lambda _mode: self._on_changed())
        self.form.add("mode", self.tr("Proxy"), self.mode)
        self.kind = Combo()
        for value, text in (("http", "HTTP"), ("https", "HTTPS"), ("socks5", "SOCKS 5")):
            self.kind.addItem(text, value)
        self.kind.setAccessibleName(self.tr("Kind of proxy"))
        self.kind.activated.connect(self._on_kind_chosen)
        self.host = QLineEdit()
        self.host.setPlaceholderText("proxy.example.com")
        self.host.setAccessibleName(self.tr("Host of the proxy"))
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setAccessibleName(self.tr("Port of the proxy"))
        roomy(self.port)
        keep_height(self.port, SIZES.field)
        row = beside(self.kind, self.host, self.port, stretch=1)
        self.form.add("host", self.tr("Host and port"), row, target=self.host)
        self.user = QLineEdit()
        self.user.setPlaceholderText(self.tr("None"))
        self.form.add("user", self.tr("User name"), self.user)
        self.password = PasswordField()
        self.password.entered.connect(self._on_password_entered)
        self.form.add("password", self.tr("Password"), self.password, target=self.password.edit)
        for field in (self.host, self.user):
            field.editingFinished.connect(self._on_field_left)
        self.port.editingFinished.connect(self._on_changed)

    def _make_other_rows(self) -> None:
        self.bypass = QLineEdit()
        self.bypass.setPlaceholderText("*.example.com, 10.0.0.0/8")
        self.bypass.editingFinished.connect(self._on_field_left)
        self.form.add("bypass", self.tr("No proxy for"), self.bypass)
        words = self.tr("Hosts with all below them, *.example.com, addresses, networks. This computer never needs one.")
        self.form.note("bypass", words)
        self.ca = QLineEdit()
        self.ca.setReadOnly(True)
        self.ca.setPlaceholderText(self.tr("None: the system's own certificates"))
        self.choose = button(self.tr("Choose…"), "field")
        self.choose.setAccessibleName(self.tr("Choose a CA file"))
        self.choose.clicked.connect(self.choose_file)
        self.take_out = tool("x", self.tr("Take the CA file out"))
        self.take_out.clicked.connect(lambda: self._set_ca(""))
        self.form.add("ca", self.tr("CA file"), beside(self.ca, self.choose, self.take_out), target=self.ca)
        self.form.note("ca", self.tr("Trusted besides the system's own, where a network inspects connections."))

    # What is shown.

    def _fill(self) -> None:
        """Shows what is kept. What is being typed, or not in use yet, is left alone."""
        kept = self._studio.network.current
        if self._wanted is not None:
            return
        self._filling = True
        self.mode.set_value(kept.mode)
        self.kind.setCurrentIndex(max(0, self.kind.findData(kept.scheme)))
        texts = {self.host: kept.host, self.user: kept.user, self.bypass: ", ".join(kept.bypass)}
        for field, text in texts.items():
            if not (field.isModified() and field.hasFocus()):
                field.setText(text)
                field.setModified(False)
        if not (self.port.hasFocus() and self.port.lineEdit().isModified()):
            self.port.setValue(kept.port)
        self._show_ca(kept.ca_file)
        self._filling = False
        self._show_rows()

    def _show_ca(self, ca_file: str) -> None:
        self.ca.setText(short(Path(ca_file)) if ca_file else "")
        self.ca.setToolTip(plain(ca_file))
        self.ca.setProperty("file", ca_file)
        self.take_out.setEnabled(bool(ca_file))

    def _show_rows(self) -> None:
        for row in MANUAL:
            self.form.set_shown(row, self.mode.value == "manual")
        self._studio.tasks.spawn(self._say_system(), "system's proxies")

    async def _say_system(self) -> None:
        """Names the machine's own proxies, without their logins."""
        found = await self._studio.network.system()
        if not shiboken6.isValid(self):
            return
        if self.mode.value == "none":
            text = self.tr("Every service is called directly.")
        elif self.mode.value == "manual":
            text = self.tr("Calls, uploads, downloads and looks at addresses go through it.")
        elif found.script:
            text = self.tr(
                "The system's proxy is told by a script (PAC), which is not read here: services are called directly. "
                "If they cannot be reached, enter the proxy under Manual."
            )
        elif not found.places:
            text = self.tr("The system names no proxy: services are called directly.")
        else:
            places = found.places
            usual = places.get("https") or places.get("all") or next(iter(places.values()))
            text = self.tr("The system's proxy: {0}").format(usual or self.tr("of a kind that cannot be used"))
        self.form.note("mode", text)

    def _ask_password(self) -> None:
        self._studio.tasks.spawn(self._show_password(), "proxy password")

    async def _show_password(self) -> None:
        state = await self._studio.network.password_state()
        if shiboken6.isValid(self):
            self.password.show_state(state, "", self._studio.secrets.backend_name())

    async def _judge_ca(self) -> None:
        """A file that was there may have gone since."""
        ca_file = self._studio.network.current.ca_file
        problem = await self._studio.network.ca_problem(ca_file) if ca_file else None
        if shiboken6.isValid(self) and (problem or self.form.text_of("ca")):
            self.form.wrong("ca", sentence(problem) if problem else "")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_rows()
        self._ask_password()
        self._studio.tasks.spawn(self._judge_ca(), "CA file")

    # What the person does.

    def wanted(self) -> Network:
        """What stands in the fields."""
        return self._studio.network.current.model_copy(
            update={
                "mode": str(self.mode.value or "system"),
                "scheme": str(self.kind.currentData()),
                "host": self.host.text(),
                "port": self.port.value(),
                "user": self.user.text(),
                "bypass": split_hosts(self.bypass.text()),
                "ca_file": str(self.ca.property("file") or ""),
            }
        )

    def _on_kind_chosen(self) -> None:
        if self.port.value() in PORTS.values():
            self.port.setValue(PORTS[str(self.kind.currentData())])
        self._on_changed()

    def _on_field_left(self) -> None:
        if any(field.isModified() for field in (self.host, self.user, self.bypass)):
            self._on_changed()

    def _on_changed(self) -> None:
        if self._filling:
            return
        self._show_rows()
        self.form.note("host", "")
        for row in ("host", "user", "bypass"):
            self.form.wrong(row, "")
        wanted = self.wanted()
        if wanted == self._studio.network.current:
            self._wanted = None
            return
        self._wanted = wanted
        try:
            clean_network(wanted)
        except UserError as error:
            self._say_wrong(error)
            return
        self._studio.tasks.spawn(self._save(wanted), "network settings")

    async def _save(self, wanted: Network) -> None:
        problem: SoraError | None = None
        try:
            await self._studio.network.change(wanted)
        except SoraError as error:
            problem = error
        if not shiboken6.isValid(self) or wanted != self._wanted:
            return
        self._wanted = None
        for field in (self.host, self.user, self.bypass):
            field.setModified(False)
        if problem is not None:
            self._say_wrong(problem)
        else:
            self.form.wrong("ca", "")
            self.check.forget()
        self._fill()

    def _say_wrong(self, error: SoraError) -> None:
        row = "ca" if error.code.startswith("ca_") else ROWS.get(error.code, "host")
        if error.code == "proxy_host_empty":
            self.form.note("host", self.tr("Not in use yet. {0}").format(sentence(error)))
            self.host.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.form.wrong(row, sentence(error))

    def _on_password_entered(self, text: str) -> None:
        self._studio.tasks.spawn(self._save_password(text), "save proxy password")

    async def _save_password(self, text: str) -> None:
        try:
            await self._studio.network.set_password(text)
        except SoraError as error:
            if shiboken6.isValid(self):
                self.form.wrong("password", sentence(error))
            return
        if shiboken6.isValid(self):
            self.form.wrong("password", "")
            self.password.show_kept()
            self.check.forget()
            self._ask_password()

    def choose_file(self) -> None:
        """Opens the system's dialog for a file of certificates."""
        dialog = QFileDialog(self, self.tr("Which certificates are trusted too?"), str(self.ca.property("file") or ""))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Certificates (*.pem *.crt *.cer *.der)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._set_ca)
        dialog.open()

    def _set_ca(self, ca_file: str) -> None:
        self.form.wrong("ca", "")
        self._show_ca(ca_file)
        self._on_changed()

    def _measure(self) -> None:
        self.kind.setFixedWidth(scale(112))
        self.port.setFixedWidth(scale(96))
