"""The turns of Qt's loop: a long one ends before what can wait for the next, and nothing waits for ever."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import QObject, QTimer

from sora_desktop.ui import calls
from sora_desktop.ui.turns import LONG, OwnTurn, turns
from support.loops import Run


def work(seconds: float) -> None:
    """Has the processor for so long."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


class Painter(QObject):
    """Keeps every turn long, as paintings do, and notes how long each had been when something was called in it."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._on_turn)
        self._timer.start(0)

    def _on_turn(self) -> None:
        self.turns += 1
        work(LONG * 1.5)

    def stop(self) -> None:
        self._timer.stop()


def test_a_turn_is_as_long_as_what_was_done_in_it(qtbot) -> None:
    seen: list[tuple[float, bool]] = []

    def first() -> None:
        before = turns().spent()
        work(LONG * 2)
        seen.append((turns().spent() - before, turns().long))
        QTimer.singleShot(20, second)

    def second() -> None:
        seen.append((turns().spent(), turns().long))

    QTimer.singleShot(0, first)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen[0][0] >= LONG * 2
    assert seen[0][1]
    assert not seen[1][1]


def test_what_wants_a_turn_of_its_own_has_it_also_where_every_turn_is_long(qtbot) -> None:
    called: list[int] = []
    painter = Painter()
    own = OwnTurn(lambda: called.append(painter.turns), painter)
    for _ in range(3):
        before = painter.turns
        own.start()
        qtbot.waitUntil(lambda: len(called) > 0)
        assert called.pop() - before <= 4
    painter.stop()


def test_calls_are_made_also_where_every_turn_is_long(run: Run) -> None:
    painter = Painter()
    seen: list[int] = []
    for number in range(20):
        run.loop.call_soon(seen.append, number)
    run.until(lambda: len(seen) == 20, timeout=5)
    painter.stop()
    assert seen == list(range(20))


def test_calls_stand_back_once_for_a_long_turn(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []

    class Long:
        @property
        def long(self) -> bool:
            happened.append("asked")
            return True

    monkeypatch.setattr(calls, "turns", Long)
    run.loop.call_soon(happened.append, "called")
    run.until(lambda: "called" in happened)
    assert happened[:2] == ["asked", "called"]
    with_turn = [happened[at : at + 2] for at, what in enumerate(happened[:-1]) if what == "asked"]
    assert ["asked", "asked"] not in with_turn
