"""The queue in 64 px: small pictures with their states, for windows too narrow for the panel."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from sora_desktop.ui import words
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon, paint_icon
from sora_desktop.ui.queue.arrangement import ACTIVE_NOW, ATTENTION, WAITING, Kind, Show
from sora_desktop.ui.queue.lines import Line
from sora_desktop.ui.queue.model import QueueModel, tooltip
from sora_desktop.ui.queue.panel import QueuePanel
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import keep_height, label, mark, tool
from sora_desktop.ui.widgets.hints import paint_thumb

WIDTH = 64
PICTURE = (48, 27)
STEP = 52
BREAK = 14
BADGE = 18
SHOWN = (ATTENTION, ACTIVE_NOW, WAITING)


@dataclass(frozen=True, slots=True)
class Spot:
    """One picture of the rail: the job or batch it stands for, where it is, and whether a line is drawn above it."""

    id: str
    row: int
    rect: QRect
    first: bool


class QueueRail(QWidget):
    """Shown by the window instead of the panel. Every click leads to the panel, which the window lays over."""

    expanded = Signal()

    def __init__(self, panel: QueuePanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        mark(self, surface="panel")
        open_panel = tool("left", self.tr("Show the queue"))
        open_panel.clicked.connect(self.expanded)
        self._count = label("", "section")
        self._word = label("", "secondary", "muted")
        self.spots = _Spots(panel.model, panel.thumbnails, self)
        self._pause = tool("pause", self.tr("Pause all"))
        self._pause.clicked.connect(panel.toggle_paused)
        head = QWidget()
        keep_height(head, 40)
        head_row = QVBoxLayout(head)
        head_row.setContentsMargins(0, 0, 0, 0)
        middle = Qt.AlignmentFlag.AlignHCenter
        head_row.addWidget(open_panel, 0, Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(self._count, 0, middle)
        column.addWidget(self._word, 0, middle)
        column.addSpacing(scale(8))
        column.addWidget(self.spots, 1)
        column.addWidget(self._pause, 0, middle)
        self.spots.clicked.connect(self._on_clicked)
        bind(panel.model.totals_changed, self._on_totals_changed, self)
        bind(panel.paused_changed, self._on_paused_changed, self)
        self._on_totals_changed()
        self._on_paused_changed(panel.paused)

    def _on_totals_changed(self) -> None:
        totals = self._panel.model.arrangement.totals()
        waiting = totals[Show.ACTIVE]
        self._count.setText(words.number(waiting, 0))
        self._word.setText(self.tr("queued"))

    def _on_paused_changed(self, paused: bool) -> None:
        words_now = self.tr("Resume all") if paused else self.tr("Pause all")
        self._pause.setIcon(icon("play" if paused else "pause"))
        self._pause.setToolTip(words_now)
        self._pause.setAccessibleName(words_now)

    def _on_clicked(self, job_id: str) -> None:
        self.expanded.emit()
        if job_id:
            self._panel.show_job(job_id)


class _Spots(QWidget):
    """The pictures, as many as there is room for, and how many are left out."""

    clicked = Signal(str)

    def __init__(self, model: QueueModel, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnails = thumbnails
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Jobs that wait, run or need you"))
        for signal in (model.dataChanged, model.layoutChanged, model.modelReset, thumbnails.arrived):
            bind(signal, self._on_changed, self)

    def _on_changed(self) -> None:
        running = self.isVisible() and self._model.arrangement.count(ACTIVE_NOW) > 0
        if running != self._clock.isActive():
            self._clock.start() if running else self._clock.stop()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        self._on_changed()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()

    def spots(self) -> tuple[list[Spot], int]:
        """The pictures that fit, and how many jobs have none."""
        found: list[Spot] = []
        width, height = (scale(side) for side in PICTURE)
        y, section = scale(8), ""
        left = (self.width() - width) // 2
        rest = 0
        for number, row in enumerate(self._model.rows):
            if row.section not in SHOWN:
                break
            if row.kind is Kind.SECTION:
                continue
            first = bool(section) and row.section != section
            top = y + (scale(BREAK) if first else 0)
            if rest or top + scale(STEP) > self.height() - scale(24):
                rest += len(self._model.jobs_of(row))
                continue
            found.append(Spot(row.id, number, QRect(left, top, width, height), first))
            y, section = top + scale(STEP), row.section
        return found, rest

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        spots, rest = self.spots()
        for spot in spots:
            if spot.first:
                painter.setPen(theme().colour("border"))
                y = spot.rect.top() - scale(BREAK)
                painter.drawLine(spot.rect.left() + scale(8), y, spot.rect.right() - scale(8), y)
            self._paint_spot(painter, spot, self._model.line(spot.row))
        if rest:
            bottom = spots[-1].rect.top() + scale(STEP) if spots else 0
            painter.setFont(theme().font("secondary"))
            painter.setPen(theme().colour("muted"))
            middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(QRect(0, bottom, self.width(), scale(20)), int(middle), f"+{words.number(rest, 0)}")

    def _paint_spot(self, painter: QPainter, spot: Spot, line: Line) -> None:
        picture = None if line.stacked else self._thumbnails.get(spot.id)
        paint_thumb(painter, spot.rect, picture or QPixmap(), "layers" if line.stacked else "film")
        side, mark_side = scale(BADGE), scale(SIZES.icon_small)
        badge = QRectF(spot.rect.right() - side + scale(5), spot.rect.bottom() - side + scale(7), side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("panel"))
        painter.drawEllipse(badge)
        inner = QRectF(0, 0, mark_side, mark_side)
        inner.moveCenter(badge.center())
        paint_icon(painter, inner, line.look.icon, line.look.tone)
        if line.bar is not None:
            track = QRectF(spot.rect.left(), spot.rect.bottom() + scale(4), spot.rect.width(), scale(SIZES.progress))
            painter.setBrush(theme().colour("groove"))
            painter.drawRoundedRect(track, 1.5, 1.5)
            painter.setBrush(theme().colour("accent"))
            filled = QRectF(track.left(), track.top(), track.width() * min(1.0, line.bar), track.height())
            painter.drawRoundedRect(filled, 1.5, 1.5)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        spot = self._at(event.position().toPoint().y())
        jobs = self._model.jobs_of(self._model.row(spot.row)) if spot else []
        self.clicked.emit(jobs[0].id if jobs else "")

    def _at(self, y: int) -> Spot | None:
        return next((spot for spot in self.spots()[0] if spot.rect.top() <= y < spot.rect.top() + scale(STEP)), None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            spot = self._at(event.pos().y())
            jobs = self._model.jobs_of(self._model.row(spot.row)) if spot else []
            QToolTip.showText(event.globalPos(), tooltip(jobs[0].request.prompt) if jobs else "", self)
            return True
        return super().event(event)
