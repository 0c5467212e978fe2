"""The program as processes on the offscreen platform: one window a data folder, a clean end, plain words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from sora_desktop import app, assembly
from sora_desktop.core.jobs import State
from sora_desktop.storage.paths import Paths
from sora_desktop.ui.instance import Instance, name_of, raise_existing
from support.jobs import made

START = 30.0
PROGRAM = [sys.executable, "-m", "sora_desktop"]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.at(tmp_path / "data")


@pytest.fixture
def first(qapp: QApplication, paths: Paths) -> Iterator[subprocess.Popen[str]]:
    """A window that runs on the folder."""
    process = subprocess.Popen(
        [*PROGRAM, "--data-dir", str(paths.data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        end = time.monotonic() + START
        while not (paths.data / "sora.db").exists() or not raise_existing(paths):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "no window"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_start_raises_the_first_window_and_ends(first: subprocess.Popen[str], paths: Paths) -> None:
    second = subprocess.run([*PROGRAM, "--data-dir", str(paths.data)], capture_output=True, text=True, timeout=START)
    assert (second.returncode, second.stderr) == (0, "")
    assert first.poll() is None


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGTERM")
def test_it_ends_clean_when_the_system_says_so(first: subprocess.Popen[str], paths: Paths) -> None:
    first.send_signal(signal.SIGTERM)
    _out, err = first.communicate(timeout=START)
    assert (first.returncode, err) == (0, "")
    log = (paths.logs / "window.log").read_text()
    assert "Traceback" not in log
    assert not list(paths.logs.glob("crash-*"))
    lock = FileLock(paths.data / "owner.lock")
    lock.acquire(timeout=1)
    lock.release()


def test_a_name_left_by_a_killed_process_is_taken_over(
    first: subprocess.Popen[str], paths: Paths, qtbot: QtBot
) -> None:
    first.kill()
    first.communicate()
    assert not raise_existing(paths)
    instance = Instance(paths)
    with qtbot.waitSignal(instance.asked, timeout=5000):
        assert raise_existing(paths)
    instance.close()


def test_two_folders_have_two_names(tmp_path: Path) -> None:
    one, two = Paths.at(tmp_path / "one"), Paths.at(tmp_path / "two")
    assert name_of(one) != name_of(two)
    assert "one" not in name_of(one)


def test_a_folder_the_command_line_works_on_is_explained(paths: Paths, qapp: QApplication, qtbot: QtBot) -> None:
    lock = FileLock(paths.data / "owner.lock")
    lock.acquire()
    said: list[str] = []

    def read() -> None:
        box = next((each for each in QApplication.topLevelWidgets() if isinstance(each, QMessageBox)), None)
        if box is not None and box.isVisible():
            said.append(f"{box.text()} {box.informativeText()}")
            box.reject()

    from PySide6.QtCore import QTimer, qInstallMessageHandler

    timer = QTimer()
    timer.timeout.connect(read)
    timer.start(20)
    try:
        assert app.run_window(paths, ["sora-desktop"]) == 1
    finally:
        timer.stop()
        lock.release()
        qInstallMessageHandler(None)
        qapp.setQuitOnLastWindowClosed(True)
    assert "The command line is working with this data folder." in said[0]
    assert str(paths.data) in said[0]


async def test_the_library_is_read_when_the_first_picture_stands(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "WARM_UP_MS", 0)
    monkeypatch.setattr(app.gc, "freeze", lambda: None)
    async with assembly.opened(paths) as rooms:
        await rooms.jobs.add([job := made(state=State.DONE, path="/gone/a.mp4")])
        await rooms.engine.start()
        assert not rooms.library.loaded
        await app._warm_up(rooms)
        assert rooms.library.loaded and rooms.library.missing == {job.id}
