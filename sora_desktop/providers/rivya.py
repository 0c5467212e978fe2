"""Rivya Public API v1. Source of every rule: the contract as published, reviewed 2026-05-11.

A create may be repeated with the same Idempotency-Key and the same bytes; the error code is the contract, the HTTP
status comes second. There is no call that cancels a task.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Action, FailureKind, ProviderError
from sora_desktop.core.params import wire_values
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.providers.answers import (
    Answer,
    Record,
    first,
    identifier,
    items,
    number,
    one_of,
    plain,
    record,
    segment,
    unwrap,
    web_urls,
)
from sora_desktop.providers.base import (
    Attachment,
    Check,
    Connection,
    Listing,
    Progress,
    RemoteTask,
    Stamp,
)
from sora_desktop.providers.refusals import (
    CLOSED,
    CREDITS,
    KEY_REJECTED,
    NOT_FOUND_TASK,
    RATE,
    REFUSED,
    About,
    Meaning,
    broken,
    paid,
    problem,
    said_in,
)
from sora_desktop.providers.tasks import Words, no_such_task, read_task
from sora_desktop.providers.threads import in_thread
from sora_desktop.providers.uploads import Upload

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

CODES: dict[str, Meaning] = {
    "api_key_missing": Meaning(FailureKind.KEY, "key_missing", Action.KEY),
    "api_key_invalid": KEY_REJECTED,
    "api_key_revoked": Meaning(FailureKind.KEY, "key_revoked", Action.KEY),
    "api_key_expired": Meaning(FailureKind.KEY, "key_expired", Action.KEY),
    "api_scope_denied": Meaning(FailureKind.KEY, "key_scope", Action.KEY),
    "validation_failed": REFUSED,
    "insufficient_credits": CREDITS,
    "idempotency_conflict": Meaning(FailureKind.CONFLICT, "conflict"),
    "not_found": NOT_FOUND_TASK,
    "rate_limited": RATE,
    "public_api_disabled": CLOSED,
}
"""Every published error code (contract: Errors)."""

WORDS = Words(
    queued=frozenset({"queued"}),
    processing=frozenset({"processing"}),
    succeeded=frozenset({"succeeded"}),
    failed=frozenset({"failed"}),
    reserved=("reserved_credits", "reservedCredits"),
    final=("final_credits", "finalCredits"),
    seconds=("duration_seconds", "durationSeconds"),
    created=("created_at", "createdAt"),
)


class Rivya:
    """The dialect (see `base.Dialect`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def body(self, model: Model, request: GenerationRequest, intent: str, references: Sequence[SentReference]) -> bytes:
        """The create call's bytes; keys in the contract's order."""
        params: dict[str, object] = dict(wire_values(model.params, request.values))
        if references:
            field = model.references.field if model.references else "referenceMediaItems"
            params[field] = [_reference_item(reference) for reference in references]
        body = {"model": model.id, "prompt": request.prompt, "client_request_id": intent, "params": params}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        """Starts a task; the intent travels as Idempotency-Key. See `base.Dialect.create`."""
        headers = {"idempotency-key": intent}
        call = self._http.call(connection, "POST", "/api/v1/generations", json_body=body, headers=headers)
        answer = await paid(call)
        outer = answer.record()
        task = unwrap(outer, "id", "task_id", "taskId")
        if answer.ok and identifier(first(task, "id", "task_id", "taskId")):
            return read_task(answer, task, WORDS, codes=CODES, keys=[connection.key])
        if answer.ok and said_in(outer).code not in CODES:
            raise broken(answer, About.CREATE, keys=[connection.key])
        raise _with_field(self._problem(answer, About.CREATE, connection), body)

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        """The task as it is now."""
        place = segment(remote_id)
        if not place:
            raise no_such_task()
        answer = await self._http.call(connection, "GET", f"/api/v1/generations/{place}")
        task = unwrap(answer.record(), "id", "task_id", "taskId", "status", "result")
        if not answer.ok or (said_in(answer.record()).code in CODES and "status" not in task):
            raise self._problem(answer, About.TASK, connection)
        return read_task(answer, task, WORDS, codes=CODES, keys=[connection.key], asked=remote_id)

    async def balance(self, connection: Connection) -> float:
        """The credits left."""
        return (await self._credits(connection))[0]

    async def check(self, connection: Connection) -> Check:
        """Reads the credits, which proves the key, and counts the video models, which needs none."""
        credits, answer = await self._credits(connection)
        try:
            models = await self._video_models(connection)
        except ProviderError:
            models = None
        return Check(answer.status, answer.milliseconds, balance=credits, models=models, verified=True)

    async def upload(
        self, connection: Connection, model: Model, reference: Reference, file: Path, progress: Progress
    ) -> SentReference:
        """Uploads one file. It costs nothing, so it may be repeated after any error."""
        name = reference.name or file.name
        fields = {"kind": reference.kind, "model": model.id, "client_request_id": str(uuid.uuid4())}
        upload = Upload(file, fields, name=name, mime=reference.mime, progress=progress)
        answer = await self._http.call(connection, "POST", "/api/v1/files", upload=upload)
        if not answer.ok:
            error = self._problem(answer, About.CALL, connection)
            raise _at(error, "references") if error.failure.code == "refused" else error
        body = unwrap(answer.record(), "url", "file", "file_url", "fileUrl")
        body = record(body.get("file")) or body
        urls = web_urls(first(body, "url", "file_url", "fileUrl"))
        if not urls:
            raise broken(answer, About.CALL, keys=[connection.key])
        return SentReference(
            url=urls[0],
            kind=plain(body.get("kind"), 20) or reference.kind,
            name=name,
            mime=plain(first(body, "mime_type", "mimeType"), 100) or reference.mime,
            seconds=number(first(body, "duration_seconds", "durationSeconds")) or reference.seconds,
            duration_token=_token(first(body, "duration_token", "durationToken")),
        )

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> Listing | None:
        """The live list of video models (contract: rivya, `GET /api/v1/models`), without a key."""
        asked = {"if-none-match": stamp.etag, "if-modified-since": stamp.modified}
        headers = {name: value for name, value in asked.items() if value}
        answer = await self._http.call(replace(connection, key=""), "GET", "/api/v1/models", headers=headers)
        if answer.status == 304:
            return Listing(stamp=stamp, unchanged=True)
        if not answer.ok or said_in(answer.record()).code in CODES:
            raise self._problem(answer, About.CALL, connection)
        listing = await in_thread(lambda: self.listed(answer.body, known))
        if not listing.models and not listing.complete:
            raise broken(answer, About.CALL, keys=[connection.key])
        return replace(listing, stamp=_stamp(answer))

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        """A kept list read again."""
        from sora_desktop.providers.rivya_models import read_body

        return read_body(body, known)

    async def contract(self, connection: Connection) -> Mapping[str, str] | None:
        """The fields of the published contract, without a key (contract: rivya, `GET /api/v1/openapi.json`)."""
        answer = await self._http.call(replace(connection, key=""), "GET", "/api/v1/openapi.json")
        from sora_desktop.providers.rivya_contract import fields

        return await in_thread(lambda: fields(answer.record())) if answer.ok else None

    async def tasks(self, connection: Connection) -> None:
        """None: no list of tasks is published; a lost answer is asked for again by its idempotency key."""

    async def _credits(self, connection: Connection) -> tuple[float, Answer]:
        answer = await self._http.call(connection, "GET", "/api/v1/credits")
        names = ("current_credits", "currentCredits", "credits", "balance")
        body = unwrap(answer.record(), *names)
        found = number(first(body, *names))
        if answer.ok and found is not None:
            return found, answer
        if answer.ok and said_in(answer.record()).code not in CODES:
            raise broken(answer, About.CALL, keys=[connection.key])
        raise self._problem(answer, About.CALL, connection)

    async def _video_models(self, connection: Connection) -> int | None:
        answer = await self._http.call(replace(connection, key=""), "GET", "/api/v1/models")
        listed = answer.json()
        models = items(listed) or items(first(record(listed), "data", "models"))
        return sum(record(model).get("category") == "video" for model in models) if answer.ok and models else None

    def _problem(self, answer: Answer, about: About, connection: Connection) -> ProviderError:
        return problem(answer, about, now=self._http.clock(), keys=[connection.key], codes=CODES)


def _reference_item(reference: SentReference) -> Record:
    item: Record = {"url": reference.url, "kind": reference.kind}
    if reference.name:
        item["name"] = reference.name
    if reference.mime:
        item["mimeType"] = reference.mime
    if reference.kind in {"video", "audio"}:  # Only these may carry a duration (contract: Create).
        if reference.seconds is not None:
            item["durationSeconds"] = reference.seconds
        if reference.duration_token:
            item["durationToken"] = reference.duration_token
    return item


def _stamp(answer: Answer) -> Stamp:
    """What the next question is asked with; a header that cannot be sent back is none."""
    etag, modified = (answer.header(name).strip() for name in ("etag", "last-modified"))
    return Stamp(
        *(text if text.isascii() and text.isprintable() and len(text) <= 200 else "" for text in (etag, modified))
    )


def _token(value: object) -> str:
    """A token goes back byte for byte; one with odd characters is none."""
    return value if isinstance(value, str) and len(value) <= 4096 and value.isprintable() else ""


def _with_field(error: ProviderError, body: bytes) -> ProviderError:
    """The error with the field of ours that it is about, so that the face can mark it: named, or the only one said."""
    if error.failure.kind is not FailureKind.REFUSED:
        return error
    sent = record(json.loads(body))
    params = record(sent.get("params"))
    names = ["prompt", "model", *params]
    named = one_of(names, error.failure.field) or one_of(names, error.failure.detail)
    lists = {name for name, value in params.items() if isinstance(value, list)}
    return _at(error, "references" if named in lists else named)


def _at(error: ProviderError, field: str) -> ProviderError:
    failure = error.failure.model_copy(update={"field": field})
    return ProviderError(failure, error.sent, retry_after=error.retry_after, transient=error.transient)
