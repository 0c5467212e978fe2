"""Notes to a clip: the field, and what sees to it that nothing written in it is lost."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from sora_desktop.core.request import storable
from sora_desktop.ui.bind import bind
from sora_desktop.ui.references.passing import let_media_pass
from sora_desktop.ui.saving import Saver
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import mark
from sora_desktop.ui.widgets.ring import ring_around

MOST = 4_000
"""Characters of a note."""
SAVE_AFTER, RETRY_AFTER = 500, 5_000
"""Milliseconds after the last key, and after a try that failed."""
LEAST_LINES, MOST_LINES = 2, 12


class NotesKeeper(QObject):
    """Keeps notes by the clip they are for. What is not on disk yet is in `unsaved`. `failed` carries a sentence."""

    failed = Signal(str)

    def __init__(self, studio: Studio, parent: QObject) -> None:
        super().__init__(parent)
        self._studio = studio
        self.unsaved: dict[str, str] = {}
        self._saver = Saver(
            studio, self._savable, self._save_one, self, after=SAVE_AFTER, again=RETRY_AFTER, name="save notes"
        )
        self._saver.failed.connect(self.failed)
        bind(studio.library.changed, self._on_library_changed, self)

    def write(self, clip_id: str, text: str) -> None:
        """Takes what was written; it is saved a moment after the last change."""
        self.unsaved[clip_id] = text
        self._saver.start()

    def save_now(self) -> None:
        """Begins to save what is not saved."""
        self._saver.save_now()

    async def flush(self) -> None:
        """Returns when everything written so far is on disk, or when it was said that it could not be kept."""
        await self._saver.flush()

    async def _save_one(self) -> None:
        clip_id = self._savable()[0]
        text = self.unsaved[clip_id]
        await self._studio.library.mark([clip_id], notes=text)
        if self.unsaved.get(clip_id) == text:
            del self.unsaved[clip_id]

    def _savable(self) -> list[str]:
        """A clip that was removed meanwhile may come back: its notes wait for it."""
        return [clip_id for clip_id in self.unsaved if clip_id in self._studio.library.clips]

    def _on_library_changed(self) -> None:
        if self._savable() and not self._saver.busy:
            self._saver.start()


class NotesField(QPlainTextEdit):
    """Plain text of at most MOST characters, as high as it needs to be. `written` brings what the user wrote."""

    written = Signal(str)
    left = Signal()
    shortened = Signal(int)
    """More was typed or pasted than fits: the most that does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, look="notes")
        ring_around(self, self)
        let_media_pass(self)
        self.setTabChangesFocus(True)
        self.setAccessibleName(self.tr("Notes"))
        self.setPlaceholderText(self.tr("What is worth knowing about this clip"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._added = (0, 0)
        self.document().contentsChange.connect(self._on_contents_change)
        self.textChanged.connect(self._on_text_changed)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        bind(theme().changed, self._grow, self)
        self._grow()

    def show_notes(self, text: str) -> None:
        """Shows other notes without telling; the same ones keep the cursor and what can be undone."""
        if text != self.toPlainText():
            with QSignalBlocker(self):
                self.setPlainText(text)
            self._grow()

    def insertFromMimeData(self, source: QMimeData) -> None:
        # Plain text only, and no more than is laid out in a moment.
        text = storable(source.text())
        self.insertPlainText(text[: MOST + 1])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def sizeHint(self) -> QSize:
        return QSize(scale(200), self.height())

    def _grow(self) -> None:
        line = self.fontMetrics().lineSpacing()
        lines = max(LEAST_LINES, min(MOST_LINES, int(self.document().size().height())))
        self.setFixedHeight(lines * line + 2 * int(self.document().documentMargin()) + scale(10))

    def _on_contents_change(self, at: int, _removed: int, added: int) -> None:
        self._added = (at, added)

    def _on_text_changed(self) -> None:
        length = self.document().characterCount() - 1
        at, added = self._added
        if length > MOST and added:
            # What was there stays; of what came, the end goes. Qt counts the document's own end as added at times.
            end = min(at + added, length)
            cut = QTextCursor(self.document())
            cut.setPosition(end)
            cut.setPosition(max(at, end - (length - MOST)), QTextCursor.MoveMode.KeepAnchor)
            self.shortened.emit(MOST)
            cut.removeSelectedText()
            return
        self.written.emit(storable(self.toPlainText()))
