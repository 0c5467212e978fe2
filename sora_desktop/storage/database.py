"""The one door to SQLite: a file, a worker thread, one transaction a call."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sora_desktop.storage import migrations
from sora_desktop.storage.sqlite_errors import database_problems

T = TypeVar("T")
BUSY_SECONDS = 5.0


class Database:
    """A database file of Sora Desktop, with its worker thread.

    Every method that touches the file raises EnvironmentProblem: `database_newer`, `database_broken`, `database_busy`,
    `disk_full` or `folder_readonly`. What `run` has been given is written also when its caller is cancelled: a
    remote id must not be lost between two awaits.
    """

    def __init__(
        self, path: Path, *, busy_seconds: float = BUSY_SECONDS, migrations_folder: Path | None = None
    ) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._migrations = migrations.listed(migrations_folder)
        self._worker: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Makes or opens the file and brings it to this version, with a backup before each migration."""
        if self._worker is not None:
            raise RuntimeError("the database is open")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="database")
        try:
            await self._submit(self._open)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends the worker when everything that was given to it is written."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        try:
            await asyncio.shield(asyncio.wrap_future(worker.submit(self._close)))
        finally:
            worker.shutdown(wait=True)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` in one writing transaction, on the worker: committed when this returns, rolled back when it raises."""
        return await self._submit(lambda: self._transaction(work, "IMMEDIATE"))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` on one consistent state of the data; it waits for no writer of another process."""
        return await self._submit(lambda: self._transaction(work, "DEFERRED"))

    async def data_version(self) -> int:
        """A number that changes when another connection, of any process, has committed something."""
        return await self._submit(lambda: int(self._db.execute("PRAGMA data_version").fetchone()[0]))

    async def _submit(self, work: Callable[[], T]) -> T:
        if self._worker is None:
            raise RuntimeError("the database is closed")

        def guarded() -> T:
            with database_problems(self.path):
                return work()

        return await asyncio.shield(asyncio.wrap_future(self._worker.submit(guarded)))

    # On the worker from here.

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("the database is not open")
        return self._connection

    def _transaction(self, work: Callable[[sqlite3.Connection], T], kind: str) -> T:
        db = self._db
        db.execute(f"BEGIN {kind}")
        try:
            answer = work(db)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return answer

    def _open(self) -> None:
        _make_private(self.path)
        unclean = _size(self.path.with_name(self.path.name + "-wal")) > 0
        db = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        self._connection = db
        migrations.refuse_foreign(db, self._migrations)
        migrations.use_wal(db, self._busy_seconds)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        if unclean:
            migrations.check_whole(db)
        migrations.migrate(db, self.path, self._migrations)
        migrations.keep_daily_backup(db, self.path)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _make_private(path: Path) -> None:
    """The file, its journal and its shared memory are the user's alone. SQLite gives new side files the file's mode."""
    try:
        # Only where there is no file yet: closing a descriptor of one that is in use would drop SQLite's locks.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if os.name == "posix":
            for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                if name.exists() and name.stat().st_mode & 0o077:
                    name.chmod(0o600)
