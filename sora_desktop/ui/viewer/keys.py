"""The viewer's keys. They work anywhere in the window, but in a text field or where a widget takes them itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

STEPS = {Qt.Key.Key_Left, Qt.Key.Key_Right}

Chord = tuple[Qt.Key, bool]
"""A key, and whether Shift is held."""


class ViewerKeys(QObject):
    """Listens at the window for keys that no widget took on their way up."""

    def __init__(self, panel: QWidget, calls: dict[Chord, Callable[[], object]]) -> None:
        super().__init__(panel)
        self._panel = panel
        self._calls = calls
        self._window: QWidget | None = None
        for button in panel.findChildren(QAbstractButton):
            button.installEventFilter(self)

    def listen(self, window: QWidget) -> None:
        """Listens at `window`, and no longer at the one before."""
        if window is not self._window:
            if self._window is not None:
                self._window.removeEventFilter(self)
            window.installEventFilter(self)
            self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        # A button would use the arrows to go to its neighbour.
        return (not isinstance(watched, QAbstractButton) or event.key() in STEPS) and self.take(event)

    def take(self, event: QKeyEvent) -> bool:
        """Does what the key says; False where it says nothing here."""
        held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        call = self._calls.get((Qt.Key(event.key()), shift))
        if held or call is None or not self._panel.isVisible() or writes(QApplication.focusWidget()):
            return False
        call()
        event.accept()
        return True


def writes(widget: QWidget | None) -> bool:
    """Whether a person types text there."""
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QAbstractSpinBox)
