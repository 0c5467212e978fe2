"""Local files as a multipart body, or as a whole one, read from the disk as they are sent."""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.base import Attachment, Progress
from sora_desktop.providers.threads import in_thread

PIECE = 262_144
"""Bytes between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Form:
    """Form fields and any number of files behind them. `progress` hears (bytes handed over, bytes of all files)."""

    fields: Mapping[str, str]
    files: Sequence[Attachment] = ()
    progress: Progress = lambda done, total: None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[tuple[AsyncIterator[bytes], dict[str, str]], None]:
        """(the body, its headers). Raises ProviderError, REFUSED, where a file cannot be read."""
        boundary = f"sora-desktop-{secrets.token_hex(16)}"
        async with AsyncExitStack() as kept:
            parts: list[tuple[bytes, BinaryIO, int]] = []
            for attached in self.files:
                try:
                    file, size = await in_thread(partial(_open, attached.file))
                except OSError:
                    raise _missing(attached.name or attached.file.name) from None
                kept.callback(file.close)
                parts.append((_head(boundary, attached), file, size))
            first = "".join(_field(boundary, key, value) for key, value in self.fields.items())
            tail = f"--{boundary}--\r\n".encode()
            head = first.encode("utf-8", errors="replace")
            length = len(head) + sum(len(lead) + size + 2 for lead, _, size in parts) + len(tail)
            body = _form(head, parts, tail, self.progress)
            kept.push_async_callback(body.aclose)
            yield (
                body,
                {
                    "content-type": f"multipart/form-data; boundary={boundary}",
                    "content-length": str(length),
                },
            )


@dataclass(frozen=True, slots=True)
class Upload:
    """One file, as the field "file", and the form fields before it."""

    file: Path
    fields: Mapping[str, str]
    name: str = ""
    mime: str = ""
    progress: Progress = lambda done, total: None

    def opened(self) -> AbstractAsyncContextManager[tuple[AsyncIterator[bytes], dict[str, str]]]:
        """See `Form.opened`."""
        attached = Attachment("file", self.file, self.name or self.file.name, self.mime)
        return Form(self.fields, (attached,), self.progress).opened()


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


def _field(boundary: str, key: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{value}\r\n'


def _head(boundary: str, attached: Attachment) -> bytes:
    name = attached.name or attached.file.name
    mime = attached.mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(attached.field)}"; filename="{_quoted(name)}"'
        f"\r\nContent-Type: {_quoted(mime)}\r\n\r\n"
    ).encode("utf-8", errors="replace")


async def _form(
    head: bytes, parts: Sequence[tuple[bytes, BinaryIO, int]], tail: bytes, progress: Progress
) -> AsyncGenerator[bytes, None]:
    yield head
    whole, before = sum(size for _, _, size in parts), 0
    for lead, file, size in parts:
        report = partial(_further, progress, before, whole)
        async with aclosing(_pieces(file, lead, b"\r\n", size, report)) as pieces:
            async for piece in pieces:
                yield piece
        before += size
    yield tail


def _further(progress: Progress, before: int, whole: int, done: int, total: int) -> None:
    progress(before + done, whole)


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
