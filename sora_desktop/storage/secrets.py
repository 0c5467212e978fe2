"""Keys, in the system's keyring alone. Nothing here raises, and nothing here blocks the loop.

A keyring may be missing, or locked with a dialog that waits for the person. So its calls are made one after another on
a daemon thread, each waited for a short while only; an answer that comes later is taken when it comes. A key that the
keyring does not take lives in memory until the program ends.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from sora_desktop.core import redact
from sora_desktop.core.signal import Signal

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)
T = TypeVar("T")

SERVICE = "Sora Desktop"
PATIENCE = 5.0
"""Seconds that a call is waited for before the answer is "locked"."""

SYSTEM_KEYRINGS = {
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
}
"""The modules whose backends keep a key safe. Plain-text files, the null and the failing backend are not among them."""


class SecretState(StrEnum):
    """Where a key is. `locked`: the keyring waits to be unlocked. `session`: in memory, until the program ends."""

    FOUND = "found"
    MISSING = "missing"
    LOCKED = "locked"
    UNAVAILABLE = "unavailable"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class SecretAnswer:
    state: SecretState
    value: str = field(default="", repr=False)


class Secrets:
    """The keys of the accounts, one entry of the keyring each. `changed` names an account whose answer came late."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self.changed: Signal[[str]] = Signal()
        self._patience = patience
        self._keyring = _Keyring()
        self._found: dict[str, str] = {}
        self._session: dict[str, str] = {}
        self._reads: dict[str, _Read] = {}
        self._epoch: dict[str, int] = {}
        self._pending: set[asyncio.Future[SecretAnswer]] = set()

    async def available(self) -> bool:
        """Whether there is a system keyring to keep keys in. Asks for none and unlocks nothing."""
        future = self._call(self._keyring.look)
        await self._wait(future, time.monotonic() + self._patience)
        return future.done() and _result(future).state is not SecretState.UNAVAILABLE

    def backend_name(self) -> str:
        """The keyring in words, as far as it is known: empty before the first call, and where there is none."""
        return self._keyring.name

    async def get(self, account_id: str) -> SecretAnswer:
        """The key of an account. LOCKED when the keyring does not answer in time; `changed` follows when it does."""
        known = self._known(account_id)
        if known is not None:
            return known
        read = self._reads.get(account_id)
        if read is None:
            read = self._start_read(account_id)
        await self._wait(read.future, read.deadline)
        if not read.future.done():
            return self._known(account_id) or SecretAnswer(SecretState.LOCKED)
        return self._known(account_id) or _result(read.future)

    async def where(self, account_id: str) -> SecretState:
        """Where the key of an account is, without the key."""
        return (await self.get(account_id)).state

    async def put(self, account_id: str, key: str) -> SecretState:
        """Keeps a key: FOUND when it is in the keyring, SESSION when it lives until the program ends.

        After SESSION the keyring may still take the key, when it is unlocked; `changed` says so.
        """
        epoch = self._next_epoch(account_id)
        redact.know(key)
        self._session[account_id] = key
        future = self._call(lambda: self._keyring.put(account_id, key))
        late = _Late()

        def taken(done: asyncio.Future[SecretAnswer]) -> None:
            if self._epoch.get(account_id) == epoch and _result(done).state is SecretState.FOUND:
                self._found[account_id] = key
                self._session.pop(account_id, None)
                late.tell(self.changed, account_id)

        future.add_done_callback(taken)
        await self._wait(future, time.monotonic() + self._patience)
        late.on = True
        return SecretState.FOUND if account_id in self._found else SecretState.SESSION

    async def delete(self, account_id: str) -> None:
        """Forgets a key, in memory at once and in the keyring as soon as it answers."""
        self._next_epoch(account_id)
        self._session.pop(account_id, None)
        await self._wait(self._call(lambda: self._keyring.delete(account_id)), time.monotonic() + self._patience)

    async def close(self) -> None:
        """Ends the thread, unless the keyring holds it; then it ends with the process."""
        for future in tuple(self._pending):
            future.cancel()
        self._keyring.close()

    def _known(self, account_id: str) -> SecretAnswer | None:
        if account_id in self._session:
            return SecretAnswer(SecretState.SESSION, self._session[account_id])
        if account_id in self._found:
            return SecretAnswer(SecretState.FOUND, self._found[account_id])
        return None

    def _start_read(self, account_id: str) -> _Read:
        epoch = self._epoch.get(account_id, 0)
        future = self._call(lambda: self._keyring.get(account_id))
        read = self._reads[account_id] = _Read(future, time.monotonic() + self._patience)

        def answered(done: asyncio.Future[SecretAnswer]) -> None:
            if self._reads.get(account_id) is read:
                del self._reads[account_id]
            answer = _result(done)
            # Not over a key that was entered or removed meanwhile.
            if self._epoch.get(account_id, 0) == epoch:
                if answer.state is SecretState.FOUND:
                    redact.know(answer.value)
                    self._found[account_id] = answer.value
                if time.monotonic() >= read.deadline and not done.cancelled():
                    self.changed.emit(account_id)

        future.add_done_callback(answered)
        return read

    def _next_epoch(self, account_id: str) -> int:
        self._found.pop(account_id, None)
        self._reads.pop(account_id, None)
        self._epoch[account_id] = self._epoch.get(account_id, 0) + 1
        return self._epoch[account_id]

    def _call(self, work: Callable[[], SecretAnswer]) -> asyncio.Future[SecretAnswer]:
        future = asyncio.wrap_future(self._keyring.submit(work))
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        return future

    async def _wait(self, future: asyncio.Future[SecretAnswer], deadline: float) -> None:
        left = deadline - time.monotonic()
        if left > 0 and not future.done():
            await asyncio.wait({future}, timeout=left)


