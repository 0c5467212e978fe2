"""Some GUI tests once more, on xcb: offscreen is no screen; it has no window manager, no focus and no real pixels.

Those with the marker `on_screen`: where focus, keys, pop-ups, the clipboard, the mouse or the size of a window may come
out otherwise on a real screen. The viewer's pixels are looked at by `test_generation`, drops by `test_references_drag`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.screen import Screen

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
LEAST = 15
"""As many are marked, and more."""


def test_the_gui_tests_pass_on_a_real_screen(screen: Screen) -> None:
    marked = [str(file) for file in (ROOT / "tests" / "gui").glob("test_*.py") if "mark.on_screen" in file.read_text()]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "on_screen", *marked],
        cwd=ROOT,
        env={**os.environ, **screen.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=390,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-20_000:]
    last = ended.stdout.splitlines()[-1]
    assert int(last.split(" passed")[0].split()[-1]) >= LEAST
    assert "skipped" not in last
