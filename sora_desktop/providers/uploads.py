"""A local file as a multipart body, read from the disk as it is sent."""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.base import Progress
from sora_desktop.providers.threads import in_thread

PIECE = 262_144
"""Bytes between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file and the form fields before it. `progress` hears (bytes handed to the connection, bytes of the file)."""

    file: Path
    fields: Mapping[str, str]
    name: str = ""
    mime: str = ""
    progress: Progress = lambda done, total: None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[tuple[AsyncIterator[bytes], dict[str, str]], None]:
        """(the body, its headers). Raises ProviderError, REFUSED, where the file cannot be read."""
        boundary = f"sora-desktop-{secrets.token_hex(16)}"
        name = self.name or self.file.name
        try:
            file, size = await in_thread(partial(_open, self.file))
        except OSError:
            raise _missing(name) from None
        with file:
            head, tail = self._head(boundary, name), f"\r\n--{boundary}--\r\n".encode()
            body = _pieces(file, head, tail, size, self.progress)
            try:
                yield (
                    body,
                    {
                        "content-type": f"multipart/form-data; boundary={boundary}",
                        "content-length": str(len(head) + size + len(tail)),
                    },
                )
            finally:
                await body.aclose()

    def _head(self, boundary: str, name: str) -> bytes:
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{value}\r\n'
            for key, value in self.fields.items()
        ]
        mime = self.mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(name)}"\r\n'
            f"Content-Type: {_quoted(mime)}\r\n\r\n"
        )
        return "".join(parts).encode("utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Whole:
    """One file as the whole body of a request."""

    file: Path
    mime: str
    progress: Progress = lambda done, total: None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[tuple[AsyncIterator[bytes], dict[str, str]], None]:
        """(the body, its headers). Raises ProviderError, REFUSED, where the file cannot be read."""
        try:
            file, size = await in_thread(partial(_open, self.file))
        except OSError:
            raise _missing(self.file.name) from None
        with file:
            body = _pieces(file, b"", b"", size, self.progress)
            try:
                yield body, {"content-type": self.mime, "content-length": str(size)}
            finally:
                await body.aclose()


def _open(path: Path) -> tuple[BinaryIO, int]:
    file = path.open("rb")
    size = file.seek(0, 2)
    file.seek(0)
    return file, size


def _missing(name: str) -> ProviderError:
    failure = Failure(
        kind=FailureKind.DISK,
        code="reference_missing",
        args={"name": name},
        action=Action.EDIT,
        field="references",
    )
    return ProviderError(failure, Sent.REFUSED)


async def _pieces(
    file: BinaryIO, head: bytes, tail: bytes, size: int, progress: Progress
) -> AsyncGenerator[bytes, None]:
    yield head
    done = 0
    while done < size:
        piece = await in_thread(partial(file.read, min(PIECE, size - done)))
        if not piece:
            raise OSError("the file became shorter while it was sent")
        yield piece
        done += len(piece)
        progress(done, size)
    yield tail


def _quoted(text: str) -> str:
    """A header parameter's value: no quote, no line break can end it (HTML, multipart/form-data encoding)."""
    escaped = text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return "".join(char for char in escaped if char >= " ")
