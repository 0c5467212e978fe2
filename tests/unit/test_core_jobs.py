"""States of a job and what is kept of it."""

from __future__ import annotations

import itertools

import pytest

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import (
    ACTIVE,
    ENDED,
    FOLLOWERS,
    MOST_NOTES,
    REMOTE,
    UNSENT,
    IllegalMove,
    Job,
    State,
)
from sora_desktop.core.notes import Note
from support.dialects import request


def job(state: State = State.WAITING, **more: object) -> Job:
    asked = request("rivya", "sora-2", "A boat", n_frames="10")
    return Job(id="j", intent="sd-1", account="a", base_url="https://h", request=asked, state=state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(State, State)))
def test_only_the_table_leads_anywhere(old: State, new: State):
    if new in FOLLOWERS[old]:
        assert job(old).moved(new, remote_id="r") == job(new, remote_id="r")
    else:
        with pytest.raises(IllegalMove, match=f"{old} → {new}"):
            job(old).moved(new)


def reachable(start: State) -> set[State]:
    seen, left = {start}, [start]
    while left:
        new = FOLLOWERS[left.pop()] - seen
        seen |= new
        left += new
    return seen


def test_every_state_is_in_the_table_and_can_be_reached():
    assert set(FOLLOWERS) == set(State)
    assert reachable(State.WAITING) == set(State)


@pytest.mark.parametrize("state", State)
def test_no_state_is_a_trap(state: State):
    assert state in ENDED or reachable(state) & ENDED


def test_what_was_sent_is_not_sent_again_without_a_word():
    """Into `submitting` lead only what was never sent and what its answer was lost, whatever came of it."""
    lost = {State.UNCERTAIN, State.FAILED, State.CANCELLED}
    assert {state for state in State if State.SUBMITTING in FOLLOWERS[state]} == {State.PREPARING, *lost}


def test_what_is_at_the_service_goes_back_to_no_unsent_state():
    for state in REMOTE | {State.DOWNLOADING, State.DONE}:
        assert not FOLLOWERS[state] & (UNSENT | {State.SUBMITTING})


def test_the_groups():
    assert not ENDED & ACTIVE and not UNSENT & REMOTE
    assert State.UNCERTAIN not in ENDED | ACTIVE
    assert job(State.DONE).ended and not job(State.UNCERTAIN).ended
    assert job(remote_id="r").collectable and not job().collectable


def test_a_job_survives_its_json_and_a_later_versions_keys():
    failure = Failure(kind=FailureKind.RATE, code="rate_limited", action=Action.RETRY, billed=Billed.MAYBE)
    kept = job(State.FAILED, failure=failure, urls=("https://r/1",), reserved=6.0, body='{"a": "é"}')
    assert Job.model_validate_json(kept.model_dump_json()) == kept
    later = kept.model_dump(mode="json") | {"colour": "red"}
    later["request"]["mood"] = "calm"
    later["failure"]["weather"] = "fog"
    assert Job.model_validate(later) == kept


def test_what_is_known_of_a_failed_job():
    def failed(kind: FailureKind, remote_id: str, billed: Billed = Billed.MAYBE) -> Job:
        return job(State.FAILED, remote_id=remote_id, failure=Failure(kind=kind, code="refused", billed=billed))

    assert failed(FailureKind.CREDITS, "r").brought_nothing
    assert not failed(FailureKind.RESULT, "r").brought_nothing and not failed(FailureKind.CREDITS, "").brought_nothing
    assert failed(FailureKind.CREDITS, "").money_in_doubt
    assert not failed(FailureKind.CREDITS, "r").money_in_doubt
    assert not failed(FailureKind.CREDITS, "", Billed.NO).money_in_doubt


def test_having_changes_no_state():
    assert job(State.QUEUED).having(remote_id="r") == job(State.QUEUED, remote_id="r")


def test_notes_are_kept_once_and_bounded():
    notes = [Note(code="note_text", args={"text": str(number)}) for number in range(MOST_NOTES + 3)]
    noted = job()
    for note in notes:
        noted = noted.having(notes=noted.noted(note))
    assert noted.notes == tuple(notes[3:])
    assert noted.noted(None) == noted.noted(notes[-1]) == noted.notes
