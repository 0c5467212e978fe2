"""Every fault at every call, as one table: where the job ends, how many tasks were billed, and what is said.

Each case is a real job of the real engine against the simulator over real sockets. Where an answer is lost the two
services differ: Rivya knows an idempotency key, GlobalAIOPC does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.errors import ProviderError
from sora_desktop.core.jobs import State
from support.bench import Bench
from support.fault_runs import KEYS, PACE, Case, begun, creates, later, picture, sends_again
from support.simulator import SimulatorProcess


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    for dialect, key in KEYS.items():
        simulator.add_key(key, dialect, credits=1_000_000)
    yield simulator
    assert simulator.close() == ""


BOTH = ("rivya", "globalaiopc")

# A create call that was not accepted: sent again by itself, or refused with a sentence. Nothing is billed for it.
CREATE = [
    case
    for dialect in BOTH
    for case in (
        Case(dialect, "create", "rate_limited", args={"retry_after": "1"}, seen="rate_limited"),
        Case(dialect, "create", "rate_limited", args={"retry_after": later()}, seen="rate_limited"),
        Case(dialect, "create", "unavailable", seen="service_closed"),
        Case(dialect, "create", "unauthorized", State.FAILED, 0, "key_rejected"),
        Case(dialect, "create", "forbidden", State.FAILED, 0),
        Case(dialect, "create", "redirect", State.FAILED, 0, "redirected"),
    )
]

# A create call whose answer was lost. With a documented key it is asked for again with the same key and body; without
# one nobody can tell, so the job is uncertain and is never sent again by itself.
LOST_BEFORE = ("reset_before", "timeout_before", "http_500", "bad_gateway_html", "broken_json", "empty")
LOST_AFTER = (
    "reset_after",
    "timeout",
    "http_500_after",
    "bad_gateway_html_after",
    "unavailable_html_after",
    "broken_json_after",
    "empty_after",
    "wrong_types",
)
LOST = [
    *(Case("rivya", "create", fault) for fault in (*LOST_BEFORE, *LOST_AFTER)),
    *(Case("globalaiopc", "create", fault, State.UNCERTAIN, 0, "answer_lost_uncertain") for fault in LOST_BEFORE),
    *(Case("globalaiopc", "create", fault, State.UNCERTAIN, 1, "answer_lost_uncertain") for fault in LOST_AFTER),
]

# A failed poll is never the end of a job, whatever it was.
POLL = [
    case
    for dialect in BOTH
    for case in (
        *(
            Case(dialect, "poll", fault, times=2)
            for fault in (
                "reset_before",
                "reset_after",
                "timeout",
                "timeout_before",
                "http_500",
                "bad_gateway_html",
                "unavailable",
                "broken_json",
                "empty",
                "wrong_types",
                "not_found",
            )
        ),
        Case(dialect, "poll", "rate_limited", args={"retry_after": "1"}),
        Case(dialect, "poll", "rate_limited", args={"retry_after": later()}),
        Case(dialect, "poll", "unauthorized", seen="key_rejected"),
        Case(dialect, "poll", "forbidden"),
        Case(dialect, "poll", "redirect", seen="redirected"),
        Case(dialect, "poll", "not_found", State.FAILED, 1, "not_found", times=None),
    )
]

# The paid result is fetched as soon as it can be; what is no video is never a file.
DOWNLOAD = [
    *(
        Case("rivya", "download", fault, times=2)
        for fault in (
            "reset_before",
            "http_500",
            "bad_gateway_html",
            "unavailable",
            "truncated",
        )
    ),
    Case("rivya", "download", "range_ignored", resumes=True),
    Case("rivya", "download", "changed_etag", resumes=True),
    Case("globalaiopc", "download", "range_ignored", resumes=True),
    Case("rivya", "download", "rate_limited", args={"retry_after": "1"}),
    Case("rivya", "download", "rate_limited", args={"retry_after": later()}),
    Case("rivya", "download", "wrong_content_type", times=2, seen="result_not_video"),
    Case("rivya", "download", "html", times=2, seen="result_not_video"),
    Case("rivya", "download", "empty", times=1, seen="result_not_video"),
    Case("rivya", "download", "wrong_content_type", State.FAILED, 1, "result_not_video", times=None),
    Case("rivya", "download", "html", State.FAILED, 1, "result_not_video", times=None),
    Case("rivya", "download", "expired", times=1),
    Case("rivya", "download", "expired", State.EXPIRED, 1, "result_expired", times=None),
    Case("globalaiopc", "download", "expired", times=2),
    Case("globalaiopc", "download", "expired", State.EXPIRED, 1, "result_expired", times=None),
    Case("globalaiopc", "download", "truncated", times=3),
    Case("globalaiopc", "download", "wrong_content_type", State.FAILED, 1, "result_not_video", times=None),
]

# An upload costs nothing, so it is repeated whatever was lost; only what the service refuses ends the job.
UPLOAD = [
    *(
        Case("rivya", "upload", fault)
        for fault in (
            "reset_before",
            "reset_after",
            "timeout",
            "timeout_before",
            "http_500",
            "bad_gateway_html",
            "unavailable",
            "broken_json",
            "empty",
            "wrong_types",
        )
    ),
    Case("rivya", "upload", "rate_limited", args={"retry_after": "1"}),
    Case("rivya", "upload", "rate_limited", args={"retry_after": later()}),
]

GROUPS = {"upload": UPLOAD, "create": CREATE, "lost answers": LOST, "poll": POLL, "download": DOWNLOAD}


@pytest.mark.parametrize("group", GROUPS)
async def test_every_fault_ends_as_the_table_says(group: str, bench: Bench, simulator: SimulatorProcess) -> None:
    """All cases of a group at once, each with an account of its own: what one suffers must not touch another."""
    await bench.settings.change(name_template="{prompt}")
    runs = [await begun(case, bench, simulator) for case in GROUPS[group]]
    await bench.until_quiet(120)
    wrong = {str(run.case): problems for run in runs if (problems := run.problems(bench, simulator))}
    assert not wrong, "\n".join(f"{name}: {'; '.join(problems)}" for name, problems in wrong.items())
    assert not list(bench.paths.videos.glob(".*.part*")), "a part was left behind"


async def test_refused_connection_waits_and_goes_on_by_itself(bench: Bench, tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "simulator", pace=PACE)
    simulator.add_key(KEYS["rivya"], credits=1000)
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    simulator.fault("stuck", "create", "rivya")
    [polled] = await bench.submit(account, "refused while it is polled")
    await bench.until(lambda: bench.job(polled).state is State.PROCESSING)
    simulator.kill()
    await bench.until(lambda: not bench.engine.online)
    [job] = await bench.submit(account, "refused")
    await bench.until(lambda: bench.job(job).failure is not None)
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "connect_refused"
    assert bench.job(job).state is State.WAITING
    assert bench.job(polled).state is State.PROCESSING and not bench.engine.online
    simulator.restart()
    try:
        simulator.end(bench.job(polled).remote_id)
        await bench.until_quiet()
        assert bench.job(job).state is bench.job(polled).state is State.DONE
        assert bench.engine.online
        assert simulator.billed("refused") == simulator.billed("refused while it is polled") == 1
    finally:
        simulator.close()


async def test_a_key_that_is_mended_lets_the_job_go_on(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, "rvya_sk_nobody_knows")
    [job] = await bench.submit(account, "mended key")
    await bench.until(lambda: bench.job(job).state is State.FAILED)
    assert simulator.billed("mended key") == 0
    await bench.accounts.set_key(account, KEYS["rivya"])
    await bench.engine.retry(job.id)
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE
    assert simulator.billed("mended key") == 1


async def test_a_key_rejected_in_mid_run_stops_no_other_account(bench: Bench, simulator: SimulatorProcess) -> None:
    first = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    second = await bench.account("globalaiopc", simulator.globalaiopc, KEYS["globalaiopc"])
    simulator.fault("unauthorized", "poll", "rivya", times=None)
    [stopped] = await bench.submit(first, "stopped")
    [goes_on] = await bench.submit(second, "goes on")
    await bench.until(lambda: bench.job(goes_on).state is State.DONE)
    await bench.until(lambda: bench.job(stopped).failure is not None)
    job = bench.job(stopped)
    assert job.state in {State.QUEUED, State.PROCESSING}
    assert job.failure is not None and job.failure.code == "key_rejected"
    simulator.clear()
    await bench.accounts.set_key(first, KEYS["rivya"])
    await bench.until_quiet()
    assert bench.job(stopped).state is State.DONE


async def test_a_job_that_may_not_be_asked_for_holds_no_other_job_of_its_account(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    simulator.fault("forbidden", "poll", "rivya", times=None, contains="forbidden")
    simulator.fault("forbidden", "credits", "rivya", times=None)
    [stopped] = await bench.submit(account, "forbidden")
    await bench.until(lambda: bench.job(stopped).failure is not None)
    [goes_on] = await bench.submit(account, "goes on")
    assert bench.engine._works.pulse(account).not_before == 0
    await bench.until(lambda: bench.job(goes_on).state is State.DONE)
    job = bench.job(stopped)
    assert job.state in {State.QUEUED, State.PROCESSING} and job.failure is not None
    simulator.clear()
    await bench.accounts.set_key(account, KEYS["rivya"])
    assert bench.engine._polling.due()[0][0] <= bench.engine._works.clock.monotonic(), "a changed key wakes it at once"
    await bench.until_quiet()
    assert bench.job(stopped).state is State.DONE


async def test_an_idempotency_conflict_is_never_resent(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    await bench.engine.pause_all(True)
    first, second = await bench.submit(account, "conflict", 2)
    # The second job is made to carry the first one's key: the service sees one key with two bodies.
    another = second.request.model_copy(update={"prompt": "another"})
    second = second.having(intent=first.intent, request=another)
    bench.engine._board._put(second)
    await bench.engine.pause_all(False)
    await bench.until_quiet()
    states = {bench.job(first).state, bench.job(second).state}
    assert states == {State.DONE, State.FAILED}
    failed = next(job for job in bench.engine.jobs.values() if job.state is State.FAILED)
    assert failed.failure is not None and failed.failure.code == "conflict"
    assert len(creates(simulator)) == 2


async def test_repeats_are_byte_identical(bench: Bench, simulator: SimulatorProcess) -> None:
    simulator.fault("reset_after", "create", "rivya", times=3)
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    [job] = await bench.submit(account, "identical")
    await bench.until_quiet()
    assert len(creates(simulator)) == 4
    assert len({entry["body"] for entry in creates(simulator)}) == 1
    assert bench.job(job).state is State.DONE
    assert simulator.billed("identical") == 1


async def test_a_full_disk_waits_and_says_so(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from sora_desktop.engine import part

    full = True
    real = part.write_all

    def write(file: Any, chunk: bytes) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file, chunk)

    monkeypatch.setattr(part, "write_all", write)
    job = await sends_again(bench, simulator, "disk full")
    await bench.until(lambda: bench.job(job).failure is not None and bench.job(job).state is State.DOWNLOADING)
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "disk_full"
    full = False
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE
    assert simulator.billed("disk full") == 1


async def test_a_folder_that_cannot_be_written_to_waits_for_another(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    await bench.settings.change(videos_folder="/proc/nobody/writes/here")
    job = await sends_again(bench, simulator, "read-only")
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "folder_readonly"
    assert bench.job(job).state is State.DOWNLOADING
    await bench.settings.change(videos_folder=str(tmp_path / "elsewhere"))
    await bench.until_quiet()
    assert Path(bench.job(job).path).parent == tmp_path / "elsewhere"
    assert simulator.billed("read-only") == 1


async def test_a_locked_database_loses_no_remote_id(tmp_path: Path, simulator: SimulatorProcess) -> None:
    import sqlite3

    bench = Bench(tmp_path / "data", pace=PACE, busy_seconds=0.1)
    await bench.begin()
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    simulator.control("POST", "/manners", {})
    [job] = await bench.submit(account, "locked")
    await bench.until(lambda: bench.job(job).state is State.SUBMITTING)
    other = sqlite3.connect(bench.paths.database, timeout=5, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(0.5)  # several tries to commit fail meanwhile
    other.execute("ROLLBACK")
    other.close()
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE
    assert simulator.billed("locked") == 1
    await bench.kill()
    assert not bench.defects


async def test_a_file_that_was_removed_is_collected_again(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await bench.account("globalaiopc", simulator.globalaiopc, KEYS["globalaiopc"])
    [job] = await bench.submit(account, "removed")
    await bench.until_quiet()
    Path(bench.job(job).path).unlink()
    await bench.engine.collect(job.id)
    await bench.until(lambda: bench.job(job).state is State.DONE)
    assert Path(bench.job(job).path).is_file()
    assert simulator.billed("removed") == 1


FREE = {
    "reset_before": "answer_lost",
    "reset_after": "answer_lost",
    "timeout": "answer_lost",
    "timeout_before": "answer_lost",
    "http_500": "service_error",
    "bad_gateway_html": "service_error",
    "unavailable": "service_closed",
    "broken_json": "answer_broken",
    "wrong_types": "answer_broken",
    "empty": "answer_broken",
    "huge": "answer_too_large",
    "redirect": "redirected",
    "unauthorized": "key_rejected",
    "forbidden": "key_scope",
    "rate_limited": "rate_limited",
}


async def test_a_free_check_says_what_is_wrong(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    before = simulator.ledger()["entries"]
    said: dict[str, str] = {}
    for fault in FREE:
        for retry_after in ("7", later()) if fault == "rate_limited" else ("",):
            simulator.fault(fault, "credits", "rivya", args={"retry_after": retry_after} if retry_after else {})
            with pytest.raises(ProviderError) as caught:
                await bench.engine.test(account)
            said[fault] = caught.value.code
            assert (caught.value.retry_after is not None) is bool(retry_after)
    assert said == FREE
    assert simulator.ledger()["entries"] == before


async def test_a_model_list_that_cannot_be_read_does_not_condemn_a_good_key(
    bench: Bench, simulator: SimulatorProcess
) -> None:
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    for fault in FREE:
        rule = simulator.fault(fault, "models", "rivya")
        check = await bench.engine.test(account)
        assert simulator.hits(rule)
        assert check.models is None and check.balance is not None, fault


async def test_a_key_that_is_rejected_on_upload_bills_nothing(bench: Bench, simulator: SimulatorProcess) -> None:
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    simulator.fault("unauthorized", "upload", "rivya", times=None)
    [job] = await bench.submit(account, "rejected upload", references=(picture(bench, 200),))
    await bench.until_quiet()
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "key_rejected"
    assert simulator.billed("rejected upload") == 0


async def test_credits_that_cannot_be_read_harm_no_job(bench: Bench, simulator: SimulatorProcess) -> None:
    for fault in ("reset_before", "http_500", "bad_gateway_html", "broken_json", "empty", "wrong_types"):
        simulator.fault(fault, "credits", "rivya")
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    with pytest.raises(ProviderError):
        await bench.engine.refresh_balance(account)
    [job] = await bench.submit(account, "no credits call")
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE
