"""The prompt of a clip: to read, select and copy; a long one is cut after a few lines until all of it is wanted."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextBlockFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import FACES
from sora_desktop.ui.widgets.basic import button, mark

LINES = 6
SLACK = 1
"""A text that is longer by this many lines only is shown whole: "Show all" would take as much room."""


class PromptText(QWidget):
    """As high as what it shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all = False
        self.text = _Text(self)
        self.text.setAccessibleName(self.tr("Prompt"))
        self.text.resized = self._fit
        self.more = button(self.tr("Show all"), "link")
        self.more.clicked.connect(self._on_more)
        row = QHBoxLayout()
        row.addWidget(self.more)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.text)
        column.addLayout(row)
        bind(theme().changed, self._on_theme_changed, self)

    def show_prompt(self, text: str) -> None:
        """Shows another prompt; the same one keeps what is selected in it."""
        if text != self.text.toPlainText():
            self._all = False
            self.text.setPlainText(text)
            self._space()
        self._fit()

    def _on_theme_changed(self) -> None:
        self._space()
        self._fit()

    def _space(self) -> None:
        """Lines as far apart as in the editor."""
        whole = QTextCursor(self.text.document())
        whole.select(QTextCursor.SelectionType.Document)
        spaced = QTextBlockFormat()
        spaced.setLineHeight(scale(FACES["prompt"].line), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        whole.mergeBlockFormat(spaced)

    def _on_more(self) -> None:
        self._all = not self._all
        self._fit()

    def _fit(self) -> None:
        line = scale(FACES["prompt"].line)
        lines = max(1, round(self.text.document().size().height() / line))
        long = lines > LINES + SLACK
        self.more.setVisible(long)
        self.more.setText(self.tr("Show less") if self._all else self.tr("Show all"))
        shown = LINES if long and not self._all else lines
        self.text.setFixedHeight(shown * line)
        if not self._all:
            self.text.verticalScrollBar().setValue(0)


class _Text(QTextEdit):
    """Plain text all the same: a QTextEdit, because only that one keeps a line height."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.resized = lambda: None
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setUndoRedoEnabled(False)
        mark(self, look="bare")
        self.document().setDocumentMargin(0)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.resized()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # The details as a whole scroll.
        event.ignore()
