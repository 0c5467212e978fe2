"""Small windows of the Help menu: about, keyboard shortcuts, read me."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from sora_desktop import __version__
from sora_desktop.storage.resources import resource
from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.basic import button, label, line


class HelpDialog(QDialog):
    """A body and a Close button; not modal, gone when closed."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(24, 20, 24, 12)
        self.body.setSpacing(8)
        self.close_button = button(self.tr("Close"), "field")
        self.close_button.clicked.connect(self.close)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 10, 16, 12)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.body, 1)
        layout.addWidget(line())
        layout.addLayout(foot)


class AboutDialog(HelpDialog):
    """Name, version, licence, what it is built on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("About Sora Desktop"))
        row = QHBoxLayout()
        row.setSpacing(20)
        picture = QLabel()
        picture.setPixmap(QIcon(str(resource("icons", "app.svg"))).pixmap(scale(72), scale(72)))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(label("Sora Desktop", "first_run"))
        column.addWidget(label(self.tr("Version {0}").format(__version__), ink="muted"))
        column.addSpacing(8)
        lines = (
            self.tr("A native studio for hosted AI-video models. Free software under the GNU GPL, version 3 or later."),
            self.tr("It is not made by, and has no tie to, any of the services it can use."),
            self.tr("Built on Qt for Python, FFmpeg, SQLite. Icons: Lucide (ISC). Typeface: Inter (OFL)."),
        )
        for text in lines:
            each = label(text, ink="muted", wrap=True)
            each.setMinimumWidth(scale(340))
            column.addWidget(each)
        row.addLayout(column, 1)
        self.body.addLayout(row)
        self.body.addStretch(1)


class ShortcutsDialog(HelpDialog):
    """Every key of the menus, and those of the viewer and the lists."""

    def __init__(self, menus: list[QMenu], parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(scale(760), scale(660))
        groups = [(menu.title().replace("&", ""), _keys_of(menu)) for menu in menus]
        groups += [
            (self.tr("Viewer"), self._viewer()),
            (self.tr("Library"), self._library()),
            (self.tr("Queue"), self._queue()),
        ]
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(32)
        half = (sum(len(keys) for _title, keys in groups) + 1) // 2
        sides: list[list[tuple[str, list[tuple[str, str]]]]] = [[], []]
        count = 0
        for group in groups:
            if group[1]:
                sides[0 if count < half else 1].append(group)
                count += len(group[1])
        for side in sides:
            columns.addLayout(_column(side), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        self.body.addWidget(scroll)

    def _viewer(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Play, pause"), "Space, K"),
            (self.tr("Slower, faster"), "J, L"),
            (self.tr("One frame"), "←, →"),
            (self.tr("One second"), "Shift+←, Shift+→"),
            (self.tr("Begin, end"), "Home, End"),
            (self.tr("Loop"), "R"),
            (self.tr("Mute"), "M"),
        ]

    def _library(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Open"), "Enter"),
            (self.tr("Favourite"), "F"),
            (self.tr("Rating"), "0–5"),
            (self.tr("Copy recipe"), _native("Ctrl+C")),
            (self.tr("Remove"), _native("Del")),
        ]

    def _queue(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Open"), "Enter"),
            (self.tr("Copy recipe"), _native("Ctrl+C")),
            (self.tr("Pause, resume"), "P"),
            (self.tr("Check or retry"), _native("Ctrl+R")),
            (self.tr("Remove"), _native("Del")),
        ]


class ReadmeDialog(HelpDialog):
    """The README that came with the program, or a document of docs/ (`name`, without .md)."""

    def __init__(self, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__("", parent)
        self.setWindowTitle(self.tr("Read me"))
        self.resize(scale(760), scale(620))
        self.text = QTextBrowser()
        self.text.setProperty("look", "report")
        self.text.setOpenExternalLinks(True)
        self.text.setMarkdown(document(name) if name else readme())
        self.body.addWidget(self.text)


def document(name: str) -> str:
    """A document of docs/ as Markdown; the README where it did not come along."""
    places = (resource().parent / "docs", resource("docs"))
    found = next((place / f"{name}.md" for place in places if (place / f"{name}.md").is_file()), None)
    return found.read_text(encoding="utf-8") if found else readme()


def readme() -> str:
    """The README as Markdown: beside the code in a checkout, in the package's metadata where it is installed."""
    beside = resource().parent / "README.md"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    try:
        about = metadata.metadata("sora-desktop")
    except metadata.PackageNotFoundError:
        return "# Sora Desktop\n"
    return str(about["Description"] or "# Sora Desktop\n")


def _keys_of(menu: QMenu) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for action in menu.actions():
        if (inner := action.menu()) is not None:
            assert isinstance(inner, QMenu)
            found += _keys_of(inner)
        elif not action.shortcut().isEmpty():
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            found.append((action.text().replace("&", "").rstrip("…"), keys))
    return found


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def _column(groups: list[tuple[str, list[tuple[str, str]]]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(6)
    grid.setColumnStretch(0, 1)
    for title, keys in groups:
        row = grid.rowCount()
        heading = label(title, "section")
        heading.setContentsMargins(0, 8 if row > 1 else 0, 0, 0)
        grid.addWidget(heading, row, 0, 1, 2)
        for offset, (words, text) in enumerate(keys, 1):
            grid.addWidget(label(words, ink="muted"), row + offset, 0)
            grid.addWidget(label(text, "strong"), row + offset, 1, Qt.AlignmentFlag.AlignRight)
    grid.setRowStretch(grid.rowCount(), 1)
    return grid
