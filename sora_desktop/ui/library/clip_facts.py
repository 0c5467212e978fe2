"""The facts of the selected clip; what only its file says comes a moment later."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from sora_desktop.core.library import Clip
from sora_desktop.ui.library.brief_facts import brief
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.viewer.fact_grid import FactGrid

LINE = 21
REST_MS = 150
"""How long a clip is selected before its file is looked into: not each that is flown over with the arrows."""
REMEMBERED = 500
"""Files whose size and rate are kept in mind."""


class ClipFacts(FactGrid):
    """A column of facts."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(LINE, parent)
        self._studio = studio
        self._clip: Clip | None = None
        self._pictures: dict[str, str] = {}
        """Size and rate by path; empty where they could not be read."""
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._on_rested)

    def show_clip(self, clip: Clip) -> None:
        """Shows another clip, or the same as it is now."""
        self._clip = clip
        picture = self._pictures.get(clip.path)
        self.show_facts([brief(clip.job, self._studio.accounts, picture or "")])
        if picture is None and clip.id not in self._studio.library.missing:
            self._rest.start()
        else:
            self._rest.stop()

    def _on_rested(self) -> None:
        if self._clip is not None:
            self._studio.tasks.spawn(self._look_into(self._clip), "describe clip")

    async def _look_into(self, clip: Clip) -> None:
        video = await self._studio.library.describe(clip.id)
        if not shiboken6.isValid(self):
            return
        if len(self._pictures) >= REMEMBERED:
            self._pictures.clear()
        self._pictures[clip.path] = f"{video.width}×{video.height} · {video.fps:g} fps" if video else ""
        if video and self._clip is not None and self._clip.id == clip.id:
            self.show_clip(self._clip)
