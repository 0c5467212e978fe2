"""The key that an account had before its present one: jobs that were sent with it go on with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sora_desktop.storage.secrets import Secrets


def key_mark(account_id: str, key: str) -> str:
    """What tells whether a job was sent with this key; empty for no key.

    It is in the database, so it is short: nobody can find a key by it, not even a weak one of an own server.
    """
    return hashlib.sha256(f"{account_id}\n{key}".encode()).hexdigest()[:4] if key else ""


class FormerKeys:
    """One former key an account, in the keyring like the present one, and only while jobs are under way with it.

    `under_way` says whether an account has such jobs; `kept` are the accounts whose former key was kept in this run.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.under_way: Callable[[str], bool] = lambda _account_id: False
        self.kept: set[str] = set()

    async def keep(self, account_id: str, new: str) -> None:
        """To be called before `new` takes the place of the account's key."""
        if not self.under_way(account_id):
            await self.forget(account_id)
            return
        present = (await self._secrets.get(account_id)).value
        if present and present != new:
            self.kept.add(account_id)
            await self._secrets.put(_entry(account_id), present)

    async def chosen(self, account_id: str, present: str, mark: str) -> str:
        """The key for a job that was sent with the key of `mark`: the former one where it is that, else the present."""
        if not mark or key_mark(account_id, present) == mark:
            return present
        former = (await self._secrets.get(_entry(account_id))).value
        return former if key_mark(account_id, former) == mark else present

    async def forget(self, account_id: str) -> None:
        """No job needs it any more."""
        self.kept.discard(account_id)
        await self._secrets.delete(_entry(account_id))


def _entry(account_id: str) -> str:
    return f"{account_id}@before"
