"""Reads the catalogue that ships with the program, and the user's own files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sora_desktop.core.catalog import Catalog, parse
from sora_desktop.core.reasons import Reason
from sora_desktop.storage.library import disk_problems, ensure_folder
from sora_desktop.storage.resources import resource

MOST_FILES = 200
MOST_BYTES = 2_000_000
"""Of a provider's file. A larger one is none."""


@dataclass(frozen=True, slots=True)
class UserFile:
    """A file of the user's that describes a service: its name, and its text or why it cannot be read."""

    name: str
    text: str = ""
    problem: str = ""


def user_files(folder: Path) -> tuple[UserFile, ...]:
    """Every `*.toml` of `folder` in the order of the names; none where there is no such folder. Never raises."""
    try:
        files = sorted(file for file in folder.glob("*.toml") if not file.name.startswith("."))
    except OSError:
        return ()
    return tuple(user_file(file) for file in files[:MOST_FILES])


def add_user_file(folder: Path, file: UserFile) -> Path:
    """Puts a file into `folder`, under another name where one of its name is there. Raises EnvironmentProblem."""
    ensure_folder(folder, private=True)
    stem = Path(file.name).stem
    with disk_problems(folder):
        for number in count(1):
            target = folder / (f"{stem}.toml" if number == 1 else f"{stem} ({number}).toml")
            try:
                with target.open("x", encoding="utf-8", newline="") as made:
                    made.write(file.text)
            except FileExistsError:
                continue
            return target
    raise AssertionError("there is always a free name")


def user_file(file: Path) -> UserFile:
    """A file of the user's, wherever it is. Never raises."""
    try:
        if not file.is_file():
            return UserFile(file.name, problem=Reason("this is no file"))
        with file.open("rb") as content:
            data = content.read(MOST_BYTES + 1)
    except OSError as error:
        return UserFile(file.name, problem=Reason("it cannot be read: {reason}", reason=error.strerror or str(error)))
    if len(data) > MOST_BYTES:
        return UserFile(file.name, problem=Reason("it is larger than {limit} MB", limit=str(MOST_BYTES // 1_000_000)))
    try:
        return UserFile(file.name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return UserFile(file.name, problem=Reason("line {line} is no UTF-8", line=str(line)))


def load_catalog(folder: Path | None = None) -> Catalog:
    """Every provider of `folder` (the shipped catalogue by default), in the order of the file names.

    Raises CatalogError with the file, the place and the reason.
    """
    files = sorted((folder or resource("catalog")).glob("*.toml"))
    return Catalog(parse(file.read_text(encoding="utf-8"), file.name) for file in files)
