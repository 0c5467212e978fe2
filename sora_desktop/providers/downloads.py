"""One result on its way: what its answer says, and its bytes. Everything here is hostile until the file was probed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import Protocol
from urllib.parse import urljoin

from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.answers import Answer, retry_after, unpack
from sora_desktop.providers.refusals import PASSING, said
from sora_desktop.providers.transport import Flight, way_failure

CHUNK = 65_536
"""Bytes of a chunk: the size at which the window's loop stays smooth."""
ERROR_TEXT = 8192
"""Bytes that are read of an answer which brings no file."""
UNPACKABLE = {"gzip", "x-gzip", "deflate"}


class Body(Protocol):
    """What is needed of an httpx response."""

    status_code: int

    def aiter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]: ...
    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


class Download:
    """A 200 or 206 that is being read.

    `offset` is where its bytes belong: what was asked for, or 0 where the service begins again. `length` is this
    answer's bytes, `total` the whole file's, None where they are not told. `validator` is what makes a later resume
    safe (a strong ETag, else Last-Modified); empty where there is none. `url` is the address after all redirects.
    """

    def __init__(self, body: Body, headers: Mapping[str, str], url: str) -> None:
        self.status = body.status_code
        self.headers = headers
        self.url = url
        self.content_type = headers.get("content-type", "")
        self.etag = headers.get("etag", "").strip()
        self.last_modified = headers.get("last-modified", "").strip()
        packed = _packed(headers)
        start, whole = _content_range(headers) if self.status == 206 else (0, None)
        length = headers.get("content-length", "")
        self.length = int(length) if length.isascii() and length.isdigit() and not packed else None
        self.offset = start or 0
        self.total = None if packed else whole if self.status == 206 else self.length
        strong = self.etag if self.etag.startswith('"') else ""
        self.validator = "" if packed else strong or self.last_modified
        self._body = body
        self._chunks = body.aiter_bytes(CHUNK) if packed else body.aiter_raw(CHUNK)

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, 64 KiB at a time. Raises a transient ProviderError where the way breaks."""
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except Exception as error:
            detail = way_failure(error, Flight(), host="").failure.detail
        failure = Failure(kind=FailureKind.NETWORK, code="download_stalled", action=Action.RETRY, detail=detail)
        raise ProviderError(failure, Sent.AMBIGUOUS, transient=True)

    async def aclose(self) -> None:
        """Ends the transfer wherever it is."""
        await ended(self._body, self._chunks)


async def ended(body: Body, chunks: AsyncIterator[bytes]) -> None:
    """Closes the connection and lets the generators that read from it run into that.

    Closing only the outermost would leave httpx's inner ones to the garbage collector, and that a task to each.
    """
    with suppress(Exception):
        await body.aclose()
    with suppress(Exception):
        async for _ in chunks:
            pass


async def beginning(body: Body, headers: Mapping[str, str]) -> bytes:
    """The beginning of a body that only explains; what of it comes within five seconds."""
    found = bytearray()
    chunks = body.aiter_raw(1024)
    with suppress(Exception):
        async with asyncio.timeout(5.0):
            async for chunk in chunks:
                found += chunk
                if len(found) >= ERROR_TEXT:
                    break
    await ended(body, chunks)
    with suppress(ValueError):
        return unpack(bytes(found), headers.get("content-encoding", ""))
    return b""


def asked(offset: int, validator: str) -> dict[str, str]:
    """The headers of a download that goes on at `offset`. Without a validator it cannot, and begins at 0."""
    if offset <= 0 or not validator:
        return {}
    return {"range": f"bytes={offset}-", "if-range": validator}


def goes_on(status: int, headers: Mapping[str, str], offset: int, validator: str) -> bool:
    """Whether a 200 or 206 brings what was asked for: the file from its start, or the same file from `offset`."""
    if status == 200:
        return True
    start, _ = _content_range(headers)
    if start != offset or (offset and _packed(headers)):
        return False
    same = {headers.get("etag", "").strip(), headers.get("last-modified", "").strip()} - {""}
    return not offset or not same or validator in same


def joined(url: str, location: str) -> str:
    """Where a redirect leads; empty where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def unreadable(headers: Mapping[str, str]) -> bool:
    """Whether the bytes are packed in a way that nobody asked for and that cannot be undone."""
    return bool(_packed(headers) - UNPACKABLE)


def _packed(headers: Mapping[str, str]) -> set[str]:
    names = {name.strip().lower() for name in headers.get("content-encoding", "").split(",")}
    return names - {"", "identity"}


def _content_range(headers: Mapping[str, str]) -> tuple[int | None, int | None]:
    """(first byte, whole size) of a Content-Range, None for what it does not tell."""
    match = re.fullmatch(r"\s*bytes\s+(\d{1,15})-(\d{1,15})/(\d{1,15}|\*)\s*", headers.get("content-range", ""))
    if match is None:
        return None, None
    return int(match[1]), None if match[3] == "*" else int(match[3])


def no_file(answer: Answer, now: float, keys: Iterable[str] = ()) -> ProviderError:
    """What an answer means that brings no file: a dead link, or a host that may do better in a moment."""
    words = said(answer, keys)
    passing = answer.status >= 500 or answer.status in PASSING
    if answer.status == 429:
        kind, code = FailureKind.RATE, "rate_limited"
    elif passing:
        kind, code = FailureKind.SERVER, "service_error"
    elif 400 <= answer.status < 500:
        kind, code = FailureKind.RESULT, "result_link_dead"
    else:
        kind, code = FailureKind.RESULT, "result_not_video"
    failure = Failure(
        kind=kind,
        code=code,
        args={"status": str(answer.status)},
        action=Action.RETRY if passing else Action.COLLECT,
        detail=words.message,
        request_id=words.request_id,
        http_status=answer.status,
    )
    return ProviderError(failure, Sent.REFUSED, retry_after=retry_after(answer.headers, now), transient=passing)


def bad_address(detail: str = "") -> ProviderError:
    """The address of a result is none that is fetched from."""
    failure = Failure(kind=FailureKind.RESULT, code="result_address", action=Action.COLLECT, detail=detail)
    return ProviderError(failure, Sent.NOT_SENT)
