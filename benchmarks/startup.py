"""The start: from the call of the program to the first picture of its window, and what was imported by then.

    python -m benchmarks.startup --runs 9

Each run is a process of its own, `sora-desktop --data-dir DIR`, on offscreen unless QT_QPA_PLATFORM says otherwise.
"first" has an empty data folder (the database is made), "again" has one with drafts and jobs. "cold" puts the files of
Python's and Qt's out of the page cache before, as far as no other process has them open. Exit code 1 when one of
`LATE` was imported before the first picture.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.heartbeat import load

LATE = ("httpx", "httpcore", "av", "PIL", "keyring", "PySide6.QtMultimedia", "starlette", "uvicorn")
"""What the first picture does not need, and so must not wait for."""


def child(begun: float) -> int:
    """The program, with an eye on its window: tells the time of the first picture, then closes it."""
    from sora_desktop import app
    from sora_desktop.__main__ import main

    open_window = app.open_window

    def watched(rooms: Any, notices: Any) -> Any:
        from PySide6.QtCore import QEvent, QObject, QTimer

        window = open_window(rooms, notices)

        class Eye(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.Paint:
                    window.compose.removeEventFilter(self)
                    # The other panes are painted in the same go; after it the picture is on the screen.
                    QTimer.singleShot(0, window, tell)
                return False

        def tell() -> None:
            seconds = time.monotonic() - begun
            loaded = [name for name in LATE if name in sys.modules]
            print(json.dumps({"seconds": seconds, "modules": len(sys.modules), "late": loaded}), flush=True)
            window.close()

        window.eye = Eye()
        window.compose.installEventFilter(window.eye)
        return window

    app.open_window = watched
    return main(["--data-dir", os.environ["SORA_STARTUP_FOLDER"]])


def start(folder: Path) -> Any:
    """One start on `folder`; what the child told."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "SORA_STARTUP_FOLDER": str(folder)}
    command = [sys.executable, "-m", "benchmarks.startup", "--child", repr(time.monotonic())]
    told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    return json.loads(told.splitlines()[0])


def forget_files() -> None:
    """Asks the system to forget the files of the program's libraries. It keeps those that another process maps."""
    if not hasattr(os, "posix_fadvise"):
        return
    for root in {path for path in sys.path if Path(path, "PySide6").is_dir()} | {str(Path(__file__).parents[1])}:
        for file in Path(root).rglob("*"):
            if file.suffix in {".so", ".py", ".pyc", ".svg", ".ttf", ".toml"} or ".so." in file.name:
                descriptor = os.open(file, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def told(name: str, runs: list[Any]) -> str:
    times = sorted(run["seconds"] * 1000 for run in runs)
    return f"{name:8}{statistics.median(times):8.0f} ms (best {times[0]:.0f}, worst {times[-1]:.0f}, {len(times)} runs)"


def main() -> int:
    parser = argparse.ArgumentParser(description="The start.")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--child", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child is not None:
        return child(arguments.child)
    with tempfile.TemporaryDirectory(prefix="sora-startup-") as name:
        folder = Path(name)
        start(folder / "warm")
        first = [start(folder / f"first{number}") for number in range(arguments.runs)]
        again = [start(folder / "warm") for _ in range(arguments.runs)]
        cold = []
        for _ in range(max(1, arguments.runs // 3)):
            forget_files()
            cold.append(start(folder / "warm"))
    print("From the call to the first picture of the window:")
    print(told("again", again), told("first", first), told("cold", cold), sep="\n")
    late = sorted({module for run in (*first, *again, *cold) for module in run["late"]})
    print(f"{again[0]['modules']} modules by then; too early: {', '.join(late) or 'none'}", load(), sep="\n")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
