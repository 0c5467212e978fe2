"""The live catalogue against the simulator: models come, change, go and come back; without a network they stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from sora_desktop.core.catalog import Availability
from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import Action, Billed, FailureKind, ProviderError, UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.listings import Drift
from sora_desktop.core.params import wire_values
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.sentences import say
from sora_desktop.engine.live import LiveCatalogue
from sora_desktop.providers.registry import Dialects
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.storage.listings import ListingStore
from support.bench import Bench
from support.clocks import Hand
from support.simulator import SimulatorProcess

KEY = "rvya_sk_test_of_the_list"
OTHER = "sk-test_of_the_list"
PACE = 0.01


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    simulator.add_key(KEY, credits=1_000_000)
    simulator.add_key(OTHER, "globalaiopc", credits=1_000_000)
    yield simulator
    assert simulator.close() == ""


class Lists(Bench):
    """A bench with a live catalogue on a clock of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, pace=PACE)
        self.clock = Hand()

    async def begin(self) -> Lists:
        await super().begin()
        self.live = LiveCatalogue(
            self.accounts, Dialects(self.http).of, ListingStore(self.database), self.tasks, self.clock
        )
        await self.live.start()
        self.live.follow(self.engine.model_refused, self.servers.probed, self.engine.models_named)
        return self

    def models(self, account: str) -> dict[str, Availability]:
        return {model.id: model.availability for model in self.accounts.models(account)}

    async def until_heard(self, condition: Callable[[], bool]) -> None:
        """Waits for a change of the catalogue that makes `condition` true."""
        heard = asyncio.Event()
        disconnect = self.live.changed.connect(heard.set)
        async with asyncio.timeout(20):
            while not condition():
                heard.clear()
                await heard.wait()
        disconnect()

    async def all_heard(self) -> None:
        """Until what a look told is taken in."""
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name().startswith("models of ")))

    async def send(self, account: str, model: str, **values: str) -> Job:
        """A job of a model, as far as it goes."""
        provider = self.accounts.provider(account)
        assert provider is not None
        request = GenerationRequest(provider=provider.id, model=model, prompt="a boat", values=values)
        [job] = await self.engine.submit(account, request)
        await self.until_quiet()
        return self.job(job)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Lists]:
    async with Lists(tmp_path / "data") as bench:
        yield bench


SHIPPED = {"sora-2": Availability.AVAILABLE, "sora-2-pro": Availability.AVAILABLE}
LISTED = {
    **SHIPPED,
    "ridge-motion-1": Availability.AVAILABLE,
    "wide-lens-video": Availability.COMING_SOON,
    "studio-cut": Availability.STUDIO_ONLY,
}


