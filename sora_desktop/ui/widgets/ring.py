"""The focus ring: 2 px outside the widget that has the focus, when it came there by the keyboard.

Style sheets cannot draw outside a widget, so the ring is a transparent child of the widget's parent that follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from sora_desktop.ui.tokens import SIZES

if TYPE_CHECKING:
    from sora_desktop.ui.theme import Theme

RINGED = (QAbstractButton, QLineEdit, QAbstractSpinBox, QComboBox, QAbstractSlider)
FOLLOWED = {
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.LayoutRequest,
}
GAP = 1


def ring_around(widget: QWidget, frame: QWidget) -> None:
    """The ring of `widget` is drawn around `frame`, which holds it."""
    widget.setProperty("ringFrame", frame)


class FocusRing(QWidget):
    """The ring around `target`, painted over `holder`. It hides and moves with the target and dies with it."""

    def __init__(self, target: QWidget, holder: QWidget, theme: Theme) -> None:
        super().__init__(holder)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target = target
        self._theme = theme
        self._radius = int(target.property("ringRadius") or 0) or _radius(target)
        step: QWidget | None = target
        while step is not None and step is not holder:
            step.installEventFilter(self)
            step = step.parentWidget()
        target.destroyed.connect(self.deleteLater)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in FOLLOWED:
            self._place()
        return False

    def _place(self) -> None:
        holder = self.parentWidget()
        if holder is None or not shiboken6.isValid(self._target):
            return
        if not self._target.isVisibleTo(holder):
            self.hide()
            return
        reach = SIZES.ring + GAP
        corner = self._target.mapTo(holder, QPoint(0, 0))
        self.setGeometry(QRect(corner, self._target.size()).adjusted(-reach, -reach, reach, reach))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.colour("accent"), SIZES.ring))
        radius = self._theme.scale(self._radius) + GAP + SIZES.ring / 2
        half = SIZES.ring / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), radius, radius)


def _radius(target: QWidget) -> int:
    look = target.property("look")
    if look in ("primary", "editor", "card"):
        return SIZES.radius_large
    return SIZES.radius


def _holder(target: QWidget) -> QWidget | None:
    """The nearest ancestor that takes a child without laying it out, and has room around the target."""
    holder = target.parentWidget()
    while holder is not None:
        tight = holder.contentsRect().adjusted(2, 2, -2, -2)
        inside = QRect(target.mapTo(holder, QPoint(0, 0)), target.size())
        scrolls = isinstance(holder.parentWidget(), QScrollArea | QAbstractScrollArea)
        if scrolls or holder.isWindow():
            return holder
        if not isinstance(holder, QSplitter | QStackedWidget) and tight.contains(inside):
            return holder
        holder = holder.parentWidget()
    return None


def _framed(focused: QWidget) -> QWidget | None:
    frame = focused.property("ringFrame")
    if isinstance(frame, QWidget):
        return frame
    inner = focused.parentWidget()
    if isinstance(focused, QLineEdit) and isinstance(inner, QAbstractSpinBox | QComboBox):
        return inner
    return focused if isinstance(focused, RINGED) else None


def _by_keyboard(focused: QWidget) -> bool:
    return focused.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)


class RingKeeper(QObject):
    """Draws the ring where the focus goes. One for the program; it lives as long as the application."""

    def __init__(self, app: QApplication, theme: Theme) -> None:
        super().__init__(app)
        self._ring: FocusRing | None = None
        self._theme = theme
        app.focusChanged.connect(self._on_focus_changed)

    @property
    def ring(self) -> FocusRing | None:
        """The ring that is shown, if any."""
        return self._ring if self._ring is not None and shiboken6.isValid(self._ring) else None

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        old = self.ring
        if old is not None:
            old.hide()
            old.deleteLater()
        self._ring = None
        if now is None or not (_by_keyboard(now) or self._theme.colours.name == "contrast"):
            return
        target = _framed(now)
        holder = _holder(target) if target is not None else None
        if target is not None and holder is not None:
            self._ring = FocusRing(target, holder, self._theme)
