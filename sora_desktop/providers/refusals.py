"""What an answer that is no success means: who must act, what was said, whether a paid task may have been started.

The HTTP status is read first, a published error code goes before it where the contract says that the code is the
contract, and the service's own words are kept as plain text. Forms of errors that occur:

    {"error": {"code", "message", "requestId"}}    {"error": "text"}    {"message": "text"}
    {"code": n, "msg": "text"}    an HTML page of a gateway, plain text, nothing at all
"""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.answers import (
    Answer,
    Record,
    first,
    items,
    number,
    plain,
    record,
    retry_after,
    told,
)

UNDECIDED = frozenset({408, 425, 499})
"""4xx that say nothing about the request itself: a time-out, "too early", a gateway whose client went away."""
PASSING = frozenset({408, 425, 429, 499})
"""4xx that may be over in a moment."""
MOST_PAGE = 20_000
"""Characters of an HTML page that are looked at."""
REFUSING = frozenset({400, 401, 402, 403, 404, 422, 429})
"""The `code` of a published `{"code": n, "msg": "text"}` that says, inside a 200, that nothing was started."""


class About(Enum):
    """What was asked for, which decides what a 404 means and whether money is in it."""

    CREATE = auto()
    TASK = auto()
    CALL = auto()


@dataclass(frozen=True, slots=True)
class Meaning:
    """Who must act on an error, and how."""

    kind: FailureKind
    code: str
    action: Action = Action.NONE
    transient: bool = False


Codes = Mapping[str, Meaning]

NOT_FOUND_TASK = Meaning(FailureKind.NOT_FOUND, "not_found", Action.CHECK)
NOT_FOUND_CALL = Meaning(FailureKind.NOT_FOUND, "not_found_call", Action.KEY)
KEY_REJECTED = Meaning(FailureKind.KEY, "key_rejected", Action.KEY)
REFUSED = Meaning(FailureKind.REFUSED, "refused", Action.EDIT)
RATE = Meaning(FailureKind.RATE, "rate_limited", Action.RETRY, transient=True)
CREDITS = Meaning(FailureKind.CREDITS, "credits_short", Action.TOP_UP)
SERVER = Meaning(FailureKind.SERVER, "service_error", Action.RETRY, transient=True)
CLOSED = Meaning(FailureKind.SERVER, "service_closed", Action.RETRY, transient=True)
BROKEN = Meaning(FailureKind.SERVER, "answer_broken", Action.RETRY, transient=True)


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of its error. `structured`: it came in one of the JSON forms, so the service itself spoke."""

    code: str = ""
    message: str = ""
    request_id: str = ""
    field: str = ""
    structured: bool = False
    page: bool = False


def said(answer: Answer, keys: Iterable[str] = ()) -> Said:
    """Everything an error answer says, as bounded plain text without the account's key."""
    body = answer.record()
    request_id = request_id_of(answer, body)
    if body:
        return replace(said_in(body, keys), request_id=request_id)
    text = answer.text()
    if text.lstrip()[:1] == "<" or "html" in answer.header("content-type"):
        return Said(message=page_text(text, keys), request_id=request_id, page=True)
    return Said(message=told(answer.json(), keys) or told(text, keys), request_id=request_id)


def said_in(body: Record, keys: Iterable[str] = ()) -> Said:
    """The error in a JSON object, in any of its forms."""
    error = first(body, "error", "errors", "detail")
    error = items(error)[0] if items(error) else error
    inner = record(error)
    message = told(first(inner, "message", "msg", "detail", "reason") if inner else error, keys)
    message = message or told(first(body, "message", "msg", "error_description", "reason"), keys)
    code = told(first(inner or body, "code", "type", "error_code", "errorCode"), keys, 80)
    speaks = error is not None or first(body, "message", "msg") is not None
    structured = speaks and bool(message or code)
    return Said(code=code, message=message, field=_field(inner or body), structured=structured)


def inner_status(answer: Answer) -> int | None:
    """The refusal inside a 200: the `code` of a body in a published error form that holds no task."""
    body: Record = answer.record()
    if not answer.ok or record(body.get("data")) or not said_in(body).structured:
        return None
    code = number(first(record(body.get("error")) or body, "code", "status"))
    return int(code) if code is not None and code in REFUSING else None


