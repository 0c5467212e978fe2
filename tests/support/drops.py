"""Pictures to drop, and drops as Qt delivers them: enter, move, drop or leave, sent to the widget that takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.references.section import ReferencesSection
from support.studio import Opened

COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def photo(
    path: Path, width: int = 640, height: int = 360, kind: str | None = None, mode: str = "RGB", **more: Any
) -> Path:
    """A picture with something to see at `path`; its format by its name, or `kind` for a mislabelled one.

    Its left half is teal, its right half orange, with a white square in the middle.
    """
    picture = Image.new("RGB", (width, height), "teal")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height), fill="orange")
    draw.rectangle((width * 3 // 8, height * 3 // 8, width * 5 // 8, height * 5 // 8), fill="white")
    picture.convert(mode).save(path, kind, **more)
    return path


def of_files(*paths: Path) -> QMimeData:
    """What a file manager drags."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


class Drag:
    """Something held over `column`. It keeps its QMimeData for as long as Qt may look at it."""

    def __init__(self, column: QWidget, mime: QMimeData, at: QPoint | None = None) -> None:
        self.column, self.mime = column, mime
        self.at = at or column.rect().center()
        self.accepted = False
        self._send(QDragEnterEvent(self.at, COPY, mime, LEFT, NONE))
        self.move(self.at)

    def move(self, at: QPoint) -> None:
        self.at = at
        self._send(QDragMoveEvent(at, COPY, self.mime, LEFT, NONE))

    def drop(self) -> None:
        self._send(QDropEvent(QPointF(self.at), COPY, self.mime, LEFT, NONE, QEvent.Type.Drop))

    def leave(self) -> None:
        QApplication.sendEvent(self.column, QDragLeaveEvent())

    def _send(self, event: QDropEvent) -> None:
        event.ignore()
        QApplication.sendEvent(self.column, event)
        self.accepted = event.isAccepted()


def names(section: ReferencesSection) -> list[str]:
    """What the cards are called."""
    return [card.reference.name for card in section.cards]


def drop(opened: Opened, panel: ComposePanel, mime: QMimeData, at: QPoint | None = None) -> None:
    """Drops `mime` on the column, and waits until it was looked at."""
    Drag(panel, mime, at).drop()
    opened.idle()
