"""The simulator as a process of a test's own, and the calls that steer it."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from sora_desktop.simulator.keys import (
    SIMULATOR_GLOBALAIOPC_KEY,
    SIMULATOR_OPENAI_VIDEOS_KEY,
    SIMULATOR_RIVYA_KEY,
)
from support import warm

START_SECONDS = 30
RIVYA_HEADERS = {"Authorization": f"Bearer {SIMULATOR_RIVYA_KEY}"}
GLOBALAIOPC_HEADERS = {"Authorization": f"Bearer {SIMULATOR_GLOBALAIOPC_KEY}"}
OPENAI_VIDEOS_HEADERS = {"Authorization": f"Bearer {SIMULATOR_OPENAI_VIDEOS_KEY}"}


class SimulatorProcess:
    """Starts on construction; a context manager. Small clips and a record of every request unless told otherwise.

    `port` and `media_port` stay the same over a restart with the same state folder.
    """

    def __init__(
        self, state: Path, pace: float = 1.0, *, port: int = 0, light: bool = True, record: bool = True
    ) -> None:
        self.state = state
        self.pace = pace
        self._options = [*(["--light"] if light else []), *(["--record"] if record else [])]
        self._http = loopback_client()
        self.start(port)

    def start(self, port: int = 0) -> None:
        options = ["--state", str(self.state), "--pace", str(self.pace), "--port", str(port), *self._options]
        self.process = subprocess.Popen(
            self.command("--watch-stdin", *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self._finished()
            raise RuntimeError(f"the simulator did not start: {errors}")
        told = json.loads(line)
        self.port: int = told["port"]
        self.rivya: str = told["rivya"]
        self.globalaiopc: str = told["globalaiopc"]
        self.openai_videos: str = told["openai_videos"]
        self.media: str = told["media"]

    def close(self) -> str:
        """Ends it as the program does, by the end of its standard input; what it complained about."""
        self._http.close()
        code, errors = self._finished()
        assert code == 0, f"the simulator ended with {code}: {errors}"
        return errors

    def end_input(self) -> None:
        """Ends its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None

    def kill(self) -> None:
        """SIGKILL: nothing of it gets to tidy up."""
        self.process.kill()
        self._finished()

    def restart(self) -> None:
        """A new process on the same state, at the same ports."""
        self.start(self.port)

    def _finished(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=START_SECONDS)
        return self.process.returncode, errors.decode()

    def __enter__(self) -> SimulatorProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def command(*options: str) -> list[str]:
        return warm.simulate(*options)

    # Control.

    def control(self, method: str, path: str, json: Any = None, **more: Any) -> Any:
        """A call under /_sim; fails the test when it is refused."""
        answer = self._http.request(method, f"http://127.0.0.1:{self.port}/_sim{path}", json=json, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, fault: str, call: str = "*", dialect: str = "*", **more: Any) -> int:
        """Switches a fault on (once, unless `times` says otherwise); its number."""
        return self.control("POST", "/faults", {"fault": fault, "call": call, "dialect": dialect, **more})["id"]

    def hits(self, rule: int) -> int:
        """How many calls a fault has hit."""
        return next(found["hits"] for found in self.control("GET", "/faults") if found["id"] == rule)

    def clear(self) -> None:
        """No faults, no recorded requests, the usual manners."""
        self.control("DELETE", "/faults")
        self.control("DELETE", "/requests")
        self.control("DELETE", "/models")
        usual = {"models": "labelled", "wrap": False, "idempotency_seconds": 86_400, "openai_videos": "openai"}
        self.control("POST", "/manners", usual)

    def put_model(self, model_id: str, **changes: Any) -> None:
        """Adds a model of Rivya's, brings one back, or alters it; `extra` goes into its entry of the list as it is."""
        self.control("POST", f"/models/{model_id}", changes)

    def take_model(self, model_id: str) -> None:
        """Rivya no longer has it."""
        self.control("DELETE", f"/models/{model_id}")

    def be(self, preset: str = "openai", **manners: Any) -> None:
        """What kind of server answers at `openai_videos`: a preset, and where it differs from that."""
        self.control("POST", "/manners", {"openai_videos": {"preset": preset, **manners}})

    def ledger(self, dialect: str = "") -> Any:
        return self.control("GET", "/ledger", params={"dialect": dialect} if dialect else None)

    def billed(self, prompt: str) -> int:
        """How many tasks were billed for this prompt."""
        entries = self.ledger()["entries"]
        return sum(entry["kind"] == "bill" and entry["prompt"] == prompt for entry in entries)

    def task(self, task_id: str) -> Any:
        return self.control("GET", f"/tasks/{task_id}")

    def tasks(self) -> list[Any]:
        return self.control("GET", "/tasks")

    def requests(self, **columns: str) -> list[Any]:
        return self.control("GET", "/requests", params=columns)

    def advance(self, seconds: float) -> None:
        """Moves the simulated clock on."""
        self.control("POST", "/clock", {"advance": seconds})

    def end(self, task_id: str, outcome: str = "succeed", **more: Any) -> None:
        """Ends a task now; a success waits until its clip is rendered."""
        self.control("POST", f"/tasks/{task_id}", {"outcome": outcome, **more})
        if outcome != "stuck":
            wait_for(lambda: self.task(task_id)["status"] in {"succeeded", "failed"})

    def add_key(self, key: str, dialect: str = "rivya", **more: Any) -> dict[str, str]:
        """Enters a key; the headers that carry it."""
        self.control("POST", "/keys", {"dialect": dialect, "key": key, **more})
        return {"Authorization": f"Bearer {key}"}

    def host(self, data: bytes) -> str:
        """Puts a file on the media origin; its address."""
        return self.control("POST", "/host", content=data)["url"]


def loopback_client() -> httpx.Client:
    """A client for plain http on this machine: it loads no certificates, which takes a tenth of a second."""
    return httpx.Client(trust_env=False, timeout=30, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Asks until `condition` holds, and fails when it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port of loopback where nobody listens and nobody else can: connections are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
