"""The tags of the selected clips: taken off by their ×, added by writing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QVBoxLayout, QWidget

from sora_desktop.core.library import LONGEST_TAG, Clip
from sora_desktop.ui.bind import bind
from sora_desktop.ui.library.chips import Token
from sora_desktop.ui.references.passing import let_media_pass
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import button, label, mark, sized
from sora_desktop.ui.widgets.flow import Flow

MOST = 32
"""Tags on one clip; then none can be added here."""
SHOWN = 40
"""Tags of several clips, the most frequent: thousands may have hundreds."""


class TagField(QLineEdit):
    """One tag after the other: Return or a comma ends one, Escape all. `entered` brings a tag, `done` comes last."""

    entered = Signal(str)
    done = Signal()

    def __init__(self, known: Iterable[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(LONGEST_TAG)
        self.setPlaceholderText(self.tr("New tag"))
        let_media_pass(self)
        self.setAccessibleName(self.tr("New tag"))
        mark(self, look="tag")
        completer = QCompleter(sorted(known, key=str.casefold), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.activated.connect(self._on_activated, Qt.ConnectionType.QueuedConnection)
        self.setCompleter(completer)
        self.textEdited.connect(self._on_edited)

    def take(self) -> None:
        """What is written counts."""
        text = self.text().strip()
        self.clear()
        if text:
            self.entered.emit(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.text().strip():
                self.take()
            else:
                self.done.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.done.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        # The list of known tags takes the focus for a while.
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.take()
            self.done.emit()

    def _on_edited(self, text: str) -> None:
        if "," in text or "，" in text:
            *tags, rest = text.replace("，", ",").split(",")
            self.setText(rest.lstrip())
            for tag in filter(None, map(str.strip, tags)):
                self.entered.emit(tag)

    def _on_activated(self, _text: str) -> None:
        self.take()


class TagEditor(QWidget):
    """`added` and `removed` bring a tag. `known` names the library's tags, to choose from while writing."""

    added = Signal(str)
    removed = Signal(str)

    def __init__(self, known: Callable[[], Iterable[str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known = known
        self._shown: list[tuple[str, int]] = []
        self._clips = 0
        self.tokens: dict[str, Token] = {}
        self.field: TagField | None = None
        self._host = QWidget()
        self._chips = Flow(self._host)
        self.add = button(self.tr("Add"), "link", "plus")
        sized(self.add, SIZES.icon_small)
        self.add.setAccessibleName(self.tr("Add a tag"))
        self.add.clicked.connect(self.write)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._host)
        self.others = label("", "secondary", "muted")
        self._chips.addWidget(self.others)
        self._chips.addWidget(self.add)
        bind(theme().changed, self._chips.invalidate, self)

    def show_clips(self, clips: Sequence[Clip]) -> None:
        """Shows the tags of all `clips`; one that only some have says how many."""
        counts = Counter(tag for clip in clips for tag in clip.marks.tags)
        if len(clips) > 1:
            shown = sorted(counts.most_common(SHOWN), key=lambda one: one[0].casefold())
        else:
            shown = list(counts.items())
        self.others.setText(self.tr("and {0} more").format(len(counts) - len(shown)))
        self.others.setVisible(len(counts) > len(shown))
        self.add.setVisible(self.field is None and all(len(clip.marks.tags) < MOST for clip in clips))
        if (shown, len(clips)) == (self._shown, self._clips):
            return
        focused = next((place for place, token in enumerate(self.tokens.values()) if token.hasFocus()), None)
        self._shown, self._clips = shown, len(clips)
        self._fill()
        if focused is not None:
            stops = [*self.tokens.values(), self.add]
            stops[min(focused, len(stops) - 1)].setFocus(Qt.FocusReason.TabFocusReason)

    def write(self) -> None:
        """Opens the field for a new tag."""
        if self.field is None:
            field = self.field = TagField(self._known(), self._host)
            field.setFixedWidth(scale(132))
            field.entered.connect(self.added)
            field.done.connect(self._on_done)
            self._chips.addWidget(field)
            self.add.hide()
            field.show()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def finish(self) -> None:
        """What is being written counts for the clips that are still shown."""
        if self.field is not None:
            self.field.take()
            self._on_done()

    def _fill(self) -> None:
        for token in self.tokens.values():
            self._chips.removeWidget(token)
            token.hide()
            token.deleteLater()
        self.tokens = {}
        # Behind the tags come the field, and what opens it.
        last = [one for one in (self.others, self.field, self.add) if one is not None]
        for one in last:
            self._chips.removeWidget(one)
        for tag, count in self._shown:
            words = tag if count == self._clips else self.tr("{0} ({1} of {2})").format(tag, count, self._clips)
            token = self.tokens[tag] = Token(words, self.tr("Remove the tag {0}").format(tag), "", self._host)
            token.removed.connect(lambda tag=tag: self.removed.emit(tag))
            self._chips.addWidget(token)
            token.show()
        for one in last:
            self._chips.addWidget(one)

    def _on_done(self) -> None:
        field, self.field = self.field, None
        if field is not None:
            had_focus = field.hasFocus()
            field.hide()
            self._chips.removeWidget(field)
            field.deleteLater()
            self.add.show()
            if had_focus:
                self.add.setFocus(Qt.FocusReason.OtherFocusReason)
