"""The live list of models in every plausible shape and in impossible ones: no model is lost for one entry."""

from __future__ import annotations

from typing import Any

import pytest

from sora_desktop.core.catalog import Availability
from sora_desktop.core.params import check, wire_values
from sora_desktop.core.references import Reference
from sora_desktop.core.references import check as check_references
from sora_desktop.providers.rivya_models import MAX_MODELS, read_body, read_list
from sora_desktop.providers.rivya_params import MAX_OPTIONS, MAX_PARAMS
from sora_desktop.simulator.rivya_models import listing
from support.rivya_lists import KNOWN, entry, read, told


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
