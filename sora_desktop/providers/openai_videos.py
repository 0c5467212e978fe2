"""Servers that speak `/v1/videos`: a studio's own cluster, a gateway. Source of every rule: contract, openai_videos.

There is no idempotency key anywhere: a create whose answer was lost is never repeated; where the server lists its
tasks, the list tells what became of it. What a server can do beyond create, retrieve and content stands in `Server`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sora_desktop.core.accounts import is_private_host, origin_of
from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.params import Scalar, as_text, wire_values
from sora_desktop.core.references import Reference, ReferenceRule, SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.servers import Form as Travel
from sora_desktop.core.servers import Server
from sora_desktop.providers.answers import (
    Answer,
    Record,
    first,
    identifier,
    items,
    moment,
    one_of,
    plain,
    record,
    segment,
    unwrap,
)
from sora_desktop.providers.base import (
    Attachment,
    Check,
    Connection,
    Listing,
    Progress,
    RemoteStatus,
    RemoteTask,
    Stamp,
)
from sora_desktop.providers.origin import secrets_of
from sora_desktop.providers.refusals import (
    CREDITS,
    KEY_REJECTED,
    NOT_FOUND_TASK,
    REFUSED,
    About,
    Meaning,
    broken,
    paid,
    problem,
    said_in,
)
from sora_desktop.providers.tasks import Words, no_such_task, read_task
from sora_desktop.providers.uploads import Form

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

WORDS = Words(
    queued=frozenset({"queued", "pending", "submitted", "created"}),
    processing=frozenset({"in_progress", "processing", "running", "generating"}),
    succeeded=frozenset({"completed", "succeeded", "success"}),
    failed=frozenset({"failed", "error", "cancelled", "canceled", "expired"}),
    created=("created_at", "createdAt", "created"),
    urls=("video_url", "url", "result", "results", "unsigned_urls", "urls", "output", "metadata"),
)

CODES: dict[str, Meaning] = {
    "invalid_api_key": KEY_REJECTED,
    "insufficient_quota": CREDITS,
    "insufficient_user_quota": CREDITS,
    "billing_hard_limit_reached": CREDITS,
    "moderation_blocked": REFUSED,
    "content_policy_violation": REFUSED,
    "video_not_found": NOT_FOUND_TASK,
    "task_not_exist": NOT_FOUND_TASK,
}
"""Error codes that gateways of this kind use; their status is often another one (403 or 429 for missing credits)."""

NO_KEY = Meaning(FailureKind.KEY, "key_missing", Action.KEY)
IDS = ("id", "task_id", "taskId", "video_id")
ABSENT = re.compile(r"required|missing|empty|expecting")
"""Words of a refusal of nothing at all."""
MODEL_IDS = ("id", "model", "name")
MOST_LISTED = 5000
"""Entries of a list of models that are read."""
LISTED = 100
"""Tasks that are asked for in a list: the most that servers of this kind give at once."""


def root_of(base_url: str, prefix: str) -> str:
    """A base URL without the ends of the calls, which people paste with it: `/v1/videos`, `/v1`."""
    base = base_url.rstrip("/").removesuffix("/videos")
    return base.removesuffix(clean_prefix(prefix)).rstrip("/")


def clean_prefix(prefix: str) -> str:
    """`/v1` for "v1/" and the like; empty stays empty."""
    inner = prefix.strip("/")
    return f"/{inner}" if inner else ""


def rooted(connection: Connection, prefix: str) -> Connection:
    """The connection with the base that the calls are put behind."""
    return dataclasses.replace(connection, base_url=root_of(connection.base_url, prefix))


class OpenAIVideos:
    """The dialect (see `base.Dialect`) as one server speaks it."""

    def __init__(self, http: Http, server: Server, learned: dict[str, Travel] | None = None) -> None:
        """`learned` remembers by base URL how a create travels, where the server refused the form that is known."""
        self._http = http
        self._learned = {} if learned is None else learned
        self._server = server
        self._videos = f"{clean_prefix(server.prefix)}/videos"

    def body(self, model: Model, request: GenerationRequest, intent: str, references: Sequence[SentReference]) -> bytes:
        """The create call's fields as JSON, also where they travel as a form. Files are not part of it."""
        body: dict[str, object] = {"model": model.id, "prompt": request.prompt}
        body.update(wire_values(model.params, request.values))
        urls = [reference.url for reference in references if reference.url]
        if urls:
            rule = model.references or ReferenceRule(field=self._server.reference_field)
            body[rule.field] = urls[0] if rule.max_count == 1 else urls
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        """Starts a task; with files, or where the server takes nothing else, as multipart. See `base.Dialect`."""
        place = rooted(connection, self._server.prefix)
        form = Travel.MULTIPART if files else self._learned.get(place.base_url, self._server.form)
        answer = await paid(self._post(place, form, body, files))
        task = unwrap(answer.record(), *IDS)
        if answer.ok and identifier(first(task, *IDS)):
            return self._task(answer, task, place)
        if answer.ok or _may_hide_a_task(answer):
            raise broken(answer, About.CREATE, keys=secrets_of(connection))
        error = self._problem(answer, About.CREATE, connection)
        if _unread(answer) and not files:
            # Not sent again by itself: whoever passed the request on may have asked twice. The next one goes otherwise.
            self._learned[place.base_url] = Travel.JSON if form is Travel.MULTIPART else Travel.MULTIPART
            failure = error.failure.model_copy(update={"code": "form_refused", "args": {}, "action": Action.RETRY})
            raise ProviderError(failure, Sent.REFUSED)
        raise _with_field(error, body)

    async def _post(self, place: Connection, form: Travel, body: bytes, files: Sequence[Attachment]) -> Answer:
        if form is Travel.MULTIPART:
            return await self._http.call(place, "POST", self._videos, upload=Form(_fields(body), files))
        return await self._http.call(place, "POST", self._videos, json_body=body)

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        """The task as it is now."""
        part = segment(remote_id)
        if not part:
            raise no_such_task()
        place = rooted(connection, self._server.prefix)
        answer = await self._http.call(place, "GET", f"{self._videos}/{part}")
        task = unwrap(answer.record(), *IDS, "status")
        if not answer.ok or (said_in(answer.record()).code in CODES and "status" not in task):
            raise self._problem(answer, About.TASK, connection)
        return self._task(answer, task, place, asked=remote_id)

    async def balance(self, connection: Connection) -> None:
        """None: the protocol has no such call."""

    async def check(self, connection: Connection) -> Check:
        """Reads the models, or the tasks where there is no such list: both are free.

        Verified where the same call fails without the key, or where there is no key.
        """
        place = rooted(connection, self._server.prefix)
        paths = (f"{clean_prefix(self._server.prefix)}/models", f"{self._videos}?limit=1")
        answer = await self._http.call(place, "GET", paths[0])
        path = paths[0]
        if answer.status in {404, 405, 501}:
            path = paths[1]
            answer = await self._http.call(place, "GET", path)
        found = entries(answer)
        if not answer.ok:
            raise self._problem(answer, About.CALL, connection)
        if found is None:
            raise broken(answer, About.CALL, keys=secrets_of(connection))
        verified = not connection.key
        if connection.key:
            bare = await self._http.call(dataclasses.replace(place, key=""), "GET", path)
            # LiteLLM breaks with a 500 there.
            verified = bare.status not in {404, 408, 429} and 400 <= bare.status <= 500
        if path != paths[0]:
            return Check(answer.status, answer.milliseconds, verified=verified)
        return Check(answer.status, answer.milliseconds, models=len(found), verified=verified, named=named(found))

    async def upload(
        self, connection: Connection, model: Model, reference: Reference, file: Path, progress: Progress
    ) -> SentReference:
        """There is no call for files alone: they travel with the create call."""
        args = {"name": reference.name or file.name}
        failure = Failure(
            kind=FailureKind.REFUSED, code="reference_needs_url", args=args, action=Action.EDIT, field="references"
        )
        raise ProviderError(failure, Sent.REFUSED)

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> None:
        """None: a server's models are what stands in its file, which the check of the server writes."""

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        """Empty: no list is kept."""
        return Listing()

    async def tasks(self, connection: Connection) -> tuple[RemoteTask, ...] | None:
        """The newest tasks; None where the server has no list. `created_at` is by our own clock."""
        if not self._server.lists_tasks:
            return None
        place = rooted(connection, self._server.prefix)
        answer = await self._http.call(place, "GET", f"{self._videos}?limit={LISTED}&order=desc")
        if not answer.ok:
            raise self._problem(answer, About.CALL, connection)
        found = entries(answer)
        if found is None:
            raise broken(answer, About.CALL, keys=secrets_of(connection))
        ahead = self._http.clock() - (_date(answer) or self._http.clock())
        return tuple(task for entry in found[: 10 * LISTED] if (task := self._entry(answer, entry, place, ahead)))

    def _entry(self, answer: Answer, entry: object, place: Connection, ahead: float) -> RemoteTask | None:
        inner = record(entry)
        if not identifier(first(inner, *IDS)):
            return None
        try:
            task = self._task(answer, inner, place)
        except ProviderError:
            return None
        created = None if task.created_at is None else task.created_at + ahead
        echo = {key: as_text(value) for key, value in inner.items() if isinstance(value, (str, int, float))}
        return dataclasses.replace(task, created_at=created, echo=echo)

    def _task(self, answer: Answer, told: Record, place: Connection, asked: str = "") -> RemoteTask:
        if "id" not in told and told.get("video_id") is not None:
            told = {**told, "id": told["video_id"]}
        task = read_task(answer, told, WORDS, codes=CODES, keys=secrets_of(place), asked=asked)
        urls, failure = task.urls, task.failure
        if task.status is RemoteStatus.SUCCEEDED:
            content = f"{place.base_url}{self._videos}/{segment(task.id)}/content"
            urls = (*(url for url in urls if _can_be_meant(url, place.base_url)), content)
        if failure is not None and not failure.detail:
            failure = failure.model_copy(update={"detail": plain(told.get("status"), 40)})
        return dataclasses.replace(task, urls=urls, failure=failure, expires_at=moment(told.get("expires_at")))

    def _problem(self, answer: Answer, about: About, connection: Connection) -> ProviderError:
        error = problem(answer, about, now=self._http.clock(), keys=secrets_of(connection), codes=CODES)
        if answer.status == 401 and not connection.key:
            update = {"kind": NO_KEY.kind, "code": NO_KEY.code, "action": NO_KEY.action}
            error.failure = error.failure.model_copy(update=update)
        return error


