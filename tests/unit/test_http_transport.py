"""Every exception of httpx has a meaning, and none is called "not sent" that may have been."""

from __future__ import annotations

import errno
import socket
import ssl

import httpcore
import httpx
import pytest

from sora_desktop.core.errors import FailureKind, Sent
from sora_desktop.core.sentences import SENTENCES
from sora_desktop.providers.transport import AFTER, BEFORE, Flight, ForbiddenAddress, known, way_failure


def tree(kind: type[BaseException]) -> set[type[BaseException]]:
    found = {kind}
    for child in kind.__subclasses__():
        found |= tree(child)
    return {one for one in found if one.__module__.startswith("httpx")}


HTTPX = sorted(
    tree(httpx.HTTPError) | tree(httpx.StreamError) | {httpx.InvalidURL, httpx.CookieConflict},
    key=lambda kind: kind.__name__,
)


def made(kind: type[BaseException]) -> BaseException:
    error = kind.__new__(kind)
    Exception.__init__(error, "words")
    return error


def public_exceptions() -> set[type[BaseException]]:
    return {thing for thing in vars(httpx).values() if isinstance(thing, type) and issubclass(thing, BaseException)}


def test_the_tree_is_all_that_httpx_publishes():
    assert public_exceptions() == set(HTTPX)


def test_the_two_tables_are_the_tree():
    assert {kind.__name__ for kind in HTTPX} == set(BEFORE) | AFTER
    assert not set(BEFORE) & AFTER


@pytest.mark.parametrize("kind", HTTPX, ids=lambda kind: kind.__name__)
def test_each_is_ambiguous_once_a_byte_has_left(kind: type[BaseException]):
    flight = Flight()
    flight.watched = flight.left = True
    problem = way_failure(made(kind), flight, host="h")
    assert (problem.sent, problem.failure.code, problem.transient) == (Sent.AMBIGUOUS, "answer_lost", True)


@pytest.mark.parametrize("kind", HTTPX, ids=lambda kind: kind.__name__)
def test_each_without_a_trace_goes_by_its_class(kind: type[BaseException]):
    problem = way_failure(made(kind), Flight(), host="h")
    assert problem.sent is (Sent.NOT_SENT if kind.__name__ in BEFORE else Sent.AMBIGUOUS)
    assert problem.failure.code in SENTENCES


@pytest.mark.parametrize("kind", HTTPX, ids=lambda kind: kind.__name__)
def test_each_is_not_sent_where_the_trace_saw_that_nothing_left(kind: type[BaseException]):
    flight = Flight()
    flight.watched = True
    assert way_failure(made(kind), flight, host="h").sent is Sent.NOT_SENT


def test_a_later_subclass_is_taken_for_its_parent():
    class Later(httpx.ReadError): ...

    assert known(Later("x")) == "ReadError"


def test_what_nobody_knows_is_ambiguous_and_logged_without_its_words(caplog: pytest.LogCaptureFixture):
    problem = way_failure(RuntimeError("with sk-secret-123456"), Flight(), host="h", keys=["sk-secret-123456"])
    assert problem.sent is Sent.AMBIGUOUS
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text + problem.failure.detail


CAUSES = [
    (socket.gaierror(socket.EAI_NONAME, "no such name"), "dns_failed"),
    (socket.gaierror(socket.EAI_AGAIN, "try again"), "offline"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "connect_refused"),
    (OSError(errno.ENETUNREACH, "no network"), "offline"),
    (OSError(errno.EHOSTUNREACH, "no route"), "offline"),
    (ssl.SSLCertVerificationError("self-signed"), "tls_failed"),
    (ForbiddenAddress("h"), "result_address"),
    (OSError("whatever"), "connect_refused"),
]


@pytest.mark.parametrize(("cause", "code"), CAUSES, ids=lambda value: str(value))
@pytest.mark.parametrize("grouped", [False, True])
def test_a_connect_error_is_named_by_its_cause(cause: Exception, code: str, grouped: bool):
    try:
        try:
            try:
                raise ExceptionGroup("attempts", [cause]) if grouped else cause
            except Exception as first:
                raise httpcore.ConnectError("all attempts failed") from first
        except httpcore.ConnectError as second:
            raise httpx.ConnectError("all attempts failed") from second
    except httpx.ConnectError as error:
        problem = way_failure(error, Flight(), host="api.example:1")
    assert (problem.failure.code, problem.sent) == (code, Sent.NOT_SENT)
    assert problem.failure.args["host"] == "api.example:1"
    assert problem.transient is (code != "result_address")


async def test_a_connect_to_a_proxy_is_not_the_request():
    flight = Flight()
    connect = httpcore.Request("CONNECT", "http://proxy/")
    await flight.trace("http11.send_request_headers.started", {"request": connect})
    await flight.trace("http11.receive_response_headers.complete", {"return_value": (b"HTTP/1.1", 200, b"OK", [])})
    assert (flight.watched, flight.left, flight.status) == (True, False, None)
    await flight.trace("http11.send_request_headers.started", {"request": httpcore.Request("POST", "http://h/")})
    await flight.trace("http11.receive_response_headers.complete", {"return_value": (b"HTTP/1.1", 302, b"", [])})
    assert (flight.left, flight.status) == (True, 302)
    problem = way_failure(httpx.RemoteProtocolError("bad Location"), flight, host="h")
    assert (problem.failure.code, problem.sent, problem.failure.kind) == (
        "redirected",
        Sent.REFUSED,
        FailureKind.NETWORK,
    )
