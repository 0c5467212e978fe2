"""The clips of the library in the database. Every change is durable when the call returns."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Clip, Marks
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all, read_one

PAGE = 200
"""Clips that are read at once: between two pages others get at the database."""
REVISION = "(SELECT max(coalesce(max(revision), 0) + 1, ?) FROM clips)"
"""The next one. It takes the time in nanoseconds, so that none comes twice when the clip that had the last is gone."""


@dataclass(frozen=True, slots=True)
class Row:
    """A clip as it is kept; `job` is None where the caller has it already."""

    id: str
    job: Job | None
    marks: Marks


@dataclass(frozen=True, slots=True)
class Changes:
    """What another process did: all clips and all removed ones by their ids, and those that are new or other."""

    ids: frozenset[str]
    removed: frozenset[str]
    rows: tuple[Row, ...]
    revision: int


class ClipStore:
    """All clips of a data folder. Raises EnvironmentProblem when the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mend(self) -> None:
        """Takes in what ended while nobody kept the library, and forgets which clips were removed with their jobs."""

        def read(db: sqlite3.Connection) -> bool:
            return bool(_lost(db) or db.execute(f"SELECT 1 {forgotten} LIMIT 1").fetchone())

        def write(db: sqlite3.Connection) -> None:
            db.execute(f"DELETE {forgotten}")
            put(db, _lost(db))

        forgotten = "FROM removed_clips WHERE id NOT IN (SELECT id FROM jobs)"
        if await self._database.read(read):
            await self._database.run(write)

    async def page(self, after: str, known: Collection[str] = ()) -> list[Row]:
        """The next PAGE clips in the order of their ids; empty at the end. The jobs that are `known` are not read."""

        def read(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
            select = "SELECT id, document, marks FROM clips WHERE id > ? ORDER BY id LIMIT ?"
            return db.execute(select, (after, PAGE)).fetchall()

        return _rows(await self._database.read(read), known)

    async def removed(self) -> frozenset[str]:
        """The ids of clips that were taken out of the library while their jobs stay in the queue."""
        return await self._database.read(lambda db: _ids(db, "removed_clips"))

    async def changes(self, since: int) -> Changes:
        """What is in the library now, with the rows of a later revision than `since`."""

        def read(db: sqlite3.Connection) -> Changes:
            select = "SELECT id, document, marks FROM clips WHERE revision > ?"
            rows = _rows(db.execute(select, (since,)).fetchall())
            return Changes(_ids(db, "clips"), _ids(db, "removed_clips"), tuple(rows), _revision(db))

        return await self._database.read(read)

    async def revision(self) -> int:
        return await self._database.read(_revision)

    async def save_marks(self, clips: Iterable[Clip]) -> None:
        """Writes the marks of clips that are there, all or none."""
        rows = [(clip.marks.model_dump_json(), time.time_ns(), clip.id) for clip in clips]

        def write(db: sqlite3.Connection) -> None:
            db.executemany(f"UPDATE clips SET marks = ?, revision = {REVISION} WHERE id = ?", rows)

        await self._database.run(write)

    async def save_job(self, job: Job) -> None:
        """Writes the job of a clip that is there: its file is somewhere else now."""

        def write(db: sqlite3.Connection) -> None:
            row = (job.model_dump_json(), time.time_ns(), job.id)
            db.execute(f"UPDATE clips SET document = ?, revision = {REVISION} WHERE id = ?", row)

        await self._database.run(write)

    async def remove(self, ids: Iterable[str]) -> None:
        """Takes clips out of the library, all or none. A job that is still in the queue does not bring one back."""
        keys = [(key,) for key in ids]

        def write(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM clips WHERE id = ?", keys)
            db.executemany("INSERT INTO removed_clips (id) VALUES (?) ON CONFLICT DO NOTHING", keys)

        await self._database.run(write)

    async def restore(self, clips: Iterable[Clip]) -> None:
        """Puts clips back with their marks, all or none."""
        clips = list(clips)

        def write(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM removed_clips WHERE id = ?", [(clip.id,) for clip in clips])
            put(db, [clip.job for clip in clips])
            rows = [(clip.marks.model_dump_json(), clip.id) for clip in clips]
            db.executemany("UPDATE clips SET marks = ? WHERE id = ?", rows)

        await self._database.run(write)


def join(db: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Jobs that are being written, into the library as far as they are done, in the same transaction.

    Called before the jobs' rows change: one that becomes done now joins also where its clip was removed before; one
    that was done already stays out then.
    """
    done = [job for job in jobs if job.state is State.DONE]
    if not done:
        return
    keys = json.dumps([job.id for job in done])
    db.execute(
        "DELETE FROM removed_clips WHERE id IN (SELECT id FROM jobs WHERE state <> ?)"
        " AND id IN (SELECT value FROM json_each(?))",
        (State.DONE.value, keys),
    )
    kept_out = db.execute("SELECT id FROM removed_clips WHERE id IN (SELECT value FROM json_each(?))", (keys,))
    out = {str(key) for (key,) in kept_out}
    put(db, [job for job in done if job.id not in out])


def put(db: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Inserts clips, or their newer jobs; marks stay as they are."""
    rows = [(job.id, time.time_ns(), job.model_dump_json()) for job in jobs]
    db.executemany(
        f"INSERT INTO clips (id, revision, document) VALUES (?, {REVISION}, ?) ON CONFLICT (id) DO UPDATE"
        " SET revision = excluded.revision, document = excluded.document",
        rows,
    )


def _lost(db: sqlite3.Connection) -> list[Job]:
    """Jobs that are done and have no clip, though nobody removed it."""
    rows = db.execute(
        "SELECT id, document FROM jobs WHERE state = ? AND id NOT IN (SELECT id FROM clips)"
        " AND id NOT IN (SELECT id FROM removed_clips)",
        (State.DONE.value,),
    )
    return read_all(Job, rows)


def _ids(db: sqlite3.Connection, table: str) -> frozenset[str]:
    return frozenset(str(key) for (key,) in db.execute(f"SELECT id FROM {table}"))


def _revision(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(revision), 0) FROM clips").fetchone()[0])


def _rows(rows: Iterable[tuple[str, str, str]], known: Collection[str] = ()) -> list[Row]:
    """The readable rows. Marks that cannot be read are none: they are no reason to lose the clip."""
    found: list[Row] = []
    for key, text, marks in rows:
        job = None if key in known else read_one(Job, key, text)
        if job or key in known:
            found.append(Row(key, job, read_one(Marks, key, marks) or Marks()))
    return found
