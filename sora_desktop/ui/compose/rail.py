"""The compose column in 48 px: it opens by a click, and by itself while something is dragged over it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sora_desktop.ui.references.incoming import read
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, mark, tool

HOVER_MS = 250
"""How long something is held over the rail before it opens: shorter, and a drag that only passes would open it."""


class ComposeRail(QWidget):
    """Shown by the window instead of the panel."""

    expanded = Signal()
    new_wanted = Signal()
    """A new draft is wanted."""
    dropped = Signal(object)
    """An Incoming that was dropped before the panel had opened: references for the draft."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, surface="panel")
        self.setAcceptDrops(True)
        self._hover = QTimer(self)
        self._hover.setSingleShot(True)
        self._hover.setInterval(HOVER_MS)
        self._hover.timeout.connect(self.expanded)
        self.open_panel = tool("right", self.tr("Show the compose column"))
        self.open_panel.clicked.connect(self.expanded)
        self.new_draft = tool("pen", self.tr("New draft"))
        self.new_draft.clicked.connect(self.new_wanted)
        head = QWidget()
        keep_height(head, SIZES.header)
        head_row = QVBoxLayout(head)
        head_row.setContentsMargins(0, 0, 0, 0)
        head_row.addWidget(self.open_panel, 0, Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self.new_draft, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if read(event.mimeData(), pixels=False):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._hover.start()

    def dragLeaveEvent(self, event: QEvent) -> None:
        self._hover.stop()

    def dropEvent(self, event: QDropEvent) -> None:
        self._hover.stop()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(read(event.mimeData()))
