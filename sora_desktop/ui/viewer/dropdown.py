"""A flat button that shows a value and opens a menu of others."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QStyle, QWidget

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES


class Dropdown(QAbstractButton):
    """`chosen` brings the value of the entry that was picked."""

    chosen = Signal(object)

    def __init__(self, name: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: list[tuple[object, str]] = []
        self._value: object = None
        self.setAccessibleName(name)
        self.setToolTip(hint or name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)

    @property
    def value(self) -> object:
        return self._value

    def set_choices(self, choices: list[tuple[object, str]]) -> None:
        """Values and their words, in the order of the menu."""
        self._choices = choices

    def set_value(self, value: object, text: str = "") -> None:
        """Shows a value; `text` where it says more than the entry does."""
        self._value = value
        self.setText(text or next((words for choice, words in self._choices if choice == value), ""))
        self.setAccessibleDescription(self.text())
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme().font("base")).horizontalAdvance(self.text() or "1×")
        return QSize(scale(8) + width + scale(5) + scale(14) + scale(6), scale(SIZES.control))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isDown() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("pressed" if self.isDown() else "hover"))
            painter.drawRoundedRect(self.rect(), scale(SIZES.radius), scale(SIZES.radius))
        painter.setFont(theme().font("base"))
        painter.setPen(theme().colour("text" if self.isEnabled() else "faint"))
        side = scale(14)
        words = QRect(scale(8), 0, self.width() - scale(8) - side - scale(11), self.height())
        arrow = QRect(self.width() - side - scale(6), (self.height() - side) // 2, side, side)
        direction = self.layoutDirection()
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
        painter.drawText(QStyle.visualRect(direction, self.rect(), words), flags, self.text())
        paint_icon(painter, QStyle.visualRect(direction, self.rect(), arrow), "down", "muted")

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def _on_clicked(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for value, words in self._choices:
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value == self._value)
            action.triggered.connect(lambda _checked=False, value=value: self.chosen.emit(value))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))
