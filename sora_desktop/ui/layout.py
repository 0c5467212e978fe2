"""Three panes side by side, and what becomes of them in a narrow window. The widths are the visual target's (§5)."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QRegion, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QSplitterHandle, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme

COMPOSE, COMPOSE_MIN, COMPOSE_MAX = 376, 320, 440
QUEUE, QUEUE_MIN, QUEUE_MAX = 344, 304, 420
CENTRE_MIN = 560
RAIL, COMPOSE_RAIL = 64, 48
RAIL_BELOW = 1280
COMPACT_BELOW = 1100
GRAB = 8
"""What the mouse can take hold of, in px; one of them is drawn."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the panes stand at one width of the window. `docked`: the queue may stand beside the centre."""

    docked: bool
    compact: bool
    centre_min: int

    @classmethod
    def of(cls, width: int, percent: int = 100) -> Shape:
        """For a window of `width` px at a text size of `percent`; text that is larger needs wider columns."""
        docked = width >= RAIL_BELOW * percent / 100
        compact = width < COMPACT_BELOW * percent / 100
        beside = (COMPOSE_MIN + (QUEUE_MIN if docked else RAIL)) * percent / 100
        return cls(docked, compact, max(320, min(CENTRE_MIN, round(width - beside) - 2)))


class Panes(QWidget):
    """Compose | centre | queue. Compose and queue fold to rails, by hand or for want of room, and open from there.

    Where the centre needs the room (`set_aside`) both fold by themselves. What is opened meanwhile stays so only
    until they come back; what the user folded before is folded then too.
    """

    folds_changed = Signal()
    """Compose was folded or unfolded, or the queue, or the overlay opened or closed."""
    compact_changed = Signal(bool)
    moved = Signal()
    """The user dragged a handle."""

    def __init__(
        self, compose: QWidget, centre: QWidget, queue: QWidget, compose_rail: QWidget, queue_rail: QWidget
    ) -> None:
        super().__init__()
        self._compose, self._centre, self._queue = compose, centre, queue
        self._folded: set[str] = set()
        self._aside = False
        self._meanwhile: set[str] = set()
        self._shape = Shape.of(RAIL_BELOW)
        self._widths = {"compose": COMPOSE, "queue": QUEUE}

        self._splitter = _Splitter()
        self._splitter.addWidget(compose)
        self._splitter.addWidget(centre)
        self._splitter.addWidget(queue)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.splitterMoved.connect(self._on_moved)

        self._compose_frame = _framed(compose_rail, _column_line())
        self._queue_frame = _framed(_column_line(), queue_rail)
        self._overlay = _Overlay(self)
        self._overlay.left.connect(self.close_overlay)
        # Wherever the focus is: an empty queue takes none.
        self._escape = QShortcut(Qt.Key.Key_Escape, self, self.close_overlay)
        self._escape.setEnabled(False)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._compose_frame)
        layout.addWidget(self._splitter, 1)
        layout.addWidget(self._queue_frame)
        bind(theme().changed, self._on_theme_changed, self)
        self._arrange()

    @property
    def compact(self) -> bool:
        """Whether compose stands at its narrowest."""
        return self._shape.compact

    @property
    def overlay_open(self) -> bool:
        return self._overlay.isVisibleTo(self)

    @property
    def folded(self) -> frozenset[str]:
        """The panes that the user folded: "compose", "queue". Not those that stand aside by themselves."""
        return frozenset(self._folded)

    @property
    def widths(self) -> dict[str, int]:
        """The user's widths of compose and queue, in px at 100 %."""
        return dict(self._widths)

    def shown(self, pane: str) -> bool:
        """Whether "compose" or "queue" can be seen in full."""
        if pane == "compose":
            return self._unfolded("compose")
        return self.overlay_open or self._docked

    def _unfolded(self, pane: str) -> bool:
        return pane in self._meanwhile if self._aside else pane not in self._folded

    @property
    def _docked(self) -> bool:
        """Whether the queue stands beside the centre."""
        return self._shape.docked and self._unfolded("queue")

    def set_aside(self, aside: bool) -> None:
        """Folds compose and queue for the centre's sake, or puts them back as they were."""
        if aside == self._aside:
            return
        self.close_overlay()
        self._aside = aside
        self._meanwhile.clear()
        self._arrange()
        self.folds_changed.emit()

    def show_pane(self, pane: str, shown: bool) -> None:
        """Folds or unfolds a pane. Where there is no room, the queue comes as an overlay."""
        if shown == self.shown(pane):
            return
        if pane == "queue" and not self._shape.docked:
            if shown:
                self._open_overlay()
            else:
                self.close_overlay()
            return
        if self._aside:
            (self._meanwhile.add if shown else self._meanwhile.discard)(pane)
        else:
            (self._folded.discard if shown else self._folded.add)(pane)
        self._arrange()
        self.folds_changed.emit()

    def restore(self, widths: dict[str, int], folded: frozenset[str]) -> None:
        """Widths and folds of an earlier session, held within their limits."""
        self._widths |= {pane: width for pane, width in widths.items() if pane in self._widths}
        self._folded = set(folded & {"compose", "queue"})
        self._arrange()
        self.folds_changed.emit()

    def close_overlay(self) -> None:
        """Puts the queue back behind its rail."""
        if self.overlay_open:
            self._overlay.hide()
            self._escape.setEnabled(False)
            self.folds_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _on_theme_changed(self) -> None:
        self._arrange()

    def _on_moved(self) -> None:
        sizes = self._splitter.sizes()
        percent = theme().text_size / 100
        if self._compose.isVisible() and not self._shape.compact:
            self._widths["compose"] = round(sizes[0] / percent)
        if self._queue.parent() is self._splitter and self._queue.isVisible():
            self._widths["queue"] = round(sizes[2] / percent)
        self.moved.emit()

    def _arrange(self) -> None:
        """Puts everything where it belongs at this width."""
        before, self._shape = self._shape, Shape.of(self.width(), theme().text_size)
        docked, compose = self._docked, self._unfolded("compose")
        was_open = self.overlay_open
        if docked:
            self._overlay.hide()
            self._escape.setEnabled(False)
            if self._queue.parent() is not self._splitter:
                self._splitter.addWidget(self._queue)
            self._queue.show()
        elif not self._overlay.isAncestorOf(self._queue):
            self._overlay.take(self._queue)
        self._queue_frame.setVisible(not docked)
        self._queue_frame.setFixedWidth(scale(RAIL))
        self._compose_frame.setVisible(not compose)
        self._compose_frame.setFixedWidth(scale(COMPOSE_RAIL))
        self._compose.setVisible(compose)
        self._compose.setMinimumWidth(scale(COMPOSE_MIN))
        self._compose.setMaximumWidth(scale(COMPOSE_MAX))
        self._queue.setMinimumWidth(scale(QUEUE_MIN))
        self._queue.setMaximumWidth(scale(QUEUE_MAX))
        self._centre.setMinimumWidth(self._shape.centre_min)
        self._place_splitter(docked)
        self._overlay.place(scale(max(QUEUE_MIN, min(QUEUE_MAX, self._widths["queue"]))))
        if self._shape.compact != before.compact:
            self.compact_changed.emit(self._shape.compact)
        if self._shape.docked != before.docked or was_open != self.overlay_open:
            self.folds_changed.emit()

    def _place_splitter(self, docked: bool) -> None:
        unfolded = self._unfolded("compose")
        room = self.width() - (0 if docked else scale(RAIL)) - (0 if unfolded else scale(COMPOSE_RAIL))
        compose = 0
        if unfolded:
            least = scale(COMPOSE_MIN)
            wished = least if self._shape.compact else scale(self._widths["compose"])
            compose = max(least, min(scale(COMPOSE_MAX), wished))
        queue = max(scale(QUEUE_MIN), min(scale(QUEUE_MAX), scale(self._widths["queue"]))) if docked else 0
        # What the centre lacks comes from the columns, as far as they go.
        lack = self._shape.centre_min - (room - compose - queue - 2)
        if lack > 0 and compose:
            given = min(lack, compose - scale(COMPOSE_MIN))
            compose, lack = compose - given, lack - given
        if lack > 0 and queue:
            queue -= min(lack, queue - scale(QUEUE_MIN))
        self._splitter.setSizes([compose, max(1, room - compose - queue), queue][: self._splitter.count()])

    def _open_overlay(self) -> None:
        self._overlay.place(scale(max(QUEUE_MIN, min(QUEUE_MAX, self._widths["queue"]))))
        self._overlay.show()
        self._overlay.raise_()
        self._escape.setEnabled(True)
        self._queue.show()
        self._queue.setFocus(Qt.FocusReason.OtherFocusReason)
        self.folds_changed.emit()


