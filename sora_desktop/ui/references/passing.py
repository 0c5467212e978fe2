"""Fields for text let a picture pass that is held over them: a drop means the references, wherever it happens."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from sora_desktop.ui.references.incoming import has_media


class _Passing(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not (isinstance(event, QDragEnterEvent) and has_media(event.mimeData())):
            return False
        event.ignore()  # The column or the window behind the field is asked next.
        return True


def let_media_pass(field: QWidget) -> None:
    """A picture, a file or one of our clips goes by `field`; text may still be dropped into it."""
    field.installEventFilter(_Passing(field))
    if isinstance(field, QAbstractScrollArea):
        field.viewport().installEventFilter(_Passing(field))
