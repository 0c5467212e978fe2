"""Servers of the user's own, from the check to the clip on the disk: files that go along, answers that are lost."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.accounts import origin_of
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine import submission
from sora_desktop.engine.references import Way
from sora_desktop.media.render import render
from sora_desktop.simulator.openai_manners import PRESETS
from support.bench import Bench
from support.raw_server import Asked, raw_server, reply
from support.references import MAKER, photo
from support.simulator import SimulatorProcess

PACE = 0.01
DIALECT = "openai_videos"
KEY = "sk-by-hand-0123456789abcdef"


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    yield simulator
    assert simulator.close() == ""


@pytest.fixture
def simulator(shared_simulator: SimulatorProcess) -> SimulatorProcess:
    shared_simulator.clear()
    return shared_simulator


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        yield bench


async def server_of(bench: Bench, simulator: SimulatorProcess, preset: str = "openai", **manners: Any) -> str:
    """An account on a server with these manners, checked. Its key is its own: it lists no other test's tasks."""
    simulator.be(preset, **manners)
    key = f"sk-test-{secrets.token_hex(8)}"
    simulator.add_key(key, DIALECT, credits=1_000_000)
    account = bench.accounts.draft(DIALECT, name=preset, base_url=simulator.openai_videos)
    await bench.accounts.add(account, key if manners.get("needs_key", PRESETS[preset].needs_key) else None)
    await bench.servers.probe(account.id)
    return account.id


async def send(
    bench: Bench, account: str, prompt: str = "", count: int = 1, *references: Reference, **values: Scalar
) -> list[Job]:
    """`count` jobs with the account's first model and a prompt that no other test has."""
    model = bench.accounts.models(account)[0]
    prompt = prompt or f"a boat {secrets.token_hex(4)}"
    request = GenerationRequest(provider=DIALECT, model=model.id, prompt=prompt, references=references, values=values)
    return await bench.engine.submit(account, request, count)


async def quiet(bench: Bench, jobs: list[Job]) -> list[Job]:
    await bench.until_quiet()
    return [bench.job(job) for job in jobs]


async def done(bench: Bench, jobs: list[Job]) -> list[Job]:
    ended = await quiet(bench, jobs)
    assert [job.state for job in ended] == [State.DONE] * len(jobs), [job.failure for job in ended]
    return ended


@pytest.mark.parametrize("preset", PRESETS)
async def test_from_the_check_to_the_clip(bench: Bench, simulator: SimulatorProcess, preset: str) -> None:
    account = await server_of(bench, simulator, preset)
    [job] = await done(bench, await send(bench, account, seconds=4, size="1280x720"))
    assert Path(job.path).read_bytes()[4:8] == b"ftyp"
    assert simulator.billed(job.request.prompt) == 1
    assert simulator.requests(leak="1") == []


# Files that go along.


