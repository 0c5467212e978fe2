"""What moves in the queue without a change of any job: clocks, bars on their way, the turning ring. One timer."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, QTimer

from sora_desktop.core.jobs import REMOTE, State
from sora_desktop.ui.bind import bind
from sora_desktop.ui.queue.arrangement import Kind
from sora_desktop.ui.queue.delegate import QueueDelegate
from sora_desktop.ui.queue.view import QueueView
from sora_desktop.ui.theme import theme

FRAME = 1000 // 15
SECOND = 1000
TURN = 1.6
"""Seconds of one turn of the ring."""

GLIDE = 0.2
"""Seconds in which a bar reaches its new value."""

MOVING = REMOTE | {State.PREPARING, State.SUBMITTING, State.DOWNLOADING}


class Pulse(QObject):
    """Repaints the visible rows that move, and only those: at 15 frames a second while a ring turns or a bar glides,
    once a second for clocks, and not at all when nothing moves or nobody looks.
    """

    def __init__(self, view: QueueView, delegate: QueueDelegate) -> None:
        super().__init__(view)
        self._view = view
        self._delegate = delegate
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_beat)
        self._last = time.monotonic()
        view.installEventFilter(self)
        model = view.queue
        for signal in (model.dataChanged, model.layoutChanged, model.modelReset):
            bind(signal, self.look, self)
        bind(view.verticalScrollBar().valueChanged, self.look, self)

    @property
    def beating(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def look(self) -> None:
        """Starts, slows or stops the timer for what can be seen now."""
        moving = self._moving() if self._view.isVisible() else {}
        if not moving:
            self._timer.stop()
            return
        lively = not theme().still and (any(moving.values()) or bool(self._delegate.motion.gliding))
        interval = FRAME if lively else SECOND
        if not self._timer.isActive() or self._timer.interval() != interval:
            self._last = time.monotonic()
            self._timer.start(interval)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Show, QEvent.Type.Hide}:
            self.look()
        return False

    def _moving(self) -> dict[int, bool]:
        """The visible rows that move, and whether each needs every frame."""
        model = self._view.queue
        found: dict[int, bool] = {}
        for number in self._view.visible_rows():
            row = model.row(number)
            job = model.job(row.id) if row.kind is Kind.JOB else None
            if job is None:
                continue
            if job.state in MOVING:
                found[number] = job.state is State.PROCESSING
            elif job.not_before is not None and job.state is State.WAITING:
                found[number] = False
        return found

    def _on_beat(self) -> None:
        now = time.monotonic()
        passed, self._last = now - self._last, now
        moving = self._moving()
        if not moving or not self._view.isVisible():
            self._timer.stop()
            return
        motion = self._delegate.motion
        if not theme().still:
            motion.angle = (motion.angle + 360 * passed / TURN) % 360
        motion.glide(passed / GLIDE)
        for number in moving:
            self._view.viewport().update(self._view.row_rect(number))
        self.look()