def request_id_of(answer: Answer, body: Record) -> str:
    """The service's own name for this call, from its body or its headers; empty where it gave none."""
    for source in (record(body.get("error")), body):
        found = plain(first(source, "requestId", "request_id", "requestID", "trace_id"), 200)
        if found:
            return found
    names = ("x-request-id", "request-id", "x-requestid", "x-trace-id", "x-amzn-requestid", "cf-ray")
    return next((plain(answer.header(name), 200) for name in names if answer.header(name)), "")


def _field(error: Record) -> str:
    """The name of the field that an error marks, where it does so under one of the usual keys."""
    details = first(error, "details", "issues", "errors")
    for source in (error, record(items(details)[0] if items(details) else details)):
        place = first(source, "field", "param", "parameter", "path", "loc")
        names = [name for name in items(place) if isinstance(name, str)]
        name = plain(names[-1] if names else place)
        if re.fullmatch(r"[A-Za-z_][\w.\[\]-]{0,79}", name):
            return name
    return ""


def page_text(text: str, keys: Iterable[str] = ()) -> str:
    """What an HTML page says: its title, else its heading, else its first words; plain text, no markup."""
    if len(text) > MOST_PAGE:  # Cut where no word is: half a key would not be known for one.
        text = text[: max(text.rfind(mark, 0, MOST_PAGE) for mark in " \n\t<>") + 1]
    for tag in ("title", "h1"):
        words = _unmarked(_inside(text, tag), keys)
        if words:
            return words
    return _unmarked(re.sub(r"<(script|style)\b.*?(</\1\s*>|$)", " ", text, flags=re.IGNORECASE | re.DOTALL), keys)


def _inside(text: str, tag: str) -> str:
    """What the first `tag` holds. Three searches: one pattern over all would take quadratic time on a hostile page."""
    opening = re.search(rf"(?i)<{tag}\b", text)
    start = text.find(">", opening.end()) + 1 if opening else 0
    closing = re.compile(rf"(?i)</{tag}\s*>").search(text, start) if start else None
    return text[start : closing.start()] if closing else ""


def _unmarked(markup: str, keys: Iterable[str]) -> str:
    return told(html.unescape(re.sub(r"<[^>]*>?", " ", markup)), keys)


def by_status(status: int, about: About, *, page: bool = False) -> Meaning:
    """What a status means where no published code says more."""
    match status:
        case 401:
            return KEY_REJECTED
        case 402:
            return CREDITS
        case 403:
            # A gateway's page about a blocked address says nothing about the key.
            return Meaning(FailureKind.SERVER, "service_error", Action.RETRY) if page else KEY_REJECTED
        case 404 | 410:
            return NOT_FOUND_TASK if about is About.TASK and not page else NOT_FOUND_CALL
        case 405 | 501:
            return NOT_FOUND_CALL
        case 429:
            return RATE
        case _ if status >= 500 or status in UNDECIDED:
            return SERVER
        case _ if 300 <= status < 400:
            return Meaning(FailureKind.NETWORK, "redirected", Action.KEY)
        case _ if 400 <= status < 500:
            return REFUSED
        case _:
            return BROKEN


def accepted(status: int) -> Sent:
    """Whether a call answered with `status` may have been accepted, by the status alone."""
    return Sent.REFUSED if 300 <= status < 500 and status not in UNDECIDED else Sent.AMBIGUOUS


_BETWEEN = re.compile(
    r"(?i)time.?d?.?out|upstream|gateway|reset|disconnect|peer|proxy|^service (is )?(temporarily )?unavailable\W*$"
    r"|^internal server error\W*$"
)
"""Words of the machines in between: they do not know whether the service behind them took the request."""


def refuses(answer: Answer, words: Said, codes: Codes) -> bool:
    """Whether the answer to a create says that nothing was started.

    4xx do (without the undecided ones), a published code does whatever the status, and a 503 does where the service
    itself gives a reason in one of the published forms. Every other 5xx, page or empty body leaves it open.
    """
    if words.code in codes or accepted(answer.status) is Sent.REFUSED:
        return True
    own_words = words.structured and bool(words.message) and not _BETWEEN.search(words.message)
    return answer.status == 503 and own_words


