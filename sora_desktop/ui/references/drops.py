"""Drags over the compose column and the window: all of it takes them, the zone says what will happen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from sora_desktop.ui.references.incoming import PLACE, Incoming, read
from sora_desktop.ui.references.looks import kind_words
from sora_desktop.ui.references.section import ReferencesSection
from sora_desktop.ui.references.zone import DropZone
from sora_desktop.ui.theme import theme
from sora_desktop.ui.words import number

NEAR = 8
"""Px around the cards that still mean a place between them."""


class DropTarget(QObject):
    """Watches `column` for drags and gives what is dropped to `section`.

    `foreign`: only for what comes from other programs; our own drags have their places. `strayed` carries an Incoming
    that was dropped while the section could not be seen.
    """

    strayed = Signal(object)

    def __init__(self, column: QWidget, section: ReferencesSection, *, foreign: bool = False) -> None:
        super().__init__(column)
        self._column, self._section, self._foreign = column, section, foreign
        self._incoming = Incoming()
        self._line = _InsertLine(section)
        self._veil = DropZone(section, veil=True)
        self._veil.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._veil.hide()
        column.setAcceptDrops(True)
        column.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._foreign and isinstance(event, QDropEvent) and event.source() is not None:
            return False
        if isinstance(event, QDragEnterEvent):
            self._incoming = read(event.mimeData(), pixels=False)
            self._answer(event)
        elif isinstance(event, QDragMoveEvent):
            self._answer(event)
        elif event.type() == QEvent.Type.DragLeave:
            self._over()
        elif isinstance(event, QDropEvent):
            self._drop(event)
        else:
            return False
        return True

    def _answer(self, event: QDropEvent) -> None:
        """Taken is everything that could be a reference: what does not fit is refused in words, not in silence."""
        at = self._at(event)
        moved = moved_card(event)
        if moved >= 0:
            self._line.show_at(self._gap(at))
        elif self._incoming and self._section.isVisible():
            self._show(self._incoming, at)
        elif not (self._incoming and self._foreign) or self._section.isHidden():
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    @property
    def zone(self) -> DropZone:
        """Where it is told what would happen: the zone, or a veil over the cards where there is no zone. Nothing moves:
        what grows would push the cards away under the mouse."""
        return self._section.zone if self._section.zone.isVisible() else self._veil

    def _show(self, incoming: Incoming, at: QPoint) -> None:
        refusal = self._refusal(incoming, at)
        promise = self.tr("Drop to add") if self._has_room() else self.tr("Drop to replace")
        zone = self.zone
        zone.show_drag("" if refusal else promise, refusal)
        if zone is self._veil:
            self._veil.setGeometry(self._replaced(at))
            self._veil.show()
            self._veil.raise_()
        between = not refusal and self._has_room() and len(self._section.cards) > 0
        self._line.show_at(self._place(at) if between else -1)

    def _replaced(self, at: QPoint) -> QRect:
        """What a drop would replace: the card under the mouse; else all of them are meant."""
        cards = self._section.cards
        place = self._card_at(at)
        if place >= 0:
            return cards[place].geometry()
        whole = QRect()
        for card in cards:
            whole = whole.united(card.geometry())
        return whole if cards else self._section.rect()

    def _over(self) -> None:
        for zone in (self._section.zone, self._veil):
            zone.show_drag()
        self._veil.hide()
        self._line.show_at(-1)

    def _drop(self, event: QDropEvent) -> None:
        at, moved = self._at(event), moved_card(event)
        gap, card = self._gap(at), self._card_at(at)
        self._over()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if not self._section.isVisible():
            self.strayed.emit(read(event.mimeData()))
        elif moved >= 0:
            self._section.reorder(moved, gap - 1 if gap > moved else gap)
        elif self._has_room():
            self._section.take(read(event.mimeData()), self._place(at))
        else:
            self._section.take(read(event.mimeData()), card if card >= 0 else None, replace=card >= 0)

    # Where it is.

    def _at(self, event: QDropEvent) -> QPoint:
        return self._section.mapFromGlobal(self._column.mapToGlobal(event.position().toPoint()))

    def _card_at(self, at: QPoint) -> int:
        return next((place for place, card in enumerate(self._section.cards) if card.geometry().contains(at)), -1)

    def _gap(self, at: QPoint) -> int:
        """The place between the cards that is nearest: before the first whose middle is below."""
        cards = self._section.cards
        below = (place for place, card in enumerate(cards) if at.y() < card.geometry().center().y())
        return next(below, len(cards))

    def _place(self, at: QPoint) -> int:
        """Where something new goes: between the cards under the mouse, else behind the last."""
        cards = self._section.cards
        near = cards and cards[0].geometry().top() - NEAR <= at.y() <= cards[-1].geometry().bottom() + NEAR
        return self._gap(at) if near else len(cards)

    def _has_room(self) -> bool:
        rule = self._section.rule
        return rule is not None and len(self._section.cards) < rule.max_count

    def _refusal(self, incoming: Incoming, at: QPoint) -> str:
        """Why nothing of it fits, as far as names tell; empty where something does."""
        rule = self._section.rule
        if rule is None:
            return self.tr("This model takes no references")
        if not incoming.readable:
            return self.tr("Copy it to this computer first")
        if not self._section.hosted and not (incoming.urls or incoming.pictures):
            return self.tr("Takes public addresses only")
        if not incoming.kinds & {*rule.kinds, "?"}:
            return self.tr("Takes {0} only").format(kind_words(rule.kinds, 2))
        if rule.max_count > 1 and not self._has_room() and self._card_at(at) < 0:
            return self.tr("No room: it takes {0}").format(number(rule.max_count))
        return ""


def moved_card(event: QDropEvent) -> int:
    """The place of the card that is being moved; -1 where something else is dragged."""
    text = bytes(event.mimeData().data(PLACE).data())
    return int(text) if text.isdigit() else -1


class _InsertLine(QFrame):
    """The line between two cards where a drop would land."""

    def __init__(self, section: ReferencesSection) -> None:
        super().__init__(section)
        self._section = section
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.hide()

    def show_at(self, gap: int) -> None:
        """Before the card of this place, or behind the last; -1 hides it."""
        cards = self._section.cards
        if gap < 0 or not cards:
            self.hide()
            return
        area = cards[min(gap, len(cards) - 1)].geometry()
        y = area.top() - 5 if gap < len(cards) else area.bottom() + 3
        self.setGeometry(QRect(area.left(), y, area.width(), 2))
        colours = self.palette()
        colours.setColor(self.backgroundRole(), theme().colour("accent"))
        self.setPalette(colours)
        self.show()
        self.raise_()
