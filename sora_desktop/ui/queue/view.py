"""The list of the queue: rows of several heights, thousands of them, with painted buttons, keys and reordering."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.core.jobs import Job, State
from sora_desktop.ui.queue.arrangement import WAITING, Kind, Row
from sora_desktop.ui.queue.delegate import FOLD, QueueDelegate
from sora_desktop.ui.queue.model import QueueModel
from sora_desktop.ui.queue.rows_view import Index, RowsView
from sora_desktop.ui.theme import scale, theme


class QueueView(RowsView):
    """What a person can do with the rows. It says what was wanted; the panel does it."""

    picked = Signal(str)
    """The id of a job that became the current one by the user's hand."""
    opened = Signal(str)
    """The id of a job that was double-clicked, or Enter was pressed on."""
    pressed_button = Signal(str, object)
    """The name of a painted button, and its Row."""
    key_order = Signal(str)
    """"remove", "pause", "retry" or "copy", for the selected rows."""
    menu_wanted = Signal(QPoint)
    dragged_out = Signal(object)
    """A finished Job was drawn away from its row."""
    dropped = Signal(object, object)
    """A waiting Row was dragged before another Row, or to the end (None)."""

    def __init__(self, model: QueueModel, delegate: QueueDelegate, parent: QWidget | None = None) -> None:
        super().__init__(model, delegate, parent)
        self._pressed_at: QPoint | None = None
        self._carried: Row | None = None
        self._drop_row = -1
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Queue"))

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._carried is not None and self._drop_row >= 0:
            self._paint_drop_line(QPainter(self.viewport()))

    def _paint_drop_line(self, painter: QPainter) -> None:
        last = self._drop_row >= len(self._geometry)
        y = (self._geometry.total if last else self._geometry.top(self._drop_row)) - self.verticalOffset()
        painter.setPen(QPen(theme().colour("accent"), 2))
        painter.drawLine(scale(12), y, self.viewport().width() - scale(12), y)

    # The mouse.

    def rows_moved(self) -> None:
        """Other rows lie under a mouse that did not move."""
        if self.viewport().underMouse():
            self._heat(self.viewport().mapFromGlobal(self.cursor().pos()))
        elif self._delegate.hot.row >= self._queue.rowCount():
            self._cool()

    def _heat(self, at: QPoint) -> None:
        hot = self._delegate.hot
        row = self.indexAt(at).row()
        if row != hot.row:
            hot.row, hot.pressed = row, False
            self.viewport().update()
        button = ""
        if row >= 0:
            button = self._delegate.button_at(self.row_rect(row), row, at, self.layoutDirection())
        if button != hot.button:
            hot.button, hot.pressed = button, False
            self.viewport().update()

    def _cool(self) -> None:
        hot = self._delegate.hot
        hot.row, hot.button, hot.pressed = -1, "", False
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._cool()
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self._heat(at)
        hot = self._delegate.hot
        if event.button() == Qt.MouseButton.LeftButton and hot.button:
            hot.pressed = True
            self.viewport().update()
            return
        row = self._queue.row(hot.row) if hot.row >= 0 else None
        if row is not None and row.kind is Kind.SECTION:
            if event.button() == Qt.MouseButton.LeftButton:
                self._queue.toggle(row)
            return
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and row is not None:
            self._pressed_at = at
            self._tell_picked()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._carried is not None:
            self._drag(at)
            return
        if self._pressed_at is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._maybe_carry(at)
            return
        self._heat(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = None
        hot = self._delegate.hot
        if self._carried is not None:
            self._drop()
        elif hot.pressed:
            hot.pressed = False
            self.viewport().update()
            at = event.position().toPoint()
            row = hot.row
            if row >= 0 and self._delegate.button_at(self.row_rect(row), row, at, self.layoutDirection()) == hot.button:
                self._press(hot.button, self._queue.row(row))
        else:
            super().mouseReleaseEvent(event)

    def _press(self, button: str, row: Row) -> None:
        if button == FOLD:
            self._queue.toggle(row)
        else:
            self.pressed_button.emit(button, row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._heat(event.position().toPoint())
        if self._delegate.hot.button or not index.isValid() or self._queue.row(index.row()).kind is Kind.SECTION:
            self.mousePressEvent(event)
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._open(index.row())

    def _open(self, number: int) -> None:
        row = self._queue.row(number)
        if row.kind is Kind.JOB:
            self.opened.emit(row.id)
        else:
            self._queue.toggle(row)

    # Reordering.

    def _maybe_carry(self, at: QPoint) -> None:
        assert self._pressed_at is not None
        row = self.indexAt(self._pressed_at).row()
        if row < 0 or (at - self._pressed_at).manhattanLength() < QApplication.startDragDistance():
            return
        carried = self._queue.row(row)
        if carried.section == WAITING:
            self._carried = carried
            self._drag(at)
        elif carried.kind is Kind.JOB and (job := self._queue.jobs_of(carried)[0]).state is State.DONE and job.path:
            self._pressed_at = None
            self.dragged_out.emit(job)

    def _drag(self, at: QPoint) -> None:
        """The line goes to the nearest gap between waiting rows; near an edge the list scrolls."""
        bar, edge = self.verticalScrollBar(), scale(24)
        if at.y() < edge or at.y() > self.viewport().height() - edge:
            bar.setValue(bar.value() + (-edge if at.y() < edge else edge))
        waiting = [number for number, row in enumerate(self._queue.rows) if row.section == WAITING][1:]
        y = at.y() + self.verticalOffset()
        tops = [*(self._geometry.top(number) for number in waiting), self._geometry.top(waiting[-1] + 1)]
        nearest = min(range(len(tops)), key=lambda place: abs(tops[place] - y))
        self._drop_row = waiting[0] + nearest
        self.viewport().update()

    def _drop(self) -> None:
        carried, target = self._carried, self._drop_row
        self._carried, self._drop_row = None, -1
        self.viewport().update()
        if carried is None or target < 0:
            return
        rows = self._queue.rows
        before = rows[target] if target < len(rows) and rows[target].section == WAITING else None
        at = self._queue.row_of(carried.id)
        if target not in {at, at + 1}:
            self.dropped.emit(carried, before)

    # Keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        row = self._queue.row(current.row()) if current.isValid() else None
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        key = event.key()
        if self._carried is not None and key == Qt.Key.Key_Escape:
            self._carried = None
            self.viewport().update()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key == Qt.Key.Key_R and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.key_order.emit("retry")
        elif plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self._open(current.row())
        elif plain and key == Qt.Key.Key_Delete:
            self.key_order.emit("remove")
        elif plain and key == Qt.Key.Key_P:
            self.key_order.emit("pause")
        elif plain and key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and row is not None:
            self._fold_by_key(row, fold=(key == Qt.Key.Key_Left) is not self.isRightToLeft())
        elif plain and (key == Qt.Key.Key_Space or event.text().isalpha()):
            # The viewer's: play, loop, mute, save frame.
            event.ignore()
        else:
            super().keyPressEvent(event)
            if self.currentIndex() != current:
                self._tell_picked()

    def copy(self) -> None:
        """Asks for the recipes of the selected jobs on the clipboard; Edit, Copy calls it too."""
        self.key_order.emit("copy")

    def _fold_by_key(self, row: Row, *, fold: bool) -> None:
        """Left folds the section or batch that the current row is in, Right opens a batch."""
        arrangement = self._queue.arrangement
        batch = self._queue.jobs_of(row)[0].batch if row.kind is Kind.JOB else row.id
        if len(arrangement.stack(batch)) > 1 and arrangement.batch_open(batch) is fold:
            self._queue.toggle(Row(Kind.STACK, batch, WAITING))
            self._choose(self._queue.index(self._queue.row_of(batch)))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_wanted.emit(self.visualRect(self.currentIndex()).center())
        elif self.indexAt(event.pos()).isValid():
            self.menu_wanted.emit(event.pos())

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys here, not the beginning of a prompt."""

    # What is chosen.

    def _tell_picked(self) -> None:
        jobs = self.jobs_at(self.currentIndex())
        if jobs:
            self.picked.emit(jobs[0].id)

    def jobs_at(self, index: Index) -> list[Job]:
        """The jobs that a row stands for."""
        return self._queue.jobs_of(self._queue.row(index.row())) if index.isValid() else []

    def selected_jobs(self) -> list[Job]:
        """The jobs of all selected rows, in the order of the list, each once."""
        found: dict[str, Job] = {}
        for index in sorted(self.selectedIndexes(), key=lambda index: index.row()):
            found |= {job.id: job for job in self.jobs_at(index)}
        return list(found.values())

    def select_job(self, job_id: str) -> None:
        """Makes a job's row the current one without telling that it was picked."""
        row = self._queue.row_of(job_id)
        if row >= 0 and row != self.currentIndex().row():
            self._choose(self._queue.index(row))

    def _choose(self, index: Index) -> None:
        # setCurrentIndex() looks at the keyboard: after Ctrl+Enter it would add the row to what is selected.
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def select_near(self, row: int) -> str:
        """Makes the nearest row of a job the current one; the answer is the job's id, empty where there is none."""
        rows = self._queue.rows
        places = [number for number, each in enumerate(rows) if each.kind is not Kind.SECTION]
        if row < 0 or not places:
            return ""
        nearest = min(places, key=lambda number: abs(number - row))
        self._choose(self._queue.index(nearest))
        return self._queue.jobs_of(rows[nearest])[0].id
