"""A service that a file describes (`core.wire`). The same rules of money as in the dialects that are code.

A create whose answer was lost is never repeated unless the file names a documented idempotency header. Whether an
answer refused a request is read from the HTTP status, from a code that the file lists, or from a published error form
inside a 200; everything else leaves it open.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.params import wire_values
from sora_desktop.core.references import Reference, SentReference, placed
from sora_desktop.core.request import GenerationRequest, chosen_slots
from sora_desktop.core.wire import BalanceCall, Cause, Paths, WireForm, put
from sora_desktop.providers import jsonpaths
from sora_desktop.providers.answers import (
    Answer,
    Record,
    ahead,
    identifier,
    items,
    moment,
    number,
    one_of,
    plain,
    record,
    segment,
    web_urls,
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
from sora_desktop.providers.origin import key_header, secrets_of
from sora_desktop.providers.refusals import (
    CLOSED,
    CREDITS,
    KEY_REJECTED,
    NOT_FOUND_TASK,
    RATE,
    REFUSED,
    About,
    Codes,
    broken,
    by_status,
    inner_status,
    paid,
    problem,
    said_in,
)
from sora_desktop.providers.tasks import Words, no_such_task, read_task
from sora_desktop.providers.threads import in_thread

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

T = TypeVar("T")

NO_TASK = "sora-desktop-connection-test"
"""An id that no task has: where the file names no free call, asking for it shows whether the service answers."""
MAX_BODY = 1_000_000
"""Bytes of an answer that are looked through. No task is described in more."""
LARGE = 50_000
"""Bytes from which on an answer is looked through on a thread."""

CAUSES = {
    Cause.KEY: KEY_REJECTED,
    Cause.CREDITS: CREDITS,
    Cause.REFUSED: REFUSED,
    Cause.RATE: RATE,
    Cause.NOT_FOUND: NOT_FOUND_TASK,
    Cause.CLOSED: CLOSED,
}


class Described:
    """The dialect of one file (see `base.Dialect`)."""

    def __init__(self, http: Http, wire: WireForm) -> None:
        self._http = http
        self.wire = wire
        self._codes: Codes = {code: CAUSES[cause] for code, cause in wire.error.codes.items()}
        words = wire.task.words
        lower = [frozenset(word.strip().lower() for word in getattr(words, state)) for state in STATES]
        self._words = Words(
            *lower,
            reserved=("reserved",),
            final=("credits",),
            seconds=("seconds",),
            created=("created",),
            urls=("results",),
        )
        self._warm = False

    def body(self, model: Model, request: GenerationRequest, intent: str, references: Sequence[SentReference]) -> bytes:
        """The create call's bytes: fixed values first, then the request's in the order of the file."""
        create, rule = self.wire.create, model.references
        chosen = chosen_slots(model, request.values)
        values: dict[str, object] = dict(wire_values(model.params, request.values))
        if rule is not None:
            values.pop(rule.choice, None)
            values.update(placed(rule, references, chosen))
        body: dict[str, object] = {}
        for place, value in create.fixed.items():
            put(body, place, copy.deepcopy(value))
        for key, value in {"model": model.id, "prompt": request.prompt, "intent": intent, **values}.items():
            if place := create.place(key):
                put(body, place, value)
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        """Starts a task. See `base.Dialect.create`."""
        create = self.wire.create
        headers = {create.idempotency_header: intent} if create.idempotency_header else {}
        answer = await paid(self._call(connection, create.method, create.path, body, headers))
        task = await self._read(self._task, answer)
        if answer.ok and identifier(task.get("id")):
            return self._told(answer, task, connection)
        spoken, inner = await self._read(self._spoken, answer)
        if answer.ok and inner is None and said_in(spoken.record()).code not in self._codes:
            raise broken(spoken, About.CREATE, keys=secrets_of(connection))
        raise self._with_field(self._problem(spoken, About.CREATE, connection, inner), body)

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        """The task as it is now, with its result, which may take a call of its own."""
        answer = await self._asked(connection, remote_id)
        task = await self._read(self._task, answer)
        spoken, inner = await self._read(self._spoken, answer)
        refused = inner is not None or said_in(spoken.record()).code in self._codes
        if not answer.ok or (refused and task.get("status") is None):
            raise self._problem(spoken, About.TASK, connection, inner)
        found = self._told(answer, task, connection, asked=remote_id)
        if found.status is not RemoteStatus.SUCCEEDED or found.urls or self.wire.result is None:
            return found
        return replace(found, urls=await self._result(connection, remote_id))

    async def balance(self, connection: Connection) -> float | None:
        """The credits left, or None where the file names no call for them."""
        return (await self._credits(connection, self.wire.balance))[0] if self.wire.balance else None

    async def _credits(self, connection: Connection, form: BalanceCall) -> tuple[float, Answer]:
        answer = await self._free(connection, form.path)
        found = number(await self._read(lambda read: jsonpaths.one(form.value, _json(read)), answer))
        if found is None:
            raise broken(answer, About.CALL, keys=secrets_of(connection))
        return found, answer

    async def check(self, connection: Connection) -> Check:
        """The free calls that the file names, which prove the key; else the question for a task that does not exist.

        That one proves only that the service answers and does not refuse the key, so it is never `verified`.
        """
        wire = self.wire
        answer, balance = None, None
        if wire.check is not None:
            answer = await self._free(connection, wire.check.path)
        if wire.balance is not None:
            balance, answer = await self._credits(connection, wire.balance)
        if answer is not None:
            return Check(answer.status, answer.milliseconds, balance=balance)
        answer = await self._asked(connection, NO_TASK)
        spoken, inner = await self._read(self._spoken, answer)
        page = not isinstance(answer.json(), dict | list)
        if answer.ok and page:
            raise _elsewhere(answer, connection)
        meaning = self._codes.get(said_in(spoken.record()).code)
        refused = (inner or answer.status) in {401, 402, 403, 429}
        refused = refused or (meaning is not None and meaning.kind is not FailureKind.NOT_FOUND)
        if refused or page or not (answer.ok or answer.status in {400, 404, 422}):
            raise self._problem(spoken, About.CALL, connection, inner)
        return Check(answer.status, answer.milliseconds, verified=False)

    async def upload(
        self, connection: Connection, model: Model, reference: Reference, file: Path, progress: Progress
    ) -> SentReference:
        """There is no upload: described services take public URLs only."""
        args = {"name": reference.name or file.name}
        failure = Failure(
            kind=FailureKind.REFUSED, code="reference_needs_url", args=args, action=Action.EDIT, field="references"
        )
        raise ProviderError(failure, Sent.REFUSED)

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> None:
        """None: the models stand in the file."""

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        """Empty: there is no list to be kept."""
        return Listing()

    async def tasks(self, connection: Connection) -> tuple[RemoteTask, ...] | None:
        """The newest tasks, or None where the file names no list. Entries without an id are passed over."""
        form = self.wire.tasks
        if form is None:
            return None
        answer = await self._free(connection, form.path)
        names = ("id", "status", "created", "prompt", "model")
        places: dict[str, Paths] = {name: getattr(form, name) for name in names}

        def entries(read: Answer) -> list[Record]:
            found = jsonpaths.found(form.items, _json(read))
            inner = items(found[0]) if len(found) == 1 else []
            return [_picked(entry, places) for entry in inner or found]

        ahead_by = ahead(answer.headers, self._http.clock())
        found = [entry for entry in await self._read(entries, answer) if identifier(entry["id"])]
        return tuple(self._listed(answer, entry, connection, ahead_by) for entry in found)

    def _listed(self, answer: Answer, entry: Record, connection: Connection, ahead_by: float) -> RemoteTask:
        task = self._told(answer, entry, connection)
        created = None if task.created_at is None else task.created_at + ahead_by
        echo = {name: value for name in ("prompt", "model") if isinstance(value := entry[name], str)}
        return replace(task, created_at=created, echo=echo)

    async def _result(self, connection: Connection, remote_id: str) -> tuple[str, ...]:
        form = self.wire.result
        if form is None:
            return ()
        answer = await self._free(connection, _filled(form.path, remote_id), About.TASK)
        return web_urls(await self._read(lambda read: jsonpaths.found(form.results, _json(read)), answer))

    async def _asked(self, connection: Connection, remote_id: str) -> Answer:
        poll = self.wire.poll
        if not segment(remote_id):
            raise no_such_task()
        body = None
        if poll.method == "POST":
            body = json.dumps(_with_id(poll.body, remote_id), ensure_ascii=False).encode("utf-8", errors="replace")
        return await self._call(connection, poll.method, _filled(poll.path, remote_id), body)

    async def _free(self, connection: Connection, path: str, about: About = About.CALL) -> Answer:
        """The answer to a GET. Raises ProviderError where it is no success, or a refusal inside one."""
        answer = await self._call(connection, "GET", path)
        spoken, inner = await self._read(self._spoken, answer)
        if not answer.ok or inner is not None or said_in(spoken.record()).code in self._codes:
            raise self._problem(spoken, about, connection, inner)
        if not isinstance(answer.json(), dict | list):
            raise _elsewhere(answer, connection)
        return answer

    async def _call(
        self,
        connection: Connection,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        if not self._warm:
            await in_thread(lambda: jsonpaths.warm(_all_paths(self.wire)))
            self._warm = True
        ready = self._with_key(connection)
        named = {name.lower() for name in ready.headers}  # The account's own headers go before the file's.
        fixed = {name: value for name, value in self.wire.headers.items() if name.lower() not in named}
        return await self._http.call(ready, method, path, json_body=body, headers={**fixed, **(headers or {})})

    def _with_key(self, connection: Connection) -> Connection:
        """The connection with the key in the header that the file names."""
        auth = self.wire.auth
        key_header(connection.key)  # Raises for a key that no header can carry.
        if not connection.key or (auth.header.lower(), auth.template) == ("authorization", "Bearer {key}"):
            return connection
        headers = {name: value for name, value in connection.headers.items() if name.lower() != auth.header.lower()}
        headers[auth.header] = auth.template.replace("{key}", connection.key)
        return replace(connection, key="", headers=headers)

    async def _read(self, reading: Callable[[Answer], T], answer: Answer) -> T:
        """What `reading` makes of `answer`, which may be large and odd."""
        return reading(answer) if len(answer.body) < LARGE else await in_thread(lambda: reading(answer))

    def _task(self, answer: Answer) -> Record:
        """What the answer says of a task, under the names of the file's [wire.task]."""
        form = self.wire.task
        names = ("id", "status", "reserved", "credits", "seconds", "created", "expires", "error_code", "error_message")
        task = _picked(_json(answer), {name: getattr(form, name) for name in names})
        task["results"] = jsonpaths.found(form.results, _json(answer))
        return task

    def _told(self, answer: Answer, task: Record, connection: Connection, asked: str = "") -> RemoteTask:
        state = task.get("status")
        if isinstance(state, (str, bool, int, float)):  # A number may be a word; an object is none.
            state = plain(str(state), 80) or None
        task = {**task, "status": state}
        code, message = task.pop("error_code", None), task.pop("error_message", None)
        if code is not None or message is not None:
            task["error"] = {"code": plain(code, 80) or None, "message": message}
        found = read_task(answer, task, self._words, codes=self._codes, keys=secrets_of(connection), asked=asked)
        return replace(found, expires_at=moment(task.get("expires")))

    def _spoken(self, answer: Answer) -> tuple[Answer, int | None]:
        """The answer with its error in the usual form, and the refusal's status that a success holds inside."""
        form = self.wire.error
        code, message = (jsonpaths.one(paths, _json(answer)) for paths in (form.code, form.message))
        if code is not None or message is not None:
            error = {"code": plain(code, 80) or None, "message": plain(message) or None}
            kept = {key: value for key, value in answer.record().items() if key in {"requestId", "request_id"}}
            answer = replace(answer, body=json.dumps({**kept, "error": error}).encode())
        return answer, inner_status(answer)

    def _problem(self, answer: Answer, about: About, connection: Connection, inner: int | None) -> ProviderError:
        now = self._http.clock()
        return problem(answer, about, now=now, keys=secrets_of(connection), codes=self._codes, status=inner)

    def _with_field(self, error: ProviderError, body: bytes) -> ProviderError:
        """The error with the field of ours that it is about, where it names one."""
        if error.failure.kind is not FailureKind.REFUSED:
            return error
        fields = dict(_fields(json.loads(body)))
        named = one_of(list(fields), error.failure.field) or one_of(list(fields), error.failure.detail)
        ours = {place.rpartition(".")[2]: key for key, place in self.wire.create.fields.items() if place}
        field = "references" if web_urls(fields.get(named)) else ours.get(named, named)
        failure = error.failure.model_copy(update={"field": field})
        return ProviderError(failure, error.sent, retry_after=error.retry_after, transient=error.transient)


