"""The screens of the viewer where there is no picture: an icon, words, the service's own text, buttons."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.job_orders import Order
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.viewer.states import Screen
from sora_desktop.ui.widgets.basic import button, label, mark, tool

WIDEST = 460
TURN_MS = 1600
FRAME_MS = 1000 // 15


class Emblem(QWidget):
    """A large icon that turns while something goes on and somebody can see it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._tone, self._turns = "film", "faint", False
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.update)
        bind(theme().changed, self._run, self)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str, tone: str, turns: bool) -> None:
        self._icon, self._tone, self._turns = icon, tone, turns
        self._run()
        self.update()

    def _run(self) -> None:
        wanted = self._turns and self.isVisible() and not theme().still
        if wanted and not self._timer.isActive():
            self._clock.start()
            self._timer.start()
        elif not wanted:
            self._timer.stop()

    def sizeHint(self) -> QSize:
        return QSize(scale(SIZES.icon_large), scale(SIZES.icon_large))

    def showEvent(self, event: QShowEvent) -> None:
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        angle = (self._clock.elapsed() % TURN_MS) * 360 / TURN_MS if self._timer.isActive() else 0.0
        paint_icon(QPainter(self), QRectF(self.rect()), self._icon, self._tone, angle=angle)


class Said(QFrame):
    """The service's own text, plain and selectable, with the request's id to copy."""

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark(self, look="outline")
        self._head = label(self.tr("What the service said"), "secondary", "muted")
        self._text = label("", "", "", wrap=True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._id = label("", "secondary", "muted")
        self._id.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._copy = tool("copy", self.tr("Copy request ID"))
        mark(self._copy, look="small")
        self._copy.clicked.connect(self._on_copy)
        self._request_id = ""
        id_row = QHBoxLayout()
        id_row.addWidget(self._id)
        id_row.addWidget(self._copy)
        id_row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        column.addWidget(self._head)
        column.addWidget(self._text)
        column.addLayout(id_row)

    def say(self, text: str, request_id: str) -> None:
        """Hides when there is neither."""
        self._request_id = request_id
        self._text.setText(text[:2000])
        self._head.setVisible(bool(text))
        self._text.setVisible(bool(text))
        self._id.setText(self.tr("Request ID {0}").format(request_id))
        self._id.setVisible(bool(request_id))
        self._copy.setVisible(bool(request_id))
        self.setVisible(bool(text or request_id))

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._request_id)
        self.copied.emit(self.tr("Request ID copied."))


class ScreenPage(QScrollArea):
    """Shows one `Screen` in the middle; `wanted` brings the order of a button."""

    wanted = Signal(object)
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        mark(self, surface="panel")
        self._screen: Screen | None = None
        self.emblem = Emblem()
        self.title = label("", "title", "")
        self.sentence = label("", "", "muted", wrap=True)
        for words in (self.title, self.sentence):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.said = Said()
        self.said.copied.connect(self.copied)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        page = QWidget()
        inner = QWidget()
        inner.setMaximumWidth(scale(WIDEST))
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        middle = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(self.emblem, 0, middle)
        column.addSpacing(scale(14))
        column.addWidget(self.title)
        column.addSpacing(scale(6))
        column.addWidget(self.sentence)
        column.addSpacing(scale(14))
        column.addWidget(self.bar)
        column.addWidget(self.said)
        column.addSpacing(scale(14))
        column.addLayout(self._buttons)
        around = QHBoxLayout()
        around.setContentsMargins(24, 0, 24, 0)
        around.addStretch(1)
        around.addWidget(inner, 100)
        around.addStretch(1)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 24, 0, 24)
        whole.addStretch(1)
        whole.addLayout(around)
        whole.addStretch(1)
        self.setWidget(page)
        self._inner = inner
        theme().changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self._inner.setMaximumWidth(scale(WIDEST))

    def show_screen(self, screen: Screen) -> None:
        """Other words; buttons are made anew only where they differ, so that none is taken from under the mouse."""
        before, self._screen = self._screen, screen
        self.emblem.set_icon(screen.icon, screen.tone, screen.turns)
        self._say(self.title, screen.title)
        self._say(self.sentence, screen.sentence)
        self.bar.setVisible(screen.bar is not None)
        self.bar.setValue(round((screen.bar or 0.0) * 1000))
        self.said.say(screen.detail, screen.request_id)
        if before is None or before.orders != screen.orders:
            self._make_buttons(screen.orders)

    @staticmethod
    def _say(place: QLabel, text: str) -> None:
        if place.text() != text:
            place.setText(text)
        place.setVisible(bool(text))

    def _make_buttons(self, orders: tuple[tuple[Order, str], ...]) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._buttons.addStretch(1)
        for order, text in orders:
            made = button(text)
            made.clicked.connect(lambda _checked=False, order=order: self.wanted.emit(order))
            self._buttons.addWidget(made)
        self._buttons.addStretch(1)
