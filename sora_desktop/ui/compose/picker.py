"""The button that shows account and model in two lines, and opens the list of both."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model
from sora_desktop.ui.account_colours import paint_dot
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.model_words import standing
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.words import credits, modes

LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextSingleLine)


class PickerButton(QAbstractButton):
    """Shows what is chosen. `wanted` is emitted by a click, Space, Enter or the arrow down."""

    wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = self._line = self._price = ""
        self._sign = "plus"
        self._letter = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setProperty("ringRadius", SIZES.radius)
        self.clicked.connect(self.wanted)
        self.show_choice(None, None)

    def show_choice(self, account: Account | None, model: Model | None, named: str = "", *, colour: str = "") -> None:
        """Shows an account and its model; words to act on where one is missing.

        `named` is the id of a model that the account does not have.
        """
        self._letter = self._sign = self._price = ""
        self._colour = colour
        if account is None:
            self._title, self._line = self.tr("No account yet"), self.tr("Choose one to see its models")
            self._sign = "plus"
        else:
            if account.builtin:
                self._sign = "flask"
            else:
                self._letter = next((char for char in account.name if char.isalnum()), "?").upper()
            if model is None and named:
                self._title, self._line = f"{account.name} · {named}", self.tr("Not a model of this account")
            elif model is None:
                self._title, self._line = account.name, self.tr("Choose a model")
            else:
                self._title, self._line = f"{account.name} · {model.name}", standing(model) or modes(model)
                self._price = credits(model.credits) if model.credits is not None and model.pickable else ""
        self.setAccessibleName(self.tr("Account and model: {0}").format(self._title))
        self.setAccessibleDescription(", ".join(filter(None, (self._line, self._price))))
        self.setToolTip(self.tr("Choose the account and the model"))
        self.update()

    @property
    def title(self) -> str:
        """The first line."""
        return self._title

    def sizeHint(self) -> QSize:
        return QSize(scale(SIZES.compose - 2 * SIZES.column_padding), scale(SIZES.picker))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(200), scale(SIZES.picker))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down) and not event.modifiers():
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().colour("border"))
        painter.setBrush(theme().colour("pressed" if self.isDown() else "hover" if self.underMouse() else "raised"))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), scale(SIZES.radius), scale(SIZES.radius)
        )
        side, edge = scale(32), (self.height() - scale(32)) // 2
        paint_sign(painter, QRect(edge, edge, side, side), self._letter, self._sign, plate="hover")
        if self._colour:
            corner = edge + side - scale(2)
            paint_dot(painter, QPoint(corner, corner), self._colour, ground="raised", px=10)
        mark = QRect(self.width() - scale(12) - scale(16), 0, scale(16), self.height())
        paint_icon(painter, mark, "updown", "muted")
        right = mark.left() - scale(8)
        if self._price:
            font = theme().font("base")
            wide = QFontMetrics(font).horizontalAdvance(self._price)
            painter.setFont(font)
            painter.setPen(theme().colour("text"))
            painter.drawText(QRect(right - wide, 0, wide, self.height()), RIGHT, self._price)
            right -= wide + scale(10)
        left = edge + side + scale(11)
        for line, face, ink, top in ((self._title, "section", "text", 7), (self._line, "secondary", "muted", 25)):
            font = theme().font(face)
            painter.setFont(font)
            painter.setPen(theme().colour(ink))
            shown = fitted(line, QFontMetrics(font), right - left)
            painter.drawText(QRect(left, scale(top), right - left, scale(17)), LEFT, shown)


def fitted(line: str, metrics: QFontMetrics, room: int) -> str:
    """`line` in `room`: of "account · model" the account gives way first, all of it if need be: the model says more."""
    if metrics.horizontalAdvance(line) <= room:
        return line
    first, dot, last = line.partition(" · ")
    if not dot:
        return metrics.elidedText(line, Qt.TextElideMode.ElideRight, room)
    left = room - metrics.horizontalAdvance(dot + last)
    if left > metrics.horizontalAdvance("Abcde…"):
        return metrics.elidedText(first, Qt.TextElideMode.ElideRight, left) + dot + last
    return metrics.elidedText(last, Qt.TextElideMode.ElideRight, room)


def paint_sign(painter: QPainter, area: QRect, letter: str, sign: str, *, plate: str) -> None:
    """The plate of an account: its first letter, or an icon."""
    painter.setPen(theme().colour("border"))
    painter.setBrush(theme().colour(plate))
    radius = scale(SIZES.radius)
    painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    if letter:
        painter.setPen(theme().colour("text"))
        painter.setFont(theme().font("section"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), letter)
    else:
        side = scale(SIZES.icon)
        inner = QRect(0, 0, side, side)
        inner.moveCenter(area.center())
        paint_icon(painter, inner, sign, "muted")
