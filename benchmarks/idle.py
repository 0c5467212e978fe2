"""What the window costs while nobody touches it: with nothing to do, and with a thousand jobs that are watched.

    python -m benchmarks.idle --jobs 1000 --seconds 20

The jobs are at a service (the simulator, in a process of its own) at the pace of real ones, and are asked for by the
published rhythm: Rivya's each 5 to 10 s, GlobalAIOPC's each 30 to 60 s. Counted is the processor time of this process.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.heartbeat import Heartbeat, load
from benchmarks.service import Service
from benchmarks.soak import submit
from benchmarks.window import in_window
from sora_desktop.assembly import Assembly
from sora_desktop.core.jobs import REMOTE
from sora_desktop.ui.main_window import MainWindow


async def cost(rooms: Assembly, name: str, seconds: float) -> str:
    """Waits, and says what that cost."""
    watched = sum(job.state in REMOTE for job in rooms.engine.jobs.values())
    heart = Heartbeat() if watched else None
    began, processor = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    share = (time.process_time() - processor) / (time.perf_counter() - began)
    line = f"{name:22}{share:8.2%} of one core, {watched} jobs at the service"
    if heart is not None:
        heart.stop()
        line += f", heartbeat at worst {max(gap.held for gap in heart.gaps) * 1000:.1f} ms"
    return line


def main() -> int:
    parser = argparse.ArgumentParser(description="The cost of waiting.")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    lines: list[str] = []

    with tempfile.TemporaryDirectory(prefix="sora-idle-") as name:
        service = Service(Path(name) / "simulator", 1.0, behind=True)

        async def work(rooms: Assembly, window: MainWindow) -> None:
            await asyncio.sleep(3)
            lines.append(await cost(rooms, "nothing to do", arguments.seconds))
            await submit(rooms, service, arguments.jobs)
            while any(job.state not in REMOTE for job in rooms.engine.jobs.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
            await asyncio.sleep(5)
            lines.append(await cost(rooms, f"{arguments.jobs} jobs, shown", arguments.seconds))
            window.hide()
            lines.append(await cost(rooms, f"{arguments.jobs} jobs, hidden", arguments.seconds))

        try:
            defects = in_window(Path(name) / "data", work)
        finally:
            service.close()
    print(*lines, load(), *defects, sep="\n")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
