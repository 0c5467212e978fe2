"""The live list of models in every plausible shape and in impossible ones: no crash, no model lost for one entry."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.params import Param, ParamType, Scalar, Wire, check, wire_values
from sora_desktop.core.references import Reference
from sora_desktop.core.references import check as check_references
from sora_desktop.core.sentences import say
from sora_desktop.providers.base import Listing
from sora_desktop.providers.rivya_contract import fields
from sora_desktop.providers.rivya_models import MAX_MODELS, read_body, read_list
from sora_desktop.providers.rivya_params import MAX_OPTIONS, MAX_PARAMS, meaning
from sora_desktop.simulator.rivya_models import listing
from sora_desktop.simulator.rivya_openapi import openapi
from support.dialects import catalog

RIVYA = catalog().provider("rivya")
assert RIVYA is not None
KNOWN = RIVYA.models


def entry(**more: Any) -> dict[str, Any]:
    return {"id": "new-one", "display_name": "New One", "category": "video", **more}


def read(**more: Any) -> tuple[Model, tuple[str, ...]]:
    found = read_list({"data": [entry(**more)]}, KNOWN)
    [model] = found.models
    return model, told(found)


def told(found: Listing) -> tuple[str, ...]:
    """The notes as a person reads them."""
    return tuple(say(note.code, note.args) for note in found.notes)


def param(**described: Any) -> tuple[Param, tuple[str, ...]]:
    model, notes = read(params=[{"key": "p", **described}])
    [one] = model.params
    return one, notes


@pytest.mark.parametrize("form", ["plain", "labelled", "odd"])
def test_the_shipped_models_are_the_listed_ones_with_our_words(form: str) -> None:
    """Of everything that ships only the descriptions are another's: the list has its own."""
    found = {model.id: model for model in read_list(listing(form), KNOWN).models}
    assert {"z-image", "hum-audio", "small-talk"}.isdisjoint(found)
    for shipped in KNOWN:
        live = found[shipped.id]
        assert live.model_copy(update={"params": ()}) == shipped.model_copy(update={"params": ()})
        params = [one.model_copy(update={"help": ""}) for one in live.params if one.key != "mystery"]
        assert params == [one.model_copy(update={"help": ""}) for one in shipped.params]
        assert all(one.help for one in live.params if one.key != "mystery")
    states = {name: found[name].availability for name in ("ridge-motion-1", "wide-lens-video", "studio-cut")}
    assert list(states.values()) == [Availability.AVAILABLE, Availability.COMING_SOON, Availability.STUDIO_ONLY]


def test_a_model_nobody_knew_has_its_whole_panel() -> None:
    found = read_list(listing("labelled"), KNOWN)
    ridge = next(model for model in found.models if model.id == "ridge-motion-1")
    assert (ridge.name, ridge.credits, ridge.prompt_limit) == ("Ridge Motion 1", 9, 2500)
    by_key = {one.key: one for one in ridge.params}
    assert [by_key[key].type.value for key in by_key] == ["select", "number", "number", "text", "number"]
    seconds, guidance, seed = by_key["duration"], by_key["guidance"], by_key["seed"]
    assert (seconds.minimum, seconds.maximum, seconds.step, seconds.integer) == (3, 15, 1, True)
    assert (seconds.required, seconds.default, seconds.role, seconds.unit) == (True, 5, "duration", "s")
    assert (guidance.integer, guidance.step, guidance.default) == (False, 0.1, 0.5)
    assert (seed.integer, seed.role, seed.maximum) == (True, "seed", 2147483647)
    assert by_key["negative_prompt"].max_length == 500
    assert check(ridge.params, {"negative_prompt": "x" * 501})[0].code == "param_too_long"
    rule = ridge.references
    assert rule is not None and (rule.max_count, rule.kinds, rule.upload) == (3, ("image", "video", "audio"), True)
    assert (rule.limit("image").max_bytes, rule.limit("video").max_bytes) == (10_000_000, 50_000_000)
    clip = Reference(kind="video", name="c", url="https://a.b/c", mime="video/mp4", bytes=20_000_000)
    assert check_references(rule, [clip]) == []
    assert [one.code for one in check_references(rule, [clip.model_copy(update={"bytes": 60_000_000})])] == [
        "reference_bytes"
    ]
    sent = wire_values(ridge.params, {"seed": 7, "resolution": "1080p", "duration": "6"})
    assert sent == {"resolution": "1080p", "duration": 6, "guidance": 0.5, "seed": 7}
    assert type(sent["duration"]) is int, "a number of whole steps travels as one"


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


