"""Hands frames of the shown clip to whoever wants a reference: the last one, or the one on the screen by a drag."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPixmap

from sora_desktop.ui.references.dragging import drag_out
from sora_desktop.ui.references.incoming import Frame, of_frame
from sora_desktop.ui.viewer.canvas import Canvas
from sora_desktop.ui.viewer.player import Player


class FrameHand(QObject):
    """`offered` carries a Frame that is wanted as a reference of the draft."""

    offered = Signal(object)

    def __init__(self, canvas: Canvas, player: Player) -> None:
        super().__init__(canvas)
        self._canvas, self._player = canvas, player
        canvas.dragged_out.connect(self.drag)

    def offer_last(self) -> None:
        """Offers the last frame of the clip, where there is one."""
        path = self._player.path
        if path is not None and self._player.frames:
            self.offered.emit(Frame(path=str(path), title=path.stem))

    def shown(self) -> Frame | None:
        """The frame on the screen."""
        path, player = self._player.path, self._player
        if path is None:
            return None
        title = self.tr("{0} frame {1}").format(path.stem, player.frame + 1)
        return Frame(path=str(path), seconds=player.time, title=title)

    def drag(self) -> None:
        """Drags the frame on the screen; other programs get its pixels."""
        frame = self.shown()
        if frame is not None:
            self._player.pause()
            image = self._canvas.image
            drag_out(self._canvas, of_frame(frame, image), QPixmap.fromImage(image))
