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


async def look(
    http: Http, url: str, *, most: int, allow_private: bool, route: str = "default", seconds: float = SECONDS
) -> Looked:
    """Opens the file with GET (a presigned address allows no HEAD) and reads at most `most` bytes of it, for at most
    `seconds`; what has come by then is answered.

    Redirects are followed as for results: within http(s), to public addresses only unless `allow_private`. Raises
    ProviderError: `result_link_dead` where there is none, `result_address` for one that is not fetched from,
    `connect_timeout` where it takes too long, or what is wrong with the way.
    """
    body, whole, found = bytearray(), False, None
    try:
        async with asyncio.timeout(seconds), http.download(url, allow_private=allow_private, route=route) as stream:
            found = stream
            if most:
                async for chunk in stream.chunks():
                    body += chunk
                    if len(body) > most:
                        break
                else:
                    whole = True
    except TimeoutError:
        if found is None or not body:
            raise _late() from None
    mime = found.content_type.split(";")[0].strip().lower()
    return Looked(found.url, mime, found.total, bytes(body[:most]), whole)


def _late() -> ProviderError:
    failure = Failure(kind=FailureKind.NETWORK, code="connect_timeout", args={"host": ""}, action=Action.RETRY)
    return ProviderError(failure, Sent.AMBIGUOUS, transient=True)
