"""The live catalogue: each service's own list of models over the shipped one, kept for when there is no network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model, Provider
from sora_desktop.core.errors import EnvironmentProblem, ProviderError, UserError
from sora_desktop.core.listings import Drift, Seen, changed_fields, drifts, merge, named
from sora_desktop.core.notes import Note
from sora_desktop.core.signal import Signal
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.offers import place_of
from sora_desktop.engine.tasks import Tasks
from sora_desktop.providers.base import Dialect, Listing, Published, Stamp
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.listings import KeptListing, ListingStore

DAY = 86_400.0
AGAIN = 3600.0
"""Seconds after a list that did not come until it is asked for again by itself."""


class LiveCatalogue:
    """Puts into `accounts.offers` what each account's service lists. Accounts of one place share its list.

    `changed`: a list was heard, or a model went. `drifted`: a new list says other things of known models (place,
    what). A model that is no longer listed, or that a create was refused for, is gone, with the date; it stays
    readable, and comes back with the list.
    """

    def __init__(
        self,
        accounts: Accounts,
        dialect_of: Callable[[Provider], Dialect],
        store: ListingStore,
        tasks: Tasks,
        clock: Clock | None = None,
    ) -> None:
        self.changed: Signal[[]] = Signal()
        self.drifted: Signal[[str, tuple[Drift, ...]]] = Signal()
        self._accounts = accounts
        self._dialect_of = dialect_of
        self._store = store
        self._tasks = tasks
        self._clock = clock or Clock()
        self._kept: dict[str, KeptListing] = {}
        self._seen: dict[str, tuple[Seen, ...]] = {}
        self._put: dict[str, tuple[Model, ...]] = {}
        self._tried_at: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def start(self) -> None:
        """Puts the kept lists into the offers; no call is made. Raises EnvironmentProblem."""
        for place, (kept, seen) in (await self._store.all()).items():
            self._kept[place], self._seen[place] = kept, seen
            self._settle(place)

    def follow(
        self,
        model_refused: Signal[[str, str, bool]],
        probed: Signal[[str, frozenset[str]]],
        named: Signal[[str, frozenset[str]]],
    ) -> None:
        """Hears from the engine of creates that were refused for their model, and from servers of what they have: by
        the user's look (`probed`), and by every test (`named`)."""
        model_refused.connect(self._on_model_refused)
        probed.connect(lambda account_id, models: self._on_named(account_id, models, trusted=True))
        named.connect(lambda account_id, models: self._on_named(account_id, models, trusted=False))

    # What is known.

    def notes(self, account_id: str) -> tuple[Note, ...]:
        """What could not be read of the account's list."""
        kept = self._kept_of(account_id)
        return kept.notes if kept else ()

    def fetched_at(self, account_id: str) -> float | None:
        """When the account's list was last heard to be so (Unix seconds); None where it never was."""
        kept = self._kept_of(account_id)
        return kept.fetched_at or None if kept else None

    def due(self, account_id: str) -> bool:
        """Whether the account's list is older than a day, and was not asked for in vain within the last hour."""
        account, provider = self._accounts.get(account_id), self._accounts.provider(account_id)
        if account is None or provider is None or not provider.lists_models:
            return False
        now = self._clock.now()
        heard, tried = self.fetched_at(account_id) or 0.0, self._tried_at.get(place_of(account), 0.0)
        return not (0 <= now - heard < DAY or 0 <= now - tried < AGAIN)

    def _kept_of(self, account_id: str) -> KeptListing | None:
        account = self._accounts.get(account_id)
        return self._kept.get(place_of(account)) if account else None

    # Asking.

    async def refresh(self, account_id: str, *, force: bool = False) -> bool:
        """Asks for the account's list, only for what changed since the last one; whether its models changed.

        `force` brings back what a create was refused for, where nothing else speaks against it. False for a service
        without a list. Raises ProviderError or UserError where no list came; what was known stays.
        """
        account, provider = self._accounts.get(account_id), self._accounts.provider(account_id)
        if account is None or provider is None:
            raise UserError("account_gone")
        place = place_of(account)
        async with self._locks.setdefault(place, asyncio.Lock()):
            if not provider.lists_models:
                return force and await self._trust_again(place)
            self._tried_at[place] = self._clock.now()
            return await self._refresh(account, provider, place, force)

    async def _refresh(self, account: Account, provider: Provider, place: str, force: bool) -> bool:
        connection = await self._accounts.public_connection(account.id)
        kept, body = await self._store.get(place)
        stamp = Stamp(kept.etag, kept.modified) if kept and body else Stamp()
        shipped, dialect = self._shipped(provider), self._dialect_of(provider)
        listing = await dialect.models(connection, shipped, stamp)
        if listing is None:
            return False
        heard = stamp if listing.unchanged else listing.stamp
        fresh = not listing.unchanged and listing.body != body
        if listing.unchanged:
            # Read again: this version may understand more of it than the one that fetched it.
            listing = await in_thread(lambda: dialect.listed(body, shipped))
        elif body and fresh and listing.models:
            new = listing.models
            found = await in_thread(lambda: drifts(dialect.listed(body, shipped).models, new))
            if found:
                self.drifted.emit(place, found)
        return await self._take(place, listing, shipped, heard, fresh=fresh, trusted=fresh or force)

    async def _take(
        self, place: str, listing: Listing, shipped: tuple[Model, ...], stamp: Stamp, *, fresh: bool, trusted: bool
    ) -> bool:
        """Merges a list over what is known, keeps it and puts it into the offers."""
        now, seen = self._clock.now(), self._seen.get(place, ())
        kept = self._kept.get(place) or KeptListing(place=place)
        notes = listing.notes
        if listing.models:
            models = merge(listing.models, shipped, seen, now, complete=listing.complete, trusted=trusted)
            listed = {model.id for model in listing.models}
            unsure = not listing.complete and any(one.model.id not in listed for one in models)
            notes = (*notes, Note(code="list_unsure")) if unsure else notes
            kept = kept.model_copy(update={"etag": stamp.etag, "modified": stamp.modified, "listed": True})
        else:
            models, fresh = seen, False
            notes = (*notes, Note(code="list_empty"))
        kept = kept.model_copy(update={"fetched_at": now, "notes": notes})
        await self._store.save(kept, models, listing.body if fresh else None)
        self._kept[place], self._seen[place] = kept, models
        changed = self._settle(place)
        self.changed.emit()
        return changed

    def _shipped(self, provider: Provider) -> tuple[Model, ...]:
        shipped = self._accounts.catalog.provider(provider.id)
        return shipped.models if shipped else ()

    # What a create says.

    def _on_model_refused(self, account_id: str, model_id: str, sure: bool) -> None:
        if sure:
            self._tasks.spawn(self._lose(account_id, model_id), f"model gone {account_id}")
        else:
            self._tasks.spawn(self._look_again(account_id), f"list of {account_id}")

    async def _lose(self, account_id: str, model_id: str) -> None:
        account, model = self._accounts.get(account_id), self._accounts.model(account_id, model_id)
        if account is None or model is None:
            return
        place = place_of(account)
        async with self._locks.setdefault(place, asyncio.Lock()):
            seen = {one.model.id: one for one in self._seen.get(place, ())}
            seen[model_id] = seen.get(model_id, Seen(model=model)).lost(self._clock.now(), refused=True)
            await self._keep(place, tuple(seen.values()))

    def _on_named(self, account_id: str, models: frozenset[str], *, trusted: bool) -> None:
        if models:
            self._tasks.spawn(self._named(account_id, models, trusted), f"models of {account_id}")

    async def _named(self, account_id: str, models: frozenset[str], trusted: bool) -> None:
        """A server names its models. One that it has named before and names no more is gone; what the user wrote into
        its file, and what it never named, stays."""
        account = self._accounts.get(account_id)
        if account is None:
            return
        place = place_of(account)
        # The list may be that of a key: what another account's does not name may still be there for this one.
        shared = any(place_of(one) == place for one in self._accounts.all if one.id != account_id)
        async with self._locks.setdefault(place, asyncio.Lock()):
            before = self._seen.get(place, ())
            offered = {model.id: model for model in self._accounts.models(account_id)}
            seen = named(before, offered, models, self._clock.now(), trusted=trusted, whole=not shared)
            if seen != before:
                await self._keep(place, seen)

    async def _look_again(self, account_id: str) -> None:
        """The answer was unclear: the list knows whether the model is still there."""
        try:
            await self.refresh(account_id)
        except (ProviderError, UserError, EnvironmentProblem):
            return

    async def _trust_again(self, place: str) -> bool:
        """A place without a list has only the user's word that a model may be there again."""
        seen = self._seen.get(place, ())
        return await self._keep(place, ()) if any(one.gone for one in seen) else False

    async def _keep(self, place: str, seen: tuple[Seen, ...]) -> bool:
        kept = self._kept.get(place) or KeptListing(place=place)
        await self._store.save(kept, seen)
        self._kept[place], self._seen[place] = kept, seen
        changed = self._settle(place)
        self.changed.emit()
        return changed

    def _settle(self, place: str) -> bool:
        """Puts what is known of a place into the offers; whether that is something else than before."""
        listed = self._kept[place].listed
        models = tuple(one.model for one in self._seen[place] if listed or one.gone)
        if self._put.get(place, ()) == models:
            return False
        self._put[place] = models
        if listed:
            self._accounts.offers.put_models(place, models)
        else:
            self._accounts.offers.put_gone(place, {model.id: model for model in models})
        return True

    # The published contract.

    async def contract_changes(self, account_id: str) -> tuple[str, ...]:
        """Fields of the service's published contract that went or are others since the last look; it is kept then.

        Empty where it publishes none. Raises ProviderError or UserError where no answer came.
        """
        account, provider = self._accounts.get(account_id), self._accounts.provider(account_id)
        if account is None or provider is None:
            raise UserError("account_gone")
        dialect = self._dialect_of(provider)
        if not isinstance(dialect, Published):
            return ()
        fields = await dialect.contract(await self._accounts.public_connection(account_id))
        place = place_of(account)
        async with self._locks.setdefault(place, asyncio.Lock()):
            kept = self._kept.get(place) or KeptListing(place=place)
            if not fields or fields == kept.contract:
                return ()
            self._kept[place] = kept.model_copy(update={"contract": dict(fields)})
            await self._store.save(self._kept[place], self._seen.setdefault(place, ()))
            return changed_fields(kept.contract, fields) if kept.contract else ()
