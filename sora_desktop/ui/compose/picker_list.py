"""The list behind the picker: models grouped by account, filtered by typing, chosen by key or click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model
from sora_desktop.ui.compose.picker import LEFT, RIGHT
from sora_desktop.ui.icons import icon, paint_icon
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import button, label, line
from sora_desktop.ui.widgets.popup import Popup
from sora_desktop.ui.words import credits, modes

LONG = 8
"""A list of more models than this gets a field to filter it."""

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading (`model` is None) or a model. `note` is why an account is not ready; empty when it is."""

    account: Account
    model: Model | None = None
    note: str = ""
    usable: bool = True

    @property
    def searched(self) -> str:
        model = self.model
        words = (self.account.name, model.name, model.id, model.summary) if model else (self.account.name,)
        return " ".join(words).casefold()


class PickerModel(QAbstractListModel):
    """The rows, headings included; headings cannot be chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._all: list[Entry] = []
        self._rows: list[Entry] = []
        self.current = ("", "")

    def fill(self, entries: list[Entry], current: tuple[str, str]) -> None:
        """Shows other entries; `current` is the account and model in use."""
        self.current = current
        self._all = entries
        self.filter("")

    def filter(self, text: str) -> None:
        """Keeps the models that hold every word of `text`, and the headings above them."""
        words = text.casefold().split()
        kept = [one for one in self._all if one.model is None or all(word in one.searched for word in words)]
        filled = {one.account.id for one in kept if one.model is not None}
        self.beginResetModel()
        self._rows = [one for one in kept if one.account.id in filled]
        self.endResetModel()

    @property
    def models(self) -> int:
        """How many models there are, unfiltered."""
        return sum(one.model is not None for one in self._all)

    def entry(self, row: int) -> Entry:
        return self._rows[row]

    def row_of(self, account_id: str, model_id: str) -> int:
        """The row of a model, else the first that can be chosen, else -1."""
        for row, one in enumerate(self._rows):
            if one.model is not None and (one.account.id, one.model.id) == (account_id, model_id):
                return row
        return next((row for row, one in enumerate(self._rows) if one.model is not None and one.usable), -1)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        one = self._rows[index.row()]
        if one.model is None or not one.usable:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        one = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return one.account.name if one.model is None else one.model.name
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and one.model is not None:
            return ", ".join(filter(None, (one.account.name, modes(one.model), credits(one.model.credits), one.note)))
        return None


class PickerDelegate(QStyledItemDelegate):
    """Paints headings and models."""

    def __init__(self, model: PickerModel) -> None:
        super().__init__(model)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        heading = self._model.entry(index.row()).model is None
        return QSize(scale(200), scale(30 if heading else 40))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        one = self._model.entry(index.row())
        area: QRect = option.rect  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if one.model is None:
            self._heading(painter, area, one)
        else:
            state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
            self._row(painter, area, one, one.model, state)
        painter.restore()

    def _heading(self, painter: QPainter, area: QRect, one: Entry) -> None:
        inner = area.adjusted(scale(10), scale(4), -scale(10), 0)
        painter.setFont(theme().font("chip"))
        painter.setPen(theme().colour("muted"))
        note = QFontMetrics(theme().font("secondary")).horizontalAdvance(one.note) if one.note else 0
        room = inner.width() - (note + scale(12) if note else 0)
        painter.drawText(
            inner, LEFT, painter.fontMetrics().elidedText(one.account.name, Qt.TextElideMode.ElideRight, room)
        )
        if one.note:
            painter.setFont(theme().font("secondary"))
            painter.setPen(theme().colour("faint" if not one.usable else "warning"))
            painter.drawText(inner, RIGHT, one.note)

    def _row(self, painter: QPainter, area: QRect, one: Entry, model: Model, state: QStyle.StateFlag) -> None:
        plate = QRectF(area).adjusted(scale(4), 1, -scale(4), -1)
        chosen = bool(state & QStyle.StateFlag.State_Selected) and one.usable
        if chosen or (state & QStyle.StateFlag.State_MouseOver and one.usable):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("selection" if chosen else "hover"))
            painter.drawRoundedRect(plate, scale(SIZES.radius_small), scale(SIZES.radius_small))
        inner = area.adjusted(scale(12), 0, -scale(12), 0)
        tick = QRect(inner.left(), inner.top(), scale(16), inner.height())
        if (one.account.id, model.id) == self._model.current:
            paint_icon(painter, tick, "check", "accent")
        left = tick.right() + scale(8)
        price = credits(model.credits)
        painter.setFont(theme().font("secondary"))
        painter.setPen(theme().colour("muted" if one.usable else "faint"))
        wide = painter.fontMetrics().horizontalAdvance(price)
        painter.drawText(inner, RIGHT, price)
        room = inner.right() - wide - scale(10) - left
        for text, face, ink, top in ((model.name, "strong", "text", 4), (modes(model), "secondary", "muted", 20)):
            painter.setFont(theme().font(face))
            painter.setPen(theme().colour(ink if one.usable else "faint"))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRect(left, area.top() + scale(top), room, scale(17)), LEFT, shown)


class PickerPopup(Popup):
    """The open list. `chosen` carries account and model; `account_wanted` asks for the settings (an id, or "")."""

    chosen = Signal(str, str)
    account_wanted = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self.model = PickerModel(self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(self.tr("Filter models"))
        self.field.setAccessibleName(self.tr("Filter models"))
        self.field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._on_filtered)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(PickerDelegate(self.model))
        self.list.setAccessibleName(self.tr("Accounts and models"))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setProperty("surface", "raised")
        self.list.clicked.connect(self._on_clicked)
        self.none = label(self.tr("No model of that name."), "", "muted", parent=self)
        self.none.setContentsMargins(12, 8, 12, 8)
        self.add = button(self.tr("Add an account…"), "flat", "plus", self)
        self.add.clicked.connect(self._on_add)
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(4)
        for widget in (self.field, self.list, self.none, line(self), self.add):
            column.addWidget(widget)

    def open_for(self, anchor: QWidget, current: tuple[str, str], notes: Mapping[str, str]) -> None:
        """Opens below `anchor`. `notes` say by account id why an account is not ready."""
        self.model.fill(self._entries(notes), current)
        self.field.clear()
        self.field.setVisible(self.model.models > LONG)
        self.none.setVisible(self.model.rowCount() == 0)
        self._select(self.model.row_of(*current))
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.model.rowCount()))
        extra = scale(54) + (scale(40) if self.field.isVisibleTo(self) else 0)
        self.open_below(anchor, max(anchor.width(), scale(320)), min(rows, scale(420)) + extra)
        (self.field if self.field.isVisible() else self.list).setFocus(Qt.FocusReason.PopupFocusReason)

    def _entries(self, notes: Mapping[str, str]) -> list[Entry]:
        made: list[Entry] = []
        for account in self._studio.accounts.all:
            usable = account.enabled
            note = notes.get(account.id, "") if usable else self.tr("Switched off in Settings")
            made.append(Entry(account, None, note, usable))
            made += [Entry(account, model, note, usable) for model in self._studio.accounts.models(account.id)]
        return made

    def _select(self, row: int) -> None:
        index = self.model.index(row) if row >= 0 else QModelIndex()
        self.list.setCurrentIndex(index)
        if index.isValid():
            self.list.scrollTo(index)

    def _on_filtered(self, text: str) -> None:
        self.model.filter(text)
        self.none.setVisible(self.model.rowCount() == 0)
        self._select(self.model.row_of("", ""))

    def _on_clicked(self, index: QModelIndex) -> None:
        one = self.model.entry(index.row())
        if one.model is not None and one.usable:
            self.hide()
            self.chosen.emit(one.account.id, one.model.id)

    def _on_add(self) -> None:
        self.hide()
        self.account_wanted.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.list.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid() and not self.add.hasFocus():
            self._on_clicked(index)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.field.hasFocus():
            self.list.keyPressEvent(event)
        else:
            super().keyPressEvent(event)
