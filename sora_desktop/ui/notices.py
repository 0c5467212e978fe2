"""One door for messages to the person. What is said before a window listens is kept until one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from sora_desktop.ui.widgets.basic import button, label, tool
from sora_desktop.ui.widgets.hints import Picture

SECONDS = 8.0
KEPT = 50


class Tone(StrEnum):
    """How a notice looks; the values are colour tokens."""

    INFO = "accent"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


ICONS = {Tone.INFO: "info", Tone.SUCCESS: "checkc", Tone.WARNING: "alert", Tone.DANGER: "fail"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One message. `seconds` is how long it stays, 0 until it is closed; `action` the word on its one button."""

    text: str
    tone: Tone = Tone.INFO
    action: str = ""
    on_action: Callable[[], object] | None = None
    seconds: float = SECONDS


class Notices(QObject):
    """Where everybody says what a person should read."""

    arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[Notice] = []

    def tell(
        self,
        text: str,
        tone: Tone = Tone.INFO,
        *,
        action: str = "",
        on_action: Callable[[], object] | None = None,
        seconds: float | None = None,
    ) -> None:
        """Says `text`. Failures stay until they are closed, unless `seconds` is given."""
        if seconds is None:
            seconds = 0.0 if tone is Tone.DANGER else SECONDS
        self._waiting.append(Notice(text, tone, action, on_action, seconds))
        del self._waiting[:-KEPT]
        self.arrived.emit()

    def take(self) -> Notice | None:
        """The oldest message that nobody has shown, or None."""
        return self._waiting.pop(0) if self._waiting else None

    def __len__(self) -> int:
        return len(self._waiting)


class NoticeBar(QFrame):
    """Shows one notice at a time at the foot of the window; the next comes when it is over or replaced by time."""

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notices = notices
        self._notice: Notice | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)
        self.setObjectName("notice-bar")
        self.setProperty("surface", "raised")

        self._icon = Picture("info", "accent")
        self._text = label(wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = button("", "small")
        self._action.clicked.connect(self._on_action)
        self._more = label(face="secondary", ink="faint")
        close = tool("x", self.tr("Close message"), self.tr("Close"))
        close.setProperty("look", "small")
        close.clicked.connect(self._next)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 6)
        layout.setSpacing(8)
        layout.addWidget(self._icon)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._more)
        layout.addWidget(self._action)
        layout.addWidget(close)
        self.hide()
        notices.arrived.connect(self._on_arrived)
        self._on_arrived()

    @property
    def notice(self) -> Notice | None:
        """What is on the screen."""
        return self._notice

    def _on_arrived(self) -> None:
        if self._notice is None or self._notice.seconds > 0:
            self._next()
        else:
            self._count()

    def _next(self) -> None:
        self._timer.stop()
        self._notice = notice = self._notices.take()
        if notice is None:
            self.hide()
            return
        self._text.setText(notice.text)
        self._text.setAccessibleName(notice.text)
        self._action.setText(notice.action)
        self._action.setVisible(bool(notice.action))
        self._icon.show_icon(ICONS[notice.tone], notice.tone.value)
        self._count()
        if notice.seconds:
            self._timer.start(round(notice.seconds * 1000))
        self.show()

    def _count(self) -> None:
        waiting = len(self._notices)
        self._more.setVisible(waiting > 0)
        self._more.setText(self.tr("{0} more").format(waiting))

    def _on_action(self) -> None:
        act = self._notice.on_action if self._notice else None
        self._next()
        if act is not None:
            act()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._next()
        else:
            super().keyPressEvent(event)
