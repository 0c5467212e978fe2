"""Saves the frame on the screen as a picture, off the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.library import disk_problems, free_path
from sora_desktop.ui import words
from sora_desktop.ui.studio import Studio

KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}


class FrameSaver(QObject):
    """`said` tells the person where the picture is, or why there is none."""

    said = Signal(str)
    saved = Signal(str)

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window

    def beside(self, video: Path, seconds: float, number: int) -> None:
        """As a PNG beside the video, under a name that is free."""
        name = self.tr("{0} frame {1}").format(video.stem, number)
        self._save(video, seconds, lambda: free_path(video.parent, name, ".png"))

    def ask(self, video: Path, seconds: float, number: int) -> QFileDialog:
        """As PNG or JPEG where the person says."""
        dialog = QFileDialog(self._window.window(), self.tr("Save frame"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("PNG picture (*.png)"), self.tr("JPEG picture (*.jpg *.jpeg)")])
        dialog.setDefaultSuffix("png")
        dialog.setDirectory(str(video.parent))
        dialog.selectFile(self.tr("{0} frame {1}").format(video.stem, number))
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("png" if "png" in chosen else "jpg"))
        dialog.fileSelected.connect(lambda target: self._save(video, seconds, lambda: Path(target)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _save(self, video: Path, seconds: float, target: Callable[[], Path]) -> None:
        self._studio.tasks.spawn(self._saved(video, seconds, target), "save frame")

    async def _saved(self, video: Path, seconds: float, target: Callable[[], Path]) -> None:
        from sora_desktop.media.probe import BadVideo

        try:
            path = await in_thread(partial(write_frame, video, seconds, target))
        except BadVideo as problem:
            self.said.emit(self.tr("The frame could not be read: {0}").format(problem))
        except EnvironmentProblem as problem:
            self.said.emit(words.sentence(problem))
        except OSError as error:
            self.said.emit(self.tr("The frame could not be saved: {0}").format(error.strerror or error))
        else:
            self.said.emit(self.tr("Saved {0}").format(path.name))
            self.saved.emit(str(path))


def write_frame(video: Path, seconds: float, target: Callable[[], Path]) -> Path:
    """Writes the frame that is on the screen at `seconds`. Raises BadVideo, EnvironmentProblem or OSError."""
    from sora_desktop.media import stills

    picture = stills.frame_at(video, seconds)
    path = target()
    kind = KINDS.get(path.suffix.lower(), "PNG")
    part = path.with_name(f".{path.name}.part")  # The program may end meanwhile.
    with disk_problems(path.parent):
        try:
            picture.save(part, kind, **({"quality": 95} if kind == "JPEG" else {}))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path
