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

from sora_desktop.ui.viewer.player import Player
from sora_desktop.ui.viewer.transport import Transport

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


def key_calls(player: Player, transport: Transport, deed: Callable[[str], object]) -> dict[Chord, Callable[[], object]]:
    """What each key does; `deed` does what has a button, by its name."""
    key = Qt.Key
    return {
        (key.Key_Space, False): player.toggle,
        (key.Key_K, False): player.toggle,
        (key.Key_J, False): lambda: player.change_rate(-1),
        (key.Key_L, False): lambda: player.change_rate(1),
        (key.Key_Left, False): lambda: player.step(-1),
        (key.Key_Right, False): lambda: player.step(1),
        (key.Key_Left, True): lambda: player.jump(-1.0),
        (key.Key_Right, True): lambda: player.jump(1.0),
        (key.Key_Home, False): player.to_start,
        (key.Key_End, False): player.to_end,
        (key.Key_R, False): transport.toggle_loop,
        (key.Key_M, False): transport.toggle_mute,
        (key.Key_S, False): lambda: deed("save"),
        (key.Key_U, False): lambda: deed("last_frame"),
    }


def writes(widget: QWidget | None) -> bool:
    """Whether a person types text there."""
    if isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QAbstractSpinBox)
