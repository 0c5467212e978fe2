"""Threads that are used again: nothing is lost or made to wait, and they end when there is nothing to do."""

from __future__ import annotations

import threading
import time
import weakref

import pytest

from sora_desktop.providers import threads
from sora_desktop.providers.threads import SPARE, Spares, in_thread


@pytest.fixture
def spares(monkeypatch: pytest.MonkeyPatch) -> Spares:
    monkeypatch.setattr(threads, "IDLE", 0.05)
    return Spares()


def wait_until(condition, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_the_next_work_takes_the_thread_that_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE", 10.0)
    spares, seen = Spares(), list[tuple[int, str]]()
    for number in range(5):
        spares.run(lambda: seen.append((threading.get_ident(), threading.current_thread().name)), f"work {number}")
        wait_until(lambda number=number: len(seen) == number + 1 and spares._idle == 1)
    assert len({ident for ident, _name in seen}) == 1
    assert [name for _ident, name in seen] == [f"work {number}" for number in range(5)]
    monkeypatch.setattr(threads, "IDLE", 0.01)
    spares.run(lambda: None, "last")
    wait_until(lambda: spares._idle == 0)


def test_work_that_hangs_holds_no_other_up(spares: Spares) -> None:
    hang, done = threading.Event(), list[int]()
    spares.run(hang.wait, "hangs")
    for number in range(3):
        spares.run(lambda number=number: done.append(number), "works")
    wait_until(lambda: len(done) == 3)
    assert any(thread.name == "hangs" for thread in threading.enumerate())
    hang.set()


def test_nothing_is_lost_where_threads_end_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "IDLE", 0.0005)
    spares, lock, done = Spares(), threading.Lock(), 0

    def work() -> None:
        nonlocal done
        with lock:
            done += 1

    for number in range(600):
        spares.run(work, "works")
        if number % 3 == 0:
            time.sleep(0.0006)
    wait_until(lambda: done == 600)
    wait_until(lambda: spares._idle == 0)


def test_what_was_worked_on_is_let_go_of(spares: Spares) -> None:
    class Thing:
        pass

    thing = Thing()
    gone, began = weakref.ref(thing), threading.Event()

    def work(held: Thing = thing) -> None:
        assert held
        began.set()

    spares.run(work, "works")
    began.wait(10)
    del thing, work
    wait_until(lambda: gone() is None)


def test_threads_end_when_there_is_nothing_to_do(spares: Spares) -> None:
    idents: list[int] = []
    spares.run(lambda: idents.append(threading.get_ident()), "works")
    wait_until(lambda: bool(idents))
    wait_until(lambda: idents[0] not in {thread.ident for thread in threading.enumerate()})
    assert spares._idle == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_work_that_raises_costs_its_thread_only(spares: Spares) -> None:
    done: list[int] = []
    spares.run(lambda: 1 / 0, "raises")
    spares.run(lambda: done.append(1), "works")
    wait_until(lambda: done == [1])


async def test_an_answer_and_an_error_come_back() -> None:
    assert await in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)
    assert await in_thread(lambda: threading.current_thread().name) == "providers" != SPARE
