"""The first screen: where the first clip is made. Its cards come from the catalogue."""

from __future__ import annotations

import asyncio
from pathlib import Path

import shiboken6
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.core.catalog import Catalog, Provider
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon, pixmap
from sora_desktop.ui.places import videos_folder
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import button, label
from sora_desktop.ui.widgets.chip import Chip
from sora_desktop.ui.words import Look, Shape

WIDTH, HEIGHT = 576, 72


class Card(QPushButton):
    """One large choice: picture, heading, a line below, perhaps a chip."""

    def __init__(self, picture: str, heading: str, text: str, *, first: bool = False, chip: str = "") -> None:
        super().__init__()
        self._picture, self._first = picture, first
        self.setProperty("look", "card-first" if first else "card")
        self.setAccessibleName(heading)
        self.setAccessibleDescription(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        words = QVBoxLayout()
        words.setSpacing(1)
        self._labels = (label(heading, "card"), label(text, ink="muted", wrap=True))
        for each in self._labels:
            words.addWidget(each)
        self._row = QHBoxLayout(self)
        self._row.addLayout(words, 1)
        if chip:
            self._row.addWidget(Chip(Look("check", chip, "success", Shape.TINT), chip))
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        bind(theme().changed, self._measure, self)
        self._measure()

    def _measure(self) -> None:
        self._row.setContentsMargins(scale(72), scale(14), scale(46), scale(14))
        self._row.setSpacing(scale(12))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(scale(WIDTH), max(scale(HEIGHT), self._row.heightForWidth(self.width() or scale(WIDTH))))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(320), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, middle = scale(40), self.height() // 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("pressed" if self.underMouse() else "hover"))
        painter.drawRoundedRect(scale(17), middle - side // 2, side, side, scale(8), scale(8))
        box = scale(20)
        at = scale(17) + (side - box) // 2
        paint_icon(painter, QRect(at, middle - box // 2, box, box), self._picture, "accent" if self._first else "muted")
        arrow = scale(16)
        paint_icon(painter, QRect(self.width() - scale(32), middle - arrow // 2, arrow, arrow), "right", "muted")


def offered(catalog: Catalog) -> list[Provider]:
    """The services in the order they are offered: first those that promise never to make a clip twice."""
    return sorted((each for each in catalog.providers if each.welcome), key=lambda provider: not provider.idempotent)


class FirstRun(QWidget):
    """Stands in the centre until there is an account or a job."""

    simulator_chosen = Signal()
    provider_chosen = Signal(str)
    """The provider's id, for a new account."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setObjectName("first-run")

        column = QWidget()
        column.setMaximumWidth(scale(WIDTH))
        self._column = column
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(label(self.tr("Make your first clip"), "first_run"))
        layout.addSpacing(6)
        lead = self.tr("Pick where the video is made. You can add more places later in Settings.")
        layout.addWidget(label(lead, "lead", "muted", wrap=True))
        layout.addSpacing(22)
        self.cards: dict[str, Card] = {}
        for card in self._make_cards():
            layout.addWidget(card)
            layout.addSpacing(8)
        layout.addSpacing(16)
        layout.addLayout(self._promise())
        layout.addSpacing(20)
        layout.addLayout(self._buttons())

        outer = QHBoxLayout()
        outer.addStretch(1)
        outer.addWidget(column, 1000)
        outer.addStretch(1)
        body = QVBoxLayout(self)
        body.setContentsMargins(24, 16, 24, 16)
        body.addStretch(10)
        body.addLayout(outer)
        body.addStretch(11)
        if self.first_card is not None:
            self.setFocusProxy(self.first_card)
        bind(theme().changed, self._on_theme_changed, self)

    @property
    def first_card(self) -> Card | None:
        """The card that has the focus at first."""
        return next(iter(self.cards.values()), None)

    @property
    def keyring_text(self) -> str:
        """What is said of where keys go."""
        return self._promise_text.text()

    def _make_cards(self) -> list[Card]:
        if any(account.builtin for account in self._studio.accounts.all):
            simulator = Card(
                "flask",
                self.tr("Try the built-in simulator"),
                self.tr("Sample clips on this computer. Learn the flow first."),
                first=True,
                chip=self.tr("No key, no cost"),
            )
            simulator.clicked.connect(self.simulator_chosen)
            self.cards["simulator"] = simulator
        for provider in offered(self._studio.catalog):
            card = Card("key", self.tr("Add your {0} key").format(provider.name), provider.summary)
            card.clicked.connect(lambda _checked=False, name=provider.id: self.provider_chosen.emit(name))
            self.cards[provider.id] = card
        return list(self.cards.values())

    def _promise(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self._lock = QLabel()
        self._promise_text = label(self.tr("Nothing is charged until you press Generate."), ink="muted", wrap=True)
        row.addWidget(self._lock, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._promise_text, 1)
        self._paint_lock()
        return row

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.folder_button = button(self.tr("Videos folder…"), picture="folder")
        self.folder_button.clicked.connect(self.choose_folder)
        row.addWidget(self.folder_button)
        row.addStretch(1)
        return row

    def choose_folder(self) -> None:
        """Lets the person choose where videos go."""
        current = videos_folder(self._studio.settings.current, self._studio.paths)
        dialog = QFileDialog(self, self.tr("Where should finished videos go?"), str(current))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_folder_selected)
        dialog.open()

    def _on_folder_selected(self, folder: str) -> None:
        self._studio.tasks.spawn(self._studio.settings.change(videos_folder=str(Path(folder))), "videos folder")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._studio.tasks.spawn(self._ask_keyring(), "keyring, first run")

    async def _ask_keyring(self) -> None:
        """Says truthfully where keys go, without opening the keyring."""
        await asyncio.sleep(0.1)  # The first picture does not wait for the import of keyring.
        there = await self._studio.secrets.available()
        if not shiboken6.isValid(self):
            return
        if there:
            text = self.tr("Keys go to the system keyring. Nothing is charged until you press Generate.")
        else:
            text = self.tr(
                "This computer has no system keyring: keys are kept until you quit, and never written to a file. "
                "Nothing is charged until you press Generate."
            )
        self._promise_text.setText(text)

    def _paint_lock(self) -> None:
        self._lock.setPixmap(pixmap("lock", "muted", scale(16)))

    def _on_theme_changed(self) -> None:
        self._column.setMaximumWidth(scale(WIDTH))
        self._paint_lock()
