"""A server of the user's own: the free check, what it found in plain words, and the file that keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import shiboken6
from PySide6.QtCore import QDate, QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from sora_desktop.core.catalog import Model, Provider
from sora_desktop.core.errors import SoraError
from sora_desktop.core.naming import safe_component
from sora_desktop.core.servers import Form, Server
from sora_desktop.ui.bind import bind
from sora_desktop.ui.places import open_file, short
from sora_desktop.ui.settings.test_card import failure_words
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.widgets.basic import Elided, button, keep_height, label, line
from sora_desktop.ui.widgets.hints import Hint, Picture
from sora_desktop.ui.words import spoken

NAMED = 6
"""Models that are named; of more only the number is told."""


class ServerCard(QFrame):
    """Shows the server of one account; hidden for every other kind. `checked` names an account after its check."""

    checked = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._id = ""
        self._checking: set[str] = set()
        self._errors: dict[str, SoraError] = {}
        self.setProperty("look", "card")
        self._facts: dict[str, tuple[QLabel, QLabel]] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self._make_top(), self._make_body()):
            layout.addWidget(widget)
        bind(studio.servers.changed, self._fill, self)
        bind(studio.accounts.changed, self._fill, self)

    def _make_top(self) -> QWidget:
        self._picture = Picture("server", "muted")
        self._title = label(face="section")
        self._when = Elided(face="secondary", ink="muted")
        self.check = button(self.tr("Check this server"))
        self.check.clicked.connect(self.start_check)
        top = QWidget()
        keep_height(top, 48)
        row = QHBoxLayout(top)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._picture)
        row.addWidget(self._title)
        row.addWidget(self._when, 1)
        row.addWidget(self.check)
        return top

    def _make_body(self) -> QWidget:
        self._reason = label(wrap=True)
        self._grid = QWidget()
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (name, words) in enumerate(self._fact_names().items()):
            title, value = label(words, "secondary", "muted"), label(wrap=True)
            grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self._facts[name] = (title, value)
        self._hint = Hint("", "warning")
        self._line = line()
        self._path = Elided(face="secondary", ink="muted", mode=Qt.TextElideMode.ElideMiddle)
        self.open = button(self.tr("Open file"), "small", "ext")
        self.open.clicked.connect(self._on_open)
        self.read = button(self.tr("Read again"), "small", "retry")
        self.read.clicked.connect(self._on_read)
        self.export = button(self.tr("Export…"), "small", "upload")
        self.export.clicked.connect(self.choose_target)
        self._problem = Hint("", "danger")
        self._said = Hint("", "muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        for each in (self.open, self.read, self.export):
            row.addWidget(each)
        row.addStretch(1)
        self._file = QWidget()
        file = QVBoxLayout(self._file)
        file.setContentsMargins(0, 0, 0, 0)
        file.setSpacing(8)
        for widget in (self._line, self._path):
            file.addWidget(widget)
        file.addLayout(row)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 4, 16, 12)
        column.setSpacing(8)
        for widget in (self._reason, self._grid, self._hint, self._file, self._problem, self._said):
            column.addWidget(widget)
        return body

    def _fact_names(self) -> dict[str, str]:
        return {
            "models": self.tr("Models"),
            "form": self.tr("Requests go as"),
            "lists": self.tr("Lists its tasks"),
            "deletes": self.tr("Deletes tasks"),
            "remixes": self.tr("Remixes clips"),
            "variants": self.tr("Stills of a clip"),
            "software": self.tr("Software"),
        }

    # What is shown.

    def show_account(self, account_id: str) -> None:
        """Turns to an account."""
        self._id = account_id
        self._said.say("")
        self._fill()

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def reason(self) -> str:
        """Why the check failed, or what it is, where there was none."""
        return self._reason.text() if not self._reason.isHidden() else ""

    @property
    def advice(self) -> str:
        """What to do about what was found; empty where nothing is to be done."""
        return self._hint.text

    @property
    def problem(self) -> str:
        """Why the file cannot be used, with its line."""
        return self._problem.text

    @property
    def said(self) -> str:
        return self._said.text

    @property
    def facts(self) -> dict[str, str]:
        """What was found, as shown; empty before a check."""
        if self._grid.isHidden():
            return {}
        return {name: value.text() for name, (title, value) in self._facts.items() if not title.isHidden()}

    def _fill(self) -> None:
        servers = self._studio.servers
        shown = servers.is_server(self._id)
        self.setVisible(shown)
        if not shown:
            return
        provider = self._studio.accounts.provider(self._id)
        known = servers.was_probed(self._id) and provider is not None
        error = self._errors.get(self._id)
        problem = spoken(servers.problems.get(self._id, ""))
        self._head(known, error, provider)
        words = failure_words(error) if error is not None else ""
        if not known and error is None:
            words = self.tr("The check asks what this server can do. It creates nothing there, and costs nothing.")
        self._reason.setText(words)
        self._reason.setVisible(bool(words))
        self._grid.setVisible(known)
        if known and provider is not None:
            self._show_facts(provider)
        none = known and provider is not None and not provider.models
        advice = self.tr(
            "The server names no models, so none can be chosen yet. Open the file, take the # away from the example at "
            "its end, write the name of your model there, and read the file again."
        )
        self._hint.say(advice if none else "")
        self._problem.say(self.tr("The file cannot be used. Line {0}").format(problem) if problem else "")
        self._show_file(known or bool(problem))

    def _head(self, known: bool, error: SoraError | None, provider: Provider | None) -> None:
        checking = self._id in self._checking
        server = provider.server if provider is not None else None
        self._when.setText(_moment(server.probed_at) if known and server is not None and not checking else "")
        again = self.tr("Check again") if known else self.tr("Check this server")
        self.check.setText(self.tr("Checking…") if checking else again)
        if checking:
            picture, ink, title = "render", "accent", self.tr("Asking the server…")
        elif error is not None:
            picture, ink, title = "fail", "danger", self.tr("The check failed")
        elif known:
            picture, ink, title = "checkc", "success", self.tr("Server checked")
        else:
            picture, ink, title = "server", "muted", self.tr("Not checked yet")
        self._picture.show_icon(picture, ink)
        self._title.setText(title)

    def _show_facts(self, provider: Provider) -> None:
        server = provider.server or Server()
        json, multipart = self.tr("JSON; with a file as a multipart form"), self.tr("A multipart form")
        lists = self.tr("Yes: an answer that was lost is looked for there")
        no_list = self.tr("No: a clip whose answer was lost stays uncertain")
        texts = {
            "models": self._models(provider.models),
            "form": multipart if server.form is Form.MULTIPART else json,
            "lists": lists if server.lists_tasks else no_list,
            "deletes": self._yes(server.deletes),
            "remixes": self._yes(server.remixes),
            "variants": ", ".join(server.variants)[:200] or self.tr("None"),
            "software": server.software[:200],
        }
        for name, text in texts.items():
            for each in self._facts[name]:
                each.setVisible(bool(text))
            self._facts[name][1].setText(text)

    def _models(self, models: tuple[Model, ...]) -> str:
        if not models:
            return self.tr("None named")
        named = ", ".join(model.name[:80] for model in models[:NAMED])
        if len(models) > NAMED:
            named += " " + self.tr("and {0} more").format(len(models) - NAMED)
        return f"{len(models)}: {named}"

    def _yes(self, does: bool) -> str:
        return self.tr("Yes") if does else self.tr("No")

    def _show_file(self, there: bool) -> None:
        self._file.setVisible(there)
        if there:
            self._path.setText(short(self._studio.servers.file(self._id)))

    # What the person does.

    def start_check(self) -> None:
        """Starts the free check, unless one runs."""
        if self._id in self._checking:
            return
        self._checking.add(self._id)
        self._errors.pop(self._id, None)
        self._said.say("")
        self._fill()
        self._studio.tasks.spawn(self._check(self._id), f"check server {self._id}")

    async def _check(self, account_id: str) -> None:
        try:
            await self._studio.servers.probe(account_id)
        except SoraError as error:
            if account_id not in self._studio.servers.problems:
                self._errors[account_id] = error
        finally:
            self._checking.discard(account_id)
            if shiboken6.isValid(self):
                self._fill()
                self.checked.emit(account_id)

    def _on_open(self) -> None:
        file = self._studio.servers.file(self._id)
        if not open_file(file):
            self._said.say(self.tr("No program opens it. The file is {0}").format(file), "warning")

    def _on_read(self) -> None:
        account_id = self._id
        self._errors.pop(account_id, None)
        self._run(lambda: self._studio.servers.reload(account_id), self.tr("The file was read again."))

    def choose_target(self) -> None:
        """Asks where a copy of the file goes."""
        account = self._studio.accounts.get(self._id)
        name = safe_component(account.name if account else "server")
        dialog = QFileDialog(self, self.tr("Where should the copy go?"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("TOML files (*.toml)")])
        dialog.setDefaultSuffix("toml")
        dialog.selectFile(f"{name}.toml")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.export_to)
        dialog.open()

    def export_to(self, target: str) -> None:
        """Puts a copy of the file there."""
        account_id, place = self._id, Path(target)
        words = self.tr("A copy is in {0}. The key is not in it.").format(short(place))
        self._run(lambda: self._studio.servers.export(account_id, place), words)

    def _run(self, work: Callable[[], Awaitable[None]], words: str) -> None:
        self._studio.tasks.spawn(self._done(self._id, work, words), "file of a server")

    async def _done(self, account_id: str, work: Callable[[], Awaitable[None]], words: str) -> None:
        tone = "muted"
        try:
            await work()
        except SoraError as error:
            words, tone = failure_words(error), "danger"
        if shiboken6.isValid(self) and account_id == self._id:
            self._said.say("" if account_id in self._studio.servers.problems else words, tone)
            self._fill()


def _moment(probed_at: str) -> str:
    """When the check was, in the user's own form; empty where the file says none."""
    moment = QDateTime.fromString(probed_at, Qt.DateFormat.ISODate).toLocalTime()
    if not moment.isValid():
        return ""
    today = moment.date() == QDate.currentDate()
    return QLocale().toString(moment.time() if today else moment, QLocale.FormatType.ShortFormat)
