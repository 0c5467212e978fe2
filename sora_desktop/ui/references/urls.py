"""The field for a reference's address on the web."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.errors import UserError
from sora_desktop.ui.references.adding import from_url
from sora_desktop.ui.references.incoming import has_media
from sora_desktop.ui.references.passing import let_media_pass
from sora_desktop.ui.widgets.basic import button, mark
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.words import sentence


class AddressField(QLineEdit):
    """A picture or a file that is pasted here is one for the references, and no text."""

    media_pasted = Signal(QMimeData)

    def paste(self) -> None:
        """Edit, Paste while the field has the focus."""
        mime = QGuiApplication.clipboard().mimeData()
        if has_media(mime):
            self.media_pasted.emit(mime)
        else:
            super().paste()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        else:
            super().keyPressEvent(event)


class AddressEntry(QWidget):
    """`entered` carries an address that can be one; what cannot is said below the field."""

    entered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = AddressField(self)
        let_media_pass(self.field)
        self.field.setPlaceholderText(self.tr("https://… address of the picture"))
        self.field.setAccessibleName(self.tr("Address of a reference"))
        self.field.returnPressed.connect(self._on_entered)
        self.field.textChanged.connect(self._on_edited)
        self.add = button(self.tr("Add"), "field", parent=self)
        self.add.clicked.connect(self._on_entered)
        self.hint = Hint(parent=self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.hint)
        self.setFocusProxy(self.field)

    def _on_entered(self) -> None:
        try:
            reference = from_url(self.field.text(), "image")
        except UserError as error:
            mark(self.field, invalid=True)
            self.hint.say(sentence(error))
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.field.clear()
        self.entered.emit(reference.url)

    def _on_edited(self) -> None:
        if self.field.property("invalid") == "true":
            mark(self.field, invalid=False)
            self.hint.say("")
