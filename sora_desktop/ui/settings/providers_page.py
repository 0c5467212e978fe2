"""Services that files of the user's describe: what is there, what is wrong with it, and how another comes."""

from __future__ import annotations

import re
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from sora_desktop.core.catalog import Provider
from sora_desktop.core.errors import EnvironmentProblem, SoraError
from sora_desktop.ui.about import ReadmeDialog
from sora_desktop.ui.bind import bind
from sora_desktop.ui.places import open_folder, short
from sora_desktop.ui.settings.form import WIDEST, Page
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import Elided, button, label
from sora_desktop.ui.widgets.hints import Hint, Picture
from sora_desktop.ui.words import sentence, spoken

PLACED = re.compile(r"(?P<file>.+?\.toml):(?P<line>\d+): (?P<reason>.+)", re.DOTALL)
MOST = 40
"""Problems that are shown; of more only the number is told."""


class ServiceRow(QFrame):
    """One service of a file: its name, the file, its models, and the way to an account of it."""

    def __init__(self, provider: Provider, file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.provider = provider
        self.setProperty("look", "card")
        models = self.tr("1 model") if len(provider.models) == 1 else self.tr("{0} models").format(len(provider.models))
        self.words = f"{file} · {models}"
        self.add = button(self.tr("Add account"), "small")
        self.add.setAccessibleName(self.tr("Add an account of {0}").format(provider.name))
        lines = QVBoxLayout()
        lines.setSpacing(1)
        lines.addWidget(Elided(provider.name, "section"))
        lines.addWidget(Elided(self.words, "secondary", "muted"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 12, 10)
        row.setSpacing(12)
        row.addWidget(Picture("plug", "muted"))
        row.addLayout(lines, 1)
        row.addWidget(self.add)


class ProvidersPage(Page):
    """`account_wanted` names the service that an account is to be added of."""

    account_wanted = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("providers-page")
        self.set_title(self.tr("Providers"))
        self._studio = studio
        lead = self.tr(
            "A service that makes a clip in three steps (send, ask, fetch) needs no new version of the program: a file "
            "says how it is called. The files in this folder are read at the start, and when you ask for it."
        )
        body = QWidget()
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(12)
        self._body.addWidget(label(lead, ink="muted", wrap=True))
        self.docs = button(self.tr("How such a file is written"), "link")
        self.docs.clicked.connect(self.show_docs)
        self._body.addWidget(self.docs, 0, Qt.AlignmentFlag.AlignLeft)
        self._make_folder()
        self._make_buttons()
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._body.addLayout(self._list)
        self.column.addWidget(body)
        self.column.addStretch(1)
        self.rows: list[ServiceRow] = []
        self.hints: list[Hint] = []

        def measure() -> None:
            body.setMaximumWidth(scale(WIDEST))

        measure()
        bind(theme().changed, measure, self)
        bind(studio.providers.changed, self._fill, self)
        self._fill()

    def _make_folder(self) -> None:
        self.folder = QLineEdit(short(self._studio.providers.folder))
        self.folder.setReadOnly(True)
        self.folder.setAccessibleName(self.tr("Folder"))
        self.folder.setToolTip(str(self._studio.providers.folder))
        self.open = button(self.tr("Open folder"), "field", "folder")
        self.open.clicked.connect(self._on_open)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        row.addWidget(self.open)
        self._body.addLayout(row)

    def _make_buttons(self) -> None:
        self.add = button(self.tr("Add from file…"), "", "plus")
        self.add.clicked.connect(self.choose_file)
        self.read = button(self.tr("Read again"), "", "retry")
        self.read.clicked.connect(self.read_again)
        self.said = Hint("", "muted")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.add)
        row.addWidget(self.read)
        row.addStretch(1)
        self._body.addLayout(row)
        self._body.addWidget(self.said)

    def _fill(self) -> None:
        """Every service of a file, then every problem, each where a person finds it."""
        for widget in (*self.rows, *self.hints):
            self._list.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self.rows, self.hints = [], []
        providers = self._studio.providers
        before: QPushButton = self.read
        for provider_id, file in sorted(providers.files.items(), key=lambda item: item[1].casefold()):
            provider = self._studio.catalog.provider(provider_id)
            if provider is None:
                continue
            row = ServiceRow(provider, file)
            row.add.clicked.connect(lambda _checked=False, name=provider_id: self.account_wanted.emit(name))
            self._list.addWidget(row)
            row.show()
            QWidget.setTabOrder(before, row.add)
            before = row.add
            self.rows.append(row)
        problems = [_placed(spoken(problem), self.tr("{0}, line {1}: {2}")) for problem in providers.problems]
        if len(problems) > MOST:
            problems[MOST:] = [self.tr("… and {0} more.").format(len(problems) - MOST)]
        self.hints = [Hint(problem[:600], "danger") for problem in problems]
        if not self.rows and not self.hints:
            self.hints.append(Hint(self.tr("There is no file of yours yet."), "muted"))
        for hint in self.hints:
            self._list.addWidget(hint)

    # What the person does.

    def show_docs(self) -> None:
        """Opens the document on such files."""
        ReadmeDialog(self.window(), "providers").show()

    def _on_open(self) -> None:
        self._studio.tasks.spawn(self._open(), "open the folder of providers")

    async def _open(self) -> None:
        try:
            await open_folder(self._studio.providers.folder)
        except EnvironmentProblem as problem:
            if shiboken6.isValid(self):
                self.said.say(sentence(problem), "danger")

    def read_again(self) -> None:
        """Reads the folder anew."""
        self._studio.tasks.spawn(self._read(), "read the files of providers")

    async def _read(self) -> None:
        await self._studio.providers.reload()
        if shiboken6.isValid(self):
            self.said.say(self.tr("The folder was read again."), "muted")

    def choose_file(self) -> None:
        """Asks for a file that is to be added."""
        dialog = QFileDialog(self, self.tr("Which file describes the service?"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("TOML files (*.toml)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.add_from)
        dialog.open()

    def add_from(self, file: str) -> None:
        """Copies a file into the folder, when nothing is wrong with it."""
        self._studio.tasks.spawn(self._add(Path(file)), "add a file of a provider")

    async def _add(self, file: Path) -> None:
        try:
            added = await self._studio.providers.add(file)
        except SoraError as error:
            if shiboken6.isValid(self):
                self.said.say(sentence(error), "danger")
            return
        if not shiboken6.isValid(self):
            return
        provider = self._studio.catalog.provider(added)
        name = provider.name if provider else added
        self.said.say(self.tr("“{0}” was added. Add an account of it now.").format(name), "success")
        row = next((row for row in self.rows if row.provider.id == added), None)
        if row is not None:
            row.add.setFocus(Qt.FocusReason.OtherFocusReason)


def _placed(problem: str, template: str) -> str:
    """A finding in words: "file.toml:12: reason" as "file.toml, line 12: reason"."""
    found = PLACED.fullmatch(problem)
    return template.format(found["file"], found["line"], found["reason"]) if found else problem
