"""A test that stands still in C++ never comes to the signal of `timeout`: its process is ended and says where it stood.

The watch needs no Python and no lock. With several processes (xdist) such a test is run once more by another process,
and what was seen is shown at the end; a second standstill, and every other end of a process, is a failure.
"""

from __future__ import annotations

import faulthandler
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

import pytest

LIMIT = 140.0
"""Seconds for one test with all that it stands on: more than `timeout` of pyproject.toml."""

FOLDER = "standstill_folder"


class Watch:
    """In the process that runs the tests."""

    def __init__(self, file: IO[str] | None = None) -> None:
        self._told = {"file": file} if file is not None else {}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, Any, Any]:
        faulthandler.dump_traceback_later(LIMIT, exit=True, **self._told)
        try:
            return (yield)
        finally:
            faulthandler.cancel_dump_traceback_later()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        faulthandler.dump_traceback_later(LIMIT, exit=True, file=sys.__stderr__)


class Ward:
    """In the process that gives the tests to the others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stood: dict[str, str] = {}
        """Where a test stood still, by its id."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[FOLDER] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any) -> None:
        file = _file(self._folder, report.node.gateway.id)
        stack = file.read_text() if file.exists() else ""
        if stack and crashitem not in self._stood:
            self._stood[crashitem] = stack
            report.outcome = "again"

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        return ("again", "A", "AGAIN") if report.outcome == "again" else None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for name, stack in self._stood.items():
            terminalreporter.section(f"stood still for {LIMIT:.0f} s and was run again: {name}", red=True)
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
        config.pluginmanager.register(Watch())
    else:
        folder = tempfile.TemporaryDirectory(prefix="sd-standstill-")
        config.add_cleanup(folder.cleanup)
        config.pluginmanager.register(Ward(Path(folder.name)))
