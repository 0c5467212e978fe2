"""Jobs to servers of the user's own: files that go along with them, and answers that are lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sora_desktop.core.jobs import State
from sora_desktop.core.references import Reference
from sora_desktop.engine import submission
from sora_desktop.engine.references import Way
from support.bench import Bench
from support.own_servers import DIALECT, KEY, PACE, by_hand, done, quiet, send, server_of
from support.raw_server import Asked, raw_server, reply
from support.references import MAKER, photo
from support.simulator import SimulatorProcess

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


@pytest.mark.parametrize(
    ("fault", "reachable", "found"),
    [("http_500", True, True), ("http_500", False, False), ("unauthorized", True, False)],
)
async def test_what_is_cancelled_between_two_looks_is_still_looked_for_where_that_may_help(
    bench: Bench, simulator: SimulatorProcess, fault: str, reachable: bool, found: bool
) -> None:
    account = await server_of(bench, simulator)
    simulator.fault("reset_after", "create", DIALECT)
    simulator.fault(fault, "list", DIALECT)
    [job] = await send(bench, account)
    scheduler = bench.engine._scheduler
    await bench.until(lambda: bench.job(job).failure is not None and not scheduler.busy(job.id))
    bench.engine._works.pulse(account).reachable = reachable
    assert (await bench.engine.cancel(job.id)).state is (State.SUBMITTING if reachable else State.CANCELLED)
    [stopped] = await quiet(bench, [job])
    assert stopped.state is State.CANCELLED and stopped.collectable is found
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
