"""The command line as a person or a script uses it: clips, mistakes, models, and what it writes where."""

from __future__ import annotations

import functools
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.cli import parse
from sora_desktop.media import probe
from support.commands import COMMAND, RIVYA_KEY, SHORT, CommandLine, Outcome, environment
from support.simulator import SimulatorProcess


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


def test_text_that_is_no_text_is_made_storable() -> None:
    typed = parse(["generate", "--account", "a", "--model", "m", "--prompt", "a \udcff boat", "--param", "k=\ud83d"])
    assert (typed.prompt, typed.param) == ("a \ufffd boat", ["k=\ufffd"])


def test_the_data_folder_may_stand_before_and_after_the_command(tmp_path: Path) -> None:
    for arguments in (["--data-dir", "D", "accounts", "list"], ["accounts", "list", "--data-dir", "D"]):
        folder = tmp_path / str(arguments.index("--data-dir"))
        command = [str(folder) if part == "D" else part for part in arguments]
        done = subprocess.run([*COMMAND, *command], env=environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and (folder / "sora.db").exists(), done.stderr


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
