"""A real LiteLLM proxy as a process of the tests' own, in front of a server that speaks `/v1/videos`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx

from support.simulator import closed_port, loopback_client

START_SECONDS = 120
# Looking through what is imported costs as much as a third of the import.
START = "import gc; gc.disable(); from litellm.proxy.proxy_cli import run_server; run_server()"
GATEWAY_KEY = "sk-gateway-master"
GATEWAY_HEADERS = {"Authorization": f"Bearer {GATEWAY_KEY}"}
GATEWAY_MODEL = "studio-video"
"""What the gateway calls the model behind it."""


class Gateway:
    """Starts on construction and is a context manager; `base` is the address of an account.

    `num_retries` is 0 because a gateway that asks again may buy twice: LiteLLM's own number is 2. The proxies of its
    environment lead nowhere, so that it reaches this machine and nothing else.
    """

    def __init__(self, folder: Path, server: str, key: str, model: str) -> None:
        self._log = folder / "gateway.log"
        config = folder / "gateway.yaml"
        # JSON is YAML.
        config.write_text(json.dumps(_config(server, key, model)))
        with closed_port() as port:
            self.base = f"http://127.0.0.1:{port}"
        self._held = contextlib.ExitStack()
        environment = _environment(folder, self._held.enter_context(closed_port()))
        command = [sys.executable, "-c", START, "--config", str(config)]
        options = ["--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._await_ready()
        except BaseException:
            self.close()
            raise

    def _await_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        with loopback_client() as http:
            while True:
                try:
                    if http.get(f"{self.base}/health/readiness").is_success:
                        return
                except httpx.TransportError:
                    pass
                running = self._process.poll() is None and time.monotonic() < until
                assert running, f"the gateway did not start: {self._log.read_text(errors='replace')[-3000:]}"
                time.sleep(0.1)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._held.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _config(server: str, key: str, model: str) -> dict[str, object]:
    params = {"model": f"openai/{model}", "api_base": f"{server}/v1", "api_key": key}
    return {
        "model_list": [{"model_name": GATEWAY_MODEL, "litellm_params": params}],
        "general_settings": {"master_key": GATEWAY_KEY},
        "router_settings": {"num_retries": 0},
        "litellm_settings": {"num_retries": 0},
    }


def _environment(folder: Path, nowhere: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    proxy = f"http://127.0.0.1:{nowhere}"
    own = {
        "HTTP_PROXY": proxy,
        "HTTPS_PROXY": proxy,
        "NO_PROXY": "127.0.0.1",
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "DISABLE_ADMIN_UI": "True",
    }
    return kept | own
