"""Fields for numbers and seeds that can also be left to the service."""

from __future__ import annotations

import math
import random
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QRegularExpressionValidator, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, label, mark, roomy, tool
from sora_desktop.ui.words import THIN

HUGE = 1e12
MOST_STEPS = 10_000
MOST_FIGURES = 20
"""Characters of both ends of a range that stand side by side below its slider."""
MOST_SEED = 2**31 - 1


translate = QCoreApplication.translate


class Combo(QComboBox):
    """A combo box that a wheel over a scrolling panel does not change by accident."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Spin(QSpinBox):
    """A spin box for a whole number that counts when it is left, and that a wheel does not change by accident."""

    def __init__(self, least: int, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(least, most)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        roomy(self)
        keep_height(self, SIZES.field)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Slider(QSlider):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Box(QDoubleSpinBox):
    """A spin box whose lowest position means "left to the service", where that is allowed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        roomy(self)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def textFromValue(self, value: float) -> str:
        return f"{value:,.{self.decimals()}f}".replace(",", THIN)

    def valueFromText(self, text: str) -> float:
        return float(_cleaned(text, self) or 0)

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        cleaned = _cleaned(text, self)
        if text == self.specialValueText():
            return QValidator.State.Acceptable, text, at
        if cleaned in ("", "-", ".", "-."):
            return QValidator.State.Intermediate, text, at
        try:
            value = float(cleaned)
        except ValueError:
            return QValidator.State.Invalid, text, at
        inside = self.minimum() <= value <= self.maximum()
        return (QValidator.State.Acceptable if inside else QValidator.State.Intermediate), text, at


def _cleaned(text: str, box: QDoubleSpinBox) -> str:
    bare = text.removeprefix(box.prefix()).removesuffix(box.suffix())
    return "".join(bare.split()).replace(",", ".")


class NumberField(QWidget):
    """A number: slider and spin box where both ends are known, else the spin box alone.

    With `optional` it can be left unset: `value` is None then. `changed` carries the new value (int, float or None).
    """

    changed = Signal(object)

    def __init__(
        self,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float | None = None,
        *,
        integer: bool = False,
        optional: bool = False,
        unit: str = "",
        unset: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._integer, self._optional = integer, optional
        self._low = -HUGE if minimum is None else minimum
        self._high = HUGE if maximum is None else maximum
        known = minimum is not None and maximum is not None
        self._step = step or (1.0 if integer else max((self._high - self._low) / 100, 1e-6) if known else 0.1)
        self._box = _Box(self)
        self._box.setDecimals(0 if integer else _decimals(step, self._step, minimum, maximum))
        self._box.setRange(self._low - self._step if optional else self._low, self._high)
        self._box.setSingleStep(self._step)
        if unit:
            self._box.setSuffix(f" {unit}")
        if optional:
            self._box.setSpecialValueText(unset or translate("Fields", "Service’s choice"))
            self._box.setValue(self._box.minimum())
        self._box.valueChanged.connect(self._on_box_changed)
        self.setFocusProxy(self._box)
        ends = len(self._box.textFromValue(self._low) + self._box.textFromValue(self._high))
        fits = known and self._high > self._low and ends <= MOST_FIGURES
        self.slider: QSlider | None = self._made_slider() if fits else None
        self._lay_out()
        self._show_on_slider()

    @property
    def box(self) -> QDoubleSpinBox:
        return self._box

    @property
    def value(self) -> int | float | None:
        if self._optional and self._box.value() < self._low:
            return None
        return round(self._box.value()) if self._integer else self._box.value()

    def set_value(self, value: float | None) -> None:
        """Shows a number, or none, without telling."""
        with QSignalBlocker(self._box):
            self._box.setValue(self._box.minimum() if value is None else value)
        self._show_on_slider()

    def set_names(self, name: str) -> None:
        """What a screen reader calls the two parts."""
        self._box.setAccessibleName(name)
        if self.slider is not None:
            self.slider.setAccessibleName(name)

    def set_invalid(self, invalid: bool) -> None:
        mark(self._box, invalid=invalid)

    def _made_slider(self) -> QSlider:
        slider = _Slider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, max(1, round(min(MOST_STEPS, (self._high - self._low) / self._step))))
        slider.setPageStep(max(1, slider.maximum() // 10))
        slider.valueChanged.connect(self._on_slider_moved)
        return slider

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        if self.slider is None:
            grid.addWidget(self._box, 0, 0)
            return
        self._box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        ends = QHBoxLayout()
        ends.addWidget(label(self._box.textFromValue(self._low), "overlay", "muted", parent=self))
        ends.addStretch(1)
        ends.addWidget(label(self._box.textFromValue(self._high), "overlay", "muted", parent=self))
        grid.addWidget(self.slider, 0, 0)
        grid.addWidget(self._box, 0, 1)
        grid.addLayout(ends, 1, 0)
        grid.setColumnStretch(0, 1)

        def widen() -> None:
            self._box.setFixedWidth(scale(132 if self._optional else 76))

        widen()
        bind(theme().changed, widen, self)

    def _on_slider_moved(self, position: int) -> None:
        share = position / max(1, self.slider.maximum() if self.slider else 1)
        wanted = self._low + share * (self._high - self._low)
        self._box.setValue(self._low + round((wanted - self._low) / self._step) * self._step)

    def _on_box_changed(self, _value: float) -> None:
        self._show_on_slider()
        self.changed.emit(self.value)

    def _show_on_slider(self) -> None:
        if self.slider is None:
            return
        value = self.value
        share = 0.0 if value is None else (value - self._low) / (self._high - self._low)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(share * self.slider.maximum()))


def _decimals(published: float | None, *figures: float | None) -> int:
    """As many as the step and the ends of the range have; two at least where no step is published."""
    wanted = (published, *figures)
    digits = [-int(Decimal(repr(float(one))).normalize().as_tuple().exponent) for one in wanted if one is not None]
    return max(0 if published else 2, *(min(6, one) for one in digits))


class SeedField(QWidget):
    """A whole number that is empty (the service draws one), written, or thrown with the dice.

    `changed` carries an int or None.
    """

    changed = Signal(object)

    def __init__(
        self, minimum: float | None = None, maximum: float | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._low = 0 if minimum is None else math.ceil(minimum)
        high = MOST_SEED if maximum is None else math.floor(maximum)
        # What every service holds, where the range begins below it.
        self._high = max(self._low, min(high, MOST_SEED) if self._low <= MOST_SEED else high)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(translate("Fields", "Random"))
        self.field.setMaxLength(20)
        self.field.setValidator(QRegularExpressionValidator(r"-?\d*", self.field))
        self.field.textEdited.connect(lambda _text: self.changed.emit(self.value))
        hint = translate("Fields", "A random seed. Empty means a new one for each clip.")
        self.dice = tool(
            "dice",
            translate("Fields", "Throw a seed"),
            hint,
            parent=self,
        )
        mark(self.dice, look="raised")
        self.dice.clicked.connect(self._on_thrown)
        self.setFocusProxy(self.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.dice)

    @property
    def value(self) -> int | None:
        text = self.field.text()
        return int(text) if text.strip("-") else None

    def set_value(self, value: float | None) -> None:
        """Shows a seed, or none, without telling."""
        shown = "" if value is None else str(int(value))
        if shown != self.field.text():
            self.field.setText(shown)

    def set_invalid(self, invalid: bool) -> None:
        mark(self.field, invalid=invalid)

    def _on_thrown(self) -> None:
        self.set_value(random.randint(self._low, self._high))
        self.changed.emit(self.value)