def test_a_shipped_model_keeps_what_the_list_breaks() -> None:
    broken = {"id": "sora-2", "category": "video", "reference_media": "?", "max_prompt_length": "many"}
    found = read_list([{**broken, "params": "none"}], KNOWN)
    [model] = found.models
    assert model.params == KNOWN[0].params and model.references == KNOWN[0].references
    assert (model.name, model.prompt_limit, model.credits) == ("Sora 2", 10_000, 6)
    assert len(found.notes) == 2
    found = read_list([{**broken, "params": [{"key": "n_frames", "type": "select"}]}], KNOWN)
    assert found.models[0].params == (KNOWN[0].param("n_frames"),)


@pytest.mark.parametrize(
    "value",
    [
        {"maxItems": 2, "kinds": ["image", "video"], "maxSizeMb": {"image": 5, "video": 20}},
        {"max_count": 2, "kinds": {"image": {"max_size_mb": 5}, "video": {"max_size_mb": "20 MB"}}},
        {"image": {"max": 1, "maxSizeMb": 5}, "video": {"max": 1, "max_bytes": 20_000_000}},
        [{"kind": "image", "max_count": 1, "max_size_mb": 5}, {"kind": "video", "max_count": 1, "max_mb": 20}],
        {"limit": 2, "kinds": [{"kind": "image", "max_size": 5}, {"kind": "videos", "max_size": 20}]},
        {"max_items": "2", "maxSizeMb": {"image": 5, "video": 20}, "mimeTypes": {"image": ["image/png"], "video": []}},
    ],
)
def test_references_in_every_shape(value: Any) -> None:
    model, notes = read(reference_media=value)
    rule = model.references
    assert rule is not None and notes == ()
    assert (rule.max_count, rule.kinds, rule.field) == (2, ("image", "video"), "referenceMediaItems")
    assert (rule.limit("image").max_bytes, rule.limit("video").max_bytes) == (5_000_000, 20_000_000)
    assert "video/mp4" in rule.limit("video").mime_types


def test_references_that_are_not_there() -> None:
    for value in (None, False, [], 0, {"max_count": 0, "kinds": ["image"]}):
        assert read(reference_media=value)[0].references is None
    assert read()[0].references is None
    rule = read(file_kinds=["image"])[0].references
    assert rule is not None and (rule.max_count, rule.max_bytes) == (1, 10_000_000)
    mimes = read(reference_media={"mime_types": ["image/png", "jpg", "text/html", 3]})[0].references
    assert mimes is not None and mimes.mime_types == ("image/png", "image/jpeg")
    assert read(reference_media="?")[1] == (
        "New One: what it takes as references is “?”, which cannot be read; it is offered without references.",
    )


def test_notices_prices_and_states() -> None:
    model, notes = read(
        notices=["Slow\u202e today", {"message": "<b>bold</b>"}, {"level": 3}, None, "Slow\u202e today", "x" * 9000],
        billing_type="PER_SECOND",
        base_credits=3,
        api_status="being_moved",
        tier="gold",
        display_name="A\nB",
    )
    assert model.notices[:2] == ("Slow today", "<b>bold</b>") and len(model.notices) == 3
    assert len(model.notices[2]) == 500
    assert (model.credits, model.billing, model.credits_from) == (None, "PER_SECOND", 3)
    assert model.availability is Availability.AVAILABLE and model.unknown == {"tier": "gold"} and model.name == "A B"
    assert notes == (
        "A B: its state “being_moved” is new here; it is offered, and the service says whether it can be used.",
    )
    assert read(notices="One text")[0].notices == ("One text",)
    assert read(api_status="Coming Soon")[0].availability is Availability.COMING_SOON


