"""Accounts in the database. Their keys are not here: see `secrets`."""

from __future__ import annotations

import sqlite3

from sora_desktop.core.accounts import Account
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all


class AccountStore:
    """The accounts that were saved. Raises EnvironmentProblem when the database cannot be read or written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Account]:
        """Every readable account, in the user's order."""

        def read(db: sqlite3.Connection) -> list[Account]:
            return read_all(Account, db.execute("SELECT id, document FROM accounts ORDER BY position, rowid"))

        return await self._database.read(read)

    async def save(self, account: Account) -> None:
        """Inserts the account or replaces the one with its id."""
        row = (account.id, account.provider, account.position, account.model_dump_json())

        def write(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO accounts (id, provider, position, document) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
                " SET provider = excluded.provider, position = excluded.position, document = excluded.document",
                row,
            )

        await self._database.run(write)

    async def delete(self, account_id: str) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM accounts WHERE id = ?", (account_id,))

        await self._database.run(write)
