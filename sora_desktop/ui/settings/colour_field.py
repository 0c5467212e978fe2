"""The colour of an account: one of a small palette."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from sora_desktop.ui.account_colours import NAMES, colour_word
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme

SIDE, PLATE = 28, 18
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


class Swatch(QAbstractButton):
    """One colour. The chosen one has a ring and a tick: colour is not all that differs."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = name
        self.setCheckable(True)
        self.setAccessibleName(colour_word(name))
        self.setToolTip(colour_word(name))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(scale(SIDE), scale(SIDE))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(PLATE), scale(SIDE))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(scale(PLATE), self.width() - 8)
        plate = QRectF(0, 0, side, side)
        plate.moveCenter(QRectF(self.rect()).center())
        if self.isChecked() or self.underMouse():
            painter.setPen(QPen(theme().colour("text" if self.isChecked() else "control"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(plate.adjusted(-3, -3, 3, 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().account_colour(self.name))
        painter.drawEllipse(plate)
        if self.isChecked():
            side = scale(12)
            tick = QRectF(0, 0, side, side)
            tick.moveCenter(plate.center())
            paint_icon(painter, tick, "check", theme().colour("panel"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS:
            event.ignore()
        else:
            super().keyPressEvent(event)


class ColourField(QWidget):
    """The palette in a row. `chosen` is emitted with the name when the user takes another."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(4)
        self._swatches = [Swatch(name, self) for name in NAMES]
        for swatch in self._swatches:
            row.addWidget(swatch)
            swatch.clicked.connect(lambda _checked=False, swatch=swatch: self._choose(swatch))
        row.addStretch(1)
        self.set_value("")

    @property
    def swatches(self) -> Sequence[Swatch]:
        return self._swatches

    @property
    def value(self) -> str:
        """The chosen name; empty where none is."""
        return next((swatch.name for swatch in self._swatches if swatch.isChecked()), "")

    def set_value(self, name: str) -> None:
        """Chooses without telling."""
        for swatch in self._swatches:
            swatch.setChecked(swatch.name == name)
        self._one_tab_stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = STEPS.get(key, 0)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = -step
        if not step:
            super().keyPressEvent(event)
            return
        at = next((index for index, swatch in enumerate(self._swatches) if swatch.hasFocus()), 0)
        target = self._swatches[(at + step) % len(self._swatches)]
        self._choose(target)
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def _choose(self, wanted: Swatch) -> None:
        self.set_value(wanted.name)
        self.chosen.emit(wanted.name)

    def _one_tab_stop(self) -> None:
        """Tab stops once in the row, at the chosen colour; arrows move inside."""
        stop = next((swatch for swatch in self._swatches if swatch.isChecked()), self._swatches[0])
        for swatch in self._swatches:
            swatch.setFocusPolicy(Qt.FocusPolicy.StrongFocus if swatch is stop else Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(stop)
