"""Makes the clips of accepted tasks, one at a time, on a thread of its own."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import queue
import struct
import threading
from collections.abc import Callable
from pathlib import Path

from sora_desktop.media.render import Stopped, render
from sora_desktop.simulator.tasks import Task

log = logging.getLogger(__name__)

LIGHT_FPS = 10
LIGHT_SCALE = 4
LIGHT_RATE = 16_000
FREE_BOX = struct.Struct(">I4s")
"""The head of an MP4 box that players skip (ISO 14496-12, 8.1.2)."""


class Rendering:
    """The worker.

    `light`, for storms of hundreds of tasks, makes small clips with ten frames a second, and one of each shape and
    length: what tells two of them apart, by bytes and ETag, is a box at their end with the task's id and prompt.
    """

    def __init__(self, folder: Path, *, light: bool = False) -> None:
        self._folder = folder
        self._light = light
        self._drawn: dict[tuple[int, int, float], bytes] = {}
        self._tasks: queue.PriorityQueue[tuple[float, int, Task | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, done: Callable[[str, str], None], failed: Callable[[str, str], None]) -> None:
        """Begins; `done(task id, etag)` and `failed(task id, reason)` are called on the running loop."""
        loop = asyncio.get_running_loop()

        def tell(what: Callable[[str, str], None], task_id: str, words: str) -> None:
            if not self._stop.is_set():
                loop.call_soon_threadsafe(what, task_id, words)

        def work() -> None:
            while (task := self._tasks.get()[2]) is not None and not self._stop.is_set():
                try:
                    tell(done, task.id, self._render(task))
                except Stopped:
                    return
                except Exception as error:
                    log.exception("the clip of %s could not be made", task.id)
                    tell(failed, task.id, str(error))

        self._thread = threading.Thread(target=work, name="rendering", daemon=True)
        self._thread.start()

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Takes a task in; whose time is over soonest is rendered next.

        A clip that is there is not made again, and a task that is to fail needs none.
        """
        if task.outcome != "fail":
            self._tasks.put((0.0 if first else task.done_at, next(self._numbers), task))

    def close(self) -> None:
        """Ends the worker at its next frame."""
        self._stop.set()
        self._tasks.put((0.0, next(self._numbers), None))
        if self._thread is not None:
            self._thread.join()

    def _render(self, task: Task) -> str:
        target = self._folder / f"{task.media}.mp4"
        if not target.exists():
            if self._light:
                self._small(target, task)
            else:
                caption = f"{task.model} · {task.width} × {task.height} · {task.seconds:g} s"
                size = {"width": task.width, "height": task.height}
                render(target, task.prompt, **size, seconds=task.seconds, caption=caption, stop=self._stop.is_set)
        with target.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()

    def _small(self, target: Path, task: Task) -> None:
        shape = (task.width // LIGHT_SCALE // 2 * 2, task.height // LIGHT_SCALE // 2 * 2, task.seconds)
        if shape not in self._drawn:
            width, height, seconds = shape
            light = {"fps": LIGHT_FPS, "rate": LIGHT_RATE, "stop": self._stop.is_set}
            render(target, "A light clip", width=width, height=height, seconds=seconds, **light)
            self._drawn[shape] = target.read_bytes()
        words = f"{task.id} {task.prompt}".encode()
        part = target.with_name(f"{target.name}.part")
        part.write_bytes(self._drawn[shape] + FREE_BOX.pack(FREE_BOX.size + len(words), b"free") + words)
        part.replace(target)
