"""The details of the selected clips on an open studio, with clips whose files are there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from sora_desktop.core.library import Clip
from sora_desktop.ui.library.details import ClipDetails
from support.clips import done, put

LEFT = Qt.MouseButton.LeftButton


class Desk:
    """Shown details, and what they say."""

    def __init__(self, opened, run, qtbot, tmp_path: Path) -> None:
        self.opened, self.run, self.qtbot, self.folder = opened, run, qtbot, tmp_path
        self.library = opened.studio.library
        self.details = ClipDetails(opened.studio)
        qtbot.addWidget(self.details)
        self.details.resize(312, 900)
        self.said: list[tuple[str, object]] = []
        for name in (
            "opened",
            "reference_wanted",
            "edit_wanted",
            "find_wanted",
            "collect_wanted",
            "remove_wanted",
            "show_message",
        ):
            getattr(self.details, name).connect(lambda what, name=name: self.said.append((name, what)))
        with qtbot.waitActive(self.details):
            self.details.show()
            self.details.activateWindow()

    def put(self, prompt: str = "A red train", **fields) -> Clip:
        """A clip with its file."""
        path = self.folder / f"{len(self.library.clips)} clip.mp4"
        path.write_bytes(b"video")
        return put(self.opened, self.run, done(prompt, path=str(path), **fields))[0]

    def show(self, *clips: Clip) -> None:
        self.details.set_clips([self.library.clips[clip.id] for clip in clips])
        QApplication.processEvents()

    def settle(self) -> None:
        self.opened.idle()
        self.run.until(lambda: not self.library._telling)

    def now(self, clip: Clip) -> Clip:
        return self.library.clips[clip.id]

    def kept(self, clip: Clip) -> Clip:
        """As the database has it."""
        rows = self.run(self.library._store.page("", {}))
        row = next(row for row in rows if row.id == clip.id)
        return clip.marked(**row.marks.model_dump())

    def click(self, widget, at: QPoint | None = None) -> None:
        self.qtbot.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at or widget.rect().center())

    def write(self, text: str) -> None:
        self.details.notes.setFocus()
        self.qtbot.keyClicks(self.details.notes, text)
