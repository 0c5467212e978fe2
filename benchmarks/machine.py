"""Did the machine itself stand still? On a virtual one the host may take every processor away for 100 ms.

One tiny process on each of the first processors sleeps a few milliseconds at a time and notes when it woke late
although it had not to wait for its processor: that one stood still, and with it what was to run there. It may have been
the loop's thread, or another of the program that held the interpreter or a lock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

Span = tuple[float, float]
"""From and to, in seconds of `time.perf_counter`, which all processes of a machine share."""

NAP = 0.005
LATE = 0.005
MOST = 4
"""Processors that are watched."""


class Machine:
    """Watches until `stop`; then `stood` tells. Where the kernel does not say who waited for a processor: nothing."""

    def __init__(self) -> None:
        self._processes: dict[int, tuple[subprocess.Popen[bytes], Path]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sora-machine-")
        self.stood: dict[int, list[Span]] = {}
        """When a processor stood still, in order."""
        if not sys.platform.startswith("linux") or not Path("/proc/self/schedstat").exists():
            return
        for processor in sorted(os.sched_getaffinity(0))[:MOST]:
            path = Path(self._folder.name, str(processor))
            command = [sys.executable, "-S", "-E", __file__, str(processor), str(path)]
            self._processes[processor] = subprocess.Popen(command), path

    def stop(self) -> None:
        for processor, (process, path) in self._processes.items():
            process.kill()
            process.wait()
            lines = path.read_text().splitlines() if path.exists() else []
            self.stood[processor] = [(float(line.split()[0]), float(line.split()[1])) for line in lines]
        self._processes.clear()
        self._folder.cleanup()

    def share(self, begin: float, end: float) -> float:
        """Seconds between two moments in which a processor stood still: that one which did longest."""
        return max((self.stood_on(processor, begin, end) for processor in self.stood), default=0.0)

    def stood_on(self, processor: int, begin: float, end: float) -> float:
        """Seconds between two moments in which this processor stood still; 0 for one that is not watched."""
        spans = self.stood.get(processor, ())
        return sum(min(end, to) - max(begin, since) for since, to in spans if since < end and to > begin)


def watch(processor: int, path: str) -> None:
    """The process: until its parent is gone."""
    os.sched_setaffinity(0, {processor})
    parent = os.getppid()
    stat = os.open("/proc/self/schedstat", os.O_RDONLY)
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while os.getppid() == parent:
        waited, due = _waited(stat), time.perf_counter() + NAP
        time.sleep(NAP)
        now = time.perf_counter()
        since = due + _waited(stat) - waited
        if now - since > LATE:
            os.write(out, f"{since} {now}\n".encode())


def _waited(stat: int) -> float:
    """Seconds for which this process was ready and had no processor."""
    return int(os.pread(stat, 100, 0).split()[1]) / 1e9


if __name__ == "__main__":
    watch(int(sys.argv[1]), sys.argv[2])
