"""Requests, references, drafts, signals."""

from __future__ import annotations

import logging

import pytest

from sora_desktop.core import references
from sora_desktop.core.drafts import Draft
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest, check, prompt_length
from sora_desktop.core.sentences import say
from sora_desktop.core.signal import Signal
from support.dialects import model

RIVYA = model("rivya", "sora-2")
SERVICE = model("globalaiopc", "openAiSora2Plus")
PICTURE = Reference(name="a.png", mime="image/png", path="/a.png", bytes=1000, width=1280, height=720)


def codes(problems: list[object]) -> list[str]:
    return [problem.code for problem in problems]  # type: ignore[attr-defined]


def test_an_empty_prompt():
    for prompt in ("", " \n\t "):
        assert [(one.field, one.code) for one in check(RIVYA, prompt, {})] == [("prompt", "prompt_empty")]


def test_the_limit_counts_characters_not_bytes():
    assert check(RIVYA, "界" * 10_000, {}) == []
    (problem,) = check(RIVYA, "👩" * 10_001, {})
    assert (problem.code, problem.args) == ("prompt_too_long", {"length": "10001", "limit": "10000", "over": "1"})
    assert check(SERVICE, "x" * 100_000, {}) == []
    assert prompt_length("👩") == 1


def test_all_problems_at_once():
    found = check(RIVYA, "", {"n_frames": 1, "x": 2}, [PICTURE, PICTURE])
    assert {(one.field, one.code) for one in found} == {
        ("prompt", "prompt_empty"), ("n_frames", "param_invalid"), ("x", "param_unknown"),
        ("references", "reference_too_many"),
    }  # fmt: skip
    assert all("…" not in say(one.code, one.args) for one in found)


@pytest.mark.parametrize(
    ("one", "changes", "expected"),
    [
        (RIVYA, {}, []),
        (RIVYA, {"mime": "image/gif"}, ["reference_mime"]),
        (RIVYA, {"bytes": 10_000_001}, ["reference_bytes"]),
        (RIVYA, {"bytes": 10_000_000}, []),
        (RIVYA, {"kind": "video"}, ["reference_kind"]),
        (RIVYA, {"width": 5, "height": 5}, []),
        (SERVICE, {}, ["reference_needs_url"]),
        (SERVICE, {"url": "https://h/a.png"}, []),
        (SERVICE, {"url": "https://h/a.png", "width": 1281}, ["reference_size"]),
        (SERVICE, {"url": "https://h/a.png", "width": None, "height": None}, []),
        (SERVICE, {"url": "https://h/a.heic", "mime": "image/heic"}, ["reference_mime"]),
        (SERVICE, {"url": "https://h/a", "mime": ""}, []),
    ],
)
def test_references(one: object, changes: dict[str, object], expected: list[str]):
    found = references.check(one.references, [PICTURE.model_copy(update=changes)])  # type: ignore[attr-defined]
    assert all("takes images only" in say(each.code, each.args) for each in found if each.code == "reference_kind")
    assert codes(found) == expected  # type: ignore[arg-type]
    assert all("…" not in say(problem.code, problem.args) for problem in found)


@pytest.mark.parametrize(
    ("aspect", "sizes", "expected"),
    [
        ("16:9", ((1280, 720), (720, 1280)), []),
        ("9:16", ((1280, 720), (720, 1280)), ["reference_size"]),
        ("16:9", (), []),
        ("9:16", (), ["reference_ratio"]),
        ("", (), []),
    ],
)
def test_what_is_at_an_address_is_held_to_the_chosen_ratio_too(
    aspect: str, sizes: tuple[tuple[int, int], ...], expected: list[str]
):
    assert SERVICE.references is not None
    rule = SERVICE.references.model_copy(update={"sizes": sizes})
    remote = PICTURE.model_copy(update={"url": "https://h/a.png", "path": ""})
    found = references.check(rule, [remote], aspect)
    assert codes(found) == expected  # type: ignore[arg-type]
    assert all("720×1280" in say(problem.code, problem.args) for problem in found if sizes)


def test_a_model_without_references():
    assert codes(references.check(None, [PICTURE])) == ["reference_none_taken"]  # type: ignore[arg-type]
    assert references.check(None, []) == []


def test_a_request_survives_its_json():
    asked = GenerationRequest(
        provider="rivya",
        model="sora-2",
        prompt="日本 \u2028",
        values={"n": 10, "s": "10", "b": True, "f": 0.5},
        references=(PICTURE,),
    )
    kept = GenerationRequest.model_validate_json(asked.model_dump_json())
    assert kept == asked
    assert [type(value) for value in kept.values.values()] == [int, str, bool, float]


def test_the_title_of_a_draft():
    assert Draft(id="d", prompt="\n  \n A boat \nat dawn").title == "A boat"
    assert Draft(id="d").title == ""


def test_a_signal_calls_in_order_and_survives_a_broken_listener(caplog: pytest.LogCaptureFixture):
    signal: Signal[[int]] = Signal()
    heard: list[str] = []

    def broken(value: int) -> None:
        raise ValueError

    signal.connect(lambda value: heard.append(f"a{value}"))
    end = signal.connect(broken)
    signal.connect(lambda value: heard.append(f"b{value}"))
    with caplog.at_level(logging.ERROR):
        signal.emit(1)
    assert heard == ["a1", "b1"] and "a listener failed" in caplog.text
    end()
    end()
    assert len(signal) == 2


def test_a_listener_may_leave_while_it_is_called():
    signal: Signal[[]] = Signal()
    heard: list[int] = []
    ends = [signal.connect(lambda: ends[0]()), signal.connect(lambda: heard.append(1))]
    signal.emit()
    assert heard == [1] and len(signal) == 1
