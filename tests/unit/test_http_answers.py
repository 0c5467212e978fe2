"""Reading hostile answers: nothing raises, nothing is unbounded, nothing of a key stays."""

from __future__ import annotations

import gzip
import json
import math
import tracemalloc
import zlib
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.providers import answers
from sora_desktop.providers.answers import Answer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def answer(body: bytes, status: int = 200, **headers: str) -> Answer:
    return Answer(status, headers, body, 1.0)


@given(JSON)
def test_no_reader_raises(value: object):
    answers.plain(value)
    answers.identifier(value)
    found = answers.number(value)
    assert found is None or math.isfinite(found)
    answers.moment(value)
    assert all(answers.is_web_url(url) for url in answers.web_urls(value))
    answers.unwrap(answers.record(value), "id")


@given(st.binary())
def test_no_body_raises(body: bytes):
    answer(body).json()
    assert isinstance(answer(body).record(), dict)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"[1" + b"0" * 5000 + b"]", b"\xff\xfe", b"null", b"[]", b'"x"']
)
def test_odd_bodies_are_an_empty_record(body: bytes):
    assert answer(body).record() == {}


def test_one_absurd_number_costs_no_answer():
    told = answer(b'{"id": "task_1", "seed": -' + b"9" * 5000 + b', "credits": ' + b"9" * 400 + b"}").record()
    assert answers.identifier(told["id"]) == "task_1"
    assert answers.number(told["seed"]) is None and answers.number(told["credits"]) is None


def test_a_byte_order_mark_is_passed_over():
    assert answer(b'\xef\xbb\xbf{"id": 1}').record() == {"id": 1}


@given(st.text())
def test_plain_text_is_one_bounded_line_without_controls(text: str):
    line = answers.plain(text)
    assert len(line) <= answers.MAX_TEXT
    assert all(char == " " or char.isprintable() for char in line)
    assert answers.plain(line) == line


def test_plain_text_holds_no_direction_tricks():
    assert answers.plain("pay\u202e100\u0000\x1b[31m now\n\nplease") == "pay 100 [31m now please"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, "12"),
        (12.0, "12"),
        (" a ", "a"),
        ("a/b", "a/b"),
        (None, ""),
        (True, ""),
        ("..", ""),
        ("a\x00b", ""),
        ("x" * 513, ""),
        ([], ""),
    ],
)
def test_identifier(value: object, expected: str):
    assert answers.identifier(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("75", 75.0),
        (7, 7.0),
        ("7.5", 7.5),
        (None, None),
        ("x", None),
        (True, None),
        ("NaN", None),
        (float("inf"), None),
        ([1], None),
        ("9" * 400, None),
    ],
)
def test_number(value: object, expected: float | None):
    assert answers.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-11T00:00:00.000Z", 1778457600.0),
        ("2026-05-11T02:00:00+02:00", 1778457600.0),
        ("2026-05-11 00:00:00", 1778457600.0),
        (1778457600, 1778457600.0),
        ("1778457600", 1778457600.0),
        (1778457600000, 1778457600.0),
        (0, None),
        (-5, None),
        ("yesterday", None),
        (None, None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_moment(value: object, expected: float | None):
    assert answers.moment(value) == expected


def test_web_urls_in_order_each_once():
    result = {
        "primary_url": "https://a/1.mp4",
        "urls": ["https://a/2.mp4", "https://a/1.mp4", 3, None, {"url": "http://b/3"}],
    }
    assert answers.web_urls(result) == ("https://a/1.mp4", "https://a/2.mp4", "http://b/3")
    assert answers.web_urls({"primary_url": "https://a/1", "urls": "https://a/2"}) == ("https://a/1", "https://a/2")
    assert len(answers.web_urls([[f"https://a/{outer}/{inner}" for inner in range(100)] for outer in range(90)])) == 100


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a/b",
        "/media/x",
        "https://",
        "https://u:p@h/x",
        "http://h/a b",
        "http://h/\x00",
        "http://[::1",
        "http://h:x/",
        "javascript:x",
        "http://h/" + "a" * 9000,
    ],
)
def test_other_addresses_are_none(url: str):
    assert answers.web_urls(url, [url], {"url": url}) == ()


