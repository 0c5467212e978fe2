"""The grid of clips: what a person can do with the cards. It says what was wanted; the page does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QObject,
    QPoint,
    Qt,
    QTimer,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import BEST, Clip
from sora_desktop.engine.accounts import Accounts
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.account_colours import Colours
from sora_desktop.ui.bind import bind
from sora_desktop.ui.library.cards import Cards, summed_up
from sora_desktop.ui.library.cards_view import CardsView
from sora_desktop.ui.library.model import ClipModel
from sora_desktop.ui.library.painting import CardPainter
from sora_desktop.ui.references.dragging import drag_out
from sora_desktop.ui.references.incoming import Frame, of_frames
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.thumbnails import Thumbnails

LEAST, MOST = 140, 320
"""Px of a card's width at 100 %: as wide as the files of the thumbnails are."""
KEPT = 120
"""Pictures in memory beside the scaled ones of the cards that show: 28 MB at 320×180."""
STEPS = {
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
}
AT_ONCE = 16
FEW = 8
"""Clips that are looked for near the place where they were."""
STEP, FASTEST = 20, 60
"""Milliseconds between two steps of scrolling under a rubber band, and px of the longest."""
RATINGS = "".join(map(str, range(BEST + 1)))


def clip_thumbnails(studio: Studio, parent: QObject) -> Thumbnails:
    """The pictures of clips, in the size of their files."""
    thumbnails = Thumbnails(
        lambda clip_id: thumbnail_path(studio.paths, clip_id), parent, kept=KEPT, longest=MOST, at_once=AT_ONCE
    )
    bind(studio.library.pictured, thumbnails.forget, thumbnails)
    bind(
        studio.engine.job_changed,
        lambda job: thumbnails.forget(job.id) if job.state is State.DONE else None,
        thumbnails,
    )
    return thumbnails


def account_of(job: Job, accounts: Accounts, colours: Colours) -> str:
    """The name of a job's account, where there are several to tell apart."""
    account = accounts.get(job.account)
    return account.name if account and account.id in colours.telling else ""


