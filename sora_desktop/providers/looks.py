"""A look at a public address, without a key and with a bound: is there a file, and what is it?"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

SECONDS = 20.0
"""The time a look may take in all."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. `mime` is what the server calls it; `total` its bytes, None where they are not told; `whole`
    says whether `body` is all of it."""

    url: str
    mime: str
    total: int | None
    body: bytes = field(repr=False)
    whole: bool


async def look(http: Http, url: str, *, most: int, allow_private: bool, route: str = "default") -> Looked:
    """Opens the file with GET (a presigned address allows no HEAD) and reads at most `most` bytes of it.

    Redirects are followed as for results: within http(s), to public addresses only unless `allow_private`. Raises
    ProviderError: `result_link_dead` where there is none, `result_address` for one that is not fetched from,
    `connect_timeout` where it takes too long, or what is wrong with the way.
    """
    try:
        async with (
            asyncio.timeout(SECONDS),
            http.download(url, allow_private=allow_private, route=route) as stream,
        ):
            body = bytearray()
            whole = False
            if most:
                async for chunk in stream.chunks():
                    body += chunk
                    if len(body) > most:
                        break
                else:
                    whole = True
            mime = stream.content_type.split(";")[0].strip().lower()
            return Looked(stream.url, mime, stream.total, bytes(body[:most]), whole)
    except TimeoutError:
        failure = Failure(kind=FailureKind.NETWORK, code="connect_timeout", args={"host": ""}, action=Action.RETRY)
        raise ProviderError(failure, Sent.AMBIGUOUS, transient=True) from None
