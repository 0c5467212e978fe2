"""Which files of clips are there: one listing a folder, and a drive that hangs holds nothing up."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import State
from sora_desktop.core.library import Clip
from sora_desktop.engine import clip_files
from sora_desktop.engine.clip_files import MOST_SILENT, ClipFiles
from sora_desktop.media.render import render
from sora_desktop.storage import library
from sora_desktop.storage.paths import Paths
from support.jobs import made


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    render(path, "a boat", width=160, height=90, seconds=0.4, fps=5)
    return path


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.at(tmp_path / "data")


def clips(**paths: Path | str) -> list[Clip]:
    """A clip for each path, by its id; each newer than the one before."""
    return [Clip(job=made(state=State.DONE, id=key, path=str(path))) for key, path in paths.items()]


class Drives:
    """Folders that do not answer until they are told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.answers = threading.Event()
        self._real = library.absent
        monkeypatch.setattr(library, "absent", self._absent)

    def _absent(self, folder: str, names: frozenset[str]) -> set[str]:
        assert threading.current_thread() is not threading.main_thread(), "the loop waits for the disk"
        self.asked.append(folder)
        if "share" in folder:
            self.answers.wait(30)
        return self._real(folder, names)


@pytest.fixture
def drives(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drives]:
    drives = Drives(monkeypatch)
    yield drives
    drives.answers.set()


def test_missing_is_what_is_not_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "there.mp4").touch()
    (tmp_path / "link.mp4").symlink_to("there.mp4")
    (tmp_path / "dangling.mp4").symlink_to("nowhere")
    names = {"there.mp4", "link.mp4", "dangling.mp4", "gone.mp4"}
    assert library.absent(str(tmp_path), names) == {"dangling.mp4", "gone.mp4"}
    assert library.absent(str(tmp_path / "unplugged"), names) == names
    assert library.absent(str(tmp_path / "there.mp4"), names) == names
    assert library.absent("", {""}) == {""}


async def test_a_folder_that_may_not_be_read_says_nothing(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: str) -> None:
        raise PermissionError(folder)

    monkeypatch.setattr(library.os, "scandir", refused)
    assert await ClipFiles(paths).look(clips(a="/locked/a.mp4")) == (set(), set())


async def test_a_drive_that_hangs_is_waited_for_once_and_never_asked_while_it_does(
    tmp_path: Path, paths: Paths, drives: Drives
) -> None:
    for name in ("local", "share"):
        (tmp_path / name).mkdir()
    (tmp_path / "local" / "a.mp4").touch()
    files = clips(
        far=tmp_path / "share" / "x.mp4", here=tmp_path / "local" / "a.mp4", gone=tmp_path / "local" / "b.mp4"
    )
    looker = ClipFiles(paths, patience=0.05)
    for _ in range(3):
        assert await looker.look(files) == ({"gone"}, {"here"})
    assert drives.asked.count(str(tmp_path / "share")) == 1
    drives.answers.set()
    missing = set[str]()
    while "far" not in missing:
        missing, _ = await looker.look(files)
    assert missing == {"gone", "far"}


async def test_however_many_folders_hang_the_threads_are_few(tmp_path: Path, paths: Paths, drives: Drives) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "a.mp4").touch()
    local = clips(here=tmp_path / "local" / "a.mp4")
    looker = ClipFiles(paths, patience=0.05)
    assert await looker.look(local) == (set(), {"here"})
    shares = clips(**{f"far{number}": tmp_path / f"share{number}" / "a.mp4" for number in range(20)})
    # What answered before is asked first, so that it still does.
    assert await looker.look(shares + local) == (set(), {"here"})
    assert len([folder for folder in drives.asked if "share" in folder]) == MOST_SILENT
    with pytest.raises(UserError, match="clip_file_silent"):
        await looker.measure(tmp_path / "local" / "a.mp4")


async def test_a_file_is_measured_if_it_is_a_video(tmp_path: Path, paths: Paths, video: Path) -> None:
    looker = ClipFiles(paths)
    assert await looker.measure(video) == video.stat().st_size
    text = tmp_path / "notes.mp4"
    text.write_text("no video")
    for bad in (text, tmp_path / "gone.mp4", tmp_path):
        with pytest.raises(UserError, match="clip_not_video") as caught:
            await looker.measure(bad)
        assert caught.value.words == {"name": bad.name}


async def test_a_video_is_described_and_what_is_none_has_no_description(
    tmp_path: Path, paths: Paths, video: Path
) -> None:
    files = ClipFiles(paths)
    described = await files.describe(video)
    assert described is not None
    assert (described.width, described.height, described.fps) == (160, 90, 5)
    (tmp_path / "text.mp4").write_text("no video")
    assert await files.describe(tmp_path / "text.mp4") is None
    assert await files.describe(tmp_path / "gone.mp4") is None


async def test_thumbnails_that_are_not_there_are_drawn_a_few_at_a_time(
    tmp_path: Path, paths: Paths, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_files, "MOST_DRAWN", 2)
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    library.thumbnail_path(paths, "has").write_text("drawn before")
    files = clips(two=video, one=video, broken=broken, has=video)
    looker = ClipFiles(paths)
    rounds = list[list[str]]()
    for _ in range(3):
        rounds.append([])
        await looker.draw_missing(files, rounds[-1].append)
    # The broken one is not tried a second time.
    assert rounds == [["one"], ["two"], []]
    assert library.thumbnail_path(paths, "two").read_bytes()[:2] == b"\xff\xd8"
    assert library.thumbnail_path(paths, "has").read_text() == "drawn before"


async def test_thumbnails_of_nobody_are_removed_when_they_are_old(paths: Paths) -> None:
    for name in ("kept", "old", "young"):
        library.thumbnail_path(paths, name).touch()
    yesterday = time.time() - 90_000
    for name in ("kept", "old"):
        os.utime(library.thumbnail_path(paths, name), (yesterday, yesterday))
    await ClipFiles(paths).forget_pictures({"kept"})
    assert {path.stem for path in paths.thumbnails.iterdir()} == {"kept", "young"}
