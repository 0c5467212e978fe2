"""The list behind the picker: models grouped by account, filtered by typing, chosen by key or click."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, Signal
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

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.ui.account_colours import DOT, paint_dot, telling_colours
from sora_desktop.ui.compose.picker import LEFT, RIGHT
from sora_desktop.ui.compose.picker_foot import PickerFoot
from sora_desktop.ui.compose.picker_model import AnyIndex, Entry, PickerModel
from sora_desktop.ui.icons import icon, paint_icon
from sora_desktop.ui.model_words import price
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import label, line
from sora_desktop.ui.widgets.popup import Popup
from sora_desktop.ui.words import modes

LONG = 8
"""A list of more models than this gets a field to filter it."""


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
        if one.colour:
            dot = QRect(inner.left() + scale(1), inner.top(), scale(DOT), inner.height())
            paint_dot(painter, dot.center(), one.colour)
            inner.setLeft(dot.right() + scale(7))
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
        right = one.word or price(model, model.credits)
        painter.setFont(theme().font("secondary"))
        painter.setPen(theme().colour("muted" if one.usable else "faint"))
        wide = painter.fontMetrics().horizontalAdvance(right)
        painter.drawText(inner, RIGHT, right)
        room = inner.right() - wide - scale(10) - left
        if model.notices:
            side = scale(14)
            room -= side + scale(6)
            at = QRect(left + room + scale(6), area.top(), side, area.height())
            paint_icon(painter, at, "info", "muted" if one.usable else "faint")
        for text, face, ink, top in ((model.name, "strong", "text", 4), (modes(model), "secondary", "muted", 20)):
            painter.setFont(theme().font(face))
            painter.setPen(theme().colour(ink if one.usable else "faint"))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRect(left, area.top() + scale(top), room, scale(17)), LEFT, shown)


class PickerPopup(Popup):
    """The open list. `chosen` carries account and model; `account_wanted` asks for the settings (an id, or "")."""

    chosen = Signal(str, str)
    account_wanted = Signal(str)
    notes_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio = studio
        self._anchor = parent
        self._notes: Mapping[str, str] = {}
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
        self.foot = PickerFoot(studio, self)
        self.foot.add_wanted.connect(self._on_add)
        self.foot.notes_wanted.connect(self._on_notes)
        self.foot.grown.connect(self._on_grown)
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(4)
        for widget in (self.field, self.list, self.none, line(self), self.foot):
            column.addWidget(widget)

    def open_for(self, anchor: QWidget, current: tuple[str, str], notes: Mapping[str, str]) -> None:
        """Opens below `anchor`. `notes` say by account id why an account is not ready."""
        self._anchor, self._notes = anchor, notes
        self.model.fill(self._entries(notes, current), current)
        self.field.clear()
        self.field.setVisible(self.model.models > LONG)
        self.none.setVisible(self.model.rowCount() == 0)
        self._select(self.model.row_of(*current))
        self.foot.show_for(current[0])
        self._open()
        (self.field if self.field.isVisible() else self.list).setFocus(Qt.FocusReason.PopupFocusReason)

    def _open(self) -> None:
        """As high as its rows, within bounds."""
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.model.rowCount()))
        wide = max(self._anchor.width(), scale(340))
        foot = self.foot.heightForWidth(wide - 10) if self.foot.hasHeightForWidth() else self.foot.sizeHint().height()
        extra = scale(24) + foot + (scale(40) if self.field.isVisibleTo(self) else 0)
        self.open_below(self._anchor, wide, min(rows, scale(420)) + extra)

    def _on_grown(self) -> None:
        """The lists were asked: other rows, or a word about what went wrong."""
        if not self.isVisible():
            return
        chosen = self.list.currentIndex()
        one = self.model.entry(chosen.row()) if chosen.isValid() else None
        self.model.fill(self._entries(self._notes, self.model.current), self.model.current)
        self.field.setVisible(self.model.models > LONG)
        self.model.filter(self.field.text())
        self.none.setVisible(self.model.rowCount() == 0)
        account_id, model_id = (one.account.id, one.model.id) if one and one.model else self.model.current
        self._select(self.model.row_of(account_id, model_id))
        self._open()

    def _entries(self, notes: Mapping[str, str], current: tuple[str, str]) -> list[Entry]:
        made: list[Entry] = []
        colours = telling_colours(self._studio.accounts.all)
        for account in self._studio.accounts.all:
            usable = account.enabled
            note = notes.get(account.id, "") if usable else self.tr("Switched off in Settings")
            models = self._studio.accounts.models(account.id)
            if usable and not models:
                note = note or self.tr("No models known yet")
            made.append(Entry(account, None, note, usable, colours.get(account.id, "")))
            # What is gone is of no use to anybody, but a draft that uses it has to find its place.
            made += [
                Entry(account, model, note, usable and model.pickable)
                for model in models
                if model.availability is not Availability.GONE or (account.id, model.id) == current
            ]
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

    def _on_notes(self) -> None:
        self.hide()
        self.notes_wanted.emit()

    def _on_add(self) -> None:
        self.hide()
        self.account_wanted.emit("")

    def _on_a_button(self) -> bool:
        return any(one.hasFocus() for one in (self.foot.add, self.foot.notes, self.foot.refresh))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.list.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid() and not self._on_a_button():
            self._on_clicked(index)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.field.hasFocus():
            self.list.keyPressEvent(event)
        else:
            super().keyPressEvent(event)
