"""The one filled button of a window; it shows its shortcut. And the stepper that stands beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, mark, tool


class PrimaryButton(QPushButton):
    """A filled button that paints `shortcut` (a text such as Ctrl+Enter) behind its words, where there is room."""

    def __init__(self, text: str, shortcut: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._shortcut = shortcut
        self.setAutoDefault(False)
        mark(self, look="primary")
        if shortcut:
            self.setAccessibleDescription(shortcut)

    def sizeHint(self) -> QSize:
        words, hint = self._widths()
        return QSize(words + hint + scale(32), scale(SIZES.primary))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._widths()[0] + scale(16), scale(SIZES.primary))

    def _widths(self) -> tuple[int, int]:
        words = QFontMetrics(theme().font("primary")).horizontalAdvance(self.text())
        hint = QFontMetrics(theme().font("overlay")).horizontalAdvance(self._shortcut)
        return words, hint + scale(10) if self._shortcut else 0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        words, hint = self._widths()
        room = self.width() - scale(16)
        if words + hint > room:
            hint = 0
        left = (self.width() - words - hint) // 2
        ink = theme().colour("on_fill" if self.isEnabled() else "faint")
        painter.setPen(ink)
        painter.setFont(theme().font("primary"))
        middle = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
        painter.drawText(QRect(left, 0, words + 2, self.height()), middle, self.text())
        if hint:
            painter.setFont(theme().font("overlay"))
            painter.drawText(QRect(left + words + scale(10), 0, hint, self.height()), middle, self._shortcut)


class Stepper(QFrame):
    """A small whole number between two buttons: how many clips."""

    changed = Signal(int)

    def __init__(self, most: int = 99, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ringRadius", SIZES.radius_large)
        keep_height(self, SIZES.primary)
        self._less = tool("minus", self.tr("One clip less"), parent=self)
        self._more = tool("plus", self.tr("One clip more"), parent=self)
        self._box = QSpinBox(self)
        self._box.setRange(1, most)
        self._box.setPrefix("×")
        self._box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._box.setAccessibleName(self.tr("Number of clips"))
        self._box.setToolTip(self.tr("How many clips to make of this prompt"))
        mark(self._box, look="bare")  # NoButtons would leave the text 1 px: the sheet makes them 0 wide.
        self._box.setProperty("ringFrame", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 4, 1)
        row.setSpacing(0)
        row.addWidget(self._less)
        row.addWidget(self._box, 1)
        row.addWidget(self._more)
        # Tab goes to the number; up and down, and the two buttons, change it.
        for button, step in ((self._less, -1), (self._more, 1)):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAutoRepeat(True)
            button.clicked.connect(lambda _checked=False, step=step: self._box.stepBy(step))
        self._box.valueChanged.connect(self._on_changed)
        self._ends()

    @property
    def value(self) -> int:
        return self._box.value()

    def set_value(self, value: int) -> None:
        """Shows `value` without telling."""
        self._box.blockSignals(True)
        self._box.setValue(value)
        self._box.blockSignals(False)
        self._ends()

    def sizeHint(self) -> QSize:
        return QSize(scale(104), scale(SIZES.primary))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(92), scale(SIZES.primary))

    def _on_changed(self, value: int) -> None:
        self._ends()
        self.changed.emit(value)

    def _ends(self) -> None:
        self._less.setEnabled(self._box.value() > self._box.minimum())
        self._more.setEnabled(self._box.value() < self._box.maximum())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().colour("strong" if self.isEnabled() else "border"))
        painter.setBrush(theme().colour("raised") if self.isEnabled() else Qt.BrushStyle.NoBrush)
        radius = scale(SIZES.radius_large)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
