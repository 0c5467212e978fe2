"""The dashed field that takes references, lights up for what fits and says why something does not."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import plain


class DropZone(QAbstractButton):
    """Pressed it asks for files. What is held over the column is told here; `veil`: over a card, with a plate."""

    pasted = Signal()

    def __init__(self, parent: QWidget, *, veil: bool = False) -> None:
        super().__init__(parent)
        self._veil = veil
        self._promise = ""
        self._refusal = ""
        self._rule = ""
        self._two_lines = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        bind(theme().changed, self._measure, self)
        self._measure()

    def say(self, invitation: str, rule: str, *, two_lines: bool, tip: str = "") -> None:
        """What it asks for, and what the model takes: below it, or in the tooltip where there is no room. `tip`: more
        than fits into either."""
        self.setText(invitation)
        self.setAccessibleDescription(f"{rule}\n{tip}".strip())
        self.setToolTip(plain(tip or ("" if two_lines else rule)))
        if (rule, two_lines) != (self._rule, self._two_lines):
            self._rule, self._two_lines = rule, two_lines
            self._measure()
        self.update()

    @property
    def rule_text(self) -> str:
        """What is said of the model's rule."""
        return self._rule

    def _measure(self) -> None:
        if self._veil:
            return
        self.setFixedHeight(scale(52 if self._two_lines else SIZES.field))

    @property
    def lit(self) -> bool:
        """Whether something that fits is held over the column."""
        return bool(self._promise)

    @property
    def refusal(self) -> str:
        """Why what is held over the column does not fit; empty where it does, or nothing is."""
        return self._refusal

    def show_drag(self, promise: str = "", refusal: str = "") -> None:
        """Something is held over the column: what a drop would do, or why it does not fit. Neither: it is gone."""
        if (promise, refusal) != (self._promise, self._refusal):
            self._promise, self._refusal = promise, refusal
            self.update()

    def paste(self) -> None:
        """Edit, Paste while the field has the focus."""
        self.pasted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lively = self.lit or (self.underMouse() and not self._refusal)
        tone = "danger" if self._refusal else "accent" if self.lit else "strong"
        pen = QPen(theme().colour(tone), 2 if self.lit else 1)
        pen.setDashPattern([3, 3] if not self.lit else [2, 2])
        painter.setPen(pen)
        plate = "selection" if self.lit else "hover" if lively else "raised"
        painter.setBrush(theme().colour(plate) if lively or self._veil else Qt.BrushStyle.NoBrush)
        radius = scale(SIZES.radius_large)
        inset = 1.0 if self.lit else 0.5
        painter.drawRoundedRect(self.rect().toRectF().adjusted(inset, inset, -inset, -inset), radius, radius)
        self._paint_words(painter, "danger" if self._refusal else "text" if lively else "muted")

    def _paint_words(self, painter: QPainter, ink: str) -> None:
        painter.setFont(theme().font("secondary"))
        first = self._refusal or self._promise or self.text()
        lines = [(first, "fail" if self._refusal else "image", ink)]
        if self._two_lines:
            lines.append((self._rule, "", "faint" if not self.lit else "text"))
        height = scale(18)
        top = (self.height() - height * len(lines)) // 2
        for text, picture, tone in lines:
            self._paint_line(painter, QRect(0, top, self.width(), height), text, picture, tone)
            top += height

    def _paint_line(self, painter: QPainter, area: QRect, text: str, picture: str, ink: str) -> None:
        metrics = painter.fontMetrics()
        side = scale(14) if picture else 0
        gap = scale(7) if picture else 0
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width() - side - gap - scale(20))
        left = area.left() + (area.width() - side - gap - metrics.horizontalAdvance(text)) // 2
        if picture:
            paint_icon(painter, QRect(left, area.top(), side, area.height()), picture, ink)
        painter.setPen(theme().colour(ink))
        words = area.adjusted(left + side + gap - area.left(), 0, 0, 0)
        align = Qt.AlignmentFlag
        painter.drawText(words, int(align.AlignVCenter | align.AlignLeft | align.AlignAbsolute), text)
