"""The radar: a quiet free look at each account's service, soon after the start and daily, and what came of it.

It never starts anything that is paid for, and it says each thing once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.errors import EnvironmentProblem, FailureKind, ProviderError, Sent, UserError
from sora_desktop.core.listings import Drift
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.alarm import Alarm
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.live import DAY, LiveCatalogue
from sora_desktop.engine.offers import place_of
from sora_desktop.engine.queue import Engine
from sora_desktop.engine.sayings import Sayings
from sora_desktop.engine.tasks import Tasks
from sora_desktop.storage.drafts import DraftStore
from sora_desktop.storage.warnings import Warning, WarningStore

__all__ = ["Radar", "Warning"]

FIRST = 8.0
"""Seconds after the start: the window and its jobs come first."""
APART = 60.0
"""Seconds between two failed looks that make a service down."""
RETRY, LATER, UNTIL_ONLINE = 120.0, 900.0, 300.0
"""Seconds until another look: after a first failure, after more, and while the machine is offline."""
SOON = 5.0
"""Seconds after a change of the accounts, in which more of it may come."""
MOST_NAMED = 5
NO_NETWORK = {"offline", "dns_failed"}
"""Failures that a machine without network sees of every service."""
DOWN = {
    FailureKind.NETWORK: "radar_down",
    FailureKind.SERVER: "radar_down",
    FailureKind.NOT_FOUND: "radar_ended",
}
"""What is said of a service that fails so twice. One that no longer knows its own calls was switched off, or moved."""
KEYS = {"key_expired": "radar_key_expired", "key_revoked": "radar_key_revoked", "key_scope": "radar_key_scope"}


@dataclass(slots=True)
class _Watch:
    """One account: when it is looked at next (Unix seconds), and what went wrong so far."""

    due: float = 0.0
    looked_at: float = 0.0
    failures: int = 0
    failed_at: float = 0.0
    blocked: bool = False


class Radar:
    """Watches the user's enabled accounts (with `builtin` also the simulator's) and keeps `warnings`.

    `changed`: another warning, or one less. Each is said once: dismissed, it comes back only when what it is about
    was over and came again, or is another thing now.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        engine: Engine,
        live: LiveCatalogue,
        drafts: DraftStore,
        store: WarningStore,
        tasks: Tasks,
        clock: Clock | None = None,
        builtin: bool = False,
    ) -> None:
        self._accounts = accounts
        self._engine = engine
        self._live = live
        self._drafts = drafts
        self._tasks = tasks
        self._clock = clock or Clock()
        self._builtin = builtin
        self._alarm = Alarm(self._clock)
        self._sayings = Sayings(store, tasks)
        self._watches: dict[str, _Watch] = {}
        self._links: list[Callable[[], None]] = []
        self._looking = False
        self.changed = self._sayings.changed

    @property
    def warnings(self) -> tuple[Warning, ...]:
        """What was said and not dismissed, the oldest first."""
        return self._sayings.open

    def dismiss(self, key: str) -> None:
        """The user has read it. It is remembered."""
        self._sayings.dismiss(key)

    async def start(self) -> None:
        """Reads what was said before, and begins to look from time to time. Raises EnvironmentProblem."""
        await self.load()
        self._tasks.spawn(self._run(), "radar")

    async def load(self) -> None:
        """Reads what was said before and listens to the engine and the catalogue, without looking by itself."""
        await self._sayings.load(self._clock.now())
        self._links += [
            self._live.changed.connect(self._on_live_changed),
            self._live.drifted.connect(self._on_drifted),
            self._engine.balance_changed.connect(self._on_balance_changed),
            self._accounts.changed.connect(self._on_accounts_changed),
        ]

    async def _run(self) -> None:
        first = self._clock.monotonic() + self._clock.jitter(FIRST)
        while self._clock.monotonic() < first:
            await self._alarm.wait_until(first)
        while True:
            await self.look()
            await self._alarm.wait_until(None)

    async def check_now(self) -> None:
        """Looks at every account at once, whether it is due or not."""
        for account in self._watched():
            self._watch(account).due = 0.0
        await self.look(lists=True)

    async def look(self, *, lists: bool = False) -> None:
        """Looks at what is due; with `lists` asks for every list of models as well."""
        if self._looking:
            return
        self._looking = True
        try:
            now, watched = self._clock.now(), self._watched()
            due = [account for account in watched if not self._watch(account).due > now]
            await self._check(due)
            places = {place_of(account): account for account in reversed(watched)}
            wanted = [account for account in places.values() if lists or self._live.due(account.id)]
            for account in wanted:
                await self._hear(account)
            if due or wanted:
                await self._look_for_gone()
        except EnvironmentProblem:
            return  # The database is busy or the disk full; the next look finds the same.
        finally:
            self._looking = False

    def _watched(self) -> list[Account]:
        return [one for one in self._accounts.all if one.enabled and (self._builtin or not one.builtin)]

    def _watch(self, account: Account) -> _Watch:
        return self._watches.setdefault(account.id, _Watch())

    # Services and keys.

    async def _check(self, accounts: Sequence[Account]) -> None:
        failed: list[tuple[Account, ProviderError]] = []
        heard = False
        for account in accounts:
            watch = self._watch(account)
            watch.looked_at = self._clock.now()
            watch.due = watch.looked_at + self._clock.jitter(DAY)
            watch.blocked = False
            try:
                await self._engine.test(account.id)
            except ProviderError as error:
                failed.append((account, error))
            except UserError:
                watch.blocked = True  # No key yet, or the keyring is locked: the user knows.
            else:
                heard = heard or not self._accounts.is_private(account.id)
                await self._well(account)
        offline = not heard and self._looks_offline(failed)
        for account, error in failed:
            await self._unwell(account, error, offline)

    def _looks_offline(self, failed: Sequence[tuple[Account, ProviderError]]) -> bool:
        """Whether it is the machine that is cut off, and not the services: none of those on the web was reached."""
        public = [error for account, error in failed if not self._accounts.is_private(account.id)]
        unreached = [error for error in public if _unreached(error)]
        return bool(public) and len(unreached) == len(public) and (len(public) > 1 or public[0].code in NO_NETWORK)

    async def _well(self, account: Account) -> None:
        watch = self._watch(account)
        watch.failures = 0
        await self._sayings.end(lambda one: one.account == account.id and one.kind in {"down", "key"})
        try:
            fields = await self._live.contract_changes(account.id)
        except (ProviderError, UserError):
            return
        if fields:
            place, args = place_of(account), {"account": account.name, "fields": _named(fields)}
            await self._say("changed", account, "radar_contract", f"contract {place} {_digest(fields)}", args)

    async def _unwell(self, account: Account, error: ProviderError, offline: bool) -> None:
        watch, kind = self._watch(account), error.failure.kind
        now = self._clock.now()
        if kind is FailureKind.KEY:
            code = KEYS.get(error.failure.code, "radar_key_rejected")
            await self._say("key", account, code, f"key {account.id} {code}", detail=error.failure.detail)
            return
        if kind not in DOWN:
            return
        if offline or error.code == "offline":
            watch.due = now + self._clock.jitter(UNTIL_ONLINE)
            return
        watch.failures += 1
        watch.failed_at = watch.failed_at if watch.failures > 1 else now
        watch.due = now + self._clock.jitter(RETRY if watch.failures == 1 else LATER)
        if watch.failures > 1 and now - watch.failed_at >= APART:
            await self._say("down", account, DOWN[kind], f"down {account.id}", detail=error.failure.detail)

    async def _say(
        self,
        kind: str,
        account: Account,
        code: str,
        key: str,
        args: dict[str, str] | None = None,
        detail: str = "",
    ) -> None:
        said = {"key": key, "kind": kind, "account": account.id, "code": code, "detail": detail}
        words = args or {"account": account.name}
        await self._sayings.say(Warning.model_validate({**said, "args": words, "at": self._clock.now()}))

    # Models.

    async def _hear(self, account: Account) -> None:
        try:
            await self._live.refresh(account.id)
        except (ProviderError, UserError):
            return  # What is wrong with the service is said of its check.

    async def _look_for_gone(self) -> None:
        """A model that is gone matters where a draft, a default or an unfinished job wants it."""
        used = await self._used()
        wanted: dict[str, tuple[Account, Model]] = {}
        for account in self._watched():
            for model in self._accounts.models(account.id):
                if model.availability is Availability.GONE and (account.id, model.id) in used:
                    wanted[f"gone {place_of(account)} {model.id}"] = (account, model)
        await self._sayings.end(lambda one: one.kind == "gone" and one.key not in wanted)
        for key, (account, model) in wanted.items():
            await self._say("gone", account, "radar_gone", key, {"account": account.name, "model": model.name})

    async def _used(self, *, ended: bool = False) -> set[tuple[str, str]]:
        """(account, model) of drafts, defaults and jobs; with `ended` also of jobs that have ended."""
        drafts = {(draft.account, draft.model) for draft in await self._drafts.all()}
        defaults = {(account.id, account.default_model) for account in self._accounts.all}
        jobs = self._engine.jobs.values()
        return drafts | defaults | {(job.account, job.request.model) for job in jobs if ended or not job.ended}

    async def _tell(self, place: str, drifts: Sequence[Drift]) -> None:
        account = next((one for one in self._watched() if place_of(one) == place), None)
        if account is None:
            return
        changed = [f"{drift.model.name} ({_named(drift.params)})" for drift in drifts if drift.params]
        if changed:
            contracts = [f"{drift.model.id} {drift.model.params!r}" for drift in drifts if drift.params]
            args = {"account": account.name, "models": _named(changed)}
            await self._say("changed", account, "radar_changed", f"changed {place} {_digest(contracts)}", args)
        at_place = {one.id for one in self._watched() if place_of(one) == place}
        used = {model for one, model in await self._used(ended=True) if one in at_place}
        for drift in drifts:
            if drift.notices and drift.model.id in used:
                key = f"notice {place} {drift.model.id} {_digest(drift.notices)}"
                args = {"account": account.name, "model": drift.model.name}
                await self._say("notice", account, "radar_notice", key, args, detail=" ".join(drift.notices))

    # What others bring.

    def _on_live_changed(self) -> None:
        self._tasks.spawn(self._look_for_gone(), "gone models")

    def _on_drifted(self, place: str, drifts: tuple[Drift, ...]) -> None:
        self._tasks.spawn(self._tell(place, drifts), "changed models")

    def _on_balance_changed(self, account_id: str, balance: float | None) -> None:
        """Its service answered with the key: nothing of what was said of it is so any more."""
        if account_id in self._watches:
            self._watches[account_id].failures = 0
        if any(one.account == account_id and one.kind in {"down", "key"} for one in self._sayings.known):
            over = self._sayings.end(lambda one: one.account == account_id and one.kind in {"down", "key"})
            self._tasks.spawn(over, "account is well")

    def _on_accounts_changed(self) -> None:
        """A key may be there now, or another; an account may be gone."""
        now = self._clock.now()
        keyless = {one.account for one in self._sayings.known if one.kind == "key"}
        there = {account.id for account in self._watched()}
        for account_id, watch in self._watches.items():
            # A list that came with this very look is no new key.
            if not self._looking and (watch.blocked or account_id in keyless):
                watch.due = min(watch.due, now + SOON)
        if any(one.account not in there for one in self._sayings.known):
            self._tasks.spawn(self._sayings.end(lambda one: one.account not in there), "account is gone")
        self._alarm.ring()


def _unreached(error: ProviderError) -> bool:
    return error.failure.kind is FailureKind.NETWORK and error.sent is Sent.NOT_SENT


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:MOST_NAMED]) + (", …" if len(listed) > MOST_NAMED else "")


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode("utf-8", "replace")).hexdigest()[:16]
