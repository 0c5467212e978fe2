"""A section that folds: a header with an arrow and the body below it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES


class FoldHeader(QAbstractButton):
    """The arrow and the words; `note` is fainter behind them."""

    def __init__(self, text: str, note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note = note
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_note(self, note: str) -> None:
        self._note = note
        self.update()

    def sizeHint(self) -> QSize:
        words = QFontMetrics(theme().font("strong")).horizontalAdvance(self.text())
        note = QFontMetrics(theme().font("secondary")).horizontalAdvance(self._note) if self._note else 0
        return QSize(scale(24) + words + (scale(8) + note if note else 0) + scale(4), scale(SIZES.section_row))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(60), scale(SIZES.section_row))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        ink = theme().colour("text" if self.underMouse() else "muted")
        side = scale(SIZES.icon)
        paint_icon(
            painter, QRect(0, (self.height() - side) // 2, side, side), "down" if self.isChecked() else "right", ink
        )
        painter.setPen(ink)
        painter.setFont(theme().font("strong"))
        left = side + scale(6)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
        painter.drawText(QRect(left, 0, self.width() - left, self.height()), flags, self.text())
        if self._note:
            left += painter.fontMetrics().horizontalAdvance(self.text()) + scale(8)
            painter.setFont(theme().font("secondary"))
            painter.setPen(theme().colour("muted"))
            room = QRect(left, 0, self.width() - left, self.height())
            shown = painter.fontMetrics().elidedText(self._note, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, flags, shown)


class Fold(QWidget):
    """A folding section around `body`. `toggled` is emitted when the user opens or closes it."""

    toggled = Signal(bool)

    def __init__(self, text: str, body: QWidget, *, opened: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = FoldHeader(text, parent=self)
        self.body = body
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.header, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(body)
        self.header.setChecked(opened)
        body.setVisible(opened)
        self.header.toggled.connect(self._on_toggled)

    def set_open(self, opened: bool) -> None:
        self.header.setChecked(opened)

    def _on_toggled(self, opened: bool) -> None:
        self.body.setVisible(opened)
        self.toggled.emit(opened)
