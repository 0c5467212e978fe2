"""PySide6 6.12.0 on Python below 3.12 drops a reference to None at each call that returns nothing, until it aborts."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


def test_calls_that_return_nothing_cost_no_reference_to_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for number in range(50_000):
        label.setText("ab"[number % 2])
    after = sys.getrefcount(None)
    # From 3.12 on None is immortal and its count never moves.
    assert abs(after - before) < 500
