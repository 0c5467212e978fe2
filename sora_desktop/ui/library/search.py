"""The bar above the clips: words to look for, what is filtered by, favourites, order and size."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QPushButton, QSizePolicy, QSlider, QStyle, QWidget

from sora_desktop.core.library import Query, Shelf, Sort
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon, paint_icon
from sora_desktop.ui.library.chips import Token
from sora_desktop.ui.library.makers import names
from sora_desktop.ui.library.spans import called, today
from sora_desktop.ui.references.passing import let_media_pass
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import button, keep_height, mark
from sora_desktop.ui.widgets.hints import Picture
from sora_desktop.ui.widgets.ring import ring_around

AFTER = 150
"""Milliseconds after the last key before the search begins."""
LEAST, MOST, NORMAL = 140, 320, 192
"""Widths of a card in px at 100 %."""
STEP = 10
LONGEST = 200
"""Characters of what is looked for."""
HEIGHT = 48
WORDS = 150
"""Px at 100 % that stay free for the words; filters that do not leave them are told together."""
TOKEN = 140
"""Px at 100 % of the widest filter."""
ROOMY, TIGHT = 560, 430
"""Widths of the bar in px at 100 %: from the first on its buttons have words, below the second it has no slider."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something the clips are filtered by: its words, all of them in `note`, and the query without it."""

    words: str
    note: str
    without: dict[str, object]


class SearchField(QLineEdit):
    """The words. Backspace at the beginning takes the last filter away; Escape empties, Return and Down lead on."""

    back = Signal()
    onward = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Backspace and not self.cursorPosition() and not self.hasSelectedText():
            self.back.emit()
        elif key == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.onward.emit()
        else:
            super().keyPressEvent(event)


