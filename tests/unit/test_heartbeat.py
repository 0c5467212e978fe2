"""What the heartbeat's measurement counts as the machine's own standstill."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.heartbeat import Gap
from benchmarks.machine import Machine


def test_the_same_moment_is_not_taken_off_twice() -> None:
    assert Gap(at=1, long=0.1, taken=0.03, busy=0, stood=0.08).held == pytest.approx(0.02)
    assert Gap(at=1, long=0.1, taken=0.03, busy=0.05, stood=0.08).held == pytest.approx(0.05)


def test_a_standstill_of_the_thread_s_own_processor_is_not_its_work() -> None:
    assert Gap(at=1, long=0.1, taken=0, busy=0.1, stood=0.08, stood_here=0.08).held == pytest.approx(0.02)
    # What the kernel did take off already is not taken off again.
    assert Gap(at=1, long=0.1, taken=0, busy=0.02, stood=0.08, stood_here=0.08).held == pytest.approx(0.02)
    # The thread slept while its processor stood, and worked after that; the other processor stood longer.
    assert Gap(at=1, long=0.2, taken=0, busy=0.1, stood=0.15, stood_here=0.1).held == pytest.approx(0.1)
    # Another processor stood still while this one worked.
    assert Gap(at=1, long=0.1, taken=0, busy=0.1, stood=0.08).held == pytest.approx(0.1)


only_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's count is needed")


@pytest.fixture
def machine() -> Iterator[Machine]:
    """All watchers are at work."""
    machine = Machine()
    end = time.monotonic() + 20
    while not all(path.exists() for _process, path in machine._processes.values()) and time.monotonic() < end:
        time.sleep(0.01)
    yield machine
    machine.stop()


@only_linux
def test_a_processor_that_works_does_not_stand_still(machine: Machine) -> None:
    everywhere, number = os.sched_getaffinity(0), min(machine._processes)
    os.sched_setaffinity(0, {number})
    try:
        busy = time.thread_time() + 0.3
        begin = time.perf_counter()
        while time.thread_time() < busy:
            pass
        end = time.perf_counter()
    finally:
        os.sched_setaffinity(0, everywhere)
    machine.stop()
    assert machine.stood_on(number, begin, end) < 0.1


@only_linux
def test_a_processor_that_stood_still_is_told_from_the_others(machine: Machine) -> None:
    watched = list(machine._processes.items())
    number, (process, _path) = watched[0]
    process.send_signal(signal.SIGSTOP)
    begin = time.perf_counter()
    time.sleep(0.1)  # The standstill itself.
    stood = begin, time.perf_counter()
    process.send_signal(signal.SIGCONT)
    time.sleep(0.1)  # Time to wake and to note it.
    machine.stop()
    assert machine.stood_on(number, *stood) > 0.07
    assert all(machine.stood_on(other, *stood) < 0.05 for other, _ in watched[1:])
    assert machine.share(*stood) == max(machine.stood_on(each, *stood) for each, _ in watched)
