"""The player's controls: time line, time, buttons, speed, volume."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from sora_desktop.storage.settings import SettingsStore
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.viewer.dropdown import Dropdown
from sora_desktop.ui.viewer.player import SPEEDS, Player
from sora_desktop.ui.viewer.scrub import Scrub
from sora_desktop.ui.widgets.basic import label, mark, tool

PATIENCE = 500
"""Milliseconds after the last turn of the volume until it is kept."""

FRAMES_FROM, VOLUME_FROM = 680, 480
"""Widths in px at 100 % from which the frame number and the volume slider have room."""


def clock(seconds: float) -> str:
    """A time of a clip: 0:04.10, minutes, seconds and hundredths."""
    hundredths = int(max(0.0, seconds) * 100 + 1e-6)
    return f"{hundredths // 6000}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"


class Transport(QWidget):
    """Follows a player and steers it. Volume, mute and loop are read from the settings; `kept` brings what to keep."""

    kept = Signal(dict)
    fullscreen_wanted = Signal()

    def __init__(self, player: Player, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self.volume = settings.current.volume
        self.muted = settings.current.muted
        self._keep_later = QTimer(self)
        self._keep_later.setSingleShot(True)
        self._keep_later.setInterval(PATIENCE)
        self._keep_later.timeout.connect(self._keep_volume)
        mark(self, surface="panel")
        self._build()
        self._connect()
        player.set_volume(self.volume, self.muted)
        player.set_loop(settings.current.loop)
        self._show_loop()
        self._show_volume()
        self._show_rate(player.rate)
        self.refresh()

    def _build(self) -> None:
        self.scrub = Scrub()
        self._time = label("0:00.00", "time")
        self._length = label("", "secondary", "muted")
        self._frame = label("", "secondary", "muted")
        self.buttons = {
            "tostart": tool("tostart", self.tr("To the start"), self.tr("To the start (Home)")),
            "prev": tool("prev", self.tr("One frame back"), self.tr("One frame back (←)")),
            "play": tool("play", self.tr("Play"), self.tr("Play or pause (Space)")),
            "next": tool("next", self.tr("One frame on"), self.tr("One frame on (→)")),
            "toend": tool("toend", self.tr("To the end"), self.tr("To the end (End)")),
            "loop": tool("loop", self.tr("Loop"), self.tr("Play again at the end (R)")),
        }
        self.buttons["loop"].setCheckable(True)
        self.buttons["loop"].setIcon(icon("loop", "muted", "accent"))
        self.buttons["play"].setIcon(icon("playf", "text"))
        mark(self.buttons["play"], look="raised")
        self.speed = Dropdown(self.tr("Speed"), self.tr("Speed (J slower, L faster)"))
        self.speed.set_choices([(rate, f"{rate:g}×") for rate in SPEEDS])
        self.mute = tool("volume", self.tr("Mute"), self.tr("Mute (M)"))
        self.mute.setCheckable(True)
        self.loudness = _Volume(self)
        self.full = tool("full", self.tr("Full screen"), self.tr("Full screen (double click the picture)"))

        for button in (*self.buttons.values(), self.mute, self.full):
            # Reached by Tab; a click gives the focus to the viewer, so that its keys follow.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        left, right = QHBoxLayout(), QHBoxLayout()
        for part in (self._time, self._length, self._frame):
            left.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        left.insertSpacing(1, scale(6))
        left.insertSpacing(3, scale(10))
        left.setSpacing(0)
        left.addStretch(1)
        right.setSpacing(scale(4))
        right.addStretch(1)
        for part in (self.speed, self.mute, self.loudness, self.full):
            right.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(scale(4))
        row.addLayout(left, 1)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addLayout(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 12, 6)
        column.setSpacing(0)
        column.addWidget(self.scrub)
        column.addLayout(row)
        bind(theme().changed, self._fit, self)
        self._fit()

    def _connect(self) -> None:
        player = self._player
        calls = {
            "tostart": player.to_start,
            "prev": lambda: player.step(-1),
            "play": player.toggle,
            "next": lambda: player.step(1),
            "toend": player.to_end,
            "loop": self.toggle_loop,
        }
        for name, call in calls.items():
            self.buttons[name].clicked.connect(lambda _checked=False, call=call: call())
        self.scrub.grabbed.connect(player.hold)
        self.scrub.wanted.connect(player.show_frame)
        self.speed.chosen.connect(player.set_rate)
        self.mute.clicked.connect(self.toggle_mute)
        self.loudness.valueChanged.connect(self._on_loudness_changed)
        self.full.clicked.connect(self.fullscreen_wanted)
        player.stepped.connect(self.refresh)
        player.load_changed.connect(self.refresh)
        player.playing_changed.connect(self._on_playing_changed)
        player.rate_changed.connect(self._show_rate)

    # What is shown.

    def refresh(self) -> None:
        """Time, frame and slider as the player has them."""
        player = self._player
        frames = player.frames
        self._time.setText(clock(player.time))
        self._length.setText(f"/ {clock(player.length)}")
        self._frame.setText(self.tr("Frame {0} of {1}").format(player.frame + 1, frames) if frames else "")
        ready = frames > 0
        if ready is not self.scrub.isEnabled():
            for part in (self.scrub, *self.buttons.values()):
                part.setEnabled(ready)
        self.scrub.setMaximum(max(0, frames - 1))
        if not self.scrub.isSliderDown():
            self.scrub.setValue(player.frame)
        self.scrub.setPageStep(max(1, round(player.fps)))

    def _on_playing_changed(self, playing: bool) -> None:
        button = self.buttons["play"]
        button.setIcon(icon("pause" if playing else "playf", "text"))
        button.setAccessibleName(self.tr("Pause") if playing else self.tr("Play"))

    def _show_rate(self, rate: float) -> None:
        self.speed.set_value(rate)

    def _show_loop(self) -> None:
        self.buttons["loop"].setChecked(self._player.loop)

    def _show_volume(self) -> None:
        self.mute.setChecked(self.muted)
        self.mute.setIcon(icon("mute" if self.muted or not self.volume else "volume"))
        self.loudness.blockSignals(True)
        self.loudness.setValue(0 if self.muted else round(self.volume * 100))
        self.loudness.blockSignals(False)

    # What the person does.

    def toggle_loop(self) -> None:
        """Whether the clip begins again at its end; kept."""
        self._player.set_loop(not self._player.loop)
        self._show_loop()
        self.kept.emit({"loop": self._player.loop})

    def toggle_mute(self) -> None:
        """Sound off or on; kept."""
        self.muted = not self.muted
        if not self.muted and not self.volume:
            self.volume = 0.5
        self._volume_changed()

    def _on_loudness_changed(self, value: int) -> None:
        self.volume = value / 100
        self.muted = False
        self._volume_changed()

    def _volume_changed(self) -> None:
        self._player.set_volume(self.volume, self.muted)
        self._show_volume()
        self._keep_later.start()

    def _keep_volume(self) -> None:
        self.kept.emit({"volume": self.volume, "muted": self.muted})

    def hideEvent(self, event: object) -> None:
        if self._keep_later.isActive():
            self._keep_later.stop()
            self._keep_volume()

    # Room.

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._frame.setVisible(self.width() >= scale(FRAMES_FROM))
        self.loudness.setVisible(self.width() >= scale(VOLUME_FROM))
        self.loudness.setFixedWidth(scale(68))
        self.buttons["play"].setFixedSize(QSize(scale(40), scale(32)))
        self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance("0:00.00"))


class _Volume(QSlider):
    """Goes to where it is clicked; the wheel turns it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, 100)
        self.setPageStep(10)
        self.setSingleStep(5)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Volume"))
        self.setToolTip(self.tr("Volume"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.setValue(self.value() + (5 if event.angleDelta().y() > 0 else -5))
        event.accept()
