"""What error answers mean: who acts, what was said, and whether a paid task may have been started."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.errors import Action, Billed, FailureKind, Sent
from sora_desktop.core.redact import forget, know
from sora_desktop.core.sentences import SENTENCES
from sora_desktop.providers.answers import Answer
from sora_desktop.providers.refusals import About, broken, page_text, problem, said
from sora_desktop.providers.rivya import CODES, WORDS
from sora_desktop.providers.tasks import read_task

PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad&nbsp;Gateway &lt;b&gt;</title></head><body><h1>nginx</h1></body></html>"
)


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, data, 1.0)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"code": "validation_failed", "message": "no", "requestId": "req_1"}}, "no", "validation_failed"),
        ({"error": "no"}, "no", ""),
        ({"message": "no"}, "no", ""),
        ({"code": 1002, "msg": "no"}, "no", "1002"),
        ({"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "missing"}]}, "no", "missing"),
        ({"errors": [{"message": "no"}]}, "no", ""),
        ("no", "no", ""),
        (json.dumps("no"), "no", ""),
        (b"", "", ""),
        ({"error": None}, "", ""),
        ({"error": {"message": {"deep": 1}}}, "", ""),
    ],
)
def test_every_form_is_read(body: object, message: str, code: str):
    words = said(answer(400, body))
    assert (words.message, words.code) == (message, code)


def test_request_ids_from_the_body_or_the_headers():
    assert said(answer(400, {"error": {"requestId": "req_1"}}, x_request_id="h")).request_id == "req_1"
    assert said(answer(400, {"request_id": 7})).request_id == "7"
    assert said(answer(502, PAGE, cf_ray="abc")).request_id == "abc"


def test_fields_are_read_where_they_are_marked():
    assert said(answer(400, {"error": {"field": "n_frames"}})).field == "n_frames"
    assert said(answer(400, {"error": {"details": [{"path": ["params", "size"]}]}})).field == "size"
    assert said(answer(400, {"detail": [{"loc": ["body", "prompt"]}]})).field == "prompt"
    assert said(answer(400, {"error": {"field": "<b>x</b>"}})).field == ""


def test_pages_become_plain_text():
    assert page_text(PAGE) == "502 Bad Gateway <b>"
    assert page_text("<html><h1>Sorry</h1>") == "Sorry"
    assert page_text("<script>alert(1)</script><p>Down&amp;out") == "Down&out"
    assert len(page_text("<title>" + "x" * 10_000_000)) <= 500


@given(st.text(alphabet="<>/!titleh1scrp &;a\n", max_size=400))
def test_no_page_breaks_the_reader(text: str):
    assert len(page_text(text)) <= 500


@pytest.mark.parametrize("mark", ["<title", "<title>", "<h1 ", "</title", "<script", "<", "&"])
def test_a_hostile_page_holds_nothing_up(mark: str):
    page = "<p>Down</p><title>" * (mark[:2] == "</") + mark * (120_000 // len(mark))
    begun = time.process_time()
    assert len(page_text(page)) <= 500
    assert time.process_time() - begun < 0.5, "seconds, where the patterns go back and forth"


def test_the_cut_of_a_long_page_leaves_no_half_key():
    key = "canary_0123456789"
    for gap in range(19_960, 20_020):
        page = f"<p>Down</p><script>{' ' * (gap - 50)}</script><p>{key} and more</p>" + "<i>" * 1000
        found = page_text(page, [key])
        assert found.startswith("Down") and "cana" not in found


def test_a_key_at_the_place_of_the_cut_leaves_no_half():
    key = "rvya_sk_canary_0123456789"
    for body in ({"error": "x" * 485 + key}, {"msg": "x" * 485 + key}, f"<title>{'x' * 485}{key}", "x" * 485 + key):
        assert "rvya" not in said(answer(401, body), [key]).message


def test_the_key_in_an_answer_is_not_repeated():
    key = "rvya_sk_canary_0123456789"
    for body in ({"error": {"message": f"bad key {key}"}}, {"msg": key}, f"<title>{key}</title>", key):
        assert "canary" not in problem(answer(401, body), About.CALL, now=0, keys=[key]).failure.detail


S, A = Sent.REFUSED, Sent.AMBIGUOUS
REASON = {"error": "queue is full, try later"}


@pytest.mark.parametrize(
    ("status", "body", "sent"),
    [
        (400, REASON, S), (400, b"", S), (401, PAGE, S), (402, b"", S), (403, b"", S), (404, PAGE, S), (405, b"", S),
        (409, b"", S), (413, PAGE, S), (415, b"", S), (422, REASON, S), (429, b"", S), (429, PAGE, S),
        (408, b"", A), (408, REASON, A), (425, b"", A), (499, b"", A),
        (500, b"", A), (500, REASON, A), (502, PAGE, A), (502, REASON, A), (504, REASON, A), (520, b"", A),
        (503, b"", A), (503, PAGE, A), (503, "Service Unavailable", A), (503, REASON, S),
        (503, {"code": 1, "msg": "closed"}, S),
        (503, {"message": "Service Unavailable"}, A), (503, {"message": "Service is temporarily unavailable."}, A),
        (503, {"message": "upstream connect error or disconnect/reset before headers"}, A),
        (503, {"message": "The request timed out"}, A), (503, {"status": 503}, A), (503, {"code": 503}, A),
    ],
)  # fmt: skip
def test_whether_a_create_may_have_been_accepted(status: int, body: object, sent: Sent):
    error = problem(answer(status, body), About.CREATE, now=0)
    assert error.sent is sent
    assert error.failure.billed is (Billed.MAYBE if sent is A else Billed.NO)
    assert error.failure.code in SENTENCES
    assert error.failure.http_status == status


@pytest.mark.parametrize("status", [400, 408, 500, 503])
@pytest.mark.parametrize("code", sorted(CODES))
def test_a_published_code_refuses_whatever_the_status(status: int, code: str):
    error = problem(answer(status, {"error": {"code": code, "message": "m"}}), About.CREATE, now=0, codes=CODES)
    assert error.sent is Sent.REFUSED


@pytest.mark.parametrize(
    ("status", "kind", "code", "action", "transient"),
    [
        (400, FailureKind.REFUSED, "refused", Action.EDIT, False),
        (401, FailureKind.KEY, "key_rejected", Action.KEY, False),
        (402, FailureKind.CREDITS, "credits_short", Action.TOP_UP, False),
        (403, FailureKind.KEY, "key_rejected", Action.KEY, False),
        (404, FailureKind.NOT_FOUND, "not_found", Action.CHECK, False),
        (405, FailureKind.NOT_FOUND, "not_found_call", Action.KEY, False),
        (408, FailureKind.SERVER, "service_error", Action.RETRY, True),
        (429, FailureKind.RATE, "rate_limited", Action.RETRY, True),
        (500, FailureKind.SERVER, "service_error", Action.RETRY, True),
        (302, FailureKind.NETWORK, "redirected", Action.KEY, False),
    ],
)
def test_what_a_status_means(status: int, kind: FailureKind, code: str, action: Action, transient: bool):
    error = problem(answer(status, b"{}"), About.TASK, now=0)
    failure = error.failure
    assert (failure.kind, failure.code, failure.action, error.transient) == (kind, code, action, transient)


def test_a_404_names_the_task_or_the_address():
    assert problem(answer(404, {"error": "no"}), About.TASK, now=0).failure.code == "not_found"
    assert problem(answer(404, {"error": "no"}), About.CREATE, now=0).failure.code == "not_found_call"
    assert problem(answer(404, PAGE), About.TASK, now=0).failure.code == "not_found_call"


def test_a_gateways_403_says_nothing_about_the_key():
    assert problem(answer(403, PAGE), About.CALL, now=0).failure.kind is FailureKind.SERVER


def test_the_wish_to_wait_travels_with_the_error():
    assert problem(answer(429, retry_after="12"), About.CREATE, now=0).retry_after == 12


def test_a_success_that_cannot_be_read_is_ambiguous():
    error = broken(answer(200, PAGE), About.CREATE)
    assert (error.sent, error.failure.code, error.failure.billed) == (Sent.AMBIGUOUS, "answer_broken", Billed.MAYBE)
    assert error.failure.detail == "502 Bad Gateway <b>"


@given(st.integers(100, 599), st.binary(max_size=200), st.sampled_from(list(About)))
def test_no_answer_breaks_the_reader(status: int, body: bytes, about: About):
    error = problem(answer(status, body), about, now=0, codes=CODES)
    assert error.failure.code in SENTENCES
    assert len(error.failure.detail) <= 500


def test_a_folder_of_results_that_is_called_like_an_extra_header_is_fetched_from() -> None:
    team = "org-films-of-the-north"
    know(team, name=True)
    try:
        body = {"id": "t", "status": "succeeded", "result": {"primary_url": f"https://h/{team}/x.mp4"}}
        assert read_task(answer(200, body), body, WORDS, codes={}, asked="t").urls == (f"https://h/{team}/x.mp4",)
        know(team)
        assert not read_task(answer(200, body), body, WORDS, codes={}, asked="t").urls, "somebody's key, too"
    finally:
        forget(team)


def test_a_service_that_repeats_the_key_everywhere_brings_it_nowhere() -> None:
    key = "rvya_sk_test_CANARYx7Qz91"
    know(key)
    try:
        links = {"primary_url": f"https://h/x.mp4?key={key}", "urls": [f"https://h/{key}.mp4", "https://h/z.mp4"]}
        for status in (f"odd {key}", "succeeded"):
            body = {"id": "t", "status": status, "requestId": key, "result": links}
            task = read_task(answer(200, body), body, WORDS, codes={}, keys=[key], asked="t")
            assert key.lower() not in repr(task).lower()
        assert task.urls == ("https://h/z.mp4",)
        error = {"code": key, "message": key, "field": key, "requestId": key}
        problem_of = problem(answer(400, {"error": error}), About.CREATE, now=0.0, keys=[key])
        assert key not in problem_of.failure.model_dump_json()
    finally:
        forget(key)
