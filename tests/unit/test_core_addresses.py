"""Pasted base URLs: what is mended, and that it is told."""

from __future__ import annotations

import pytest

from sora_desktop.core.addresses import Mend, clean_base_url, mend_base_url
from sora_desktop.core.errors import UserError
from sora_desktop.core.sentences import SENTENCES
from sora_desktop.storage.catalog import load_catalog

TAILS = ("/api/v1", "/api/v1/models", "/api/v1/generations", "/api/v1/generations/*", "/v1/videos/*/content")


@pytest.mark.parametrize(
    ("typed", "url", "mends"),
    [
        ("https://rivya.ai", "https://rivya.ai", ()),
        ("https://rivya.ai///", "https://rivya.ai", ()),
        ("https://h//a//b/", "https://h/a/b", ()),
        ("rivya.ai", "https://rivya.ai", (Mend.SCHEME,)),
        ("//rivya.ai", "https://rivya.ai", (Mend.SCHEME,)),
        ("https:/rivya.ai", "https://rivya.ai", (Mend.SCHEME,)),
        ("https:rivya.ai", "https://rivya.ai", (Mend.SCHEME,)),
        ("https//rivya.ai", "https://rivya.ai", (Mend.SCHEME,)),
        ("https://https://rivya.ai", "https://rivya.ai", (Mend.SCHEME,)),
        ("[::1]:8000", "http://[::1]:8000", (Mend.SCHEME,)),
        ("“https://rivya.ai”,", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("<https://rivya.ai>", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("https：／／rivya．ai／", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("ｈｔｔｐｓ://rivya。ai", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("https:\\\\rivya.ai\\x", "https://rivya.ai/x", (Mend.CHARACTERS,)),
        ("\ufeffhttps://riv\u200bya.ai\u2060", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("https://rivya.ai?key=1#x", "https://rivya.ai", (Mend.QUERY,)),
        ("https://bücher.example:8443/a", "https://xn--bcher-kva.example:8443/a", ()),
        ("https://服务.中国", "https://xn--zfr188b.xn--fiqs8s", ()),
        ("https://straße.example", "https://straße.example", ()),
        ("POST https://rivya.ai", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("Base URL: `https://rivya.ai`", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("curl https://rivya.ai/x -H 'Authorization: Bearer rvya'", "https://rivya.ai/x", (Mend.CHARACTERS,)),
        ("[https://rivya.ai](https://rivya.ai)", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("(https://rivya.ai)", "https://rivya.ai", (Mend.CHARACTERS,)),
        ("HTTPS://Rivya.AI:/API", "https://rivya.ai/API", ()),
        ("https://rivya.ai/to/https://b.example", "https://rivya.ai/to/https:/b.example", ()),
        ("http://0.0.0.0:8000", "http://0.0.0.0:8000", ()),
        ("127.0.0.2:8000", "http://127.0.0.2:8000", (Mend.SCHEME,)),
        ("::1", "http://[::1]", (Mend.SCHEME,)),
        ("2001:DB8::1", "https://[2001:db8::1]", (Mend.SCHEME,)),
    ],
)
def test_what_is_mended_is_told(typed: str, url: str, mends: tuple[Mend, ...]):
    mended = mend_base_url(typed)
    assert (mended.url, mended.mends) == (url, mends)
    assert mend_base_url(url).mends == ()
    assert all(mend in SENTENCES for mend in mends)


@pytest.mark.parametrize(
    ("typed", "url", "cut"),
    [
        ("https://rivya.ai/api/v1", "https://rivya.ai", "/api/v1"),
        ("https://rivya.ai/api/v1/", "https://rivya.ai", "/api/v1"),
        ("https://rivya.ai/API/V1/models", "https://rivya.ai", "/API/V1/models"),
        ("https://gw.example/rivya/api/v1/generations/a-1?x=1", "https://gw.example/rivya", "/api/v1/generations/a-1"),
        ("http://localhost:8/v1/videos/v_1/content", "http://localhost:8", "/v1/videos/v_1/content"),
        ("POST https://rivya.ai/api/v1/generations", "https://rivya.ai", "/api/v1/generations"),
        ("https://gw.example/api/v1/rivya", "https://gw.example/api/v1/rivya", ""),
        ("https://gw.example/myapi/v1", "https://gw.example/myapi/v1", ""),
        ("https://rivya.ai/api/v1/generations/a/b", "https://rivya.ai/api/v1/generations/a/b", ""),
    ],
)  # fmt: skip
def test_the_path_of_a_call_is_cut_off(typed: str, url: str, cut: str):
    mended = mend_base_url(typed, tails=TAILS)
    assert (mended.url, mended.cut) == (url, cut)
    assert (Mend.PATH in mended.mends) is bool(cut)
    assert clean_base_url(url, tails=TAILS) == url


def test_every_provider_knows_its_own_calls():
    for provider in load_catalog().providers:
        if provider.dialect in {"rivya", "globalaiopc"}:
            assert provider.tails
        if provider.base_url:
            for tail in provider.endings:
                pasted = provider.base_url + tail.replace("*", "some-id")
                assert clean_base_url(pasted, tails=provider.endings) == provider.base_url
    described = load_catalog().provider("globalaiopc_v2")
    assert described is not None
    bare = described.model_copy(update={"tails": ()})
    assert bare.endings == ("/v2/model-center/tasks", "/v2/model-center/tasks/*"), "a file of the user's needs no tails"
    odd = bare.model_copy(update={"base_url": "https://x.example/v2/model-center/tasks"})
    assert odd.endings == ("/v2/model-center/tasks/*",), "what its own address ends with stays"


@pytest.mark.parametrize(
    "typed",
    [
        "https://“",
        'https://a"b',
        "https://xn--\u00b4",
        "https://a,b",
        "https://a..b",
        "https://-a",
        "https://a:0",
        "http://a[::1]",
    ],
)
def test_a_host_that_is_none(typed: str):
    with pytest.raises(UserError) as caught:
        mend_base_url(typed)
    assert caught.value.code == "url_invalid"
