"""Keys, tasks and money: every accepted task is billed exactly once, and can be read back."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from sora_desktop.simulator.clock import Clock
from sora_desktop.simulator.errors import Refusal
from sora_desktop.simulator.keys import (
    DEMO_CREDITS,
    GLOBALAIOPC_TEST_PREFIX,
    OPENAI_VIDEOS_TEST_PREFIX,
    RIVYA_TEST_PREFIX,
    SCOPES,
    SIMULATOR_GLOBALAIOPC_KEY,
    SIMULATOR_OPENAI_VIDEOS_KEY,
    SIMULATOR_RIVYA_KEY,
)
from sora_desktop.simulator.store import Store
from sora_desktop.simulator.tasks import Order, Outcome, Status, Task

QUEUED_SECONDS = (15.0, 25.0)
RENDER_SECONDS = (110.0, 165.0)
"""How long a task waits and works at pace 1, at random between the two."""

WELCOME = {
    "rivya": (SIMULATOR_RIVYA_KEY, RIVYA_TEST_PREFIX, DEMO_CREDITS),
    "globalaiopc": (SIMULATOR_GLOBALAIOPC_KEY, GLOBALAIOPC_TEST_PREFIX, None),
    "openai_videos": (SIMULATOR_OPENAI_VIDEOS_KEY, OPENAI_VIDEOS_TEST_PREFIX, None),
}
"""By dialect: the demo key, how test keys begin, the credits of each."""
ID_PREFIX = {"rivya": "task_", "globalaiopc": "sora_", "openai_videos": "video_"}
ID_BYTES = {"rivya": 12, "globalaiopc": 6, "openai_videos": 12}


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the simulator keeps it: a digest and the last letters, never the key. No balance means no limit."""

    id: str
    dialect: str
    tail: str
    scopes: tuple[str, ...]
    state: str
    balance: float | None


