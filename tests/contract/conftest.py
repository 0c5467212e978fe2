"""One simulator for all contract tests; each test finds it without faults and without recorded requests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from support.simulator import SimulatorProcess, loopback_client


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """At pace 1: tests move its clock instead of waiting."""
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"))
    yield simulator
    assert simulator.close() == ""


@pytest.fixture
def simulator(running_simulator: SimulatorProcess) -> SimulatorProcess:
    running_simulator.clear()
    return running_simulator


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with loopback_client() as client:
        yield client
