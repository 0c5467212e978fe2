"""The viewer on an open studio: clips are shown in it, and its picture is compared with what PyAV decodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageChops, ImageStat
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import Job, State
from sora_desktop.ui.viewer import ViewerPanel
from support.jobs import NOW, made
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
FPS, SECONDS = 30, 2


class Stand:
    """A shown viewer in a window with a text field, and what it says."""

    def __init__(self, opened: Opened, run: Run, qtbot: QtBot) -> None:
        self.opened, self.run, self.qtbot = opened, run, qtbot
        self.engine, self.settings = opened.studio.engine, opened.studio.settings
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.field = QLineEdit()
        self.panel = ViewerPanel(opened.studio)
        self.panel.setMinimumWidth(320)
        column = QVBoxLayout(self.window)
        column.addWidget(self.field)
        column.addWidget(self.panel)
        self.window.resize(720, 840)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.player, self.canvas, self.transport = self.panel.player, self.panel.canvas, self.panel.transport
        self.said: list[tuple[str, object]] = []
        for name in ("edit_requested", "settings_requested", "show_message"):
            getattr(self.panel, name).connect(lambda what, name=name: self.said.append((name, what)))

    def put(self, job: Job) -> Job:
        self.run(self.engine.restore(job))
        return job

    def change(self, job: Job) -> None:
        """As the engine does when a job changes."""
        self.engine.jobs[job.id] = job
        self.engine.job_changed.emit(job)

    def done(self, path: Path, **fields: object) -> Job:
        return self.put(made("A small boat", State.DONE, path=str(path), finished_at=NOW, **fields))

    def show(self, path: Path, *, play: bool = False) -> Job:
        """Shows a clip and waits for its first frame."""
        job = self.done(path)
        self.panel.show_job(job.id, play=play)
        self.until(lambda: not self.canvas.image.isNull() and self.player.frames)
        return job

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=10_000)

    def at(self, frame: int) -> None:
        """Waits until a frame is on the canvas, not only wished for."""
        self.until(lambda: self.player.frame == frame and not self.player._seeking)

    def key(self, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def press(self, name: str) -> None:
        self.qtbot.mouseClick(self.transport.buttons[name], LEFT)

    def settle(self) -> None:
        self.opened.idle()

    @property
    def page(self) -> object:
        return self.panel.pages.currentWidget()

    def words(self) -> tuple[str, str]:
        """Title and sentence of the screen."""
        assert self.page is self.panel.screen_page
        return self.panel.screen_page.title.text(), self.panel.screen_page.sentence.text()

    def order(self, text: str) -> None:
        """Presses a button of the screen."""
        buttons = self.panel.screen_page._buttons
        found = [buttons.itemAt(index).widget() for index in range(buttons.count())]
        self.qtbot.mouseClick(next(made for made in found if made is not None and made.text() == text), LEFT)


@contextmanager
def standing(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[Stand]:
    """Shows the viewer, hands it out, and empties it at the end."""
    made_stand = Stand(opened, run, qtbot)
    yield made_stand
    made_stand.panel.show_job(None)
    made_stand.settle()


def as_pillow(image: QImage) -> Image.Image:
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    return Image.frombytes(
        "RGB", (plain.width(), plain.height()), bytes(plain.constBits()), "raw", "RGB", plain.bytesPerLine()
    )


def difference(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def on_screen(stand: Stand) -> Image.Image:
    """The picture as it is painted, cut out of the well."""
    return as_pillow(stand.canvas.grab(stand.canvas.target().toRect()).toImage())
