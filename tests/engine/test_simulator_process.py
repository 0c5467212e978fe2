"""The built-in simulator as our child: there when it is needed, again when it died, gone when we are."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from sora_desktop.core.errors import UserError
from sora_desktop.engine import simulator_process
from sora_desktop.engine.simulator_process import SimulatorProcess
from sora_desktop.storage.paths import Paths


@pytest.fixture
def warm_simulators() -> None:
    """Not here: it is the process that is tested."""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.at(tmp_path / "data")


@pytest.fixture
async def simulator(paths: Paths) -> AsyncIterator[SimulatorProcess]:
    simulator = SimulatorProcess(paths, 0.01)
    yield simulator
    await simulator.close()


def answers(url: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=2):
            return True
    except OSError:
        return False


async def test_it_starts_once_when_it_is_needed_and_ends_with_us(paths: Paths, simulator: SimulatorProcess) -> None:
    assert simulator.pid is None
    first, second = await asyncio.gather(simulator.base_urls(), simulator.base_urls())
    assert first == second and {"rivya", "globalaiopc"} <= first.keys()
    assert all(answers(url) for url in first.values())
    pid = simulator.pid
    assert pid and await simulator.base_urls() == first and simulator.pid == pid
    assert {file.stat().st_mode & 0o777 for file in (paths.logs / "simulator.log",)} == {0o600}
    await simulator.close()
    assert simulator.pid is None and not psutil.pid_exists(pid) and not answers(first["rivya"])


async def test_a_dead_one_is_replaced_at_the_same_address(simulator: SimulatorProcess) -> None:
    before = await simulator.base_urls()
    pid = simulator.pid
    assert pid
    os.kill(pid, signal.SIGKILL)
    psutil.Process(pid).wait(10)
    assert await simulator.base_urls() == before
    assert simulator.pid not in {None, pid} and answers(before["rivya"])


async def test_a_port_that_was_taken_meanwhile_is_left(simulator: SimulatorProcess) -> None:
    before = await simulator.base_urls()
    await simulator.close()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", urlsplit(before["rivya"]).port or 0))
        other.listen()
        after = await simulator.base_urls()
    assert after != before and answers(after["rivya"])


async def test_why_it_does_not_start_is_said(
    paths: Paths, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.simulator.rmdir()
    paths.simulator.touch()
    with pytest.raises(UserError) as caught:
        await simulator.base_urls()
    assert caught.value.code == "simulator_failed" and "cannot start" in caught.value.words["reason"]
    assert simulator.pid is None
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    with pytest.raises(UserError) as caught:
        await simulator.base_urls()
    assert caught.value.code == "simulator_failed" and "/no/such/program" in caught.value.words["reason"]


@pytest.mark.parametrize("line", ["", "[]", '{"port": 0}', '{"port": 80, "rivya": "http://evil.example/rivya"}', "{"])
def test_only_an_address_on_this_machine_is_taken(line: str) -> None:
    with pytest.raises(ValueError):
        simulator_process._understood(line)


async def test_a_start_that_is_cancelled_leaves_no_child(
    simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[subprocess.Popen[bytes]] = []
    started = asyncio.Event()
    real = subprocess.Popen

    def popen(*args: object, **more: object) -> subprocess.Popen[bytes]:
        made.append(real(*args, **more))  # type: ignore[call-overload]
        started.set()
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    asking = asyncio.create_task(simulator.base_urls())
    await started.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert made[0].returncode is not None and simulator.pid is None


async def test_another_process_uses_the_running_one(paths: Paths, simulator: SimulatorProcess) -> None:
    urls = await simulator.base_urls()
    guest = SimulatorProcess(paths, 0.01, owner=False)
    assert await guest.base_urls() == urls and guest.pid is None
    await simulator.close()
    assert await guest.base_urls() and guest.pid, "nobody else runs one: so it does"
    await guest.close()


async def test_our_key_is_not_handed_on(simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_DESKTOP_KEY", "a canary of a key")
    await simulator.base_urls()
    assert simulator.pid and "SORA_DESKTOP_KEY" not in psutil.Process(simulator.pid).environ()


PARENT = """
import asyncio, json, sys, time
from pathlib import Path
from sora_desktop.engine.simulator_process import SimulatorProcess
from sora_desktop.storage.paths import Paths

async def main():
    simulator = SimulatorProcess(Paths.at(Path(sys.argv[1])), 0.01)
    await simulator.base_urls()
    print(json.dumps(simulator.pid), flush=True)
    time.sleep(60)

asyncio.run(main())
"""


def test_it_ends_when_we_are_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(json.loads(parent.stdout.readline()))
        parent.kill()
    started = time.monotonic()
    child.wait(10)
    assert time.monotonic() - started < 10
