"""Pasted keys and addresses: mended where that is safe, refused with a reason where it is not."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.accounts import (
    LOOPBACK,
    MAX_KEY,
    Account,
    clean_base_url,
    clean_headers,
    clean_key,
    is_private_host,
    key_tail,
    origin_of,
)
from sora_desktop.core.errors import UserError
from sora_desktop.core.sentences import SENTENCES
from sora_desktop.providers.origin import key_header, target


def code_of(call: object, *args: object, **named: object) -> str:
    with pytest.raises(UserError) as caught:
        call(*args, **named)  # type: ignore[operator]
    assert caught.value.code in SENTENCES
    return caught.value.code


@pytest.mark.parametrize(
    "pasted",
    [
        "rvya_sk_1",
        " rvya_sk_1\n",
        "\ufeffrvya_sk_1\u200b",
        "Bearer rvya_sk_1",
        "bearer  rvya_sk_1 ",
        "\u00a0rvya_sk_1\r\n",
    ],
)
def test_a_pasted_key_is_trimmed(pasted: str):
    assert clean_key(pasted) == "rvya_sk_1"


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("", "key_empty"), (" \n", "key_empty"), ("Bearer x y", "key_bad_character"), ("bearer \t", "key_empty"),
        ("x" * (MAX_KEY + 1), "key_too_long"), ("a b", "key_bad_character"), ("ключ", "key_bad_character"),
        ("a\x00b", "key_bad_character"), ("“key”", "key_bad_character"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_one(pasted: str, code: str):
    assert code_of(clean_key, pasted) == code


def test_the_place_of_a_bad_character_is_told():
    with pytest.raises(UserError) as caught:
        clean_key("  abc\u2019d")
    assert caught.value.words["position"] == "4"
    assert "abc" not in str(caught.value)


@given(st.text(max_size=80))
def test_a_clean_key_fits_a_header_and_stays(pasted: str):
    try:
        key = clean_key(pasted)
    except UserError as error:
        assert error.code in SENTENCES
        return
    assert key_header(key) == {"authorization": f"Bearer {key}"}
    assert clean_key(key) == key
    assert len(key_tail(key)) <= 4


def test_the_tail_of_a_key():
    assert key_tail("rvya_sk_123456789") == "6789"
    assert key_tail("short") == key_tail("") == ""


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://rivya.ai", "https://rivya.ai"),
        (" HTTPS://Rivya.ai/ ", "https://rivya.ai"),
        ("rivya.ai", "https://rivya.ai"),
        ("rivya.ai/api/", "https://rivya.ai/api"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://h/a?x=1#y", "https://h/a"),
        ("https://zcbservice.aizfw.cn/kyyReactApiServer/", "https://zcbservice.aizfw.cn/kyyReactApiServer"),
    ],
)
def test_addresses_are_mended(typed: str, url: str):
    assert clean_base_url(typed) == url


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "url_empty"), ("  ", "url_empty"), ("ftp://h", "url_invalid"), ("https://", "url_invalid"),
        ("https:///x", "url_invalid"), ("https://h:x", "url_invalid"), ("https://h:99999", "url_invalid"),
        ("https://[::1", "url_invalid"), ("https://a b", "url_invalid"), ("https://a\u0007b", "url_invalid"),
        ("file:///etc/passwd", "url_invalid"), ("https://u:p@h", "url_has_login"), ("https://u@h", "url_has_login"),
        ("https://@h", "url_has_login"), ("http://example.com", "url_plain_http"),
        ("https://h/" + "a" * 3000, "url_invalid"),
    ],
)  # fmt: skip
def test_addresses_that_are_none(typed: str, code: str):
    assert code_of(clean_base_url, typed) == code


def test_plain_http_is_for_this_machine_unless_allowed():
    assert clean_base_url("http://gpu.lan:8000", allow_http=True) == "http://gpu.lan:8000"
    assert all(clean_base_url(f"http://{host}") for host in ("localhost", "127.0.0.1", "[::1]"))


WEB = st.from_regex(r"(https?://)?[a-z0-9.@:\[\]-]{1,20}(/[^\x00]{0,20})?", fullmatch=True)


@given(st.text(max_size=60) | WEB, st.booleans())
def test_a_clean_address_is_one_and_stays(typed: str, allow_http: bool):
    try:
        url = clean_base_url(typed, allow_http=allow_http)
    except UserError as error:
        assert error.code in SENTENCES
        return
    assert clean_base_url(url, allow_http=allow_http) == url
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"} and parts.hostname
    assert not url.endswith("/") and not parts.query and not parts.fragment
    assert allow_http or parts.scheme == "https" or parts.hostname in LOOPBACK
    assert urlsplit(target(url, "/v1/x")).netloc == parts.netloc


def test_an_account_holds_no_key():
    assert not any("key" in name for name in Account.model_fields)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("", "a", "header_name"),
        ("X Team", "a", "header_name"),
        ("X-Team:", "a", "header_name"),
        ("X-Team\r\nX-Other", "a", "header_name"),
        ("X" * 101, "a", "header_name"),
        ("Authorization", "Bearer a", "header_name"),
        ("HOST", "a", "header_name"),
        ("X-Team", " ", "header_value"),
        ("X-Team", "a\r\nX-Other: b", "header_value"),
        ("X-Team", "\u00fcber", "header_value"),
        ("X-Team", "a" * (MAX_KEY + 1), "header_value"),
    ],
)
def test_headers_that_no_request_can_carry(name: str, value: str, code: str):
    with pytest.raises(UserError) as caught:
        clean_headers({name: value})
    assert caught.value.code == code


def test_headers_are_trimmed():
    longest = "a" * MAX_KEY
    assert clean_headers({" X-Team ": " the lab ", "X" * 100: longest}) == {"X-Team": "the lab", "X" * 100: longest}


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.Example.org/v1", "https://api.example.org:443"),
        ("http://api.example.org", "http://api.example.org:80"),
        ("https://api.example.org:8443/", "https://api.example.org:8443"),
        ("https://user@[::1]/", "https://::1:443"),
    ],
)
def test_a_key_belongs_to_scheme_host_and_port(url: str, origin: str):
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("gpu", True),
        ("gpu.lan", True),
        ("a.home.arpa", True),
        ("10.0.0.4", True),
        ("192.168.1.9", True),
        ("169.254.169.254", True),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("example.org", False),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("local.example.org", False),
        ("", False),
    ],
)
def test_hosts_of_private_networks(host: str, private: bool):
    assert is_private_host(host) is private
