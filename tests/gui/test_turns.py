"""The turns of Qt's loop: a long one ends before what can wait for the next, and nothing waits for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

import pytest
from PySide6.QtCore import QObject, QTimer

from sora_desktop.ui import calls
from sora_desktop.ui import turns as turns_module
from sora_desktop.ui.turns import LONG, OwnTurn, turns
from support.loops import Run


def work(seconds: float) -> None:
    """Has the processor for so long."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.fixture
def painter(qtbot) -> Iterator[Painter]:
    painter = Painter()
    yield painter
    painter.timer.stop()


class Painter(QObject):
    """Keeps every turn long, as paintings do, and counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.timer = QTimer(self)
        self.timer.timeout.connect(self._on_turn)
        self.timer.start(0)

    def _on_turn(self) -> None:
        self.turns += 1
        work(LONG * 1.5)


class Long:
    """Turns that are all long; `asked` says how often somebody wanted to know."""

    asked: ClassVar[list[str]] = []

    @property
    def long(self) -> bool:
        self.asked.append("asked")
        return True


def test_a_turn_is_as_long_as_what_was_done_in_it(qtbot) -> None:
    seen: list[tuple[float, bool]] = []

    def first() -> None:
        before = turns().spent()
        work(0.2)
        seen.append((turns().spent() - before, turns().long))
        QTimer.singleShot(20, second)

    def second() -> None:
        seen.append((turns().spent(), turns().long))

    QTimer.singleShot(0, first)
    qtbot.waitUntil(lambda: len(seen) == 2)
    assert seen[0] == (pytest.approx(0.2, abs=0.1), True)
    # Much less: this turn began after the waiting.
    assert seen[1][0] < 0.1


def test_what_wants_a_turn_of_its_own_stands_back_once(qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Long, "asked", [])
    monkeypatch.setattr(turns_module, "turns", Long)
    happened, parent = Long.asked, QObject()
    own = OwnTurn(lambda: happened.append("called"), parent)
    for _ in range(2):
        happened.clear()
        own.start()
        qtbot.waitUntil(lambda: "called" in happened)
        assert happened == ["asked", "called"]


def test_what_wants_a_turn_of_its_own_has_it_also_where_every_turn_is_long(qtbot, painter: Painter) -> None:
    called: list[int] = []
    own = OwnTurn(lambda: called.append(painter.turns), painter)
    for _ in range(3):
        before = painter.turns
        own.start()
        qtbot.waitUntil(lambda: len(called) > 0)
        assert called.pop() - before <= 4


def test_calls_are_made_also_where_every_turn_is_long(run: Run, painter: Painter) -> None:
    seen: list[int] = []
    for number in range(20):
        run.loop.call_soon(seen.append, number)
    run.until(lambda: len(seen) == 20, timeout=5)
    assert seen == list(range(20))


def test_calls_stand_back_once_for_a_long_turn(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Long, "asked", [])
    monkeypatch.setattr(calls, "turns", Long)
    run.loop.call_soon(Long.asked.append, "called")
    run.until(lambda: "called" in Long.asked)
    assert Long.asked[:2] == ["asked", "called"]