def entries(answer: Answer) -> list[object] | None:
    """The entries of a list, however it is wrapped; None where the answer is none."""
    told = answer.json()
    for _ in range(3):
        found = items(told)
        if found or told == []:
            return found
        told = first(record(told), "data", "videos", "items", "results", "models")
    return [] if told == [] else None


def named(listed: Sequence[object]) -> frozenset[str]:
    """The ids of the models in a list; none where it is so long that not all of it is read."""
    told = listed if len(listed) <= MOST_LISTED else ()
    return frozenset(identifier(first(record(entry), *MODEL_IDS)) for entry in told) - {""}


def _unread(answer: Answer) -> bool:
    """Whether a create was refused because of its content type: said so, or by a framework that read no field."""
    if answer.status == 415:
        return True
    told = said_in(answer.record())
    return answer.status == 422 and told.field == "prompt" and told.code == "missing"


def _may_hide_a_task(answer: Answer) -> bool:
    """Whether a refusal may be that of a repeat, of a task that was accepted before.

    LiteLLM repeats a create whose connection broke, and without its body: the server behind it refuses that for its
    form or for the prompt that is missing, and it passes this on.
    """
    if not any(name.startswith("x-litellm-") for name in answer.headers):
        return False
    words = said_in(answer.record()).message.lower()
    empty = answer.status in {400, 422} and ("prompt" in words or "body" in words) and ABSENT.search(words) is not None
    return _unread(answer) or answer.status == 503 or empty


