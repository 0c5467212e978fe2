"""The parameters of a model of the live list: their types, options and ranges in every shape, and broken ones."""

from __future__ import annotations

from typing import Any

import pytest

from sora_desktop.core.params import Param, ParamType, wire_values
from sora_desktop.providers.rivya_params import meaning
from support.rivya_lists import read


def param(**described: Any) -> tuple[Param, tuple[str, ...]]:
    model, notes = read(params=[{"key": "p", **described}])
    [one] = model.params
    return one, notes


@pytest.mark.parametrize(
    "options",
    [
        ["5", "10"],
        [5, 10],
        [5.0, 10.0],
        [{"value": "5", "label": "Five"}, {"value": 10}],
        [{"id": 5, "name": "Five"}, {"id": "10"}],
        {"5": "Five", "10": "Ten"},
        {"5": {"label": "Five"}, "10": None},
        [{"label": "Short", "options": [5, {"value": "10"}]}],
    ],
)
def test_options_in_every_shape_travel_as_text(options: Any) -> None:
    model, notes = read(params=[{"key": "duration", "type": "select", "options": options, "default": 10}])
    [one] = model.params
    assert notes == () and [option.value for option in one.options] == ["5", "10"]
    assert (one.role, [option.means for option in one.options], one.default) == ("duration", ["5", "10"], "10")
    assert wire_values(model.params, {"duration": 5}) == {"duration": "5"}


@pytest.mark.parametrize(
    "described",
    [
        {"min": 1, "max": 9, "step": 2},
        {"minimum": "1", "maximum": "9", "multipleOf": 2},
        {"range": {"min": 1, "max": 9, "step": 2}},
        {"range": [1, 9, 2]},
        {"min": 1, "constraints": {"max": 9, "step": 2}},
        {"min": None, "max": None, "step": None, "range": {"min": 1, "max": 9, "step": 2}},
    ],
)
def test_ranges_flat_and_nested(described: dict[str, Any]) -> None:
    one, notes = param(type="number", **described)
    assert (one.minimum, one.maximum, one.step, one.integer, notes) == (1, 9, 2, True, ())


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ({"options": ["a", "b"]}, ParamType.SELECT),
        ({"type": "string", "options": ["a", "b"]}, ParamType.SELECT),
        ({"type": "integer"}, ParamType.NUMBER),
        ({"min": 1}, ParamType.NUMBER),
        ({"default": 3}, ParamType.NUMBER),
        ({"type": "textarea"}, ParamType.TEXT),
        ({"default": "x"}, ParamType.TEXT),
        ({"type": "boolean", "default": "true"}, ParamType.BOOLEAN),
        ({"default": False}, ParamType.BOOLEAN),
        ({"type": "hologram"}, ParamType.RAW),
        ({"type": "hologram", "options": ["a", "b"], "default": "a"}, ParamType.RAW),
        ({"type": "hologram", "options": ["a", "b"], "default": ["a"]}, ParamType.RAW),
        ({}, ParamType.RAW),
    ],
)
def test_the_type_is_told_or_guessed(described: dict[str, Any], kind: ParamType) -> None:
    one, notes = param(**described)
    assert one.type is kind and notes == ()


def test_booleans_travel_as_such() -> None:
    model, _ = read(params=[{"key": "loop", "type": "switch", "default": 1}])
    assert wire_values(model.params, {}) == {"loop": True}
    assert wire_values(model.params, {"loop": "false"}) == {"loop": False}


@pytest.mark.parametrize(
    ("default", "shown", "sent"),
    [("#ff0000", "#ff0000", "#ff0000"), ({"r": 1}, '{"r":1}', {"r": 1}), ([1, 2], "[1,2]", [1, 2]), (7, "7", 7)],
)
def test_a_type_nobody_has_seen_is_a_plain_field_with_the_raw_default(default: Any, shown: str, sent: Any) -> None:
    described = {"key": "tint", "type": "colour_wheel", "default": default, "wheel": {"hue": [1, 2]}}
    model, notes = read(params=[described])
    [one] = model.params
    assert (one.type, one.default, notes) == (ParamType.RAW, shown, ())
    assert one.unknown == {"type": "colour_wheel", "wheel": {"hue": [1, 2]}}
    assert wire_values(model.params, {}) == {}, "what the user leaves alone is left to the service"
    assert wire_values(model.params, {"tint": shown}) == {"tint": sent}
    required, _ = read(params=[{**described, "required": True}])
    assert wire_values(required.params, {}) == {"tint": sent}


def test_new_parameters_mean_what_others_mean() -> None:
    sizes = ["1280x720", "720x1280", "1024x1024", "1792x1024"]
    described = [
        {"key": "size", "type": "select", "options": sizes},
        {"key": "watermark", "options": ["true", "false"]},
    ]
    model, _ = read(params=[*described, {"key": "n_seconds", "options": ["4s", "8 seconds"]}, {"key": "aspectRatio"}])
    by_key = {one.key: one for one in model.params}
    assert by_key["size"].role == "aspect" and by_key["aspectRatio"].role == "aspect"
    assert [option.means for option in by_key["size"].options] == ["16:9", "9:16", "1:1", "16:9"]
    assert [option.means for option in by_key["watermark"].options] == ["keep", "remove"]
    quality, _ = read(params=[{"key": "size", "options": ["standard", "high"]}])
    assert (quality.params[0].role, quality.params[0].label) == ("quality", "Quality"), "in our words"
    assert meaning("watermark", "remove_watermark", "true") == "remove"
    assert meaning("duration", "duration", "7.50 s") == "7.5" and meaning("duration", "duration", "auto") == ""


def test_what_is_broken_is_told_and_costs_nothing_else() -> None:
    described = [
        None,
        {"type": "select"},
        {"key": "a", "type": "select", "options": []},
        {"key": "b", "type": "number", "min": 9, "max": 1, "step": -1, "default": 5},
        {"key": "c", "options": ["x", None, {"label": "no value"}, "x"], "default": "y"},
        {"key": "c", "options": ["z"]},
        {"key": "prompt", "type": "text"},
        {"key": "e", "type": "number", "min": 0, "max": 9, "step": 1e-310},
        {"key": "d", "type": "text", "max_length": 2, "default": "long"},
    ]
    model, notes = read(params=described)
    assert [(one.key, one.type.value, one.default) for one in model.params] == [
        ("a", "raw", None),
        ("b", "number", 5.0),
        ("c", "select", None),
        ("e", "number", None),
        ("d", "text", None),
    ]
    assert notes == (
        "New One: parameter 1 is null; it was left out.",
        "New One: parameter 2 has no key; it was left out.",
        "New One: “a” is a choice without options; it is a plain field now.",
        "New One: “b” goes from 9 to 1, which is no range; it is not bounded now.",
        "New One: “b” has steps of -1; they are not used.",
        "New One: option 2 of “c” (null) has no value that can be sent; it was left out.",
        "New One: option 3 of “c” ({…}) has no value that can be sent; it was left out.",
        "New One: the default of “c” is “y”, which it does not take; it has none now.",
        "New One: the parameter “c” is listed twice; the first one counts.",
        "New One: “e” has steps of 1e-310; they are not used.",
        "New One: the default of “d” is “long”, which it does not take; it has none now.",
    )
