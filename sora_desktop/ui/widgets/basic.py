"""Small makers for the plain widgets: labels, buttons, lines, and the properties that the style sheet reads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.theme import scale, theme


def mark(widget: QWidget, **properties: object) -> None:
    """Sets properties the style sheet selects by (`look`, `face`, `ink`, `surface`, `invalid`) and restyles at once."""
    different = False
    for name, value in properties.items():
        # As text: a false boolean and an absent property select differently.
        text = str(value).lower() if isinstance(value, bool) else value
        if widget.property(name) != text:
            widget.setProperty(name, text)
            different = True
    if "surface" in properties:
        widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    if different:
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


def label(
    text: str = "", face: str = "", ink: str = "", *, wrap: bool = False, parent: QWidget | None = None
) -> QLabel:
    """A label of plain text, whatever it holds."""
    made = QLabel(parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setWordWrap(wrap)
    if face:
        made.setProperty("face", face)
    if ink:
        made.setProperty("ink", ink)
    return made


def button(text: str, look: str = "", picture: str = "", parent: QWidget | None = None) -> QPushButton:
    """A push button; `look` is "", small, field, flat, link, danger or primary."""
    made = QPushButton(text, parent)
    made.setAutoDefault(False)
    if look:
        made.setProperty("look", look)
    if picture:
        role = {"danger": "danger", "link": "accent", "primary": "on_fill"}.get(look, "muted")
        made.setIcon(icon(picture, role))
    sized(made, gap=4 if text else 0)
    return made


def tool(picture: str, name: str, hint: str = "", *, text: str = "", parent: QWidget | None = None) -> QToolButton:
    """A flat button with an icon; `name` is what a screen reader says, and the tooltip unless `hint` says more."""
    made = QToolButton(parent)
    made.setIcon(icon(picture))
    made.setAccessibleName(name)
    made.setToolTip(plain(hint or name))
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setCursor(Qt.CursorShape.ArrowCursor)
    if text:
        made.setText(text)
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    sized(made, gap=2 if text else 0)
    return made


def sized(widget: QAbstractButton, px: int = 16, gap: int = 0) -> None:
    """Keeps the icon at `px` of the user's text size, and `gap` px more between it and the words."""

    def resize() -> None:
        widget.setIconSize(QSize(scale(px) + scale(gap), scale(px)))

    resize()
    bind(theme().changed, resize, widget)


def plain(text: str) -> str:
    """`text` for a tooltip, which guesses rich text: a text that looks like markup is escaped."""
    return "<qt>" + text.replace("&", "&amp;").replace("<", "&lt;") + "</qt>" if "<" in text else text


def line(parent: QWidget | None = None) -> QFrame:
    """A horizontal hairline."""
    made = QFrame(parent)
    made.setProperty("look", "line")
    return made


def keep_height(widget: QWidget, px: int) -> None:
    """Fixes the height at `px` of the tokens, also after a change of text size."""

    def resize() -> None:
        widget.setFixedHeight(scale(px))

    resize()
    bind(theme().changed, resize, widget)


def roomy(box: QAbstractSpinBox) -> None:
    """Gives a spin box the padding of a field, which a style sheet cannot."""

    def pad() -> None:
        box.lineEdit().setTextMargins(scale(7), 0, 0, 0)

    pad()
    bind(theme().changed, pad, box)


def chain(widgets: Iterable[QWidget]) -> None:
    """Lets Tab go through `widgets` and what is inside them in this order."""
    stops: list[QWidget] = []
    for widget in widgets:
        # A combo box has its list as a child, which is a window of its own.
        inside = [one for one in (widget, *widget.findChildren(QWidget)) if one.window() is widget.window()]
        stops += [one for one in inside if one.focusPolicy() != Qt.FocusPolicy.NoFocus and one.focusProxy() is None]
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


class Elided(QLabel):
    """One line of plain text that ends in … where room ends; the whole is in the tooltip then."""

    def __init__(
        self,
        text: str = "",
        face: str = "",
        ink: str = "",
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if face:
            self.setProperty("face", face)
        if ink:
            self.setProperty("ink", ink)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(" ".join(text.splitlines()).replace("\t", " "))
        self._hint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint()

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 3, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), int(self.alignment() | Qt.TextFlag.TextSingleLine), shown)

    def _hint(self) -> None:
        cut = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        told = plain(self.text()) if cut else ""
        if told != self.toolTip():
            self.setToolTip(told)
