"""A real drag between two programs on a real screen: XDND, from another window into the compose column."""

from __future__ import annotations

import base64
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
VIEWER = (700, 300)


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


def references(program: Program) -> list[list[dict]]:
    """Those of each draft that has some; the draft that was changed last comes first."""
    return [draft["references"] for draft in program.drafts() if draft["references"]]


def new_draft(program: Program) -> None:
    program.screen.activate(program.screen.window("Sora Desktop"))
    program.screen.key("ctrl+n")
    program.screen.wait_until_still()


def let_go(program: Program, drafts: int = 1) -> list[dict]:
    """Ends the drag; what the draft has taken, which is the first or a later one with references."""
    program.screen.let_go()
    return wait_for(lambda: len(found := references(program)) == drafts and found, 10, "references in the draft")[0]


def test_a_file_of_another_program_becomes_a_reference(program: Program, tmp_path: Path) -> None:
    file = photo(tmp_path / "a harbour.jpg", 640, 360, kind="PNG")
    program.start()
    screen = program.screen
    with another_window(screen, "files", str(file)):
        before = screen.picture()
        screen.drag((AT[0] + 60, AT[1] + 40), REST)
        lit = screen.picture()
        (found,) = let_go(program)
    new_draft(program)
    with another_window(screen, "files", str(file)):
        screen.drag((AT[0] + 60, AT[1] + 40), PROMPT)
        (again,) = let_go(program, 2)
    for each in (found, again):
        assert (each["name"], each["mime"], each["width"]) == ("a harbour.jpg", "image/png", 640)
    assert [draft["prompt"] for draft in program.drafts()] == ["", ""], "its path did not get into the text"
    # The drop zone was lit while the file hung over the column: its plate has the selection's colour (#21364C).
    column = (0, 60, 376, 860)
    seen = {colour for _count, colour in lit.crop(column).getcolors(1 << 20) or []}
    assert (0x21, 0x36, 0x4C) in seen
    assert (0x21, 0x36, 0x4C) not in {colour for _count, colour in before.crop(column).getcolors(1 << 20) or []}
    assert len(list((program.data / "references").glob("??/*.png"))) == 1, "a copy is kept"


def test_pixels_become_a_reference_what_is_no_picture_is_refused_and_nothing_breaks(
    program: Program, tmp_path: Path
) -> None:
    pdf, picture = tmp_path / "notes.pdf", photo(tmp_path / "b.webp")
    pdf.write_bytes(b"%PDF-1.7 nothing to see")
    program.start()
    with another_window(program.screen, "image"):
        program.screen.drag((AT[0] + 60, AT[1] + 40), REST)
        (found,) = let_go(program)
    assert (found["width"], found["height"], found["mime"]) == (320, 180, "image/png")
    new_draft(program)
    with another_window(program.screen, "files", str(pdf), str(picture)):
        program.screen.drag((AT[0] + 60, AT[1] + 40), REST)
        assert [one["name"] for one in let_go(program, 2)] == ["b.webp"]
    new_draft(program)
    address = f"data:image/webp;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    with another_window(program.screen, "page", address):
        program.screen.drag((AT[0] + 60, AT[1] + 40), PROMPT)
        (found,) = let_go(program, 3)
    assert (found["mime"], found["bytes"]) == ("image/webp", picture.stat().st_size), (
        "a browser's picture, byte for byte"
    )
    new_draft(program)
    with another_window(program.screen, "files", str(picture)):
        program.screen.drag((AT[0] + 60, AT[1] + 40), VIEWER)
        assert [one["name"] for one in let_go(program, 4)] == ["b.webp"]
    assert {draft["prompt"] for draft in program.drafts()} == {""}, "an address got into the text"
