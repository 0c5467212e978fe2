"""The catalogue notes: where each list of models stands, what in it could not be read, and what is wrong with files."""

from __future__ import annotations

import json
from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Param, ParamType
from sora_desktop.engine.offers import place_of
from sora_desktop.ui.about import HelpDialog
from sora_desktop.ui.bind import bind
from sora_desktop.ui.live_lists import LiveLists
from sora_desktop.ui.model_words import standing
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.words import sentence, spoken

MOST_LINES = 300
"""Lines of one place, or of all files together."""
MOST_LINE = 300
KIND = "type"
"""The key of a list's parameter that names its kind."""

translate = QCoreApplication.translate


def report(studio: Studio) -> str:
    """Everything there is to say about the lists of models and the user's files, as plain text."""
    parts = [_section(translate("Notes", "What changed lately"), _changes(studio))]
    parts += [_place(studio, accounts) for accounts in _places(studio)]
    files = [spoken(problem) for problem in studio.providers.problems]
    parts.append(_section(translate("Notes", "Files of services"), files))
    accounts = studio.accounts
    servers = [
        f"{account.name if (account := accounts.get(account_id)) else account_id}: {line}"
        for account_id, problem in studio.servers.problems.items()
        for line in spoken(problem).splitlines()
    ]
    parts.append(_section(translate("Notes", "Files of your own servers"), servers))
    return "\n\n".join(part for part in parts if part) + "\n"


def _changes(studio: Studio) -> list[str]:
    """What the radar found and nobody put away yet, with the services' own words."""
    form = QLocale.FormatType.ShortFormat
    lines: list[str] = []
    for one in studio.radar.warnings:
        when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(one.at)), form)
        lines += [f"{when}: {sentence(one.code, one.args)}", *([f"  “{one.detail}”"] if one.detail else [])]
    return lines


def _places(studio: Studio) -> list[list[Account]]:
    """The accounts, those together that share a list. A server of one's own has a file for each account."""
    found: dict[str, list[Account]] = {}
    for account in studio.accounts.all:
        if studio.accounts.provider(account.id) is not None:
            own = studio.servers.is_server(account.id)
            found.setdefault(account.id if own else place_of(account), []).append(account)
    return list(found.values())


def _place(studio: Studio, accounts: list[Account]) -> str:
    first = accounts[0]
    provider = studio.accounts.provider(first.id)
    models = studio.accounts.models(first.id)
    title = ", ".join(account.name for account in accounts)
    fetched = studio.live.fetched_at(first.id)
    if fetched is not None:
        when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(fetched)), QLocale.FormatType.ShortFormat)
        lines = [translate("Notes", "List of models fetched {0}.").format(when)]
    elif provider is not None and provider.lists_models:
        lines = [translate("Notes", "The list of models was not fetched yet; the built-in one is used.")]
    elif not studio.servers.is_server(first.id):
        lines = [translate("Notes", "This service publishes no list of models; the one that came with it is used.")]
    elif studio.servers.was_probed(first.id):
        lines = [translate("Notes", "The models are those of its file, which the check of the server writes.")]
    else:
        lines = [translate("Notes", "This server was not checked yet: its models are not known.")]
    lines.append(translate("Notes", "{0} video models.").format(len(models)))
    lines += [sentence(note.code, note.args) for note in studio.live.notes(first.id)]
    for model in models:
        lines += _about(model)
    return _section(title, lines)


def _about(model: Model) -> list[str]:
    """What of a model cannot be picked, is not understood, or is said by the service."""
    lines = [f"{model.name}: {word}." for word in [standing(model)] if word]
    raw = [f"{param.key} ({_kind(param)})" for param in model.params if param.type is ParamType.RAW]
    if raw:
        words = translate("Notes", "{0}: of a kind not known to this version, shown as plain fields: {1}.")
        lines.append(words.format(model.name, ", ".join(raw)))
    kept = {**model.unknown}
    for param in model.params:
        kept |= {f"{param.key}.{key}": value for key, value in param.unknown.items() if key != KIND}
    if kept:
        words = translate("Notes", "{0}: kept, though not understood: {1}")
        lines.append(words.format(model.name, json.dumps(kept, ensure_ascii=False)))
    said = translate("Notes", "{0}: the service says: {1}")
    return lines + [said.format(model.name, notice) for notice in model.notices]


def _kind(param: Param) -> str:
    """What the service calls the kind of a parameter that nobody has seen yet."""
    return str(param.unknown.get(KIND) or translate("Notes", "no kind"))


def _section(title: str, lines: Iterable[str]) -> str:
    """A title and its lines, bounded; empty where there is nothing to say."""
    shown = [" ".join(line.split()) for line in lines]
    over = len(shown) - MOST_LINES
    if over > 0:
        shown = [*shown[:MOST_LINES], translate("Notes", "… and {0} more.").format(over)]
    cut = (line if len(line) <= MOST_LINE else line[: MOST_LINE - 1] + "…" for line in shown)
    return "\n".join([" ".join(title.split()), *(f"  {line}" for line in cut)]) if shown else ""


class CatalogueNotes(HelpDialog):
    """Shows the report, follows it, copies it, and asks for the lists anew. Not modal, gone when closed."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._studio = studio
        self.setWindowTitle(self.tr("Catalogue notes"))
        self.setMinimumSize(scale(480), scale(320))
        self.resize(scale(760), scale(560))
        explained = self.tr(
            "Services change their models without notice. What of a list cannot be read is left out and told here; "
            "nothing else is lost by it."
        )
        self.body.addWidget(label(explained, ink="muted", wrap=True))
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setProperty("look", "report")
        self.text.setAccessibleName(self.tr("Catalogue notes"))
        self.body.addWidget(self.text, 1)
        self.lists = LiveLists(studio, self)
        self.problem = Hint("", "warning", self)
        self.body.addWidget(self.problem)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.refresh = button(self.tr("Refresh the lists"), "field", "retry", self)
        self.refresh.clicked.connect(self.lists.refresh)
        self.copy = button(self.tr("Copy"), "field", "copy", self)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        row.addWidget(self.refresh)
        row.addWidget(self.copy)
        row.addStretch(1)
        self.body.addLayout(row)
        self.lists.changed.connect(self._show)
        for signal in (
            studio.providers.changed,
            studio.servers.changed,
            studio.accounts.changed,
            studio.radar.changed,
        ):
            bind(signal, self._show, self)
        self._show()

    def _show(self) -> None:
        text = report(self._studio)
        if text != self.text.toPlainText():
            bar = self.text.verticalScrollBar()
            at = bar.value()
            self.text.setPlainText(text)
            bar.setValue(at)
        self.refresh.setVisible(bool(self.lists.listing()))
        self.refresh.setEnabled(not self.lists.busy)
        self.problem.say(self.lists.problem, "warning")


def show_notes(studio: Studio, near: QWidget) -> None:
    """Opens the notes over the window of `near`, or brings them to the front."""
    home = near.window()
    notes = home.findChild(CatalogueNotes) or CatalogueNotes(studio, home)
    notes.show()
    notes.raise_()
    notes.activateWindow()
