"""Any JSON whatsoever as the list of models or as the contract: no crash. And what is read of the published one."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import ParamType, Scalar, Wire, check, wire_values
from sora_desktop.providers.rivya_contract import fields
from sora_desktop.providers.rivya_models import read_list
from sora_desktop.simulator.rivya_openapi import openapi
from support.rivya_lists import KNOWN, entry, told

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
