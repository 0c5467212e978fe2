"""What SQLite says, in our words."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.storage.library import disk_problems

NEARLY_NOTHING = 1_000_000
"""Bytes. With less than this free, an input/output error is a full disk."""


@contextmanager
def database_problems(path: Path) -> Generator[None]:
    """Turns the errors of SQLite and of the disk that concern the machine into EnvironmentProblem; defects pass."""
    try:
        with disk_problems(path.parent):
            yield
    except sqlite3.Error as error:
        problem = _problem(error, path)
        if problem is None:
            raise
        raise problem from error


def _problem(error: sqlite3.Error, path: Path) -> EnvironmentProblem | None:
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code, without SQLite's details
    match code:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return EnvironmentProblem("database_busy")
        case sqlite3.SQLITE_FULL:
            return EnvironmentProblem("disk_full")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return EnvironmentProblem("folder_readonly", folder=str(path.parent))
        case sqlite3.SQLITE_IOERR if _nothing_free(path):
            return EnvironmentProblem("disk_full")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_IOERR:
            return EnvironmentProblem("database_broken", reason=str(error), folder=str(path.parent))
        case _:
            return None


def _nothing_free(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < NEARLY_NOTHING
    except OSError:
        return False
