"""One `match` from a parameter's description to the widget that edits it."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, QSignalBlocker, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from sora_desktop.core.params import Option, Param, ParamType, Scalar, as_text, coerce
from sora_desktop.ui.references.passing import let_media_pass
from sora_desktop.ui.widgets.basic import mark
from sora_desktop.ui.widgets.fields import Combo, NumberField, SeedField
from sora_desktop.ui.widgets.segments import Choice, Segments
from sora_desktop.ui.widgets.switch import Switch

translate = QCoreApplication.translate
MOST_SEGMENTS = 3
MOST_LETTERS = 42
"""Characters of all choices together that fit side by side; longer ones are a list to unfold."""
MOST_TEXT = 100_000


class Editor(QObject):
    """A widget that edits one value. `changed` carries the value, None where it is left to the service."""

    changed = Signal(object)

    def __init__(
        self, widget: QWidget, show: Callable[[Scalar | None], object], mark_invalid: Callable[[bool], object]
    ) -> None:
        super().__init__(widget)
        self.widget = widget
        self._show = show
        self.set_invalid = mark_invalid

    def show_value(self, value: Scalar | None) -> None:
        """Shows a value without telling."""
        with QSignalBlocker(self):
            self._show(value)


def make_editor(param: Param, parent: QWidget) -> Editor:
    """The editor for a parameter, named for a screen reader, showing nothing yet."""
    optional = param.default is None
    match param.type:
        case ParamType.SELECT if _is_switch(param):
            editor = _switch(param, parent)
        case ParamType.SELECT if 2 <= len(param.options) <= MOST_SEGMENTS and _are_short(param):
            editor = _segments(param, _choices(param), optional, parent)
        case ParamType.SELECT:
            editor = _combo(param, optional, parent)
        case ParamType.NUMBER if param.role == "seed":
            editor = _seed(param, parent)
        case ParamType.NUMBER:
            editor = _number(param, optional, parent)
        case ParamType.BOOLEAN if optional:
            choices = [Choice(False, translate("Editors", "Off")), Choice(True, translate("Editors", "On"))]
            editor = _segments(param, choices, True, parent)
        case ParamType.BOOLEAN:
            editor = _on_off(param, parent)
        case ParamType.TEXT:
            editor = _text(param, parent, as_text)
        case ParamType.RAW:
            editor = _text(param, parent, _like(param.default))
    editor.widget.setAccessibleName(param.title)
    if param.help:
        editor.widget.setAccessibleDescription(param.help)
    return editor


def shape_icon(option: Option) -> str:
    """The icon for an aspect: landscape, portrait or square; empty where nobody can tell."""
    for words in (option.means, as_text(option.value)):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[:x×/*]\s*(\d+(?:\.\d+)?)\s*", words, re.IGNORECASE)
        if found:
            width, height = float(found[1]), float(found[2])
            return "square" if width == height else "landscape" if width > height else "portrait"
        if words.lower() in ("landscape", "portrait", "square"):
            return words.lower()
    return ""


def _unset(param: Param) -> str:
    """What stands where nothing is chosen."""
    return translate("Editors", "Needed") if param.required else translate("Editors", "Service’s choice")


def _are_short(param: Param) -> bool:
    return sum(len(option.text) for option in param.options) <= MOST_LETTERS


def _is_switch(param: Param) -> bool:
    if param.default is None or len(param.options) != 2:
        return False
    return {option.means for option in param.options} == {"keep", "remove"} or {
        as_text(option.value) for option in param.options
    } == {"true", "false"}


def _choices(param: Param) -> list[Choice]:
    shapes = param.role == "aspect"
    return [Choice(option.value, option.text, shape_icon(option) if shapes else "") for option in param.options]


def _switch(param: Param, parent: QWidget) -> Editor:
    def is_on(option: Option) -> bool:
        return option.means == "remove" or (not option.means and as_text(option.value) == "true")

    off, on = sorted(param.options, key=is_on)
    plain = {as_text(off.value), off.text.lower()} == {"false"}
    words = (translate("Editors", "Off"), translate("Editors", "On")) if plain else (off.text, on.text)
    switch = Switch(words, parent)
    editor = Editor(
        switch,
        lambda value: switch.setChecked(value is not None and as_text(value) == as_text(on.value)),
        lambda invalid: mark(switch, invalid=invalid),
    )
    switch.clicked.connect(lambda checked: editor.changed.emit((on if checked else off).value))
    return editor


def _on_off(param: Param, parent: QWidget) -> Editor:
    switch = Switch((translate("Editors", "Off"), translate("Editors", "On")), parent)
    editor = Editor(
        switch,
        lambda value: switch.setChecked(value is not None and coerce(param, value) is True),
        lambda invalid: mark(switch, invalid=invalid),
    )
    switch.clicked.connect(lambda checked: editor.changed.emit(bool(checked)))
    return editor


def _segments(param: Param, choices: list[Choice], optional: bool, parent: QWidget) -> Editor:
    segments = Segments(choices, optional=optional, parent=parent)
    for segment in segments.segments:
        segment.setAccessibleName(f"{param.title}: {segment.text()}")
    editor = Editor(
        segments,
        lambda value: segments.set_value(None if value is None else coerce(param, value)),
        lambda invalid: mark(segments, invalid=invalid),
    )
    segments.chosen.connect(editor.changed)
    return editor


def _combo(param: Param, optional: bool, parent: QWidget) -> Editor:
    combo = Combo(parent)
    if optional:
        combo.addItem(_unset(param), None)
    for option in param.options:
        combo.addItem(option.text, option.value)

    def show(value: Scalar | None) -> None:
        texts = [None if combo.itemData(row) is None else as_text(combo.itemData(row)) for row in range(combo.count())]
        wanted = None if value is None else as_text(value)
        combo.setCurrentIndex(texts.index(wanted) if wanted in texts else -1)

    editor = Editor(combo, show, lambda invalid: mark(combo, invalid=invalid))
    combo.activated.connect(lambda row: editor.changed.emit(combo.itemData(row)))
    return editor


def _number(param: Param, optional: bool, parent: QWidget) -> Editor:
    field = NumberField(
        param.minimum,
        param.maximum,
        param.step,
        integer=param.integer,
        optional=optional,
        unit=param.unit,
        unset=_unset(param),
        parent=parent,
    )
    field.set_names(param.title)
    editor = Editor(
        field,
        lambda value: field.set_value(_number_of(param, value)),
        field.set_invalid,
    )
    field.changed.connect(editor.changed)
    return editor


def _number_of(param: Param, value: Scalar | None) -> float | None:
    """A value as the number it stands for; None also for one that is none, as an old draft may hold."""
    fitting = None if value is None else coerce(param, value)
    return fitting if isinstance(fitting, int | float) else None


def _seed(param: Param, parent: QWidget) -> Editor:
    field = SeedField(param.minimum, param.maximum, parent)
    field.field.setAccessibleName(param.title)
    let_media_pass(field.field)
    editor = Editor(field, lambda value: field.set_value(_number_of(param, value)), field.set_invalid)
    field.changed.connect(editor.changed)
    return editor


def _text(param: Param, parent: QWidget, parse: Callable[[str], Scalar]) -> Editor:
    field = QLineEdit(parent)
    let_media_pass(field)
    # A longer text is found fault with, not cut.
    field.setMaxLength(MOST_TEXT)
    if param.default is None:
        field.setPlaceholderText(_unset(param))

    def show(value: Scalar | None) -> None:
        shown = "" if value is None else as_text(value)
        if shown != field.text():
            field.setText(shown)
            field.setCursorPosition(0)

    editor = Editor(field, show, lambda invalid: mark(field, invalid=invalid))
    field.textEdited.connect(lambda text: editor.changed.emit(parse(text) if text else None))
    return editor


def _like(default: Scalar | None) -> Callable[[str], Scalar]:
    """Reads a text as the kind of thing the published default is."""

    def parse(text: str) -> Scalar:
        bare = text.strip()
        if isinstance(default, bool) and bare.lower() in ("true", "false"):
            return bare.lower() == "true"
        if isinstance(default, int | float) and not isinstance(default, bool):
            try:
                return int(bare) if isinstance(default, int) else float(bare)
            except ValueError:
                return text
        return text

    return parse
