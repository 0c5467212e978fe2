"""The way to a service: how far a request came, and what a broken one means. Knows httpx's errors by name only."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol, cast

from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.answers import told

log = logging.getLogger(__name__)

PROXY_LOGIN = 407


class ForbiddenAddress(Exception):
    """A host that is, or resolves to, an address of this machine or its network, where that is not allowed."""


class Step(StrEnum):
    """The steps of a call, in their order. With a proxy TCP and all that leads up to the proxy's consent is PROXY."""

    ADDRESS = "address"
    DNS = "dns"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    HTTP = "http"
    KEY = "key"


class Flight:
    """How far one request came, told by httpcore itself through the `trace` extension.

    `left` turns true before the first byte of the request is written; a CONNECT to a proxy does not count. `proxy` is
    the host and port of the proxy it goes through, `asked` whether that was told where to connect to. `patience` are
    the seconds for the proxy's answer, counted on `limit`: httpcore sets no time for one that speaks SOCKS. `whole` are
    those for the head of the answer, which may come byte by byte.
    """

    def __init__(self, proxy: str = "", patience: float | None = None, whole: float | None = None) -> None:
        self.proxy = proxy
        self.watched = False
        self.left = False
        self.asked = False
        self.step = Step.TCP
        self.status: int | None = None
        self.limit: asyncio.Timeout | None = None
        self._patience = patience
        self._whole = whole
        self._stream: object = None

    async def trace(self, event: str, info: Mapping[str, object]) -> None:
        """The callback; httpcore awaits it at each step."""
        self.watched = True
        self._follow(event, info)
        if event == "socks.setup_socks5_connection.failed" and self._stream is not None:
            await cast("Stream", self._stream).aclose()  # httpcore would leave it to the garbage collector.
        if event.endswith(".send_request_headers.started"):
            self.left = self.left or getattr(info.get("request"), "method", b"") != b"CONNECT"
        elif self.left and event.endswith(".receive_response_headers.complete"):
            told = info.get("return_value")
            status = cast("tuple[object, ...]", told)[1:2] if isinstance(told, tuple) else ()
            self.status = next((value for value in status if isinstance(value, int)), None)

    def _follow(self, event: str, info: Mapping[str, object]) -> None:
        """Keeps the step, and the clock of the proxy's answer."""
        name, _, phase = event.rpartition(".")
        if name == "socks.connect_tcp" and phase == "complete":
            self._stream = info.get("return_value")
        tunnel = getattr(info.get("request"), "method", b"") == b"CONNECT"
        if phase == "started":
            if name.endswith((".connect_tcp", ".start_tls")):
                far = name in {"proxy.start_tls", "socks.start_tls"}
                tls = name.endswith(".start_tls")
                self.step = Step.TLS if far else Step.PROXY if self.proxy else Step.TLS if tls else Step.TCP
            elif name == "socks.setup_socks5_connection" or (name.endswith(".send_request_headers") and tunnel):
                self.step, self.asked = Step.PROXY, True
                self._set(self._patience)
            elif name.endswith(".send_request_headers"):
                self.step = Step.HTTP
        elif self.left and name.endswith(".send_request_body"):
            self._set(self._whole)
        elif (self.asked or self.left) and name.endswith((".setup_socks5_connection", ".receive_response_headers")):
            self._set(None)

    def _set(self, seconds: float | None) -> None:
        if self.limit is not None and not self.limit.expired():
            now = asyncio.get_running_loop().time()
            self.limit.reschedule(None if seconds is None else now + seconds)


class Stream(Protocol):
    """A connection of httpcore's."""

    async def aclose(self) -> None: ...


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


CERTIFICATE = {
    **dict.fromkeys((2, 18, 19, 20, 21, 24), "tls_unknown_ca"),
    **dict.fromkeys((9, 10), "tls_expired"),
    **dict.fromkeys((62, 64), "tls_name"),
}
"""Codes of X509_V_ERR_… (OpenSSL, x509_vfy.h), with the codes of their sentences."""
NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL"}
"""Reasons of OpenSSL when the other end speaks, but no TLS."""
NO_WAY = re.compile(r"^50[234]|could not connect")
"""What a proxy says that took the call and cannot reach its host: a status of CONNECT, or httpcore's word of SOCKS."""
NO_LOGIN = re.compile(r"^407|Invalid username|USERNAME/PASSWORD|NO ACCEPTABLE METHODS")


