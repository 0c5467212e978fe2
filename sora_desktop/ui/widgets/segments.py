"""Two or three values side by side, one of them chosen, or none where the parameter may be left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES

STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value, its words and its icon (empty for none)."""

    value: object
    text: str
    icon: str = ""


class Segment(QAbstractButton):
    """One plate of `Segments`."""

    def __init__(self, choice: Choice, parent: QWidget) -> None:
        super().__init__(parent)
        self.choice = choice
        self._count = ""
        self.setText(choice.text)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_count(self, count: str) -> None:
        """A figure behind the words, fainter; empty for none."""
        if count != self._count:
            self._count = count
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._needed() + scale(16), scale(SIZES.control) - 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._needed() + scale(6), scale(SIZES.control) - 4)

    def _needed(self) -> int:
        # By the bold font, so that nothing moves when the choice does.
        words = QFontMetrics(theme().font("section")).horizontalAdvance(self.text())
        count = QFontMetrics(theme().font("base")).horizontalAdvance(self._count) + scale(5) if self._count else 0
        return words + count + (scale(16) + scale(6) if self.choice.icon else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, enabled = self.isChecked(), self.isEnabled()
        if on and enabled:
            plate = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(theme().colour("segment_on_border"), 1))
            painter.setBrush(theme().colour("segment_on"))
            painter.drawRoundedRect(plate, scale(SIZES.radius_small), scale(SIZES.radius_small))
        lively = self.underMouse() and enabled
        ink = theme().colour("faint" if not enabled else "segment_on_text" if on else "text" if lively else "muted")
        font = theme().font("section" if on else "base")
        words = QFontMetrics(font).horizontalAdvance(self.text())
        extra = scale(16) + scale(6) if self.choice.icon else 0
        count = QFontMetrics(theme().font("base")).horizontalAdvance(self._count) + scale(5) if self._count else 0
        left = (self.width() - words - extra - count) // 2
        if self.choice.icon:
            paint_icon(
                painter, QRectF(left, (self.height() - scale(16)) / 2, scale(16), scale(16)), self.choice.icon, ink
            )
        painter.setPen(ink)
        painter.setFont(font)
        align = Qt.AlignmentFlag
        flags = int(align.AlignVCenter | align.AlignLeft | align.AlignAbsolute | Qt.TextFlag.TextSingleLine)
        painter.drawText(QRectF(left + extra, 0, self.width(), self.height()), flags, self.text())
        if self._count:
            painter.setFont(theme().font("base"))
            painter.drawText(
                QRectF(left + extra + words + scale(5), 0, self.width(), self.height()), flags, self._count
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in STEPS or event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


class Segments(QWidget):
    """A group of plates. With `optional`, the chosen one clicked again (or Delete) leaves none chosen.

    `chosen` is emitted with the new value when the user changes it: one of the choices' values, or None.
    """

    chosen = Signal(object)

    def __init__(self, choices: Sequence[Choice], *, optional: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._optional = optional
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(1)
        self._segments = [Segment(choice, self) for choice in choices]
        for segment in self._segments:
            row.addWidget(segment, 1)
            segment.clicked.connect(self._on_clicked)
        self._one_tab_stop()

    @property
    def value(self) -> object:
        """The chosen value, None where none is chosen."""
        return next((segment.choice.value for segment in self._segments if segment.isChecked()), None)

    @property
    def segments(self) -> tuple[Segment, ...]:
        return tuple(self._segments)

    def set_value(self, value: object) -> None:
        """Chooses without telling; None, or a value that is no choice, leaves none chosen."""
        for segment in self._segments:
            segment.setChecked(value is not None and segment.choice.value == value)
        self._one_tab_stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = STEPS.get(key, 0)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = -step
        if step:
            at = next((index for index, segment in enumerate(self._segments) if segment.hasFocus()), 0)
            # The first arrow chooses the plate that has the focus when none is chosen yet.
            target = self._segments[(at + step) % len(self._segments) if self.value is not None else at]
            self._choose(target)
            target.setFocus(Qt.FocusReason.TabFocusReason)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._optional and self.value is not None:
            self._choose(None)
        else:
            super().keyPressEvent(event)

    def _on_clicked(self, checked: bool) -> None:
        segment = self.sender()
        assert isinstance(segment, Segment)
        if checked:
            self._choose(segment)
        elif self._optional:
            self._choose(None)
        else:
            segment.setChecked(True)

    def _choose(self, wanted: Segment | None) -> None:
        for segment in self._segments:
            segment.setChecked(segment is wanted)
        self._one_tab_stop()
        self.chosen.emit(wanted.choice.value if wanted else None)

    def _one_tab_stop(self) -> None:
        """Tab stops once in the group, at the chosen plate; arrows move inside."""
        stop = next((segment for segment in self._segments if segment.isChecked()), next(iter(self._segments), None))
        for segment in self._segments:
            segment.setFocusPolicy(Qt.FocusPolicy.StrongFocus if segment is stop else Qt.FocusPolicy.ClickFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        enabled = self.isEnabled()
        painter.setPen(QPen(theme().colour("danger" if self.property("invalid") == "true" else "border"), 1))
        painter.setBrush(theme().colour("segment") if enabled else Qt.BrushStyle.NoBrush)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, scale(SIZES.radius), scale(SIZES.radius))
