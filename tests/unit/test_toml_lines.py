"""The line of every value of a TOML text, whatever form it is written in."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.toml_lines import Lines, Place, syntax_line

TEXT = '''# a comment with [brackets] and "quotes
id = "x" # [no]
"a b".c = 'q'
[wire.create]
fixed = { a = 1, "b.c" = [1,
  2, { z = """multi
line ] }""" }] }
[[models]]
id = "m"
[[models.params]]
key="k"
options = [
  { value = 1 }, # }
  { value = 2.5, label = "]" },
]
[models.references]
kinds = ["image"]
[[models]]
id = "n"
date = 2020-01-01 00:00:00
'''


def test_every_form_of_a_value():
    lines = Lines(TEXT)
    at = {
        ("id",): 2,
        ("a b", "c"): 3,
        ("wire",): 4,
        ("wire", "create", "fixed", "a"): 5,
        ("wire", "create", "fixed", "b.c", 0): 5,
        ("wire", "create", "fixed", "b.c", 1): 6,
        ("wire", "create", "fixed", "b.c", 2, "z"): 6,
        ("models", 0, "id"): 9,
        ("models", 0, "params", 0, "key"): 11,
        ("models", 0, "params", 0, "options"): 12,
        ("models", 0, "params", 0, "options", 0, "value"): 13,
        ("models", 0, "params", 0, "options", 1, "label"): 14,
        ("models", 0, "references", "kinds", 0): 17,
        ("models", 1): 18,
        ("models", 1, "id"): 19,
        ("models", 1, "date"): 20,
    }
    assert {place: lines.of(place) for place in at} == at


def test_what_is_missing_is_told_at_what_it_is_missing_in():
    lines = Lines(TEXT)
    assert lines.of(("models", 1, "name")) == 18
    assert lines.of(("wire", "create", "path")) == 4
    assert lines.of(("name",)) == 1


def test_tomllib_knows_the_line_of_a_syntax_error():
    for text, line in (('a = 1\nb = "x\n', 2), ("a = 1\n\n\nb =", 4), ("[a\n", 1), ("a = 1\na = 2\n", 2)):
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            assert syntax_line(error, text) == line
        else:
            raise AssertionError(text)


KEYS = st.text('ab.-_ é"', min_size=1, max_size=4)
VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text("a#]}[{=,'\" é\\", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def written(value: object, gap: str) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {written(each, ' ')}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ",".join(f"{gap}{written(each, gap)}" for each in value) + gap + "]"
    return json.dumps(value, ensure_ascii=False)


def places(value: object, place: Place = ()) -> Iterator[Place]:
    yield place
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*place, key))


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from([" ", "\n  ", " # x ]\n"]))
def test_every_place_of_any_text_is_found(values: dict[str, object], gap: str):
    parts = [f"{json.dumps(key, ensure_ascii=False)} = {written(value, gap)}\n" for key, value in values.items()]
    text = "".join(parts)
    assert tomllib.loads(text) == values
    lines, line = Lines(text), 1
    for (key, value), part in zip(values.items(), parts, strict=True):
        assert lines.of((key,)) == line
        for place in places(value, (key,)):
            assert line <= lines.of(place) < line + part.count("\n")
        line += part.count("\n")