def _column_line() -> QFrame:
    made = QFrame()
    made.setProperty("look", "column-line")
    return made


def _framed(*parts: QWidget) -> QFrame:
    """A rail with the line that parts it from the centre."""
    frame = QFrame()
    row = QHBoxLayout(frame)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    for part in parts:
        row.addWidget(part)
    return frame


class _Splitter(QSplitter):
    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def createHandle(self) -> QSplitterHandle:
        return _Handle(self.orientation(), self)


class _Handle(QSplitterHandle):
    """One px to see, eight to take hold of. The splitter lays out by the contents rectangle."""

    def __init__(self, orientation: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(orientation, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_MouseNoMask)
        self._widen()

    def _widen(self) -> None:
        self.setContentsMargins(GRAB // 2, 0, GRAB - 1 - GRAB // 2, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Not the base class: it would narrow the margins to five px.
        self._widen()
        self.setMask(QRegion(self.contentsRect()))


class _Overlay(QWidget):
    """Lies over all panes with the queue at its right edge, until a press beside the queue."""

    left = Signal()

    def __init__(self, panes: QWidget) -> None:
        super().__init__(panes)
        self._panes = panes
        self._frame = QFrame(self)
        self._frame.setProperty("surface", "panel")
        self._layout = QHBoxLayout(self._frame)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(_column_line())
        self.hide()

    def take(self, queue: QWidget) -> None:
        """Becomes the parent of `queue`."""
        self.hide()
        self._layout.addWidget(queue, 1)

    def place(self, width: int) -> None:
        """Covers the panes; the queue gets `width` px."""
        self.setGeometry(self._panes.rect())
        self._frame.setGeometry(self.width() - width, 0, width, self.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._frame.geometry().contains(event.position().toPoint()):
            self.left.emit()
