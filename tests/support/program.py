"""The real program as a process, looked at from outside: its window, its database, its simulator's books."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tomllib
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from support.screen import Screen, wait_for

ROOT = Path(__file__).parents[2]
NOISE = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["qt_log_ignore"]
"""What Qt says of a machine without sound and without a graphics card."""
TORN = re.compile(r"^\[(mov,mp4|h264|aac)\S* @ 0x[0-9a-f]+\] ")
"""What Qt's player prints where it is closed in mid-read. Whether a clip is whole, the tests see for themselves."""
HEAD = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) (?:qt: default: )?")
COMMAND = [sys.executable, "-m", "sora_desktop"]


def environment(screen: Screen | None = None) -> dict[str, str]:
    """The test's own environment (see conftest), with a real screen or none."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return {**kept, "PYTHONUNBUFFERED": "1", **(screen.environment if screen else {})}


class Program:
    """The program on one data folder. It may be started, killed and started again. Its simulator makes small clips."""

    light = True

    def __init__(self, screen: Screen, data: Path) -> None:
        self.screen, self.data = screen, data
        self.log = data.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Starts it and answers the id of its window, which is drawn to its end and has the keyboard."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "--data-dir", str(self.data)],
                env=environment(self.screen) | ({"SORA_DESKTOP_LIGHT": "1"} if self.light else {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        window = wait_for(self._window, 30, "the window")
        self.screen.activate(window)
        self.screen.wait_until_still()
        return window

    def _window(self) -> str:
        assert self._process is not None
        assert self._process.poll() is None, f"it ended: {self.output()}"
        return next(iter(self.screen.windows("Sora Desktop")), "")

    def kill(self) -> None:
        """SIGKILL: nothing is cleaned up. Comes back when the simulator has noticed and ended too."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        wait_for(lambda: not self._simulator_answers(), 10, "the simulator ends with the program")

    def close(self) -> int:
        """Closes the window as a person does, and answers the exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        for window in self.screen.windows("Sora Desktop"):
            self.screen.activate(window)
            self.screen.key("alt+F4")
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise

    def output(self) -> str:
        """What it has printed, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def complaints(self) -> list[str]:
        """What it printed, and the warnings and errors it wrote down, Qt's among them, but for the machine's own."""
        file = self.data / "logs" / "window.log"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        messages = [HEAD.sub("", line) for line in lines if not re.match(r"^\S+ \S+ (INFO|DEBUG) ", line)]
        own = [message for message in messages if not any(re.search(noise, message) for noise in NOISE)]
        return [line for line in self.output().splitlines() if not TORN.match(line)] + own

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs as they stand in the database, in the order they were made."""
        return self._documents("SELECT document FROM jobs ORDER BY created_at")

    def drafts(self) -> list[dict[str, Any]]:
        return self._documents("SELECT document FROM drafts ORDER BY updated_at DESC")

    def _documents(self, query: str) -> list[dict[str, Any]]:
        file = self.data / "sora.db"
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as db:
            try:
                return [json.loads(document) for (document,) in db.execute(query)]
            except sqlite3.OperationalError as error:
                # Just made, and not yet filled.
                assert "no such table" in str(error)
                return []

    def wait_for_job(self, *states: str, seconds: float = 30) -> dict[str, Any]:
        """The first job, as soon as it is in one of `states`."""

        def look() -> dict[str, Any] | None:
            return next((job for job in self.jobs() if job["state"] in states), None)

        return wait_for(look, seconds, f"a job that is {' or '.join(states)}; there are {self.jobs()}; {self.output()}")

    def ledger(self) -> dict[str, Any]:
        """The running simulator's books."""
        return self._control("/ledger")

    def _control(self, path: str) -> Any:
        address = json.loads((self.data / "simulator" / "address.json").read_text())
        with urllib.request.urlopen(f"http://127.0.0.1:{address['port']}/_sim{path}", timeout=10) as answer:
            return json.load(answer)

    def _simulator_answers(self) -> bool:
        try:
            self._control("")
        except (OSError, ValueError):
            return False
        return True
