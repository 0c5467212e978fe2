"""A real drag between two programs on a real screen: XDND, from another window into the compose column."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import drag_source
from support.drops import photo
from support.program import Program
from support.screen import Screen, wait_for

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

AT = (1000, 500)
"""Where the other window is; it is held in its middle."""
PROMPT, REST = (150, 200), (150, 700)
"""Places in the compose column: over the text, and over what is below it."""


@contextmanager
def another_window(screen: Screen, kind: str, *values: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, drag_source.__file__, str(AT[0]), str(AT[1]), kind, *values],
        env={**os.environ, **screen.environment},
    )
    try:
        screen.window("drag source")
        screen.wait_until_still()
        yield
    finally:
        process.terminate()
        process.wait(10)


def references(program: Program) -> list[dict]:
    drafts = program.drafts()
    return drafts[0]["references"] if drafts else []


@pytest.mark.parametrize("place", [PROMPT, REST], ids=["over the prompt", "below it"])
def test_a_file_of_another_program_becomes_a_reference(
    program: Program, tmp_path: Path, place: tuple[int, int]
) -> None:
    file = photo(tmp_path / "a harbour.jpg", 640, 360, kind="PNG")
    program.start()
    screen = program.screen
    with another_window(screen, "files", str(file)):
        before = screen.picture()
        screen.drag((AT[0] + 60, AT[1] + 40), place)
        lit = screen.picture()
        screen.let_go()
        (found,) = wait_for(lambda: references(program), 10, "a reference in the draft")
    assert (found["name"], found["mime"], found["width"]) == ("a harbour.jpg", "image/png", 640)
    assert program.drafts()[0]["prompt"] == "", "its path did not get into the text"
    # The drop zone was lit while the file hung over the column: its plate has the selection's colour (#21364C).
    column = (0, 60, 376, 860)
    seen = {colour for _count, colour in lit.crop(column).getcolors(1 << 20) or []}
    assert (0x21, 0x36, 0x4C) in seen
    assert (0x21, 0x36, 0x4C) not in {colour for _count, colour in before.crop(column).getcolors(1 << 20) or []}
    assert len(list((program.data / "references").glob("??/*.png"))) == 1, "a copy is kept"


def test_pixels_of_another_program_become_a_reference(program: Program) -> None:
    program.start()
    with another_window(program.screen, "image"):
        program.screen.drag((AT[0] + 60, AT[1] + 40), REST)
        program.screen.let_go()
        (found,) = wait_for(lambda: references(program), 10, "a reference in the draft")
    assert (found["width"], found["height"], found["mime"]) == (320, 180, "image/png")


def test_what_is_no_picture_is_refused_and_nothing_breaks(program: Program, tmp_path: Path) -> None:
    pdf, picture = tmp_path / "notes.pdf", photo(tmp_path / "b.webp")
    pdf.write_bytes(b"%PDF-1.7 nothing to see")
    program.start()
    with another_window(program.screen, "files", str(pdf), str(picture)):
        program.screen.drag((AT[0] + 60, AT[1] + 40), REST)
        program.screen.let_go()
        found = wait_for(lambda: references(program), 10, "a reference in the draft")
    assert [one["name"] for one in found] == ["b.webp"]
