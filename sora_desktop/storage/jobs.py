"""Jobs in the database. Every change is durable when the call returns; a done job joins the library with it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Container, Iterable

from sora_desktop.core.jobs import ENDED, Job, State
from sora_desktop.storage import clips
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all

COLUMNS = "account = :account, state = :state, position = :position, updated_at = :now, document = :document"


class JobStore:
    """All jobs of a data folder. Raises EnvironmentProblem when the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Job]:
        """Every readable job, in the order of the queue."""
        return await self._select("ORDER BY position, created_at, id")

    async def get(self, job_id: str) -> Job | None:
        return next(iter(await self._select("WHERE id = ?", job_id)), None)

    async def some(self, job_ids: Iterable[str]) -> list[Job]:
        """Those of `job_ids` that are there and readable, in the order of the queue."""
        return await self._select(
            "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY position, created_at, id", json.dumps([*job_ids])
        )

    async def unfinished(self) -> set[str]:
        """The ids of all jobs that have not ended."""

        def read(db: sqlite3.Connection) -> set[str]:
            return {str(job_id) for job_id, state in db.execute("SELECT id, state FROM jobs") if state not in ENDED}

        return await self._database.read(read)

    async def waiting_since(self, known: Container[str]) -> list[Job]:
        """Waiting jobs that are not `known`: another process put them there."""
        waiting = await self._select("WHERE state = ? ORDER BY position, created_at, id", State.WAITING.value)
        return [job for job in waiting if job.id not in known]

    async def add(self, jobs: Iterable[Job]) -> None:
        """Inserts new jobs, all or none."""
        jobs = list(jobs)
        rows = [_row(job) for job in jobs]

        def write(db: sqlite3.Connection) -> None:
            clips.join(db, jobs)
            db.executemany(
                "INSERT INTO jobs (id, account, state, position, created_at, updated_at, document)"
                " VALUES (:id, :account, :state, :position, :created_at, :now, :document)",
                rows,
            )

        await self._database.run(write)

    async def save(self, *jobs: Job) -> None:
        """Writes jobs that are there, all or none. One that was deleted meanwhile does not come back."""
        rows = [_row(job) for job in jobs]

        def write(db: sqlite3.Connection) -> None:
            clips.join(db, jobs)
            db.executemany(f"UPDATE jobs SET {COLUMNS} WHERE id = :id", rows)

        await self._database.run(write)

    async def delete(self, *job_ids: str) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM jobs WHERE id = ?", [(job_id,) for job_id in job_ids])

        await self._database.run(write)

    async def _select(self, rest: str, *args: str) -> list[Job]:
        def read(db: sqlite3.Connection) -> list[Job]:
            return read_all(Job, db.execute(f"SELECT id, document FROM jobs {rest}", args))

        return await self._database.read(read)


def _row(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "account": job.account,
        "state": job.state.value,
        "position": job.position,
        "created_at": job.created_at,
        "now": time.time(),
        "document": job.model_dump_json(),
    }
