"""The ground every test stands on: a home of its own, no real keyring, no real screen, and nothing left behind.

GUI tests are plain functions with the fixture `run`: `run(coroutine)`, `run.until(lambda: …)`. Tests without Qt are
`async def` and run on asyncio's own loop (pytest-asyncio, auto mode).
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"

import hypothesis
import keyring.core
import pytest
from PySide6.QtGui import QCursor, QGuiApplication

from sora_desktop.core import redact
from sora_desktop.core.catalog import parse
from sora_desktop.engine.simulator_process import SimulatorProcess
from sora_desktop.providers import clients
from sora_desktop.storage import catalog
from support import leaks, roots, standstill, warm
from support.loops import Run
from support.secret_service import serving

parsed = cache(parse)
XDG = ("CONFIG", "DATA", "CACHE", "STATE")

hypothesis.settings.register_profile("here", deadline=None)  # A busy machine is no failure.
hypothesis.settings.load_profile("here")


# Where Python is told to keep no bytecode, every process of a test would compile the whole program anew: half a second.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell that starts us in the background has Ctrl+C ignored, and every program that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


LONGEST = (
    "desktop/test_generation.py",
    "desktop/test_gui_on_screen.py",
    "gui/test_soak.py",
    "engine/test_fault_matrix.py",
    "engine/test_storm.py",
    "contract/test_dialects.py",
    "engine/test_own_servers_sending.py",
    "gui/test_main_window.py",
    "contract/test_cli.py",
    "contract/test_cli_jobs.py",
    "contract/test_simulator_faults.py",
    "contract/test_cli_servers.py",
    "contract/test_gateway.py",
    "desktop/test_references_drag.py",
    "engine/test_references.py",
)
"""The files that take half a minute and more by the clock: begun last, they would be waited for with a core idle."""


def pytest_configure(config: pytest.Config) -> None:
    standstill.register(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first; see `scripts/test`."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """What is there now stays; looking through it after every test would take longer than the tests.

    And Python does not look by itself between two tests: they let go of windows there (`nothing_left_behind`).
    """
    gc.collect()
    gc.freeze()
    gc.disable()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own; HOME, the XDG folders and their like on other systems point into it."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder))
    for name in XDG:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / f".{name.lower()}"))
    for name in ("APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder / name))
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for name in list(os.environ):
        if name.startswith("SORA_DESKTOP_"):
            monkeypatch.delenv(name)
    return folder


@pytest.fixture(autouse=True)
def no_real_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The keyring refuses everything, unless a test asks for `secret_service`."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    yield


@pytest.fixture(autouse=True)
def no_foreign_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another test used as a key is an ordinary word here."""
    monkeypatch.setattr(redact, "_known", set(redact._known))


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every studio reads at its start, and no test changes: TLS's roots and the shipped catalogue."""
    monkeypatch.setattr(clients, "tls_context", roots.tls_context)
    monkeypatch.setattr(catalog, "parse", parsed)


@pytest.fixture(autouse=True)
def warm_simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's simulators come from `support.warm`. Where their process is what is tested: replace this fixture."""
    real = SimulatorProcess._command
    monkeypatch.setattr(SimulatorProcess, "_command", lambda self: warm.instead_of(real(self)))


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Fails a test that leaves a thread, a window, a running timer or a task, or makes the loop complain.

    The value is the list of complaints so far; a test that provokes one takes it out.
    """
    runner_name = "_function_scoped_runner"
    runner = request.getfixturevalue(runner_name) if runner_name in request.fixturenames else None
    qt = bool({"run", "qtbot", "qapp"} & set(request.fixturenames))
    with leaks.complaints_of_the_loop() as complaints:
        if not qt:
            gc.enable()  # With Qt as in the program: not while Qt takes an object apart (`ui.garbage`).
        before = leaks.Before(qt=qt)
        yield complaints
        left = leaks.pending(runner.get_loop()) if runner is not None else []
        left += before.left()
        if left or qt:
            leaks.settle()
        gc.disable()
    if left or complaints:
        pytest.fail("left behind:\n  " + "\n  ".join([*left, *complaints]), pytrace=False)


@pytest.fixture(autouse=True)
def mouse_away() -> None:
    """No test's list lies under the mouse that another test left there."""
    if QGuiApplication.instance() is not None:
        QCursor.setPos(QGuiApplication.primaryScreen().geometry().bottomRight())


@pytest.fixture(autouse=True)
def empty_clipboard() -> Iterator[None]:
    """No test finds what another copied. And offscreen, Qt lets go of the last copy only after Python has ended."""
    yield
    if QGuiApplication.instance() is not None:
        QGuiApplication.clipboard().clear()


@pytest.fixture
def run(qapp: object) -> Iterator[Run]:
    """Qt's loop and asyncio's as one; see `support.loops.Run`."""
    both = Run(qapp)  # type: ignore[arg-type]
    yield both
    left = both.close()
    if left:
        pytest.fail("tasks still running at the end of the test:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture
def secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real Secret Service (gnome-keyring, unlocked) on a bus of its own. Answers the bus's address."""
    with tempfile.TemporaryDirectory(prefix="sd-bus-") as folder, serving(Path(folder)) as address:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
        monkeypatch.delenv("DISPLAY", raising=False)
        yield address
