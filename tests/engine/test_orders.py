"""What the user may do with a job: cancel, collect, adopt, edit, hold, order; and what is said of the money."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_desktop.core.errors import Billed, UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.proof import credits_in_doubt, proof
from support.bench import Bench
from support.simulator import SimulatorProcess

PACE = 0.01
KEY, OTHER_KEY = "rvya_sk_test_orders", "sk-orders"


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    simulator.add_key(KEY, credits=100_000)
    simulator.add_key(OTHER_KEY, "globalaiopc")
    yield simulator
    assert simulator.close() == ""


async def rivya(bench: Bench, simulator: SimulatorProcess) -> str:
    return await bench.account("rivya", simulator.rivya, KEY)


async def test_a_job_that_was_not_sent_is_simply_gone(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await rivya(bench, simulator)
    await bench.engine.pause_all(True)
    [job] = await bench.submit(account, "not sent")
    await bench.engine.cancel(job.id)
    await bench.engine.pause_all(False)
    assert bench.job(job).state is State.CANCELLED
    assert not credits_in_doubt(bench.job(job))
    assert simulator.billed("not sent") == 0


async def test_stopping_to_watch_is_honest_and_can_be_undone(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await rivya(bench, simulator)
    simulator.fault("stuck", "create", "rivya")
    [job] = await bench.submit(account, "stuck")
    await bench.until(lambda: bench.job(job).state is State.PROCESSING)
    await bench.engine.cancel(job.id)
    cancelled = bench.job(job)
    assert cancelled.state is State.CANCELLED
    assert cancelled.failure is not None and cancelled.failure.code == "stopped_watching"
    assert credits_in_doubt(cancelled)
    simulator.end(cancelled.remote_id)
    await bench.engine.collect(job.id)
    await bench.until(lambda: bench.job(job).state is State.DONE)
    assert simulator.billed("stuck") == 1


async def test_a_task_of_another_machine_is_adopted_by_its_id(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await rivya(bench, simulator)
    [job] = await bench.submit(account, "made elsewhere")
    await bench.until_quiet()
    remote_id = bench.job(job).remote_id
    async with Bench(tmp_path / "other", pace=PACE) as other:
        account = await rivya(other, simulator)
        with pytest.raises(UserError, match="remote_id_empty"):
            await other.engine.adopt_task(account, "sora-2", "  ")
        adopting = (other.engine.adopt_task(account, "sora-2", f" “{remote_id}”\u200b\n") for _ in range(2))
        adopted, again = await asyncio.gather(*adopting, return_exceptions=True)  # A double click.
        assert isinstance(adopted, Job) and isinstance(again, UserError)
        await other.until_quiet()
        assert other.job(adopted).state is State.DONE
        assert Path(other.job(adopted).path).stat().st_size == Path(bench.job(job).path).stat().st_size
        with pytest.raises(UserError, match="remote_id_taken"):
            await other.engine.adopt_task(account, "sora-2", remote_id)
    assert simulator.billed("made elsewhere") == 1


async def test_an_uncertain_job_is_adopted_or_sent_again_on_the_users_word(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await bench.account("globalaiopc", simulator.globalaiopc, OTHER_KEY)
    simulator.fault("reset_after", "create", "globalaiopc", times=2)
    accepted, again = await bench.submit(account, "uncertain", 2)
    await bench.until_quiet()
    assert {bench.job(job).state for job in (accepted, again)} == {State.UNCERTAIN}
    for order in (bench.engine.retry, bench.engine.collect):
        with pytest.raises(UserError):
            await order(accepted.id)
    assert await bench.engine.check(accepted.id) == ("check_unknown", {})
    task = next(task for task in simulator.tasks() if task["prompt"] == "uncertain")
    await bench.engine.adopt(accepted.id, task["id"])
    await bench.engine.resend(again.id)
    await bench.until_quiet()
    assert bench.job(accepted).state is bench.job(again).state is State.DONE
    assert bench.job(again).intent != again.intent
    assert simulator.billed("uncertain") == 3


async def test_an_unsent_job_is_edited_and_a_sent_one_is_not(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await rivya(bench, simulator)
    await bench.engine.pause_all(True)
    [job] = await bench.submit(account, "before")
    with pytest.raises(UserError, match="prompt_empty"):
        await bench.engine.edit(job.id, job.request.model_copy(update={"prompt": " "}))
    await bench.engine.edit(job.id, job.request.model_copy(update={"prompt": "after"}))
    await bench.engine.pause_all(False)
    await bench.until_quiet()
    assert (simulator.billed("before"), simulator.billed("after")) == (0, 1)
    with pytest.raises(UserError, match="job_sent"):
        await bench.engine.edit(job.id, job.request)


async def test_the_queue_is_ordered_held_and_stopped(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await rivya(bench, simulator)
    await bench.accounts.save(bench.accounts.get(account).model_copy(update={"at_once": 1}))  # type: ignore[union-attr]
    await bench.engine.pause_all(True)
    first, second, third, fourth = [(await bench.submit(account, f"order {number}"))[0] for number in range(4)]
    await bench.engine.move(third.id, first.id)
    assert {job.id for job in await bench.engine.stop_after(first.id)} == {second.id, fourth.id}
    await bench.engine.pause_all(False)
    await bench.until_quiet()
    states = [bench.job(job).state for job in (first, second, third, fourth)]
    assert states == [State.DONE, State.WAITING, State.DONE, State.WAITING]
    assert (bench.job(third).submitted_at or 0) < (bench.job(first).submitted_at or 0)
    await bench.engine.release(second.id)
    await bench.until(lambda: bench.job(second).state is State.DONE)


async def test_a_job_whose_account_is_switched_off_says_why_it_waits(bench: Bench, simulator: SimulatorProcess) -> None:
    known = bench.accounts.get(await rivya(bench, simulator))
    assert known is not None
    await bench.engine.pause_all(True)
    [job] = await bench.submit(known.id, "waits")
    for enabled, code in ((False, "account_off"), (True, "")):
        await bench.accounts.save(known.model_copy(update={"enabled": enabled}))
        await bench.until(lambda code=code: (failure.code if (failure := bench.job(job).failure) else "") == code)
    await bench.accounts.remove(known.id)
    await bench.until(lambda: bench.job(job).failure is not None)
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "account_gone"


async def test_waiting_jobs_take_any_number_of_moves(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await rivya(bench, simulator)
    await bench.engine.pause_all(True)
    jobs = await bench.submit(account, "moved", 4)
    ids = [job.id for job in jobs]

    def order() -> list[str]:
        return sorted(ids, key=lambda job_id: bench.engine.jobs[job_id].position)

    # Each time the last one goes between the same two: after fifty halvings no number is left there.
    for _ in range(120):
        wanted = order()
        wanted.insert(1, wanted.pop())
        await bench.engine.move(wanted[1], wanted[2])
        assert order() == wanted
    assert len({bench.engine.jobs[job_id].position for job_id in ids}) == 4
    # One that began meanwhile, or ended, stands for what was behind it.
    first, second, third, fourth = order()
    await bench.engine.cancel(second)
    await bench.engine.move(fourth, second)
    assert order() == [first, second, fourth, third]
    await bench.engine.move(first, None)
    assert order()[-1] == first
    # What is paused or taken off in the very moment in which its turn comes is not sent.
    await bench.engine.cancel(fourth)
    await bench.engine.pause_all(False)
    assert {job.id for job in await bench.engine.stop_after(fourth)} == {first, third}
    assert simulator.billed("moved") == 0


async def test_a_deleted_job_comes_back_whole_and_a_running_one_stays(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await rivya(bench, simulator)
    [job] = await bench.submit(account, "deleted")
    await bench.until(lambda: bench.job(job).state is State.QUEUED)
    with pytest.raises(UserError, match="job_running"):
        await bench.engine.delete(job.id)
    await bench.until_quiet()
    deleted, again = await asyncio.gather(
        bench.engine.delete(job.id), bench.engine.delete(job.id), return_exceptions=True
    )
    assert isinstance(deleted, Job) and isinstance(again, UserError)
    assert job.id not in bench.engine.jobs
    await asyncio.gather(bench.engine.restore(deleted), bench.engine.restore(deleted))  # A double click.
    assert bench.job(job).path == deleted.path and bench.job(job).state is State.DONE
    assert Path(deleted.path).is_file()


@pytest.mark.parametrize("refund", [True, False])
async def test_a_failed_job_whose_credits_did_not_come_back_is_marked_with_a_proof(
    refund: bool, bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await rivya(bench, simulator)
    simulator.fault("fail_task", "create", "rivya", args={"refund": refund, "message": f"No. Bearer {KEY}"})
    [job] = await bench.submit(account, f"failed {refund}")
    await bench.until_quiet()
    await bench.until(lambda: bench.job(job).balance_after is not None)
    failed = bench.job(job)
    assert failed.state is State.FAILED and failed.failure is not None
    assert failed.balance_before is not None
    if refund:
        assert failed.balance_after == failed.balance_before
        assert not credits_in_doubt(failed)
    else:
        assert (failed.balance_after or 0) < failed.balance_before
        assert failed.failure.billed is Billed.YES and credits_in_doubt(failed)
        await bench.engine._orders.settle_credits(account, failed.balance_before)  # They come an hour later.
        later = bench.job(job)
        assert later.balance_after == failed.balance_before and not credits_in_doubt(later)
    text = proof(failed, "Rivya", "Mine")
    for wanted in (failed.remote_id, failed.intent, *failed.request_ids, "Balance before"):
        assert wanted in text
    assert f"failed {refund}" in text and KEY not in text


async def test_an_account_that_moves_takes_no_key_along_and_strands_no_job(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await rivya(bench, simulator)
    simulator.fault("stuck", "create", "rivya")
    [job] = await bench.submit(account, "stays where it was sent")
    await bench.until(lambda: bench.job(job).state is State.PROCESSING)
    with SimulatorProcess(tmp_path / "elsewhere", pace=PACE) as elsewhere:
        known = bench.accounts.get(account)
        assert known is not None
        await bench.accounts.save(known.model_copy(update={"base_url": elsewhere.rivya}))
        await bench.accounts.set_key(account, "rvya_sk_test_elsewhere")
        [later] = await bench.submit(account, "goes elsewhere")
        simulator.end(bench.job(job).remote_id)
        await bench.until_quiet()
        assert bench.job(job).state is bench.job(later).state is State.DONE
        assert "rvya_sk_test_elsewhere" not in str(simulator.requests())
        assert KEY not in str(elsewhere.requests())
        assert elsewhere.billed("goes elsewhere") == simulator.billed("stays where it was sent") == 1