STATES = ("queued", "processing", "succeeded", "failed")


def _json(answer: Answer) -> object:
    return answer.json() if len(answer.body) <= MAX_BODY else None


def _picked(source: object, places: Mapping[str, Paths]) -> Record:
    return {name: jsonpaths.one(paths, source) for name, paths in places.items()}


def _filled(path: str, remote_id: str) -> str:
    return path.replace("{id}", segment(remote_id))


def _with_id(value: object, remote_id: str) -> object:
    if isinstance(value, str):
        return value.replace("{id}", remote_id)
    if isinstance(value, list):
        return [_with_id(item, remote_id) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _with_id(item, remote_id) for key, item in cast("dict[str, object]", value).items()}
    return value


def _fields(body: object) -> Iterator[tuple[str, object]]:
    """Every key of a body with its value, also of what is inside."""
    for key, value in record(body).items():
        yield key, value
        yield from _fields(value)


def _all_paths(wire: WireForm) -> Iterator[str]:
    for part in (wire.task, wire.error, wire.result, wire.balance, wire.tasks):
        for value in part.model_dump().values() if part else ():
            if isinstance(value, tuple):
                yield from cast("tuple[str, ...]", value)


def _elsewhere(answer: Answer, connection: Connection) -> ProviderError:
    """A page where an answer should be: the base URL leads elsewhere."""
    meaning = by_status(404, About.CALL)
    failure = broken(answer, About.CALL, keys=secrets_of(connection)).failure
    update = {"kind": meaning.kind, "code": meaning.code, "action": meaning.action}
    return ProviderError(failure.model_copy(update=update), Sent.REFUSED)
