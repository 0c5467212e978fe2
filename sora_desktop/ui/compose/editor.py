"""The prompt: plain text only, counted against the model's limit, with the row of tools below."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QTextBlockFormat,
    QTextCursor,
    QTextLayout,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from sora_desktop.core.request import prompt_length, storable
from sora_desktop.ui.bind import bind
from sora_desktop.ui.references.incoming import has_media
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import FACES, SIZES
from sora_desktop.ui.widgets.basic import keep_height, label, line, mark
from sora_desktop.ui.words import number

MOST = 100_000
"""A prompt longer than this is cut when pasted: one line of a million characters takes seconds to lay out."""


class PromptText(QTextEdit):
    """The text itself. A QTextEdit, because only that one keeps a line height; rich text never gets in or out."""

    left = Signal()
    shortened = Signal(int)
    media_pasted = Signal(QMimeData)
    """Files or pixels, which belong to the references."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAcceptRichText(False)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.hint = ""
        mark(self, look="bare")

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or has_media(source)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Files and pixels are the column's, also over the text.
        if has_media(event.mimeData()):
            event.ignore()
        else:
            super().dragEnterEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        if has_media(source):
            self.media_pasted.emit(source)
            return
        text = storable(source.text().replace("\r\n", "\n"))
        room = max(0, MOST - self.document().characterCount() + 1)
        self.insertPlainText(text[:room])
        self.ensureCursorVisible()
        if len(text) > room:
            self.shortened.emit(MOST)

    def createMimeDataFromSelection(self) -> QMimeData:
        data = QMimeData()
        data.setText(self.textCursor().selection().toPlainText())
        return data

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Ctrl+Enter is Generate's; the text would take it for a line break.
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hint and self.document().isEmpty():
            # Qt's own placeholder is one line high where the line height is fixed.
            painter = QPainter(self.viewport())
            painter.setFont(self.font())
            painter.setPen(theme().colour("faint"))
            paint_lines(painter, self.viewport().rect(), self.hint, scale(FACES["prompt"].line))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class PromptEditor(QFrame):
    """Text, tools and counter in one frame. `changed` carries the text when the user edits it."""

    changed = Signal(str)
    left = Signal()
    shortened = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        mark(self, look="editor")
        self._limit: int | None = None
        self._silent = False
        self.text = PromptText(self)
        self.text.setProperty("ringFrame", self)
        self.text.hint = self.tr(
            "Describe a shot: subject, action, camera, light. You can start writing now; drafts are kept."
        )
        self.text.setAccessibleDescription(self.text.hint)
        self.text.setAccessibleName(self.tr("Prompt"))
        self.counter = label("", "secondary", "faint", parent=self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self._inset = QVBoxLayout()
        self._inset.addWidget(self.text)
        column.addLayout(self._inset, 1)
        column.addWidget(line(self))
        foot = QWidget(self)
        keep_height(foot, 34)
        self.tools = QHBoxLayout(foot)
        self.tools.setSpacing(2)
        self.tools.addStretch(1)
        self.tools.addWidget(self.counter)
        column.addWidget(foot)
        self._dress()
        bind(theme().changed, self._dress, self)
        self.text.textChanged.connect(self._on_text_changed)
        self.text.left.connect(self.left)
        self.text.shortened.connect(self.shortened)

    @property
    def prompt(self) -> str:
        return storable(self.text.toPlainText())

    def show_prompt(self, prompt: str) -> None:
        """Shows `prompt` without telling, with nothing to undo."""
        if prompt == self.prompt and prompt:
            return
        self._silent = True
        self.text.setPlainText(prompt)
        self._set_line_height()
        self.text.document().clearUndoRedoStacks()
        self.text.moveCursor(QTextCursor.MoveOperation.End)
        self._silent = False
        self._count()

    def set_limit(self, limit: int | None) -> None:
        """The model's limit in characters; None where none is published."""
        self._limit = limit
        self._count()

    def set_invalid(self, invalid: bool) -> None:
        mark(self, invalid=invalid)

    @property
    def over(self) -> bool:
        """Whether the prompt is longer than the model takes."""
        return self._limit is not None and prompt_length(self.prompt) > self._limit

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(200), scale(SIZES.editor_min) + scale(35))

    def sizeHint(self) -> QSize:
        return QSize(scale(SIZES.compose), scale(160))

    def _on_text_changed(self) -> None:
        if not self._silent:
            self._keep_line_height()
            self._count()
            self.changed.emit(self.prompt)

    def _count(self) -> None:
        length = prompt_length(self.prompt)
        over = self._limit is not None and length > self._limit
        shown = number(length) if self._limit is None else f"{number(length)} / {number(self._limit)}"
        self.counter.setText(shown)
        mark(self.counter, ink="danger" if over else "muted")
        hint = self.tr("Characters of the prompt, of those the model takes") if self._limit else self.tr("Characters")
        self.counter.setToolTip(hint)

    def _dress(self) -> None:
        side, top = scale(12), scale(10)
        self._inset.setContentsMargins(side, top, max(2, side - scale(8)), scale(4))
        self.tools.setContentsMargins(scale(8), 0, side, 0)
        self.setMaximumHeight(scale(SIZES.editor_max) + scale(35))
        self.text.setFont(theme().font("prompt"))
        self._silent = True
        self._set_line_height()
        self._silent = False

    def _keep_line_height(self) -> None:
        """A text set from outside comes with the font's own line height."""
        if self.text.document().firstBlock().blockFormat().lineHeight() != scale(FACES["prompt"].line):
            self._silent = True
            self._set_line_height()
            self._silent = False

    def _set_line_height(self) -> None:
        whole = QTextCursor(self.text.document())
        whole.select(QTextCursor.SelectionType.Document)
        spaced = QTextBlockFormat()
        spaced.setLineHeight(scale(FACES["prompt"].line), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        whole.mergeBlockFormat(spaced)


def paint_lines(painter: QPainter, area: QRect, text: str, line_height: int) -> None:
    """Wraps `text` into `area` with lines of `line_height` px."""
    layout = QTextLayout(text, painter.font())
    layout.beginLayout()
    top = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(area.width())
        line.setPosition(QPointF(0, top + (line_height - line.height()) / 2))
        top += line_height
    layout.endLayout()
    layout.draw(painter, QPointF(area.topLeft()))
