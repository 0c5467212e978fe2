"""The GUI tests once more, on xcb: offscreen is no screen; it has no window manager, no focus and no real pixels."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.screen import Screen

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
FILES = ("compose", "main_window")
"""Where focus, pop-ups and keys matter; the others would say the same twice, and the viewer's pixels are looked at by
`test_generation`."""


def test_the_gui_tests_pass_on_a_real_screen(screen: Screen) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(f"tests/gui/test_{name}.py" for name in FILES)],
        cwd=ROOT,
        env={**os.environ, **screen.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=390,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-20_000:]
    assert " passed" in ended.stdout.splitlines()[-1]
    assert "skipped" not in ended.stdout.splitlines()[-1]
