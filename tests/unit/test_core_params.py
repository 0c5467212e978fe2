"""Parameters: what fits, what is sent, and what survives a change of the model."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import (
    Option,
    Param,
    ParamType,
    Scalar,
    Wire,
    allowed,
    as_text,
    carry_over,
    check,
    coerce,
    controls,
    to_wire,
    translate,
    wire_values,
)
from support.dialects import ALL_MODELS, catalog, model

TRICKY = ["10", 10, 10.0, "true", True]
SCALARS = st.text(max_size=6) | st.integers() | st.floats() | st.booleans() | st.sampled_from(TRICKY)
NAMES = st.sampled_from(["size", "duration", "aspect", "quality", "seed"])


@st.composite
def params(draw: st.DrawFn, key: str | None = None) -> Param:
    """A parameter of any kind, as a catalogue may hold it: its default and its options fit its wire type."""
    kind = draw(st.sampled_from(ParamType))
    base: dict[str, Any] = {
        "key": key or draw(NAMES),
        "type": kind,
        "role": draw(st.sampled_from(["", "aspect", "duration"])),
    }
    match kind:
        case ParamType.SELECT:
            wire = draw(st.sampled_from([Wire.STRING, Wire.INTEGER, Wire.SAME, Wire.NUMBER]))
            values = draw(st.lists(st.integers(-99, 99), min_size=1, max_size=4, unique=True))
            texts = wire in {Wire.STRING, Wire.SAME} and draw(st.booleans())
            meanings = draw(st.lists(st.sampled_from(["", "16:9", "9:16", "10"]), min_size=4, max_size=4))
            options = tuple(
                Option(value=str(value) if texts else value, means=means)
                for value, means in zip(values, meanings, strict=False)
            )
            default = draw(st.none() | st.sampled_from([option.value for option in options]))
            return Param(**base, wire=wire, options=options, default=default)
        case ParamType.NUMBER:
            low, high = sorted(draw(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000))))
            integer = draw(st.booleans())
            wire = draw(st.sampled_from([Wire.NUMBER, Wire.SAME, *([Wire.INTEGER] if integer else [])]))
            return Param(**base, wire=wire, minimum=low, maximum=high, integer=integer)
        case ParamType.BOOLEAN:
            return Param(**base, wire=draw(st.sampled_from([Wire.BOOLEAN, Wire.STRING, Wire.SAME])))
        case ParamType.TEXT:
            return Param(**base, wire=Wire.STRING)
        case ParamType.RAW:
            return Param(**base, wire=Wire.SAME)


def same(first: Scalar | None, second: Scalar | None) -> bool:
    """Equal, of one type, and NaN is itself."""
    both_nan = all(isinstance(value, float) and math.isnan(value) for value in (first, second))
    return both_nan or (first == second and type(first) is type(second))


@given(params(), SCALARS)
def test_coerce_is_idempotent(param: Param, value: Scalar):
    once = coerce(param, value)
    if once is not None:
        assert same(coerce(param, once), once)


@given(params(), SCALARS)
def test_the_wire_is_a_fixed_point(param: Param, value: Scalar):
    fitting = coerce(param, value)
    if fitting is None:
        return
    sent = to_wire(param, fitting)
    again = coerce(param, sent)
    assert again is not None
    assert same(to_wire(param, again), sent)
    expected = {Wire.STRING: str, Wire.INTEGER: int, Wire.BOOLEAN: bool, Wire.NUMBER: (int, float)}.get(param.wire)
    assert expected is None or (isinstance(sent, expected) and (expected is bool or not isinstance(sent, bool)))


@given(params(), SCALARS)
def test_what_is_coerced_passes_the_check_and_the_rest_does_not(param: Param, value: Scalar):
    problems = check([param], {param.key: value})
    assert bool(problems) is (coerce(param, value) is None)
    assert all(problem.field == param.key and problem.code == "param_invalid" for problem in problems)


SCHEMAS = st.lists(params(), max_size=5, unique_by=lambda param: param.key)


@given(SCHEMAS, SCHEMAS, st.dictionaries(NAMES, SCALARS, max_size=5))
def test_what_is_carried_over_always_passes_the_check(old: list[Param], new: list[Param], values: dict[str, Scalar]):
    carried = carry_over(old, new, values)
    assert check(new, carried) == []
    assert set(carried) <= {control.param.key for control in controls(new)}


@given(SCHEMAS, st.dictionaries(NAMES, SCALARS, max_size=5))
def test_what_is_sent_is_known_and_each_control_once(schema: list[Param], values: dict[str, Scalar]):
    sent = wire_values(schema, values)
    for control in controls(schema):
        assert sum(member.key in sent for member in control.members) <= 1
    assert set(sent) <= {param.key for param in schema}
    assert list(sent) == [param.key for param in schema if param.key in sent]
    assert check(schema, sent) == []


MODELS = [model(*name) for name in ALL_MODELS]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(MODELS, MODELS)), ids=lambda one: one.id)
def test_between_the_shipped_models_nothing_wrong_is_carried(old: Model, new: Model):
    for values in every_choice(old):
        carried = carry_over(old.params, new.params, values)
        assert check(new.params, carried) == []
        assert check(new.params, wire_values(new.params, carried)) == []
        if old == new:
            assert carry_over(old.params, old.params, carried) == carried


def every_choice(one: Model) -> list[dict[str, Scalar]]:
    """Each option of each parameter once, alone."""
    return [{param.key: option.value} for param in one.params for option in param.options]


def test_aspect_and_duration_follow_the_user_to_another_service():
    rivya, service = model("rivya", "sora-2"), model("globalaiopc", "openAiSora2Plus")
    carried = carry_over(rivya.params, service.params, {"aspect_ratio": "landscape", "n_frames": "15"})
    assert carried == {"size": "1280x720"}
    back = carry_over(service.params, rivya.params, {"aspect_ratio": "9:16", "seconds": 8})
    assert back == {"aspect_ratio": "portrait"}


def test_a_size_in_pixels_is_no_quality():
    """Both services have a `size`: pixels there, a quality here."""
    pro, service = model("rivya", "sora-2-pro"), model("globalaiopc", "openAiSora2Plus")
    assert carry_over(pro.params, service.params, {"size": "high"}) == {}
    assert "size" not in carry_over(service.params, pro.params, {"size": "1280x720"})


def test_one_control_a_pair():
    names = [
        [member.key for member in control.members]
        for control in controls(model("globalaiopc", "openAiSora2Plus").params)
    ]
    assert names == [["size", "aspect_ratio"], ["duration", "seconds"]]


def test_a_control_speaks_its_own_language():
    shape = controls(model("globalaiopc", "openAiSora2Plus").params)[0]
    assert shape.value({"aspect_ratio": "16:9"}) == "1280x720"
    assert shape.value({"size": "720x1280"}) == "720x1280"
    assert shape.value({"duration": 4}) is None


def test_both_of_a_pair_is_a_problem_at_the_control():
    schema = model("globalaiopc", "openAiSora2Plus").params
    problems = check(schema, {"aspect_ratio": "16:9", "size": "1280x720"})
    assert [(problem.field, problem.code) for problem in problems] == [("size", "param_exclusive")]
    assert problems[0].args == {"first": "size", "second": "aspect_ratio"}


def test_problems_are_said_at_their_fields():
    schema = model("rivya", "sora-2").params
    found = {(one.field, one.code, one.args.get("allowed")) for one in check(schema, {"n_frames": 11, "x": 1})}
    assert found == {("n_frames", "param_invalid", "10, 15"), ("x", "param_unknown", None)}
    needed = Param(key="k", required=True, options=(Option(value="a"),))
    assert [one.code for one in check([needed], {})] == ["param_missing"]
    assert check([needed.model_copy(update={"default": "a"})], {}) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (10.0, "10"), (10.5, "10.5"), (10, "10"), ("x", "x"), (math.inf, "inf")],
)
def test_as_text(value: Scalar, text: str):
    assert as_text(value) == text


NUMBER = Param(key="n", type=ParamType.NUMBER, minimum=0, maximum=10, wire=Wire.NUMBER)
SEED = Param(key="seed", type=ParamType.NUMBER, integer=True, wire=Wire.INTEGER)


@pytest.mark.parametrize(
    ("param", "value", "expected"),
    [
        (NUMBER, "2.5", 2.5), (NUMBER, 0, 0.0), (NUMBER, 10, 10.0), (NUMBER, -0.1, None), (NUMBER, 10.1, None),
        (NUMBER, True, None), (NUMBER, "x", None), (NUMBER, "nan", None), (NUMBER, math.inf, None),
        (NUMBER, "1e999", None),
        (SEED, "7", 7), (SEED, 7.0, 7), (SEED, 7.5, None), (SEED, 10**400, None),
        (SEED, "9007199254740993", 9007199254740993), (SEED, 9007199254740993, 9007199254740993),
    ],
)  # fmt: skip
def test_numbers(param: Param, value: Scalar, expected: Scalar | None):
    assert same(coerce(param, value), expected)


def test_what_is_allowed_in_words():
    assert allowed(NUMBER) == "0–10"
    assert allowed(NUMBER.model_copy(update={"minimum": None})) == "≤ 10"
    assert allowed(NUMBER.model_copy(update={"maximum": None})) == "≥ 0"
    assert allowed(SEED) == ""


def test_a_value_nobody_understands_is_not_translated():
    raw = Param(key="r", type=ParamType.RAW)
    assert translate(NUMBER, raw, 5) is None


def test_every_shipped_default_fits_its_own_options():
    for provider in catalog().providers:
        for one in provider.models:
            for param in one.params:
                assert param.default is None or same(coerce(param, param.default), param.default)
                assert all(same(coerce(param, option.value), option.value) for option in param.options)


@pytest.mark.parametrize(
    ("param", "value", "code"),
    [
        (Param(key="p", type=ParamType.TEXT, max_length=3), "abcd", "param_too_long"),
        (Param(key="p", type=ParamType.TEXT, max_length=3), "😀😀😀", None),
        (Param(key="p", type=ParamType.NUMBER, minimum=3, maximum=15, step=5), 8, None),
        (Param(key="p", type=ParamType.NUMBER, minimum=3, maximum=15, step=5), 10, "param_step"),
        (Param(key="p", type=ParamType.NUMBER, minimum=0, maximum=1, step=0.1), 0.7, None),
        (Param(key="p", type=ParamType.NUMBER, step=2, integer=True), 3, "param_step"),
    ],
)
def test_lengths_and_steps_are_held_and_nothing_is_cut(param: Param, value: Scalar, code: str | None) -> None:
    assert [problem.code for problem in check([param], {"p": value})] == ([code] if code else [])
    assert coerce(param, value) == value, "a value is found fault with, not changed"


def test_a_value_of_an_unknown_type_stays_with_its_key_and_goes_to_no_other() -> None:
    raw, other = Param(key="mystery", type=ParamType.RAW), Param(key="riddle", type=ParamType.RAW, role="seed")
    assert carry_over([raw], [raw], {"mystery": "[1, 2]"}) == {"mystery": "[1, 2]"}
    assert controls([raw])[0].value({"mystery": 7}) == 7
    seed = Param(key="seed", type=ParamType.NUMBER, role="seed")
    assert carry_over([seed], [other], {"seed": 7}) == {}