def test_entries_of_the_list() -> None:
    found = read_list(
        {
            "models": [
                None,
                "text",
                entry(),
                entry(),
                {"category": "video", "display_name": "Lost"},
                {"id": "x", "category": 5},
                {"id": "y"},
                {"id": "z", "category": ["avatar", "video"]},
                {"id": "w", "category": "avatar", "supported_modes": ["image-to-video"]},
                {"id": "v", "category": "Image", "supported_modes": ["image-to-video"]},
                " sora-2 ",
            ]
        },
        KNOWN,
    )
    assert [model.id for model in found.models] == ["new-one", "z", "w", "sora-2"] and not found.complete
    assert found.models[-1].params == KNOWN[0].params, "an id alone is enough of what ships"
    assert told(found) == (
        "Entry 1 of the list is null; it was left out.",
        "Entry 2 of the list is “text”; it was left out.",
        "new-one is listed twice; the first one counts.",
        "Entry 5 of the list (“Lost”) has no id; it was left out.",
        "x is listed under “5”, which is new here, so it was left out.",
        "y is listed without saying what it makes, so it was left out.",
    )
    for odd, complete in ((None, False), (5, False), ({"id": "y"}, False), ({"id": "y", "category": "3d"}, True)):
        assert read_list([entry(), odd], KNOWN).complete is complete, "what cannot be read may be a known model"
    long = "m" * 400
    assert read_list([entry(id=long)], KNOWN).models[0].id == long, "cut short it would be another one"
    assert read_list({"data": {"models": [entry()]}}, KNOWN).models
    assert read_list({"new-one": {"category": "video"}}, KNOWN).models[0].id == "new-one"
    assert read_list([{"id": "sora-2"}], KNOWN).models[0].params == KNOWN[0].params, "its category was lost"
    assert read_list([{"id": "x", "supported_modes": ["text-to-video"]}], KNOWN).models
    for nothing in (None, 3, "x", {"error": "x"}, {"data": 5}):
        assert read_list(nothing, KNOWN).models == () and not read_list(nothing, KNOWN).complete
    assert read_list([], KNOWN).complete
    assert read_body(b"\xff not json", KNOWN).models == ()


@pytest.mark.parametrize(
    ("told", "urls"),
    [
        ({}, True),
        ({"url_input_supported": True, "api_input_status": "requires_files_api"}, True),
        ({"url_input_supported": False}, False),
        ({"urlInputSupported": False}, False),
        ({"api_input_status": "requires_files_api"}, False),
        ({"url_input_supported": None, "api_input_status": 7}, True),
    ],
)
def test_whether_a_public_address_is_taken_as_it_is(told: dict[str, object], urls: bool) -> None:
    rule = read(reference_media={"max_count": 1, "kinds": ["image"]}, **told)[0].references
    assert rule is not None and rule.urls is urls


def test_sizes_are_bounded() -> None:
    many = [entry(id=f"m{number}") for number in range(MAX_MODELS + 5)]
    found = read_list(many, KNOWN)
    assert len(found.models) == MAX_MODELS and not found.complete and len(found.notes) == 1
    params = [{"key": f"p{number}", "options": [str(one) for one in range(MAX_OPTIONS + 1)]} for number in range(2)]
    model, notes = read(params=params + [{"key": f"q{number}"} for number in range(MAX_PARAMS)])
    assert len(model.params) == MAX_PARAMS and len(model.params[0].options) == MAX_OPTIONS and len(notes) == 3
    broken = read_list(
        [entry(id=f"m{number}", display_name=f"M {number}", params=[None, 5]) for number in range(200)], KNOWN
    )
    assert len(broken.notes) == 101 and told(broken)[-1] == "And 300 more."


