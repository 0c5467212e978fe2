"""The row of things to do with what is shown. What has no room moves into "…"."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from sora_desktop.ui.icons import icon
from sora_desktop.ui.widgets.basic import keep_height, mark, tool

ROW = 42
GAP = 4


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry: its name, words, icon and key; `only_menu` keeps it out of the row."""

    name: str
    words: str
    icon: str
    key: str = ""
    only_menu: bool = False


class ActionRow(QWidget):
    """Buttons from left to right in the order they matter; `wanted` brings a deed's name."""

    wanted = Signal(str)

    def __init__(self, deeds: list[Deed], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._deeds = deeds
        self._possible = {deed.name for deed in deeds}
        mark(self, surface="panel")
        keep_height(self, ROW)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(GAP)
        self.buttons: dict[str, QToolButton] = {}
        for deed in deeds:
            if deed.only_menu:
                continue
            hint = f"{deed.words} ({deed.key})" if deed.key else deed.words
            made = tool(deed.icon, deed.words, hint, text=deed.words)
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.clicked.connect(lambda _checked=False, name=deed.name: self.wanted.emit(name))
            self.buttons[deed.name] = made
            row.addWidget(made)
        row.addStretch(1)
        self.more = tool("dots", self.tr("More"))
        self.more.clicked.connect(self._on_more)
        row.addWidget(self.more)

    def set_possible(self, names: set[str]) -> None:
        """Only these can be done with what is shown; the others are not there."""
        self._possible = names
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.more.sizeHint().width() + 24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As many as fit, from the left."""
        room = self.width() - 24 - self.more.sizeHint().width() - GAP
        full = False
        for name, made in self.buttons.items():
            if name in self._possible:
                room -= made.sizeHint().width() + GAP
                full = full or room < 0
            made.setVisible(name in self._possible and not full)
        self.more.setVisible(bool(self.left_out()))

    def left_out(self) -> list[Deed]:
        """What is in the menu only."""
        shown = {name for name, made in self.buttons.items() if made.isVisibleTo(self)}
        return [deed for deed in self._deeds if deed.name in self._possible - shown]

    def _on_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for deed in self.left_out():
            action = menu.addAction(icon(deed.icon), deed.words)
            action.triggered.connect(lambda _checked=False, name=deed.name: self.wanted.emit(name))
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))
