"""Cycles are found on the window's thread, between two events."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
import shiboken6

from sora_desktop.ui import garbage
from sora_desktop.ui.garbage import Collector, collecting
from support.loops import Run


class Knot:
    """Holds itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.disable()
    gc.set_threshold(*before)


def test_a_cycle_of_another_thread_is_taken_apart_on_the_window_s(
    run: Run, thresholds: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.enable()
    gc.set_threshold(50, 1, 1)
    ended: list[threading.Thread] = []
    kept: list[weakref.finalize[[], Knot]] = []

    def make() -> None:
        for _ in range(200):
            knot = Knot()
            kept.append(weakref.finalize(knot, lambda: ended.append(threading.current_thread())))

    monkeypatch.setattr(garbage, "FIRST_MS", 5)
    with collecting():
        assert not gc.isenabled()
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        assert not ended
        run.until(lambda: len(ended) == 200)
    assert set(ended) == {threading.main_thread()}
    assert gc.isenabled()


def test_what_is_left_at_the_end_is_taken_apart_before_python_looks_by_itself(run: Run, thresholds: None) -> None:
    """A look while Qt takes the collector apart would wait for the lock that Qt holds just then."""
    gc.enable()
    seen: list[tuple[bool, bool]] = []
    with collecting() as collector:
        knot = Knot()
        weakref.finalize(knot, lambda: seen.append((gc.isenabled(), shiboken6.isValid(collector))))
        del knot
    assert seen == [(False, False)]
    assert gc.isenabled()


@pytest.mark.parametrize(("long", "aside"), [(0.0, True), (60.0, False)])
def test_what_a_long_look_found_alive_is_not_looked_at_again(
    thresholds: None, monkeypatch: pytest.MonkeyPatch, long: float, aside: bool
) -> None:
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))
    gc.disable()
    collector = Collector(long=long)
    try:
        gc.set_threshold(1, 1, 1)
        for _ in range(20):
            things = [Knot() for _ in range(10)]
            collector.look()
            del things
    finally:
        shiboken6.delete(collector)
    assert bool(frozen) is aside
