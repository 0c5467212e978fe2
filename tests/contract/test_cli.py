"""The command line as a person or a script uses it: a real simulator, real files.

What is about processes (keys, signals, terminals, imports, one beside another) runs as such; the rest in this one.
"""

import functools
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.media import probe
from sora_desktop.storage.lock import OwnerLock
from sora_desktop.storage.paths import Paths
from support.commands import COMMAND, CommandLine, Outcome, environment
from support.simulator import SimulatorProcess

RIVYA_KEY = "rvya_sk_test_canary-of-the-command-line"
GLOBALAIOPC_KEY = "sk-test-canary-of-the-command-line"
SHORT = ("--account", "simulator-globalaiopc", "--model", "openAiSora2Plus", "--param", "duration=4", "--prompt")
"""Makes the shortest clip there is."""


@pytest.fixture
def sora(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "data")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(tmp_path_factory.mktemp("services"), 0.01) as simulator:
        yield simulator


@pytest.fixture
def service(running: SimulatorProcess) -> SimulatorProcess:
    """The two services at a pace of their own, as a user's own accounts reach them."""
    running.clear()
    return running


def until(look: Callable[[], Any], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def add(sora: CommandLine, service: SimulatorProcess, provider: str, key: str) -> str:
    """Adds an account that is called as its provider."""
    url = service.rivya if provider == "rivya" else service.globalaiopc
    outcome = sora("accounts", "add", "--provider", provider, "--base-url", url, "--name", provider, key=key)
    assert outcome.code == 0, outcome.err
    return provider


@pytest.mark.parametrize(
    ("account", "model", "params", "shape", "seconds", "credits"),
    [
        ("simulator-rivya", "sora-2", ["aspect_ratio=portrait"], (180, 320), 10, 6.0),
        ("simulator-rivya", "sora-2-pro", ["n_frames=15", "size=high"], (448, 256), 15, 75.0),
        ("simulator-globalaiopc", "openAiSora2Pro", ["seconds=8", "aspect_ratio=9:16"], (180, 320), 8, None),
    ],
)
def test_every_model_generates_a_real_video(
    sora: CommandLine,
    account: str,
    model: str,
    params: list[str],
    shape: tuple[int, int],
    seconds: float,
    credits: float | None,
) -> None:
    job = generated(sora, sora, account, model, params)
    assert credits is None or job["credits"] == credits
    clip = probe.check(Path(job["path"]), seconds)
    assert (clip.width, clip.height) == shape and abs(clip.seconds - seconds) < 0.5


def test_a_process_of_its_own_generates_a_real_video_in_full_size(sora: CommandLine) -> None:
    full = functools.partial(sora.process, light=False)
    job = generated(sora, full, "simulator-globalaiopc", "openAiSora2Plus", ["duration=4", "size=1280x720"])
    clip = probe.check(Path(job["path"]), 4)
    assert (clip.width, clip.height, clip.fps) == (1280, 720, 30) and abs(clip.seconds - 4) < 0.5


def generated(
    sora: CommandLine, run: Callable[..., Outcome], account: str, model: str, params: list[str]
) -> dict[str, Any]:
    """The one job of a `generate` that went well."""
    options = [part for param in params for part in ("--param", param)]
    outcome = run("generate", "--account", account, "--model", model, "--prompt", "Đà Nẵng / 東京", "--json", *options)
    assert outcome.code == 0 and outcome.err == "", outcome.err
    (job,) = outcome.objects
    assert job["state"] == "done" and job["remote_id"] and job["error"] is None
    path = Path(job["path"])
    assert path.parent == sora.data / "videos" and "Đà Nẵng - 東京" in path.name
    assert not list(path.parent.glob("*.part*"))
    assert [each["id"] for each in sora.jobs()] == [job["id"]]
    return job


def test_several_clips_and_plain_output(sora: CommandLine) -> None:
    outcome = sora(
        *("generate", "--account", "built-in simulator (globalaiopc)", "--model", "Sora 2 Plus"),
        *("--prompt", "Three cats", "--param", "duration=4", "--count", "3"),
    )
    assert outcome.code == 0 and outcome.err == "", outcome.err
    paths = [Path(line) for line in outcome.out.splitlines()]
    assert len(set(paths)) == 3 and all(path.is_file() for path in paths)
    shown = sora("jobs")
    assert shown.code == 0 and shown.out.count("done") == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bogus"], "invalid choice"),
        (["generate"], "--account, --model, --prompt"),
        (["generate", "--account", "nobody", "--model", "sora-2", "--prompt", "p"], "no account “nobody”"),
        (["--account", "simulator-rivya", "--model", "sora-9", "--prompt", "p"], "no model “sora-9”"),
        (["--account", "simulator-rivya", "--model", "sora-2", "--prompt", " "], "Write a prompt"),
        (["--account", "simulator-rivya", "--model", "sora-2", "--prompt", "p" * 10_001], "1 characters too long"),
        (["--account", "simulator-rivya", "--model", "sora-2", "--prompt", "p", "--count", "0"], "from 1 to 100"),
        (["P", "--param", "n_frames=12"], "Duration: choose one of 10, 15."),
        (["P", "--param", "speed=2"], "no parameter “speed”"),
        (["P", "--param", "n_frames"], "“n_frames” is no parameter. Write it as KEY=VALUE."),
        (["P", "--param", "n_frames=10", "--param", "n_frames=15"], "n_frames is given twice"),
        (["G", "--param", "size=720x1280", "--param", "aspect_ratio=9:16"], "either size or aspect_ratio"),
        (["accounts", "test", "nobody"], "no account “nobody”"),
        (["accounts", "remove"], "Name the account"),
        (["accounts", "remove", "simulator-rivya"], "built in"),
        (["accounts", "add", "--provider", "nobody"], "no provider “nobody”"),
        (["accounts", "add", "--provider", "rivya", "--base-url", "http://example.com"], "unprotected"),
        (["models", "--account", "nobody"], "no account “nobody”"),
        (["simulate", "--port", "70000"], "0 to 65535"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(sora: CommandLine, arguments: list[str], words: str) -> None:
    short = {
        "P": ["--account", "simulator-rivya", "--model", "sora-2", "--prompt", "p"],
        "G": ["--account", "simulator-globalaiopc", "--model", "openAiSora2Pro", "--prompt", "p"],
    }
    arguments = [*short.get(arguments[0], arguments[:1]), *arguments[1:]]
    outcome = sora(*(["generate"] if arguments[0].startswith("--") else []), *arguments)
    assert outcome.code == 2 and outcome.out == ""
    assert words in outcome.err and len(outcome.err.strip().splitlines()) == 1, outcome.err
    assert sora.rows() == 0


def test_the_data_folder_may_stand_before_and_after_the_command(tmp_path: Path) -> None:
    for arguments in (["--data-dir", "D", "accounts", "list"], ["accounts", "list", "--data-dir", "D"]):
        folder = tmp_path / str(arguments.index("--data-dir"))
        command = [str(folder) if part == "D" else part for part in arguments]
        done = subprocess.run([*COMMAND, *command], env=environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and (folder / "sora.db").exists(), done.stderr


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


def test_accounts_are_added_tested_listed_and_removed(sora: CommandLine, service: SimulatorProcess) -> None:
    url = f"{service.rivya}/"
    outcome = sora(
        "accounts", "add", "--provider", "rivya", "--base-url", url, "--name", "Mine", stdin=f"{RIVYA_KEY}\n"
    )
    assert outcome.code == 0 and "The key was not kept" in outcome.err and "SORA_DESKTOP_KEY" in outcome.err
    account_id = outcome.out.split()[0]
    tested = sora("accounts", "test", "mine", key=RIVYA_KEY)
    assert tested.code == 0 and "credits left" in tested.out, tested.err
    tested = sora("accounts", "test", "--name", "Mine", key="rvya_sk_wrong-canary")
    assert tested.code == 1 and "does not accept this key" in tested.err
    tested = sora("accounts", "test", "Mine")
    assert tested.code == 2 and "no key" in tested.err and "SORA_DESKTOP_KEY" in tested.err
    assert sora("accounts", "test", "simulator-globalaiopc").code == 0
    listed = sora("accounts", "list")
    assert listed.code == 0 and account_id in listed.out and "no keyring" in listed.out
    (mine,) = [each for each in sora("accounts", "list", "--json").objects[0] if each["id"] == account_id]  # type: ignore[attr-defined]
    assert mine["name"] == "Mine" and mine["base_url"] == service.rivya and mine["key"] == "unavailable"
    assert sora("accounts", "remove", "Mine").code == 0
    assert account_id not in sora("accounts", "list").out


@pytest.mark.parametrize(("stdin", "words"), [("\n", "Paste the API key"), ("two words\n", "Character 4")])
def test_a_bad_key_adds_nothing(sora: CommandLine, stdin: str, words: str) -> None:
    outcome = sora("accounts", "add", "--provider", "rivya", stdin=stdin)
    assert outcome.code == 2 and words in outcome.err
    assert len(sora("accounts", "list", "--json").objects[0]) == 2


def test_no_key_is_written_anywhere(sora: CommandLine, service: SimulatorProcess) -> None:
    account = add(sora, service, "rivya", RIVYA_KEY)
    sora.process("accounts", "add", "--provider", "rivya", "--name", "Piped", stdin=f"{RIVYA_KEY}\n")
    service.fault("unauthorized", "create", args={"code": "api_key_invalid", "message": f"{RIVYA_KEY} is wrong"})
    outcome = sora.process(
        "generate", "--account", account, "--model", "sora-2", "--prompt", "p", "--json", key=RIVYA_KEY
    )
    assert outcome.code == 1 and RIVYA_KEY not in outcome.out + outcome.err
    for path in sora.files():
        assert RIVYA_KEY.encode() not in path.read_bytes(), path


def test_the_key_of_the_environment_goes_to_its_account_only(sora: CommandLine, service: SimulatorProcess) -> None:
    first, second = add(sora, service, "rivya", RIVYA_KEY), add(sora, service, "globalaiopc", GLOBALAIOPC_KEY)
    service.fault("stuck", "create", "rivya")
    arguments = ("generate", "--model", "sora-2", "--prompt", "Left alone", "--no-wait")
    assert sora(*arguments, "--account", first, key=RIVYA_KEY).code == 0
    # The engine also resumes the first account's job now: without a key, for this one belongs to the second.
    outcome = sora(
        *(
            "generate",
            "--account",
            second,
            "--model",
            "openAiSora2Plus",
            "--prompt",
            "Another",
            "--param",
            "duration=4",
        ),
        key=GLOBALAIOPC_KEY,
    )
    assert outcome.code == 0, outcome.err
    seen = [request for request in service.requests(dialect="rivya") if GLOBALAIOPC_KEY in str(request)]
    assert seen == [] and service.requests(dialect="globalaiopc")


@pytest.mark.keyring
def test_a_piped_key_is_kept_in_the_real_keyring(
    sora: CommandLine, service: SimulatorProcess, secret_service: str
) -> None:
    arguments = ("accounts", "add", "--provider", "rivya", "--base-url", service.rivya, "--name", "Kept")
    outcome = sora.process(*arguments, stdin=f"  {RIVYA_KEY}  \n")
    assert outcome.code == 0 and outcome.err == ""
    tested = sora.process("accounts", "test", "Kept")
    assert tested.code == 0, tested.err
    assert "kept" in sora("accounts", "list").out
    assert sora("accounts", "remove", "Kept").code == 0
    for path in sora.files():
        assert RIVYA_KEY.encode() not in path.read_bytes(), path


def test_models_as_a_table_and_as_json(sora: CommandLine) -> None:
    table = sora("models")
    assert table.code == 0 and "sora-2-pro" in table.out and "openAiSora2Plus" in table.out
    (models,) = list(sora("models", "--account", "simulator-rivya", "--json").objects)
    assert [model["id"] for model in models] == ["sora-2", "sora-2-pro"]  # type: ignore[index]
    assert models[0]["params"][0]["options"][0]["value"] == "10"  # type: ignore[index]


def test_models_of_the_live_list(sora: CommandLine, service: SimulatorProcess) -> None:
    added = sora("accounts", "add", "--provider", "rivya", "--base-url", service.rivya, "--name", "Live", stdin="")
    assert added.code == 0, added.err
    service.control("POST", "/manners", {"models": "odd"})
    service.put_model("ridge-motion-1", extra={"notices": ["Cheaper\x1b[31m on Sundays"]})
    fresh = sora("models", "--account", "Live", "--refresh")
    assert fresh.code == 0 and "ridge-motion-1" in fresh.out and "coming soon" in fresh.out, fresh.err
    assert "Live: Entry 2 of the list is null; it was left out." in fresh.err
    assert "Ridge Motion 1: Cheaper [31m on Sundays" in fresh.err and "\x1b" not in fresh.err
    service.clear()
    service.take_model("sora-2-pro")
    (models,) = list(sora("models", "--refresh", "--json").objects)
    states = {model["id"]: model["availability"] for model in models if model["provider"] == "rivya"}  # type: ignore[index]
    assert states["sora-2-pro"] == "gone" and states["studio-cut"] == "studio_only"
    service.fault("http_500", "models", "rivya", times=None)
    kept = sora("models", "--account", "Live", "--refresh")
    assert kept.code == 1 and "gone since 20" in kept.out and "The list of before is shown." in kept.err
    service.clear()


@pytest.mark.parametrize("display", [None, ":4242"])
def test_without_a_display_the_window_says_so(sora: CommandLine, display: str | None) -> None:
    variables = environment() | ({"DISPLAY": display} if display else {})
    done = subprocess.run(
        [*COMMAND, "--data-dir", str(sora.data)], env=variables, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and done.stdout == ""
    assert "display" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def run_with(sora: CommandLine, before: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a Python that was prepared by some lines."""
    code = f"import sys\n{before}\nfrom sora_desktop.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--data-dir", str(sora.data), *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)


def test_no_qt_is_needed(sora: CommandLine) -> None:
    without = "for name in ('PySide6', 'qasync', 'shiboken6'): sys.modules[name] = None"
    done = run_with(sora, without, "generate", *SHORT, "No Qt")
    assert done.returncode == 0 and Path(done.stdout.strip()).is_file(), done.stderr


def test_a_defect_is_one_sentence_and_a_log_without_keys(sora: CommandLine) -> None:
    defect = (
        "from sora_desktop.storage.jobs import JobStore\n"
        f"async def all(self): raise KeyError('Authorization: Bearer {RIVYA_KEY}')\n"
        "JobStore.all = all"
    )
    done = run_with(sora, defect, "jobs")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.strip().startswith("Something went wrong") and "Traceback" not in done.stderr
    log = (sora.data / "logs" / "command-line.log").read_text()
    assert "KeyError" in log and "Traceback" in log and RIVYA_KEY not in log
    if os.name == "posix":
        assert (sora.data / "logs" / "command-line.log").stat().st_mode & 0o777 == 0o600


def test_a_broken_database_is_said(sora: CommandLine) -> None:
    sora.data.mkdir()
    (sora.data / "sora.db").write_bytes(b"not a database" * 1000)
    outcome = sora("jobs")
    assert outcome.code == 1 and "database cannot be read" in outcome.err


def test_progress_is_shown_on_a_terminal_only(sora: CommandLine) -> None:
    parent, child = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "--data-dir", str(sora.data), "generate", *SHORT, "Seen"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=child,
    ) as process:
        os.close(child)
        shown = b""
        while process.poll() is None or select.select([parent], [], [], 0)[0]:
            if select.select([parent], [], [], 0.2)[0]:
                try:
                    shown += os.read(parent, 4096)
                except OSError:  # the other end is closed
                    break
        assert process.wait(60) == 0
    os.close(parent)
    assert b"1 waiting" in shown and b"\r\x1b[K" in shown and shown.endswith(b"\r\x1b[K")


def test_output_into_a_closed_pipe_is_no_error_message(sora: CommandLine) -> None:
    with subprocess.Popen(
        [*COMMAND, "--data-dir", str(sora.data), "models", "--json"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
