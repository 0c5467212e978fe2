"""The grid of clips on an open studio, the clips that are put into it, and the colours that are seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import State
from sora_desktop.core.library import Clip, Marks
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.library.grid import ClipGrid, clip_thumbnails
from support.jobs import made
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
NOON = time.mktime((*time.localtime()[:3], 12, 0, 0, 0, 0, -1))
DAY = 86_400.0


def clip(title: str, days_ago: int = 0, **fields: object) -> Clip:
    """A clip of noon on that day; any field of Job and of Marks."""
    marks = {name: fields.pop(name) for name in ("favourite", "rating", "reviewed") if name in fields}
    when = NOON - days_ago * DAY
    fields = {"path": f"/videos/{title}.mp4", "finished_at": when, "bytes": 2_000_000, "seconds": 10.0} | fields
    return Clip(job=made(title, State.DONE, **fields), marks=Marks(**marks))


def letters(count: int, days: int = 1) -> list[Clip]:
    """a, b, c …, the newest first, spread over `days`."""
    return [clip(chr(ord("a") + at), at * days // count) for at in range(count)]


class Stand:
    """A shown grid on an open studio, and what it said."""

    def __init__(self, opened: Opened, run: Run, qtbot: QtBot) -> None:
        self.opened, self.run, self.qtbot = opened, run, qtbot
        self.library = opened.studio.library
        self.thumbnails = clip_thumbnails(opened.studio, QApplication.instance())
        self.grid = ClipGrid(opened.studio, self.thumbnails)
        self.grid.resize(808, 560)
        self.view, self.cards = self.grid.viewport(), self.grid.cards
        self.said: list[tuple[object, ...]] = []
        for name in ("favourite_wanted", "rating_wanted", "remove_wanted", "copy_wanted"):
            getattr(self.grid, name).connect(
                lambda clips, *more, name=name: self.said.append((name, [each.title for each in clips], *more))
            )
        for name in ("opened", "menu_wanted"):
            getattr(self.grid, name).connect(lambda what, name=name: self.said.append((name, what)))
        self.changes = 0
        self.grid.selection_changed.connect(self._count)
        with qtbot.waitActive(self.grid):
            self.grid.show()
            self.grid.activateWindow()
        self.grid.setFocus()

    def _count(self) -> None:
        self.changes += 1

    def show(self, *clips: Clip, grouped: bool = True) -> list[Clip]:
        self.grid.set_clips([*clips], grouped)
        return [*clips]

    def keep(self, *clips: Clip) -> list[Clip]:
        """Puts clips into the library itself, as they are when a job is done, and shows them."""
        for each in clips:
            self.run(self.opened.studio.engine.restore(each.job))
        self.opened.idle()
        return self.show(*clips)

    def picture(self, of: Clip, colour: str, size: tuple[int, int] = (320, 180)) -> None:
        path = thumbnail_path(self.opened.studio.paths, of.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, colour).save(path, quality=95)

    def painted(self) -> QImage:
        """The grid when there is nothing left to be made for it."""
        self.run.until(lambda: not self.thumbnails._reading and not self.grid._soon.isActive())
        image = self.view.grab().toImage()
        while self.grid._painter.late:
            image = self.view.grab().toImage()
        return image

    def at(self, title: str) -> QPoint:
        return self.grid.row_rect(self.row(title)).center()

    def row(self, title: str) -> int:
        found = (row for row in range(self.cards.rowCount()) if (each := self.cards.clip(row)) and each.title == title)
        return next(found)

    def click(self, title: str, *keys: Qt.KeyboardModifier) -> None:
        modifiers = Qt.KeyboardModifier.NoModifier
        for key in keys:
            modifiers |= key
        self.qtbot.mouseClick(self.view, LEFT, modifiers, self.at(title))

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(self.grid, key, modifiers)

    def chosen(self) -> list[str]:
        return [each.title for each in self.grid.selected()]

    def current(self) -> str:
        found = self.grid.current()
        return found.title if found else ""

    def texts(self) -> list[str]:
        rows = range(self.cards.rowCount())
        return [self.cards.data(self.cards.index(row), Qt.ItemDataRole.AccessibleTextRole) for row in rows]


@contextmanager
def standing(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[Stand]:
    """Shows the grid of a library, hands it out, and ends it when it has read its pictures."""
    run(opened.studio.library.load())
    made_stand = Stand(opened, run, qtbot)
    yield made_stand
    run.until(lambda: not made_stand.thumbnails._reading)
    made_stand.grid.close()
    made_stand.grid.deleteLater()
    made_stand.thumbnails.deleteLater()


def near(colour: QColor, name: str, by: int = 12) -> bool:
    wanted = QColor(name)
    pairs = zip(colour.getRgb()[:3], wanted.getRgb()[:3], strict=True)
    return all(abs(one - other) <= by for one, other in pairs)