class ClipGrid(CardsView):
    """The clips as cards. Places are those of the viewport."""

    selection_changed = Signal()
    """Other clips are chosen, or what is known of the chosen ones has changed."""
    opened = Signal(str)
    """The id of the job of a clip: double click, Enter."""
    favourite_wanted = Signal(list, bool)
    rating_wanted = Signal(list, int)
    remove_wanted = Signal(list)
    copy_wanted = Signal(list)
    """Clips whose recipes are wanted on the clipboard."""
    menu_wanted = Signal(QPoint)

    def __init__(self, studio: Studio, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        colours = Colours(studio.accounts, thumbnails)
        words = Cards(studio.accounts.model_of, lambda job: account_of(job, studio.accounts, colours))
        self._told: list[Clip] = []
        self._filling = True  # Qt tells of a selection while it is being built.
        super().__init__(ClipModel(words, studio.library.day_of, thumbnails), CardPainter(thumbnails), parent)
        self._studio = studio
        self._thumbnails = thumbnails
        self._words = words
        self._filling = False
        self._anchor = ""
        self._pressed_star = ""
        self._edge = QTimer(self)
        self._edge.setInterval(STEP)
        self._edge.timeout.connect(self._on_edge)
        self.setAccessibleName(self.tr("Clips"))
        bind(thumbnails.arrived, self._on_arrived, self)
        bind(studio.library.pictured, self._on_pictured, self)
        bind(studio.engine.job_changed, self._on_job_changed, self)
        bind(studio.accounts.changed, self._on_accounts_changed, self)

    # What is shown.

    def set_clips(self, clips: list[Clip], grouped: bool) -> None:
        """Shows `clips` in their order, under a heading for each day where they are `grouped`.

        What was chosen stays chosen as far as it is there. Where the chosen clips have left the library, the card that
        moves up is chosen next, so that many can be gone through by one key.
        """
        chosen, current, anchor = [clip.id for clip in self._told], self.current(), self._anchor
        near, following = self.currentIndex().row(), self._following()

        self._filling, self._settled = True, False
        if self.cards.fill(clips, grouped, self._studio.library.missing):
            self.doItemsLayout()
            self._choose(chosen, current.id if current else "", near)
            if following and not self.selectionModel().hasSelection():
                self._choose([following], "", near)
        self._filling, self._settled = False, True
        self._keep_place()
        self._anchor = anchor
        self._tell()

    def _following(self) -> str:
        """The id of the clip behind those that are chosen, where these have all left the library; else empty."""
        library, near = self._studio.library.clips, self.currentIndex().row()
        if not self._told or any(clip.id in library for clip in self._told):
            return ""
        rows = [self.cards.row_of(self._told[at].id, near) for at in (0, -1)]
        behind = (*range(rows[1], self.cards.rowCount()), *range(rows[0], 0, -1))
        clips = (clip for row in behind if (clip := self.cards.clip(row)) is not None)
        return next((clip.id for clip in clips if clip.id in library), "")

    def set_size(self, px: int) -> None:
        """Makes the cards `px` wide at 100 %, 140 to 320."""
        px = max(LEAST, min(MOST, px))
        if px != self._size:
            self._size = px
            self.doItemsLayout()

    def _on_arrived(self, clip_id: str) -> None:
        shown = ((row, self.cards.clip(row)) for row in self.visible_rows())
        row = next((row for row, clip in shown if clip is not None and clip.job.id == clip_id), -1)
        if row >= 0:
            self.viewport().update(self.row_rect(row))

    def _on_pictured(self, clip_id: str) -> None:
        self._painter.forget(clip_id)
        self._on_arrived(clip_id)

    def _on_job_changed(self, job: Job) -> None:
        if job.state is State.DONE:
            self._on_pictured(job.id)

    def _on_accounts_changed(self) -> None:
        self._words.clear()
        self.viewport().update()

    # What is chosen.

    def selected(self) -> list[Clip]:
        """The chosen clips in the order of the grid."""
        return [*self._told]

    def current(self) -> Clip | None:
        """The clip that the keyboard is at."""
        return self.cards.clip(self.currentIndex().row())

    def select(self, ids: Iterable[str]) -> None:
        """Chooses clips, as far as they are shown, and brings the first of them into sight."""
        self._filling = True
        self._choose(list(ids), "")
        self._filling = False
        self._tell()
        self.scrollTo(self.currentIndex())

    def _choose(self, ids: Sequence[str], current: str, near: int = -1) -> None:
        if len(ids) > FEW:
            rows = self.cards.rows_of(frozenset(ids))
        else:
            rows = sorted(row for clip_id in ids if (row := self.cards.row_of(clip_id, near)) >= 0)
        ranges: list[range] = []
        for row in rows:
            if ranges and ranges[-1].stop == row:
                ranges[-1] = range(ranges[-1].start, row + 1)
            else:
                ranges.append(range(row, row + 1))
        flags = QItemSelectionModel.SelectionFlag
        # Anew, not ClearAndSelect: to find the difference takes long where many are chosen one by one.
        self.selectionModel().clearSelection()
        self.selectionModel().select(self.selection_of(ranges), flags.Select)
        row = self.cards.row_of(current, near) if current else -1
        row = rows[0] if row < 0 and rows else row
        scrolls = self.hasAutoScroll()
        self.setAutoScroll(False)
        self.selectionModel().setCurrentIndex(self.cards.index(row), flags.NoUpdate)
        self.setAutoScroll(scrolls)
        self._keep_anchor()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self._tell()

    def _tell(self) -> None:
        if self._filling:
            return
        selection = self.selectionModel().selection()
        ranges = [selection.at(place) for place in range(selection.count())]
        self.chosen = sorted((each.top(), each.bottom()) for each in ranges)
        before, self._told = self._told, [clip for ends in self.chosen for clip in self.cards.between(*ends)]
        if self._told != before:
            self.selection_changed.emit()

    def said(self) -> str:
        return summed_up(self._told, self.cards.count)

    def anchor(self) -> int:
        row = self.cards.row_of(self._anchor, self.currentIndex().row()) if self._anchor else -1
        return row if row >= 0 else super().anchor()

    def _keep_anchor(self) -> None:
        """Shift chooses from here on."""
        clip = self.current()
        self._anchor = clip.id if clip else ""

    # The mouse.

    def cards_moved(self) -> None:
        if self.viewport().underMouse():
            self._heat(self.viewport().mapFromGlobal(self.cursor().pos()))

    def _heat(self, at: QPoint) -> None:
        row = self.indexAt(at).row()
        starring = row >= 0 and self._painter.spots.star.contains(at - self.row_rect(row).topLeft())
        if (row, starring) != (self._hot, self._starring):
            self._hot, self._starring = row, starring
            self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hot, self._starring = -1, False
            self.viewport().update()
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self._heat(at)
        left = event.button() == Qt.MouseButton.LeftButton
        clip = self.cards.clip(self._hot)
        if left and self._starring and clip is not None:
            self._pressed_star = clip.id
            return
        self._band = at + QPoint(0, self.verticalOffset()) if left else None
        super().mousePressEvent(event)
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._keep_anchor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pressed_star:
            return
        self._held = at
        super().mouseMoveEvent(event)
        if self.state() is QAbstractItemView.State.DragSelectingState:
            self._edge.start()
            self.viewport().update()
        elif not event.buttons():
            self._heat(at)

    def _on_edge(self) -> None:
        """Scrolls while a rubber band is held over an edge, the faster the further."""
        at = self._held
        over = min(0, at.y() - self._lie.measures.heading) + max(0, at.y() - self.viewport().height())
        if self._band is None or not over:
            self._edge.stop()
            return
        bar, before = self.verticalScrollBar(), self.verticalOffset()
        bar.setValue(before + max(-FASTEST, min(FASTEST, over)))
        if bar.value() != before:
            moved = QEvent.Type.MouseMove
            where = self.viewport().mapToGlobal(at)
            left, keys = Qt.MouseButton.LeftButton, QApplication.keyboardModifiers()
            self.mouseMoveEvent(QMouseEvent(moved, at, where, Qt.MouseButton.NoButton, left, keys))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._band = None
        self._edge.stop()
        pressed, self._pressed_star = self._pressed_star, ""
        if not pressed:
            super().mouseReleaseEvent(event)
            self.viewport().update()
            return
        self._heat(event.position().toPoint())
        clip = self.cards.clip(self._hot)
        if self._starring and clip is not None and clip.id == pressed:
            self.favourite_wanted.emit([clip], not clip.marks.favourite)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._heat(event.position().toPoint())
        clip = self.cards.clip(self._hot)
        if event.button() != Qt.MouseButton.LeftButton or self._starring or clip is None:
            self.mousePressEvent(event)
        else:
            self.opened.emit(clip.id)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """The last frames of the chosen clips as references here, their files for other programs."""
        clips = [clip for clip in self.selected() if clip.path and not self.cards.missing(clip)]
        if clips:
            frames = [Frame(path=clip.path, title=Path(clip.path).stem) for clip in clips]
            picture = self._thumbnails.get(clips[0].id) or QPixmap()
            drag_out(self, of_frames(frames, with_clips=True), picture, len(clips))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            if self.current() is not None:
                self.menu_wanted.emit(self.visualRect(self.currentIndex()).center())
        elif self.indexAt(event.pos()).isValid():
            self.menu_wanted.emit(event.pos())

    # Keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current, clips, key, text = self.current(), self.selected(), event.key(), event.text()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            self.opened.emit(current.id)
        elif plain and key == Qt.Key.Key_Delete:
            self._want(self.remove_wanted, clips)
        elif plain and key == Qt.Key.Key_F:
            self._want(self.favourite_wanted, clips, not all(clip.marks.favourite for clip in clips))
        elif plain and text in RATINGS and text:
            self._want(self.rating_wanted, clips, int(text))
        elif plain and text.isalpha():
            event.ignore()
        else:
            super().keyPressEvent(event)
            if plain and key in STEPS and not self.selected() and (here := self.current()) is not None:
                # Qt goes to the first card with the focus, and a step to where it is chooses nothing.
                self.select([here.id])
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._keep_anchor()

    def copy(self) -> None:
        """Asks for the recipes of the chosen clips on the clipboard; Edit, Copy calls it too."""
        self._want(self.copy_wanted, self.selected())

    @staticmethod
    def _want(order: SignalInstance, clips: Sequence[Clip], *more: object) -> None:
        if clips:
            order.emit(list(clips), *more)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys here, not the beginning of a title."""
