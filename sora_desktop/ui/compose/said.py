"""What stands above the cost: why Generate is off, else what was said last, with one link each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from sora_desktop.ui.compose.footer import Footer
from sora_desktop.ui.compose.readiness import Readiness


@dataclass(frozen=True, slots=True)
class _Notice:
    text: str
    tone: str
    link: str
    call: Callable[[], object]


class Said(QObject):
    """Speaks through the footer. `way_wanted`: the link beside a reason was pressed."""

    way_wanted = Signal()

    def __init__(self, footer: Footer, readiness: Readiness) -> None:
        super().__init__(footer)
        self._footer, self._readiness = footer, readiness
        self._notice: _Notice | None = None
        footer.link_clicked.connect(self._on_link)

    def say(self, text: str, tone: str, link: str = "", call: Callable[[], object] = lambda: None) -> None:
        """Says something until the draft changes; `call` is what the link does."""
        self._notice = _Notice(text, tone, link, call)
        self.refresh()

    def forget(self) -> None:
        """What was said last is over; `refresh` shows it."""
        self._notice = None

    def refresh(self) -> None:
        """Shows the reason why nothing can be sent, else the last notice."""
        reason, notice = self._readiness.reason(), self._notice
        self._footer.set_ready(not reason.text, reason.text)
        if reason.text:
            self._footer.say(reason.text, "warning", reason.link)
        elif notice is not None:
            self._footer.say(notice.text, notice.tone, notice.link)
        else:
            self._footer.say("")

    def _on_link(self) -> None:
        notice = self._notice
        if self._readiness.reason().text:
            self.way_wanted.emit()
        elif notice is not None:
            self.forget()
            self.refresh()
            notice.call()
