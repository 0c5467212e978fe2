"""The way to a service: how far a request came, and what a broken one means. Knows httpx's errors by name only."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.answers import told

log = logging.getLogger(__name__)


class ForbiddenAddress(Exception):
    """A host that is, or resolves to, an address of this machine or its network, where that is not allowed."""


class Flight:
    """How far one request came, told by httpcore itself through the `trace` extension.

    `left` turns true before the first byte of the request is written; a CONNECT to a proxy does not count.
    """

    def __init__(self) -> None:
        self.watched = False
        self.left = False
        self.status: int | None = None

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        """The callback; httpcore awaits it at each step."""
        self.watched = True
        if event.endswith(".send_request_headers.started"):
            self.left = self.left or getattr(info.get("request"), "method", b"") != b"CONNECT"
        elif self.left and event.endswith(".receive_response_headers.complete"):
            told = info.get("return_value")
            status = cast("tuple[object, ...]", told)[1:2] if isinstance(told, tuple) else ()
            self.status = next((value for value in status if isinstance(value, int)), None)


BEFORE = {
    "ConnectTimeout": "connect_timeout",
    "PoolTimeout": "connect_timeout",
    "ConnectError": "connect_refused",
    "ProxyError": "proxy_failed",
    "UnsupportedProtocol": "url_invalid",
    "InvalidURL": "url_invalid",
    "LocalProtocolError": "unexpected",
}
"""httpx's errors that come before a byte has left, with the code of their sentence."""

AFTER = frozenset(
    {
        "ReadTimeout", "WriteTimeout", "TimeoutException", "ReadError", "WriteError", "CloseError", "NetworkError",
        "RemoteProtocolError", "ProtocolError", "TransportError", "DecodingError", "TooManyRedirects", "RequestError",
        "HTTPStatusError", "HTTPError", "StreamConsumed", "StreamClosed", "ResponseNotRead", "RequestNotRead",
        "StreamError", "CookieConflict",
    }
)  # fmt: skip
"""httpx's errors after which the request may have been taken."""

UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def known(error: BaseException) -> str:
    """The name under which `error` is in BEFORE or AFTER; empty for one that is in neither."""
    if isinstance(error, UnicodeError):
        return "InvalidURL"  # A host that is no name: idna's own error, which httpx lets through.
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((name for name in names if name in BEFORE or name in AFTER), "")


def chain(error: BaseException, depth: int = 0) -> Iterator[BaseException]:
    """`error`, its causes, and what groups among them hold."""
    yield error
    if depth > 8:
        return
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            yield from chain(part, depth + 1)  # pyright: ignore[reportUnknownArgumentType]
    before = error.__cause__ or error.__context__
    if before is not None:
        yield from chain(before, depth + 1)


def way_code(error: BaseException) -> str:
    """Why no connection came to be: the code of the sentence that names the cause as exactly as it is known."""
    name = known(error)
    if name in BEFORE and name != "ConnectError":
        return BEFORE[name]
    for cause in chain(error):
        if isinstance(cause, ForbiddenAddress):
            return "result_address"
        if isinstance(cause, ssl.SSLError):
            return "tls_failed"
        if isinstance(cause, socket.gaierror):
            # EAI_AGAIN is what a machine without any network answers; a wrong name is EAI_NONAME.
            return "offline" if cause.errno == socket.EAI_AGAIN else "dns_failed"
        if isinstance(cause, OSError) and cause.errno in UNREACHABLE:
            return "offline"
    return "connect_refused"


def way_failure(error: BaseException, flight: Flight, *, host: str, keys: Iterable[str] = ()) -> ProviderError:
    """What an exception of httpx (or of what it is built on) means for the caller.

    Nothing that is safe only if no byte left is called NOT_SENT unless the trace agrees.
    """
    name = known(error)
    if not name and not isinstance(error, (OSError, EOFError)):
        log.error("an unknown error of the transport: %s", type(error).__name__)
    sent = Sent.NOT_SENT if not flight.left and (flight.watched or name in BEFORE) else Sent.AMBIGUOUS
    code = way_code(error) if sent is Sent.NOT_SENT else "answer_lost"
    if flight.status is not None and 300 <= flight.status < 400:
        code, sent = "redirected", Sent.REFUSED
    final = {
        "url_invalid": (FailureKind.NETWORK, Action.KEY),
        "redirected": (FailureKind.NETWORK, Action.KEY),
        "unexpected": (FailureKind.BUG, Action.NONE),
        "result_address": (FailureKind.RESULT, Action.COLLECT),
    }
    kind, action = final.get(code, (FailureKind.NETWORK, Action.RETRY))
    failure = Failure(
        kind=kind,
        code=code,
        args={"host": host, "url": host},
        action=action,
        detail=told(f"{type(error).__name__}: {error}".rstrip(": "), keys),
        http_status=flight.status,
    )
    return ProviderError(failure, sent, transient=code not in final)


def redirected(status: int) -> ProviderError:
    """A redirect of a call: it is not followed with a key."""
    failure = Failure(kind=FailureKind.NETWORK, code="redirected", action=Action.KEY, http_status=status)
    return ProviderError(failure, Sent.REFUSED)


def unread(code: str, status: int) -> ProviderError:
    """An answer that came and could not be read: too large, or packed in a way that does not open."""
    failure = Failure(kind=FailureKind.SERVER, code=code, action=Action.RETRY, http_status=status)
    return ProviderError(failure, Sent.AMBIGUOUS, transient=True)
