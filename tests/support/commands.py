"""The command line, in this process or as one of its own."""

from __future__ import annotations

import io
import json
import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sora_desktop.__main__ import main
from sora_desktop.core import redact
from support.simulator import SimulatorProcess

COMMAND = [sys.executable, "-W", "error", "-m", "sora_desktop"]
PACE = "0.01"
RIVYA_KEY = "rvya_sk_test_canary-of-the-command-line"
GLOBALAIOPC_KEY = "sk-test-canary-of-the-command-line"
SHORT = ("--account", "simulator-globalaiopc", "--model", "openAiSora2Plus", "--param", "duration=4", "--prompt")
"""Makes the shortest clip there is."""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON objects, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def checked(self) -> Outcome:
        assert "Traceback" not in self.err, self.err
        return self


class CommandLine:
    """Runs commands on one data folder, at a pace at which a clip takes a second or two.

    Called, it runs the program's `main` in this process, which takes a tenth of the time of a process of its own.
    Where the process itself is what is tested, there are `process` and `start`.
    """

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str, key: str = "", stdin: str | None = None) -> Outcome:
        """Runs a command to its end; it never shows a traceback."""
        out, err = io.StringIO(), io.StringIO()
        given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()))
        root = logging.getLogger()
        with (
            patch.dict(os.environ, environment(key), clear=True),
            patch.multiple(sys, stdin=given, stdout=out, stderr=err),
            patch.multiple(root, handlers=[], level=root.level),  # The command opens a log of its own.
            patch.object(redact, "_known", set[str]()),
        ):
            try:
                code = main(["--data-dir", str(self.data), *arguments])
            except SystemExit as end:  # The parser ends the program.
                code = end.code
            for handler in root.handlers:
                assert isinstance(handler, logging.StreamHandler)
                handler.stream.close()
        assert isinstance(code, int)
        return Outcome(code, out.getvalue(), err.getvalue()).checked()

    def process(self, *arguments: str, key: str = "", stdin: str | None = None, light: bool = True) -> Outcome:
        """The same as a process of its own."""
        done = subprocess.run(
            [*COMMAND, "--data-dir", str(self.data), *arguments],
            env=environment(key, light=light),
            input=stdin.encode() if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=120,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode()).checked()

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


def environment(key: str = "", *, light: bool = True) -> dict[str, str]:
    """The test's own environment without a screen, in which the built-in simulator makes small clips.

    `key` as SORA_DESKTOP_KEY.
    """
    screen = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    kept = {name: value for name, value in os.environ.items() if name not in screen}
    more = {"SORA_DESKTOP_KEY": key, "SORA_DESKTOP_LIGHT": "1" if light else ""}
    return {**kept, "SORA_DESKTOP_PACE": PACE, **{name: value for name, value in more.items() if value}}


def add(sora: CommandLine, service: SimulatorProcess, provider: str, key: str) -> str:
    """Adds an account that is called as its provider."""
    url = service.rivya if provider == "rivya" else service.globalaiopc
    outcome = sora("accounts", "add", "--provider", provider, "--base-url", url, "--name", provider, key=key)
    assert outcome.code == 0, outcome.err
    return provider