async def test_the_file_itself_arrives_mended_and_does_not_stay(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await server_of(bench, simulator)
    path = tmp_path / "IMG 1.jpg"
    path.write_bytes(photo(orientation=6))
    reference = await bench.engine.references.add(path)
    rule = bench.accounts.models(account)[0].references
    assert bench.engine.references.way(account, rule) is Way.ATTACH
    assert bench.engine.references.takes_files(account, rule)
    jobs = await done(bench, await send(bench, account, "", 3, reference))
    for job in jobs:
        got = simulator.task(job.remote_id)["params"]["input_reference"]
        assert (got["name"], got["mime"], got["width"], got["height"]) == ("IMG 1.jpg", "image/jpeg", 600, 800)
        assert "reference" not in job.body
    assert simulator.billed(jobs[0].request.prompt) == 3
    assert sending(bench) == []


def sending(bench: Bench) -> list[Path]:
    return list((bench.paths.data / "references" / "sending").glob("*"))


async def test_the_bytes_that_arrive_are_those_that_were_made(bench: Bench, tmp_path: Path) -> None:
    """Byte for byte, also on the second try: the file lives as long as its create call, and is made anew after it."""
    path = tmp_path / "a.jpg"
    path.write_bytes(photo())
    seen: list[list[Path]] = []
    answers = [(429, {"error": {"message": "slow down"}}), (400, {"error": {"message": "enough"}})]

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        seen.append(sending(bench))
        status, body = answers.pop(0) if asked.method == "POST" else (404, {})
        writer.write(reply(status, body))
        await writer.drain()

    async with raw_server(answer) as server:
        account = await by_hand(bench, server.url)
        reference = await bench.engine.references.add(path)
        [job] = await quiet(bench, await send(bench, account, "", 1, reference))
        made = await bench.engine.references.made(reference, bench.accounts.models(account)[0].references)  # type: ignore[arg-type]
        assert job.state is State.FAILED
    creates = [asked for asked in server.asked if asked.method == "POST"]
    assert len(creates) == 2
    assert [len(files) for files in seen] == [1, 1]
    assert seen[0] != seen[1]
    for asked in creates:
        assert made.data in asked.body
        assert MAKER not in asked.body
        assert asked.headers["authorization"] == f"Bearer {KEY}"
    await bench.until(lambda: not sending(bench))


async def by_hand(bench: Bench, url: str, server: str = "", key: str | None = KEY) -> str:
    """An account whose file the user wrote."""
    account = bench.accounts.draft(DIALECT, name=f"by hand {secrets.token_hex(2)}", base_url=url)
    await bench.accounts.add(account, key)
    path = bench.servers.file(account.id)
    path.parent.mkdir(exist_ok=True)
    rule = 'kinds = ["image"]\nfield = "input_reference"\nattach = true\n'
    path.write_text(
        f'id = "{DIALECT}"\nname = "By hand"\ndialect = "{DIALECT}"\nbase_url = ""\n[server]\n{server}\n'
        f'[[models]]\nid = "m"\nname = "M"\n[models.references]\n{rule}'
    )
    await bench.servers.reload(account.id)
    assert bench.servers.problems == {}
    return account.id


async def test_an_address_is_fetched_without_a_key_and_goes_along_as_a_file(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    url = simulator.host(photo((320, 200)))
    reference = await bench.engine.references.look(account, url)
    jobs = await done(bench, await send(bench, account, "", 2, reference))
    for job in jobs:
        got = simulator.task(job.remote_id)["params"]["input_reference"]
        assert (got["width"], got["height"], got["mime"]) == (320, 200, "image/jpeg")
    assert simulator.requests(leak="1") == []


@pytest.mark.parametrize(
    ("status", "body", "code"), [(404, b"", "reference_url_dead"), (200, b"<html>hello", "picture_none")]
)
async def test_an_address_without_a_picture_is_told_before_anything_is_sent(
    bench: Bench, simulator: SimulatorProcess, status: int, body: bytes, code: str
) -> None:
    account = await server_of(bench, simulator)

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status, body, {"content-type": "application/octet-stream"}))
        await writer.drain()

    async with raw_server(answer) as server:
        reference = Reference(url=f"{server.url}/a.png", name="a.png")
        [job] = await quiet(bench, await send(bench, account, "", 1, reference))
    assert job.state is State.FAILED
    assert job.failure is not None and job.failure.code == code
    assert simulator.billed(job.request.prompt) == 0


# Answers that are lost.


@pytest.mark.parametrize(
    ("fault", "tells_prompt"), [("reset_after", True), ("http_500_after", False), ("broken_json_after", False)]
)
async def test_a_lost_answer_is_found_in_the_list_and_nothing_is_paid_twice(
    bench: Bench, simulator: SimulatorProcess, fault: str, tells_prompt: bool
) -> None:
    account = await server_of(bench, simulator, tells_prompt=tells_prompt)
    await done(bench, await send(bench, account))
    simulator.fault(fault, "create", DIALECT)
    [job] = await done(bench, await send(bench, account, seconds=4))
    assert simulator.billed(job.request.prompt) == 1
    assert [note.code for note in job.notes] == ["task_listed"]
    assert len(simulator.requests(call="create")) == 2


