"""A virtual screen (Xvfb with openbox) of which pictures can be taken, and a hand on its keyboard and mouse."""

from __future__ import annotations

import os
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image

T = TypeVar("T")
SIZE = (1440, 900)


def wait_for(look: Callable[[], T], seconds: float, what: str) -> T:
    """Looks until there is something true, and answers it. AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not after {seconds:g} s"
        time.sleep(0.02)


class Screen:
    """One X server. `environment` is what a program needs to show its window there."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sd-screen-")
        self._file = Path(self._folder.name) / "Xvfb_screen0"
        reader, writer = os.pipe()
        geometry = f"{SIZE[0]}x{SIZE[1]}x24"
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", geometry, "-fbdir", self._folder.name, "-noreset"],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "QT_XCB_GL_INTEGRATION": "none"}
        # A home of its own: it writes there, and reads a menu the user may have.
        self._manager = subprocess.Popen(
            ["openbox", "--sm-disable"],
            env={**os.environ, **self.environment, "HOME": self._folder.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: self._ask("get_num_desktops"), 10, "the window manager")

    def close(self) -> None:
        for process in (self._manager, self._server):
            process.terminate()
            process.wait(10)
        self._folder.cleanup()

    def picture(self) -> Image.Image:
        """What is on the screen now. Xvfb keeps it in a file: XWDFile.h describes the head."""
        content = self._file.read_bytes()
        head = struct.unpack(">25I", content[:100])
        size, width, height, bits, line, colours = head[0], head[4], head[5], head[11], head[12], head[19]
        assert bits == 32
        start = size + colours * 12
        return Image.frombuffer("RGB", (width, height), content[start : start + line * height], "raw", "BGRX", line, 1)

    def wait_until_still(self, seconds: float = 10) -> None:
        """Returns when nothing has changed for a third of a second (a cursor blinks every half)."""
        seen, since = b"", 0.0

        def still() -> bool:
            nonlocal seen, since
            now = self._file.read_bytes()
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > 0.33

        wait_for(still, seconds, "a screen that stands still")

    def window(self, title: str, seconds: float = 20) -> str:
        """The id of the visible window with this title (a regular expression), as soon as there is one."""
        found = wait_for(
            lambda: self._ask("search", "--onlyvisible", "--name", title), seconds, f"a window called {title}"
        )
        return found.split()[0]

    def windows(self, title: str) -> list[str]:
        return self._ask("search", "--onlyvisible", "--name", title).split()

    def classes(self, class_name: str) -> list[str]:
        """The visible windows of a class, by which a desktop knows to which entry they belong."""
        return self._ask("search", "--onlyvisible", "--class", class_name).split()

    def activate(self, window: str) -> None:
        """Gives the keyboard to `window`, and waits until it has it."""
        self._ask("windowactivate", "--sync", window)

    def type(self, text: str) -> None:
        """Types `text` key by key."""
        self._do("type", "--clearmodifiers", "--delay", "8", text)

    def key(self, *names: str) -> None:
        """Presses keys by their X names, as in "ctrl+Return"."""
        self._do("key", "--clearmodifiers", *names)

    def click(self, x: int, y: int) -> None:
        self._do("mousemove", "--sync", str(x), str(y), "click", "1")

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 5) -> None:
        """Presses at `start`, goes to `end` in small moves, waits as a hand does, and lets go."""
        self._do("mousemove", "--sync", str(start[0]), str(start[1]), "mousedown", "1")
        for nudge in range(1, steps + 1):
            self._do("mousemove", "--sync", str(start[0] + 3 * nudge), str(start[1] + 3 * nudge), "sleep", "0.02")
        for step in range(1, steps + 1):
            x, y = (start[axis] + (end[axis] - start[axis]) * step // steps for axis in (0, 1))
            self._do("mousemove", "--sync", str(x), str(y), "sleep", "0.03")
        self._do("sleep", "0.15", "mousemove_relative", "1", "1", "sleep", "0.15")

    def let_go(self) -> None:
        """Ends a drag."""
        self._do("mouseup", "1")

    def _ask(self, *words: str) -> str:
        answer = subprocess.run(
            ["xdotool", *words],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return answer.stdout.strip()

    def _do(self, *words: str) -> None:
        subprocess.run(
            ["xdotool", *words], env={**os.environ, **self.environment}, check=True, timeout=60, capture_output=True
        )
