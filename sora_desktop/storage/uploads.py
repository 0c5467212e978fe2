"""What was uploaded, to be used again: by the account it went to and the hash of the bytes that were sent."""

from __future__ import annotations

import sqlite3

from sora_desktop.core.frozen import Kept
from sora_desktop.core.references import SentReference
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all

MOST_AGE = 6 * 3600.0
"""Seconds that an upload is used again. No service publishes how long it keeps a file."""


class Upload(Kept):
    """One upload that succeeded. `uploaded_at` is in Unix seconds."""

    account: str
    sha256: str
    sent: SentReference
    uploaded_at: float


class UploadStore:
    """The remembered uploads. Raises EnvironmentProblem when the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account: str, sha256: str, not_before: float) -> Upload | None:
        """The upload of these bytes, if it is not older than `not_before` (Unix seconds)."""

        def read(db: sqlite3.Connection) -> list[Upload]:
            sql = "SELECT sha256, document FROM uploads WHERE account = ? AND sha256 = ? AND uploaded_at >= ?"
            return read_all(Upload, db.execute(sql, (account, sha256, not_before)))

        return next(iter(await self._database.read(read)), None)

    async def put(self, upload: Upload) -> None:
        """Remembers an upload, in place of an older one of the same bytes; those that are too old go."""
        row = (upload.account, upload.sha256, upload.uploaded_at, upload.model_dump_json())

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM uploads WHERE uploaded_at < ?", (upload.uploaded_at - MOST_AGE,))
            db.execute(
                "INSERT INTO uploads (account, sha256, uploaded_at, document) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (account, sha256)"
                " DO UPDATE SET uploaded_at = excluded.uploaded_at, document = excluded.document",
                row,
            )

        await self._database.run(write)

    async def forget(self, account: str, sha256: str) -> None:
        """Its address is dead."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM uploads WHERE account = ? AND sha256 = ?", (account, sha256))

        await self._database.run(write)