def test_unwrap_looks_into_data_and_no_further_than_it_must():
    assert answers.unwrap({"id": 1, "data": {"id": 2}}, "id") == {"id": 1, "data": {"id": 2}}
    assert answers.unwrap({"code": 0, "data": {"id": 2}}, "id") == {"id": 2}
    assert answers.unwrap({"data": [{"id": 3}]}, "id") == {"id": 3}
    assert answers.unwrap({"data": {"data": {"id": 4}}}, "id") == {"id": 4}
    outer = {"data": {"x": 1}}
    assert answers.unwrap(outer, "id") is outer


NOW = 1_778_457_600.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "999999999"}, 86_400.0),
        ({"retry-after": "Mon, 11 May 2026 00:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 10 May 2026 00:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 11 May 2026 05:00:30 GMT", "date": "Mon, 11 May 2026 05:00:00 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None):
    assert answers.retry_after(headers, NOW) == expected


@given(st.text(min_size=1, max_size=60))
def test_a_segment_cannot_leave_its_place(remote_id: str):
    place = answers.segment(remote_id)
    if remote_id in {".", ".."}:
        assert place == ""
        return
    parts = urlsplit(f"https://h/v1/result/{place}")
    assert (parts.netloc, parts.query, parts.fragment) == ("h", "", "")
    assert parts.path.count("/") == 3
    if not any("\ud800" <= char <= "\udfff" for char in remote_id):
        assert unquote(place) == remote_id


def test_unpack():
    data = b'{"id": 1}'
    assert answers.unpack(data, "") == answers.unpack(data, "identity") == data
    assert answers.unpack(gzip.compress(data, mtime=0), "gzip") == data
    assert answers.unpack(zlib.compress(data), "deflate") == data
    raw = zlib.compressobj(wbits=-15)
    assert answers.unpack(raw.compress(data) + raw.flush(), "deflate") == data
    assert answers.unpack(gzip.compress(gzip.compress(data, mtime=0)), "gzip, gzip") == data


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_is_not_unpacked(encoding: str):
    bomb = zlib.compress(bytes(50_000_000), 9) if encoding == "deflate" else gzip.compress(bytes(50_000_000), 9)
    bomb = gzip.compress(bomb, mtime=0) if "," in encoding else bomb
    tracemalloc.start()
    try:
        with pytest.raises(answers.TooLarge):
            answers.unpack(bomb, encoding)
        assert tracemalloc.get_traced_memory()[1] < 3 * answers.MAX_ANSWER
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "encoding"), [(b"plain", "gzip"), (b"x", "br"), (gzip.compress(b"x" * 999, mtime=0)[:-12], "gzip")]
)
def test_what_cannot_be_unpacked_is_an_error(body: bytes, encoding: str):
    with pytest.raises(ValueError):
        answers.unpack(body, encoding)


KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)


@given(KEYS, st.text(max_size=20), st.text(max_size=20))
def test_redact_leaves_nothing_of_a_key(key: str, before: str, after: str):
    assert key not in answers.redact(f"{before}\u0000{key}\u0000{after}", [key]).replace("•••", "\u0000")


def test_redact_knows_other_spellings():
    key = 'rvya_"sk/1+2'
    text = f"{key} {json.dumps(key)} rvya_%22sk%2F1%2B2 authorization: Bearer something-else"
    assert "sk" not in answers.redact(text, [key]) and "something" not in answers.redact(text, [key])


def test_an_answer_shows_neither_body_nor_headers():
    assert "secret" not in repr(Answer(200, {"x": "secret"}, b"secret", 1.0))


def test_one_of_needs_exactly_one():
    names = ["prompt", "n_frames", "size"]
    assert answers.one_of(names, "params.n_frames must be one of 10, 15") == "n_frames"
    assert answers.one_of(names, "size and n_frames clash") == ""
    assert answers.one_of(names, "resize it") == ""
