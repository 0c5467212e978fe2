"""What the contract tests share.

The simulators, which each test finds without faults and requests, what calls them, and a network behind a proxy.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from support.commands import CommandLine
from support.network import Opener, nets, no_names_but_the_proxys
from support.openai_videos import Videos
from support.proxies import Authority
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


@pytest.fixture
def videos(simulator: SimulatorProcess, http: httpx.Client) -> Videos:
    return Videos(simulator, http)


@pytest.fixture
def sora(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "data")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(tmp_path_factory.mktemp("services"), 0.01) as simulator:
        yield simulator


@pytest.fixture
def service(running: SimulatorProcess) -> SimulatorProcess:
    """The services at a pace of their own, as a user's own accounts reach them."""
    running.clear()
    return running


@pytest.fixture
def only_the_proxy_knows_names(monkeypatch: pytest.MonkeyPatch) -> None:
    no_names_but_the_proxys(monkeypatch)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> str:
    path = tmp_path / "company-ca.pem"
    path.write_bytes("# Die Prüfstelle\n".encode() + authority.pem)
    return str(path)


@pytest.fixture
async def net(authority: Authority, ca_file: str) -> AsyncIterator[Opener]:
    """Opens servers behind a proxy, for tests that use `only_the_proxy_knows_names`."""
    async with nets(authority, ca_file) as opened:
        yield opened
