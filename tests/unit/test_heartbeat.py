"""What the heartbeat's measurement counts as the machine's own standstill."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from benchmarks.heartbeat import Gap
from benchmarks.machine import Machine, common


def test_what_is_common_to_spans() -> None:
    assert common([(1, 3), (5, 9)], [(2, 6), (8, 8.5)]) == [(2, 3), (5, 6), (8, 8.5)]
    assert common([(1, 2)], []) == []


def test_the_same_moment_is_not_taken_off_twice() -> None:
    assert Gap(at=1, long=0.1, taken=0.03, busy=0, stood=0.08).held == pytest.approx(0.02)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's count is needed")
def test_only_a_standstill_of_every_processor_is_one_of_the_machine() -> None:
    machine = Machine()
    try:
        processes = [process for process, _path in machine._processes]
        end = time.monotonic() + 20
        while not all(path.exists() for _process, path in machine._processes) and time.monotonic() < end:
            time.sleep(0.01)
        spans: list[tuple[float, float]] = []
        for stopped in ([processes[0]], processes):
            for process in stopped:
                process.send_signal(signal.SIGSTOP)
            begin = time.perf_counter()
            time.sleep(0.1)  # The standstill itself.
            spans.append((begin, time.perf_counter()))
            for process in stopped:
                process.send_signal(signal.SIGCONT)
            time.sleep(0.1)  # Time to wake and to note it.
    finally:
        machine.stop()
    alone, together = (machine.share(*span) for span in spans)
    assert together > 0.07
    assert alone < 0.05 or len(processes) == 1
