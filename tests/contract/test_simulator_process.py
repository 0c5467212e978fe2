"""The simulator as a process: nothing it took is lost by a kill, and it ends when it should."""

from __future__ import annotations

import json
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sora_desktop.media.probe import check
from support.simulator import GLOBALAIOPC_HEADERS, RIVYA_HEADERS, SimulatorProcess, closed_port, wait_for

COMMAND = [sys.executable, "-m", "sora_desktop.simulator"]


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No fork: it is the process that is tested."""
    own = [sys.executable, "-W", "error", *COMMAND[1:]]
    monkeypatch.setattr(SimulatorProcess, "command", staticmethod(lambda *options: [*own, *options]))


def test_a_kill_loses_nothing(tmp_path: Path, http: httpx.Client) -> None:
    with SimulatorProcess(tmp_path, light=False) as simulator:
        generations = f"{simulator.rivya}/api/v1/generations"
        body = {"model": "sora-2", "prompt": "killed while it renders"}
        headers = RIVYA_HEADERS | {"Idempotency-Key": secrets.token_hex(8)}
        image = {"file": b"\x89PNG\r\n\x1a\n0000"}
        form = {"kind": "image"}
        file = http.post(f"{simulator.rivya}/api/v1/files", files=image, data=form, headers=RIVYA_HEADERS).json()
        task = http.post(generations, json=body, headers=headers).json()
        simulator.advance(500)
        simulator.kill()
        simulator.restart()
        assert http.post(generations, json=body, headers=headers).json()["id"] == task["id"]
        assert simulator.billed(body["prompt"]) == 1
        assert http.get(file["url"]).content == image["file"]
        credits = http.get(f"{simulator.rivya}/api/v1/credits", headers=RIVYA_HEADERS).json()
        assert credits == {"current_credits": 1240 - 6}
        # The clock went on, so the task is only waiting for its clip, which is begun again.
        poll = f"{generations}/{task['id']}"
        wait_for(lambda: http.get(poll, headers=RIVYA_HEADERS).json()["status"] == "succeeded")
        url = http.get(poll, headers=RIVYA_HEADERS).json()["result"]["primary_url"]
        whole = http.get(url).content
        simulator.kill()
        simulator.restart()
        # The link, too, is still good.
        assert http.get(url).content == whole
        clip = tmp_path / "clip.mp4"
        clip.write_bytes(whole)
        check(clip, 10)
        assert [leftover.name for leftover in (tmp_path / "media").iterdir() if leftover.suffix == ".part"] == []
        assert len(simulator.requests(call="create")) == 2


def test_a_kill_in_the_middle_of_an_answer_bills_once(tmp_path: Path, http: httpx.Client) -> None:
    with SimulatorProcess(tmp_path) as simulator:
        simulator.fault("timeout", "create", "globalaiopc")
        url, prompt = f"{simulator.globalaiopc}/v1/sora/videos", secrets.token_hex(8)
        with pytest.raises(httpx.ReadTimeout):
            http.post(
                url,
                json={"model": "openAiSora2Plus", "prompt": prompt},
                headers=GLOBALAIOPC_HEADERS,
                timeout=httpx.Timeout(10, read=0.3),
            )
        simulator.kill()
        simulator.restart()
        assert simulator.billed(prompt) == 1


def test_it_ends_with_its_standard_input_even_while_calls_hang(tmp_path: Path, http: httpx.Client) -> None:
    simulator = SimulatorProcess(tmp_path)
    simulator.fault("timeout", "credits")
    with socket.create_connection(("127.0.0.1", simulator.port)) as hanging:
        hanging.sendall(
            b"GET /rivya/api/v1/credits HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rvya_sk_test_x\r\n\r\n"
        )
        wait_for(lambda: bool(simulator.requests(call="credits")))
        simulator.end_input()
        assert simulator.process.wait(3) == 0
    assert simulator.close() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    simulator = SimulatorProcess(tmp_path)
    simulator.process.send_signal(number)
    assert simulator.process.wait(5) == 0
    assert simulator.close() == ""


def test_the_ready_line(tmp_path: Path) -> None:
    with closed_port() as port:
        pass
    with SimulatorProcess(tmp_path, port=port) as simulator:
        assert simulator.port == port
        assert simulator.rivya == f"http://127.0.0.1:{port}/rivya"
        assert simulator.globalaiopc == f"http://127.0.0.1:{port}/globalaiopc"
        assert simulator.media != f"http://127.0.0.1:{port}"


def test_a_port_or_folder_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path) as simulator:
        options = ["--port", str(simulator.port), "--state", str(tmp_path / "other")]
        taken = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False)
        assert taken.returncode == 2
        assert f"port {simulator.port}" in taken.stderr
        assert "Traceback" not in taken.stderr


@pytest.mark.parametrize("option", [["--pace", "-1"], ["--pace", "nan"], ["--port", "70000"]])
def test_options_that_make_no_sense(option: list[str]) -> None:
    done = subprocess.run([*COMMAND, *option], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2


def test_keys_are_not_kept(tmp_path: Path, http: httpx.Client) -> None:
    canary = "rvya_sk_test_canary_5f1e"
    with SimulatorProcess(tmp_path, record=False) as simulator:
        headers = {"Authorization": f"Bearer {canary}"}
        answer = http.post(
            f"{simulator.rivya}/api/v1/generations", json={"model": "sora-2", "prompt": "x"}, headers=headers
        )
        assert answer.is_success
        assert canary in json.dumps(simulator.requests())
        for file in tmp_path.rglob("*"):
            if file.is_file():
                assert canary.encode() not in file.read_bytes(), file.name
    assert (tmp_path / "media").stat().st_mode & 0o777 == 0o700
