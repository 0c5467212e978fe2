"""Whatever text comes, a file name is one safe path component on every system."""

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.naming import DEFAULT_TEMPLATE, FIELDS, MAX_BYTES, file_stem, safe_component, shown_name

ODD = st.sampled_from(
    [*'/\\:*?"<>|.{}~- \n\t\x00\x7f\u202e\u200d\ufeff', "\ud800", "CON", "nul", "é", "e\u0301", "東", "🎬", ".."]
)
TEXT = st.lists(st.one_of(ODD, st.text(max_size=8)), max_size=60).map("".join)
DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)")


def assert_safe(name: str) -> None:
    assert name and name == name.strip() and not name.startswith((".", "-", "~")) and not name.endswith((".", " "))
    assert len(name.encode()) <= MAX_BYTES
    assert not re.search(r'[<>:"/\\|?*]', name)
    assert not any(unicodedata.category(char)[0] == "C" for char in name)
    assert PurePosixPath(name).parts == (name,) and PureWindowsPath(name).parts == (name,)
    assert not DEVICES.match(name)


@given(template=TEXT, fields=st.dictionaries(st.sampled_from(FIELDS), TEXT))
def test_any_template_and_any_text_give_a_safe_name(template: str, fields: dict[str, str]) -> None:
    assert_safe(file_stem(template, fields))


@given(
    template=st.lists(st.sampled_from([*(f"{{{name}}}" for name in FIELDS), " ", "-", "x"]), min_size=1).map("".join)
)
def test_long_prompts_fit_every_template(template: str) -> None:
    fields = dict.fromkeys(FIELDS, "x") | {"prompt": "Mèo ở Đà Nẵng 東京 🎬 " * 50}
    assert_safe(file_stem(template, fields))


@given(text=TEXT)
def test_a_safe_name_stays_as_it_is(text: str) -> None:
    once = safe_component(text)
    assert_safe(once)
    assert safe_component(once) == once


def test_the_default_template() -> None:
    fields = {"date": "2026-03-01", "prompt": "A cat: in the rain?", "id": "1a2b3c4d"}
    assert file_stem(DEFAULT_TEMPLATE, fields) == "2026-03-01 A cat- in the rain- 1a2b3c4d"


def test_a_long_prompt_is_cut_and_the_rest_stays_whole() -> None:
    stem = file_stem(DEFAULT_TEMPLATE, {"date": "2026-03-01", "prompt": "Đà Nẵng " * 100, "id": "1a2b3c4d"})
    assert stem.startswith("2026-03-01 Đà Nẵng Đà") and stem.endswith(" 1a2b3c4d")
    assert MAX_BYTES - 12 < len(stem.encode()) <= MAX_BYTES


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "video"),
        ("...", "video"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("com1 .txt", "_com1 .txt"),
        ("console", "console"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("e\u0301te\u0301", "été"),
        ("-rf", "rf"),
        ("a\r\n b", "a b"),
        ("{0.__class__}{prompt!r}", "{0.__class__}{prompt!r}"),
    ],
)
def test_known_cases(text: str, name: str) -> None:
    assert safe_component(text) == name


def test_an_accent_is_not_cut_off_its_letter() -> None:
    name = safe_component("x" * (MAX_BYTES - 1) + "q\u0323\u0301")
    assert name == "x" * (MAX_BYTES - 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc.png", "a b c.png"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("old\udce9.png", "old\ufffd.png"),
        ("👩\u200d🚀 می\u200cخواهم.png", "👩\u200d🚀 می\u200cخواهم.png"),
        ("x" * 300 + ".webp", "x" * 194 + "….webp"),
        (" \x00 ", ""),
    ],
)
def test_a_file_s_name_is_one_line_of_text(text: str, shown: str) -> None:
    assert shown_name(text) == shown
