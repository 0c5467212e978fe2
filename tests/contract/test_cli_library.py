"""`sora-desktop library`: what stands in the library, its tags, and taking clips out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Clip, Marks
from sora_desktop.storage.clips import ClipStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.paths import Paths
from support.commands import CommandLine
from support.jobs import NOW, made


async def fill(data: Path) -> tuple[Job, Job]:
    """Two finished clips, one of them a favourite whose file is there, and a job that is not finished."""
    paths = Paths.at(data)
    paths.videos.mkdir()
    there = paths.videos / "boat.mp4"
    there.touch()
    boat = made("A paper boat \x1b[31m", State.DONE, id="aaaa1111", path=str(there), finished_at=NOW, final=6.0)
    rain = made("Rain", State.DONE, id="aaaa2222", path="/gone/rain.mp4", finished_at=NOW + 60)
    database = Database(paths.database)
    await database.open()
    await JobStore(database).add([boat, rain, made("not yet")])
    marks = Marks(favourite=True, rating=4, tags=("Größe",), notes="for Anna")
    await ClipStore(database).save_marks([Clip(job=boat, marks=marks)])
    await database.close()
    return boat, rain


def test_clips_are_listed_found_tagged_and_taken_out(sora: CommandLine) -> None:
    boat, rain = asyncio.run(fill(sora.data))
    listed = sora("library", "list", "--json")
    assert [found["id"] for found in listed.objects] == [rain.id, boat.id]
    assert listed.objects[1] == {
        "id": boat.id,
        "remote_id": "",
        "path": boat.path,
        "credits": 6.0,
        "account": "simulator-rivya",
        "provider": "rivya",
        "model": "sora-2",
        "prompt": "A paper boat \x1b[31m",
        "made_at": NOW,
        "missing": False,
        "favourite": True,
        "rating": 4,
        "reviewed": False,
        "tags": ["Größe"],
        "notes": "for Anna",
    }
    assert listed.objects[0]["missing"] is True
    shown = sora("library", "list")
    assert "\x1b" not in shown.out and f"{rain.path} (missing)" in shown.out and "Größe" in shown.out
    for narrowed in (("--favourites",), ("--text", "ANNA grosse"), ("--text", "boat.mp4", "--favourites")):
        assert [found["id"] for found in sora("library", "list", "--json", *narrowed).objects] == [boat.id]

    tagged = sora("library", "tag", "aaaa2", " GRÖSSE ")
    assert (tagged.code, tagged.out) == (0, "aaaa2222: Größe\n")
    assert sora("library", "tag", rain.id, "grosse", "--off").out == "aaaa2222: no tags\n"

    removed = sora("library", "remove", rain.id, "aaaa1")
    assert removed.code == 0 and len(removed.out.splitlines()) == 2
    assert sora("library", "list", "--json").objects == [] and Path(boat.path).exists()
    assert len(sora.jobs()) == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("tag", "aaaa", "x"), "Several clips begin with “aaaa”"),
        (("tag", "nobody", "x"), "There is no clip “nobody”"),
        (("remove", ""), "There is no clip “”"),
        (("tag", "aaaa1111", " # "), "Write a word or two"),
        (("remove",), "the following arguments are required: ID"),
        ((), "the following arguments are required: list|tag|remove"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    sora: CommandLine, arguments: tuple[str, ...], sentence: str
) -> None:
    asyncio.run(fill(sora.data))
    outcome = sora("library", *arguments)
    assert outcome.code == 2 and outcome.out == ""
    assert sentence in outcome.err and len(outcome.err.splitlines()) == 1
