"""From the keys to the picture: a prompt is typed, a clip is made, the viewer shows it. And again after a kill."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sora_desktop.media.probe import check
from sora_desktop.media.scene import frame_number
from sora_desktop.ui import tokens
from support.program import COMMAND, Program, environment
from support.screen import wait_for

pytestmark = pytest.mark.desktop

PROMPT = "A paper boat on a still lake, slow dolly left"
REMOTE = ("queued", "processing")
Box = tuple[int, int, int, int]


def generate(program: Program, prompt: str) -> None:
    """What a person does: go to the prompt, write, and press Ctrl+Return."""
    program.start()
    program.screen.key("ctrl+l")
    program.screen.type(prompt)
    program.screen.key("ctrl+Return")


def test_a_typed_prompt_becomes_a_clip_that_the_viewer_plays(program: Program) -> None:
    program.light = False
    generate(program, PROMPT)
    begun = time.monotonic()
    job = program.wait_for_job("done", "failed")
    assert time.monotonic() - begun < 30
    assert (job["state"], job["failure"], job["request"]["prompt"]) == ("done", None, PROMPT)
    clip = check(Path(job["path"]))
    assert clip.has_audio
    assert Path(job["path"]).parent == program.data / "videos"
    assert program.ledger()["billed_tasks"] == 1

    first = next(shown_frames(program, clip.width, clip.height))
    assert first.number == 0, "the first frame stands there, until it is played"
    program.screen.click(*first.middle)
    seen = {shown.number: shown for shown in itertools.islice(shown_frames(program, clip.width, clip.height), 5)}
    assert len(seen) == 5
    for number, picture in decoded(Path(job["path"]), set(seen)).items():
        assert seen[number].differs_from(picture) < 6, f"frame {number}"

    listed = subprocess.run(
        [*COMMAND, "jobs", "--json", "--data-dir", str(program.data)],
        env=environment(),
        capture_output=True,
        check=True,
        timeout=30,
    )
    (line,) = listed.stdout.splitlines()
    printed = json.loads(line)
    assert (printed["id"], printed["state"], printed["path"]) == (job["id"], "done", job["path"])


class Shown:
    """One frame as it stood on the screen: its number, read from the picture itself, its place and its pixels."""

    def __init__(self, number: int, box: Box, pixels: Image.Image) -> None:
        self.number, self.pixels = number, pixels
        self.middle = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2

    def differs_from(self, frame: Image.Image) -> float:
        """The mean difference of a colour value (0 to 255) from the decoded frame."""
        scaled = frame.resize(self.pixels.size, Image.Resampling.BILINEAR)
        return sum(ImageStat.Stat(ImageChops.difference(scaled, self.pixels)).mean) / 3


def shown_frames(program: Program, width: int, height: int) -> Iterator[Shown]:
    """The frames that are seen in the viewer, each once; it waits for the next."""
    last = -1

    def look() -> Shown | None:
        screen = program.screen.picture()
        box = place_of_the_video(screen)
        if box is None:
            return None
        pixels = screen.crop(box)
        number = frame_number(pixels.resize((width, height), Image.Resampling.BILINEAR))
        return Shown(number, box, pixels) if number is not None and number != last else None

    while True:
        shown = wait_for(look, 15, f"another frame than {last} in the viewer")
        last = shown.number
        yield shown


def place_of_the_video(screen: Image.Image) -> Box | None:
    """Where the video is: what is not the viewer's well within the well."""
    for well in {theme.well for theme in (tokens.DARK, tokens.LIGHT)}:
        same = ImageChops.difference(screen, Image.new("RGB", screen.size, well)).convert("L")
        mask = same.point([255] + [0] * 255)
        box = _dense_box(mask)
        if box is None:
            continue
        inner = mask.crop(box).point([255] + [0] * 255).getbbox()
        if inner is not None:
            left, top = box[0] + inner[0], box[1] + inner[1]
            return left, top, left + inner[2] - inner[0], top + inner[3] - inner[1]
    return None


def _dense_box(mask: Image.Image) -> Box | None:
    """The box of the rows and columns in which the mask stands for more than stray pixels."""
    columns = mask.resize((mask.width, 1), Image.Resampling.BOX).point([0] * 4 + [255] * 252).getbbox()
    rows = mask.resize((1, mask.height), Image.Resampling.BOX).point([0] * 4 + [255] * 252).getbbox()
    return (columns[0], rows[1], columns[2], rows[3]) if columns and rows else None


def decoded(path: Path, numbers: set[int]) -> dict[int, Image.Image]:
    """The frames of these numbers, from the file."""
    with av.open(str(path)) as container:
        frames = enumerate(container.decode(video=0))
        return {number: frame.to_image() for number, frame in frames if number in numbers}


@pytest.mark.parametrize("states", [REMOTE, ("downloading", "done")], ids="-".join)
def test_killed_in_mid_generation_the_clip_is_there_after_a_restart_and_paid_once(
    program: Program, states: tuple[str, ...]
) -> None:
    generate(program, PROMPT)
    killed = program.wait_for_job(*states)
    program.kill()
    program.start()
    went_on(program, killed)


def went_on(program: Program, killed: dict[str, Any]) -> None:
    """The job is done, its clip is there, and it was paid once."""
    job = program.wait_for_job("done", "failed", "uncertain", "expired", seconds=60)
    assert (job["id"], job["state"], job["failure"]) == (killed["id"], "done", None)
    assert job["remote_id"] == (killed["remote_id"] or job["remote_id"])
    check(Path(job["path"]))
    assert [file.name for file in (program.data / "videos").iterdir()] == [Path(job["path"]).name]
    assert program.ledger()["billed_tasks"] == 1


def test_a_draft_is_there_after_a_kill_and_so_is_what_was_just_sent_after_another(program: Program) -> None:
    program.start()
    program.screen.key("ctrl+l")
    program.screen.type(PROMPT)
    wait_for(lambda: [draft["prompt"] for draft in program.drafts()] == [PROMPT], 1.5, "the draft in the database")
    program.kill()
    program.start()
    # It stands in the editor, ready to go: what Generate sends is what was typed before the kill.
    program.screen.key("ctrl+Return")
    killed = program.wait_for_job("submitting", *REMOTE)
    assert killed["request"]["prompt"] == PROMPT
    program.kill()
    program.start()
    went_on(program, killed)
