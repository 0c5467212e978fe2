"""The engine: the one door through which a face submits, watches and steers jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sora_desktop.core import request as requests
from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Provider
from sora_desktop.core.errors import EnvironmentProblem, FailureKind, ProviderError, UserError
from sora_desktop.core.jobs import REMOTE, Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.signal import Signal
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.alarm import Alarm
from sora_desktop.engine.board import Board
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.diagnosis import Doctor
from sora_desktop.engine.hands import PATIENCE
from sora_desktop.engine.orders import Orders, new_jobs
from sora_desktop.engine.orphans import adopted, orphans
from sora_desktop.engine.placing import import_codecs
from sora_desktop.engine.polling import Polling
from sora_desktop.engine.references import References
from sora_desktop.engine.scheduler import Scheduler
from sora_desktop.engine.submission import Submission
from sora_desktop.engine.tasks import Tasks
from sora_desktop.engine.transfer import Downloads
from sora_desktop.engine.works import Works
from sora_desktop.providers.base import Check, Dialect
from sora_desktop.providers.http import Http
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.settings import SettingsStore

WATCH = 1.0
"""Seconds between looks whether another process put a job into the database."""

LEAVE = 5.0
"""Seconds for which the end of the program waits for answers that name a paid task."""

BALANCE_REST = 5.0
"""Seconds in which one look at a balance serves all who want it."""


class Engine:
    """Runs every unfinished job to its end. One engine owns a data folder at a time.

    Steering methods are those of `Orders`; each raises UserError with a sentence when it cannot be done.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        accounts: Accounts,
        dialect_of: Callable[[Provider], Dialect],
        http: Http,
        settings: SettingsStore,
        references: References,
        paths: Paths,
        tasks: Tasks,
        pace_of: Callable[[Account], float],
        data_version: Callable[[], Awaitable[int]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or Clock()
        self.references = references
        self._store = jobs
        self._accounts = accounts
        self._dialect_of = dialect_of
        self._tasks = tasks
        self._board = Board(jobs)
        self._works = Works(
            board=self._board,
            accounts=accounts,
            dialect_of=dialect_of,
            http=http,
            settings=settings,
            references=references,
            paths=paths,
            tasks=tasks,
            clock=clock,
            alarm=Alarm(clock),
            pace_of=pace_of,
        )
        accounts.former.under_way = lambda account_id: {
            mark
            for job in self._board.jobs.values()
            if job.account == account_id and not job.ended
            for mark in (job.sent_with, job.headers_with)
        }
        self._submission = Submission(self._works)
        self._polling = Polling(self._works)
        self._downloads = Downloads(self._works, self._polling)
        self._scheduler = Scheduler(self._works, self._submission, self._polling, self._downloads)
        self._orders = Orders(self._works, self._submission, self._polling, self._scheduler)
        self.diagnose = Doctor(accounts, dialect_of, http).diagnose
        self._data_version = data_version
        self._balance_at: dict[str, float] = {}
        self._balance_planned: set[str] = set()
        self._account_ids: set[str] = set()
        self._own_tasks: list[asyncio.Task[None]] = []
        self._links: list[Callable[[], None]] = []

        self.job_added = self._board.added
        self.job_changed = self._board.changed
        self.job_removed = self._board.removed
        self.progress_changed = self._works.progress
        self.model_refused = self._works.model_refused
        self.balance_changed: Signal[[str, float | None]] = Signal()
        self.models_named: Signal[[str, frozenset[str]]] = Signal()
        """A test of an account told the ids of all models that are there."""
        self.online_changed: Signal[[bool]] = Signal()
        self.paused_changed: Signal[[bool]] = Signal()
        self.database_changed: Signal[[]] = Signal()
        """Another process wrote into the database."""
        self.online = True

        orders = self._orders
        self.retry, self.cancel, self.hold, self.release = orders.retry, orders.cancel, orders.hold, orders.release
        self.collect, self.resend, self.adopt = orders.collect, orders.resend, orders.adopt
        self.let_go, self.check, self.delete = orders.let_go, orders.check, orders.delete
        self.restore, self.move, self.edit = orders.restore, orders.move, orders.edit
        self.adopt_task, self.stop_after, self.locate = orders.adopt_task, orders.stop_after, orders.locate
        self.may_pay_twice = orders.may_pay_twice

    @property
    def jobs(self) -> dict[str, Job]:
        return self._board.jobs

    @property
    def balances(self) -> dict[str, float]:
        return self._works.balances

    @property
    def paused(self) -> bool:
        return self._scheduler.paused

    def pace(self, account_id: str) -> float:
        """The factor on all waiting times of an account: 1.0 for real services, less for the simulator."""
        return self._works.pace(account_id)

    async def start(self) -> None:
        """Loads the jobs and lets every unfinished one go on where its last committed state says."""
        await self._board.load()
        self._scheduler.paused = self._works.settings.current.queue_paused
        self._links += [
            self._works.balance_wanted.connect(self._on_balance_wanted),
            self._works.pulse_changed.connect(self._on_pulse_changed),
            self._accounts.changed.connect(self._on_accounts_changed),
            self._board.changed.connect(self._on_job_changed),
            self._works.settings.changed.connect(self._on_settings_changed),
        ]
        for job in tuple(self._board.live.values()):
            await self._pick_up(job)
        await self._orders.say_why_they_wait()
        self._own_tasks.append(self._tasks.spawn(self._scheduler.drive(), "scheduler"))
        self._tasks.spawn(self._tidy(), "tidy references")
        for account in self._accounts.all:
            self._forget_unneeded(account.id)
        if self._data_version:
            self._own_tasks.append(self._tasks.spawn(self._watch_database(self._data_version), "database watch"))

    async def warm_up(self) -> None:
        """Imports the codecs, when there is time for it: beside the first clip it would hold the window up."""
        await self._works.in_thread(import_codecs)

    async def leave(self) -> None:
        """Stops as soon as the create calls that are under way are answered, or after a few seconds."""
        await self._scheduler.answers(LEAVE)
        await self.stop()

    async def stop(self) -> None:
        """Ends every step. What was sent goes on at the service, and here at the next start."""
        for disconnect in self._links:
            disconnect()
        self._links.clear()
        hurry = asyncio.get_running_loop().call_later(PATIENCE, self._works.abandon_threads)
        await self._tasks.close()
        hurry.cancel()
        self._works.close_threads()
        self.references.close()
        self._own_tasks.clear()

    async def submit(self, account_id: str, request: GenerationRequest, count: int = 1) -> list[Job]:
        """Commits `count` jobs before anything else happens with them.

        Raises UserError for what the caller should have checked with `core.request.check`, and EnvironmentProblem where
        the database cannot take them.
        """
        account = self._accounts.get(account_id)
        if account is None:
            raise UserError("account_unknown", name=account_id)
        jobs = new_jobs(account, self._checked(account, request), count, self._board.jobs.values(), self._works.clock)
        await self._board.add(jobs)
        self._on_balance_wanted(account_id)
        self._works.alarm.ring()
        return jobs

    def _checked(self, account: Account, request: GenerationRequest) -> GenerationRequest:
        provider = self._accounts.provider(account.id)
        model = provider.model(request.model) if provider else None
        if provider is None:
            raise UserError("provider_gone", name=account.provider)
        if model is None:
            raise UserError("model_unknown", name=request.model)
        if not model.pickable:
            raise UserError(f"model_{model.availability}", name=model.name)
        hosted = self.references.takes_files(account.id, model.references)
        problems = requests.check(model, request.prompt, request.values, request.references, hosted=hosted)
        if problems:
            raise UserError(problems[0].code, **problems[0].args)
        return request.model_copy(update={"provider": provider.id})

    async def pause_all(self, paused: bool) -> None:
        """Stops, or lets go on, the sending of waiting jobs; what was sent is still watched and fetched."""
        self._scheduler.paused = paused
        await self._works.settings.change(queue_paused=paused)
        self.paused_changed.emit(paused)
        self._works.alarm.ring()

    async def refresh_balance(self, account_id: str) -> float | None:
        """Asks for the credits left; None where the service has no such call. Raises ProviderError or UserError."""
        provider = self._accounts.provider(account_id)
        if provider is None or not provider.has_balance:
            return None
        self._balance_at[account_id] = self._works.clock.monotonic()
        connection = await self._accounts.connection(account_id)
        self._works.pulse(account_id).count()
        try:
            balance = await self._dialect_of(provider).balance(connection)
        except ProviderError as error:
            self._works.missed(account_id, error)
            raise
        self._works.heard(account_id)
        if balance is not None:
            self._works.balances[account_id] = balance
            await self._orders.settle_credits(account_id, balance)
        self.balance_changed.emit(account_id, balance)
        return balance

    async def test(self, account_id: str) -> Check:
        """A free call that shows whether the account works. Raises ProviderError or UserError with the reason."""
        provider = self._accounts.provider(account_id)
        if provider is None:
            account = self._accounts.get(account_id)
            raise UserError("provider_gone", name=account.provider if account else account_id)
        connection = await self._accounts.connection(account_id)
        try:
            check = await self._dialect_of(provider).check(connection)
        except ProviderError as error:
            self._works.missed(account_id, error)
            raise
        self._works.heard(account_id)
        if check.balance is not None:
            self._works.balances[account_id] = check.balance
            self.balance_changed.emit(account_id, check.balance)
        self._works.alarm.ring()
        if check.named:
            self.models_named.emit(account_id, check.named)
        return check

    def network_changed(self) -> None:
        """Calls take another way from now on: whatever waits for the network goes on at once."""
        self._on_accounts_changed()
        self._downloads.wake()
        self._works.alarm.ring()

    async def _pick_up(self, job: Job) -> None:
        """After a start: each unfinished job where its last committed state says."""
        match job.state:
            case State.PREPARING:
                await self._board.move(job.id, State.WAITING)
            case State.SUBMITTING:
                await self._submission.pick_up(job)
            case _ if job.state in REMOTE:
                self._polling.watch(job, at_once=True)
            case _:
                pass

    async def _tidy(self) -> None:
        try:
            await self.references.tidy()
        except EnvironmentProblem:
            return

    async def _watch_database(self, version_of: Callable[[], Awaitable[int]]) -> None:
        seen = await version_of()
        while True:
            await asyncio.sleep(WATCH)
            try:
                version = await version_of()
                if version != seen:
                    seen = version
                    # The other process may have added the account of its jobs just before.
                    await self._accounts.load()
                    if await self._board.take_new():
                        self._works.alarm.ring()
                    self.database_changed.emit()
            except EnvironmentProblem:
                continue

    def _on_balance_wanted(self, account_id: str) -> None:
        """Reads a balance soon, once for all who want it within a few seconds."""
        provider = self._accounts.provider(account_id)
        if provider is None or not provider.has_balance:
            return
        now = self._works.clock.monotonic()
        rest = BALANCE_REST * self._works.pace(account_id)
        if account_id in self._balance_planned:
            return  # It has not begun, so it sees what has just happened.
        self._balance_planned.add(account_id)
        due = self._balance_at.get(account_id, -rest) + rest
        self._tasks.spawn(self._read_balance(account_id, max(0.0, due - now)), f"balance {account_id}")

    async def _read_balance(self, account_id: str, delay: float) -> None:
        await asyncio.sleep(delay)
        self._balance_planned.discard(account_id)
        try:
            await self.refresh_balance(account_id)
        except (ProviderError, UserError, EnvironmentProblem):
            # The balance is a comfort; what is wrong with the account shows where it matters.
            return

    def _on_pulse_changed(self) -> None:
        pulses = self._works.pulses.values()
        online = not pulses or any(pulse.reachable for pulse in pulses)
        if online != self.online:
            self.online = online
            self.online_changed.emit(online)

    def _on_accounts_changed(self) -> None:
        """A key or an address may have been mended: everything that waits for it goes on at once."""
        for account_id, pulse in self._works.pulses.items():
            troubled = pulse.troubled
            if troubled:
                pulse.reset()
            for job in tuple(self._board.live.values()):
                about_key = job.failure is not None and job.failure.kind is FailureKind.KEY
                if job.account == account_id and job.state in REMOTE and (troubled or about_key):
                    self._polling.watch(job, at_once=True)
        self._orders.wake_blocked()
        before, self._account_ids = self._account_ids, {account.id for account in self._accounts.all}
        step = self._take_over() if self._account_ids - before else self._orders.say_why_they_wait()
        self._tasks.spawn(step, "jobs of changed accounts")

    async def _take_over(self) -> None:
        """An account that was removed may have been added again: its jobs go on there."""
        changes = await adopted(orphans(self._board.jobs.values(), self._accounts), self._accounts)
        changes = {job_id: more for job_id, more in changes.items() if job_id in self._board.jobs}
        for job in await self._board.note_all(changes):
            if job.state in REMOTE:
                self._polling.watch(job, at_once=True)
        if changes:
            self._downloads.wake()
            self._orders.wake_blocked()
        await self._orders.say_why_they_wait()

    def _on_job_changed(self, job: Job) -> None:
        """The last job that was sent with a former key or former headers has ended: they go."""
        if job.ended:
            self._forget_unneeded(job.account)

    def _forget_unneeded(self, account_id: str) -> None:
        account = self._accounts.get(account_id)
        if account is not None and self._accounts.former.unneeded(account):
            self._tasks.spawn(self._forget(account_id), "former key")

    async def _forget(self, account_id: str) -> None:
        with suppress(EnvironmentProblem):  # It goes with the next job that ends, or at the next start.
            await self._accounts.forget_unneeded(account_id)

    def _on_settings_changed(self) -> None:
        """Another videos folder may be the one that can be written to."""
        self._downloads.wake()
        self._works.alarm.ring()