# Any JSON whatsoever.

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    "key",
    "type",
    "options",
    "default",
    "range",
    "min",
    "max",
    "step",
    "required",
    "label",
    "description",
    "max_length",
    "unit",
    "advanced",
    "value",
]
TYPES = st.sampled_from(["select", "number", "text", "boolean", "integer", "string", "x", "", None, 5])
odd_param = anything | st.dictionaries(
    st.sampled_from(KEYS),
    TYPES | anything | st.lists(st.dictionaries(st.sampled_from(["value", "label", "id"]), scalars), max_size=4),
    max_size=8,
)
MODEL_KEYS = [
    "id",
    "display_name",
    "category",
    "params",
    "reference_media",
    "api_status",
    "base_credits",
    "supported_modes",
    "max_prompt_length",
    "notices",
    "billing_type",
    "file_kinds",
    "description",
]
odd_model = anything | st.builds(
    lambda known, more, params: {"id": known, "category": "video", **more, **({"params": params} if params else {})},
    st.sampled_from(["sora-2", "sora-2-pro", "new", "", 5]),
    st.dictionaries(st.sampled_from(MODEL_KEYS), anything, max_size=6),
    st.lists(odd_param, max_size=5) | anything,
)


@settings(max_examples=120)
@given(st.lists(odd_model, max_size=4) | anything)
def test_no_json_whatsoever_breaks_the_reader(document: Any) -> None:
    found = read_list(document, KNOWN)
    for model in found.models:
        again = Model.model_validate_json(model.model_dump_json())
        assert again.id == model.id and again.params == model.params, "it can be kept"
        defaults: dict[str, Scalar] = {one.key: one.default for one in model.params if one.default is not None}
        assert not {one.code for one in check(model.params, defaults)} & {"param_invalid", "param_too_long"}
        json.dumps(wire_values(model.params, defaults), allow_nan=False).encode()
        for one in model.params:
            assert one.type is not ParamType.SELECT or (one.options and one.wire is Wire.STRING)
        assert all(text.isprintable() for text in (model.name, model.summary, *model.notices))
    assert all(note.isprintable() and len(note) < 700 for note in told(found))


@settings(max_examples=50)
@given(anything)
def test_a_whole_model_survives_any_neighbour(junk: Any) -> None:
    whole = entry(params=[{"key": "seed", "type": "number", "min": 0, "step": 1}])
    found = read_list({"data": [junk, whole]}, KNOWN)
    [model] = [one for one in found.models if one.id == "new-one"]
    assert model.name == "New One" and model.params[0].role == "seed"


@settings(max_examples=50)
@given(anything, anything)
def test_no_contract_breaks_its_reader(schema: Any, paths: Any) -> None:
    fields({"paths": paths})
    content = {"content": {"application/json": {"schema": schema}}}
    post = {"requestBody": content, "responses": {"200": content}}
    document = {"paths": {"/api/v1/generations": {"post": post}}}
    assert all(isinstance(word, str) for word in (fields(document) or {}).values())


def test_a_hostile_path_in_the_contract_holds_nothing_up() -> None:
    paths = {**openapi()["paths"], "{" * 100_000: {"post": {}}, "{" * 100_000 + "/generations": {"post": {"a": 1}}}
    begun = time.process_time()
    assert fields({**openapi(), "paths": paths}) == fields(openapi())
    assert time.process_time() - begun < 1.0, "seconds, where a pattern runs over it"


def test_the_fields_of_the_published_contract() -> None:
    found = fields(openapi())
    assert found is not None
    assert found["create sends model"] == "string, required" and found["create sends prompt"] == "string, required"
    assert found["create sends params.referenceMediaItems[].kind"] == "string of audio, image, video, required"
    assert found["task answers status"] == "string of failed, processing, queued, succeeded"
    loop = {"$ref": "#/components/schemas/Loop"}
    looped = {"type": "object", "properties": {"again": loop}}
    content = {"content": {"application/json": {"schema": loop}}}
    document = {
        "paths": {"/v1/generations/{id}": {"get": {"responses": {"200": content}}}},
        "components": {"schemas": {"Loop": {"allOf": [looped, {"required": ["again"]}]}}},
    }
    found = fields(document)
    assert found is not None and found["task answers again.again"] == "object, required" and len(found) < 10
    assert fields({"paths": {}}) is None
    wide = {"properties": {f"p{number}": {"$ref": "#/components/schemas/Loop"} for number in range(600)}}
    document["components"] = {"schemas": {"Loop": {"allOf": [loop, wide, loop], "type": "object"}}}
    found = fields(document)
    assert found is not None and len(found) == 500, "bounded, whatever refers to itself"
