"""A service's task in our words. Odd fields cost nothing but a note; only an answer that tells nothing is an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sora_desktop.core.errors import Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.notes import Note
from sora_desktop.providers.answers import (
    Answer,
    Record,
    first,
    identifier,
    moment,
    number,
    plain,
    record,
    told,
    web_urls,
)
from sora_desktop.providers.base import RemoteStatus, RemoteTask
from sora_desktop.providers.refusals import (
    NOT_FOUND_TASK,
    About,
    Codes,
    Said,
    broken,
    failed_task,
    request_id_of,
    said_in,
)


@dataclass(frozen=True, slots=True)
class Words:
    """One dialect's words for a status, and its keys for what else a task tells."""

    queued: frozenset[str]
    processing: frozenset[str]
    succeeded: frozenset[str]
    failed: frozenset[str]
    reserved: tuple[str, ...] = ()
    final: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    urls: tuple[str, ...] = ("result", "primary_url", "urls", "video_url", "videoUrl", "url")


OTHERS = {
    **dict.fromkeys(("queued", "pending", "submitted", "created", "waiting"), RemoteStatus.QUEUED),
    **dict.fromkeys(("processing", "in_progress", "running", "generating"), RemoteStatus.PROCESSING),
    **dict.fromkeys(("completed", "succeeded", "success", "finished"), RemoteStatus.SUCCEEDED),
    **dict.fromkeys(("failed", "failure", "error", "cancelled", "canceled", "expired"), RemoteStatus.FAILED),
}
"""Words that services of this kind use for the same four states, taken with a note where they are not the dialect's."""


def read_task(
    answer: Answer, task: Record, words: Words, *, codes: Codes, keys: Iterable[str] = (), asked: str = ""
) -> RemoteTask:
    """`task` (from the body of `answer`) in our words. `asked` is the id that was polled; empty after a create.

    Raises ProviderError, `answer_broken`, where a poll brought neither an id nor a state nor a result.
    """
    named = first(task, "id", "task_id", "taskId")
    told = identifier(named)
    urls = web_urls(*(task.get(key) for key in words.urls))
    state = task.get("status")
    tells = isinstance(state, str) or bool(urls)
    # Two fields of the wrong type are no task of ours: believing its id would lose the paid one.
    odd = state is not None and not tells and (bool(asked) or not isinstance(named, str))
    if odd or not (told or tells):
        raise broken(answer, About.TASK if asked else About.CREATE, keys=keys)
    status, note = _status(state, words, has_result=bool(urls))
    if asked and told and told != asked:
        note = note or Note(code="task_other_id", args={"id": plain(told, 80)})
    final = number(first(task, *words.final))
    request_id = request_id_of(answer, task)
    failure = None
    if status is RemoteStatus.FAILED:
        failure = failed_task(_said(task, request_id, keys), final, codes)
        failure = failure.model_copy(update={"http_status": answer.status})
    return RemoteTask(
        id=asked or told,
        status=status,
        urls=urls if status is RemoteStatus.SUCCEEDED else (),
        reserved=number(first(task, *words.reserved)),
        final=final if status in {RemoteStatus.SUCCEEDED, RemoteStatus.FAILED} else None,
        seconds=number(first(task, *words.seconds)),
        created_at=moment(first(task, *words.created)),
        failure=failure,
        request_id=request_id,
        note=note,
    )


def _status(value: object, words: Words, *, has_result: bool) -> tuple[RemoteStatus, Note | None]:
    word = value.strip().lower() if isinstance(value, str) else ""
    own = {
        **dict.fromkeys(words.queued, RemoteStatus.QUEUED),
        **dict.fromkeys(words.processing, RemoteStatus.PROCESSING),
        **dict.fromkeys(words.succeeded, RemoteStatus.SUCCEEDED),
        **dict.fromkeys(words.failed, RemoteStatus.FAILED),
    }
    if word in own:
        return own[word], None
    if word in OTHERS:
        return OTHERS[word], Note(code="task_word", args={"word": word})
    if not word:
        if has_result:
            return RemoteStatus.SUCCEEDED, Note(code="task_result_only")
        return RemoteStatus.PROCESSING, Note(code="task_no_state")
    return RemoteStatus.PROCESSING, Note(code="task_word_unknown", args={"word": plain(value, 40).lower()})


def _said(task: Record, request_id: str, keys: Iterable[str]) -> Said:
    """Why a task failed, wherever the answer tells it."""
    source = task if first(task, "error", "errors", "message", "msg") is not None else record(task.get("result"))
    found = said_in(source, keys)
    reason = found.message or told(first(task, "fail_reason", "failReason", "reason"), keys)
    return Said(code=found.code, message=reason, request_id=request_id)


def no_such_task() -> ProviderError:
    """For an id that cannot be one: nothing was asked."""
    failure = Failure(kind=FailureKind.NOT_FOUND, code=NOT_FOUND_TASK.code, action=NOT_FOUND_TASK.action)
    return ProviderError(failure, Sent.REFUSED)
