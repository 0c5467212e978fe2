"""What a service that only its file knows answers: tasks, results, failures, and what can be read of none."""

from __future__ import annotations

from typing import Any

import pytest

from sora_desktop.core.errors import Billed, FailureKind, Sent
from sora_desktop.providers import jsonpaths
from sora_desktop.providers.base import RemoteStatus
from support.dialects import error_of
from support.odd_service import KEY, ODD, talking
from support.raw_server import reply


async def polled(answer: object, *more: bytes) -> Any:
    async with talking(reply(200, answer), *more) as (dialect, connection, server):
        return await dialect.poll(connection, "42"), server


async def test_a_task_that_is_done():
    films = [{"kind": "still", "at": "https://x.org/a.png"}, {"kind": "film", "at": "https://x.org/a.mp4"}]
    answer = {"job": 42, "state": 2, "files": films, "cost": 4, "length": 7.5, "until": "2030-01-01T00:00:00Z"}
    task, _ = await polled({"answer": answer})
    assert (task.status, task.urls, task.final, task.seconds) == (
        RemoteStatus.SUCCEEDED,
        ("https://x.org/a.mp4",),
        4,
        7.5,
    )
    assert task.expires_at == 1_893_456_000 and task.note is None


async def test_a_result_that_takes_a_call_of_its_own():
    task, server = await polled({"answer": {"state": "2"}}, reply(200, {"films": ["https://x.org/b.mp4"]}))
    assert task.urls == ("https://x.org/b.mp4",)
    assert (server.asked[1].method, server.asked[1].target) == ("GET", "/api/jobs/42/film")


async def test_a_result_that_cannot_be_asked_for_is_no_end_of_the_task():
    async with talking(reply(200, {"answer": {"state": 2}}), reply(502, "<h1>Bad</h1>")) as (dialect, connection, _):
        error = await error_of(dialect.poll(connection, "42"))
    assert error.transient and error.failure.kind is FailureKind.SERVER


@pytest.mark.parametrize(
    ("state", "status", "noted"),
    [
        ("0", RemoteStatus.QUEUED, False),
        ("WARMING up", RemoteStatus.PROCESSING, False),
        (-1, RemoteStatus.FAILED, False),
        ("dreaming", RemoteStatus.PROCESSING, True),
        ("completed", RemoteStatus.SUCCEEDED, True),
    ],
)
async def test_words_for_states(state: object, status: RemoteStatus, noted: bool):
    task, _ = await polled({"answer": {"job": 42, "state": state}}, reply(200, {"film": "https://x.org/a.mp4"}))
    assert (task.status, bool(task.note)) == (status, noted)


async def test_a_failed_task_says_why():
    task, _ = await polled({"answer": {"state": -1, "why": {"no": "E5", "words": f"Too odd, {KEY}"}, "cost": 0}})
    assert (task.status, task.failure.code, task.failure.billed) == (
        RemoteStatus.FAILED,
        "generation_failed",
        Billed.NO,
    )
    assert task.failure.detail.startswith("Too odd") and KEY not in task.failure.detail


@pytest.mark.parametrize(
    ("status", "answer", "sent", "kind"),
    [
        (200, {"trouble": {"no": "E7", "words": "empty purse"}}, Sent.REFUSED, FailureKind.CREDITS),
        (500, {"trouble": {"no": "E9"}}, Sent.REFUSED, FailureKind.SERVER),
        (200, {"trouble": {"no": 401, "words": "who?"}}, Sent.REFUSED, FailureKind.KEY),
        (200, {"code": 403, "msg": "who?", "data": None}, Sent.REFUSED, FailureKind.KEY),
        (400, {"trouble": {"no": "E1", "words": "length is odd"}}, Sent.REFUSED, FailureKind.REFUSED),
        (200, {"trouble": {"no": "E1", "words": "hm"}}, Sent.AMBIGUOUS, FailureKind.SERVER),
        (200, {"job": {}}, Sent.AMBIGUOUS, FailureKind.SERVER),
        (200, [], Sent.AMBIGUOUS, FailureKind.SERVER),
        (200, "<html>busy</html>", Sent.AMBIGUOUS, FailureKind.SERVER),
        (500, {"trouble": {"no": "E1"}}, Sent.AMBIGUOUS, FailureKind.SERVER),
        (429, {"trouble": {"words": "slow"}}, Sent.REFUSED, FailureKind.RATE),
        (302, "", Sent.REFUSED, FailureKind.NETWORK),
    ],
)
async def test_whether_a_request_may_have_been_taken(status: int, answer: object, sent: Sent, kind: FailureKind):
    async with talking(reply(status, answer)) as (dialect, connection, _):
        error = await error_of(dialect.create(connection, b'{"input":{"options":{"length":5}}}', "sd-1"))
    assert (error.sent, error.failure.kind) == (sent, kind)
    assert error.failure.billed is (Billed.MAYBE if sent is Sent.AMBIGUOUS else Billed.NO)
    if "length" in str(answer):
        assert error.failure.field == "length" and error.failure.detail == "length is odd"


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (404, {"trouble": {"words": "no such job"}}, FailureKind.NOT_FOUND),
        (200, {"trouble": {"no": "E8"}}, FailureKind.NOT_FOUND),
        (200, {"answer": {}}, FailureKind.SERVER),
        (200, {"answer": {"state": ["2"]}}, FailureKind.SERVER),
    ],
)
async def test_a_poll_that_brings_no_task(status: int, answer: object, kind: FailureKind):
    async with talking(reply(status, answer)) as (dialect, connection, _):
        error = await error_of(dialect.poll(connection, "42"))
    assert error.failure.kind is kind


async def test_an_id_cannot_leave_its_place_in_the_path():
    async with talking(reply(200, {"answer": {"state": 2}}), reply(200, {"film": "https://x.org/a.mp4"})) as talk:
        dialect, connection, server = talk
        await dialect.poll(connection, "../a?b=c#d/é")
        assert server.asked[1].target == "/api/jobs/..%2Fa%3Fb%3Dc%23d%2F%C3%A9/film"
        for remote_id in ("", ".", ".."):
            assert (await error_of(dialect.poll(connection, remote_id))).sent is Sent.REFUSED


async def test_hostile_answers_cost_nothing():
    deep: Any = {"at": "https://x.org/deep.mp4", "kind": "film"}
    for _ in range(400):
        deep = [deep]
    many = [{"kind": "film", "at": f"https://x.org/{number}.mp4"} for number in range(5000)]
    text = ODD.replace("\"$.answer.files[?@.kind == 'film'].at\"", '"$..at"')
    async with talking(reply(200, {"answer": {"state": 2, "files": many}}), text=text) as (dialect, connection, _):
        assert len((await dialect.poll(connection, "42")).urls) == jsonpaths.MAX_FOUND
    async with talking(
        reply(200, {"answer": {"state": 2, "files": deep}}), reply(200, {"film": "https://x.org/a.mp4"}), text=text
    ) as (dialect, connection, _):
        assert (await dialect.poll(connection, "42")).urls == ("https://x.org/a.mp4",)
    huge = reply(200, {"answer": {"state": 2}, "padding": "x" * 1_000_001})
    async with talking(huge) as (dialect, connection, _):
        assert (await error_of(dialect.poll(connection, "42"))).failure.code == "answer_broken"
