"""A job goes on with the key and headers it was sent with, also when its account has others by now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import EnvironmentProblem, FailureKind, ProviderError, Sent
from sora_desktop.core.jobs import Job, State
from sora_desktop.media.render import render
from sora_desktop.providers.base import Attachment, Connection, RemoteStatus, RemoteTask
from sora_desktop.storage.accounts import AccountStore
from support.bench import Bench
from support.service import Mood, OnlyDownloads, Service, trouble

OLD, NEW, OTHER = "rvya_sk_old_of_one", "rvya_sk_new_of_one", "rvya_sk_of_another"


@dataclass
class Keyed(Service):
    """Knows whose a key is, and shows a task to nobody else."""

    owners: dict[str, str] = field(default_factory=lambda: {OLD: "one", NEW: "one", OTHER: "another"})
    tasks_of: dict[str, str] = field(default_factory=dict[str, str])
    done: bool = False
    creates: list[str] = field(default_factory=list[str])
    when_lost: Callable[[], Awaitable[object]] | None = None

    def owner(self, connection: Connection) -> str:
        if connection.key not in self.owners:
            raise trouble(FailureKind.KEY, Sent.REFUSED, "key_rejected")
        return self.owners[connection.key] + connection.headers.get("X-Team", "")

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        self.creates.append(connection.key)
        owner = self.owner(connection)
        try:
            return await super().create(connection, body, intent, files)
        except ProviderError:
            if self.when_lost:
                await self.when_lost()
            raise
        finally:
            self.tasks_of |= {task: owner for task in self.billed if task not in self.tasks_of}

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        if self.tasks_of.get(remote_id) != self.owner(connection):
            raise trouble(FailureKind.NOT_FOUND, Sent.REFUSED, "not_found")
        if not self.done:
            return RemoteTask(remote_id, RemoteStatus.PROCESSING)
        return await super().poll(connection, remote_id)


@pytest.fixture
def service(tmp_path: Path) -> Keyed:
    render(tmp_path / "v.mp4", "a clip", width=64, height=36, seconds=1)
    return Keyed(True, (tmp_path / "v.mp4").read_bytes())


@pytest.fixture
async def bench(tmp_path: Path, service: Keyed) -> AsyncIterator[Bench]:
    http = OnlyDownloads(service.video)
    async with Bench(tmp_path / "data", pace=0.001, services={"rivya": service}, http=http) as bench:  # type: ignore[arg-type]
        yield bench


async def submit(bench: Bench) -> tuple[str, Job]:
    account = await bench.account("rivya", "https://one.example", OLD)
    [job] = await bench.submit(account)
    return account, job


async def forgotten(bench: Bench) -> None:
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "former key"))


async def test_a_job_under_way_is_asked_for_with_the_key_it_was_sent_with(bench: Bench, service: Keyed) -> None:
    account, job = await submit(bench)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    stale = bench.accounts.get(account)
    assert stale is not None
    await bench.accounts.set_key(account, "rvya_sk_mistyped")
    await bench.accounts.save(stale.model_copy(update={"name": "Renamed meanwhile"}))
    await bench.accounts.set_key(account, OTHER)
    assert (await bench.accounts.connection(account)).key == OTHER, "whatever is sent from now on"
    service.done = True
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE
    assert OLD not in bench.job(job).model_dump_json()
    await forgotten(bench)
    assert (await bench.accounts.connection(account, mark=bench.job(job).sent_with)).key == OTHER, "no job needs it"
    await bench.accounts.set_key(account, NEW)
    kept = bench.accounts.get(account)
    assert kept is not None and kept.former == (), "not kept for nothing"


@pytest.mark.parametrize("sent", [{"X-Team": "films"}, {}])
@pytest.mark.parametrize("then", [{"X-Team": "others"}, {}])
async def test_a_job_under_way_is_asked_for_with_the_headers_it_was_sent_with(
    bench: Bench, service: Keyed, sent: dict[str, str], then: dict[str, str]
) -> None:
    account = await bench.account("rivya", "https://one.example", OLD)
    await bench.accounts.set_headers(account, sent)
    [job] = await bench.submit(account)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    await bench.accounts.set_headers(account, then)
    assert (await bench.accounts.connection(account)).headers == then, "whatever is sent from now on"
    known = bench.accounts.get(account)
    assert known is not None and len(known.former) == (sent != then and bool(sent)), "not kept for nothing"
    assert "films" not in bench.job(job).model_dump_json() + repr(bench.accounts.get(account))
    service.done = True
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE
    await forgotten(bench)
    assert all(not entry.startswith(f"{account}@before") for entry in bench.secrets._session), "no job needs them"


async def test_what_was_kept_for_a_job_that_is_no_more_is_forgotten_at_the_next_start(bench: Bench) -> None:
    account, job = await submit(bench)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    await bench.accounts.set_key(account, OTHER)
    known = bench.accounts.get(account)
    assert known is not None and known.former == (bench.job(job).sent_with,)
    await bench.accounts._kept(account, ("gone", *known.former))
    await bench.kill()
    await bench.begin()
    await forgotten(bench)
    kept = bench.accounts.get(account)
    assert kept is not None and kept.former == known.former, "this one is still under way"


async def test_an_account_that_is_saved_while_its_key_changes_loses_neither(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, job = await submit(bench)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    known, real, other = bench.accounts.get(account), AccountStore.save, asyncio.Event()
    assert known is not None

    async def save(store: AccountStore, one: Account) -> None:
        if one.former:
            other.set()
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(other.wait(), 0.1)
        await real(store, one)

    monkeypatch.setattr(AccountStore, "save", save)
    renamed = known.model_copy(update={"name": "Renamed"})
    await asyncio.gather(bench.accounts.save(renamed), bench.accounts.set_key(account, OTHER))
    await bench.accounts.load()
    kept = bench.accounts.get(account)
    assert kept is not None and (kept.name, kept.former) == ("Renamed", (bench.job(job).sent_with,))


async def test_what_is_no_longer_needed_stays_where_the_database_does_not_answer(
    bench: Bench, service: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, job = await submit(bench)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    await bench.accounts.set_key(account, OTHER)
    full = AsyncMock(side_effect=EnvironmentProblem("disk_full"))
    monkeypatch.setattr(AccountStore, "save", full)
    service.done = True
    await bench.until(lambda: full.called)
    await bench.until_quiet()
    await forgotten(bench)
    assert f"{account}@before/{bench.job(job).sent_with}" in bench.secrets._session


@pytest.mark.parametrize(("twice", "key"), [(False, OLD), (True, OLD), (False, NEW)])
async def test_an_account_that_is_added_again_takes_its_jobs_over(
    bench: Bench, service: Keyed, twice: bool, key: str
) -> None:
    if twice:
        await bench.account("rivya", "https://one.example", OTHER)
    await bench.account("rivya", "https://two.example", OLD)
    account, job = await submit(bench)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    await bench.accounts.remove(account)
    service.done = True
    again = await bench.account("rivya", "https://one.example", key)
    await bench.until(lambda: bench.job(job).state is State.DONE)
    assert bench.job(job).account == again


async def test_a_key_that_was_renewed_takes_over(bench: Bench, service: Keyed) -> None:
    account, job = await submit(bench)
    await bench.until(lambda: bool(bench.job(job).remote_id))
    del service.owners[OLD]
    await bench.accounts.set_key(account, NEW)
    service.done = True
    await bench.until_quiet()
    assert bench.job(job).state is State.DONE


@pytest.mark.parametrize("kept", [True, False])
async def test_a_lost_answer_is_asked_for_with_the_same_key_or_not_at_all(
    bench: Bench, service: Keyed, kept: bool
) -> None:
    async def another_key() -> None:
        account = next(iter(bench.engine.jobs.values())).account
        await bench.accounts.set_key(account, OTHER)
        if not kept:
            known = bench.accounts.get(account)
            assert known is not None
            await bench.accounts.former.forget(account, {*known.former})

    service.moods.append(Mood.LOST_AFTER)
    service.done, service.when_lost = True, another_key
    _account, job = await submit(bench)
    await bench.until_quiet()
    assert bench.job(job).state is (State.DONE if kept else State.UNCERTAIN)
    assert len(service.billed) == 1 and set(service.creates) == {OLD}