class Ledger:
    """The books. Every method that changes money is one transaction."""

    def __init__(self, store: Store, clock: Clock, pace: float) -> None:
        self._store = store
        self._clock = clock
        self._pace = pace
        self.idempotency_seconds: float | None = 86_400.0
        """How long an Idempotency-Key is remembered; not published, so a day and no longer. None is for ever."""

    # Keys.

    def key(self, dialect: str, text: str) -> Key | None:
        """The key that `text` is, or None. A demo or test key is entered in the books when it is first seen."""
        row = self._store.one("SELECT * FROM keys WHERE id = ? AND dialect = ?", key_id(text), dialect)
        if row is None:
            demo, prefix, credits = WELCOME[dialect]
            if text != demo and not (text.startswith(prefix) and len(text) > len(prefix)):
                return None
            self.put_key(dialect, text, credits)
            return self.key(dialect, text)
        values: dict[str, Any] = dict(row)
        values["scopes"] = tuple(json.loads(values["scopes"]))
        return Key(**values)

    def put_key(
        self,
        dialect: str,
        text: str,
        balance: float | None,
        scopes: tuple[str, ...] = SCOPES,
        state: str = "active",
    ) -> None:
        values = (key_id(text), dialect, text[-4:], json.dumps(scopes), state, balance)
        self._store.run("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)", *values)

    def change_balance(self, dialect: str, text: str, add: float) -> float | None:
        """Tops a key up (or down); its balance afterwards."""
        key = self.key(dialect, text)
        if key is None:
            raise Refusal(404, "not_found", "There is no such key.")
        self._store.run("UPDATE keys SET balance = balance + ? WHERE id = ?", add, key.id)
        return None if key.balance is None else key.balance + add

    def balance(self, key: Key) -> float | None:
        self.settle()
        row = self._store.one("SELECT balance FROM keys WHERE id = ?", key.id)
        return row["balance"] if row else None

    # Tasks.

    def accept(self, key: Key, order: Order, outcome: Outcome) -> Task:
        """Takes an order, reserves its credits and writes both down. Raises Refusal when the balance is too small."""
        self.settle()
        now = self._clock.now()
        queued_until = now + random.uniform(*QUEUED_SECONDS) * self._pace
        row: dict[str, Any] = {
            "id": ID_PREFIX[order.dialect] + secrets.token_hex(ID_BYTES[order.dialect]),
            "dialect": order.dialect,
            "key": key.id,
            "model": order.model,
            "prompt": order.prompt,
            "params": json.dumps(order.params),
            "width": order.width,
            "height": order.height,
            "seconds": order.seconds,
            "reserved": order.credits,
            "intent": order.intent,
            "client_request_id": order.client_request_id,
            "body_hash": body_hash(order.body),
            "accepted_at": now,
            "queued_until": queued_until,
            "done_at": queued_until + random.uniform(*RENDER_SECONDS) * self._pace,
            "media": secrets.token_urlsafe(18),
            "outcome": outcome.kind,
            "code": outcome.code,
            "message": outcome.message,
            "refund": int(outcome.refund),
        }
        with self._store as store:
            paid = store.run(
                "UPDATE keys SET balance = balance - ? WHERE id = ? AND (balance IS NULL OR balance >= ?)",
                *(order.credits, key.id, order.credits),
            )
            if not paid:
                raise Refusal(402, "insufficient_credits", f"This needs {order.credits:g} credits.")
            store.insert("tasks", row)
            self._enter("bill", row["id"], order.dialect, key.id, order.model, order.credits)
        task = self.task(row["id"])
        assert task is not None
        return task

    def task(self, task_id: str) -> Task | None:
        row = self._store.one("SELECT * FROM tasks WHERE id = ?", task_id)
        return Task.of(row) if row else None

    def own_task(self, key: Key, task_id: str) -> Task | None:
        """The task, when it belongs to `key`, with its money settled."""
        self.settle()
        task = self.task(task_id)
        if task is None or task.key != key.id or task.dialect != key.dialect or self.is_deleted(task_id):
            return None
        return task

    def own_tasks(self, key: Key) -> list[Task]:
        """All tasks of `key` that were not deleted, oldest first, with their money settled."""
        self.settle()
        sql = (
            "SELECT * FROM tasks WHERE key = ? AND dialect = ? AND id NOT IN (SELECT task FROM deleted)"
            " ORDER BY accepted_at, rowid"
        )
        return [Task.of(row) for row in self._store.all(sql, key.id, key.dialect)]

    def delete(self, task_id: str) -> None:
        """Hides a task from its owner. The books keep it."""
        self._store.run("INSERT OR IGNORE INTO deleted (task) VALUES (?)", task_id)

    def is_deleted(self, task_id: str) -> bool:
        return self._store.one("SELECT task FROM deleted WHERE task = ?", task_id) is not None

    def task_of_intent(self, key: Key, intent: str) -> Task | None:
        """The task that this Idempotency-Key made, while it is remembered."""
        row = self._store.one(
            "SELECT * FROM tasks WHERE key = ? AND intent = ? ORDER BY accepted_at DESC LIMIT 1", key.id, intent
        )
        task = Task.of(row) if row else None
        if task is None or self.idempotency_seconds is None:
            return task
        return task if self._clock.now() - task.accepted_at < self.idempotency_seconds else None

    def task_of_media(self, media: str) -> Task | None:
        row = self._store.one("SELECT * FROM tasks WHERE media = ?", media)
        return Task.of(row) if row else None

    def tasks(self) -> list[Task]:
        self.settle()
        return [Task.of(row) for row in self._store.all("SELECT * FROM tasks ORDER BY accepted_at, rowid")]

    def unrendered(self) -> list[Task]:
        """The tasks whose clip is still to be made: after a kill, these are begun again."""
        sql = "SELECT * FROM tasks WHERE ready_at IS NULL AND outcome != 'fail' ORDER BY done_at"
        return [Task.of(row) for row in self._store.all(sql)]

    def rendered(self, task_id: str, etag: str) -> None:
        sql = "UPDATE tasks SET ready_at = ?, etag = ? WHERE id = ? AND ready_at IS NULL"
        self._store.run(sql, self._clock.now(), etag, task_id)

    def direct(self, task_id: str, outcome: Outcome) -> bool:
        """Lets a task that has not ended end now, as told: succeed (once its clip is there), fail, or never."""
        now = self._clock.now()
        when = now if outcome.kind != "stuck" else None
        sql = (
            "UPDATE tasks SET outcome = ?, code = ?, message = ?, refund = ?, queued_until = MIN(queued_until, ?),"
            " done_at = COALESCE(?, done_at) WHERE id = ? AND settled = 0"
        )
        changed = self._store.run(
            sql, outcome.kind, outcome.code, outcome.message, int(outcome.refund), now, when, task_id
        )
        self.settle()
        return bool(changed)

    # Money.

    def settle(self) -> None:
        """Books what has ended by now: the final price of a success, the refund of a failure."""
        now = self._clock.now()
        for row in self._store.all("SELECT * FROM tasks WHERE settled = 0 AND done_at <= ?", now):
            task = Task.of(row)
            status = task.status(now)
            if status is Status.SUCCEEDED:
                self._store.run("UPDATE tasks SET settled = 1, final = reserved WHERE id = ?", task.id)
            elif status is Status.FAILED:
                with self._store as store:
                    store.run("UPDATE tasks SET settled = 1 WHERE id = ?", task.id)
                    if task.refund:
                        store.run("UPDATE keys SET balance = balance + ? WHERE id = ?", task.reserved, task.key)
                        self._enter("refund", task.id, task.dialect, task.key, task.model, task.reserved)

    def entries(self) -> list[dict[str, Any]]:
        """Every booking, oldest first, with what the create call carried."""
        self.settle()
        sql = (
            "SELECT entries.*, keys.tail AS key_tail, tasks.intent, tasks.client_request_id, tasks.body_hash,"
            " tasks.prompt FROM entries JOIN tasks ON tasks.id = entries.task JOIN keys ON keys.id = entries.key"
            " ORDER BY entries.id"
        )
        return [dict(row) for row in self._store.all(sql)]

    def _enter(self, kind: str, task: str, dialect: str, key: str, model: str, credits: float) -> None:
        entry = {"at": self._clock.now(), "kind": kind, "task": task, "dialect": dialect, "key": key, "model": model}
        self._store.insert("entries", entry | {"credits": credits})

    def described(self, task: Task) -> dict[str, Any]:
        """A task for the control calls."""
        return asdict(task) | {"status": str(task.status(self._clock.now())), "completed_at": task.completed_at}


def key_id(text: str) -> str:
    """What stands for a key in the books."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def body_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