@dataclass(frozen=True, slots=True)
class _Read:
    future: asyncio.Future[SecretAnswer]
    deadline: float


class _Late:
    """Tells only of what came after the caller had its answer."""

    on = False

    def tell(self, signal: Signal[[str]], account_id: str) -> None:
        if self.on:
            signal.emit(account_id)


def _result(done: asyncio.Future[SecretAnswer]) -> SecretAnswer:
    return SecretAnswer(SecretState.UNAVAILABLE) if done.cancelled() else done.result()


class _Keyring:
    """The blocking side: every call runs on one daemon thread, so that a locked keyring asks once and not ten times."""

    def __init__(self) -> None:
        self.name = ""
        self._work: queue.SimpleQueue[tuple[Callable[[], SecretAnswer], Future[SecretAnswer]] | None] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None
        self._chosen: KeyringBackend | None = None
        self._looked = False

    def submit(self, work: Callable[[], SecretAnswer]) -> Future[SecretAnswer]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="keyring", daemon=True)
            self._thread.start()
        future: Future[SecretAnswer] = Future()
        self._work.put((work, future))
        return future

    def close(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._work.put(None)
            thread.join(0.2)

    # On the thread from here.

    def _run(self) -> None:
        while (job := self._work.get()) is not None:
            work, future = job
            if not future.set_running_or_notify_cancel():
                continue
            future.set_result(_sorted_answer(work))

    def look(self) -> SecretAnswer:
        return SecretAnswer(SecretState.MISSING if self._backend() else SecretState.UNAVAILABLE)

    def get(self, account_id: str) -> SecretAnswer:
        backend = self._backend()
        if backend is None:
            return SecretAnswer(SecretState.UNAVAILABLE)
        value = backend.get_password(SERVICE, account_id)
        return SecretAnswer(SecretState.FOUND, value) if value else SecretAnswer(SecretState.MISSING)

    def put(self, account_id: str, key: str) -> SecretAnswer:
        backend = self._backend()
        if backend is None:
            return SecretAnswer(SecretState.UNAVAILABLE)
        backend.set_password(SERVICE, account_id, key)  # pyright: ignore[reportUnknownMemberType]
        return SecretAnswer(SecretState.FOUND)

    def delete(self, account_id: str) -> SecretAnswer:
        from keyring.errors import PasswordDeleteError

        backend = self._backend()
        if backend is None:
            return SecretAnswer(SecretState.UNAVAILABLE)
        try:
            backend.delete_password(SERVICE, account_id)
        except PasswordDeleteError:
            log.debug("there was no key to delete")
        return SecretAnswer(SecretState.MISSING)

    def _backend(self) -> KeyringBackend | None:
        if not self._looked:
            import keyring

            self._chosen = usable(keyring.get_keyring())
            self._looked = True
            self.name = SYSTEM_KEYRINGS[type(self._chosen).__module__] if self._chosen else ""
        return self._chosen


def usable(backend: KeyringBackend) -> KeyringBackend | None:
    """`backend` where it is a system keyring, the first such of a chain, None where a key would not be safe."""
    from keyring.backends.chainer import ChainerBackend

    candidates: list[KeyringBackend] = list(backend.backends) if isinstance(backend, ChainerBackend) else [backend]
    return next((each for each in candidates if type(each).__module__ in SYSTEM_KEYRINGS), None)


def _sorted_answer(work: Callable[[], SecretAnswer]) -> SecretAnswer:
    """The answer of a call, or what its error means. An error's text is not logged: backends quote what they got."""
    from keyring.errors import InitError, KeyringLocked

    try:
        return work()
    except (KeyringLocked, InitError):
        return SecretAnswer(SecretState.LOCKED)
    except Exception as error:
        log.warning("the keyring did not answer: %s", type(error).__name__)
        return SecretAnswer(SecretState.UNAVAILABLE)
