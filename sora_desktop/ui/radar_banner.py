"""What the radar found, in one quiet line at the top: the sentence, one thing to do, and a way to put it away."""

from __future__ import annotations

from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QT_TRANSLATE_NOOP, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.engine.radar import Warning
from sora_desktop.ui.bind import bind
from sora_desktop.ui.model_words import MOST_HINT, bounded
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import button, label, plain, tool
from sora_desktop.ui.widgets.hints import Picture
from sora_desktop.ui.words import sentence

MOST = 50
"""Lines that are unfolded at most."""
HIGHEST = 220


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of warning is shown: icon, tone, the untranslated word on its button; the urgent ones come first."""

    icon: str
    tone: str
    action: str


LOOKS = {
    "key": Look("key", "warning", str(QT_TRANSLATE_NOOP("RadarBanner", "Settings…"))),
    "down": Look("offline", "warning", str(QT_TRANSLATE_NOOP("RadarBanner", "Check now"))),
    "gone": Look("alert", "warning", str(QT_TRANSLATE_NOOP("RadarBanner", "Re-target…"))),
    "changed": Look("info", "accent", str(QT_TRANSLATE_NOOP("RadarBanner", "What changed"))),
    "notice": Look("info", "accent", str(QT_TRANSLATE_NOOP("RadarBanner", "Read"))),
}
URGENT = tuple(LOOKS)


class Line(QWidget):
    """One warning. `acted` and `dismissed` are the user's."""

    acted = Signal()
    dismissed = Signal()

    def __init__(self, warning: Warning, action: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.warning = warning
        look = LOOKS[warning.kind]
        text = bounded([sentence(warning.code, warning.args)], 400)
        self.text = label(text, wrap=True, parent=self)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if warning.detail:
            self.text.setToolTip(plain(bounded([warning.detail], MOST_HINT)))
        self.action = button(action, "small", parent=self)
        self.action.setAccessibleDescription(text)
        self.action.clicked.connect(self.acted)
        self.close_button = tool("x", self.tr("Put away: {0}").format(text), self.tr("Put away"), parent=self)
        self.close_button.setProperty("look", "small")
        self.close_button.clicked.connect(self.dismissed)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(8)
        self.row.addWidget(Picture(look.icon, look.tone, parent=self))
        self.row.addWidget(self.text, 1)
        self.row.addWidget(self.action)
        self.row.addWidget(self.close_button)


class RadarBanner(QFrame):
    """Follows `studio.radar`. Several warnings are one line with a count, until the user unfolds them."""

    settings_wanted = Signal(str)
    notes_wanted = Signal()
    retarget_wanted = Signal(str, str)
    """Account id and the name of the model that is gone."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._shown: tuple[Warning, ...] = ()
        self._opened = False
        self.lines: list[Line] = []
        self.setObjectName("radar-banner")
        self.more = button("", "link", parent=self)
        self.more.clicked.connect(self._on_more)
        self._first = QVBoxLayout()
        self._rest = QScrollArea(self)
        self._rest.setWidgetResizable(True)
        self._rest.setFrameShape(QFrame.Shape.NoFrame)
        self._rest.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rest.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(self._first)
        column.addWidget(self._rest)
        bind(studio.radar.changed, self._refresh, self)
        bind(theme().changed, self._fit, self)
        self._refresh()

    def _refresh(self) -> None:
        warnings = tuple(sorted(self._studio.radar.warnings, key=lambda one: (URGENT.index(one.kind), -one.at)))
        fresh = {one.key for one in warnings} - {one.key for one in self._shown}
        had_focus = _focused_in(self)
        self._shown = warnings
        self._opened = self._opened and len(warnings) > 1
        self._build()
        self.setVisible(bool(warnings))
        if had_focus and self.lines:
            self.lines[0].close_button.setFocus(Qt.FocusReason.OtherFocusReason)
        if fresh and self.isVisible():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _build(self) -> None:
        for line in self.lines:
            line.hide()
            line.deleteLater()
        self.more.setParent(self)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        shown = self._shown[:MOST] if self._opened else self._shown[:1]
        self.lines = [self._line(warning) for warning in shown]
        for line in self.lines[1:]:
            column.addWidget(line)
        self._rest.setWidget(inside)
        inside.show()
        self._rest.setVisible(self._opened)
        others = len(self._shown) - 1
        self.more.setVisible(others > 0)
        if self.lines:
            first = self.lines[0]
            self._first.addWidget(first)
            first.row.insertWidget(2, self.more)
            first.show()
            said = first.text.text()
            self.more.setText(self.tr("Show less") if self._opened else self.tr("{0} more").format(others))
            self.more.setAccessibleName(
                self.tr("Show less") if self._opened else self.tr("Show {0} more").format(others)
            )
            self.setAccessibleName(said if others <= 0 else self.tr("{0} And {1} more.").format(said, others))
        self._fit()

    def _line(self, warning: Warning) -> Line:
        line = Line(warning, self.tr(LOOKS[warning.kind].action), self)
        line.acted.connect(lambda: self._on_acted(warning))
        line.dismissed.connect(lambda: self._studio.radar.dismiss(warning.key))
        return line

    def _fit(self) -> None:
        """As high as the unfolded lines are at this width, up to a bound."""
        inside = self._rest.widget()
        layout = inside.layout() if inside is not None else None
        margins = self.contentsMargins().left() + self.contentsMargins().right() + 24
        high = layout.heightForWidth(max(1, self.width() - margins)) if layout is not None and self._opened else 0
        self._rest.setFixedHeight(max(0, min(high, scale(HIGHEST))))

    def _on_more(self) -> None:
        self._opened = not self._opened
        self._build()
        self.more.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_acted(self, warning: Warning) -> None:
        match warning.kind:
            case "key":
                self.settings_wanted.emit(warning.account)
            case "down":
                self._studio.tasks.spawn(self._check(), "radar check")
            case "gone":
                self.retarget_wanted.emit(warning.account, warning.args.get("model", ""))
            case "changed" | "notice":
                self.notes_wanted.emit()

    async def _check(self) -> None:
        for line in self.lines:
            if line.warning.kind == "down":
                line.action.setEnabled(False)
        await self._studio.radar.check_now()
        if shiboken6.isValid(self):
            for line in self.lines:
                line.action.setEnabled(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.lines:
            line = next((line for line in self.lines if _focused_in(line)), self.lines[0])
            self._studio.radar.dismiss(line.warning.key)
        else:
            super().keyPressEvent(event)


def _focused_in(widget: QWidget) -> bool:
    focused = QApplication.focusWidget()
    return focused is not None and widget.isAncestorOf(focused)
