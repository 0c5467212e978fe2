"""Folders, locks, and files that get their names durably and never over another."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.catalog import CatalogError
from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.storage import library
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.storage.lock import OwnerLock
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.resources import resource

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX's")


def part_of(folder: Path, content: bytes = b"video") -> Path:
    part = folder / ".x.part"
    part.write_bytes(content)
    return part


def test_names_are_never_given_twice(tmp_path: Path) -> None:
    assert library.free_path(tmp_path, "a") == tmp_path / "a.mp4"
    (tmp_path / "a.mp4").touch()
    (tmp_path / "a (2).mp4").symlink_to(tmp_path / "nowhere")
    assert library.free_path(tmp_path, "a") == tmp_path / "a (3).mp4"


def test_a_file_gets_its_name(tmp_path: Path) -> None:
    part = part_of(tmp_path)
    assert library.commit(part, tmp_path / "a.mp4") == tmp_path / "a.mp4"
    assert (tmp_path / "a.mp4").read_bytes() == b"video"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def without_links(*_: object) -> None:
    raise PermissionError(errno.EPERM, "no links here")


@pytest.mark.parametrize("links", [True, False])
def test_another_file_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:
        monkeypatch.setattr(os, "link", without_links)
    (tmp_path / "a.mp4").write_bytes(b"theirs")
    (tmp_path / "a (2).mp4").write_bytes(b"theirs too")
    assert library.commit(part_of(tmp_path), tmp_path / "a.mp4") == tmp_path / "a (3).mp4"
    contents = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert contents == {"a.mp4": b"theirs", "a (2).mp4": b"theirs too", "a (3).mp4": b"video"}


@posix
def test_a_commit_that_was_cut_off_between_link_and_unlink_is_finished(tmp_path: Path) -> None:
    part = part_of(tmp_path)
    os.link(part, tmp_path / "a.mp4")
    assert library.commit(part, tmp_path / "a.mp4") == tmp_path / "a.mp4"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


@posix
def test_content_is_on_the_disk_before_the_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_link = os.fsync, os.link

    def fsync(handle: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "content")
        real_fsync(handle)

    def link(source: Any, target: Any) -> None:
        steps.append("name")
        real_link(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    library.commit(part_of(tmp_path), tmp_path / "a.mp4")
    assert steps == ["content", "name", "folder"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "folder_readonly"),
        (errno.EACCES, "folder_readonly"),
    ],
)
def test_what_the_disk_says_becomes_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuse(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    part = part_of(tmp_path)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(EnvironmentProblem) as caught:
        library.commit(part, tmp_path / "a.mp4")
    assert caught.value.code == code and part.exists()


def test_other_errors_of_the_disk_are_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="9"), library.disk_problems(tmp_path):
        raise OSError(9999, "a defect 9")


@posix
def test_new_folders_are_private_and_old_ones_are_left_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    library.ensure_folder(tmp_path / "a" / "b")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b", ".")] == [0o700, 0o700, 0o755]
    library.ensure_folder(tmp_path, private=True)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert not list((tmp_path / "a" / "b").iterdir())


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(EnvironmentProblem) as caught:
            library.ensure_folder(folder)
        assert caught.value.code == "folder_readonly" and caught.value.words["folder"] == str(folder)


@posix
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(library.tempfile, "TemporaryFile", refuse)
    with pytest.raises(EnvironmentProblem) as caught:
        library.ensure_folder(tmp_path)
    assert caught.value.code == "folder_readonly"


def test_free_space_is_asked_where_the_folder_will_be(tmp_path: Path) -> None:
    assert library.free_space(tmp_path / "not" / "yet") > 0


def test_a_data_folder_holds_everything(tmp_path: Path) -> None:
    paths = Paths.at(tmp_path / "data")
    everything = (paths.videos, paths.logs, paths.simulator, paths.thumbnails, paths.database)
    assert all(path.is_relative_to(tmp_path / "data") for path in everything)
    assert paths.videos == tmp_path / "data" / "videos" and not paths.videos.exists()
    if os.name == "posix":
        made = (paths.data, paths.logs, paths.simulator, paths.thumbnails)
        assert {folder.stat().st_mode & 0o777 for folder in made} == {0o700}


def test_a_relative_data_folder_stays_where_it_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Paths.at(Path("here")).data == tmp_path / "here"


def test_the_standard_places_are_the_platforms(home: Path) -> None:
    paths = Paths.standard()
    assert paths.data.name == "Sora Desktop" and paths.videos.name == "Sora Desktop"
    assert paths.data.is_relative_to(home) and paths.videos.is_relative_to(home)


def test_a_job_id_never_leaves_the_folder_of_thumbnails(tmp_path: Path) -> None:
    paths = Paths.at(tmp_path)
    for job_id in ("1a2b", "../../x", "/etc/passwd", "..", ""):
        assert library.thumbnail_path(paths, job_id).parent == paths.thumbnails


HOLDER = """
import sys
from pathlib import Path
from sora_desktop.storage.lock import OwnerLock
from sora_desktop.storage.paths import Paths

lock = OwnerLock(Paths.at(Path(sys.argv[1])))
assert lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_one_process_owns_a_data_folder_until_it_ends(tmp_path: Path) -> None:
    paths = Paths.at(tmp_path)
    lock = OwnerLock(paths)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert not lock.acquire() and not lock.held
        holder.kill()
    assert lock.acquire() and lock.held
    assert not OwnerLock(paths).acquire()
    lock.release()
    assert not lock.held and OwnerLock(paths).acquire()


def test_what_ships_is_found() -> None:
    assert next(file.name for file in sorted(resource("migrations").iterdir())) == "0001_first.sql"
    catalog = load_catalog()
    assert {provider.id for provider in catalog.providers} >= {"rivya", "globalaiopc"}
    assert all(provider.models for provider in catalog.providers if provider.base_url)


def test_a_broken_catalogue_says_where(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text('id = "x"\nname = "X"\ndialect = "x"\nbase_url = "u"\nsurprise = 1\n')
    with pytest.raises(CatalogError, match=r"odd\.toml: surprise"):
        load_catalog(tmp_path)
