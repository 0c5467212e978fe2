"""Whether there is a screen to open a window on. Qt itself would abort with a hint that misleads."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

NO_DISPLAY = (
    "There is no display to open the window on. Start it from a desktop session; "
    "“sora-desktop --help” lists the commands that need none."
)
NOT_ANSWERING = "The display {name} does not answer, so the window cannot be opened. Start it from a desktop session."


def missing() -> str:
    """The reason in a sentence, empty where a window can be opened (or where only Qt can tell)."""
    if sys.platform in {"win32", "darwin"}:
        return ""
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if platform and platform not in {"xcb", "wayland", "wayland-egl"}:
        return ""
    x11, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    if platform == "xcb":
        wayland = ""
    elif platform:
        x11 = ""
    if not x11 and not wayland:
        return NO_DISPLAY
    if (wayland and _wayland_answers(wayland)) or (x11 and _x11_answers(x11)):
        return ""
    return NOT_ANSWERING.format(name=wayland or x11)


def _wayland_answers(name: str) -> bool:
    return _connects(str(Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / name))


def _x11_answers(name: str) -> bool:
    """Tries the X server's socket (X(7), "Display names"). A name that cannot be read is left to Qt."""
    found = re.fullmatch(r"(?:([^:/]*)(?:/unix)?):(\d+)(?:\.\d+)?", name)
    if not found:
        return True
    host, number = found[1], int(found[2])
    if host not in {"", "unix"}:
        try:
            with socket.create_connection((host, 6000 + number), timeout=5):
                return True
        except OSError:
            return False
    path = f"/tmp/.X11-unix/X{number}"
    return _connects(path) or _connects(f"\0{path}")


def _connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        try:
            client.connect(path)
        except OSError:
            return False
        return True