async def test_the_list_is_merged_and_kept_for_when_there_is_no_network(
    bench: Lists, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    account = await bench.account("rivya", simulator.rivya, KEY)
    told: list[int] = []
    bench.live.changed.connect(lambda: told.append(1))
    assert bench.models(account) == SHIPPED and bench.live.fetched_at(account) is None and bench.live.due(account)
    assert await bench.live.refresh(account) and bench.models(account) == LISTED
    assert (bench.live.fetched_at(account), bench.live.due(account), len(told)) == (bench.clock.moment, False, 1)
    assert not await bench.live.refresh(account), "304: nothing changed"
    assert [one["status"] for one in simulator.requests(call="models")] == [200, 304]

    job = await bench.send(account, "ridge-motion-1")
    assert job.state is State.DONE
    for model, code in (("wide-lens-video", "model_coming_soon"), ("studio-cut", "model_studio_only")):
        with pytest.raises(UserError) as caught:
            await bench.send(account, model)
        assert caught.value.code == code

    await bench.kill()
    async with Lists(folder) as again:
        assert again.models(account) == LISTED, "from the database, without a call"
        model = again.accounts.model_of(again.job(job))
        assert model is not None and model.name == "Ridge Motion 1"
    await bench.begin()


async def test_no_network_takes_nothing_away(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    await bench.live.refresh(account)
    bench.clock.moment += 90_000
    simulator.fault("unavailable", "models", "rivya", times=None)
    assert bench.live.due(account)
    with pytest.raises(ProviderError):
        await bench.live.refresh(account)
    assert bench.models(account) == LISTED and not bench.live.due(account), "not again within the hour"
    bench.clock.moment += 3700
    assert bench.live.due(account)
    simulator.control("DELETE", "/faults")
    simulator.put_model("sora-2", category="image")
    for name in ("sora-2-pro", "ridge-motion-1", "wide-lens-video", "studio-cut"):
        simulator.take_model(name)
    assert not await bench.live.refresh(account)
    assert bench.models(account) == LISTED and bench.live.notes(account)[-1].code == "list_empty"


async def test_a_model_goes_with_the_date_and_comes_back(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    await bench.live.refresh(account)
    job = await bench.send(account, "ridge-motion-1")
    await bench.drafts.save(Draft(id="d", account=account, model="ridge-motion-1", values={"seed": 3}))
    simulator.take_model("ridge-motion-1")
    bench.clock.moment += 86_400
    assert await bench.live.refresh(account)
    model = bench.accounts.model(account, "ridge-motion-1")
    assert model is not None and not model.pickable and model.gone_at == bench.clock.moment
    assert wire_values(model.params, {"seed": 3})["seed"] == 3 and bench.accounts.model_of(job) == model
    with pytest.raises(UserError) as caught:
        await bench.send(account, "ridge-motion-1")
    assert caught.value.code == "model_gone"
    went, bench.clock.moment = bench.clock.moment, bench.clock.moment + 86_400
    await bench.live.refresh(account)
    await bench.kill()
    await bench.begin()
    model = bench.accounts.model(account, "ridge-motion-1")
    assert model is not None and model.gone_at == went, "the first day without it, over a restart"
    simulator.put_model("ridge-motion-1", credits=5)
    assert await bench.live.refresh(account)
    model = bench.accounts.model(account, "ridge-motion-1")
    assert model is not None and model.pickable and (model.gone_at, model.credits) == (None, 5)

    await bench.accounts.remove(account)
    found = bench.accounts.model_of(job)
    assert found is not None and found.name == "Ridge Motion 1", "its account was removed, the job stays readable"


async def test_a_create_that_finds_no_model(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    await bench.live.refresh(account)
    simulator.take_model("sora-2")
    job = await bench.send(account, "sora-2")
    failure = job.failure
    assert job.state is State.FAILED and failure is not None
    assert (failure.kind, failure.code, failure.action) == (FailureKind.REFUSED, "model_gone", Action.EDIT)
    assert failure.billed is Billed.NO and "no model sora-2" in failure.detail
    assert "“Sora 2”" in say(failure.code, failure.args)
    await bench.until_heard(lambda: bench.models(account)["sora-2"] is Availability.GONE)
    running = await bench.send(account, "sora-2-pro")
    assert running.state is State.DONE, "the others go on"

    simulator.put_model("sora-2", credits=6)
    await bench.live.refresh(account)
    assert bench.models(account)["sora-2"] is Availability.GONE, "the list is as it was: the create knows better"
    assert await bench.live.refresh(account, force=True)
    assert bench.models(account)["sora-2"] is Availability.AVAILABLE, "the user asked for it"
    assert simulator.requests(call="models")[-1]["status"] == 304, "and only for what changed"


async def test_a_running_job_of_a_model_that_goes_is_fetched(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    await bench.live.refresh(account)
    request = GenerationRequest(provider="rivya", model="ridge-motion-1", prompt="a boat")
    [job] = await bench.engine.submit(account, request)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    simulator.take_model("ridge-motion-1")
    await bench.live.refresh(account)
    assert bench.models(account)["ridge-motion-1"] is Availability.GONE
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE


async def test_an_unclear_not_found_asks_the_list(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    await bench.live.refresh(account)
    simulator.fault("not_found", "create", "rivya", times=2)
    job = await bench.send(account, "sora-2")
    assert job.failure is not None and job.failure.code == "not_found_call"
    await bench.until_heard(lambda: len(simulator.requests(call="models")) == 2)
    assert bench.models(account) == LISTED, "the list still has it: the address is what is wrong"
    simulator.take_model("sora-2")
    await bench.send(account, "sora-2")
    await bench.until_heard(lambda: bench.models(account)["sora-2"] is Availability.GONE)


async def test_a_service_without_a_list(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("globalaiopc", simulator.globalaiopc, OTHER)
    assert not bench.live.due(account) and not await bench.live.refresh(account)
    name = next(iter(bench.models(account)))
    bench.engine.model_refused.emit(account, name, True)
    await bench.until_heard(lambda: bench.models(account)[name] is Availability.GONE)
    assert len(bench.models(account)) == len(bench.catalog.provider("globalaiopc").models)  # type: ignore[union-attr]
    await bench.kill()
    await bench.begin()
    assert bench.models(account)[name] is Availability.GONE
    assert await bench.live.refresh(account, force=True), "only the user can say that it may be there again"
    assert bench.models(account)[name] is Availability.AVAILABLE


async def test_a_server_that_names_a_model_again_has_it(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("openai_videos", simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY)
    await bench.servers.probe(account)
    bench.engine.model_refused.emit(account, "sora-2", True)
    await bench.until_heard(lambda: bench.models(account)["sora-2"] is Availability.GONE)
    await bench.engine.test(account)
    await bench.all_heard()
    assert bench.models(account)["sora-2"] is Availability.GONE, "the create knows better than the list"
    await bench.servers.probe(account)
    await bench.until_heard(lambda: bench.models(account)["sora-2"] is Availability.AVAILABLE)


@pytest.mark.parametrize("asked", ["probe", "test"])
async def test_a_model_that_a_server_names_no_more_is_gone(
    bench: Lists, simulator: SimulatorProcess, asked: str
) -> None:
    account = await bench.account("openai_videos", simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY)
    simulator.be("openai", models=["wan-2.2", "wan-2.1"])
    await bench.servers.probe(account)
    file = bench.servers.file(account)
    file.write_text(file.read_text() + '\n[[models]]\nid = "of-the-user"\nname = "Known to nobody else"\n')
    await bench.servers.reload(account)
    look = bench.servers.probe if asked == "probe" else bench.engine.test
    await look(account)
    await bench.all_heard()
    assert set(bench.models(account).values()) == {Availability.AVAILABLE}
    simulator.be("openai", models=["wan-2.2"])
    await look(account)
    await bench.all_heard()
    model = bench.accounts.model(account, "wan-2.1")
    assert model is not None and model.availability is Availability.GONE and model.gone_at == bench.clock.moment
    assert bench.models(account)["of-the-user"] is Availability.AVAILABLE, "the server never named it"
    simulator.be("openai", models=[])
    await look(account)
    await bench.all_heard()
    assert bench.models(account)["wan-2.2"] is Availability.AVAILABLE, "a list without models says nothing"
    await bench.kill()
    await bench.begin()
    assert bench.models(account)["wan-2.1"] is Availability.GONE
    simulator.be("openai", models=["wan-2.2", "wan-2.1"])
    await bench.accounts.set_key(account, SIMULATOR_OPENAI_VIDEOS_KEY)
    await bench.account("openai_videos", simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY)
    await bench.engine.test(account)
    await bench.all_heard()
    assert bench.models(account)["wan-2.1"] is Availability.AVAILABLE
    simulator.be("openai", models=["wan-2.2"])
    await bench.engine.test(account)
    await bench.all_heard()
    assert bench.models(account)["wan-2.1"] is Availability.AVAILABLE, "it may be there for the other account's key"


async def test_accounts_of_one_place_share_the_list(bench: Lists, simulator: SimulatorProcess) -> None:
    first = await bench.account("rivya", simulator.rivya, KEY)
    second = await bench.account("rivya", f"{simulator.rivya}/", "rvya_sk_another")
    elsewhere = await bench.account("rivya", f"{simulator.rivya}/of-another-gateway", KEY)
    await bench.live.refresh(first)
    assert bench.models(second) == LISTED and not bench.live.due(second)
    assert bench.models(elsewhere) == SHIPPED and bench.live.due(elsewhere)


async def test_odd_entries_are_told_and_a_missing_model_stays(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    await bench.live.refresh(account)
    simulator.control("POST", "/manners", {"models": "odd"})
    simulator.take_model("studio-cut")
    assert await bench.live.refresh(account)
    assert bench.models(account) == {**LISTED, "no-name": Availability.AVAILABLE}
    notes = bench.live.notes(account)
    assert any("“No id”" in say(note.code, note.args) for note in notes) and notes[-1].code == "list_unsure"
    await bench.kill()
    await bench.begin()
    assert bench.live.notes(account) == notes


async def test_what_changed_in_a_model_is_told(bench: Lists, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEY)
    told: list[Drift] = []
    bench.live.drifted.connect(lambda place, drifts: told.extend(drifts))
    await bench.live.refresh(account)
    assert told == [], "the first list is no change"
    changed = [{"key": "n_frames", "options": ["20", "25"], "default": "20"}]
    simulator.put_model("sora-2", params=changed, extra={"notices": ["Longer clips!"]})
    await bench.live.refresh(account)
    [drift] = told
    assert drift.model.id == "sora-2" and drift.notices == ("Longer clips!",)
    assert drift.params == ("Duration", "Aspect", "Watermark", "Output storage")
    assert (await bench.live.contract_changes(account), await bench.live.contract_changes(account)) == ((), ())
    patch = {"components": {"schemas": {"NewTask": {"properties": {"prompt": {"type": "array"}}}}}}
    simulator.control("POST", "/contract", patch)
    assert await bench.live.contract_changes(account) == ("create sends prompt",)
    assert await bench.live.contract_changes(account) == (), "said once"
