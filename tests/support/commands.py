"""The command line as a process."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-W", "error", "-m", "sora_desktop"]
PACE = "0.01"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON objects, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine:
    """Runs commands on one data folder, at a pace at which a clip takes a second or two."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str, key: str = "", stdin: str | None = None, timeout: float = 120) -> Outcome:
        """Runs a command to its end; it never shows a traceback."""
        done = subprocess.run(
            [*COMMAND, "--data-dir", str(self.data), *arguments],
            env=environment(key),
            input=stdin.encode() if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout,
        )
        outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in outcome.err, outcome.err
        return outcome

    def start(self, *arguments: str, key: str = "") -> subprocess.Popen[str]:
        """Starts a command; both its outputs are pipes."""
        return subprocess.Popen(
            [*COMMAND, "--data-dir", str(self.data), *arguments],
            env=environment(key),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs as `jobs --json` tells them."""
        outcome = self("jobs", "--json")
        assert outcome.code == 0, outcome.err
        return outcome.objects

    def rows(self) -> int:
        """How many jobs are in the database, asked without the program."""
        file = self.data / "sora.db"
        if not file.exists():
            return 0
        with closing(sqlite3.connect(file)) as db:
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'jobs'").fetchone():
                return 0
            return int(db.execute("SELECT count(*) FROM jobs").fetchone()[0])

    def files(self) -> list[Path]:
        """Every file below the data folder."""
        return [path for path in self.data.rglob("*") if path.is_file()]


def environment(key: str = "") -> dict[str, str]:
    """The test's own environment without a screen; `key` as SORA_DESKTOP_KEY."""
    screen = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    kept = {name: value for name, value in os.environ.items() if name not in screen}
    return {**kept, "SORA_DESKTOP_PACE": PACE, **({"SORA_DESKTOP_KEY": key} if key else {})}
