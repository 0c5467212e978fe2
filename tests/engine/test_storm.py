"""A short storm; `make storm` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.storm import storm


@pytest.mark.timeout(240)
@pytest.mark.parametrize("dialect", ["rivya", "globalaiopc"])
def test_killed_ten_times_nothing_is_lost_and_nothing_paid_twice(dialect: str, tmp_path: Path) -> None:
    outcome = storm(tmp_path, dialect, jobs=8, kills=10, seed=7)
    assert outcome.kills >= 10
    assert outcome.done + outcome.uncertain == outcome.jobs
    assert outcome.billed >= outcome.done > 0
    assert not outcome.problems, outcome
