"""Accounts with their keys: what is stored, what is built in, and where a call goes."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from sora_desktop.core.accounts import (
    Account,
    clean_base_url,
    clean_host,
    clean_key,
    is_private_host,
    key_tail,
    origin_of,
)
from sora_desktop.core.catalog import Catalog, Model, Provider
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import Job
from sora_desktop.core.redact import know
from sora_desktop.core.signal import Signal
from sora_desktop.engine.account_headers import HEADERS_SUFFIX, ExtraHeaders
from sora_desktop.engine.built_in import demo_account, with_choices
from sora_desktop.engine.former_keys import Former, as_kept, headers_mark, key_mark
from sora_desktop.engine.offers import Offers, place_at
from sora_desktop.providers.base import Connection
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.secrets import SecretAnswer, Secrets, SecretState

Resolver = Callable[[], Awaitable[Mapping[str, str]]]
"""The live addresses of the built-in simulator by provider id. Starts it where it does not run."""

HOST_SUFFIX = "/s3"


class Accounts:
    """All accounts of a data folder. `changed` comes after a change was committed, when a key arrives late, and when
    what an account offers is another now.

    `override_key` is used instead of the kept key for the accounts it is told to `serve`, and is never stored.
    """

    def __init__(
        self, store: AccountStore, secrets: Secrets, catalog: Catalog, resolver: Resolver, *, override_key: str = ""
    ) -> None:
        self.catalog = catalog
        self.offers = Offers(catalog)
        self.changed: Signal[[]] = Signal()
        self._store = store
        self._secrets = secrets
        self._extra = ExtraHeaders(secrets)
        self.former = Former(secrets)
        self._resolver = resolver
        self._override_key = override_key
        self._served: set[str] = set()
        self._accounts: dict[str, Account] = {}
        self._saving = asyncio.Lock()
        """Held while accounts are read or written: what was saved a moment before must not be lost."""
        know(override_key)
        secrets.changed.connect(self._on_secret_changed)
        self.offers.changed.connect(self.changed.emit)

    def serve(self, account_id: str) -> None:
        """From now on the override key, where there is one, is this account's. A key belongs to one service only."""
        if self._override_key:
            self._served.add(account_id)

    async def load(self) -> None:
        """Reads the stored accounts, again where another process may have changed them, and adds the built-in ones.

        Raises EnvironmentProblem.
        """
        async with self._saving:
            stored = {account.id: account for account in await self._store.all()}
            builtin = [with_choices(account, stored.pop(account.id, None)) for account in self._built_in()]
            before, self._accounts = self._accounts, {account.id: account for account in (*stored.values(), *builtin)}
        if self._accounts != before:
            self.changed.emit()

    def _built_in(self) -> list[Account]:
        return [account for provider in self.catalog.providers if (account := demo_account(provider))]

    @property
    def all(self) -> tuple[Account, ...]:
        """The user's accounts in the user's order, then the built-in ones."""
        return tuple(sorted(self._accounts.values(), key=lambda account: (account.builtin, account.position)))

    def get(self, account_id: str) -> Account | None:
        return self._accounts.get(account_id)

    def find(self, name_or_id: str) -> Account | None:
        """The account of this id, else the one of this name; upper and lower case differ only where they have to."""
        wanted = name_or_id.strip()
        if wanted in self._accounts:
            return self._accounts[wanted]
        for same in (str, str.casefold):
            named = [account for account in self.all if same(account.name) == same(wanted)]
            if len(named) == 1:
                return named[0]
        return None

    def provider(self, account_id: str) -> Provider | None:
        account = self._accounts.get(account_id)
        return self.offers.provider(account) if account else None

    def provider_of(self, account_id: str, provider_id: str) -> Provider | None:
        """The provider a job was made for: as its account sees it, or as it ships where the account is gone."""
        account = self._accounts.get(account_id)
        if account is not None and account.provider == provider_id:
            return self.offers.provider(account)
        return self.catalog.provider(provider_id)

    def model_of(self, job: Job) -> Model | None:
        """The model a job was made with, also one that can no longer be picked; None where nothing knows it."""
        provider = self.provider_of(job.account, job.request.provider)
        found = provider.model(job.request.model) if provider else None
        return found or self.offers.model_at(place_at(job.request.provider, job.base_url), job.request.model)

    def model(self, account_id: str, model_id: str) -> Model | None:
        provider = self.provider(account_id)
        return provider.model(model_id) if provider else None

    def models(self, account_id: str) -> tuple[Model, ...]:
        """What this account can make; empty where the account or its provider is gone."""
        provider = self.provider(account_id)
        return provider.models if provider else ()

    def draft(self, provider_id: str, name: str = "", base_url: str = "", *, allow_http: bool = False) -> Account:
        """A new account with the provider's defaults and a name of its own, not added yet.

        Raises UserError for an unknown provider and a bad address.
        """
        provider = self.catalog.provider(provider_id)
        if provider is None:
            raise UserError("provider_unknown", name=provider_id)
        return Account(
            id=str(uuid.uuid4()),
            provider=provider.id,
            name=name.strip() or self.free_name(provider.name),
            base_url=clean_base_url(base_url or provider.base_url, allow_http=allow_http, tails=provider.endings),
            at_once=provider.at_once,
            per_minute=provider.per_minute,
            default_model=provider.models[0].id if provider.models else "",
            position=max((account.position for account in self._accounts.values()), default=0.0) + 1,
            allow_http=allow_http,
            created_at=time.time(),
        )

    def free_name(self, name: str) -> str:
        """`name`, with a number where an account has it already."""
        taken = {account.name.casefold() for account in self._accounts.values()}
        number, free = 2, name
        while free.casefold() in taken:
            free, number = f"{name} {number}", number + 1
        return free

    async def add(self, account: Account, key: str | None) -> SecretState:
        """Commits a new account and keeps its key; the answer says where the key is.

        Raises UserError for a bad name, address or key; nothing was added then.
        """
        account = self._checked(account)
        key = clean_key(key) if key is not None else None
        async with self._saving:
            await self._store.save(account)
            self._accounts[account.id] = account
        state = await self._secrets.put(account.id, key) if key else await self.key_state(account.id)
        self.changed.emit()
        return state

    async def save(self, account: Account) -> None:
        """Commits a changed account. Raises UserError for a bad name or address, or when it is gone."""
        async with self._saving:
            known = self._accounts.get(account.id)
            if known is None:
                raise UserError("account_unknown", name=account.name)
            account = with_choices(known, account) if known.builtin else self._checked(account)
            if not account.builtin:
                account = await self._moved(known, account)
            await self._store.save(account)
            self._accounts[account.id] = account
        self.changed.emit()

    async def _moved(self, known: Account, account: Account) -> Account:
        """Keeps the key of the origin that an account leaves: running jobs go on there with it."""
        old, new = origin_of(known.base_url), origin_of(account.base_url)
        account = account.model_copy(update={"past_origins": known.past_origins, "former": known.former})
        if old == new:
            return account
        answer = await self._secrets.get(account.id)
        if answer.value:
            await self._secrets.put(_origin_entry(account.id, old), answer.value)
        await self._extra.stay(known)
        past = tuple(origin for origin in known.past_origins if origin not in {old, new})
        return account.model_copy(update={"past_origins": (*past, old)})

    def _checked(self, account: Account) -> Account:
        provider = self.catalog.provider(account.provider)
        if provider is None and account.id not in self._accounts:
            raise UserError("provider_unknown", name=account.provider)
        name = " ".join(account.name.split())
        if not name:
            raise UserError("name_empty")
        if any(other.name.casefold() == name.casefold() and other.id != account.id for other in self.all):
            raise UserError("name_taken", name=name)
        tails = provider.endings if provider else ()
        base_url = clean_base_url(account.base_url, allow_http=account.allow_http, tails=tails)
        host = clean_host(account.reference_host) if account.reference_host else None
        update = {"name": name, "base_url": base_url, "builtin": False, "reference_host": host}
        return account.model_copy(update=update)

    async def remove(self, account_id: str) -> None:
        """Forgets an account and its key. Its jobs stay. Raises UserError for a built-in one."""
        account = self._accounts.get(account_id)
        if account is None:
            return
        if account.builtin:
            raise UserError("account_builtin", name=account.name)
        async with self._saving:
            await self._store.delete(account_id)
            self._accounts.pop(account_id, None)
        await self._secrets.delete(account_id)
        await self.former.forget(account_id, {*account.former})
        await self._secrets.delete(_host_entry(account_id))
        await self._extra.forget(account)
        for origin in account.past_origins:
            await self._secrets.delete(_origin_entry(account_id, origin))
        self.changed.emit()

    async def set_key(self, account_id: str, key: str) -> SecretState:
        """Keeps a new key: FOUND in the keyring, SESSION until the program ends. Raises UserError for a bad one."""
        account = self._accounts.get(account_id)
        if account is None or account.builtin:
            raise UserError("account_unknown", name=account_id)
        key = clean_key(key)
        present = (await self._secrets.get(account_id)).value
        if present != key:
            await self._kept(account_id, await self.former.keep(account, key_mark(account_id, present), present))
        state = await self._secrets.put(account_id, key)
        self.changed.emit()
        return state

    async def _kept(self, account_id: str, former: tuple[str, ...]) -> None:
        """Commits which former keys and headers are kept of an account."""
        async with self._saving:
            account = self._accounts.get(account_id)
            if account is not None and account.former != former:
                self._accounts[account_id] = account = account.model_copy(update={"former": former})
                await self._store.save(account)

    async def forget_unneeded(self, account_id: str) -> None:
        """Forgets the former keys and headers that no job is under way with any more."""
        account = self._accounts.get(account_id)
        gone = self.former.unneeded(account) if account else set[str]()
        if account is not None and gone:
            await self._kept(account_id, tuple(mark for mark in account.former if mark not in gone))
            await self.former.forget(account_id, gone)

    async def key_state(self, account_id: str) -> SecretState:
        """Where the account's key is; a built-in account always has one."""
        account = self._accounts.get(account_id)
        if account is None:
            return SecretState.MISSING
        if account.builtin:
            return SecretState.FOUND
        return (await self._secret(account_id)).state

    async def key_tail(self, account_id: str) -> str:
        """The end of the account's key, all that is ever shown of it; empty where there is none to show."""
        account = self._accounts.get(account_id)
        if account is None or account.builtin:
            return ""
        return key_tail((await self._secret(account_id)).value)

    async def set_host_secret(self, account_id: str, secret: str) -> SecretState:
        """Keeps the secret key of the account's reference host, as `set_key` does. Raises UserError for a bad one."""
        if account_id not in self._accounts:
            raise UserError("account_unknown", name=account_id)
        state = await self._secrets.put(_host_entry(account_id), clean_key(secret))
        self.changed.emit()
        return state

    async def host_secret_state(self, account_id: str) -> SecretState:
        """Where the secret key of the account's reference host is."""
        return await self._secrets.where(_host_entry(account_id))

    async def host_secret(self, account_id: str) -> str:
        """The secret key of the account's reference host. Raises UserError: `host_secret_missing`, `key_locked`."""
        answer = await self._secrets.get(_host_entry(account_id))
        if answer.state is SecretState.LOCKED:
            raise UserError("key_locked")
        if not answer.value:
            raise UserError("host_secret_missing")
        return answer.value

    async def connection(
        self, account_id: str, base_url: str = "", mark: str = "", headers_with: str = ""
    ) -> Connection:
        """Where a call of this account goes, with which key and headers; by a job's frozen `base_url` and marks.

        Raises UserError: `account_gone`, `key_missing`, `key_locked`, or what is wrong with the address.
        """
        account = self._accounts.get(account_id)
        if account is None:
            raise UserError("account_gone")
        if account.builtin:
            provider = self.catalog.provider(account.provider)
            key = provider.demo.key if provider and provider.demo else ""
            return Connection((await self._resolver())[account.provider], key)
        # What was allowed for an address that the account has left is still so for the jobs that were sent there.
        left = bool(base_url) and origin_of(base_url) in account.past_origins
        url = clean_base_url(base_url or account.base_url, allow_http=account.allow_http or left)
        provider = self.catalog.provider(account.provider)
        needs_key = provider is None or provider.needs_key
        key = await self._key(account_id, url) if needs_key else (await self._secret(account_id, url)).value
        key = await self.former.key(account, key, mark)
        headers = await self.former.headers(account, await self._extra.of(account, url), headers_with)
        return Connection(url, key, headers, account.proxy)

    async def public_connection(self, account_id: str) -> Connection:
        """Where a call goes that needs no key: none is read or sent. Raises UserError as `connection` does."""
        account = self._accounts.get(account_id)
        if account is None:
            raise UserError("account_gone")
        if account.builtin:
            return Connection((await self._resolver())[account.provider])
        headers = await self._extra.of(account, account.base_url)
        return Connection(account.base_url, headers=headers, route=account.proxy)

    async def set_headers(self, account_id: str, headers: Mapping[str, str | None]) -> SecretState:
        """Keeps the values of an account's extra headers, as `set_key` does, and their names with the account.

        A value of None stays as it is kept. Raises UserError for a name or a value that no header can carry.
        """
        account = self._accounts.get(account_id)
        if account is None or account.builtin:
            raise UserError("account_unknown", name=account_id)
        with suppress(UserError):  # Values that are not kept here cannot be kept for anybody.
            present = await self._extra.of(account, account.base_url)
            former = await self.former.keep(account, headers_mark(account_id, present), as_kept(present))
            await self._kept(account_id, former)
        state, names = await self._extra.change(account, headers)
        await self.save(account.model_copy(update={"header_names": names}))
        return state

    async def headers_state(self, account_id: str) -> SecretState:
        """Where the values of the account's extra headers are."""
        return await self._extra.where(account_id)

    async def _key(self, account_id: str, url: str) -> str:
        answer = await self._secret(account_id, url)
        match answer.state:
            case SecretState.FOUND | SecretState.SESSION:
                return answer.value
            case SecretState.LOCKED:
                raise UserError("key_locked")
            case SecretState.MISSING | SecretState.UNAVAILABLE:
                raise UserError("key_missing")

    async def _secret(self, account_id: str, url: str = "") -> SecretAnswer:
        """The key of the account, or of the origin of `url` where the account has moved away from it."""
        account = self._accounts[account_id]
        if url and origin_of(url) != origin_of(account.base_url):
            return await self._secrets.get(_origin_entry(account_id, origin_of(url)))
        if account_id in self._served:
            return SecretAnswer(SecretState.SESSION, self._override_key)
        return await self._secrets.get(account_id)

    def is_private(self, account_id: str, base_url: str = "") -> bool:
        """Whether the account's service is on this machine or in a private network: its results may be there too."""
        account = self._accounts.get(account_id)
        if account is None:
            return False
        return account.builtin or is_private_host(urlsplit(base_url or account.base_url).hostname or "")

    def route(self, account_id: str) -> str:
        """Which way the account's calls, downloads and references take through the network."""
        account = self._accounts.get(account_id)
        return account.proxy if account else "default"

    def _on_secret_changed(self, account_id: str) -> None:
        if account_id.removesuffix(HOST_SUFFIX).removesuffix(HEADERS_SUFFIX) in self._accounts:
            self.changed.emit()


def _host_entry(account_id: str) -> str:
    """The entry of the keyring that holds the secret key of an account's reference host."""
    return account_id + HOST_SUFFIX


def _origin_entry(account_id: str, origin: str) -> str:
    """The entry of the keyring that holds the key of an origin which the account has left."""
    return f"{account_id}@{origin}"