class MenuButton(QPushButton):
    """A button with an arrow behind its words. Qt's own opens its menu in a loop of its own, which ours cannot bear."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoDefault(False)
        self.setIcon(icon("sort"))
        mark(self, look="menu")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        side = scale(14)
        place = QRect(self.width() - side - scale(7), (self.height() - side) // 2, side, side)
        paint_icon(QPainter(self), QStyle.visualRect(self.layoutDirection(), self.rect(), place), "down", "muted")


class SearchBar(QWidget):
    """`query_changed` brings the shown query with what the user changed of it; `size_changed` a width in px at 100 %.

    `onward` is Return or Down in the field: the user wants to go to what was found.
    """

    query_changed = Signal(Query)
    size_changed = Signal(int)
    onward = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._query = Query()
        self._parts: list[Part] = []
        self.tokens: list[Token] = []
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(AFTER)
        self._due.timeout.connect(self.search_now)
        mark(self, surface="panel")
        keep_height(self, HEIGHT)
        self._make_field()
        self.favourites = button(self.tr("Favourites"), "", "star")
        self.favourites.setCheckable(True)
        self.favourites.setAccessibleName(self.tr("Only favourites"))
        self.favourites.clicked.connect(self._on_favourites)
        self.sort = MenuButton()
        self.sort.clicked.connect(self._on_sort)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(LEAST, MOST)
        self.slider.setSingleStep(STEP)
        self.slider.setPageStep(4 * STEP)
        self.slider.setValue(NORMAL)
        self.slider.setAccessibleName(self.tr("Size of the pictures"))
        self.slider.setToolTip(self.tr("Size of the pictures"))
        self.slider.valueChanged.connect(self.size_changed)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._frame, 1)
        for one in (self.favourites, self.sort, self.slider):
            self._row.addWidget(one)
        bind(theme().changed, self._fit, self)
        self._show_query()
        self._fit()

    def _make_field(self) -> None:
        self._frame = QFrame()
        mark(self._frame, look="search")
        keep_height(self._frame, SIZES.field)
        self.field = SearchField()
        let_media_pass(self.field)
        mark(self.field, look="bare")
        ring_around(self.field, self._frame)
        self.field.setMaxLength(LONGEST)
        self.field.setPlaceholderText(self.tr("Search prompts, tags, ids…"))
        self.field.setAccessibleName(self.tr("Search the library"))
        self.field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.field.textChanged.connect(self._on_text_changed)
        self.field.back.connect(self._on_back)
        self.field.onward.connect(self._on_onward)
        self.field.installEventFilter(self)
        self._empty = QAction(icon("x"), self.tr("Clear the search"), self.field)
        self._empty.triggered.connect(self.field.clear)
        self.field.addAction(self._empty, QLineEdit.ActionPosition.TrailingPosition)
        self._empty.setVisible(False)
        self._inside = QHBoxLayout(self._frame)
        self._inside.addWidget(Picture("search"))
        self._inside.addWidget(self.field, 1)

    # Showing.

    @property
    def card_width(self) -> int:
        """The size that is set, in px at 100 %."""
        return self.slider.value()

    def show_card_width(self, px: int) -> None:
        """Sets the slider without telling."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(px)

    def show_query(self, query: Query) -> None:
        """Shows what is looked for. Words that are being written are left alone: they are newer."""
        self._query = query
        self._show_query()

    def _show_query(self) -> None:
        query = self._query
        if self.field.text() != query.text and not self._due.isActive():
            with QSignalBlocker(self.field):
                self.field.setText(query.text)
            self._empty.setVisible(bool(query.text))
        self.favourites.setChecked(query.shelf is Shelf.FAVOURITES)
        self.favourites.setIcon(icon(*(("starf", "warning") if query.shelf is Shelf.FAVOURITES else ("star",))))
        self._say_sort()
        parts = self._parts_of(query)
        if parts != self._parts:
            self._parts = parts
            self._make_tokens()

    def _say_sort(self) -> None:
        words = self._sort_words(self._query.sort)
        self.sort.setText(words if self._roomy() else "")
        self.sort.setToolTip(self.tr("Order: {0}").format(words))
        self.sort.setAccessibleName(self.tr("Order: {0}").format(words))
        self.favourites.setText(self.tr("Favourites") if self._roomy() else "")
        self.favourites.setToolTip(self.tr("Only favourites"))
        gap = scale(4) if self._roomy() else 0
        for one in (self.favourites, self.sort):
            one.setIconSize(QSize(scale(SIZES.icon) + gap, scale(SIZES.icon)))

    def _sort_words(self, sort: Sort) -> str:
        return {
            Sort.NEWEST: self.tr("Newest"),
            Sort.OLDEST: self.tr("Oldest"),
            Sort.RATING: self.tr("Best rated"),
            Sort.NAME: self.tr("Name"),
        }[sort]

    def _parts_of(self, query: Query) -> list[Part]:
        """What narrows the clips, besides the words and the favourites' button."""
        found: list[Part] = []
        if query.shelf in (Shelf.UNREVIEWED, Shelf.MISSING):
            words = self.tr("Unreviewed") if query.shelf is Shelf.UNREVIEWED else self.tr("Missing files")
            found.append(Part(words, words, {"shelf": Shelf.ALL}))
        if query.models:
            named = sorted(names(self._studio, query.models).values(), key=str.casefold)
            words = named[0] if len(named) == 1 else self.tr("{0} models").format(len(named))
            found.append(Part(words, ", ".join(named), {"models": frozenset()}))
        if query.days is not None:
            words = called(query.days, today())
            found.append(Part(words, words, {"days": None}))
        tags = sorted(query.tags, key=str.casefold)
        if len(tags) > 2:
            found.append(Part(self.tr("{0} tags").format(len(tags)), ", ".join(tags), {"tags": frozenset()}))
        else:
            found += [Part(tag, tag, {"tags": query.tags - {tag}}) for tag in tags]
        return found

    def _make_tokens(self) -> None:
        for token in self.tokens:
            token.hide()
            token.deleteLater()
        self.tokens = []
        parts = self._parts
        room = self._frame.width() - scale(WORDS) - scale(32)
        if len(parts) > 1 and sum(map(self._width_of, parts)) > room:
            without = {name: value for part in parts for name, value in part.without.items()}
            if "tags" in without:
                without["tags"] = frozenset()
            note = " · ".join(part.note for part in parts)
            parts = [Part(self.tr("{0} filters").format(len(parts)), note, without)]
        for part in parts:
            token = Token(part.words, self.tr("Do not filter by {0}").format(part.note), part.note, self._frame)
            token.setMaximumWidth(min(scale(TOKEN), max(scale(48), room)))
            token.removed.connect(lambda part=part: self._drop(part))
            self._inside.insertWidget(len(self.tokens) + 1, token)
            self.tokens.append(token)

    def _width_of(self, part: Part) -> int:
        words = QFontMetrics(theme().font("secondary")).horizontalAdvance(part.words)
        return min(scale(TOKEN), words + scale(28)) + self._inside.spacing()

    def _roomy(self) -> bool:
        return self.width() >= scale(ROOMY)

    def _fit(self) -> None:
        """What has room."""
        self._row.setContentsMargins(scale(12), 0, scale(12), 0)
        self._row.setSpacing(scale(8))
        self._inside.setContentsMargins(scale(9), 0, scale(4), 0)
        self._inside.setSpacing(scale(6))
        self.slider.setFixedWidth(scale(72))
        self.slider.setVisible(self.width() >= scale(TIGHT))
        self._say_sort()
        self._make_tokens()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != self.width():
            # The field has its new width only after the layout's turn.
            QTimer.singleShot(0, self, self._fit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            mark(self._frame, focused=event.type() == QEvent.Type.FocusIn)
        return False

    # What the user does.

    def focus_field(self) -> None:
        """Ctrl+F: the words are selected, to be written over."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def search_now(self) -> None:
        """What is written counts, without waiting."""
        self._due.stop()
        self._change(text=self.field.text())

    def _change(self, **changes: object) -> None:
        if self._due.isActive():
            self._due.stop()
            changes = {"text": self.field.text(), **changes}
        changed = self._query.model_copy(update=changes)
        if changed != self._query:
            self._query = changed
            self._show_query()
            self.query_changed.emit(changed)

    def _on_text_changed(self, text: str) -> None:
        self._empty.setVisible(bool(text))
        self._due.start()

    def _on_onward(self) -> None:
        self.search_now()
        self.onward.emit()

    def _on_back(self) -> None:
        if self._parts:
            self._drop(self._parts[-1])

    def _drop(self, part: Part) -> None:
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._change(**part.without)

    def _on_favourites(self, on: bool) -> None:
        self._change(shelf=Shelf.FAVOURITES if on else Shelf.ALL)
        self._show_query()

    def _on_sort(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for sort in Sort:
            action = menu.addAction(self._sort_words(sort))
            action.setCheckable(True)
            action.setChecked(sort is self._query.sort)
            action.triggered.connect(lambda _on=False, sort=sort: self._change(sort=sort))
        menu.popup(self.sort.mapToGlobal(QPoint(0, self.sort.height())))
