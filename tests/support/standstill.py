"""A test that stands still in C++ never comes to the signal of `timeout`: its process is ended and says where it stood.

The watch needs no Python and no lock. With several processes (xdist) the first such test is run once more by another
process, which must pass it then, and what was seen is shown at the end. Another standstill of any test is a failure,
and every other end of a process is one.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import pytest

LIMIT = 140.0
"""Seconds for one test with all that it stands on: more than `timeout` of pyproject.toml."""

MORE = 20.0
"""Seconds beyond the `timeout` that a test has of its own."""

FOLDER = "standstill_folder"


class Watch:
    """In the process that runs the tests."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._limit = LIMIT

    def _set(self) -> None:
        faulthandler.dump_traceback_later(self._limit, exit=True, file=self._file)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        marker = item.get_closest_marker("timeout")
        self._limit = max(LIMIT, marker.args[0] + MORE) if marker and marker.args else LIMIT
        self._set()
        try:
            return (yield)
        finally:
            faulthandler.cancel_dump_traceback_later()

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self) -> None:
        """pytest's own plug-in has just taken the watch away; what failed may stand still when it is taken apart."""
        self._set()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        faulthandler.dump_traceback_later(LIMIT, exit=True, file=sys.__stderr__)


class Ward:
    """In the process that gives the tests to the others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stood: dict[str, str] = {}
        """Where a test stood still, by its id."""
        self._owed: set[str] = set()
        """Those that must still pass."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[FOLDER] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> None:
        # xdist queues all files of the process again, also those that are through. Who got one of these would wait for
        # its tests, and the run for him, for ever.
        for scope in [scope for scope, tests in sched.workqueue.items() if all(tests.values())]:
            del sched.workqueue[scope]
        file = _file(self._folder, report.node.gateway.id)
        stack = file.read_text() if file.exists() else ""
        if stack and not self._stood:
            report.outcome = "again"
            self._owed.add(crashitem)
        if stack:
            self._stood[crashitem] = stack

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" and report.passed:
            self._owed.discard(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._owed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        return ("again", "A", "AGAIN") if report.outcome == "again" else None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for name, stack in self._stood.items():
            terminalreporter.section(f"stood still: {name}", red=True)
            terminalreporter.write_line(stack)


def _file(folder: Path, worker: str) -> Path:
    return folder / f"{worker}.txt"


def register(config: pytest.Config) -> None:
    """Puts the right one of both at work; to be called when pytest is configured."""
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if told is not None:
        file = _file(Path(told[FOLDER]), told["workerid"]).open("w")
        config.add_cleanup(file.close)
        config.pluginmanager.register(Watch(file))
    elif not config.getoption("numprocesses", None):
        file = os.fdopen(os.dup(2), "w")  # While a test runs, 2 is a file of pytest's.
        config.add_cleanup(file.close)
        config.pluginmanager.register(Watch(file))
    else:
        folder = tempfile.TemporaryDirectory(prefix="sd-standstill-")
        config.add_cleanup(folder.cleanup)
        config.pluginmanager.register(Ward(Path(folder.name)))
