"""One engine owns a data folder at a time."""

from __future__ import annotations

from filelock import FileLock, Timeout

from sora_desktop.storage.paths import Paths


class OwnerLock:
    """The lock of a data folder. It ends with the process that holds it, however that ends."""

    def __init__(self, paths: Paths) -> None:
        self._lock = FileLock(paths.data / "owner.lock", mode=0o600, thread_local=False)

    def acquire(self) -> bool:
        """Takes the lock without waiting; False when another process (or another lock here) holds it."""
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    @property
    def held(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()
