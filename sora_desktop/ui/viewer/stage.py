"""Picture and controls together, in their place in the column or on the whole screen."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sora_desktop.ui.icons import icon
from sora_desktop.ui.viewer.canvas import MARGIN, Canvas
from sora_desktop.ui.viewer.transport import Transport
from sora_desktop.ui.widgets.basic import mark


class Stage(QObject):
    """`home` stands in the column; `changed` says that picture and controls moved to the screen, or back."""

    changed = Signal()

    def __init__(self, canvas: Canvas, transport: Transport) -> None:
        self.home = QWidget()
        super().__init__(self.home)
        self._canvas, self._transport = canvas, transport
        self._screen: _Screen | None = None
        self._column = _column(self.home)
        self._place(self._column)

    def _place(self, column: QVBoxLayout) -> None:
        column.addWidget(self._canvas, 1)
        column.addWidget(self._transport)

    @property
    def fullscreen(self) -> bool:
        return self._screen is not None

    @property
    def window(self) -> QWidget | None:
        """The window that covers the screen, while there is one."""
        return self._screen

    def enter_fullscreen(self) -> None:
        """Takes the screen on which the window is."""
        if self._screen is not None:
            return
        self._screen = _Screen(self.home.window())
        self._screen.left.connect(self.leave_fullscreen)
        mark(self._screen, surface="well")
        self._place(_column(self._screen))
        self._canvas.margin = 0
        self._show_state()
        self._screen.showFullScreen()
        self._screen.setFocus()
        self.changed.emit()

    def leave_fullscreen(self) -> None:
        """Puts everything back; nothing where it never left."""
        screen, self._screen = self._screen, None
        if screen is None:
            return
        self._canvas.margin = MARGIN
        self._place(self._column)
        screen.hide()
        screen.deleteLater()
        self._show_state()
        self.changed.emit()

    def _show_state(self) -> None:
        full = self._transport.full
        full.setIcon(icon("unfull" if self.fullscreen else "full"))
        words = self.tr("Leave full screen") if self.fullscreen else self.tr("Full screen")
        full.setAccessibleName(words)


class _Screen(QWidget):
    """The window of the full screen. Its keys go to the viewer, as if it were the window that it covers."""

    left = Signal()

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Window)
        self.setWindowTitle(self.tr("Sora Desktop"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.left.emit()


def _column(widget: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    return column
