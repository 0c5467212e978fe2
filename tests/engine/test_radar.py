"""The radar: what it says, when, and how often; on a clock of its own, with services that do as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sora_desktop.core.catalog import Model
from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import FailureKind, ProviderError, Sent
from sora_desktop.core.params import Param
from sora_desktop.core.sentences import SENTENCES, say
from sora_desktop.engine import radar as module
from sora_desktop.engine.live import DAY, LiveCatalogue
from sora_desktop.engine.radar import Radar
from sora_desktop.providers.base import Check, Connection, Listing, Stamp
from sora_desktop.providers.registry import Dialects
from sora_desktop.storage.listings import ListingStore
from sora_desktop.storage.warnings import WarningStore
from support.bench import Bench
from support.clocks import Hand
from support.service import OnlyDownloads, Service, trouble
from support.simulator import SimulatorProcess

SORA, OTHER = Model(id="sora-2", name="Sora 2"), Model(id="other", name="Other")


@dataclass
class Told(Service):
    """A service whose free calls answer what the test says."""

    error: ProviderError | None = None
    offers: tuple[Model, ...] = (SORA, OTHER)
    fields: dict[str, str] = field(default_factory=lambda: {"create sends model": "string"})
    calls: list[str] = field(default_factory=list[str])

    async def check(self, connection: Connection) -> Check:
        self.calls.append("check")
        if self.error:
            raise self.error
        return Check(200, 1.0, balance=5.0)

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> Listing:
        self.calls.append("models")
        if self.error and self.error.failure.kind is not FailureKind.KEY:
            raise self.error
        return Listing(self.offers, body="\n".join(model.model_dump_json() for model in self.offers).encode())

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        return Listing(tuple(Model.model_validate_json(line) for line in body.splitlines()), body=body)

    async def contract(self, connection: Connection) -> Mapping[str, str]:
        self.calls.append("contract")
        return self.fields


class Watch(Bench):
    """A bench with a radar; both services are reached at addresses of the web."""

    def __init__(self, folder: Path) -> None:
        self.one, self.two = Told(True, b""), Told(False, b"")
        services = {"rivya": self.one, "globalaiopc": self.two}
        super().__init__(folder, pace=0.01, services=services, http=OnlyDownloads(b""))  # type: ignore[arg-type]
        self.clock = Hand()
        self.told = services

    async def begin(self) -> Watch:
        await super().begin()
        dialect_of: Callable[..., Told] = lambda provider: self.told[provider.id]  # noqa: E731
        self.live = LiveCatalogue(self.accounts, dialect_of, ListingStore(self.database), self.tasks, self.clock)
        await self.live.start()
        self.radar = Radar(
            accounts=self.accounts,
            engine=self.engine,
            live=self.live,
            drafts=self.drafts,
            store=WarningStore(self.database),
            tasks=self.tasks,
            clock=self.clock,
        )
        await self.radar.load()
        return self

    async def add(self, provider: str, name: str) -> str:
        return await self.account(provider, f"https://{name}.example", f"sk_test_of_the_radar_{name}")

    async def after(self, seconds: float) -> list[str]:
        """The codes that are said after a look at what is due in `seconds`."""
        self.clock.moment += seconds
        await self.radar.look()
        return await self.said()

    async def said(self) -> list[str]:
        """The codes that are said once all that was begun has ended."""
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() in STEPS))
        return [warning.code for warning in self.radar.warnings]


STEPS = {"gone models", "changed models", "account is well", "account is gone", "warning dismissed"}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Watch]:
    async with Watch(tmp_path / "data") as bench:
        yield bench


def failing(code: str, kind: FailureKind = FailureKind.NETWORK, sent: Sent = Sent.NOT_SENT) -> ProviderError:
    return trouble(kind, sent, code, transient=True)


async def test_all_is_well_and_quiet_and_looked_at_daily(bench: Watch) -> None:
    account = await bench.add("rivya", "one")
    off = await bench.add("globalaiopc", "two")
    found = bench.accounts.get(off)
    assert found is not None
    await bench.accounts.save(found.model_copy(update={"enabled": False}))
    assert await bench.after(0) == [] and bench.one.calls == ["check", "contract", "models"] and bench.two.calls == []
    assert bench.engine.balances[account] == 5
    assert await bench.after(DAY - 10) == [] and len(bench.one.calls) == 3
    assert await bench.after(20) == [] and len(bench.one.calls) == 6
    await bench.radar.check_now()
    assert len(bench.one.calls) == 9


async def test_a_service_is_down_after_two_looks_apart(bench: Watch) -> None:
    account = await bench.add("rivya", "one")
    changes: list[int] = []
    bench.radar.changed.connect(lambda: changes.append(len(bench.radar.warnings)))
    bench.one.error = failing("connect_refused")
    assert await bench.after(0) == []
    await bench.radar.check_now()
    assert bench.radar.warnings == (), "twice in a moment is once"
    assert await bench.after(module.LATER) == ["radar_down"] and changes == [1]
    [warning] = bench.radar.warnings
    assert (warning.kind, warning.account, warning.at) == ("down", account, bench.clock.moment)
    assert say(warning.code, warning.args).startswith("Rivya does not answer.")
    assert await bench.after(module.LATER) == ["radar_down"] and changes == [1], "once"
    bench.radar.dismiss(warning.key)
    assert await bench.after(module.LATER) == [] and changes == [1, 0]
    await bench.kill()
    await bench.begin()
    await bench.accounts.set_key(account, "sk_test_of_the_radar_one")
    bench.one.error, bench.one.calls = failing("service_closed", FailureKind.SERVER, Sent.REFUSED), []
    await bench.after(0)
    assert await bench.after(module.RETRY) == [], "dismissed, over a restart too"
    assert bench.one.calls.count("check") == 2
    bench.one.error = None
    assert await bench.after(module.LATER) == []
    bench.one.error = failing("connect_timeout")
    await bench.after(DAY)
    assert await bench.after(module.RETRY) == ["radar_down"], "it was over, and came again"
    bench.one.error = None
    await bench.engine.test(account)
    assert await bench.said() == [], "whoever heard from it"
    bench.one.error = failing("not_found_call", FailureKind.NOT_FOUND, Sent.REFUSED)
    assert await bench.after(DAY) == []
    assert await bench.after(module.RETRY) == ["radar_ended"], "switched off: it answers, and knows no call any more"


async def test_a_machine_without_network_blames_nobody(bench: Watch) -> None:
    await bench.add("rivya", "one")
    bench.one.error = failing("dns_failed")
    for _ in range(3):
        assert await bench.after(module.LATER) == []
    await bench.add("globalaiopc", "two")
    bench.two.error = failing("connect_timeout")
    for _ in range(3):
        assert await bench.after(module.LATER) == [], "nothing on the web is reached"
    bench.two.error = None
    bench.clock.moment += DAY
    await bench.radar.check_now()
    assert await bench.after(module.RETRY) == [], "the other answers by now, but not in this round"
    for _ in range(2):
        bench.clock.moment += module.LATER
        await bench.radar.check_now()
    assert await bench.said() == ["radar_down"], "the other is reached: it is this one's name that is not found"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("key_rejected", "radar_key_rejected"),
        ("key_expired", "radar_key_expired"),
        ("key_revoked", "radar_key_revoked"),
        ("key_scope", "radar_key_scope"),
    ],
)
async def test_a_key_that_no_longer_works(bench: Watch, code: str, said: str) -> None:
    account = await bench.add("rivya", "one")
    bench.one.error = failing(code, FailureKind.KEY, Sent.REFUSED)
    assert await bench.after(0) == [said], "at once: the service spoke"
    assert bench.one.calls == ["check", "models"], "the list needs no key"
    assert await bench.after(10) == [said] and len(bench.one.calls) == 2
    bench.one.error = None
    await bench.accounts.set_key(account, "sk_test_of_the_radar_new")
    assert await bench.after(module.SOON) == [], "a new key is tried soon"


async def test_an_account_without_a_key_is_no_news(bench: Watch) -> None:
    account = bench.accounts.draft("rivya", base_url="https://one.example")
    await bench.accounts.add(account, None)
    assert await bench.after(0) == [] and bench.one.calls == ["models"]
    assert [model.id for model in bench.accounts.models(account.id)] == ["sora-2", "other", "sora-2-pro"]
    await bench.accounts.set_key(account.id, "sk_test_of_the_radar")
    await bench.after(module.SOON)
    assert "check" in bench.one.calls


async def test_a_model_that_went_matters_to_those_who_use_it(bench: Watch) -> None:
    account = await bench.add("rivya", "one")
    assert await bench.after(0) == []
    bench.one.offers = (SORA,)
    assert await bench.after(DAY + 1) == [], "nobody uses the other one"
    await bench.drafts.save(Draft(id="d", account=account, model="other"))
    assert await bench.after(DAY + 1) == ["radar_gone"]
    assert bench.radar.warnings[0].args == {"account": "Rivya", "model": "Other"}
    await bench.drafts.save(Draft(id="d", account=account, model="sora-2"))
    assert await bench.after(DAY + 1) == [], "the draft has moved on"
    bench.one.offers = (OTHER,)
    assert await bench.after(DAY + 1) == ["radar_gone"], "a draft and the account's default"
    bench.radar.dismiss(bench.radar.warnings[0].key)
    assert await bench.after(DAY + 1) == []
    bench.one.offers = (SORA, OTHER)
    assert await bench.after(DAY + 1) == []
    bench.one.offers = (OTHER,)
    assert await bench.after(DAY + 1) == ["radar_gone"], "it was back, and went again"
    await bench.accounts.remove(account)
    assert await bench.said() == []


async def test_what_changed_in_the_contract_is_said_once(bench: Watch) -> None:
    account = await bench.add("rivya", "one")
    await bench.after(0)
    number = Param(key="seed", minimum=0)
    bench.one.offers = (SORA.model_copy(update={"params": (number,)}), OTHER)
    assert await bench.after(DAY + 1) == [], "a new parameter is compatible"
    bench.one.offers = (SORA.model_copy(update={"params": (number.model_copy(update={"minimum": 5}),)}), OTHER)
    assert await bench.after(DAY + 1) == ["radar_changed"]
    assert bench.radar.warnings[0].args == {"account": "Rivya", "models": "Sora 2 (Seed)"}
    assert await bench.after(DAY + 1) == ["radar_changed"]
    bench.one.fields = {"create sends model": "integer"}
    assert await bench.after(DAY + 1) == ["radar_changed", "radar_contract"]
    await bench.kill()
    await bench.begin()
    await bench.accounts.set_key(account, "sk_test_of_the_radar_one")
    assert await bench.said() == ["radar_changed", "radar_contract"], "it stands until it is read"
    for warning in bench.radar.warnings:
        bench.radar.dismiss(warning.key)
    assert await bench.after(DAY + 1) == []

    bench.one.offers = tuple(model.model_copy(update={"notices": ("Soon gone",)}) for model in bench.one.offers)
    assert await bench.after(DAY + 1) == ["radar_notice"], "of the model that is used"
    assert (bench.radar.warnings[0].detail, bench.radar.warnings[0].args["model"]) == ("Soon gone", "Sora 2")


async def test_it_begins_some_seconds_after_the_start(bench: Watch) -> None:
    await bench.add("rivya", "one")
    checked = asyncio.Event()
    bench.engine.balance_changed.connect(lambda *_: checked.set())
    await bench.radar.start()
    bench.accounts.changed.emit()
    for _ in range(20):
        await asyncio.sleep(0)
    assert bench.one.calls == []
    bench.clock.moment += module.FIRST + 1
    bench.accounts.changed.emit()
    await asyncio.wait_for(checked.wait(), 10)
    assert bench.one.calls[0] == "check"


def test_every_warning_has_a_sentence() -> None:
    said = {*module.KEYS.values(), *module.DOWN.values(), "radar_key_rejected", "radar_gone", "radar_changed"}
    assert said | {"radar_contract", "radar_notice"} == {code for code in SENTENCES if code.startswith("radar_")}


async def test_against_the_simulator(tmp_path: Path) -> None:
    """The real calls: a balance, a list and a contract come; a key that ran out is told. Nothing is paid for."""
    with SimulatorProcess(tmp_path / "simulator") as simulator:
        simulator.add_key("rvya_sk_radar", credits=12)
        async with Bench(tmp_path / "data", pace=0.01) as bench:
            account = await bench.account("rivya", simulator.rivya, "rvya_sk_radar")
            live = LiveCatalogue(bench.accounts, Dialects(bench.http).of, ListingStore(bench.database), bench.tasks)
            radar = Radar(
                accounts=bench.accounts,
                engine=bench.engine,
                live=live,
                drafts=bench.drafts,
                store=WarningStore(bench.database),
                tasks=bench.tasks,
            )
            await radar.load()
            await radar.check_now()
            assert (radar.warnings, bench.engine.balances[account]) == ((), 12)
            assert len(bench.accounts.models(account)) == 5
            simulator.add_key("rvya_sk_radar", state="expired")
            simulator.control("POST", "/contract", {"paths": {"/api/v1/credits": None}})
            await radar.check_now()
            assert [warning.code for warning in radar.warnings] == ["radar_key_expired"]
            assert {one["call"] for one in simulator.requests(dialect="rivya")} == {"credits", "models", "openapi"}
            assert simulator.ledger()["billed_tasks"] == 0
