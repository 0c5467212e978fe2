"""Jobs whose account was removed, and the account that was added in its place."""

from __future__ import annotations

from collections.abc import Iterable

from sora_desktop.core.accounts import Account, origin_of
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.former_keys import key_mark


def orphans(jobs: Iterable[Job], accounts: Accounts) -> list[Job]:
    """The jobs that something can still be done about and whose account is gone."""
    return [job for job in jobs if job.state is not State.DONE and job.base_url and accounts.get(job.account) is None]


async def adopted(jobs: Iterable[Job], accounts: Accounts) -> dict[str, dict[str, object]]:
    """What changes in those of `jobs` that an account of the same service at the same address can take over.

    The one with the key that the job was sent with, else the only one that was added since: its key may be a new one.
    """
    found: dict[str, dict[str, object]] = {}
    for job in jobs:
        alike = [one for one in accounts.all if not one.builtin and _same_place(one, job)]
        keys = {one.id: await _key(accounts, one) for one in alike}
        knows = [one for one in alike if job.sent_with and key_mark(job.account, keys[one.id]) == job.sent_with]
        since = [one for one in alike if one.created_at > (job.submitted_at or job.created_at)]
        heir = knows[0] if knows else since[0] if len(since) == 1 else None
        if heir is not None:
            mark = key_mark(heir.id, keys[heir.id]) if heir in knows else ""
            found[job.id] = {"account": heir.id, "sent_with": mark, "headers_with": ""}
    return found


def _same_place(account: Account, job: Job) -> bool:
    return account.provider == job.request.provider and origin_of(account.base_url) == origin_of(job.base_url)


async def _key(accounts: Accounts, account: Account) -> str:
    try:
        return (await accounts.connection(account.id)).key
    except UserError:
        return ""
