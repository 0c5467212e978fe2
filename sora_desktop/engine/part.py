"""A file that is still arriving: `.part`, with what is needed to go on where it broke off."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sora_desktop.core.errors import Billed, EnvironmentProblem, Failure, FailureKind, ProviderError, Sent
from sora_desktop.engine.hands import PATIENCE
from sora_desktop.providers.http import Download
from sora_desktop.storage.library import disk_problems

WHITE = b"\t\n\r\f"
LARGEST = 8_000_000_000
"""Bytes. No service makes clips near this size; more is a mistake or an attack."""


FLUSH = 1 << 18
FLUSH_EVERY = 1.0
"""Bytes, and seconds, after which what has arrived is written: no more is fetched again after a kill."""

InThread = Callable[[Callable[[], None]], Awaitable[None]]


class PartProblem(Exception):
    """What arrived cannot be the video; the text is the service's own or says why."""


class TooLarge(PartProblem):
    """More bytes than are fetched."""


class Part:
    """A `.part` file and its note (total length, validator, whose it is) beside it.

    It is resumed only where the service proved by a validator that the bytes are of the same file; without one, or
    after any doubt, it begins again.
    """

    def __init__(self, path: Path, job_id: str) -> None:
        self.path = path
        self._note = path.with_name(path.name + ".json")
        self._job_id = job_id
        self.size = 0
        self.total: int | None = None
        self.validator = ""
        self.complete = False
        self._load()

    def _load(self) -> None:
        try:
            note = json.loads(self._note.read_text("utf-8"))
            size = self.path.stat().st_size
            total, validator = note["total"], str(note["validator"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if note.get("job") == self._job_id and isinstance(total, int) and validator and size <= total:
            self.size, self.total, self.validator = size, total, validator
            self.complete = bool(note.get("complete")) and size == total

    def begin(self, offset: int, total: int | None, validator: str) -> BinaryIO:
        """Opens the file for bytes from `offset` on: appended where it goes on, from the start otherwise."""
        if offset and (offset != self.size or total != self.total):
            # Another file, or another place in it: what is here is of no use.
            self.discard()
            raise _begin_again()
        if total is not None and total > LARGEST:
            raise _too_large()
        with disk_problems(self.path.parent):
            if not offset:
                # Truncating an old large file stalls for 100 ms: a fresh one does not.
                self.path.unlink(missing_ok=True)
                self.size = 0
            self.total, self.validator = total, validator
            self._write_note()
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
            return os.fdopen(os.open(self.path, flags, 0o600), "ab")

    def finish(self) -> None:
        """All bytes are here. Raises a transient ProviderError when some are missing, PartProblem for none."""
        if self.total is not None and self.size < self.total:
            raise _begin_again()
        if self.size == 0:
            raise PartProblem("an empty answer")
        if self.total is not None and self.size > self.total:
            self.discard()
            raise _begin_again()
        self.total = self.size
        self.complete = True
        self._write_note(complete=True)

    def discard(self) -> None:
        """Forgets everything that arrived."""
        with disk_problems(self.path.parent):
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)
        self.size, self.total, self.validator, self.complete = 0, None, "", False

    def forget_note(self) -> None:
        """The file has its name: the note is done."""
        self._note.unlink(missing_ok=True)

    def _write_note(self, *, complete: bool = False) -> None:
        note = {"job": self._job_id, "total": self.total, "validator": self.validator or "-", "complete": complete}
        if not self.validator and not complete:
            self._note.unlink(missing_ok=True)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(self._note, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(note, file)


class Writer:
    """Puts what a download brings into its part. `take` is the loop's; the rest waits for the disk, in any thread."""

    def __init__(self, part: Part, stream: Download) -> None:
        self._part = part
        self._stream = stream
        self._file: BinaryIO | None = None
        self._waiting = bytearray()
        self._written_at = time.monotonic()
        self._closed = self._left = False
        self._lock = threading.Lock()
        self.arrived = 0
        """Bytes of the file, those included that are not written yet."""

    def open(self) -> None:
        with self._held():
            if not self._closed:
                self._file = self._part.begin(self._stream.offset, self._stream.total, self._stream.validator)
                self.arrived = self._part.size

    def take(self, chunk: bytes) -> bool:
        """Keeps a chunk in mind and answers whether it is time to `flush`. Raises PartProblem for what is no video."""
        if self.arrived == 0 and _looks_like_text(chunk):
            raise PartProblem(chunk[:4000].decode("utf-8", "replace"))
        if self.arrived + len(chunk) > LARGEST:
            raise _too_large()
        self._waiting += chunk
        self.arrived += len(chunk)
        return len(self._waiting) >= FLUSH or time.monotonic() - self._written_at > FLUSH_EVERY

    def flush(self) -> None:
        with self._held(), disk_problems(self._part.path.parent):
            self._write()

    @contextmanager
    def _held(self) -> Generator[None]:
        """One thread at a time. What hung until nobody waited for it any more closes the file itself."""
        with self._lock:
            try:
                yield
            finally:
                if self._left and self._file is not None:
                    self._file.close()
                    self._file = None

    def _write(self) -> None:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        self._written_at = time.monotonic()
        if self._file is not None and waiting:
            write_all(self._file, waiting)
            self._part.size += len(waiting)

    def close(self, patience: float = -1) -> None:
        """Writes what waits and closes the file. Waits for an `open` or `flush` that still runs, as long as it takes or
        for `patience` seconds: what hangs keeps the file then."""
        if not self._lock.acquire(timeout=patience):
            self._closed = self._left = True
            if not self._lock.acquire(blocking=False):
                return
        try:
            with disk_problems(self._part.path.parent):
                self._closed = True
                if self._file is not None:
                    with self._file:
                        self._write()
                    self._file = None
        finally:
            self._lock.release()


@asynccontextmanager
async def arriving(part: Part, stream: Download, in_thread: InThread) -> AsyncGenerator[Writer]:
    """The part, open for what `stream` brings. The loop never waits for the disk: a share may hang for a minute."""
    writer = Writer(part, stream)
    try:
        await in_thread(writer.open)
        yield writer
    finally:
        # Also where the transfer breaks: it goes on from there.
        try:
            await in_thread(partial(writer.close, PATIENCE))
        except asyncio.CancelledError:
            # The threads may never come to it any more, and the loop must not hang with the disk.
            closing = threading.Thread(target=_close, args=(writer,), name="close", daemon=True)
            closing.start()
            closing.join(PATIENCE)
            raise


def _close(writer: Writer) -> None:
    with suppress(OSError, EnvironmentProblem):
        writer.close(PATIENCE)


def write_all(file: BinaryIO, chunk: bytes) -> None:
    """The one write to the disk."""
    file.write(chunk)
    file.flush()


def says_text(content_type: str) -> bool:
    """Whether an answer calls itself text: an error page where a video was promised.

    "text/plain" says nothing: web servers call so whatever has no ending. Its bytes tell.
    """
    kind = content_type.split(";")[0].strip().lower()
    return (kind.startswith("text/") and kind != "text/plain") or kind.endswith(("json", "xml", "html"))


def _looks_like_text(chunk: bytes) -> bool:
    """Whether a file begins as no video does: every container has control characters in its first bytes."""
    start = chunk[:64].removeprefix(codecs.BOM_UTF8).lstrip()
    return start.startswith((b"{", b"<", b"[", b'"')) or not any(
        byte < 32 and byte not in WHITE for byte in chunk[:512]
    )


def _too_large() -> TooLarge:
    return TooLarge(f"larger than {LARGEST // 1_000_000_000} GB")


def _begin_again() -> ProviderError:
    failure = Failure(kind=FailureKind.NETWORK, code="download_stalled", billed=Billed.YES)
    return ProviderError(failure, Sent.AMBIGUOUS, transient=True)


def disk_problem(error: OSError, folder: Path) -> EnvironmentProblem | None:
    """What an OSError of a file operation means for the user, None where it is none of the disk's."""
    try:
        with disk_problems(folder):
            raise error
    except EnvironmentProblem as problem:
        return problem
    except OSError:
        return None
