"""Drafts in the database, and their search. No key and no network is needed."""

from __future__ import annotations

import sqlite3
import unicodedata

from sora_desktop.core.drafts import Draft
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all


class DraftStore:
    """All drafts. Raises EnvironmentProblem when the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Draft]:
        """Every readable draft, the one changed last first."""

        def read(db: sqlite3.Connection) -> list[Draft]:
            return read_all(Draft, db.execute("SELECT id, document FROM drafts ORDER BY updated_at DESC, id"))

        return await self._database.read(read)

    async def get(self, draft_id: str) -> Draft | None:
        def read(db: sqlite3.Connection) -> list[Draft]:
            return read_all(Draft, db.execute("SELECT id, document FROM drafts WHERE id = ?", (draft_id,)))

        return next(iter(await self._database.read(read)), None)

    async def save(self, draft: Draft) -> None:
        """Inserts the draft or replaces the one with its id; durable when it returns."""
        row = (draft.id, draft.updated_at, draft.model_dump_json())

        def write(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO drafts (id, updated_at, document) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, document = excluded.document",
                row,
            )

        await self._database.run(write)

    async def delete(self, draft_id: str) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM drafts WHERE id = ?", (draft_id,))

        await self._database.run(write)

    async def search(self, text: str) -> list[Draft]:
        """The drafts whose prompt or model holds every word of `text`, newest first; all for an empty text."""
        words = comparable(text).split()
        drafts = await self.all()
        return [draft for draft in drafts if all(word in _searched(draft) for word in words)]


def comparable(text: str) -> str:
    """`text` for comparing: case, and the spelling of accents and wide characters, make no difference.

    SQLite's own comparison folds ASCII only.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _searched(draft: Draft) -> str:
    return comparable(f"{draft.prompt}\n{draft.model}")
