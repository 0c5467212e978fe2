"""A switch with the word for its state."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES


class Switch(QAbstractButton):
    """On or off. `words` are what is written beside it, (off, on); empty for none."""

    def __init__(self, words: tuple[str, str] = ("", ""), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ringRadius", SIZES.switch_height // 2)
        self.toggled.connect(self._on_toggled)
        self._on_toggled(False)

    def _on_toggled(self, on: bool) -> None:
        self.setText(self._words[on])

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font())
        words = max(metrics.horizontalAdvance(word) for word in self._words)
        height = max(scale(SIZES.switch_height), metrics.height())
        return QSize(scale(SIZES.switch_width) + (scale(8) + words + 1 if words else 0), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, enabled = self.isChecked(), self.isEnabled()
        width, height = scale(SIZES.switch_width), scale(SIZES.switch_height)
        left = self.width() - width if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 0
        track = QRectF(left, (self.height() - height) / 2, width, height)
        fill = ("fill_hover" if self.underMouse() else "fill") if on else "groove"
        painter.setPen(
            QPen(theme().colour(fill if on else "control"), 1) if enabled else QPen(theme().colour("border"), 1)
        )
        painter.setBrush(theme().colour(fill) if enabled else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), height / 2, height / 2)
        knob = height - 6.0
        ink = "on_fill" if on else "thumb" if theme().colours.dark else "muted"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(ink if enabled else "strong"))
        at_right = on != (self.layoutDirection() == Qt.LayoutDirection.RightToLeft)
        painter.drawEllipse(
            QRectF(track.right() - knob - 3 if at_right else track.left() + 3, track.top() + 3, knob, knob)
        )
        if self.text():
            painter.setPen(theme().colour("text" if enabled else "faint"))
            painter.setFont(theme().font())
            rest = (
                self.rect().adjusted(0, 0, -width - scale(8), 0)
                if left
                else self.rect().adjusted(width + scale(8), 0, 0, 0)
            )
            side = Qt.AlignmentFlag.AlignRight if left else Qt.AlignmentFlag.AlignLeft
            painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter | side), self.text())
