"""From a dropped file to the bytes at the service: the window, the engine, and the built-in simulator's own record."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from pillow_heif import register_heif_opener
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import Job, State
from sora_desktop.ui.job_orders import Order
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.references.incoming import read
from support.drops import Drag, of_files, photo
from support.loops import Run
from support.simulator import loopback_client
from support.studio import Opened, in_the_open

LEFT = Qt.MouseButton.LeftButton
RIVYA, GLOBAL = "simulator-rivya", "simulator-globalaiopc"


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    run(opened.studio.settings.change(welcomed=True))
    run(opened.rooms.engine.start())
    with in_the_open(MainWindow(opened.studio), run, qtbot) as made:
        yield made


def generate(window: MainWindow, opened: Opened, run: Run, prompt: str = "A boat") -> Job:
    before = set(opened.studio.engine.jobs)
    window.compose.editor.text.setPlainText(prompt)
    window.compose.generate()
    run.until(lambda: set(opened.studio.engine.jobs) - before)
    (job_id,) = set(opened.studio.engine.jobs) - before
    jobs = opened.studio.engine.jobs
    run.until(lambda: jobs[job_id].remote_id or jobs[job_id].ended, timeout=30)
    assert jobs[job_id].failure is None
    return jobs[job_id]


def added(window: MainWindow, run: Run, *names: str) -> None:
    run.until(lambda: [card.reference.name for card in window.compose.references.cards] == list(names))


def arrived(url: str) -> Image.Image:
    """The picture that the service can fetch."""
    with loopback_client() as client:
        answer: httpx.Response = client.get(url)
    assert answer.status_code == 200, url
    return Image.open(io.BytesIO(answer.content))


def test_a_dropped_photo_arrives_upright_cut_and_without_its_place(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    file = photo(tmp_path / "phone.jpg", 1280, 1920, exif=exif)
    window.compose.choose(GLOBAL)
    window.compose.page.set_value("size", "1280x720")
    Drag(window.compose, of_files(file)).drop()
    added(window, run, "phone.jpg")
    card = window.compose.references.cards[0]
    assert card.report.hints[0] == "1920×1280 → crop to 1280×720"
    qtbot.mouseClick(card.fix, LEFT)
    job = generate(window, opened, run)
    (url,) = json.loads(job.body)["input_reference"]
    picture = arrived(url)
    assert (picture.size, picture.format) == ((1280, 720), "JPEG")
    assert not picture.getexif()
    # Turned by EXIF, teal, which was at the left, is at the top.
    assert picture.getpixel((100, 60))[2] > 90  # type: ignore[index]
    assert picture.getpixel((100, 700))[0] > 200  # type: ignore[index]


def test_variations_of_a_converted_picture_upload_once_and_use_again_brings_it_back(
    window: MainWindow, opened: Opened, run: Run, tmp_path: Path
) -> None:
    file = photo(tmp_path / "scan.tif", 900, 700)
    window.compose.choose(RIVYA)
    Drag(window.compose, of_files(file), QPoint(20, 10)).drop()
    added(window, run, "scan.tif")
    section = window.compose.references
    section._fix(section.cards[0])
    window.compose.page.set_count(3)
    window.compose.editor.text.setPlainText("A boat")
    window.compose.generate()
    jobs = opened.studio.engine.jobs
    run.until(lambda: len(jobs) == 3 and all(job.remote_id for job in jobs.values()), timeout=40)
    items = [json.loads(job.body)["params"]["referenceMediaItems"] for job in jobs.values()]
    assert len({item["url"] for (item,) in items}) == 1
    assert items[0][0]["mimeType"] == "image/jpeg"
    assert arrived(items[0][0]["url"]).format == "JPEG"
    file.unlink()
    first = next(iter(jobs.values()))
    window.compose.new_draft()
    assert section.cards == []
    window.queue.edit_requested.emit(first.id)
    opened_again = window.compose.page.draft.references
    assert opened_again == first.request.references
    run.until(lambda: not section.cards[0].thumb._pixmap.isNull())
    assert section.cards[0].report.errors == ()


FOREIGN = {
    "phone.heic": {"kind": "HEIF", "quality": 90},
    "web.avif": {"quality": 90},
    "loop.gif": {"save_all": True, "append_images": [Image.new("RGB", (900, 700), "red")]},
    "old.bmp": {},
    "print.jpg": {"mode": "CMYK", "kind": "TIFF"},
}
"""Files that the service does not take as they are; the last is no JPEG, whatever its name says."""


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_format_is_converted_with_one_click_and_arrives(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    register_heif_opener()
    file = photo(tmp_path / name, 900, 700, **FOREIGN[name])
    original = file.read_bytes()
    window.compose.choose(RIVYA)
    Drag(window.compose, of_files(file), QPoint(20, 10)).drop()
    added(window, run, name)
    cards = window.compose.references.cards
    assert cards[0].report.hint, "it says what is wrong before money is spent"
    qtbot.mouseClick(cards[0].fix, LEFT)
    fixed = window.compose.references.cards[0].report
    assert (fixed.hint, fixed.errors) == ("", ())
    (item,) = json.loads(generate(window, opened, run).body)["params"]["referenceMediaItems"]
    assert item["mimeType"] in {"image/jpeg", "image/png"}
    picture = arrived(item["url"])
    assert Image.MIME[picture.format or ""] == item["mimeType"]
    assert picture.size == (900, 700)
    left = picture.convert("RGB").getpixel((100, 350))
    assert left[1] > 90 and left[0] < 60  # type: ignore[index]  # teal
    assert file.read_bytes() == original


def test_the_last_frame_of_a_clip_from_the_viewer_and_from_the_queue(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot
) -> None:
    job = generate(window, opened, run)
    jobs = opened.studio.engine.jobs
    run.until(lambda: jobs[job.id].state is State.DONE, timeout=60)
    run.until(lambda: window.viewer.player.frames, timeout=20)
    stem = Path(jobs[job.id].path).stem
    window.viewer.setFocus()
    qtbot.keyClick(window.viewer, Qt.Key.Key_U)
    added(window, run, f"{stem} last frame.png")
    by_key = window.compose.page.draft.references[0]
    assert (by_key.width, by_key.height) == (window.viewer.canvas.image.width(), window.viewer.canvas.image.height())
    window.compose.page.set_references(())
    window.queue.orders.give(Order.FRAME, [jobs[job.id]])
    added(window, run, f"{stem} last frame.png")
    assert window.compose.page.draft.references[0].sha256 == by_key.sha256


def test_the_frame_on_the_screen_and_a_finished_row_can_be_dragged(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = []
    for place in ("viewer.handing", "queue.panel"):
        monkeypatch.setattr(f"sora_desktop.ui.{place}.drag_out", lambda _source, mime, _picture: carried.append(mime))
    job = generate(window, opened, run)
    jobs = opened.studio.engine.jobs
    run.until(lambda: jobs[job.id].state is State.DONE, timeout=60)
    run.until(lambda: not window.viewer.canvas.image.isNull(), timeout=20)
    canvas = window.viewer.canvas
    middle = canvas.target().center().toPoint()
    qtbot.mousePress(canvas, LEFT, pos=middle)
    qtbot.mouseMove(canvas, middle + QPoint(40, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=middle + QPoint(40, 0))
    (mime,) = carried
    assert mime.hasImage(), "other programs get the pixels"
    assert not window.viewer.player.playing
    Drag(window.compose, mime).drop()
    added(window, run, f"{Path(jobs[job.id].path).stem} frame 1.png")

    view = window.queue.view
    window.queue.show_job(job.id)
    row = view.visualRect(view.currentIndex())
    qtbot.mousePress(view.viewport(), LEFT, pos=row.topLeft() + QPoint(40, 30))
    qtbot.mouseMove(view.viewport(), row.topLeft() + QPoint(70, 60))
    qtbot.mouseRelease(view.viewport(), LEFT)
    assert len(carried) == 2
    assert [url.toLocalFile() for url in carried[1].urls()] == [jobs[job.id].path], "other programs get the clip"
    (frame,) = read(carried[1]).frames
    assert frame.seconds is None
    Drag(window.compose, carried[1]).drop()
    added(window, run, f"{Path(jobs[job.id].path).stem} last frame.png")
