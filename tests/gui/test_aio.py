"""Whatever nobody catches reaches the reporter; the loop ends clean; keys are taken out."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import stat
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.redact import forget, know
from sora_desktop.ui import aio
from sora_desktop.ui.crash import KEPT_REPORTS, CrashReporter

Reports = list[tuple[BaseException, str]]


def run(qapp: QApplication, main: aio.Main) -> tuple[int, Reports]:
    reports: Reports = []
    try:
        code = aio.run(qapp, main, lambda error, where: reports.append((error, where)))
    finally:
        qapp.setQuitOnLastWindowClosed(True)
    return code, reports


def test_the_answer_of_the_program_is_the_exit_code(qapp: QApplication) -> None:
    async def main(_stop: asyncio.Event) -> int:
        await asyncio.sleep(0)
        return 7

    assert run(qapp, main) == (7, [])


def test_closing_the_last_window_stops_and_lets_the_cleaning_up_finish(qapp: QApplication) -> None:
    cleaned: list[str] = []

    async def main(stop: asyncio.Event) -> int:
        window = QWidget()
        window.show()
        QTimer.singleShot(0, window.close)
        await asyncio.wait_for(stop.wait(), 5)
        await asyncio.sleep(0.05)
        cleaned.append("done")
        return 0

    assert run(qapp, main) == (0, [])
    assert cleaned == ["done"]


@pytest.mark.skipif(os.name == "nt", reason="os.kill ends a process there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_of_the_system_stops(qapp: QApplication, number: signal.Signals) -> None:
    before = signal.getsignal(number)

    async def main(stop: asyncio.Event) -> int:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 5)
        return 3

    assert run(qapp, main) == (3, [])
    assert signal.getsignal(number) is before


def test_an_exception_in_a_slot_is_reported_and_the_loop_goes_on(qapp: QApplication) -> None:
    def slot() -> None:
        raise ZeroDivisionError("in a slot")

    async def main(_stop: asyncio.Event) -> int:
        QTimer.singleShot(0, slot)
        await asyncio.sleep(0.05)
        return 1

    code, reports = run(qapp, main)
    assert code == 1
    assert [(str(error), where) for error, where in reports] == [("in a slot", "slot")]


def test_an_exception_in_a_task_nobody_awaits_is_reported_with_its_name(qapp: QApplication) -> None:
    async def broken() -> None:
        raise LookupError("in a task")

    async def main(_stop: asyncio.Event) -> int:
        task = asyncio.get_running_loop().create_task(broken(), name="poll 17")
        await asyncio.sleep(0.01)
        del task
        gc.collect()
        await asyncio.sleep(0.01)
        return 0

    _code, reports = run(qapp, main)
    assert [str(error) for error, _where in reports] == ["in a task"]
    assert "poll 17" in reports[0][1]


def test_an_exception_in_a_thread_and_in_a_destructor_are_reported(qapp: QApplication) -> None:
    class Bad:
        def __del__(self) -> None:
            raise ValueError("in a destructor")

    def work() -> None:
        raise OSError("in a thread")

    async def main(_stop: asyncio.Event) -> int:
        thread = threading.Thread(target=work, name="reader")
        thread.start()
        await asyncio.sleep(0.02)
        thread.join()
        bad = Bad()
        del bad
        gc.collect()
        return 0

    _code, reports = run(qapp, main)
    assert {str(error): where.split(" ")[0] for error, where in reports} == {
        "in a thread": "thread",
        "in a destructor": "unraisable",
    }


def test_what_still_runs_at_the_end_is_cancelled_and_awaited(qapp: QApplication) -> None:
    ended: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    async def main(_stop: asyncio.Event) -> int:
        main.task = asyncio.get_running_loop().create_task(endless())  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)
        return 0

    assert run(qapp, main) == (0, [])
    assert ended == ["ended"]


def test_an_error_of_the_program_itself_comes_out(qapp: QApplication) -> None:
    async def main(_stop: asyncio.Event) -> int:
        raise RuntimeError("no start")

    with pytest.raises(RuntimeError, match="no start"):
        run(qapp, main)


def test_a_dialog_is_awaited_without_a_nested_loop(qapp: QApplication) -> None:
    seen: list[int] = []

    async def main(_stop: asyncio.Event) -> int:
        dialog = QDialog()
        other = asyncio.ensure_future(asyncio.sleep(0.01))
        # It goes on while the dialog stands, or nobody ever closes that.
        other.add_done_callback(lambda _done: dialog.accept())
        seen.append(await aio.answer(dialog))
        return 0

    assert run(qapp, main) == (0, [])
    assert seen == [QDialog.DialogCode.Accepted.value]


def test_a_report_holds_the_traceback_and_no_key(qtbot: QtBot, tmp_path: Path) -> None:
    know("canary-key-1234567890")
    reporter = CrashReporter(tmp_path / "logs")
    try:
        try:
            raise RuntimeError("could not send Authorization: Bearer abcdefgh123 with canary-key-1234567890")
        except RuntimeError as error:
            reporter.report(error, "slot")
        qtbot.waitUntil(lambda: reporter.dialog is not None)
        dialog = reporter.dialog
        assert dialog is not None
        qtbot.addWidget(dialog)
        (file,) = (tmp_path / "logs").glob("crash-*.txt")
        dialog.copy.click()
        for text in (file.read_text(), dialog.text, QGuiApplication.clipboard().text()):
            assert "could not send" in text
            assert "test_aio.py" in text
            assert "abcdefgh123" not in text
            assert "canary-key" not in text
        if os.name == "posix":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    finally:
        forget("canary-key-1234567890")


def test_one_dialog_takes_all_reports_from_any_thread(qtbot: QtBot, tmp_path: Path) -> None:
    reporter = CrashReporter(tmp_path)
    threads = [threading.Thread(target=reporter.report, args=(ValueError(f"no {n}"), "thread")) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: reporter.dialog is not None and "(30 reports)" in reporter.dialog.windowTitle())
    dialogs = [
        widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog) and widget.isVisible()
    ]
    assert dialogs == [reporter.dialog]
    assert dialogs[0].findChild(QPlainTextEdit).toPlainText().count("Traceback") <= 20
    assert len(list(tmp_path.glob("crash-*.txt"))) == KEPT_REPORTS
    dialogs[0].reject()
    assert reporter.dialog is None
    reporter.report(ValueError("another"), "slot")
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    reporter.dialog.reject()  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_written_stops_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    reporter = CrashReporter(tmp_path / "file" / "logs")
    reporter.report(ValueError("still shown"), "slot")
    qtbot.waitUntil(lambda: reporter.dialog is not None)
    assert reporter.dialog is not None
    assert "still shown" in reporter.dialog.text
    reporter.dialog.reject()
