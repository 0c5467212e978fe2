"""The colours that tell accounts apart: which one an account has, and the dot that shows it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from sora_desktop.core.accounts import Account
from sora_desktop.engine.accounts import Accounts
from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import ACCOUNT_COLOURS

NAMES = tuple(ACCOUNT_COLOURS)
DOT = 8
"""The dot's width, in px."""


def colour_word(name: str) -> str:
    """A colour of the palette in words."""
    words = {
        "blue": QCoreApplication.translate("AccountColours", "Blue"),
        "amber": QCoreApplication.translate("AccountColours", "Amber"),
        "teal": QCoreApplication.translate("AccountColours", "Teal"),
        "red": QCoreApplication.translate("AccountColours", "Red"),
        "violet": QCoreApplication.translate("AccountColours", "Violet"),
        "green": QCoreApplication.translate("AccountColours", "Green"),
        "orange": QCoreApplication.translate("AccountColours", "Orange"),
        "pink": QCoreApplication.translate("AccountColours", "Pink"),
    }
    return words[name]


def colours_of(accounts: Iterable[Account]) -> dict[str, str]:
    """The colour of each account by id: its own, else the next that is free. Built-in ones have none."""
    own = [account for account in accounts if not account.builtin]
    found = {account.id: account.colour for account in own if account.colour in ACCOUNT_COLOURS}
    for account in sorted(own, key=lambda account: (account.created_at, account.id)):
        if account.id not in found:
            found[account.id] = next_colour(found.values())
    return found


def telling_colours(accounts: Iterable[Account]) -> dict[str, str]:
    """As `colours_of`, but none where the user has one account at most: there is nothing to tell apart."""
    found = colours_of(accounts)
    return found if len(found) > 1 else {}


def next_colour(taken: Iterable[str]) -> str:
    """The first colour that is taken least often."""
    taken = list(taken)
    return min(NAMES, key=taken.count)


class Colours(QObject):
    """The colours of all accounts, kept until the accounts change."""

    def __init__(self, accounts: Accounts, parent: QObject) -> None:
        super().__init__(parent)
        self._accounts = accounts
        self._fill()
        bind(accounts.changed, self._fill, self)

    def _fill(self) -> None:
        self.telling = telling_colours(self._accounts.all)
        """As `telling_colours`."""


def paint_dot(painter: QPainter, centre: QPoint, name: str, *, ground: str = "", px: float = DOT) -> None:
    """The dot of a colour around `centre`; with `ground` a ring of that colour token parts it from what it lies on."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = scale(px)
    area = QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side)
    painter.setPen(QPen(theme().colour(ground), scale(2)) if ground else Qt.PenStyle.NoPen)
    painter.setBrush(theme().account_colour(name))
    painter.drawEllipse(area)
    painter.restore()