def _fields(body: bytes) -> Mapping[str, str]:
    """The stored fields as those of a form. Lists and objects, which no parameter makes, stay JSON."""
    values: dict[str, Scalar | list[object] | Record] = record(json.loads(body))
    return {
        key: json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else as_text(value)
        for key, value in values.items()
    }


def _can_be_meant(url: str, base_url: str) -> bool:
    """Whether a result's address can be one for us: a server behind a gateway names addresses of its own network."""
    if origin_of(url) == origin_of(base_url):
        return True
    host, base = urlsplit(url).hostname or "", urlsplit(base_url).hostname or ""
    return not is_private_host(host) or is_private_host(base)


def _date(answer: Answer) -> float | None:
    """The server's own clock, in Unix seconds, where it tells it."""
    try:
        return parsedate_to_datetime(answer.header("date")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _with_field(error: ProviderError, body: bytes) -> ProviderError:
    """The error with the field of ours that it is about, so that the face can mark it: named, or the only one said."""
    if error.failure.kind is not FailureKind.REFUSED:
        return error
    names = [*record(json.loads(body)), "input_reference"]
    field = one_of(names, error.failure.field) or one_of(names, error.failure.detail)
    field = "references" if field == "input_reference" else field
    failure = error.failure.model_copy(update={"field": field})
    return ProviderError(failure, error.sent, retry_after=error.retry_after, transient=error.transient)
