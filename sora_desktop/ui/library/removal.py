"""Taking clips out of the library: asked once, with or without their files, and taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from sora_desktop.core.library import Clip
from sora_desktop.providers.threads import in_thread
from sora_desktop.ui.job_orders import JobOrders
from sora_desktop.ui.library.trash import from_trash, to_trash
from sora_desktop.ui.queue.lines import one_line
from sora_desktop.ui.studio import Studio

MOST_TITLE = 60
"""Letters of a title in a question."""


class Removal(QObject):
    """`said` brings what went wrong; `undo_offered` a sentence and what takes the removal back."""

    said = Signal(str)
    undo_offered = Signal(str, object)
    files_leaving = Signal(list)
    """The ids of clips whose files are about to be moved: whoever plays one lets go of it."""

    def __init__(self, studio: Studio, orders: JobOrders, window: QWidget) -> None:
        super().__init__(window)
        self._studio, self._orders, self._window = studio, orders, window

    def ask(self, clips: Sequence[Clip]) -> QMessageBox | None:
        """Asks what becomes of the files, and does it. Nothing where `clips` is empty."""
        if not clips:
            return None
        there = [clip for clip in clips if clip.id not in self._studio.library.missing]
        if len(clips) == 1:
            question = self.tr("Remove “{0}”?").format(one_line(clips[0].title, MOST_TITLE))
        else:
            question = self.tr("Remove {0} clips?").format(len(clips))
        box = QMessageBox(QMessageBox.Icon.NoIcon, self.tr("Sora Desktop"), question, parent=self._window.window())
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(self._consequences(clips, there))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove = box.addButton(self.tr("Remove from the library"), QMessageBox.ButtonRole.AcceptRole)
        remove.clicked.connect(lambda: self._orders.spawn(self.remove(clips)))
        if there:
            words = self.tr("Move the file to the trash") if len(there) == 1 else self.tr("Move the files to the trash")
            trash = box.addButton(words, QMessageBox.ButtonRole.DestructiveRole)
            trash.clicked.connect(lambda: self._orders.spawn(self.trash(clips)))
        cancel = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        box.open()
        return box

    def _consequences(self, clips: Collection[Clip], there: Collection[Clip]) -> str:
        if not there:
            return (
                self.tr("Tags, rating and notes go with it.")
                if len(clips) == 1
                else self.tr("Their tags, ratings and notes go with them.")
            )
        if len(clips) == 1:
            return self.tr(
                "Removed from the library, its file stays in its folder. With the file in the trash, the clip leaves "
                "the library too."
            )
        return self.tr(
            "Removed from the library, the files stay in their folder. With the files in the trash, the clips leave "
            "the library too."
        )

    async def remove(self, clips: Sequence[Clip]) -> None:
        """Takes clips out of the library."""
        gone = await self._orders.told(self._studio.library.remove([clip.id for clip in clips]))
        if gone:
            text = self.tr("Removed from the library: {0}").format(self._named(gone))
            self.undo_offered.emit(text, lambda: self._orders.spawn(self._restore(gone, {})))

    async def trash(self, clips: Sequence[Clip]) -> None:
        """Moves files to the trash, and takes the clips whose file went, or was gone, out of the library."""
        self.files_leaving.emit([clip.id for clip in clips])
        kept: dict[str, Path] = {}
        going: list[Clip] = []
        refused: list[Clip] = []
        for clip in clips:
            path = Path(clip.path)
            if not clip.path or not await in_thread(path.is_file):
                going.append(clip)
                continue
            place = await in_thread(partial(to_trash, path))
            if place is None:
                refused.append(clip)
            else:
                kept[clip.id] = place
                going.append(clip)
        gone = await self._orders.told(self._studio.library.remove([clip.id for clip in going])) if going else []
        if refused:
            self._say_refused(refused)
        if gone:
            text = self.tr("Moved to the trash: {0}").format(self._named(gone))
            self.undo_offered.emit(text, lambda: self._orders.spawn(self._restore(gone, kept)))

    def _say_refused(self, clips: Sequence[Clip]) -> None:
        if len(clips) == 1:
            text = self.tr(
                "The trash did not take “{0}”. The file is where it was, and the clip is still in the library."
            ).format(Path(clips[0].path).name)
        else:
            text = self.tr(
                "The trash did not take {0} files. They are where they were, and their clips are still in the library."
            ).format(len(clips))
        self.said.emit(text)

    async def _restore(self, clips: Sequence[Clip], kept: dict[str, Path]) -> None:
        """Takes a removal back, files too as far as they still are in the trash."""
        left = [
            clip
            for clip in clips
            if clip.id in kept and not await in_thread(partial(from_trash, kept[clip.id], Path(clip.path)))
        ]
        await self._orders.told(self._studio.library.restore(clips))
        if left:
            self.said.emit(
                self.tr("Back in the library, but without the file of {0}: look for it in the trash.").format(
                    self._named(left)
                )
            )

    def _named(self, clips: Sequence[Clip]) -> str:
        if len(clips) == 1:
            return self.tr("“{0}”").format(one_line(clips[0].title, MOST_TITLE))
        return self.tr("{0} clips").format(len(clips))
