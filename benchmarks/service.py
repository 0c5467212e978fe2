"""The counterpart of the storm and of the soak: the simulator as a process of its own, which keeps the books."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil

KEYS = {"rivya": "rvya_sk_test_storm", "globalaiopc": "sk-storm"}
MODELS = {"rivya": "sora-2", "globalaiopc": "openAiSora2Plus"}


class Service:
    """Starts on construction, with small clips and keys that never run out of credits. `pace` is as the engine's.

    `behind`: it takes the processor only when nobody else wants it. A real service is on another machine.
    """

    def __init__(self, state: Path, pace: float, *, behind: bool = False) -> None:
        command = [sys.executable, "-m", "sora_desktop.simulator", "--watch-stdin", "--light"]
        self.process = subprocess.Popen(
            [*command, "--state", str(state), "--pace", str(pace), "--port", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if behind:
            psutil.Process(self.process.pid).nice(19 if psutil.POSIX else psutil.IDLE_PRIORITY_CLASS)
        assert self.process.stdout is not None
        told = json.loads(self.process.stdout.readline())
        self.addresses = {name: str(told[name]) for name in MODELS}
        self._control = f"http://127.0.0.1:{told['port']}/_sim"
        self._http = httpx.Client(trust_env=False, timeout=30)
        for name, key in KEYS.items():
            told = {"dialect": name, "key": key, "credits": 1_000_000}
            self._http.post(f"{self._control}/keys", json=told).raise_for_status()

    def bills(self) -> list[Any]:
        """Every task that was billed, in order. RuntimeError where somebody ended the simulator meanwhile."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the simulator is gone (code {self.process.returncode}): nothing was measured")
        entries = self._http.get(f"{self._control}/ledger").json()["entries"]
        return [entry for entry in entries if entry["kind"] == "bill"]

    def close(self) -> None:
        """Ends it, and waits for its end."""
        self._http.close()
        self.process.communicate()
