"""What the heartbeat's measurement counts as the machine's own standstill."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from benchmarks.heartbeat import Gap
from benchmarks.machine import Machine


def test_the_same_moment_is_not_taken_off_twice() -> None:
    assert Gap(at=1, long=0.1, taken=0.03, busy=0, stood=0.08).held == pytest.approx(0.02)
    assert Gap(at=1, long=0.1, taken=0.03, busy=0.05, stood=0.08).held == pytest.approx(0.05)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's count is needed")
def test_a_processor_that_stood_still_is_told_from_the_others() -> None:
    machine = Machine()
    try:
        watched = list(machine._processes.items())
        end = time.monotonic() + 20
        while not all(path.exists() for _number, (_process, path) in watched) and time.monotonic() < end:
            time.sleep(0.01)
        number, (process, _path) = watched[0]
        process.send_signal(signal.SIGSTOP)
        begin = time.perf_counter()
        time.sleep(0.1)  # The standstill itself.
        stood = begin, time.perf_counter()
        process.send_signal(signal.SIGCONT)
        time.sleep(0.1)  # Time to wake and to note it.
    finally:
        machine.stop()
    assert machine._share(number, *stood) > 0.07
    assert all(machine._share(other, *stood) < 0.05 for other, _ in watched[1:])
    assert machine.share(*stood) == max(machine._share(each, *stood) for each, _ in watched)
