"""Setting up says what is missing in one line, installs once, and again only when something changed."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"

UBUNTU = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n'
MINT = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'
ROCKY = 'ID="rocky"\nID_LIKE="rhel centos fedora"\n'


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """setup.py and system_needs.py."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    for name in ("setup", "system_needs"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    setup, needs = importlib.import_module("setup"), importlib.import_module("system_needs")
    for name in ("setup", "system_needs"):
        monkeypatch.delitem(sys.modules, name)
    return setup, needs


@pytest.mark.parametrize(
    ("release", "family"),
    [(UBUNTU, "debian"), (MINT, "debian"), (ROCKY, "fedora"), ("ID=arch\n", "arch"), ("ID=plan9\n", ""), ("", "")],
)
def test_the_family_of_a_distribution(release: str, family: str, scripts: tuple[ModuleType, ModuleType]) -> None:
    assert scripts[1].family(release) == family


def test_what_is_there_is_found_and_what_is_not_is_named_once(scripts: tuple[ModuleType, ModuleType]) -> None:
    _setup, system = scripts
    there = system.Need(system.WINDOW, system.library, "libc.so.6", ("libc6", "glibc", "glibc"))
    gone = [
        system.Need(system.WINDOW, look, "no-such-thing", ("one", "eins", "uno"))
        for look in (system.library, system.program, system.module, system.font)
    ]
    other = system.Need(system.TESTS, system.program, "no-such-thing", ("two", "zwei", "due"))
    lacking = system.missing([system.WINDOW], [there, *gone, other])
    assert lacking == gone
    assert system.sentence(lacking, "debian").endswith("\n  sudo apt-get install --no-install-recommends one")
    assert system.sentence([*lacking, other], "fedora").endswith("\n  sudo dnf install eins zwei")
    assert system.sentence([other], "") == "Missing on this system: no-such-thing"


@pytest.mark.parametrize(
    ("purpose", "what", "goes_on"),
    [("sound", "run", True), ("window", "run", False), ("sound", "test", False), ("tests", "test", False)],
)
def test_where_nothing_may_be_installed_the_line_is_said(
    purpose: str,
    what: str,
    goes_on: bool,
    scripts: tuple[ModuleType, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup, system = scripts
    lacking = [system.Need(purpose, system.library, "no-such-thing", ("one", "one", "one"))]
    monkeypatch.setattr(system, "missing", lambda _purposes: lacking)
    monkeypatch.setattr(system, "family", lambda _release: "debian")
    monkeypatch.setattr(setup, "may_install", lambda: False)
    assert setup.system_is_ready(what) is goes_on
    assert capsys.readouterr().err.endswith("  sudo apt-get install --no-install-recommends one\n")


def test_only_a_change_makes_it_install_again(
    tmp_path: Path, scripts: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, _system = scripts
    commands: list[list[str]] = []

    def pretend(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    for name, value in (("ROOT", tmp_path), ("VENV", tmp_path / ".venv"), ("MADE_FOR", tmp_path / ".venv/made-for")):
        monkeypatch.setattr(setup, name, value)
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(setup.subprocess, "run", pretend)
    for name in (*setup.LOCKS.values(), "pyproject.toml"):
        (tmp_path / name).write_text("one")

    def installs(what: str) -> int:
        commands.clear()
        assert setup.packages_are_ready(what)
        return sum("--require-hashes" in command for command in commands)

    assert (installs("run"), any("venv" in command for command in commands)) == (1, True)
    assert installs("run") == 0
    assert (installs("test"), any("venv" in command for command in commands)) == (1, False)
    (tmp_path / "requirements.lock").write_text("two")
    assert installs("run") == 0, "the packages for the tests hold those for the program"
    (tmp_path / "requirements-dev.lock").write_text("two")
    assert [installs("run"), installs("run"), installs("test"), installs("test")] == [1, 0, 1, 0]
    monkeypatch.setattr(setup, "made_for", lambda: "another Python")
    assert (installs("run"), any("venv" in command for command in commands)) == (1, True)


def test_an_old_python_is_said_in_a_sentence(tmp_path: Path) -> None:
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        old = tmp_path / name
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && exec echo "Python 3.9.2"\nexit 1\n')
        old.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.defpath}"}
    ended = subprocess.run(
        [str(SCRIPTS / "setup"), "run"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("Sora Desktop needs Python 3.11 or newer, and this machine has: Python 3.9.2.")
