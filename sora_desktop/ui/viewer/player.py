"""One player for the viewer's life. Times are in seconds, frames are counted from 0."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import SIGNAL, SLOT, QObject, QTimer, QUrl, Signal

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaPlayer, QVideoFrame

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
SEEK_PATIENCE = 250
"""Milliseconds after which a seek whose frame did not come no longer holds up the next."""


class Load(Enum):
    """What became of the file."""

    NONE = "none"
    LOADING = "loading"
    READY = "ready"
    BROKEN = "broken"


class Player(QObject):
    """A QMediaPlayer whose frames go to whoever listens. Where QtMultimedia is missing, `problem` says why.

    `frame_came` brings each valid QVideoFrame; `stepped` says that `time` and `frame` are new; `load_changed` that
    `load` is.
    """

    frame_came = Signal(object)
    stepped = Signal()
    load_changed = Signal()
    playing_changed = Signal(bool)
    rate_changed = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.problem = ""
        self.load = Load.NONE
        self.path: Path | None = None
        self.time = 0.0
        self.loop = True
        self._player: QMediaPlayer | None = None
        self._wanted: float | None = None
        self._seeking = False
        self._resume = False
        self._play_on_first = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SEEK_PATIENCE)
        self._patience.timeout.connect(self._on_patience_over)
        self._volume = (1.0, False)

    def prepare(self) -> None:
        """Makes Qt's player, once: with the first file, or earlier when there is time. It costs about 100 ms."""
        if self._player is None and not self.problem:
            try:
                self._make()
            except ImportError as error:
                # A missing system library must not keep the window shut.
                self.problem = str(error)

    def _make(self) -> None:
        from PySide6 import QtMultimedia

        player = QtMultimedia.QMediaPlayer(self)
        if not player.isAvailable():
            self.problem = self.tr("Qt found no video plug-in.")
            return
        self._media: Any = QtMultimedia
        self._sink = QtMultimedia.QVideoSink(self)
        self._sound = QtMultimedia.QAudioOutput(self)
        self._warm_up((player, "durationChanged(qint64)"), (self._sound, "volumeChanged(float)"))
        self._warm_up((self._sink, "videoSizeChanged()"))
        player.setVideoOutput(self._sink)
        player.setAudioOutput(self._sound)
        self._sink.videoFrameChanged.connect(self._on_frame)
        player.mediaStatusChanged.connect(self._on_status)
        player.playbackStateChanged.connect(self._on_state)
        player.errorOccurred.connect(self._on_error)
        self._player = player
        self.set_volume(*self._volume)

    def _warm_up(self, *objects: tuple[QObject, str]) -> None:
        """Connects and disconnects a signal of each object once, here, before any thread of Qt's knows them.

        Qt's audio thread calls `disconnectNotify` of our objects while it holds a lock of Qt's. At the first such call
        of an object PySide asks Python whether it is overridden, and waits for Python's lock, which the window's
        thread holds while it waits for Qt's: both stand still for ever. The answer of the first call is kept.
        """
        for thing, signal in objects:
            QObject.connect(thing, SIGNAL(signal), self._patience, SLOT("stop()"))
            QObject.disconnect(thing, SIGNAL(signal), self._patience, SLOT("stop()"))

    # The file.

    def open(self, path: Path, *, play: bool = False) -> None:
        """Loads a file and shows its first frame; then it waits, or plays."""
        self.close()
        self.path = path
        self._play_on_first = play
        self.prepare()
        if self._player is None:
            return
        self._set_load(Load.LOADING)
        self._player.setSource(QUrl.fromLocalFile(str(path)))
        self._player.pause()

    def close(self) -> None:
        """Lets go of the file, so that it can be renamed or removed."""
        self.path = None
        self.time = 0.0
        self._seeking, self._wanted, self._resume, self._play_on_first = False, None, False, False
        self._patience.stop()
        if self._player is not None and not self._player.source().isEmpty():
            self._player.stop()
            self._player.setSource(QUrl())
        self._set_load(Load.NONE)

    @property
    def length(self) -> float:
        """Seconds; 0 while unknown."""
        return self._player.duration() / 1000 if self._player is not None else 0.0

    @property
    def fps(self) -> float:
        """Frames in a second, as the file says; 30 where it says nothing."""
        if self._player is None:
            return 30.0
        rate = self._player.metaData().value(self._media.QMediaMetaData.Key.VideoFrameRate)
        return float(rate) if rate else 30.0

    @property
    def frames(self) -> int:
        return max(1, round(self.length * self.fps)) if self.length else 0

    @property
    def frame(self) -> int:
        """The frame on the screen, counted from 0."""
        return min(round(self.time * self.fps), max(0, self.frames - 1))

    @property
    def at_end(self) -> bool:
        return self.frames > 0 and self.frame >= self.frames - 1

    # Playing.

    @property
    def playing(self) -> bool:
        if self._player is None:
            return False
        return self._player.playbackState() == self._media.QMediaPlayer.PlaybackState.PlayingState

    def play(self) -> None:
        """Plays on; from the beginning where the clip was at its end."""
        if self._player is None or self.load in {Load.NONE, Load.BROKEN}:
            return
        if self.load is Load.LOADING:
            self._play_on_first = True
            return
        if self.at_end:
            self._player.setPosition(0)
        self._player.play()

    def pause(self) -> None:
        self._play_on_first = False
        if self._player is not None and self.playing:
            self._player.pause()

    def toggle(self) -> None:
        """Plays or pauses."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def set_loop(self, loop: bool) -> None:
        """Whether the clip begins again at its end."""
        self.loop = loop
        if self._player is None:
            return
        loops = self._media.QMediaPlayer.Loops
        self._player.setLoops(loops.Infinite.value if loop else loops.Once.value)
        if self.load is Load.READY:
            # Qt reads the number of loops when it begins to read the file, which it does anew after a seek.
            self._player.setPosition(self._player.position())

    @property
    def rate(self) -> float:
        return self._player.playbackRate() if self._player is not None else 1.0

    def set_rate(self, rate: float) -> None:
        """How fast it plays; 1 is as filmed."""
        if self._player is not None and rate != self.rate:
            self._player.setPlaybackRate(rate)
            self.rate_changed.emit(rate)

    def change_rate(self, steps: int) -> None:
        """The next faster or slower of `SPEEDS`."""
        at = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self.rate))
        self.set_rate(SPEEDS[max(0, min(len(SPEEDS) - 1, at + steps))])

    def set_volume(self, volume: float, muted: bool) -> None:
        """`volume` from 0 to 1 as a person hears it, not as the amplifier counts."""
        self._volume = (volume, muted)
        if self._player is None:
            return
        audio = self._media.QAudio
        scales = audio.VolumeScale
        linear = audio.convertVolume(volume, scales.LogarithmicVolumeScale, scales.LinearVolumeScale)
        self._sound.setVolume(linear)
        self._sound.setMuted(muted)

    # Seeking.

    def seek(self, seconds: float) -> None:
        """Shows the frame at `seconds`. While one seek is under way only the last wish is kept."""
        if self._player is None or self.load in {Load.NONE, Load.BROKEN} or not self.frames:
            return
        self.show_frame(int(max(0.0, seconds) * self.fps + 1e-6))

    def show_frame(self, number: int) -> None:
        """Shows a frame by its number."""
        number = max(0, min(self.frames - 1, number))
        self.time = number / self.fps
        self.stepped.emit()
        self._wanted = (number + 0.5) / self.fps
        if not self._seeking:
            self._seek_now()

    def step(self, frames: int) -> None:
        """Pauses and goes some frames on, or back."""
        self.pause()
        self.show_frame(self.frame + frames)

    def jump(self, seconds: float) -> None:
        """Goes some seconds on, or back, without pausing."""
        self.seek(self.time + seconds)

    def to_start(self) -> None:
        self.show_frame(0)

    def to_end(self) -> None:
        """Pauses on the last frame."""
        self.pause()
        self.show_frame(self.frames - 1)

    def hold(self, held: bool) -> None:
        """Stops the picture while a hand is on the slider, and lets it go on after."""
        if held:
            self._resume = self.playing
            self.pause()
        elif self._resume:
            self._resume = False
            self.play()

    def _seek_now(self) -> None:
        assert self._player is not None and self._wanted is not None
        wanted, self._wanted = self._wanted, None
        self._seeking = True
        self._patience.start()
        # The middle of the frame: Qt counts in milliseconds, and its edges do not fall on them.
        self._player.setPosition(round(wanted * 1000))

    def _on_patience_over(self) -> None:
        self._seeking = False
        if self._wanted is not None:
            self._seek_now()

    # What the player says.

    def _on_frame(self, frame: QVideoFrame) -> None:
        # An empty frame comes at the end and when the file is closed: the last picture stays.
        if not frame.isValid() or self.path is None:
            return
        if self.load is Load.LOADING:
            self._set_load(Load.READY)
        if self._wanted is not None:
            self._seek_now()
        elif self._seeking:
            self._seeking = False
            self._patience.stop()
        if self._wanted is None:
            self.time = max(0, frame.startTime()) / 1_000_000
        self.frame_came.emit(frame)
        self.stepped.emit()
        if self._play_on_first:
            # Not earlier: Qt forgets a play that comes between the loading and the first frame.
            self._play_on_first = False
            self.play()

    def _on_status(self, status: Any) -> None:
        kinds = self._media.QMediaPlayer.MediaStatus
        if self.path is None:
            return
        if status == kinds.InvalidMedia:
            self._set_load(Load.BROKEN)
        elif status == kinds.LoadedMedia:
            self.stepped.emit()
        elif status == kinds.EndOfMedia:
            self._at_last_frame()

    def _at_last_frame(self) -> None:
        """At its end Qt stops, and a stopped player shows no frame that is asked for."""
        assert self._player is not None
        if self.loop:
            self._player.setPosition(0)
            self._player.play()
            return
        self._player.pause()
        self.show_frame(self.frames - 1)

    def _on_state(self, _state: Any) -> None:
        self.playing_changed.emit(self.playing)

    def _on_error(self, error: Any, _text: str) -> None:
        errors = self._media.QMediaPlayer.Error
        if self.path is not None and error in {errors.FormatError, errors.ResourceError, errors.AccessDeniedError}:
            self._set_load(Load.BROKEN)

    def _set_load(self, load: Load) -> None:
        if load is not self.load:
            self.load = load
            self.load_changed.emit()
