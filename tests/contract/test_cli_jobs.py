"""Jobs of the command line that are refused, lost, left or interrupted: resumed, and never paid twice."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.media import probe
from sora_desktop.storage.lock import OwnerLock
from sora_desktop.storage.paths import Paths
from support.commands import GLOBALAIOPC_KEY, RIVYA_KEY, SHORT, CommandLine, add
from support.simulator import SimulatorProcess


def until(look: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_a_refusal_is_told_and_nothing_is_billed(sora: CommandLine, service: SimulatorProcess) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    service.fault("unauthorized", "create", args={"code": "api_key_revoked", "message": "<b>Renew</b>\x1b[31m"})
    arguments = ("--account", account, "--model", "sora-2", "--prompt", "A refused cat")
    outcome = sora("generate", *arguments, key=RIVYA_KEY)
    assert outcome.code == 1 and outcome.out == ""
    assert "key was revoked" in outcome.err and "<b>Renew</b>" in outcome.err and "\x1b" not in outcome.err
    service.fault("fail_task", "create", args={"code": "generation_failed", "message": "No such cat."})
    outcome = sora("generate", *arguments, "--json", key=RIVYA_KEY)
    (job,) = outcome.objects
    assert outcome.code == 1 and job["state"] == "failed" and job["path"] == "" and job["remote_id"]
    assert job["error"]["detail"] == "No such cat."
    assert service.billed("A refused cat") == 1


def test_a_lost_answer_without_idempotency_key_is_uncertain_and_never_sent_twice(
    sora: CommandLine, service: SimulatorProcess
) -> None:
    account = add(sora, service, "globalaiopc", GLOBALAIOPC_KEY)
    rule = service.fault("reset_after", "create", "globalaiopc")
    arguments = ("--account", account, "--model", "openAiSora2Plus", "--prompt", "A doubtful cat", "--json")
    outcome = sora("generate", *arguments, key=GLOBALAIOPC_KEY)
    (job,) = outcome.objects
    assert outcome.code == 3 and job["state"] == "uncertain" and job["error"]["billed"] == "maybe"
    again = sora("resume", "--json", key=GLOBALAIOPC_KEY)
    assert again.code == 3 and again.objects[0]["id"] == job["id"]
    assert service.hits(rule) == 1 and service.billed("A doubtful cat") == 1


def test_no_wait_returns_with_the_id_and_resume_brings_the_video(sora: CommandLine, service: SimulatorProcess) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    arguments = ("--account", account, "--model", "sora-2", "--prompt", "A patient cat", "--json")
    outcome = sora.process("generate", *arguments, "--no-wait", key=RIVYA_KEY)
    (job,) = outcome.objects
    assert outcome.code == 0 and job["remote_id"] and job["state"] in {"queued", "processing"}
    assert sora.jobs()[0]["remote_id"] == job["remote_id"]
    outcome = sora("resume", "--json", key=RIVYA_KEY)
    assert outcome.code == 0 and outcome.objects[0]["state"] == "done", outcome.err
    assert probe.check(Path(outcome.objects[0]["path"]))
    assert service.billed("A patient cat") == 1
    outcome = sora("resume")
    assert (outcome.code, outcome.out) == (0, "") and "nothing to resume" in outcome.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_generation_is_resumed_and_paid_once(
    sora: CommandLine, service: SimulatorProcess, number: signal.Signals
) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    prompt = f"A cat that survives {number.name}"
    service.fault("stuck", "create", "rivya")
    child = sora.start("generate", "--account", account, "--model", "sora-2", "--prompt", prompt, key=RIVYA_KEY)
    until(lambda: service.billed(prompt))
    until(lambda: any(job["remote_id"] for job in sora.jobs()))
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    assert out == ""
    if number != signal.SIGKILL:
        assert child.returncode == 130
        assert err.strip() == "Stopped watching. The jobs stay; go on with “sora-desktop resume”."
    service.end(sora.jobs()[0]["remote_id"])
    outcome = sora("resume", "--json", key=RIVYA_KEY)
    assert outcome.code == 0 and outcome.objects[0]["state"] == "done", outcome.err
    assert probe.check(Path(outcome.objects[0]["path"])) and service.billed(prompt) == 1


def test_a_second_process_hands_its_jobs_to_the_first_and_takes_over_when_that_dies(
    sora: CommandLine, service: SimulatorProcess
) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    service.fault("stuck", "create", "rivya", times=None, contains="A stuck cat")
    options = ("generate", "--account", account, "--model", "sora-2", "--json", "--prompt")
    owner = sora.start(*options, "A stuck cat", key=RIVYA_KEY)
    until(lambda: service.billed("A stuck cat"))
    # The owner serves a guest's job...
    guest = sora(*options, "A guest cat", key=RIVYA_KEY)
    assert guest.code == 0 and guest.objects[0]["state"] == "done" and "its own key" in guest.err
    handed = sora(*options, "A handed cat", "--no-wait", key=RIVYA_KEY)
    assert handed.code == 0 and handed.objects[0]["state"] == "waiting"
    # ... and a guest goes on alone when the owner is gone.
    heir = sora.start(*options, "A stuck cat, too", key=RIVYA_KEY)
    until(lambda: service.billed("A stuck cat, too"))
    owner.kill()
    owner.communicate(timeout=30)
    for task in service.tasks():
        if task["status"] not in {"succeeded", "failed"}:
            service.end(task["id"])
    out, err = heir.communicate(timeout=60)
    assert heir.returncode == 0 and '"done"' in out, err
    assert sora("resume", key=RIVYA_KEY).code == 0
    for prompt in ("A stuck cat", "A guest cat", "A handed cat", "A stuck cat, too"):
        assert service.billed(prompt) == 1, prompt


def test_a_job_that_is_deleted_meanwhile_is_no_success(sora: CommandLine) -> None:
    paths = Paths.at(sora.data)
    window = OwnerLock(paths)
    assert window.acquire()
    child = sora.start("generate", *SHORT, "Deleted", "--json")
    until(sora.rows)
    with closing(sqlite3.connect(paths.database)) as db:
        db.execute("DELETE FROM jobs")
        db.commit()
    out, err = child.communicate(timeout=30)
    window.release()
    assert child.returncode == 1 and out == "" and "1 of the jobs were deleted" in err


def test_a_job_that_only_a_person_can_help_is_not_waited_for(sora: CommandLine, service: SimulatorProcess) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    arguments = ("generate", "--account", account, "--model", "sora-2", "--prompt", "A locked out cat", "--json")
    service.fault("unauthorized", "poll", times=None, args={"code": "api_key_revoked", "message": "Gone."})
    outcome = sora(*arguments, key=RIVYA_KEY)
    (job,) = outcome.objects
    assert outcome.code == 1 and job["state"] in {"queued", "processing"} and job["error"]["code"] == "key_revoked"
    assert "not watched any longer" in outcome.err and "resume" in outcome.err
    service.clear()
    outcome = sora("resume", "--json", key=RIVYA_KEY)
    assert outcome.code == 0 and outcome.objects[0]["state"] == "done" and service.billed("A locked out cat") == 1