async def test_what_was_never_accepted_is_uncertain_and_the_check_says_that_it_is_not_listed(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    simulator.fault("reset_before", "create", DIALECT)
    [job] = await quiet(bench, await send(bench, account))
    assert job.state is State.UNCERTAIN
    assert len(simulator.requests(call="list")) == 1 + submission.LOOKS  # One was the check of the server.
    assert await bench.engine.check(job.id) == ("check_unlisted", {})
    assert simulator.billed(job.request.prompt) == 0
    assert len(simulator.requests(call="create")) == 1, "sent again by itself"
    await bench.engine.resend(job.id)
    await done(bench, [job])
    assert simulator.billed(job.request.prompt) == 1


async def test_a_list_that_does_not_answer_leaves_it_uncertain_and_a_later_check_follows_it(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    simulator.fault("reset_after", "create", DIALECT)
    rule = simulator.fault("http_500", "list", DIALECT, times=None)
    [job] = await quiet(bench, await send(bench, account))
    assert job.state is State.UNCERTAIN
    assert simulator.hits(rule) == submission.LOOK_TRIES
    simulator.control("DELETE", "/faults")
    assert await bench.engine.check(job.id) == ("check_listed", {})
    [job] = await done(bench, [job])
    assert simulator.billed(job.request.prompt) == 1


async def test_what_is_cancelled_between_two_looks_is_still_looked_for(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    simulator.fault("reset_after", "create", DIALECT)
    simulator.fault("http_500", "list", DIALECT)
    [job] = await send(bench, account)
    scheduler = bench.engine._scheduler
    await bench.until(lambda: bench.job(job).failure is not None and not scheduler.busy(job.id))
    assert (await bench.engine.cancel(job.id)).state is State.SUBMITTING
    [stopped] = await quiet(bench, [job])
    assert stopped.state is State.CANCELLED and stopped.collectable
    assert simulator.billed(job.request.prompt) == 1


async def test_without_a_list_it_is_uncertain_at_once(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await server_of(bench, simulator, "new-api")
    simulator.fault("reset_after", "create", DIALECT)
    [job] = await quiet(bench, await send(bench, account))
    assert job.state is State.UNCERTAIN
    assert (await bench.engine.check(job.id))[0] == "check_unknown"
    assert len(simulator.requests(call="list")) == 1
    assert simulator.billed(job.request.prompt) == 1


async def test_three_alike_whose_answers_are_all_lost_get_a_task_each(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    simulator.fault("reset_after", "create", DIALECT, times=3)
    jobs = await done(bench, await send(bench, account, "three alike", 3))
    assert len({job.remote_id for job in jobs}) == 3
    assert simulator.billed("three alike") == 3


async def test_tasks_of_somebody_else_with_the_same_words_are_named_and_not_taken(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator, tells_prompt=True)
    await done(bench, await send(bench, account, "the same words"))
    [mine] = [job.id for job in bench.engine.jobs.values()]
    await bench.engine.delete(mine)  # What this data folder knows nothing of, another one made.
    simulator.fault("reset_after", "create", DIALECT)
    [job] = await quiet(bench, await send(bench, account, "the same words"))
    assert job.state is State.UNCERTAIN
    code, words = await bench.engine.check(job.id)
    assert code == "check_several"
    ids = words["ids"].split(", ")
    assert len(ids) == 2
    await bench.engine.adopt(job.id, ids[0])
    await done(bench, [job])


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_kill_in_the_create_call_is_looked_up_after_the_start(
    cancelled: bool, tmp_path: Path, simulator: SimulatorProcess
) -> None:
    """What was cancelled meanwhile is not followed, but its id is known then: it can be collected."""
    prompt = f"killed, {cancelled}"
    async with Bench(tmp_path / "data", pace=PACE, read_timeout=30) as bench:
        account = await server_of(bench, simulator)
        simulator.fault("timeout", "create", DIALECT)
        key = (await bench.accounts.connection(account)).key
        [job] = await send(bench, account, prompt)
        await bench.until(lambda: bench.job(job).state is State.SUBMITTING)
        async with asyncio.timeout(30):
            while not simulator.billed(prompt):  # noqa: ASYNC110 - another process accepts it
                await asyncio.sleep(0.01)
        if cancelled:
            await bench.engine.cancel(job.id)
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        await bench.accounts.set_key(account, key)  # No keyring here: it died with the first.
        if cancelled:
            await bench.until_quiet()
            stopped = bench.job(job)
            assert stopped.state is State.CANCELLED and stopped.collectable and not stopped.unwanted
            await bench.engine.collect(job.id)
        [job] = await done(bench, [job])
    assert simulator.billed(prompt) == 1
    assert len(simulator.requests(call="create")) == 1


async def test_a_lost_answer_with_a_file_is_not_sent_again_either(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await server_of(bench, simulator)
    path = tmp_path / "a.jpg"
    path.write_bytes(photo())
    reference = await bench.engine.references.add(path)
    simulator.fault("reset_after", "create", DIALECT)
    [job] = await done(bench, await send(bench, account, "", 1, reference))
    assert simulator.billed(job.request.prompt) == 1
    assert sending(bench) == []


# Results.


VIDEO = {"content-type": "video/mp4"}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    render(path, "a clip", width=64, height=36, seconds=1)
    return path.read_bytes()


async def test_an_error_in_json_with_200_is_never_saved_and_the_key_in_it_never_shown(
    bench: Bench, video: bytes
) -> None:
    key = "sk-canary-0123456789abcdef"
    spoilt = [json.dumps({"error": {"message": f"upstream refused {key}"}}).encode()] * 2

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif asked.target.endswith("/content"):
            kind = "application/json" if len(spoilt) % 2 else "video/mp4"
            data = reply(200, spoilt.pop(), {"content-type": kind}) if spoilt else reply(200, video, VIDEO)
        else:
            data = reply(200, {"id": "video_1", "status": "completed"})
        writer.write(data)
        await writer.drain()

    texts: list[str] = []
    bench.engine.job_changed.connect(lambda job: texts.append(job.model_dump_json()))
    async with raw_server(answer) as server:
        account = await by_hand(bench, server.url, key=key)
        [job] = await done(bench, await send(bench, account))
    assert Path(job.path).read_bytes() == video
    assert any("upstream refused" in text for text in texts)
    assert not any("canary" in text for text in texts)
    contents = [asked for asked in server.asked if asked.target.endswith("/content")]
    assert [asked.headers["authorization"] for asked in contents] == [f"Bearer {key}"] * 3


async def test_a_dead_result_elsewhere_is_fetched_from_the_content_call(bench: Bench, video: bytes) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif asked.target.endswith("/content"):
            data = reply(200, video, VIDEO)
        elif asked.target.startswith("/dead"):
            data = reply(410, {})
        else:
            data = reply(200, {"id": "video_1", "status": "completed", "url": f"{server.url}/dead.mp4"})
        writer.write(data)
        await writer.drain()

    async with raw_server(answer) as server:
        [job] = await done(bench, await send(bench, await by_hand(bench, server.url)))
    assert Path(job.path).read_bytes() == video


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/unreached.mp4", "/page", "/error"])
async def test_an_address_that_brings_no_video_gives_way_to_the_content_call(
    bench: Bench, video: bytes, place: str
) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif asked.target.endswith("/content"):
            data = reply(200, video, VIDEO)
        elif asked.target == "/page":
            data = reply(200, b"<!doctype html><p>Look at your video", {"content-type": "text/html"})
        elif asked.target == "/error":
            data = reply(200, {"error": "not here"})
        else:
            url = f"{server.url}{place}" if place.startswith("/") else place
            data = reply(200, {"id": "video_1", "status": "completed", "url": url})
        writer.write(data)
        await writer.drain()

    async with raw_server(answer) as server:
        [job] = await done(bench, await send(bench, await by_hand(bench, server.url)))
    assert Path(job.path).read_bytes() == video
    assert len(server.asked) < 12


async def test_a_break_in_the_content_goes_on_where_it_stopped_with_the_key(bench: Bench, video: bytes) -> None:
    whole = video + (400_008).to_bytes(4, "big") + b"free" + bytes(400_000)
    facts = {"etag": '"one"', **VIDEO}

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            data = reply(200, {"id": "video_1", "status": "queued"})
        elif not asked.target.endswith("/content"):
            data = reply(200, {"id": "video_1", "status": "completed"})
        elif "range" in asked.headers:
            start = int(asked.headers["range"].removeprefix("bytes=").rstrip("-"))
            told = {"content-range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"}
            data = reply(206, whole[start:], facts | told)
        else:
            writer.write(reply(200, whole, facts)[:-200_000])
            await writer.drain()
            writer.close()
            return
        writer.write(data)
        await writer.drain()

    async with raw_server(answer) as server:
        [job] = await done(bench, await send(bench, await by_hand(bench, server.url)))
    assert Path(job.path).read_bytes() == whole
    first, second = (asked for asked in server.asked if asked.target.endswith("/content"))
    assert int(second.headers["range"].removeprefix("bytes=").rstrip("-")) >= 65_536
    assert second.headers["if-range"] == '"one"'
    assert first.headers["authorization"] == second.headers["authorization"] == f"Bearer {KEY}"


# The file.


async def test_what_the_user_changed_survives_another_check(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await server_of(bench, simulator)
    file = bench.servers.file(account)
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert (await bench.accounts.connection(account)).key not in text
    mine = text.replace('name = "sora-2"', 'name = "The quick one"  # as we call it', 1)
    assert mine != text
    file.write_text(mine)
    await bench.servers.reload(account)
    assert bench.accounts.models(account)[0].name == "The quick one"
    simulator.be("openai", models=["sora-2", "sora-2-pro", "sora-3"], deletes=False)
    provider = await bench.servers.probe(account)
    assert [model.name for model in bench.accounts.models(account)] == ["The quick one", "sora-2-pro", "sora-3"]
    assert provider.server is not None and not provider.server.deletes
    assert "# as we call it" in file.read_text()
    assert file.with_suffix(".toml.bak").read_text() == mine
    assert file.with_suffix(".toml.bak").stat().st_mode & 0o777 == 0o600


async def test_a_broken_file_is_told_by_line_and_what_was_known_stays(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator)
    file = bench.servers.file(account)
    good = file.read_text()
    file.write_text(good.replace('form = "json"', 'form = "fax"'))
    told: list[bool] = []
    bench.servers.changed.connect(lambda: told.append(True))
    await bench.servers.reload()
    line = 1 + file.read_text().splitlines().index('form = "fax"')
    assert bench.servers.problems[account].startswith(f"{line}: server.form")
    assert told
    assert len(bench.accounts.models(account)) == 2
    with pytest.raises(UserError) as caught:
        await bench.servers.probe(account)
    assert caught.value.code == "server_file_wrong"
    assert "fax" in file.read_text(), "the user's file was overwritten"
    file.write_text(good)
    await bench.servers.reload(account)
    assert bench.servers.problems == {}


async def test_the_file_goes_with_its_account_and_comes_back_after_a_start(
    tmp_path: Path, simulator: SimulatorProcess
) -> None:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        account = await server_of(bench, simulator)
        await bench.servers.probe(account)
        await bench.servers.export(account, tmp_path / "shared.toml")
    assert (tmp_path / "shared.toml").read_text().startswith("# What is known of this server.")
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        assert [model.id for model in bench.accounts.models(account)] == ["sora-2", "sora-2-pro"]
        assert bench.servers.was_probed(account)
        await bench.accounts.remove(account)
        assert list(bench.servers.file(account).parent.iterdir()) == []


async def test_what_is_no_server_is_not_checked(bench: Bench) -> None:
    builtin = next(account for account in bench.accounts.all if account.builtin)
    assert not bench.servers.is_server(builtin.id)
    for account, code in ((builtin.id, "server_no_check"), ("nobody", "account_unknown")):
        with pytest.raises(UserError) as caught:
            await bench.servers.probe(account)
        assert caught.value.code == code
    with pytest.raises(UserError) as caught:
        await bench.servers.export("nobody", Path("/nowhere"))
    assert caught.value.code == "server_no_file"


async def test_a_server_that_names_no_models_tells_in_its_file_how_to_enter_them(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await server_of(bench, simulator, models=["gpt-4o"])
    assert bench.accounts.models(account) == ()
    file = bench.servers.file(account)
    assert "# [[models]]" in file.read_text()
    text, _, example = file.read_text().partition("# The server names no models.")
    example = example.partition("without the #:")[2]
    file.write_text(text + "\n".join(line.removeprefix("#").strip() for line in example.splitlines()))
    await bench.servers.reload(account)
    assert bench.servers.problems == {}
    assert [model.id for model in bench.accounts.models(account)] == ["the-name-that-the-server-knows"]


async def test_a_job_keeps_the_headers_of_the_address_it_was_sent_to(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await server_of(bench, simulator)
    await bench.accounts.set_headers(account, {"x-team": "films"})
    simulator.be("openai", headers={"x-team": "films"})
    simulator.fault("stuck", "create", DIALECT)
    [job] = await send(bench, account)
    await bench.until(lambda: bench.job(job).remote_id)
    known = bench.accounts.get(account)
    assert known is not None
    await bench.accounts.save(known.model_copy(update={"base_url": "https://elsewhere.example"}))
    await bench.accounts.set_headers(account, {"x-team": "others"})
    assert dict((await bench.accounts.connection(account)).headers) == {"x-team": "others"}
    simulator.end(bench.job(job).remote_id)
    assert [one.state for one in await quiet(bench, [job])] == [State.DONE]
    await bench.accounts.remove(account)
    assert (await bench.secrets.get(f"{account}/headers@{origin_of(simulator.openai_videos)}")).value == ""