def problem(
    answer: Answer,
    about: About,
    *,
    now: float,
    keys: Iterable[str] = (),
    codes: Codes | None = None,
    status: int | None = None,
) -> ProviderError:
    """The error that `answer` stands for. `status` replaces its own where a body inside a 200 names another one."""
    codes = codes or {}
    words = said(answer, keys)
    code = answer.status if status is None else status
    published = codes.get(words.code)
    meaning = published or by_status(code, about, page=words.page)
    if about is not About.TASK and meaning == NOT_FOUND_TASK:
        meaning = NOT_FOUND_CALL
    if answer.status == 503 and published is None and words.structured:
        meaning = CLOSED
    sent = Sent.REFUSED if refuses(answer, words, codes) or accepted(code) is Sent.REFUSED else Sent.AMBIGUOUS
    open_money = about is About.CREATE and (sent is Sent.AMBIGUOUS or meaning.kind is FailureKind.CONFLICT)
    failure = Failure(
        kind=meaning.kind,
        code=meaning.code,
        args={"status": str(answer.status)},
        action=meaning.action,
        detail=words.message,
        field=words.field,
        request_id=words.request_id,
        http_status=answer.status,
        billed=Billed.MAYBE if open_money else Billed.NO,
    )
    wish = retry_after(answer.headers, now)
    return ProviderError(failure, sent, retry_after=wish, transient=meaning.transient or code in PASSING)


async def paid(call: Awaitable[Answer]) -> Answer:
    """The answer of a create call; where it was lost, the error says that money may be in it."""
    try:
        return await call
    except ProviderError as error:
        if error.sent is not Sent.AMBIGUOUS:
            raise
        error.failure = error.failure.model_copy(update={"billed": Billed.MAYBE})
        raise


def broken(answer: Answer, about: About, *, keys: Iterable[str] = ()) -> ProviderError:
    """A success that cannot be read. A create may well have been accepted."""
    words = said(answer, keys)
    failure = Failure(
        kind=FailureKind.SERVER,
        code="answer_broken",
        action=Action.RETRY,
        detail=words.message,
        request_id=words.request_id,
        http_status=answer.status,
        billed=Billed.MAYBE if about is About.CREATE else Billed.NO,
    )
    return ProviderError(failure, Sent.AMBIGUOUS, transient=True)


_ABSENT = re.compile(
    r"(?i)no (such )?model|not found|unknown|unsupported|not supported|invalid model|not exist|n.t exist|no longer"
    r"|removed|retired|discontinued|deprecated|不存在|下线|已停用"
)


def says_model_gone(failure: Failure, model_id: str) -> bool:
    """Whether a refused create says that the service has no such model. A 404 without the word is about the address."""
    words = failure.detail
    about_model = failure.field == "model" or model_id in words or bool(re.search(r"(?i)\bmodel\b|模型", words))
    if failure.kind is FailureKind.NOT_FOUND:
        return about_model
    return failure.kind is FailureKind.REFUSED and about_model and bool(_ABSENT.search(words))


_CONTENT = re.compile(
    r"(?i)polic|moderat|safety|violat|prohibit|inappropriate|sensitive|copyright|not allowed|real (person|people)"
    r"|敏感|违规|违反|审核|不合规|真人"
)


def failed_task(words: Said, final: float | None, codes: Codes | None = None) -> Failure:
    """The failure of a task that was accepted and did not come to a clip. `final` is what it cost, None if not told."""
    known = (codes or {}).get(words.code)
    # A task that has ended does not go on by itself, whatever the code means elsewhere.
    if known is not None and known.kind in {FailureKind.CREDITS, FailureKind.REFUSED, FailureKind.KEY}:
        kind, code, action = known.kind, known.code, known.action
    elif _CONTENT.search(words.message):
        kind, code, action = FailureKind.REFUSED, "generation_failed", Action.EDIT
    else:
        kind, code, action = FailureKind.SERVER, "generation_failed", Action.RETRY
    billed = Billed.MAYBE if final is None else Billed.YES if final > 0 else Billed.NO
    return Failure(
        kind=kind, code=code, action=action, detail=words.message, request_id=words.request_id, billed=billed
    )