def way_code(error: BaseException, flight: Flight | None = None) -> str:
    """Why no connection came to be: the code of the sentence that names the cause as exactly as it is known."""
    name = known(error)
    proxied = flight is not None and flight.proxy and flight.watched and flight.step is Step.PROXY
    if flight is not None and proxied and flight.asked:
        late = isinstance(error, TimeoutError) or name.endswith("Timeout")
        return "proxy_unreachable" if late else _refused_by_proxy(str(error))
    if name == "ConnectTimeout" and proxied:
        return "proxy_unreachable"
    if name in BEFORE and name not in {"ConnectError", "ProxyError"}:
        return BEFORE[name]
    for cause in chain(error):
        if isinstance(cause, ForbiddenAddress):
            return "result_address"
        if isinstance(cause, OSError) and cause.errno in UNREACHABLE:
            return "offline"
        # EAI_AGAIN is what a machine without any network answers; a wrong name is EAI_NONAME.
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
            return "offline"
    if proxied:
        return "proxy_unreachable"
    for cause in chain(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_code(cause)
        if isinstance(cause, socket.gaierror):
            return "dns_failed"
    return BEFORE.get(name, "connect_refused")


def _refused_by_proxy(text: str) -> str:
    return "proxy_login" if NO_LOGIN.search(text) else "proxy_no_way" if NO_WAY.search(text) else "proxy_failed"


def _tls_code(error: ssl.SSLError) -> str:
    code = getattr(error, "verify_code", None)
    if isinstance(code, int) and code in CERTIFICATE:
        return CERTIFICATE[code]
    return "tls_none" if str(getattr(error, "reason", "")).upper() in NO_TLS else "tls_failed"


def _step(code: str, flight: Flight) -> Step:
    if code == "dns_failed":
        return Step.DNS
    return Step.PROXY if code.startswith("proxy_") else Step.HTTP if flight.left else flight.step


def way_failure(error: BaseException, flight: Flight, *, host: str, keys: Iterable[str] = ()) -> ProviderError:
    """What an exception of httpx (or of what it is built on) means for the caller.

    Nothing that is safe only if no byte left is called NOT_SENT unless the trace agrees. `args` of the failure hold
    the step ("step", a `Step`) and the proxy ("proxy", host and port, empty for none).
    """
    name = known(error)
    if not name and not isinstance(error, (OSError, EOFError)) and not flight.asked:
        log.error("an unknown error of the transport: %s", type(error).__name__)
    sent = Sent.NOT_SENT if not flight.left and (flight.watched or name in BEFORE) else Sent.AMBIGUOUS
    code = way_code(error, flight) if sent is Sent.NOT_SENT else "answer_lost"
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
        args={"host": host, "url": host, "proxy": flight.proxy, "step": _step(code, flight).value},
        action=action,
        detail=told(f"{type(error).__name__}: {error}".rstrip(": "), keys),
        http_status=flight.status,
    )
    return ProviderError(failure, sent, transient=code not in final)


def login_refused(proxy: str, host: str) -> ProviderError:
    """A plain http call that the proxy answered itself: it wants another login (RFC 9110, 407)."""
    args = {"host": host, "proxy": proxy, "step": Step.PROXY.value}
    failure = Failure(
        kind=FailureKind.NETWORK, code="proxy_login", args=args, action=Action.RETRY, http_status=PROXY_LOGIN
    )
    return ProviderError(failure, Sent.NOT_SENT, transient=True)


def redirected(status: int) -> ProviderError:
    """A redirect of a call: it is not followed with a key."""
    failure = Failure(kind=FailureKind.NETWORK, code="redirected", action=Action.KEY, http_status=status)
    return ProviderError(failure, Sent.REFUSED)


def unread(code: str, status: int) -> ProviderError:
    """An answer that came and could not be read: too large, or packed in a way that does not open."""
    failure = Failure(kind=FailureKind.SERVER, code=code, action=Action.RETRY, http_status=status)
    return ProviderError(failure, Sent.AMBIGUOUS, transient=True)
