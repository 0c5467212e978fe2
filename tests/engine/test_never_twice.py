"""The promise about money, as a property: whatever answers are lost and whenever the program is killed, no job is paid
twice, and no accepted task is forgotten."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import deque
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sora_desktop.core.errors import FailureKind, Sent, UserError
from sora_desktop.core.jobs import State
from sora_desktop.core.proof import credits_in_doubt
from sora_desktop.media.render import render
from sora_desktop.providers.base import Attachment, Connection, Dialect, RemoteTask
from support.bench import Bench
from support.service import Mood, OnlyDownloads, Service, trouble

PACE = 0.001
ACCOUNTS = ("simulator-rivya", "simulator-globalaiopc")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    render(path, "a clip", width=64, height=36, seconds=1)
    return path.read_bytes()


class NeverTwice(RuleBasedStateMachine):
    video = b""

    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.services = {
            "rivya": Service(idempotent=True, video=self.video),
            "globalaiopc": Service(idempotent=False, video=self.video),
        }
        self.sent_again: set[str] = set()
        self.life = self.new_life()
        self.runner.run(self.life.begin())

    def new_life(self) -> Bench:
        return Bench(
            self.folder,
            pace=PACE,
            services=self.services,
            http=OnlyDownloads(self.video),  # type: ignore[arg-type]
        )

    @rule(account=st.sampled_from(ACCOUNTS), count=st.integers(1, 3))
    def submit(self, account: str, count: int) -> None:
        self.runner.run(self.life.submit(account, count=count))

    @rule(provider=st.sampled_from(["rivya", "globalaiopc"]), moods=st.lists(st.sampled_from(Mood), max_size=5))
    def moods(self, provider: str, moods: list[Mood]) -> None:
        self.services[provider].moods.extend(moods)

    @rule(provider=st.sampled_from(["rivya", "globalaiopc"]), count=st.integers(1, 3))
    def polls_fail(self, provider: str, count: int) -> None:
        self.services[provider].poll_moods.extend([Mood.LOST_BEFORE] * count)

    @rule(milliseconds=st.integers(0, 120))
    def time_passes(self, milliseconds: int) -> None:
        self.runner.run(asyncio.sleep(milliseconds / 1000))

    @rule(milliseconds=st.integers(0, 60))
    def killed_and_started_again(self, milliseconds: int) -> None:
        self.runner.run(asyncio.sleep(milliseconds / 1000))
        self.runner.run(self.life.kill())
        self.life = self.new_life()
        self.runner.run(self.life.begin())

    @rule(index=st.integers(0, 9), milliseconds=st.integers(0, 20))
    def deleted_and_restored(self, index: int, milliseconds: int) -> None:
        engine, jobs = self.life.engine, list(self.life.engine.jobs)
        if not jobs:
            return
        try:
            deleted = self.runner.run(engine.delete(jobs[index % len(jobs)]))
        except UserError:
            return
        self.runner.run(asyncio.sleep(milliseconds / 1000))
        self.runner.run(engine.restore(deleted))

    @rule(
        order=st.sampled_from(["cancel", "retry", "hold", "release", "resend", "let_go", "collect"]),
        index=st.integers(0, 9),
    )
    def order(self, order: str, index: int) -> None:
        jobs = list(self.life.engine.jobs.values())
        if not jobs:
            return
        job = jobs[index % len(jobs)]
        again = order in {"retry", "resend"} and job.state in {State.FAILED, State.CANCELLED, State.UNCERTAIN}
        try:
            self.runner.run(getattr(self.life.engine, order)(job.id))
        except UserError:
            return
        if again and self.life.engine.jobs[job.id].intent != job.intent:
            self.sent_again.add(job.id)

    @invariant()
    def never_billed_twice(self) -> None:
        if not hasattr(self, "services"):
            return
        for service in self.services.values():
            intents = [intent for intent, _ in service.billed.values()]
            assert len(intents) == len(set(intents)), "one intent was billed twice"
            assert all(len(bodies) == 1 for bodies in service.bodies.values()), "a repeat was not byte-identical"

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        try:
            for service in self.services.values():
                service.moods.clear()
                service.poll_moods.clear()
            self.runner.run(self.life.kill())
            self.life = self.new_life()
            self.runner.run(self.life.begin())
            for job in list(self.life.engine.jobs.values()):
                if job.held:
                    self.runner.run(self.life.engine.release(job.id))
            self.runner.run(self.life.until_quiet())
            self.never_billed_twice()
            self.nothing_lost()
            assert not self.life.defects
        finally:
            self.runner.run(self.life.kill())
            self.runner.close()
            shutil.rmtree(self.folder)

    def nothing_lost(self) -> None:
        jobs = self.life.engine.jobs.values()
        by_remote = {job.remote_id: job for job in jobs if job.remote_id}
        doubtful = {job.intent for job in jobs if job.state in {State.UNCERTAIN, State.CANCELLED}}
        for name, service in self.services.items():
            for task, (intent, _) in service.billed.items():
                job = by_remote.get(task)
                known = job is not None and (job.state is State.CANCELLED or Path(job.path).is_file())
                told = intent in doubtful or any(
                    note.tells(intent) or note.tells(task) for job in jobs for note in job.notes
                )
                assert known or told, f"{name}: {task} was paid and is neither on the disk nor named"
        for job in jobs:
            if job.state is State.UNCERTAIN:
                assert job.request.provider == "globalaiopc", "uncertain although the service knows the key"
            if job.state is State.DONE:
                assert Path(job.path).stat().st_size == len(self.video)


def test_no_job_is_paid_twice_and_none_is_lost(video: bytes) -> None:
    NeverTwice.video = video
    checked = settings(
        max_examples=25,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
    )
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(NeverTwice, settings=checked)


class Slow(Service):
    """Accepts, and answers when it is let."""

    def __init__(self, video: bytes) -> None:
        super().__init__(idempotent=False, video=video)
        self.accepted, self.answer = asyncio.Event(), asyncio.Event()

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        task = await super().create(connection, body, intent, files)
        self.accepted.set()
        await self.answer.wait()
        return task


async def test_the_program_ends_after_the_answer_that_names_a_paid_task(tmp_path: Path, video: bytes) -> None:
    service = Slow(video)

    def life() -> Bench:
        return Bench(tmp_path, pace=PACE, services={"globalaiopc": service}, http=OnlyDownloads(video))  # type: ignore[arg-type]

    bench = await life().begin()
    jobs = await bench.submit(ACCOUNTS[1], count=9)
    await service.accepted.wait()
    leaving = asyncio.create_task(bench.engine.leave())
    await asyncio.sleep(0)
    service.answer.set()
    await leaving
    await bench.kill()
    begun = len(service.billed)
    async with life() as bench:
        assert sum(bool(bench.job(job).remote_id) for job in jobs) == begun < len(jobs), "none is uncertain, none new"
        await bench.until_quiet()
    assert len(service.billed) == len(jobs)


class Refusing(Service):
    """Answers every create call but those numbered in `well` with a refusal of `kind`, whatever its key."""

    def __init__(self, video: bytes, kind: FailureKind, *moods: Mood, well: Container[int] = ()) -> None:
        super().__init__(idempotent=True, video=video, moods=deque(moods))
        self.kind, self.well, self.calls = kind, well, 0

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        self.calls += 1
        if self.calls in self.well:
            return await super().create(connection, body, intent, files)
        code = {FailureKind.CREDITS: "credits_short", FailureKind.CONFLICT: "conflict"}[self.kind]
        raise trouble(self.kind, Sent.REFUSED, code)


def alone(folder: Path, service: Service, pace: float = PACE) -> Bench:
    services: dict[str, Dialect] = {"rivya": service, "globalaiopc": service}
    return Bench(folder, pace=pace, services=services, http=OnlyDownloads(service.video))  # type: ignore[arg-type]


async def test_what_is_refused_after_a_lost_answer_is_asked_for_again_with_its_key(
    tmp_path: Path, video: bytes
) -> None:
    """A service that looks at the credits before it looks at the key must not make anybody pay twice."""
    service = Refusing(video, FailureKind.CREDITS, Mood.LOST_AFTER, well=(1, 3))
    async with alone(tmp_path, service) as bench:
        [job] = await bench.submit(ACCOUNTS[0])
        await bench.until(lambda: bench.job(job).state is State.FAILED)
        assert credits_in_doubt(bench.job(job))
        await bench.engine.retry(job.id)
        await bench.until_quiet()
        assert bench.job(job).state is State.DONE and bench.job(job).intent == job.intent
    assert len(service.billed) == 1


@pytest.mark.parametrize(("lost", "state"), [(True, State.UNCERTAIN), (False, State.FAILED)])
async def test_a_conflict_is_never_resent(lost: bool, state: State, tmp_path: Path, video: bytes) -> None:
    service = Refusing(video, FailureKind.CONFLICT, *([Mood.LOST_AFTER] if lost else []), well=(1,) if lost else ())
    async with alone(tmp_path, service) as bench:
        [job] = await bench.submit(ACCOUNTS[0])
        await bench.until_quiet()
        assert bench.job(job).state is state
        calls = service.calls
        with pytest.raises(UserError, match="job_sent" if lost else "conflict"):
            await bench.engine.retry(job.id)
    assert service.calls == calls


async def test_cancelled_before_a_byte_left_nothing_is_sent(tmp_path: Path, video: bytes) -> None:
    service = Service(idempotent=True, video=video)
    async with alone(tmp_path, service) as bench:

        async def addresses() -> Mapping[str, str]:
            """The moment between the commit of `submitting` and the call."""
            for job in bench.engine.jobs.values():
                if job.state is State.SUBMITTING:
                    await bench.engine.cancel(job.id)
            return bench.addresses

        bench.accounts._resolver = addresses
        [job] = await bench.submit(ACCOUNTS[0])
        await bench.until_quiet()
        assert bench.job(job).state is State.CANCELLED and not credits_in_doubt(bench.job(job))
    assert not service.billed


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_cancelled_while_it_is_sent_and_killed_it_stays_cancelled(
    account: str, tmp_path: Path, video: bytes
) -> None:
    """And whatever is done with it then, it is not paid twice, and its clip is fetched once its id is known."""
    service = Refusing(video, FailureKind.CREDITS, Mood.HANG_AFTER, well=(1, 3))
    service.idempotent = account == ACCOUNTS[0]
    bench = await alone(tmp_path, service).begin()
    [job] = await bench.submit(account)
    await bench.until(lambda: bool(service.billed))
    await bench.engine.cancel(job.id)
    assert bench.job(job).state is State.SUBMITTING
    await bench.kill()
    async with alone(tmp_path, service) as bench:
        stopped = bench.job(job)
        assert stopped.state is State.CANCELLED and stopped.money_in_doubt and credits_in_doubt(stopped)
        assert stopped.failure is not None and stopped.failure.code == "killed_uncertain"
        assert bench.engine.may_pay_twice(stopped) is not service.idempotent
        if service.idempotent:
            await bench.engine.retry(job.id)
            await bench.until_quiet()
            assert bench.job(job).state is State.FAILED and bench.job(job).money_in_doubt
            await bench.engine.retry(job.id)
        else:
            await bench.engine.adopt(job.id, next(iter(service.billed)))
        await bench.until_quiet()
        assert bench.job(job).state is State.DONE and bench.job(job).intent == job.intent
        assert not bench.job(job).unwanted
    assert len(service.billed) == 1


async def test_cancelled_while_it_is_sent_it_is_forgotten_when_the_answer_comes(tmp_path: Path, video: bytes) -> None:
    service = Slow(video)
    async with alone(tmp_path, service) as bench:
        [job] = await bench.submit(ACCOUNTS[0])
        await service.accepted.wait()
        await bench.engine.cancel(job.id)
        service.answer.set()
        await bench.until_quiet()
        cancelled = bench.job(job)
        assert cancelled.state is State.CANCELLED and cancelled.remote_id and credits_in_doubt(cancelled)


@pytest.mark.parametrize("mood", [Mood.LOST_BEFORE, Mood.LOST_AFTER])
async def test_cancelled_after_a_lost_answer_it_is_asked_for_no_more_and_a_retry_keeps_its_key(
    mood: Mood, tmp_path: Path, video: bytes
) -> None:
    service = Service(idempotent=True, video=video, moods=deque([mood]))
    async with alone(tmp_path, service, pace=0.1) as bench:  # So that it waits before it asks again.
        [job] = await bench.submit(ACCOUNTS[0])
        await bench.until(lambda: bench.job(job).failure is not None)
        billed = len(service.billed)
        await bench.engine.cancel(job.id)
        await bench.until_quiet()
        assert bench.job(job).state is State.CANCELLED and bench.job(job).money_in_doubt
        assert len(service.billed) == billed == (mood is Mood.LOST_AFTER)
        await bench.engine.retry(job.id)
        await bench.until_quiet()
        assert bench.job(job).state is State.DONE and bench.job(job).intent == job.intent
    assert len(service.billed) == 1


async def test_the_balance_is_noted_on_a_job_that_ends_right_after_it_was_read(tmp_path: Path, video: bytes) -> None:
    async with alone(tmp_path, Service(idempotent=True, video=video), pace=0.1) as bench:
        [first] = await bench.submit(ACCOUNTS[0])
        await bench.until(lambda: bench.job(first).balance_after is not None)
        later = bench.job(first).having(id="later", balance_after=None)
        await bench.engine.restore(later)
        for _ in range(2):
            bench.engine._works.balance_wanted.emit(ACCOUNTS[0])
        await bench.until(lambda: bench.job(later).balance_after is not None, 10)
