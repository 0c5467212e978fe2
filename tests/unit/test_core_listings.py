"""What a live list means for what was known: new, gone, back, changed."""

from __future__ import annotations

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.listings import Seen, changed_fields, drifts, merge
from sora_desktop.core.notes import Note
from sora_desktop.core.params import Option, Param
from sora_desktop.core.sentences import say

A, B, C = (Model(id=name, name=name.upper()) for name in "abc")


def ids(seen: tuple[Seen, ...]) -> dict[str, float | None]:
    """Every model, with the date of those that are gone."""
    return {one.model.id: one.model.gone_at if one.gone else None for one in seen}


def test_the_text_of_a_note_that_an_earlier_version_kept_is_still_said() -> None:
    note = Note.model_validate_json('"Entry 2 of the list is {odd}; it was left out."')
    assert say(note.code, note.args) == "Entry 2 of the list is {odd}; it was left out."
    assert Note.model_validate_json(Note(code="list_more", args={"count": "3"}).model_dump_json()).args["count"] == "3"


def test_a_model_goes_with_the_date_and_comes_back() -> None:
    first = merge([A, B], [A, C], (), 100)
    assert ids(first) == {"a": None, "b": None, "c": 100}, "what ships and is not listed is gone"
    second = merge([A], [A, C], first, 200)
    assert ids(second) == {"a": None, "b": 200, "c": 100}, "the date is the first day without it"
    assert next(one.model.name for one in second if one.model.id == "b") == "B", "it stays readable"
    third = merge([A, B], [A, C], second, 300)
    assert ids(third) == {"a": None, "b": None, "c": 100}


def test_a_list_with_unreadable_entries_takes_nothing_away() -> None:
    seen = merge([A, B], [], (), 100)
    assert ids(merge([A], [C], seen, 200, complete=False)) == {"a": None, "b": None, "c": None}
    gone = merge([A], [], seen, 300)
    assert ids(merge([A], [], gone, 400, complete=False)) == {"a": None, "b": 300}


def test_what_a_create_was_refused_for_comes_back_with_a_new_list_only() -> None:
    refused = (Seen(model=A).lost(100, refused=True), Seen(model=B))
    assert refused[0].model.availability is Availability.GONE and refused[0].lost(150) == refused[0]
    same = merge([A, B], [], refused, 200, trusted=False)
    assert ids(same) == {"a": 100, "b": None} and same[0].refused
    assert ids(merge([A, B], [], same, 300)) == {"a": None, "b": None}


def test_a_changed_parameter_is_told_and_words_are_not() -> None:
    options = tuple(Option(value=value) for value in ("10", "15"))
    length = Param(key="n_frames", label="Duration", default="10", options=options)
    seed = Param(key="seed", minimum=0)
    before = A.model_copy(update={"params": (length, seed), "notices": ("old",)})

    def changed(*params: Param, **more: object) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        after = before.model_copy(update={"params": params, **more})
        return [(one.params, one.notices) for one in drifts([before], [after, B])]

    assert changed(length, seed) == []
    assert changed(length.model_copy(update={"label": "Length", "help": "x"}), seed, Param(key="new")) == []
    assert changed(seed) == [(("Duration",), ())]
    assert changed(length.model_copy(update={"options": options[:1]}), seed) == [(("Duration",), ())]
    assert changed(length.model_copy(update={"default": "15"}), seed.model_copy(update={"minimum": 1})) == [
        (("Duration", "Seed"), ())
    ]
    assert changed(length, seed, notices=("old", "new")) == [((), ("new",))]


def test_a_published_contract_changes_where_what_we_send_or_read_does() -> None:
    before = {"create sends model": "string, required", "task answers id": "string"}
    assert changed_fields(before, {**before, "create sends extra": "string", "task answers more": "any"}) == ()
    assert changed_fields(before, {**before, "create sends extra": "string, required"}) == ("create sends extra",)
    assert changed_fields(before, {"create sends model": "integer, required"}) == (
        "create sends model",
        "task answers id",
    )
