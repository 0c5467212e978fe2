"""Every request that reached the simulator, as it came: the proof that a key went nowhere else."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD, TAIL = 65_536, 16_384
"""How many bytes of a body are kept from its beginning and its end."""
MOST = 50_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, port INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, host TEXT NOT NULL, headers TEXT NOT NULL, dialect TEXT NOT NULL DEFAULT '',
    call TEXT NOT NULL DEFAULT '', fault TEXT NOT NULL DEFAULT '', leak INTEGER NOT NULL DEFAULT 0,
    body_bytes INTEGER NOT NULL DEFAULT 0, body_whole INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL DEFAULT x'',
    body_tail BLOB NOT NULL DEFAULT x'', status INTEGER, bytes_sent INTEGER NOT NULL DEFAULT 0
);
"""


class Record:
    """The requests, newest last, at most MOST of them. Without a path they are kept in memory: keys are in them."""

    def __init__(self, path: Path | None) -> None:
        self._connection = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # A commit need only survive the end of this process, not a power cut.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def clear(self) -> None:
        self._connection.execute("DELETE FROM requests")

    def all(self, **wanted: str) -> list[dict[str, Any]]:
        """The requests whose columns have the wanted values, oldest first."""
        where = " AND ".join(f"{name} = ?" for name in wanted) or "1"
        rows = self._connection.execute(f"SELECT * FROM requests WHERE {where} ORDER BY id", tuple(wanted.values()))
        return [_readable(row) for row in rows]

    def count(self) -> int:
        return self._connection.execute("SELECT COUNT(*) FROM requests").fetchone()[0]

    def begin(self, scope: Scope) -> int:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        host = next((value for name, value in headers if name == "host"), "")
        row = self._connection.execute(
            "INSERT INTO requests (at, port, method, path, query, host, headers) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(time.time(), scope["server"][1], scope["method"], scope["raw_path"].decode("latin-1")),
                *(scope["query_string"].decode("latin-1"), host, json.dumps(headers)),
            ),
        ).lastrowid
        assert row is not None
        if row % 1000 == 0:
            self._connection.execute("DELETE FROM requests WHERE id <= ?", (row - MOST,))
        return row

    def note(self, row: int, **changes: object) -> None:
        sets = ", ".join(f"{name} = ?" for name in changes)
        self._connection.execute(f"UPDATE requests SET {sets} WHERE id = ?", (*changes.values(), row))


class Recorder:
    """ASGI: writes each request down before it is answered. The control calls are not recorded."""

    def __init__(self, app: ASGIApp, record: Record) -> None:
        self._app = app
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sim"):
            await self._app(scope, receive, send)
            return
        row = self._record.begin(scope)
        scope["state"]["row"] = row
        body = _Body()
        sent = 0

        async def receive_noted() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                body.add(message.get("body", b""))
                if not message.get("more_body", False):
                    body.whole = True
                    self._record.note(row, **body.columns())
            return message

        async def send_noted(message: Message) -> None:
            nonlocal sent
            if message["type"] == "http.response.start":
                self._record.note(row, status=message["status"])
            await send(message)
            sent += len(message.get("body", b""))

        try:
            await self._app(scope, receive_noted, send_noted)
        finally:
            changes = {} if body.whole else body.columns()
            self._record.note(row, bytes_sent=sent, **changes)


class _Body:
    def __init__(self) -> None:
        self.whole = False
        self._bytes = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, chunk: bytes) -> None:
        self._bytes += len(chunk)
        room = HEAD - len(self._head)
        self._head += chunk[:room]
        self._tail = (self._tail + chunk[max(0, room) :])[-TAIL:]

    def columns(self) -> dict[str, object]:
        head, tail = bytes(self._head), bytes(self._tail)
        return {"body_bytes": self._bytes, "body_whole": int(self.whole), "body": head, "body_tail": tail}


def _readable(row: sqlite3.Row) -> dict[str, Any]:
    values = dict(row)
    values["headers"] = json.loads(values["headers"])
    for name in ("body", "body_tail"):
        values[name] = values[name].decode("utf-8", "backslashreplace")
    for name in ("leak", "body_whole"):
        values[name] = bool(values[name])
    return values
