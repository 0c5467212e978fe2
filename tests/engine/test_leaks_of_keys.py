"""A canary key is sent on its way through the real program, and looked for everywhere it must not be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_desktop.core import redact
from support.program import environment
from support.simulator import SimulatorProcess

CANARY = "rvya_sk_test_CANARYx7Qz91"
PACE = 0.01


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path / "simulator", pace=PACE)
    yield simulator
    assert simulator.close() == ""


def sora(data: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sora_desktop", *arguments, "--data-dir", str(data)],
        env={**environment(), "SORA_DESKTOP_PACE": str(PACE)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=90,
    )


def files_with(needle: str, folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and needle.encode() in path.read_bytes()]


class Watch:
    """Looks at the command line of every process that begins meanwhile, as another user's `ps` would."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._before = set(os.listdir("/proc"))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            for process in set(os.listdir("/proc")) - self._before:
                try:
                    line = Path("/proc", process, "cmdline").read_bytes()
                except OSError:
                    continue
                if CANARY.encode() in line:
                    self.seen.add(line.decode(errors="replace"))

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.keyring
def test_the_key_is_in_one_header_and_the_keyring_and_nowhere_else(
    simulator: SimulatorProcess, tmp_path: Path, home: Path, secret_service: str
) -> None:
    data = tmp_path / "data"
    # The service repeats the key in its errors; and it sends calls and results elsewhere.
    simulator.fault("http_500", "create", args={"message": f"bad key {CANARY}"})
    simulator.fault("redirect", "poll")
    simulator.fault("unauthorized", "poll", args={"message": f"{CANARY} expired"})
    simulator.fault("fail_task", "create", args={"message": f"Bearer {CANARY} was refused"}, contains="second")
    with Watch() as watch:
        add = sora(data, "accounts", "add", "--provider", "rivya", "--base-url", simulator.rivya, stdin=CANARY)
        assert add.returncode == 0, add.stderr
        outputs = [
            add,
            sora(data, "accounts", "list", "--json"),
            sora(data, "accounts", "test", "Rivya"),
            sora(data, "generate", "--account", "Rivya", "--model", "sora-2", "--prompt", "first", "--json"),
            sora(data, "generate", "--account", "Rivya", "--model", "sora-2", "--prompt", "second", "--json"),
            sora(data, "jobs", "--json"),
        ]
        # The key was rejected in mid-run, once: the job goes on when it is taken again.
        assert json.loads(outputs[3].stdout)["state"] == "done"
        outputs += [sora(data, "resume", "--json"), sora(data, "jobs", "--json")]
    listed = [json.loads(line) for line in outputs[-1].stdout.splitlines()]
    first = next(job for job in listed if job["prompt"] == "first")
    assert first["state"] == "done" and Path(first["path"]).is_file()
    assert json.loads(outputs[4].stdout)["state"] == "failed"

    for path in (each for folder in (data, simulator.state) for each in (folder, *folder.rglob("*"))):
        assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"
    for output in outputs:
        assert CANARY not in output.stdout + output.stderr
    assert not watch.seen
    assert files_with(CANARY, data) == []
    keyring_files = {path for path in files_with(CANARY, home) if "keyrings" not in path}
    assert keyring_files == set()

    carrying = 0
    for request in simulator.requests():
        text = json.dumps(request)
        if CANARY not in text:
            continue
        assert request["port"] == simulator.port, "the key went to the host of a result"
        headers = dict(request["headers"])
        assert headers.pop("authorization") == f"Bearer {CANARY}"
        assert CANARY not in json.dumps({**request, "headers": headers})
        carrying += 1
    assert carrying >= 6
    downloads = [request for request in simulator.requests() if request["call"] == "download"]
    assert downloads and all("authorization" not in dict(request["headers"]) for request in downloads)


def test_a_crash_report_holds_no_key(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from sora_desktop.core import redact
from sora_desktop.ui.crash import CrashReporter
app = QApplication([])
redact.know({CANARY[::-1]!r}[::-1])
reporter = CrashReporter(Path(sys.argv[1]))
try:
    key = {CANARY[::-1]!r}[::-1]
    raise RuntimeError("the header was Authorization: Bearer " + key + " and the url https://x/?key=" + key)
except RuntimeError as error:
    reporter.report(error, "a test")
app.processEvents()
print(reporter.dialog is not None)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip().endswith("True"), done.stderr
    [report] = tmp_path.glob("crash-*.txt")
    text = report.read_text()
    assert "RuntimeError" in text and redact.HIDDEN in text
    assert CANARY not in text + done.stdout + done.stderr


def test_everything_kept_is_the_users_alone(tmp_path: Path, simulator: SimulatorProcess) -> None:
    data = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-m", "sora_desktop", "accounts", "list", "--data-dir", str(data)],
        env=environment(),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    for path in [data, *data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"
