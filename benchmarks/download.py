"""A download through the engine on the window's loop, against curl.

    python -m benchmarks.download --megabytes 500 --runs 5

Both fetch the same clip (a short one, padded by an MP4 `free` box) from a server of its own process on loopback, in
turns. curl writes it and is done; the engine also checks that it is whole and decodes, syncs it to the disk, names it,
draws its thumbnail and commits the row. "curl, synced" is curl and `sync`, the nearer peer. Meanwhile the heartbeat of
the window's loop is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socketserver
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from benchmarks.heartbeat import Heartbeat, load
from benchmarks.window import in_window
from sora_desktop.assembly import Assembly
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.media.render import render
from sora_desktop.ui.main_window import MainWindow

MEGABYTE = 1_000_000


def padded(file: Path, size: int) -> None:
    """A clip of `size` bytes that plays: the rest is a box that every reader skips (ISO 14496-12, 8.1.2)."""
    render(file, "A download.", width=320, height=180, seconds=2, fps=10, rate=16_000)
    rest = size - file.stat().st_size
    with file.open("ab") as out:
        out.write(struct.pack(">I4s", rest, b"free"))
        block = bytes(MEGABYTE)
        for start in range(8, rest, MEGABYTE):
            out.write(block[: min(MEGABYTE, rest - start)])


class Files(socketserver.ThreadingTCPServer):
    """Serves one file by sendfile, as web servers do."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, file: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.file = file


class Answer(socketserver.StreamRequestHandler):
    server: Files

    def handle(self) -> None:
        while line := self.rfile.readline():
            if line in {b"\r\n", b"\n"}:
                break
        size = self.server.file.stat().st_size
        words = f'content-type: video/mp4\r\ncontent-length: {size}\r\netag: "one"\r\nconnection: close'
        self.wfile.write(f"HTTP/1.1 200 OK\r\n{words}\r\n\r\n".encode())
        with self.server.file.open("rb") as file:
            self.request.sendfile(file)


def serve(file: Path) -> int:
    """Serves until standard input ends; says the address first."""
    with Files(file) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}/clip.mp4", flush=True)
        sys.stdin.read()
        server.shutdown()
    return 0


async def by_engine(rooms: Assembly, url: str) -> tuple[float, float]:
    """Seconds from the order to the finished row, and those of them in which this process had a processor."""
    account = next(account for account in rooms.accounts.all if account.provider == "rivya")
    request = GenerationRequest(provider="rivya", model="sora-2", prompt="A download.")
    job = Job(
        id=uuid.uuid4().hex,
        intent="download",
        account=account.id,
        base_url="",
        request=request,
        state=State.DOWNLOADING,
        remote_id="task_download",
        created_at=time.time(),
        urls=(url,),
    )
    ended = asyncio.Event()

    def on_changed(changed: Job) -> None:
        if changed.id == job.id and changed.ended:
            ended.set()

    disconnect = rooms.engine.job_changed.connect(on_changed)
    began, processor = time.perf_counter(), time.process_time()
    await rooms.engine.restore(job)
    await ended.wait()
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    disconnect()
    done = rooms.engine.jobs[job.id]
    assert done.state is State.DONE, done.failure
    await _thread("rm", done.path)
    return seconds, processor


async def by_curl(url: str, target: Path, *, synced: bool) -> float:
    began = time.perf_counter()
    await _thread("curl", "-s", "-o", str(target), url)
    if synced:
        await _thread("sync", str(target))
    seconds = time.perf_counter() - began
    await _thread("rm", str(target))
    return seconds


async def _thread(*command: str) -> None:
    await asyncio.get_running_loop().run_in_executor(None, lambda: subprocess.run(command, check=True))


def main() -> int:
    parser = argparse.ArgumentParser(description="A download.")
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments.serve)
    ways: dict[str, list[float]] = {"curl": [], "curl, synced": [], "Sora Desktop": []}
    gaps: list[float] = []
    processors: list[float] = []

    with tempfile.TemporaryDirectory(prefix="sora-download-") as name:
        folder = Path(name)
        padded(folder / "clip.mp4", arguments.megabytes * MEGABYTE)
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.download", "--serve", str(folder / "clip.mp4")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        url = server.stdout.readline().strip()

        async def work(rooms: Assembly, window: MainWindow) -> None:
            await asyncio.sleep(2)
            await by_engine(rooms, url)  # The first one imports the codecs.
            for _ in range(arguments.runs):
                if shutil.which("curl"):
                    ways["curl"].append(await by_curl(url, folder / "curl", synced=False))
                    ways["curl, synced"].append(await by_curl(url, folder / "curl", synced=True))
                heart = Heartbeat()
                seconds, processor = await by_engine(rooms, url)
                ways["Sora Desktop"].append(seconds)
                processors.append(processor)
                heart.stop()
                gaps.append(max(gap.held for gap in heart.gaps))

        try:
            defects = in_window(folder / "data", work)
        finally:
            server.communicate()
    print(f"{arguments.megabytes} MB over loopback, median of {arguments.runs}:")
    for way, times in ways.items():
        if times:
            middle = statistics.median(times)
            spread = f"{middle:.2f} s; {min(times):.2f} to {max(times):.2f}"
            print(f"{way:14}{arguments.megabytes / middle:6.0f} MB/s ({spread})")
    print(f"Sora Desktop takes {statistics.median(processors):.2f} s of processor for it, checking and painting too;")
    print(f"heartbeat of its window meanwhile: at worst {max(gaps) * 1000:.1f} ms", load(), *defects, sep="\n")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
