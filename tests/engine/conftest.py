"""What tests of the engine share: the services, at a pace that no test has to wait for, and the engine beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.bench import Bench
from support.simulator import SimulatorProcess

PACE = 0.01


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """Knows no keys; files that need the same ones in every test have a fixture of their own."""
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    yield simulator
    assert simulator.close() == ""


@pytest.fixture
def simulator(shared_simulator: SimulatorProcess) -> SimulatorProcess:
    shared_simulator.clear()
    return shared_simulator


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        yield bench
