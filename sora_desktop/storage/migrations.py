"""Brings a database file to this version: linear, in order, with a backup before each step. Runs on the worker."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.storage.resources import resource

APPLICATION_ID = 0x534F5241
"""“SORA”, in the header of the file."""
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    sql: str


def listed(folder: Path | None = None) -> tuple[Migration, ...]:
    """The steps of `folder` (the shipped ones by default), named NNNN_*.sql, without a gap from 1."""
    files = sorted((folder or resource("migrations")).glob("[0-9][0-9][0-9][0-9]_*.sql"))
    steps = tuple(Migration(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files)
    if [step.version for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"migrations are not numbered from 1 without a gap: {[file.name for file in files]}")
    return steps


def version_of(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def refuse_foreign(db: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Raises EnvironmentProblem for a file of a newer version and for one that is not ours. Changes nothing."""
    application = int(db.execute("PRAGMA application_id").fetchone()[0])
    tables = int(db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if application != APPLICATION_ID and (application or tables):
        raise _broken(db, "it belongs to another program")
    if version_of(db) > len(steps):
        raise EnvironmentProblem("database_newer")


def use_wal(db: sqlite3.Connection, patience: float) -> None:
    """Write-ahead logging. The switch itself does not wait for others, so this does, `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def check_whole(db: sqlite3.Connection) -> None:
    """After an unclean end: raises EnvironmentProblem `database_broken` when the file is damaged."""
    verdict = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    if verdict != "ok":
        raise _broken(db, verdict)


def migrate(db: sqlite3.Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Runs what is missing. Each step is one transaction: it happens whole or not at all."""
    new = version_of(db) == 0
    for step in steps:
        before = version_of(db)
        if step.version <= before:
            continue
        if not new:
            back_up(db, path.with_name(f"{path.name}.backup-v{before}"))
        db.execute("BEGIN IMMEDIATE")
        try:
            # Asked again under the lock: another process may have been first.
            if version_of(db) < step.version:
                for statement in _statements(step.sql):
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {step.version}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def keep_daily_backup(db: sqlite3.Connection, path: Path) -> None:
    """One copy a day of a file that opened well, so that a damaged one has something to go back to."""
    target = path.with_name(f"{path.name}.backup")
    age = time.time() - target.stat().st_mtime if target.exists() else DAY
    if not 0 <= age < DAY:
        back_up(db, target)


def back_up(db: sqlite3.Connection, target: Path) -> None:
    """A whole, private copy of the database at `target`, replacing an older one only when it is complete."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}.part")
    fresh.unlink(missing_ok=True)
    try:
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(fresh)) as copy:
            db.backup(copy)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit before the first."""
    statement = ""
    for piece in re.split(r"(?<=;)", sql):
        statement += piece
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in statement.splitlines()):
        raise ValueError(f"an unfinished statement: {statement.strip()}")


def _broken(db: sqlite3.Connection, reason: str) -> EnvironmentProblem:
    path = Path(db.execute("PRAGMA database_list").fetchone()[2])
    return EnvironmentProblem("database_broken", reason=reason, folder=str(path.parent))
