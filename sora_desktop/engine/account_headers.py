"""The extra headers of accounts: their values are secrets, kept where the keys are, one entry for each origin."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sora_desktop.core.accounts import Account, clean_headers, origin_of
from sora_desktop.core.errors import UserError
from sora_desktop.core.redact import know
from sora_desktop.storage.secrets import Secrets, SecretState

HEADERS_SUFFIX = "/headers"


class ExtraHeaders:
    """Reads and writes the entries. What is read is hidden in every log and report from then on."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def of(self, account: Account, url: str) -> dict[str, str]:
        """The headers for a call to `url`: the account's, or those of the origin that it has left.

        Raises UserError: `headers_missing`, `key_locked`.
        """
        if origin_of(url) != origin_of(account.base_url):
            return await self._kept(_entry(account.id, origin_of(url)))
        if not account.header_names:
            return {}
        kept = await self._kept(_entry(account.id))
        missing = [name for name in account.header_names if name not in kept]
        if missing:
            raise UserError("headers_missing", names=", ".join(missing))
        return {name: kept[name] for name in account.header_names}

    async def change(self, account: Account, headers: Mapping[str, str | None]) -> tuple[SecretState, tuple[str, ...]]:
        """Keeps values; one of None stays as it is kept. Answers where they are, and the names.

        Raises UserError for a name or a value that no header can carry.
        """
        wanted = clean_headers({name: value for name, value in headers.items() if value is not None})
        left = tuple(name for name, value in headers.items() if value is None)
        kept = await self.of(account.model_copy(update={"header_names": left}), account.base_url) if left else {}
        found = {name.strip(): kept.get(name) or wanted[name.strip()] for name in headers}
        if found:
            return await self._secrets.put(_entry(account.id), json.dumps(found)), tuple(found)
        await self._secrets.delete(_entry(account.id))
        return SecretState.FOUND, ()

    async def where(self, account_id: str) -> SecretState:
        """Where the values of the account's headers are."""
        return await self._secrets.where(_entry(account_id))

    async def stay(self, account: Account) -> None:
        """Keeps the values for the origin that the account leaves: running jobs go on there with them."""
        answer = await self._secrets.get(_entry(account.id))
        if account.header_names and answer.value:
            await self._secrets.put(_entry(account.id, origin_of(account.base_url)), answer.value)

    async def forget(self, account: Account) -> None:
        """The account was removed."""
        await self._secrets.delete(_entry(account.id))
        for origin in account.past_origins:
            await self._secrets.delete(_entry(account.id, origin))

    async def _kept(self, entry: str) -> dict[str, str]:
        answer = await self._secrets.get(entry)
        if answer.state is SecretState.LOCKED:
            raise UserError("key_locked")
        kept: dict[str, str] = json.loads(answer.value) if answer.value else {}
        for value in kept.values():
            know(value, name=True)
        return kept


def _entry(account_id: str, origin: str = "") -> str:
    """The entry of the keyring, also that of an origin which the account has left."""
    return f"{account_id}{HEADERS_SUFFIX}@{origin}" if origin else f"{account_id}{HEADERS_SUFFIX}"
