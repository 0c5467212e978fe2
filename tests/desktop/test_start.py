"""How the program starts: without a display, and from the desktop entry."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from support.program import COMMAND, environment
from support.screen import Screen, wait_for

pytestmark = pytest.mark.desktop

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("display", [{}, {"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "wayland-none"}])
def test_no_display_is_said_in_a_sentence(display: dict[str, str], home: Path) -> None:
    ended = subprocess.run(COMMAND, env={**environment(), **display}, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "display" in ended.stderr
    assert ended.stderr.count("\n") == 1, "one line, no traceback, no hint of Qt's own"
    assert not list(home.glob(".data/*")), "nothing is made"


def entry(action: str) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "desktop_entry.py"), action], check=True, timeout=60)


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_the_desktop_entry_starts_the_program_and_goes_without_a_trace(
    screen: Screen, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = home / "share"
    monkeypatch.setenv("XDG_DATA_HOME", str(share))
    entry("install")
    file = share / "applications" / "sora-desktop.desktop"
    subprocess.run(["desktop-file-validate", str(file)], check=True, timeout=30)
    icons = [name for name in files(share) if name.startswith("icons/hicolor/")]
    assert "icons/hicolor/scalable/apps/sora-desktop.svg" in icons
    assert "icons/hicolor/48x48/apps/sora-desktop.png" in icons

    subprocess.run(["gtk-launch", "sora-desktop"], env=environment(screen), check=True, timeout=30)
    window = screen.window("Sora Desktop", 30)
    (line,) = [line for line in file.read_text().splitlines() if line.startswith("StartupWMClass=")]
    assert screen.classes(f"^{line.partition('=')[2]}$") == [window]
    started = [process for process in psutil.process_iter() if is_ours(process, home)]
    screen.activate(window)
    screen.wait_until_still()
    screen.key("alt+F4")
    assert started
    assert psutil.wait_procs(started, 20)[1] == []

    entry("uninstall")
    assert [name for name in files(share) if "sora-desktop" in name.lower()] == []


def is_ours(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("HOME") == str(home) and process.pid != os.getpid()
    except psutil.Error:
        return False


@pytest.mark.parametrize(
    "folder", ["plain", "with space", "a'quote", 'a"quote', "a$HOME", "50%f", "a=b", "back\\slash", "`x`;&|", "中文"]
)
def test_the_entry_starts_a_program_in_any_folder(
    folder: str, screen: Screen, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_file_location("desktop_entry", ROOT / "scripts" / "desktop_entry.py")
    assert spec is not None
    assert spec.loader is not None
    desktop_entry = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(desktop_entry)
    command = home / folder / "sora-desktop"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\necho \"$#\" > '{home}/started'\n")
    command.chmod(0o755)
    share = home / "share"
    monkeypatch.setenv("XDG_DATA_HOME", str(share))
    file = share / "applications" / "sora-desktop.desktop"
    file.parent.mkdir(parents=True)
    file.write_text(desktop_entry.entry_text(desktop_entry.ENTRY.read_text(), command))
    subprocess.run(["desktop-file-validate", str(file)], check=True, timeout=30)
    subprocess.run(["gtk-launch", "sora-desktop"], env=environment(screen), check=True, timeout=30)
    wait_for(lambda: (home / "started").exists() and (home / "started").read_text() == "0\n", 10, "the program started")
