"""The net of tests/conftest.py catches what it says it catches."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path

import keyring
import keyring.errors
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from support import leaks
from support.loops import Run


def test_a_click_may_start_a_task_and_waiting_runs_it(run: Run, qtbot: QtBot) -> None:
    done: list[int] = []
    button = QPushButton()
    qtbot.addWidget(button)

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.append(1)

    tasks: list[asyncio.Task[None]] = []
    button.clicked.connect(lambda: tasks.append(asyncio.get_running_loop().create_task(work())))
    button.click()
    run.until(lambda: done == [1])
    button.click()
    qtbot.waitUntil(lambda: done == [1, 1])
    assert run(asyncio.sleep(0, "result")) == "result"


def test_a_condition_that_never_holds_is_said(run: Run) -> None:
    with pytest.raises(AssertionError, match="never"):
        run.until(lambda: False, 0.05, "never")


def test_a_task_left_running_is_named(qapp: QApplication) -> None:
    both = Run(qapp)
    task = both.loop.create_task(asyncio.sleep(60), name="forgotten")
    assert "forgotten" in both.close()[0]
    assert task.cancelled()


def test_threads_windows_and_timers_are_seen(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    before = leaks.Before()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="left")
    thread.start()
    window = QWidget(objectName="left")
    timer = QTimer(window, interval=60_000)
    timer.start()
    with monkeypatch.context() as hurried:
        hurried.setattr(leaks, "GRACE", 0.05)
        left = before.left()
    assert "thread left" in left
    assert "window QWidget 'left'" in left
    assert any("60000 ms" in each for each in left)
    stop.set()
    thread.join()
    window.deleteLater()
    # With the usual patience: a busy machine takes its time to let a window go.
    assert before.left() == []


def test_the_loop_complaining_is_seen(nothing_left_behind: list[str]) -> None:
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(60))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    del task
    gc.collect()
    assert "Task was destroyed but it is pending!" in nothing_left_behind[0]
    nothing_left_behind.clear()


def test_the_home_is_not_the_real_one(home: Path, tmp_path: Path) -> None:
    assert Path.home() == home
    assert os.environ["XDG_DATA_HOME"].startswith(str(home))
    assert home.parent == tmp_path.parent


def test_the_real_keyring_is_out_of_reach() -> None:
    with pytest.raises(keyring.errors.NoKeyringError):
        keyring.get_password("Sora Desktop", "any")


@pytest.mark.keyring
def test_a_secret_service_of_its_own(secret_service: str) -> None:
    keyring.set_password("Sora Desktop", "any", "a secret")
    assert keyring.get_password("Sora Desktop", "any") == "a secret"
