"""Warnings of the radar that were said, so that each is said once."""

from __future__ import annotations

import sqlite3
from typing import Literal

from pydantic import Field

from sora_desktop.core.frozen import Kept
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_one


class Warning(Kept):
    """Something about a service that the user should know: one sentence (code and args), `at` in Unix seconds.

    `account` is the id of the account it is about. `detail` is the service's own text: hostile, shown as plain text.
    """

    key: str
    kind: Literal["down", "key", "gone", "changed", "notice"]
    account: str
    code: str
    args: dict[str, str] = Field(default_factory=dict[str, str])
    detail: str = ""
    at: float = 0.0


class WarningStore:
    """What was said and what was dismissed. Raises EnvironmentProblem when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[tuple[Warning, bool]]:
        """Every readable warning, the oldest first, and whether it was dismissed."""

        def read(db: sqlite3.Connection) -> list[tuple[Warning, bool]]:
            rows = db.execute("SELECT key, document, dismissed FROM warnings ORDER BY rowid")
            found = ((read_one(Warning, key, text), bool(dismissed)) for key, text, dismissed in rows)
            return [(warning, dismissed) for warning, dismissed in found if warning is not None]

        return await self._database.read(read)

    async def put(self, warning: Warning, *, dismissed: bool = False) -> None:
        row = (warning.key, int(dismissed), warning.model_dump_json())

        def write(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO warnings (key, dismissed, document) VALUES (?, ?, ?) ON CONFLICT (key)"
                " DO UPDATE SET dismissed = excluded.dismissed, document = excluded.document",
                row,
            )

        await self._database.run(write)

    async def forget(self, key: str) -> None:
        """It is over: should it come again, it is said again."""

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM warnings WHERE key = ?", (key,))

        await self._database.run(write)
