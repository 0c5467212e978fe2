"""Which task of a server's list is the one whose answer was lost: never somebody else's, never one for two."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.notes import Note
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.lookup import CLOSE, EARLY, LATE, listed
from sora_desktop.providers.base import RemoteStatus, RemoteTask

SENT = 1_700_000_000.0
BODY = {"model": "wan", "prompt": "A  boat", "seconds": "4", "seed": 3}


def job(name: str = "mine", state: State = State.SUBMITTING, body: Any = None, **changes: Any) -> Job:
    request = GenerationRequest(provider="p", model="wan", prompt="A  boat")
    facts = {"submitted_at": SENT, "body": json.dumps(body or BODY), "state": state} | changes
    return Job(id=name, intent=name, account="a", base_url="", request=request, **facts)


def task(name: str = "t1", at: float | None = SENT, **echo: str) -> RemoteTask:
    told = {"prompt": "A boat", "model": "wan"} | echo
    return RemoteTask(
        name, RemoteStatus.QUEUED, created_at=at, echo={key: value for key, value in told.items() if value}
    )


def clear(mine: Job, tasks: list[RemoteTask], others: list[Job] | None = None, lost: tuple[str, ...] = ()) -> str:
    found = listed(mine, tasks, others or [], lost).clear
    return found.id if found else ""


def test_the_one_that_says_the_same() -> None:
    others = [task("t2", prompt="A train"), task("t3", SENT - 3600), task("t4", SENT + LATE + 1)]
    assert clear(job(), [*others, task()]) == "t1"
    assert listed(job(), others, []).candidates == ()


def test_a_prompt_that_the_list_cuts_short_is_still_the_same() -> None:
    prompt = "A paper boat drifts along a street at dusk while the rain stops"
    mine = job(body=BODY | {"prompt": prompt})
    assert clear(mine, [task(prompt=prompt[:40] + "…"), task("t2", prompt=prompt[:38] + "y other…")]) == "t1"
    assert listed(mine, [task(prompt="A paper…")], []).candidates == ()


@pytest.mark.parametrize(("at", "found"), [(-EARLY - 1, ""), (-EARLY, "t1"), (LATE, "t1"), (LATE + 1, "")])
def test_the_time_must_fit(at: float, found: str) -> None:
    assert clear(job(), [task(at=SENT + at)]) == found


def test_a_gateway_may_call_the_model_another_way_where_the_prompt_is_told() -> None:
    assert clear(job(), [task(model="openai/wan", seconds="5")]) == "t1"


@pytest.mark.parametrize(
    ("echo", "found"),
    [
        ({"seconds": "4", "seed": "3"}, "t1"),
        ({"seconds": "8"}, "?"),
        ({"model": "other"}, ""),
        ({"model": ""}, "t1"),
    ],
)
def test_without_a_prompt_everything_else_must_agree(echo: dict[str, str], found: str) -> None:
    """A length or size that a server rounded makes it unsure, and is no proof that the task is another's."""
    told = listed(job(), [task(prompt="", **echo)], [])
    assert (told.clear.id if told.clear else "?" if told.candidates else "") == found


def test_without_a_prompt_it_must_be_close_in_time_to_be_sure() -> None:
    late = task(at=SENT + CLOSE + 1, prompt="")
    assert clear(job(), [late]) == ""
    assert listed(job(), [late], []).candidates == (late,)


def test_a_long_list_that_does_not_go_back_so_far_proves_nothing() -> None:
    newer = [task(f"t{number}", SENT + LATE + number) for number in range(1, 30)]
    assert not listed(job(), newer, []).reaches
    assert listed(job(), [*newer, task("old", SENT - 100)], []).reaches
    assert listed(job(), newer[:5], []).reaches


def test_without_a_time_it_is_never_sure() -> None:
    assert clear(job(), [task(at=None)]) == ""
    assert listed(job(), [task(at=None)], []).candidates
    assert not listed(job(), [task(at=None, prompt="")], []).candidates


def test_another_jobs_task_is_not_taken_nor_one_that_a_job_had_before() -> None:
    assert clear(job(), [task()], [job("other", State.PROCESSING, remote_id="t1")]) == ""
    before = (Note(code="task_before", args={"id": "t1"}),)
    assert clear(job(), [task()], [job("other", State.WAITING, notes=before)]) == ""
    assert clear(job(notes=before), [task()]) == ""


def test_two_that_fit_are_named_and_none_is_taken() -> None:
    found = listed(job(), [task("t1"), task("t2")], [])
    assert found.clear is None
    assert [one.id for one in found.candidates] == ["t1", "t2"]


def test_a_call_that_is_still_under_way_may_bring_that_very_task() -> None:
    rival = job("rival")
    assert clear(job(), [task()], [rival]) == ""
    assert clear(job(), [task("t1"), task("t2")], [rival]) == ""


def test_as_many_tasks_as_lost_answers_go_in_their_order_and_no_task_to_two() -> None:
    first, second = job("first", submitted_at=SENT), job("second", submitted_at=SENT + 1)
    tasks = [task("late", SENT + 1), task("early", SENT)]
    lost = ("first", "second")
    assert clear(first, tasks, [second], lost) == "early"
    assert clear(second, tasks, [first], lost) == "late"
    assert clear(first, [task("only")], [second], lost) == "", "one task, two that may have made it"
    assert clear(first, tasks, [job("second", State.UNCERTAIN)]) in {"early", "late"}


def test_rivals_that_sent_something_else_make_it_unsure_where_the_list_does_not_tell() -> None:
    other = job("other", body=BODY | {"prompt": "A train"}, submitted_at=SENT)
    tasks = [task("t1", prompt=""), task("t2", prompt="")]
    assert clear(job(), tasks, [other], ("other",)) == ""
    assert clear(job(), [task("t1"), task("t2", prompt="A train")], [other], ("other",)) == "t1"


def test_a_body_that_is_no_object_tells_nothing() -> None:
    assert clear(job(body=["odd"]), [task()]) == "t1"
    assert clear(job().having(body="no json"), [task(prompt="")]) == "t1"
