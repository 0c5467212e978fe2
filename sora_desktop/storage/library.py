"""Files of the library: free names, durable commits, folders."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.naming import safe_component

if TYPE_CHECKING:
    from sora_desktop.storage.paths import Paths

FULL = {errno.ENOSPC, errno.EDQUOT}
READONLY = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG}
DAY = 86_400
WITHOUT_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
"""What file systems without hard links (FAT, some network shares) answer to a link."""


@contextmanager
def disk_problems(folder: Path) -> Generator[None]:
    """Turns what a disk answers into EnvironmentProblem `disk_full` or `folder_readonly`; other errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise EnvironmentProblem("disk_full") from error
        if error.errno in READONLY:
            raise EnvironmentProblem("folder_readonly", folder=str(folder)) from error
        raise


def ensure_folder(folder: Path, *, private: bool = False) -> Path:
    """Makes `folder` and its parents and proves that a file can be written there.

    A new folder is the user's alone (0700); `private` makes an existing one so too. Raises EnvironmentProblem
    `folder_readonly` or `disk_full`.
    """
    with disk_problems(folder):
        missing = [folder, *folder.parents]
        for parent in reversed(missing[: next((i for i, path in enumerate(missing) if path.is_dir()), len(missing))]):
            parent.mkdir(mode=0o700, exist_ok=True)
        if private and os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
        # os.access answers for root and for Windows what is not so: only a file proves it.
        with tempfile.TemporaryFile(dir=folder):
            pass
    return folder


def free_space(folder: Path) -> int:
    """The bytes free where `folder` is or would be."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free


def absent(folder: str, names: Collection[str]) -> set[str]:
    """Which of `names` are not in `folder`: one listing, however many they are.

    Raises OSError where the folder is there but cannot be read. A listing may spell a name otherwise than it was
    given (macOS; disks that know no case): what is not in it is asked for once more by its name.
    """
    try:
        with os.scandir(folder) as entries:
            listed = {entry.name for entry in entries if not entry.is_symlink()}
    except (FileNotFoundError, NotADirectoryError):
        return set(names)
    return {name for name in names if name not in listed and not Path(folder, name).exists()}


def thumbnail_path(paths: Paths, job_id: str) -> Path:
    return paths.thumbnails / f"{safe_component(job_id)}.jpg"


def remove_thumbnails(paths: Paths, keep: Iterable[str]) -> None:
    """Removes the thumbnails of all jobs but those in `keep`, as far as they are older than a day: of a younger one
    the job may not be known yet. Raises OSError where the folder cannot be read."""
    names = {thumbnail_path(paths, job_id).name for job_id in keep}
    with os.scandir(paths.thumbnails) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.name not in names and entry.stat().st_mtime < time.time() - DAY:
                    Path(entry).unlink()


def _names(folder: Path, name: str, suffix: str) -> Iterator[Path]:
    yield folder / f"{name}{suffix}"
    number = 2
    while True:
        yield folder / f"{name} ({number}){suffix}"
        number += 1


def free_path(folder: Path, name: str, suffix: str = ".mp4") -> Path:
    """The first path of "name.mp4", "name (2).mp4", … that nothing is at. `name` must be one safe path component."""
    return next(path for path in _names(folder, name, suffix) if not os.path.lexists(path))


def commit(part: Path, final: Path) -> Path:
    """Gives the finished `part` its name, durably, and never over another file: "name (2).mp4" then.

    The path that it got is the answer. When this returns, name and content survive a loss of power. Both paths must
    be in one file system. Raises EnvironmentProblem `disk_full` or `folder_readonly`.
    """
    with disk_problems(final.parent):
        # A write handle: Windows flushes no other.
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        for path in _names(final.parent, final.stem, final.suffix):
            if _renamed(part, path):
                _fsync_folder(final.parent)
                return path
    raise AssertionError("names never end")


def _renamed(part: Path, final: Path) -> bool:
    """Renames without overwriting; False when the name is taken."""
    if sys.platform == "win32":
        try:
            part.rename(final)  # Windows' rename never overwrites.
        except FileExistsError:
            return False
        return True
    try:
        os.link(part, final)
    except FileExistsError:
        if not final.samefile(part):  # the same file: a commit that was cut off between link and unlink
            return False
    except OSError as error:
        if error.errno not in WITHOUT_LINKS:
            raise
        try:
            os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        part.replace(final)
        return True
    part.unlink()
    return True


def _fsync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # a folder cannot be opened there; NTFS journals the name
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # file systems that know no such thing
            raise
    finally:
        os.close(handle)
