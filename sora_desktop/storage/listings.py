"""The live lists of models in the database: the last answer of each place, and every model that was seen there."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pydantic import Field

from sora_desktop.core.frozen import Kept
from sora_desktop.core.listings import Seen
from sora_desktop.core.notes import Note
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all, read_one


class KeptListing(Kept):
    """What is known of a place's list. `fetched_at` (Unix seconds) is when it was last heard that it is so; `listed`
    says that there was one, with models in it.

    `contract` are the fields of the published contract, each with its type in a word.
    """

    place: str
    fetched_at: float = 0.0
    etag: str = ""
    modified: str = ""
    listed: bool = False
    notes: tuple[Note, ...] = ()
    contract: dict[str, str] = Field(default_factory=dict[str, str])


class ListingStore:
    """The kept lists. Raises EnvironmentProblem when the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[str, tuple[KeptListing, tuple[Seen, ...]]]:
        """Every readable list with its models, by place. The answers themselves are left where they are."""

        def read(db: sqlite3.Connection) -> dict[str, tuple[KeptListing, tuple[Seen, ...]]]:
            rows = list(db.execute("SELECT place, document FROM listings"))
            models = "SELECT model, document FROM listed_models WHERE place = ? ORDER BY position"
            return {
                kept.place: (kept, tuple(read_all(Seen, db.execute(models, (kept.place,)))))
                for kept in read_all(KeptListing, rows)
            }

        return await self._database.read(read)

    async def get(self, place: str) -> tuple[KeptListing | None, bytes]:
        """What is kept of one place, and the answer itself."""

        def read(db: sqlite3.Connection) -> tuple[KeptListing | None, bytes]:
            row = db.execute("SELECT document, body FROM listings WHERE place = ?", (place,)).fetchone()
            return (read_one(KeptListing, place, row[0]), bytes(row[1])) if row else (None, b"")

        return await self._database.read(read)

    async def save(self, kept: KeptListing, models: Sequence[Seen], body: bytes | None = None) -> None:
        """Keeps a list with its models, in place of what was known; without `body` the kept answer stays."""
        listing = (kept.place, kept.fetched_at, kept.model_dump_json(), body or b"")
        answer = ", body = excluded.body" if body is not None else ""

        def write(db: sqlite3.Connection) -> None:
            rows = [(kept.place, one.model.id, place, one.model_dump_json()) for place, one in enumerate(models)]
            db.execute(
                "INSERT INTO listings (place, fetched_at, document, body) VALUES (?, ?, ?, ?) ON CONFLICT (place)"
                f" DO UPDATE SET fetched_at = excluded.fetched_at, document = excluded.document{answer}",
                listing,
            )
            db.execute("DELETE FROM listed_models WHERE place = ?", (kept.place,))
            db.executemany("INSERT INTO listed_models (place, model, position, document) VALUES (?, ?, ?, ?)", rows)

        await self._database.run(write)
