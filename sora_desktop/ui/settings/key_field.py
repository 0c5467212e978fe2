"""The key of an account: never shown beyond its last four characters, replaced as a whole, its place told truly."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.basic import button, label, mark
from sora_desktop.ui.widgets.hints import Picture

NARROW = 300
"""Below this width, in px, the words on the key's place stand in two lines."""
DOTS = "•" * 16


class KeyEdit(QLineEdit):
    """Where a key is pasted. What is typed is never shown."""

    left = Signal()

    def __init__(self, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setPlaceholderText(hint)
        self.setAccessibleName(self.tr("API key"))
        self.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhNoPredictiveText)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)


class KeyField(QWidget):
    """Shows that there is a key, and takes another. `entered` carries what was typed, unchecked."""

    entered = Signal(str)
    abandoned = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = QLineEdit()
        self._shown.setReadOnly(True)
        self._shown.setAccessibleName(self.tr("API key"))
        self._shown.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.edit = KeyEdit()
        self.edit.returnPressed.connect(self._on_save)
        self.edit.left.connect(self.show_kept)
        self.replace = button(self.tr("Replace…"), "field")
        self.replace.clicked.connect(self.ask)
        self.save = button(self.tr("Save key"), "field")
        self.save.clicked.connect(self._on_save)
        self.cancel = button(self.tr("Cancel"), "field")
        self.cancel.clicked.connect(self.show_kept)
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (self._shown, self.edit):
            row.addWidget(widget, 1)
        row.addSpacing(8)
        for widget in (self.replace, self.save, self.cancel):
            row.addWidget(widget)

        self._place_icon = Picture("lock", "success", 14)
        self._place = label(face="secondary")
        self._more = label(face="secondary", ink="muted", wrap=True)
        place = QHBoxLayout()
        place.setContentsMargins(1, 0, 0, 0)
        place.setSpacing(4)
        top = Qt.AlignmentFlag.AlignTop
        place.addWidget(self._place_icon, 0, top)
        place.addSpacing(2)
        self._words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._words.setSpacing(4)
        self._words.addWidget(self._place, 0, top)
        self._words.addWidget(self._more, 1)
        place.addLayout(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addLayout(place)
        self.show_kept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        self._words.setDirection(ways.TopToBottom if self.width() < scale(NARROW) else ways.LeftToRight)

    @property
    def asking(self) -> bool:
        """Whether a new key is being typed."""
        return self.edit.isVisibleTo(self)

    @property
    def place_text(self) -> str:
        """What is said of where the key is."""
        return f"{self._place.text()} {self._more.text()}".strip()

    @property
    def shown_text(self) -> str:
        return self._shown.text()

    def show_state(self, state: SecretState | None, tail: str, backend: str, *, needed: bool = True) -> None:
        """Where the key is (None while the keyring is asked), its last characters, and the keyring's name.

        `needed`: nothing can be sent without one.
        """
        words: dict[SecretState | None, tuple[str, str, str, str]] = {
            None: ("clock", "muted", self.tr("Asking the keyring…"), ""),
            SecretState.FOUND: (
                "lock",
                "success",
                self.tr("In system keyring"),
                self.tr("· {0}, never written to a file").format(backend) if backend else "",
            ),
            SecretState.SESSION: (
                "key",
                "warning",
                self.tr("This session only"),
                self.tr("· no system keyring took it; enter it again after the next start"),
            ),
            SecretState.MISSING: ("alert", "warning", self.tr("No key"), self.tr("· nothing can be sent without one")),
            SecretState.UNAVAILABLE: (
                "alert",
                "warning",
                self.tr("No key"),
                self.tr("· this computer has no system keyring; a key is kept for this session only"),
            ),
            SecretState.LOCKED: (
                "lock",
                "warning",
                self.tr("Keyring locked, waiting…"),
                self.tr("· unlock it in the system's own dialog"),
            ),
        }
        picture, ink, place, more = words[state]
        if not needed and state in (SecretState.MISSING, SecretState.UNAVAILABLE):
            picture, ink, more = "info", "muted", self.tr("· enter one if the server wants it")
        there = state in (SecretState.FOUND, SecretState.SESSION)
        self._shown.setText(f"{DOTS}  {tail}" if there else "")
        self._shown.setPlaceholderText("" if there else self.tr("None"))
        self.replace.setText(self.tr("Replace…") if there else self.tr("Enter key…"))
        self._place_icon.show_icon(picture, ink)
        self._place.setText(place)
        self._more.setText(more)
        mark(self._place, ink=ink)

    def set_hint(self, hint: str) -> None:
        """What keys of this service look like."""
        self.edit.setPlaceholderText(hint or self.tr("Paste the key"))

    def ask(self) -> None:
        """Lets a new key be typed."""
        self.edit.clear()
        self._switch(True)
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_kept(self) -> None:
        """Goes back to the kept key; what was typed is gone."""
        asked = self.edit.isVisibleTo(self)
        self.edit.clear()
        self._switch(False)
        if asked:
            self.replace.setFocus(Qt.FocusReason.OtherFocusReason)
            self.abandoned.emit()

    def _switch(self, asking: bool) -> None:
        for widget in (self.edit, self.save, self.cancel):
            widget.setVisible(asking)
        for widget in (self._shown, self.replace):
            widget.setVisible(not asking)

    def _on_save(self) -> None:
        self.entered.emit(self.edit.text())
