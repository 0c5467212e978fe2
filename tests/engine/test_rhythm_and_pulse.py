"""When calls are made: the published rhythm, back-off, limits, and one timer for all of it."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.catalog import Estimate, PollRhythm
from sora_desktop.core.errors import Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.jobs import State
from sora_desktop.core.notes import Note
from sora_desktop.engine.alarm import Alarm
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.pulse import KEY_FIRST, KEY_WAIT, LONGEST_WAIT, Pulse
from sora_desktop.engine.rhythm import next_poll
from sora_desktop.providers.base import Connection, RemoteStatus, RemoteTask
from support.bench import Bench
from support.service import Mood, Service

RIVYA = PollRhythm(first=2.5, least=5, most=10)


class Hand(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.moment = 1000.0

    def now(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment

    def jitter(self, seconds: float) -> float:
        return seconds


def trouble(kind: FailureKind, sent: Sent = Sent.NOT_SENT, retry_after: float | None = None) -> ProviderError:
    return ProviderError(Failure(kind=kind, code="offline"), sent, retry_after=retry_after, transient=True)


def test_the_first_poll_is_early_and_later_ones_slow_down_with_age() -> None:
    assert next_poll(RIVYA, 0, 0) == 2.5
    assert next_poll(RIVYA, 0, 1) == 5
    assert next_poll(RIVYA, 300, 9) == 10
    assert next_poll(RIVYA, 4000, 9) == 60
    assert next_poll(RIVYA, 90000, 9) == 600


@given(st.floats(0, 1e7), st.integers(1, 10**6), st.floats(1, 1000))
def test_no_poll_is_faster_than_the_published_rhythm(age: float, polls: int, usual: float) -> None:
    assert next_poll(RIVYA, age, polls, Estimate(least=1, most=usual)) >= RIVYA.least


def test_back_off_doubles_up_to_a_minute_and_ends_with_an_answer() -> None:
    clock = Hand()
    pulse = Pulse(clock, 30, 4)
    waits = [pulse.failed(trouble(FailureKind.NETWORK)) for _ in range(8)]
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == LONGEST_WAIT
    assert not pulse.ready() and not pulse.reachable
    pulse.answered()
    assert pulse.ready() and pulse.reachable


def test_retry_after_holds_every_call_of_the_account() -> None:
    clock = Hand()
    pulse = Pulse(clock, 30, 4)
    assert pulse.failed(trouble(FailureKind.RATE, Sent.REFUSED, retry_after=17)) == 17
    clock.moment += 16
    assert not pulse.ready()
    clock.moment += 1
    assert pulse.ready()
    assert pulse.failed(trouble(FailureKind.RATE, Sent.REFUSED, retry_after=0.0)) == 2, "at once is no wish"


def test_an_ambiguous_answer_does_not_mean_offline() -> None:
    pulse = Pulse(Hand(), 30, 4)
    pulse.failed(trouble(FailureKind.SERVER, Sent.AMBIGUOUS))
    assert pulse.reachable


def test_a_rejected_key_waits_ever_longer_and_a_reset_ends_it() -> None:
    pulse = Pulse(Hand(), 30, 4)
    waits = [pulse.failed(trouble(FailureKind.KEY, Sent.REFUSED)) for _ in range(8)]
    assert waits[:3] == [KEY_FIRST, 2 * KEY_FIRST, 4 * KEY_FIRST] and waits[-1] == KEY_WAIT
    assert pulse.key_rejected and not pulse.ready()
    pulse.reset()
    assert pulse.ready() and not pulse.key_rejected


def test_what_a_key_may_not_do_holds_no_other_call() -> None:
    pulse = Pulse(Hand(), 30, 4)
    failure = Failure(kind=FailureKind.KEY, code="key_scope", http_status=403)
    assert pulse.failed(ProviderError(failure, Sent.REFUSED)) == KEY_FIRST
    assert pulse.key_rejected and pulse.ready()


@pytest.mark.parametrize(
    "kind", [FailureKind.REFUSED, FailureKind.CREDITS, FailureKind.NOT_FOUND, FailureKind.CONFLICT]
)
def test_what_is_wrong_with_one_request_holds_no_other_call(kind: FailureKind) -> None:
    pulse = Pulse(Hand(), 30, 4)
    assert pulse.failed(trouble(kind, Sent.REFUSED)) == 0.0
    assert pulse.ready() and pulse.reachable


def test_the_limit_per_minute_is_kept() -> None:
    clock = Hand()
    pulse = Pulse(clock, 3, 4)
    for _ in range(3):
        assert pulse.ready()
        pulse.count()
    assert not pulse.ready()
    assert pulse.ready_at() == clock.moment + 60
    clock.moment += 60
    assert pulse.ready()


async def test_the_alarm_keeps_no_timer_for_each_wait() -> None:
    loop = asyncio.get_running_loop()
    made: list[float] = []
    real = loop.call_later

    def counted(delay: float, *args: object) -> asyncio.TimerHandle:
        made.append(delay)
        return real(delay, *args)  # type: ignore[arg-type]

    alarm = Alarm(Clock())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "call_later", counted)
        for _ in range(1000):
            alarm.ring()
            await alarm.wait_until(Clock().monotonic() + 20)
    assert len(made) == 1


async def test_the_alarm_fires_at_the_nearest_moment() -> None:
    clock = Clock()
    alarm = Alarm(clock)
    start = clock.monotonic()
    await alarm.wait_until(start + 0.05)
    assert 0.03 <= clock.monotonic() - start < 2


class Unknowing(Service):
    """Says of every task that it does not know it, or that it is under way."""

    def __init__(self, *, knows: bool) -> None:
        super().__init__(idempotent=True, video=b"")
        self.knows = knows
        self.polled = asyncio.Event()

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        self.polled.set()
        if self.knows:
            return RemoteTask(remote_id, RemoteStatus.PROCESSING, note=Note(code="task_no_state"))
        failure = Failure(kind=FailureKind.NOT_FOUND, code="not_found")
        raise ProviderError(failure, Sent.REFUSED)


async def test_a_task_that_is_unknown_is_asked_for_ever_later_before_it_is_set_aside(tmp_path: Path) -> None:
    service = Unknowing(knows=False)
    async with Bench(tmp_path, pace=0.004, services={"rivya": service}) as bench:
        said: list[str] = []
        bench.engine.job_changed.connect(lambda job: said.append(job.failure.code if job.failure else ""))
        [job] = await bench.submit("simulator-rivya")
        await bench.until_quiet()
        ended = bench.job(job)
        assert ended.state is State.FAILED and said.count("not_found") > 1, "said before it is given up"
        # Five seconds doubled four times, at this pace; without that a fifth of it.
        assert (ended.finished_at or 0) - (ended.accepted_at or 0) > 0.5


async def test_a_clock_that_is_set_on_by_days_slows_no_job_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Unknowing(knows=True)
    async with Bench(tmp_path, pace=1.0, services={"rivya": service}) as bench:
        [job] = await bench.submit("simulator-rivya")
        await bench.until(lambda: bench.job(job).state is State.QUEUED)
        bench.engine._polling.watch(bench.job(job), at_once=True)
        await service.polled.wait()
        clock = bench.engine._works.clock
        real = clock.now
        for days in (3, -3):
            monkeypatch.setattr(clock, "now", lambda days=days: real() + days * 86_400)
            assert bench.engine._polling._pause(bench.job(job)) < 20
            assert bench.engine._submission.lost_answer(bench.job(job).having(submitted_at=real() + 5)) is False
        monkeypatch.setattr(clock, "now", lambda: real() - 60)
        assert bench.engine._submission.lost_answer(bench.job(job)), "set back by a minute, the key is still known"


async def test_a_clock_that_is_set_back_by_a_day_makes_no_job_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service(idempotent=True, video=b"", moods=deque([Mood.SLOW_DOWN]))
    async with Bench(tmp_path, pace=0.1, services={"rivya": service}) as bench:
        [job] = await bench.submit("simulator-rivya")
        await bench.until(lambda: bench.job(job).failure is not None)
        scheduler = bench.engine._scheduler
        if job.id in scheduler._steps:
            await asyncio.wait({scheduler._steps[job.id]})
        scheduler._start_what_is_due()  # It has seen how long the job is to wait.
        clock = bench.engine._works.clock
        real = clock.now
        monkeypatch.setattr(clock, "now", lambda: real() - 86_400)
        await bench.until(lambda: bool(bench.job(job).remote_id), 10)
