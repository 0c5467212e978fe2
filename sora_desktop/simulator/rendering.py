"""Makes the clips of accepted tasks, one at a time, on a thread of its own."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from sora_desktop.media.render import Stopped, render
from sora_desktop.simulator.tasks import Task

log = logging.getLogger(__name__)

LIGHT_FPS = 10
LIGHT_SCALE = 4
LIGHT_RATE = 16_000


class Rendering:
    """The worker. `light` makes small clips with ten frames a second, for storms of hundreds of tasks."""

    def __init__(self, folder: Path, *, light: bool = False) -> None:
        self._folder = folder
        self._light = light
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
        scale = LIGHT_SCALE if self._light else 1
        if not target.exists():
            render(
                target,
                task.prompt,
                width=task.width // scale // 2 * 2,
                height=task.height // scale // 2 * 2,
                seconds=task.seconds,
                fps=LIGHT_FPS if self._light else 30,
                rate=LIGHT_RATE if self._light else 48_000,
                caption=f"{task.model} · {task.width} × {task.height} · {task.seconds:g} s",
                stop=self._stop.is_set,
            )
        with target.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
