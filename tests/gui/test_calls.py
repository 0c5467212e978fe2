"""The keeper of asyncio's calls: their order and moments, cancelled ones, and the window's turn in between."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from PySide6.QtCore import QEventLoop, QTimer

from sora_desktop.ui.calls import FEW, SLICE
from support.loops import Run


def test_what_is_ready_is_called_in_its_order(run: Run) -> None:
    seen: list[int] = []
    for number in range(5):
        run.loop.call_soon(seen.append, number)
    run.until(lambda: len(seen) == 5)
    assert seen == [0, 1, 2, 3, 4]


def test_a_moment_is_never_early_and_sooner_ones_overtake(run: Run) -> None:
    seen: list[tuple[str, float]] = []
    begun = time.monotonic()

    def note(name: str) -> None:
        seen.append((name, time.monotonic() - begun))

    run.loop.call_later(0.060, note, "late")
    run.loop.call_later(0.020, note, "soon")
    run.loop.call_later(-1, note, "past")
    run.until(lambda: len(seen) == 3)
    assert [name for name, _at in seen] == ["past", "soon", "late"]
    assert seen[1][1] >= 0.020
    assert seen[2][1] >= 0.060


def test_a_cancelled_call_is_not_called(run: Run) -> None:
    seen: list[str] = []
    run.loop.call_later(0.01, seen.append, "cancelled").cancel()
    run.loop.call_soon(seen.append, "cancelled").cancel()
    run.loop.call_later(0.02, seen.append, "kept")
    run.until(lambda: seen)
    assert seen == ["kept"]


def test_cancelled_time_outs_do_not_pile_up(run: Run) -> None:
    async def call() -> None:
        async with asyncio.timeout(600):
            await asyncio.sleep(0)

    async def many() -> None:
        for _ in range(FEW * 20):
            await call()

    run(many())
    assert len(run.loop.calls) <= FEW * 2


def test_a_thousand_waits_are_one_timer_and_all_end(run: Run) -> None:
    async def waits() -> None:
        await asyncio.gather(*(asyncio.sleep(0.01 + number / 50_000) for number in range(1000)))

    run(waits())
    assert len(run.loop.calls) <= FEW


def test_a_crowd_of_calls_leaves_the_window_its_turn(run: Run) -> None:
    beats: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start(1)
    left = 100

    def busy() -> None:
        nonlocal left
        left -= 1
        until = time.thread_time() + SLICE / 4
        while time.thread_time() < until:
            pass

    for _ in range(left):
        run.loop.call_soon(busy)
    run.until(lambda: not left)
    timer.stop()
    # All in one go would be one beat; a turn for each slice is about twenty.
    assert len(beats) > 5


def test_a_call_that_raises_strands_no_other(run: Run, nothing_left_behind: list[str]) -> None:
    seen: list[str] = []

    def broken() -> None:
        raise ValueError("broken")

    run.loop.call_soon(broken)
    run.loop.call_soon(seen.append, "next")
    run.until(lambda: seen)
    assert any("broken" in complaint for complaint in nothing_left_behind)
    nothing_left_behind.clear()


def test_others_are_called_while_one_holds_a_loop_of_its_own(run: Run) -> None:
    seen: list[str] = []

    def nested() -> None:
        inner = QEventLoop()
        QTimer.singleShot(2000, inner.quit)
        run.loop.call_later(0.01, inner.quit)
        inner.exec()
        seen.append("nested")

    run.loop.call_soon(nested)
    run.loop.call_soon(seen.append, "meanwhile")
    run.until(lambda: "nested" in seen)
    assert seen == ["meanwhile", "nested"]


def test_calls_of_other_threads_are_made_on_the_windows(run: Run) -> None:
    seen: list[tuple[int, int]] = []

    def note(thread: int, number: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        seen.append((thread, number))

    def tell(thread: int) -> None:
        for number in range(200):
            run.loop.call_soon_threadsafe(note, thread, number)

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    run.until(lambda: len(seen) == 800)
    for thread in threads:
        thread.join()
    assert all([at for who, at in seen if who == thread] == list(range(200)) for thread in range(4))


def test_what_a_thread_says_wakes_a_loop_that_sleeps(run: Run) -> None:
    async def asked() -> int:
        return await asyncio.to_thread(lambda: time.sleep(0.05) or 7)

    begun = time.monotonic()
    assert run(asked()) == 7
    assert time.monotonic() - begun < 5


def test_who_still_works_for_a_closed_loop_is_not_heard(run: Run) -> None:
    calls = type(run.loop.calls)()
    heard: list[int] = []
    calls.stop()

    def tell() -> None:
        try:
            calls.soon_from_any_thread(asyncio.Handle(heard.append, (1,), run.loop))
        except RuntimeError:
            heard.append(3)

    thread = threading.Thread(target=tell)
    thread.start()
    thread.join()
    run.loop.call_soon(heard.append, 2)
    run.until(lambda: 2 in heard)
    assert heard == [3, 2]


def test_a_closed_loop_takes_no_more(run: Run) -> None:
    calls = type(run.loop.calls)()
    calls.stop()
    with pytest.raises(RuntimeError):
        calls.soon(asyncio.Handle(print, (), run.loop))
    assert len(calls) == 0
