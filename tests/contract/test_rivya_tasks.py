"""Rivya's tasks, polled: results, states and failures however they come."""

from __future__ import annotations

from typing import Any

import pytest

from sora_desktop.core.errors import Action, Billed, FailureKind
from sora_desktop.core.sentences import say
from sora_desktop.providers.base import RemoteStatus
from support.dialects import error_of, talking
from support.raw_server import reply

TASK: dict[str, Any] = {
    "id": "task_1",
    "status": "queued",
    "model": "sora-2-pro",
    "reserved_credits": 75,
    "final_credits": 0,
    "created_at": "2026-05-11T00:00:00.000Z",
    "updated_at": "2026-05-11T00:00:00.000Z",
    "result": None,
    "error": None,
}


async def poll(answer: Any, status: int = 200, remote_id: str = "task_1") -> Any:
    async with talking("rivya", reply(status, answer)) as (rivya, connection, server):
        task = await rivya.poll(connection, remote_id)
        assert server.asked[0].method == "GET"
        return task


async def test_a_finished_task():
    result = {"primary_url": "https://r/1.mp4", "urls": ["https://r/1.mp4", "https://r/2.mp4"]}
    task = await poll({**TASK, "status": "succeeded", "final_credits": 75, "result": result})
    assert (task.status, task.final, task.urls) == (RemoteStatus.SUCCEEDED, 75, ("https://r/1.mp4", "https://r/2.mp4"))


@pytest.mark.parametrize(
    ("result", "urls"),
    [
        ({"primary_url": "https://r/1"}, ("https://r/1",)),
        ({"urls": "https://r/1"}, ("https://r/1",)),
        ({"urls": [{"url": "https://r/1"}]}, ("https://r/1",)),
        ({"primary_url": None, "urls": [None, 3, "file:///etc/passwd", "https://r/2"]}, ("https://r/2",)),
        (["https://r/1"], ("https://r/1",)),
        ("https://r/1", ("https://r/1",)),
        ({}, ()),
        (None, ()),
        (7, ()),
    ],
)
async def test_results_however_they_come(result: Any, urls: tuple[str, ...]):
    task = await poll({**TASK, "status": "succeeded", "result": result})
    assert (task.status, task.urls) == (RemoteStatus.SUCCEEDED, urls)


@pytest.mark.parametrize(
    ("changes", "status", "noted"),
    [
        ({"status": "processing"}, RemoteStatus.PROCESSING, False),
        ({"status": " Processing "}, RemoteStatus.PROCESSING, False),
        ({"status": "in_progress"}, RemoteStatus.PROCESSING, True),
        ({"status": "completed"}, RemoteStatus.SUCCEEDED, True),
        ({"status": "canceled"}, RemoteStatus.FAILED, True),
        ({"status": "post-processing"}, RemoteStatus.PROCESSING, True),
        ({"status": None}, RemoteStatus.PROCESSING, True),
        ({"status": "<b>" + "x" * 999}, RemoteStatus.PROCESSING, True),
        ({"status": None, "result": {"urls": ["https://r/1"]}}, RemoteStatus.SUCCEEDED, True),
        ({"id": "other"}, RemoteStatus.QUEUED, True),
    ],
)
async def test_states_however_they_come(changes: dict[str, Any], status: RemoteStatus, noted: bool):
    task = await poll({**TASK, **changes})
    assert (task.id, task.status, bool(task.note)) == ("task_1", status, noted)
    assert task.note is None or len(say(task.note.code, task.note.args)) < 200


async def test_a_wrapped_answer():
    inner = {**TASK, "status": "processing"}
    assert (await poll({"status": "success", "data": inner})).status is RemoteStatus.PROCESSING
    assert (await poll({"success": True, "data": {**TASK, "status": "processing"}})).status is RemoteStatus.PROCESSING


@pytest.mark.parametrize("answer", [b"", b"{", [], {}, {"data": None}, {"id": 5, "status": ["queued"]}, b"<html>hi"])
async def test_a_poll_that_tells_nothing_is_tried_again(answer: Any):
    async with talking("rivya", reply(200, answer)) as (rivya, connection, _):
        error = await error_of(rivya.poll(connection, "task_1"))
    assert (error.failure.code, error.transient, error.failure.billed) == ("answer_broken", True, Billed.NO)


@pytest.mark.parametrize(
    ("final", "billed"), [({"final_credits": 0}, Billed.NO), ({"final_credits": 75}, Billed.YES), ({}, Billed.MAYBE)]
)
@pytest.mark.parametrize(
    ("said", "kind", "code", "action"),
    [
        ({"code": "generation_failed", "message": "Try later."}, FailureKind.SERVER, "generation_failed", Action.RETRY),
        (
            {"code": "generation_failed", "message": "Content policy."},
            FailureKind.REFUSED,
            "generation_failed",
            Action.EDIT,
        ),
        ({"code": "insufficient_credits", "message": "0"}, FailureKind.CREDITS, "credits_short", Action.TOP_UP),
        ({"code": "rate_limited", "message": ""}, FailureKind.SERVER, "generation_failed", Action.RETRY),
        ("内容违规", FailureKind.REFUSED, "generation_failed", Action.EDIT),
        (None, FailureKind.SERVER, "generation_failed", Action.RETRY),
    ],
)
async def test_failed_tasks(
    final: dict[str, Any], billed: Billed, said: Any, kind: FailureKind, code: str, action: Action
):
    answer = {"id": "task_1", "status": "failed", "result": None, "error": said, **final}
    task = await poll(answer)
    assert task.status is RemoteStatus.FAILED and task.failure is not None
    failure = task.failure
    assert (failure.kind, failure.code, failure.action, failure.billed) == (kind, code, action, billed)
    assert task.final == final.get("final_credits")


async def test_a_task_that_nobody_knows():
    answer = {"error": {"code": "not_found", "message": "No such task.", "requestId": "r"}}
    async with talking("rivya", reply(404, answer)) as (rivya, connection, _):
        error = await error_of(rivya.poll(connection, "task_1"))
    failure = error.failure
    assert (failure.kind, failure.code, failure.action) == (FailureKind.NOT_FOUND, "not_found", Action.CHECK)
    assert (error.transient, failure.billed) == (False, Billed.NO)


async def test_ids_stay_in_their_place():
    async with talking("rivya", reply(200, TASK)) as (rivya, connection, server):
        for remote_id in ("../../credits", "a/b?c=d#e", "//evil.example"):
            await rivya.poll(connection, remote_id)
        for remote_id in ("..", ".", ""):
            error = await error_of(rivya.poll(connection, remote_id))
            assert error.failure.code == "not_found"
    assert [asked.target for asked in server.asked] == [
        "/api/v1/generations/..%2F..%2Fcredits",
        "/api/v1/generations/a%2Fb%3Fc%3Dd%23e",
        "/api/v1/generations/%2F%2Fevil.example",
    ]
