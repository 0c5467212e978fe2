"""The simulator's database: what was accepted and billed is written before it is answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, dialect TEXT NOT NULL, tail TEXT NOT NULL, scopes TEXT NOT NULL, state TEXT NOT NULL,
    balance REAL
);
CREATE TABLE IF NOT EXISTS tasks (
    id TEXT PRIMARY KEY, dialect TEXT NOT NULL, key TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL,
    params TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, seconds REAL NOT NULL,
    reserved REAL NOT NULL, final REAL NOT NULL DEFAULT 0, intent TEXT, client_request_id TEXT,
    body_hash TEXT NOT NULL, accepted_at REAL NOT NULL, queued_until REAL NOT NULL, done_at REAL NOT NULL,
    ready_at REAL, media TEXT NOT NULL, etag TEXT NOT NULL DEFAULT '', media_gone INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '',
    refund INTEGER NOT NULL DEFAULT 1, settled INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS tasks_by_intent ON tasks (key, intent);
CREATE INDEX IF NOT EXISTS tasks_by_media ON tasks (media);
CREATE INDEX IF NOT EXISTS tasks_unsettled ON tasks (done_at) WHERE settled = 0;
CREATE TABLE IF NOT EXISTS deleted (task TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, task TEXT NOT NULL, dialect TEXT NOT NULL,
    key TEXT NOT NULL, model TEXT NOT NULL, credits REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, mime TEXT NOT NULL,
    size INTEGER NOT NULL, media TEXT NOT NULL, seconds REAL, token TEXT NOT NULL DEFAULT '',
    client_request_id TEXT, created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS files_by_media ON files (media);
"""


class Store:
    """One connection with the guarantee that a commit survives a kill, and unless `light` a power cut, too."""

    def __init__(self, path: Path, *, light: bool = False) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(f"PRAGMA synchronous={'NORMAL' if light else 'FULL'}")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return self._connection.execute(sql, values).fetchone()

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Runs one statement; the number of rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, row: dict[str, Any]) -> None:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self._connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))

    def __enter__(self) -> Store:
        """Begins a transaction: all of it is committed, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")

    def setting(self, name: str, default: str) -> str:
        row = self.one("SELECT value FROM settings WHERE name = ?", name)
        return row["value"] if row else default

    def set_setting(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value)
