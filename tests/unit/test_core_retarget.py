"""A draft on another model: nothing is lost without a word, nothing is sent that the new model refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core import params
from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Option, Param, ParamType, Scalar, Wire, as_text
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.core.retarget import Fate, Line, Retarget, retarget
from sora_desktop.core.roles import role_of
from support.dialects import ALL_MODELS, model

SORA, PRO = model("rivya", "sora-2"), model("rivya", "sora-2-pro")
PLUS = model("globalaiopc", "openAiSora2Plus")

KEYS = st.sampled_from(["size", "duration", "seconds", "aspect_ratio", "quality", "seed", "odd"])
TEXTS = st.sampled_from(["10", "5s", "16:9", "9:16", "1280x720", "720p", "high", "portrait", "true", "", "x" * 30])
VALUES = TEXTS | st.integers() | st.floats() | st.booleans() | st.text(max_size=4)


@st.composite
def lists_of_params(draw: st.DrawFn) -> tuple[Param, ...]:
    found: list[Param] = []
    for key in draw(st.lists(KEYS, max_size=5, unique=True)):
        kind = draw(st.sampled_from(ParamType))
        base: dict[str, Any] = {
            "key": key,
            "type": kind,
            "role": draw(st.sampled_from(["", "aspect", "duration", "quality"])),
            "group": draw(st.sampled_from(["", "", "both"])),
            "required": draw(st.booleans()),
        }
        match kind:
            case ParamType.SELECT:
                values = draw(st.lists(TEXTS | st.integers(0, 30), min_size=1, max_size=4, unique_by=as_text))
                default = draw(st.none() | st.sampled_from(values))
                base |= {"options": tuple(Option(value=value) for value in values), "default": default}
            case ParamType.NUMBER:
                low = draw(st.none() | st.integers(-5, 5))
                base |= {
                    "minimum": low,
                    "maximum": draw(st.none() | st.integers(6, 20)),
                    "integer": draw(st.booleans()),
                }
                base |= {"step": draw(st.sampled_from([None, 1, 2, 0.5 if not base["integer"] else 3]))}
            case ParamType.TEXT:
                base |= {"max_length": draw(st.none() | st.integers(1, 5)), "wire": Wire.STRING}
            case _:
                pass
        found.append(Param(**base))
    return tuple(found)


def a_model(of: tuple[Param, ...]) -> Model:
    return Model(id="m", name="M", params=of)


@given(
    lists_of_params() | st.none(), lists_of_params(), st.dictionaries(KEYS | st.text(max_size=3), VALUES, max_size=6)
)
def test_nothing_is_lost_without_a_word_and_nothing_is_sent_that_is_refused(
    old: tuple[Param, ...] | None, new: tuple[Param, ...], values: dict[str, Scalar]
) -> None:
    found = retarget(None if old is None else a_model(old), a_model(new), "A boat", values)
    told = [line.old_key for line in found.lines if line.old_set]
    assert sorted(told) == sorted(values), "each value that was given has one line"
    codes = {problem.code for problem in found.problems}
    assert codes <= {"param_too_long", "param_missing"}, "what is wrong after it can be seen at its field"
    assert {line.new_key for line in found.lines if line.new_set} == set(found.values)
    seen = {line.new_key for line in found.lines if line.new_key}
    assert seen == {control.param.key for control in params.controls(new)}, "each parameter has its line"
    for line in found.lines:
        assert (line.fate in {Fate.CHANGED, Fate.DROPPED}) == bool(line.code)


@given(lists_of_params(), st.data())
def test_to_the_same_model_everything_goes_along(of: tuple[Param, ...], data: st.DataObject) -> None:
    given_values: dict[str, Scalar] = {}
    for control in params.controls(of):
        value = params.coerce(control.param, data.draw(VALUES))
        if value is not None and not params.check((control.param,), {control.param.key: value}):
            given_values[control.param.key] = value
    found = retarget(a_model(of), a_model(of), "A boat", given_values)
    assert {key: repr(value) for key, value in found.values.items()} == {
        key: repr(value) for key, value in given_values.items()
    }
    assert not found.of(Fate.CHANGED)
    assert not found.of(Fate.DROPPED)


@pytest.mark.parametrize("one", ALL_MODELS)
@pytest.mark.parametrize("other", ALL_MODELS)
def test_between_all_shipped_models_only_known_changes_happen(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = retarget(model(*one), model(*other), "A boat", {})
    assert not found.problems
    assert not found.of(Fate.DROPPED), "what nobody chose cannot be dropped"


def lines(found: Retarget) -> dict[str, tuple[Fate, str, str]]:
    return {line.name: (line.fate, line.old, line.new) for line in found.lines}


def line(found: Retarget, key: str) -> Line:
    return next(each for each in found.lines if each.old_key == key)


def test_the_nearest_length_is_a_change_and_a_shape_keeps_its_meaning() -> None:
    found = retarget(PRO, PLUS, "A boat", {"size": "high", "n_frames": "15", "aspect_ratio": "landscape"})
    assert found.values == {"size": "1280x720", "duration": 12}
    shown = lines(found)
    assert shown["Duration"] == (Fate.CHANGED, "15 s", "12 s")
    assert shown["Aspect"] == (Fate.SAME, "Landscape", "Landscape")
    dropped = line(found, "size")
    assert (dropped.fate, dropped.code, dropped.old) == (Fate.DROPPED, "retarget_no_place", "High")


def test_what_a_model_does_by_itself_is_kept_up() -> None:
    found = retarget(SORA, PLUS, "A boat", {})
    assert found.values["size"] == "1280x720", "the old one made a landscape, the new one would not by itself"
    back = retarget(PLUS, SORA, "A boat", {"size": "1280x720"})
    assert back.values["aspect_ratio"] == "landscape"


def test_a_model_that_nobody_knows_is_mapped_by_its_keys() -> None:
    found = retarget(None, PRO, "A boat", {"seconds": 12, "aspectRatio": "9:16", "mystery": "#ff0000", "seed": 7})
    assert found.values == {"n_frames": "10", "aspect_ratio": "portrait"}
    assert line(found, "mystery").fate is Fate.DROPPED
    assert line(found, "seconds").fate is Fate.CHANGED


def number(**more: Any) -> Model:
    return a_model((Param(key="duration", role="duration", type=ParamType.NUMBER, **more),))


@pytest.mark.parametrize(
    ("value", "target", "kept", "fate"),
    [
        (20, {"minimum": 3, "maximum": 15, "integer": True}, 15, Fate.CHANGED),
        (1, {"minimum": 3, "maximum": 15, "integer": True}, 3, Fate.CHANGED),
        (7, {"minimum": 3, "maximum": 15, "step": 5}, 8.0, Fate.CHANGED),
        (20, {"minimum": 3, "maximum": 15, "step": 5}, 13.0, Fate.CHANGED),
        ("5s", {"minimum": 3, "maximum": 15, "integer": True}, 5, Fate.SAME),
        (5.5, {"integer": True}, 6, Fate.CHANGED),
        (True, {"minimum": 3, "maximum": 15}, None, Fate.DROPPED),
    ],
)
def test_numbers_are_brought_into_the_range_and_onto_a_step(
    value: Scalar, target: dict[str, Any], kept: Scalar | None, fate: Fate
) -> None:
    found = retarget(None, number(**target), "A boat", {"duration": value})
    assert found.values.get("duration") == kept
    assert line(found, "duration").fate is fate


def test_a_text_is_never_cut() -> None:
    limited = a_model((Param(key="negative_prompt", type=ParamType.TEXT, max_length=5),))
    found = retarget(None, limited, "A boat", {"negative_prompt": "text, hands"})
    assert found.values == {"negative_prompt": "text, hands"}
    assert [problem.code for problem in found.problems] == ["param_too_long"]


def test_prompt_and_references_are_kept_and_found_fault_with() -> None:
    short = Model(id="m", name="M", prompt_limit=3, references=ReferenceRule(max_count=1, upload=True))
    clips = (Reference(kind="video", name="a.mp4", path="/a"), Reference(name="b.png", path="/b"))
    found = retarget(SORA, short, "A boat", {}, clips)
    assert [problem.code for problem in found.problems] == ["prompt_too_long", "reference_too_many", "reference_kind"]
    none = retarget(SORA, Model(id="m", name="M"), "A boat", {}, clips)
    assert [problem.code for problem in none.problems] == ["reference_none_taken"]


def test_the_same_thing_said_twice_is_kept_once() -> None:
    found = retarget(PLUS, SORA, "A boat", {"duration": 8, "seconds": 12})
    assert line(found, "seconds").code == "retarget_twice"
    assert line(found, "duration").new == "10 s"


@pytest.mark.parametrize(
    ("key", "role"),
    [("n_frames", "duration"), ("aspectRatio", "aspect"), ("Aspect-Ratio", "aspect"), ("size", ""), ("", "")],
)
def test_roles_are_told_from_keys(key: str, role: str) -> None:
    assert role_of(key) == role


def test_roles_agree_with_the_shipped_models() -> None:
    shipped: Mapping[str, str] = {
        param.key: param.role for one in ALL_MODELS for param in model(*one).params if role_of(param.key)
    }
    assert {key: role_of(key) for key in shipped} == shipped
