"""The keys and headers that an account had before its present ones: jobs that were sent with them go on with them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

from sora_desktop.core.accounts import Account
from sora_desktop.core.jobs import Job
from sora_desktop.core.redact import know
from sora_desktop.providers.base import Connection
from sora_desktop.storage.secrets import Secrets

BARE = "h"
"""The mark of no extra headers. An empty mark says that nobody knows what a job was sent with."""


def key_mark(account_id: str, key: str) -> str:
    """What tells whether a job was sent with this key; empty for no key.

    It is in the database, so it is short: nobody can find a key by it, not even a weak one of an own server.
    """
    return _digest(account_id, key) if key else ""


def headers_mark(account_id: str, headers: Mapping[str, str]) -> str:
    """The same of extra headers."""
    return BARE + _digest(account_id, as_kept(headers)) if headers else BARE


def marks(account_id: str, connection: Connection) -> dict[str, object]:
    """What a job remembers of the way it was sent."""
    headers = headers_mark(account_id, connection.headers)
    return {"sent_with": key_mark(account_id, connection.key), "headers_with": headers}


def sent_alike(job: Job, connection: Connection) -> bool:
    """Whether `job` was sent with this key and these headers, as far as it remembers."""
    return all(getattr(job, name) in {"", mark} for name, mark in marks(job.account, connection).items())


def as_kept(headers: Mapping[str, str]) -> str:
    """Headers as the keyring holds them."""
    return json.dumps(dict(headers), sort_keys=True)


class Former:
    """What accounts had before, in the keyring like what they have, and only while jobs are under way with it.

    `Account.former` are the marks of what is there. `under_way` says with which marks the unfinished jobs of an
    account were sent.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.under_way: Callable[[str], set[str]] = lambda _account_id: set()

    async def keep(self, account: Account, mark: str, value: str) -> tuple[str, ...]:
        """To be called before another value takes the place of this one. The marks of what is kept then."""
        if not value or mark in {BARE, *account.former} or mark not in self.under_way(account.id):
            return account.former
        await self._secrets.put(_entry(account.id, mark), value)
        return (*account.former, mark)

    async def key(self, account: Account, present: str, mark: str) -> str:
        """The key for a job that was sent with the key of `mark`: the former one where it is that, else the present."""
        if key_mark(account.id, present) == mark or mark not in account.former:
            return present
        return (await self._secrets.get(_entry(account.id, mark))).value or present

    async def headers(self, account: Account, present: Mapping[str, str], mark: str) -> Mapping[str, str]:
        """The same of extra headers. A job that was sent without any goes on without, so nothing is kept for it."""
        if mark == BARE:
            return {}
        if headers_mark(account.id, present) == mark or mark not in account.former:
            return present
        kept = (await self._secrets.get(_entry(account.id, mark))).value
        headers: dict[str, str] = json.loads(kept) if kept else dict(present)
        for value in headers.values():
            know(value, name=True)
        return headers

    def unneeded(self, account: Account) -> set[str]:
        """The marks of what no job is under way with any more."""
        return {*account.former} - self.under_way(account.id) if account.former else set()

    async def forget(self, account_id: str, gone: set[str]) -> None:
        for mark in gone:
            await self._secrets.delete(_entry(account_id, mark))


def _digest(account_id: str, text: str) -> str:
    return hashlib.sha256(f"{account_id}\n{text}".encode()).hexdigest()[:4]


def _entry(account_id: str, mark: str) -> str:
    return f"{account_id}@before/{mark}"
