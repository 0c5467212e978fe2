"""The real program on a real (virtual) screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.program import Program
from support.screen import Screen


@pytest.fixture(scope="session")
def screen() -> Iterator[Screen]:
    """One X server with a window manager for all tests; each closes its windows."""
    screen = Screen()
    yield screen
    screen.close()


@pytest.fixture
def program(screen: Screen, home: Path) -> Iterator[Program]:
    """The program on an empty data folder, not started. At the end it closes well, with nothing to complain of."""
    program = Program(screen, home / "a folder")
    yield program
    assert program.close() == 0
    assert program.complaints() == []
