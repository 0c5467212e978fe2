"""A server of the user's own on the command line; its key and headers go to it and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.commands import CommandLine
from support.simulator import SimulatorProcess

KEY = "sk-test-CANARYx7Qz91-of-the-key"
HEADER = "CANARYx7Qz91-of-the-header"
ADD = ("accounts", "add", "--provider", "openai_videos", "--name", "Cluster")


@pytest.mark.keyring
def test_the_key_and_the_headers_go_to_the_server_and_nowhere_else(
    sora: CommandLine, service: SimulatorProcess, home: Path, secret_service: str
) -> None:
    service.add_key(KEY, "openai_videos", credits=1000)
    service.be("openai", headers={"x-team": HEADER})
    url = f"{service.openai_videos}/v1/videos"
    secrets = f"{KEY}\n{HEADER}\n"
    added = sora.process(*ADD, "--base-url", url, "--header", "X-Team", stdin=secrets)
    assert added.code == 0, added.err
    probed = sora.process("accounts", "probe", "Cluster", "--json")
    [found] = probed.objects
    assert (found["models"], found["lists_tasks"], found["remixes"]) == (["sora-2", "sora-2-pro"], True, True)
    assert Path(found["file"]).stat().st_mode & 0o777 == 0o600
    plain = sora.process("accounts", "probe", "Cluster")
    assert plain.code == 0
    assert "lists its tasks, deletes, remixes" in plain.out

    # The server repeats the secrets in what it says; its answer to a create is lost, and its results are elsewhere.
    said = {"message": f"{KEY} and {HEADER} are tired"}
    service.fault("http_500", "list", "openai_videos", args=said)
    service.fault("http_500_after", "create", "openai_videos", args=said)
    service.fault("unavailable", "poll", "openai_videos", args=said)
    service.fault("fail_task", "create", "openai_videos", args=said, contains="second")
    run = ("generate", "--account", "Cluster", "--model", "sora-2", "--json", "--prompt")
    first, second = sora.process(*run, "first"), sora(*run, "second")
    jobs = sora.process("jobs", "--json")
    removed = sora.process("accounts", "remove", "Cluster")
    assert (first.code, second.code, removed.code) == (0, 1, 0), first.err + second.err
    assert service.billed("first") == 1, "a lost answer was bought again, or not found"
    path = Path(first.objects[0]["path"])
    assert path.read_bytes()[4:8] == b"ftyp"
    assert not Path(found["file"]).exists(), "the file outlived its account"

    for outcome in (added, probed, plain, first, second, jobs, removed):
        assert "CANARY" not in outcome.out + outcome.err
    for kept in (sora.data, home):
        files = [file for file in kept.rglob("*") if file.is_file() and "keyrings" not in str(file)]
        assert not [file for file in files if b"CANARY" in file.read_bytes()]
    carrying = 0
    for request in service.requests():
        if "CANARY" not in json.dumps(request):
            continue
        assert request["port"] == service.port, "a secret went to the host of a result"
        headers = dict(request["headers"])
        assert (headers.pop("authorization"), headers.pop("x-team")) == (f"Bearer {KEY}", HEADER)
        assert "CANARY" not in json.dumps({**request, "headers": headers})
        carrying += 1
    assert carrying >= 12
    downloads = service.requests(call="download")
    assert downloads
    assert not [one for one in downloads if {"authorization", "x-team"} & set(dict(one["headers"]))]


def test_a_server_without_a_key_and_one_that_is_none(sora: CommandLine, service: SimulatorProcess) -> None:
    service.be("vllm-omni")
    added = sora(*ADD, "--base-url", service.openai_videos, stdin="\n")
    assert (added.code, added.err) == (0, "")
    probed = sora("accounts", "probe", "Cluster")
    assert probed.code == 0, probed.err
    assert "Wan-AI/Wan2.2-T2V-A14B-Diffusers" in probed.out
    model = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
    made = sora("generate", "--account", "Cluster", "--model", model, "--prompt", "no key", "--json")
    assert made.code == 0, made.err
    no_server = sora("accounts", "probe", "simulator-rivya")
    assert no_server.code == 2
    assert "is no server of your own" in no_server.err
    other = sora(*ADD[:-1], "Elsewhere", "--base-url", f"{service.openai_videos}x", stdin="\n")
    assert other.code == 0
    none = sora("accounts", "probe", "Elsewhere")
    assert none.code == 1
    assert "speaks /v1/videos" in none.err


def test_a_bad_header_adds_nothing(sora: CommandLine) -> None:
    where = ("--base-url", "https://gpu.example")
    refused = sora(*ADD, *where, "--header", "X-Team", "--header", "Host", stdin="\nvalue\nvalue\n")
    assert refused.code == 2
    assert "“Host” cannot be an extra header" in refused.err
    assert "Cluster" not in sora("accounts", "list").out
