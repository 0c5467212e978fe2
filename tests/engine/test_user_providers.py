"""A file in the user's folder, from the first reading to the clip on the disk; broken ones, and ones that go away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_desktop.core.errors import Action, FailureKind, UserError
from sora_desktop.core.jobs import State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.providers import Providers
from sora_desktop.media.render import render
from support.bench import Bench
from support.raw_server import Asked, RawServer, raw_server, reply

PACE = 0.01
KEY = "acme-canary-0123456789"
FILE = """\
id = "acme"
name = "Acme"
dialect = "described"
base_url = "https://api.acme.example"
[poll]
first = 1
least = 1
most = 1
[wire.auth]
header = "X-Api-Key"
template = "{key}"
[wire.create]
path = "/videos"
params = "input"
[wire.poll]
path = "/videos/{id}"
[wire.task]
id = "$.task.id"
status = "$.task.state"
results = "$.task.url"
error_message = "$.task.reason"
[wire.task.words]
queued = ["waiting"]
processing = ["rendering"]
succeeded = ["ready"]
failed = ["broken"]
[wire.tasks]
path = "/videos"
items = "$.tasks[*]"
id = "$.id"
status = "$.state"
created = "$.at"
prompt = "$.prompt"
[[models]]
id = "acme-1"
name = "Acme 1"
[[models.params]]
key = "ratio"
default = "16:9"
options = [{ value = "16:9" }, { value = "9:16" }]
"""


class Acme:
    """The service. `states` are what it answers to polls, `lost` how many answers to orders do not arrive."""

    def __init__(self, clip: bytes) -> None:
        self.clip = clip
        self.states = ["waiting", "rendering", "ready"]
        self.lost = 0
        self.ordered: list[dict[str, object]] = []
        self.server: RawServer | None = None

    async def answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        assert self.server is not None
        if asked.target == "/clip.mp4":
            assert "x-api-key" not in asked.headers
            writer.write(reply(200, self.clip, {"content-type": "video/mp4"}))
        elif asked.headers.get("x-api-key") != KEY:
            writer.write(reply(401, {"error": "who?"}))
        elif asked.method == "POST":
            self.ordered.append({**asked.json, "at": time.time()})
            if self.lost:
                self.lost -= 1
                writer.close()
                return
            writer.write(reply(200, {"task": {"id": len(self.ordered), "state": "waiting"}}))
        elif asked.target == "/videos":
            tasks = [{"id": number, "state": "rendering", **task} for number, task in enumerate(self.ordered, 1)]
            writer.write(reply(200, {"tasks": tasks}))
        elif not asked.target.removeprefix("/videos/").isdigit():
            writer.write(reply(404, {"error": "no such video"}))
        else:
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            task = {"id": asked.target.rpartition("/")[2], "state": state}
            writer.write(reply(200, {"task": {**task, "url": f"{self.server.url}/clip.mp4"}}))
        await writer.drain()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    render(path, "acme", width=64, height=36, seconds=1)
    return path.read_bytes()


@pytest.fixture
async def acme(clip: bytes) -> AsyncIterator[Acme]:
    acme = Acme(clip)
    async with raw_server(acme.answer) as server:
        acme.server = server
        yield acme


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        yield bench


@pytest.fixture
def providers(bench: Bench) -> Providers:
    return Providers(bench.paths.providers, bench.accounts.offers)


def request(prompt: str) -> GenerationRequest:
    return GenerationRequest(provider="acme", model="acme-1", prompt=prompt, values={"ratio": "9:16"})


async def account_of(bench: Bench, providers: Providers, acme: Acme) -> str:
    (providers.folder / "acme.toml").write_text(FILE, "utf-8")
    await providers.reload()
    assert providers.problems == () and acme.server is not None
    return await bench.account("acme", acme.server.url, KEY)


async def test_from_the_file_to_the_clip(bench: Bench, providers: Providers, acme: Acme):
    account = await account_of(bench, providers, acme)
    assert [model.id for model in bench.accounts.models(account)] == ["acme-1"]
    assert not (await bench.engine.test(account)).verified
    [job] = await bench.engine.submit(account, request("A boat"), 1)
    await bench.until_quiet()
    done = bench.job(job)
    assert (done.state, done.failure) == (State.DONE, None)
    assert Path(done.path).read_bytes()[4:8] == b"ftyp"
    assert [{**sent, "at": 0} for sent in acme.ordered] == [
        {"model": "acme-1", "prompt": "A boat", "input": {"ratio": "9:16"}, "at": 0}
    ]
    kept = "".join(path.read_bytes().decode("latin-1") for path in bench.paths.data.rglob("*") if path.is_file())
    assert KEY not in kept


async def test_a_lost_answer_is_looked_for_in_the_list_and_never_sent_again(
    bench: Bench, providers: Providers, acme: Acme
):
    account = await account_of(bench, providers, acme)
    acme.lost = 1
    [job] = await bench.engine.submit(account, request("A lost boat"), 1)
    await bench.until_quiet()
    assert (bench.job(job).state, bench.job(job).remote_id) == (State.DONE, "1")
    assert len(acme.ordered) == 1


async def test_without_a_list_a_lost_answer_stays_uncertain(bench: Bench, providers: Providers, acme: Acme):
    account = await account_of(bench, providers, acme)
    text = FILE[: FILE.index("[wire.tasks]")] + FILE[FILE.index("[[models]]") :]
    (providers.folder / "acme.toml").write_text(text, "utf-8")
    await providers.reload()
    acme.lost = 1
    [job] = await bench.engine.submit(account, request("A boat"), 1)
    await bench.until_quiet()
    assert bench.job(job).state is State.UNCERTAIN and len(acme.ordered) == 1


async def test_with_a_documented_key_a_lost_answer_is_asked_for_again(bench: Bench, providers: Providers, acme: Acme):
    account = await account_of(bench, providers, acme)
    text = FILE.replace('params = "input"', 'params = "input"\nidempotency_header = "X-Once"')
    (providers.folder / "acme.toml").write_text("idempotent = true\n" + text, "utf-8")
    await providers.reload()
    assert providers.problems == ()
    acme.lost = 2
    [job] = await bench.engine.submit(account, request("A boat"), 1)
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE and len(acme.ordered) == 3
    assert acme.server is not None
    sent = {(asked.headers["x-once"], asked.body) for asked in acme.server.asked if asked.method == "POST"}
    assert sent == {(bench.job(job).intent, bench.job(job).body.encode())}


async def test_a_key_that_the_file_names_only_afterwards_repeats_nothing(
    bench: Bench, providers: Providers, acme: Acme
):
    """The request went out without the key: the service cannot know a repeat of it."""
    account = await account_of(bench, providers, acme)
    keyed = "idempotent = true\n" + FILE.replace('params = "input"', 'params = "input"\nidempotency_header = "X-Once"')
    real, acme.lost = acme.answer, 1

    async def edited_meanwhile(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST" and not acme.ordered:
            (providers.folder / "acme.toml").write_text(keyed, "utf-8")
            await providers.reload()
        await real(asked, writer)

    assert acme.server is not None
    acme.server.handler = edited_meanwhile
    [job] = await bench.engine.submit(account, request("A boat"), 1)
    await bench.until_quiet()
    assert bench.accounts.provider(account).idempotent  # pyright: ignore[reportOptionalMemberAccess]
    assert len(acme.ordered) == 1 and bench.job(job).remote_id == "1"


async def test_a_file_that_goes_away_stops_nothing_and_is_told(bench: Bench, providers: Providers, acme: Acme):
    account = await account_of(bench, providers, acme)
    acme.states = ["rendering"]
    [job] = await bench.engine.submit(account, request("A boat"), 1)
    await bench.until(lambda: bench.job(job).state is State.PROCESSING)
    (providers.folder / "acme.toml").unlink()
    await providers.reload()
    assert bench.accounts.get(account) is not None and bench.accounts.provider(account) is None
    await bench.until(lambda: bench.job(job).failure is not None)
    failure = bench.job(job).failure
    assert failure is not None and (failure.code, failure.kind, failure.action) == (
        "provider_gone",
        FailureKind.KEY,
        Action.KEY,
    )
    assert bench.job(job).state is State.PROCESSING
    for asking in (bench.engine.test(account), bench.engine.submit(account, request("Another"), 1)):
        with pytest.raises(UserError) as caught:
            await asking
        assert caught.value.code == "provider_gone"
    kept = bench.accounts.get(account)
    assert kept is not None
    await bench.accounts.save(kept.model_copy(update={"name": "Acme, for now without its file"}))
    acme.states = ["ready"]
    (providers.folder / "acme.toml").write_text(FILE, "utf-8")
    await providers.reload()
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE and len(acme.ordered) == 1


async def test_broken_files_are_told_and_cost_nothing_else(bench: Bench, providers: Providers):
    folder, heard = providers.folder, list[int]()
    providers.changed.connect(lambda: heard.append(len(providers.problems)))
    shipped = [provider.id for provider in bench.catalog.providers]
    (folder / "a.toml").write_text(FILE, "utf-8")
    (folder / "b.toml").write_text(FILE.replace('name = "Acme"', 'name = "Again"'), "utf-8")
    (folder / "c.toml").write_text(
        FILE.replace('id = "acme"', 'id = "other"').replace('"/videos"', '"videos"'), "utf-8"
    )
    (folder / "d.toml").write_bytes(b"\n\xff")
    (folder / "e.toml").mkdir()
    (folder / "f.toml").write_text(f'id = "{shipped[0]}"\n' + FILE.partition("\n")[2], "utf-8")
    (folder / "notes.txt").write_text("no file of ours", "utf-8")
    await providers.reload()
    assert providers.files == {"acme": "a.toml"}
    assert [problem.partition(" ")[0] for problem in providers.problems] == [
        "b.toml:1:",
        "c.toml:13:",
        "c.toml:28:",
        "d.toml:",
        "e.toml:",
        "f.toml:1:",
    ]
    assert "the service in a.toml" in providers.problems[0]
    assert sorted(provider.id for provider in bench.catalog.providers) == sorted([*shipped, "acme"])
    await providers.reload()
    for name in "abcdf":
        (folder / f"{name}.toml").unlink()
    (folder / "e.toml").rmdir()
    await providers.reload()
    assert providers.problems == () and [provider.id for provider in bench.catalog.providers] == shipped
    assert heard == [6, 0]


async def test_no_folder_is_no_problem(bench: Bench):
    providers = Providers(bench.paths.data / "none", bench.accounts.offers)
    await providers.reload()
    assert providers.problems == () and json.dumps(providers.files) == "{}"
