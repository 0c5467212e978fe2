"""Keys: only in a system keyring or in memory, never waited for long, never an error."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import keyring.core
import pytest
from keyring.backends import chainer, fail, null
from keyring.errors import InitError, KeyringLocked, NoKeyringError, PasswordDeleteError

from sora_desktop.core import redact
from sora_desktop.storage.secrets import SERVICE, Secrets, SecretState, usable

FOUND, MISSING, LOCKED, UNAVAILABLE, SESSION = SecretState
KEY = "rvya_sk_a-long-and-secret-canary"


class Vault:
    """A keyring that can be locked with a dialog that waits, slow, or broken.

    No KeyringBackend: each subclass of that is offered as a keyring for the rest of the process.
    """

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.calls: list[str] = []
        self.open = threading.Event()
        self.open.set()
        self.error: Exception | None = None

    def _call(self, name: str) -> None:
        self.calls.append(name)
        assert self.open.wait(20)
        if self.error:
            raise self.error

    def get_password(self, service: str, username: str) -> str | None:
        self._call("get")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._call("set")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._call("delete")
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


Vault.__module__ = "keyring.backends.SecretService"


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    vault = Vault()
    monkeypatch.setattr(keyring.core, "_keyring_backend", vault)
    return vault


@pytest.fixture
async def secrets() -> AsyncIterator[Secrets]:
    secrets = Secrets(patience=20)
    yield secrets
    await secrets.close()


@pytest.fixture
async def hasty() -> AsyncIterator[Secrets]:
    """Waits for a moment only."""
    secrets = Secrets(patience=0.5)
    yield secrets
    await secrets.close()


async def until(condition: Callable[[], object]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def test_a_key_is_kept_found_and_forgotten(vault: Vault, secrets: Secrets) -> None:
    assert await secrets.where("a") is MISSING
    assert await secrets.put("a", KEY) is FOUND
    assert vault.kept == {(SERVICE, "a"): KEY}, "one entry an account, the bare key"
    again = Secrets()
    assert (await again.get("a")).value == KEY and again.backend_name() == "Secret Service"
    await again.delete("a")
    assert await again.where("a") is MISSING and not vault.kept
    await again.delete("a")
    await again.close()


async def test_a_found_key_is_asked_for_once(vault: Vault, secrets: Secrets) -> None:
    vault.kept[SERVICE, "a"] = KEY
    answers = await asyncio.gather(*(secrets.get("a") for _ in range(10)))
    assert {answer.value for answer in answers} == {KEY}
    await secrets.get("a")
    assert vault.calls == ["get"]


async def test_a_key_is_never_shown_by_accident(vault: Vault, secrets: Secrets) -> None:
    vault.kept[SERVICE, "a"] = "an odd key that looks like nothing"
    answer = await secrets.get("a")
    assert "odd key" not in repr(answer)
    assert "odd key" not in redact.redact(f"took {answer.value} along")


async def test_a_dialog_that_waits_is_said_and_its_late_answer_taken(vault: Vault, hasty: Secrets) -> None:
    vault.kept[SERVICE, "a"] = KEY
    vault.open.clear()
    told: list[str] = []
    hasty.changed.connect(told.append)
    started = time.monotonic()
    assert await hasty.where("a") is LOCKED
    assert time.monotonic() - started > 0.4
    started = time.monotonic()
    assert await hasty.where("a") is LOCKED
    assert time.monotonic() - started < 0.4, "who asks again waits no second time"
    assert vault.calls == ["get"], "and opens no second dialog"
    vault.open.set()
    await until(lambda: told)
    assert told == ["a"] and (await hasty.get("a")).value == KEY


async def test_an_answer_in_time_is_not_told_as_a_change(vault: Vault, secrets: Secrets) -> None:
    told: list[str] = []
    secrets.changed.connect(told.append)
    await secrets.put("a", KEY)
    await secrets.get("a")
    await secrets.get("b")
    assert told == []


async def test_the_loop_goes_on_while_the_keyring_blocks(vault: Vault, hasty: Secrets) -> None:
    vault.open.clear()
    asking = asyncio.create_task(hasty.get("a"))
    beats = 0
    while not asking.done():
        await asyncio.sleep(0.005)
        beats += 1
    vault.open.set()
    assert beats > 3


async def test_a_key_that_waits_to_be_kept_serves_at_once(vault: Vault, hasty: Secrets) -> None:
    vault.open.clear()
    told: list[str] = []
    hasty.changed.connect(told.append)
    assert await hasty.put("a", KEY) is SESSION
    answer = await hasty.get("a")
    assert answer.state is SESSION and answer.value == KEY
    vault.open.set()
    await until(lambda: told)
    assert await hasty.where("a") is FOUND and vault.kept == {(SERVICE, "a"): KEY}


async def test_a_late_answer_does_not_undo_what_was_entered_meanwhile(vault: Vault, hasty: Secrets) -> None:
    vault.kept[SERVICE, "a"] = "an old key of before"
    vault.open.clear()
    assert await hasty.where("a") is LOCKED
    assert await hasty.put("a", KEY) is SESSION
    await hasty.put("b", "something else entirely")
    await hasty.delete("b")
    vault.open.set()
    await until(lambda: len(vault.calls) == 4)
    assert await hasty.where("b") is MISSING
    assert (await hasty.get("a")).value == KEY and vault.kept == {(SERVICE, "a"): KEY}


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (KeyringLocked("no"), LOCKED),
        (InitError("dismissed"), LOCKED),
        (NoKeyringError("none"), UNAVAILABLE),
        (RuntimeError(f"the bus is gone, {KEY}"), UNAVAILABLE),
        (OSError("broken"), UNAVAILABLE),
    ],
)
async def test_every_error_is_a_state(
    vault: Vault, secrets: Secrets, error: Exception, state: SecretState, caplog: pytest.LogCaptureFixture
) -> None:
    vault.error = error
    assert await secrets.where("a") is state
    assert await secrets.put("b", KEY) is SESSION
    assert (await secrets.get("b")).value == KEY
    await secrets.delete("b")
    assert await secrets.where("b") is state
    assert KEY not in caplog.text
    vault.error = None
    assert await secrets.put("b", KEY) is FOUND, "a keyring that works again is used again"


def kept_in(module: str) -> Any:
    kind = type("Keyring", (Vault,), {})
    kind.__module__ = module
    return kind()


def chain_of(*backends: object) -> Any:
    # Neither a subclass nor a patch of the real one: keyring remembers both for the rest of the process.
    return type("Chain", (), {"__class__": chainer.ChainerBackend, "backends": backends})()


def test_only_system_keyrings_are_used() -> None:
    for module in ("SecretService", "libsecret", "kwallet", "macOS", "Windows"):
        backend = kept_in(f"keyring.backends.{module}")
        assert usable(backend) is backend
    plain = kept_in("keyrings.alt.file")
    for backend in (fail.Keyring(), null.Keyring(), plain, kept_in("somebody.elses")):
        assert usable(backend) is None
    good = kept_in("keyring.backends.kwallet")
    assert usable(chain_of(plain, good)) is good
    assert usable(chain_of(plain)) is None and usable(chain_of()) is None


async def test_a_plain_text_keyring_never_sees_a_key(monkeypatch: pytest.MonkeyPatch, secrets: Secrets) -> None:
    plain = kept_in("keyrings.alt.file")
    monkeypatch.setattr(keyring.core, "_keyring_backend", plain)
    assert await secrets.put("a", KEY) is SESSION
    assert await secrets.where("b") is UNAVAILABLE and secrets.backend_name() == ""
    assert plain.calls == [] and not await secrets.available()


async def test_a_keyring_that_never_answers_does_not_hold_the_end(vault: Vault) -> None:
    secrets = Secrets(patience=0.05)
    vault.open.clear()
    await secrets.get("a")
    started = time.monotonic()
    await secrets.close()
    assert time.monotonic() - started < 5
    vault.open.set()
    await until(lambda: "keyring" not in {thread.name for thread in threading.enumerate()})


@pytest.mark.keyring
async def test_a_real_secret_service_keeps_a_key(secret_service: str) -> None:
    secrets = Secrets()
    assert await secrets.where("a") is MISSING
    assert await secrets.put("a", KEY) is FOUND and secrets.backend_name() == "Secret Service"
    await secrets.close()
    again = Secrets()
    assert (await again.get("a")).value == KEY
    await again.delete("a")
    await again.close()
    third = Secrets()
    assert await third.where("a") is MISSING
    await third.close()


@pytest.mark.keyring
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # keyring's own, where it finds a locked service
async def test_a_real_secret_service_that_is_locked(secret_service: str) -> None:
    import secretstorage

    secrets = Secrets()
    assert await secrets.put("a", KEY) is FOUND
    await secrets.close()
    bus = secretstorage.dbus_init()
    secretstorage.get_default_collection(bus).lock()
    bus.close()
    locked = Secrets()
    started = time.monotonic()
    assert await locked.where("a") is LOCKED
    assert await locked.put("b", KEY) is SESSION
    assert (await locked.get("b")).value == KEY
    assert time.monotonic() - started < 12
    await locked.close()
    gc.collect()


ALONE = """
import asyncio, sys
from sora_desktop.storage.secrets import Secrets

async def main():
    secrets = Secrets()
    states = [await secrets.where("a"), await secrets.put("a", "0123456789"), await secrets.where("a")]
    print(*states, await secrets.available(), secrets.backend_name() or "none")
    await secrets.close()

asyncio.run(main())
"""


@pytest.mark.keyring
@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a keyring")
def test_no_bus_at_all(tmp_path: Path) -> None:
    gone = {"PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"}
    environment = {name: value for name, value in os.environ.items() if name not in gone}
    environment |= {"XDG_RUNTIME_DIR": str(tmp_path)}
    told: Any = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE], env=environment, capture_output=True, text=True, timeout=60
    )
    assert told.stdout.split() == ["unavailable", "session", "session", "False", "none"], told.stderr
    assert "Traceback" not in told.stderr
