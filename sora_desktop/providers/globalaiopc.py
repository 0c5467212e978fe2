"""GlobalAIOPC Sora API. Source of every rule: the contract as published.

It publishes no idempotency key, no list, no cancel, no balance and no error codes: a create whose answer was lost is
never repeated, and errors are read from whatever text there is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.params import wire_values
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.providers.answers import Answer, first, identifier, segment, unwrap
from sora_desktop.providers.base import (
    Attachment,
    Check,
    Connection,
    Listing,
    Progress,
    RemoteTask,
    Stamp,
)
from sora_desktop.providers.refusals import About, broken, by_status, inner_status, paid, problem
from sora_desktop.providers.tasks import Words, no_such_task, read_task

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

WORDS = Words(
    queued=frozenset({"queued"}),
    processing=frozenset({"processing"}),
    succeeded=frozenset({"completed"}),
    failed=frozenset({"failed"}),
    final=("amount",),
    seconds=("actualDuration", "actual_duration"),
    created=("created", "created_at"),
    urls=("video_url", "videoUrl", "url", "urls", "result"),
)

NO_TASK = "sora-desktop-connection-test"
"""An id that no task has: asking for it costs nothing and shows whether the service answers and refuses the key."""


class GlobalAIOPC:
    """The dialect (see `base.Dialect`)."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def body(self, model: Model, request: GenerationRequest, intent: str, references: Sequence[SentReference]) -> bytes:
        """The create call's bytes. The intent stays here: the contract knows no field for it."""
        body: dict[str, object] = {"model": model.id, "prompt": request.prompt}
        body.update(wire_values(model.params, request.values))
        if references:
            field = model.references.field if model.references else "input_reference"
            body[field] = [reference.url for reference in references]
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        """Starts a task. See `base.Dialect.create`."""
        answer = await paid(self._http.call(connection, "POST", "/v1/sora/videos", json_body=body))
        task = unwrap(answer.record(), "id", "task_id", "taskId")
        if answer.ok and identifier(first(task, "id", "task_id", "taskId")):
            return read_task(answer, task, WORDS, codes={}, keys=[connection.key])
        inner = inner_status(answer)
        if answer.ok and inner is None:
            raise broken(answer, About.CREATE, keys=[connection.key])
        raise self._problem(answer, About.CREATE, connection, inner)

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        """The task as it is now."""
        place = segment(remote_id)
        if not place:
            raise no_such_task()
        answer = await self._http.call(connection, "GET", f"/v1/result/{place}")
        task = unwrap(answer.record(), "id", "task_id", "taskId", "status", "video_url")
        inner = inner_status(answer)
        if not answer.ok or (inner is not None and "status" not in task):
            raise self._problem(answer, About.TASK, connection, inner)
        return read_task(answer, task, WORDS, codes={}, keys=[connection.key], asked=remote_id)

    async def balance(self, connection: Connection) -> None:
        """None: no such call is published."""

    async def check(self, connection: Connection) -> Check:
        """Asks for a task that does not exist, the only free call there is.

        401 and 403 refuse the key. Any other answer of the service itself proves the address, not the key, so the
        check is never `verified`. A page instead of an answer means that the base URL leads elsewhere.
        """
        answer = await self._http.call(connection, "GET", f"/v1/result/{NO_TASK}")
        status = inner_status(answer) or answer.status
        body = answer.record()
        answered = answer.ok or answer.status in {400, 404, 422}
        if not body or not answered or status in {401, 402, 403, 429}:
            if answer.ok and not body:
                raise _elsewhere(answer, connection)
            raise self._problem(answer, About.CALL, connection, inner_status(answer))
        return Check(answer.status, answer.milliseconds, verified=False)

    async def upload(
        self, connection: Connection, model: Model, reference: Reference, file: Path, progress: Progress
    ) -> SentReference:
        """There is no upload: the service takes public URLs only."""
        args = {"name": reference.name or file.name}
        failure = Failure(
            kind=FailureKind.REFUSED, code="reference_needs_url", args=args, action=Action.EDIT, field="references"
        )
        raise ProviderError(failure, Sent.REFUSED)

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> None:
        """None: no such call is published."""

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        """Empty: there is no list to be kept."""
        return Listing()

    async def tasks(self, connection: Connection) -> None:
        """None: no list of tasks is published."""

    def _problem(self, answer: Answer, about: About, connection: Connection, inner: int | None = None) -> ProviderError:
        return problem(answer, about, now=self._http.clock(), keys=[connection.key], status=inner)


def _elsewhere(answer: Answer, connection: Connection) -> ProviderError:
    meaning = by_status(404, About.CALL)
    failure = broken(answer, About.CALL, keys=[connection.key]).failure
    update = {"kind": meaning.kind, "code": meaning.code, "action": meaning.action}
    return ProviderError(failure.model_copy(update=update), Sent.REFUSED)
