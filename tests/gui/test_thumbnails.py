"""Pictures of rows: in the size that is shown and no larger, and again when that changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from sora_desktop.ui.thumbnails import Thumbnails


def picture(folder: Path, name: str, width: int, height: int) -> None:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0xFF336699)
    assert image.save(str(folder / f"{name}.jpg"))


class Shelf:
    """Pictures of a folder, for a box of changing size."""

    def __init__(self, qtbot, folder: Path) -> None:
        self.qtbot, self.folder, self.box = qtbot, folder, QSize(80, 45)
        self.pictures = Thumbnails(lambda name: folder / f"{name}.jpg", box=lambda: self.box)

    def read(self, name: str) -> QSize:
        """The size of a picture, once it is there."""
        self.qtbot.waitUntil(lambda: self.pictures.get(name) is not None)
        found = self.pictures.get(name)
        assert found is not None
        return found.size()


@pytest.fixture
def shelf(qtbot, tmp_path: Path) -> Shelf:
    return Shelf(qtbot, tmp_path)


SHAPES = {
    (320, 180): (80, 45),
    (180, 320): (80, 45),
    (320, 320): (80, 45),
    # A wide one keeps its width: a low row shows more of it.
    (320, 136): (106, 45),
    # One that is lower than the box is not made larger than it is.
    (320, 20): (320, 20),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_fills_its_box_whatever_its_shape(shelf: Shelf, shape: tuple[int, int]) -> None:
    picture(shelf.folder, "clip", *shape)
    width, height = shelf.read("clip").toTuple()
    assert (width, height) == pytest.approx(SHAPES[shape], abs=1)


def test_the_middle_of_a_picture_is_what_is_kept(shelf: Shelf) -> None:
    image = QImage(180, 320, QImage.Format.Format_RGB32)
    image.fill(0xFF000000)
    for y in range(120, 200):
        for x in range(180):
            image.setPixel(x, y, 0xFFFFFFFF)
    assert image.save(str(shelf.folder / "clip.jpg"), quality=95)
    shelf.read("clip")
    found = shelf.pictures.get("clip")
    assert found is not None
    shown = found.toImage()
    assert shown.pixelColor(40, 22).lightness() > 200
    assert shown.pixelColor(40, 1).lightness() < 60
    assert shown.pixelColor(40, 43).lightness() < 60


def test_another_size_of_text_or_screen_reads_them_again(shelf: Shelf) -> None:
    picture(shelf.folder, "clip", 320, 180)
    assert shelf.read("clip") == QSize(80, 45)
    shelf.box = QSize(160, 90)
    assert shelf.pictures.get("clip") is None
    assert shelf.read("clip") == QSize(160, 90)


def test_what_was_read_for_the_size_before_is_not_kept(shelf: Shelf) -> None:
    picture(shelf.folder, "clip", 320, 180)
    assert shelf.pictures.get("clip") is None
    shelf.box = QSize(160, 90)
    with shelf.qtbot.waitSignal(shelf.pictures.arrived):
        assert shelf.pictures.get("clip") is None
    assert shelf.read("clip") == QSize(160, 90)


def test_a_broken_picture_is_none_and_not_asked_for_again(shelf: Shelf) -> None:
    (shelf.folder / "clip.jpg").write_bytes(b"no picture")
    assert shelf.read("clip") == QSize(0, 0)
    assert len(shelf.pictures) == 1
