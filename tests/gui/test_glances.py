"""Disks that hang: the window asks them on threads, says that it waits, and goes on when they answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_desktop.core.jobs import State
from sora_desktop.ui import glances, job_orders, status
from sora_desktop.ui.glances import Glances
from sora_desktop.ui.job_orders import JobOrders, Order
from sora_desktop.ui.settings import files_page
from sora_desktop.ui.settings.files_page import FilesPage
from sora_desktop.ui.status import StatusBar
from support.jobs import made
from support.loops import Run
from support.studio import Opened


@pytest.fixture
def answers() -> Iterator[threading.Event]:
    """What a disk waits for."""
    event = threading.Event()
    yield event
    event.set()


def test_what_is_seen_late_is_told_once_and_asked_for_one_at_a_time(run: Run, answers: threading.Event) -> None:
    sight, told, asked = Glances(), list[str](), list[int]()
    sight.changed.connect(told.append)

    def look() -> str:
        asked.append(1)
        assert answers.wait(20)
        return "here"

    for _ in range(3):
        assert sight.look("share", look) is None
    assert sight.waited("share") > 0 and sight.look("disk", lambda: "there", 5.0) == "there"
    answers.set()
    run.until(lambda: told)
    assert (told, len(asked), sight.seen("share"), sight.waited("share")) == (["share"], 1, "here", 0)


def test_no_more_than_a_few_looks_hang(run: Run, answers: threading.Event) -> None:
    sight, told = Glances(), list[str]()
    sight.changed.connect(told.append)
    for number in range(glances.MOST_SILENT + 3):
        assert sight.look(f"share {number}", lambda: answers.wait(20), disk="share") is None
    assert sight.waited(f"share {number}") > 0, "one that is not asked waits, too"
    assert sight.look("clip", lambda: "there", 5.0, disk="another") == "there"
    answers.set()
    run.until(lambda: len(told) == glances.MOST_SILENT)


def test_a_disk_that_hangs_is_said_in_the_status_bar_and_the_settings(
    run: Run, opened: Opened, answers: threading.Event, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (status, files_page):
        monkeypatch.setattr(module, "free_bytes", lambda _folder: 5_000_000_000 if answers.wait(20) else -1)
    monkeypatch.setattr(status, "PATIENCE", 0.0)
    bar, page = StatusBar(opened.studio), FilesPage(opened.studio)
    for widget in (bar, page):
        qtbot.addWidget(widget)
    bar.refresh_disk()
    assert bar.disk.text == "Disk does not answer" and page.free.text() == ""
    answers.set()
    run.until(lambda: bar.disk.text == page.free.text() == "5 GB free")


def test_of_two_folders_the_last_one_chosen_counts(
    run: Run, opened: Opened, answers: threading.Event, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_page, "ensure_folder", lambda folder: folder.name == "disk" or answers.wait(20))
    page = FilesPage(opened.studio)
    qtbot.addWidget(page)
    for name in ("share", "disk"):
        page._set_folder(str(tmp_path / name))
    run.until(lambda: opened.studio.settings.current.videos_folder == str(tmp_path / "disk"))
    answers.set()
    opened.idle()
    assert opened.studio.settings.current.videos_folder == str(tmp_path / "disk")


def test_what_depends_on_a_file_is_not_offered_while_its_disk_hangs(
    opened: Opened, answers: threading.Event, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clip.mp4"
    file.touch()
    page = FilesPage(opened.studio)
    qtbot.addWidget(page)
    here = made("x", State.DONE, path=str(file), remote_id="t")
    gone = made("y", State.DONE, path=str(file) + ".mp4", remote_id="u")
    orders = JobOrders(opened.studio, page)
    found = orders.possible([here, gone])
    assert {Order.REVEAL, Order.FRAME} <= found[0] and Order.COLLECT not in found[0]
    assert Order.REVEAL not in found[1] and Order.COLLECT in found[1]
    monkeypatch.setattr(job_orders, "is_file", lambda _path: answers.wait(20))
    monkeypatch.setattr(job_orders, "MOMENT", glances.MOMENT)
    began = time.monotonic()
    assert orders.possible([here, gone]) == found, "what was offered a moment ago is carried out"
    [found_none] = orders.possible([here])
    assert not job_orders.ON_DISK & found_none and time.monotonic() - began < 5
