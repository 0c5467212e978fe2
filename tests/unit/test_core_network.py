"""Network settings: what can be a proxy, and which hosts are called without one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.errors import UserError
from sora_desktop.core.network import Bypass, Network, Proxy, check_login, clean_network, parse_proxy
from sora_desktop.core.sentences import SENTENCES


@pytest.mark.parametrize(
    ("entry", "url", "covered"),
    [
        ("example.com", "https://example.com/x", True),
        ("example.com", "https://api.EXAMPLE.com./x", True),
        ("example.com", "https://badexample.com", False),
        (".example.com", "https://api.example.com", True),
        (".example.com", "https://example.com", False),
        ("*.example.com", "https://a.b.example.com", True),
        ("*.example.com", "https://example.com", False),
        ("gpu-*", "http://gpu-12:8000", True),
        ("192.168.*", "http://192.168.4.1", True),
        ("*", "https://anything.example", True),
        ("10.0.0.0/8", "https://10.20.30.40:8443/v1", True),
        ("10.1.2.3/8", "http://10.9.9.9", True),
        ("10.0.0.0/8", "https://11.0.0.1", False),
        ("10.0.0.0/8", "https://10.example.com", False),
        ("10.0.0.0/8", "http://[::ffff:10.0.0.1]", True),
        ("fd00::/8", "http://[fd12::1]:8000", True),
        ("[fd12::1]", "http://[fd12:0::1]", True),
        ("[fd12::1]:81", "http://[fd12::1]:80", False),
        ("[fd12::1]:80", "http://[fd12::1]", True),
        ("10.1.2.3", "http://10.1.2.3", True),
        ("example.com:8443", "https://example.com:8443", True),
        ("example.com:8443", "https://example.com", False),
        ("example.com:443", "https://example.com", True),
        ("https://example.com", "http://example.com", False),
        ("https://example.com", "https://example.com", True),
        ("<local>", "http://gpu/x", True),
        ("<local>", "http://gpu.lan", False),
        ("", "https://example.com", False),
        ("169.254/16", "http://169.254.7.7", True),
        ("10/8", "http://11.0.0.1", False),
        ("192.168.", "http://192.168.4.1", True),
        ("192.168.", "http://192.169.4.1", False),
        ("*:8080", "http://gpu.lan:8080", True),
        ("*:8080", "http://gpu.lan", False),
        ("example.com:*", "https://example.com:444", True),
        ("https://example.com/", "https://example.com", True),
        ("bücher.example", "https://xn--bcher-kva.example", True),
        ("*.Bücher.example", "https://a.xn--bcher-kva.example", True),
    ],
)
def test_the_hosts_that_are_called_straight(entry: str, url: str, covered: bool):
    assert Bypass([entry]).covers(url) is covered
    assert Bypass(["other.example", entry]).covers(url) is covered
    assert not entry or clean_network(Network(bypass=(entry,))).bypass == (entry,), "it can be entered, too"


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_this_machine_is_never_asked_for_through_a_proxy(host: str):
    assert Bypass().covers(f"http://{host}:8000/v1")


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_entry_and_no_address_is_a_crash(entry: str, host: str):
    assert Bypass([entry]).covers(f"http://{host}/") in {True, False}


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://p:1", Proxy("http", "p", 1)),
        ("p:2", Proxy("http", "p", 2)),
        ("p", Proxy("http", "p", 80)),
        ("https://p.example/", Proxy("https", "p.example", 443)),
        ("socks://p:3/", Proxy("socks5", "p", 3)),
        ("socks5h://[::1]", Proxy("socks5", "::1", 1080)),
        ("HTTP://u%40x:p%3Aw@p:8", Proxy("http", "p", 8, "u@x", "p:w")),
    ],
)
def test_addresses_of_proxies(text: str, proxy: Proxy):
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize("text", ["gopher://u:geheim@p:1", "http://u:geheim@p:x", "socks4://geheim@p", "http://"])
def test_an_address_that_is_no_proxy_is_not_quoted(text: str):
    with pytest.raises(ValueError) as caught:
        parse_proxy(text)
    assert "geheim" not in str(caught.value) and caught.value.__cause__ is None


def test_a_password_is_in_no_repr():
    proxy = Proxy("socks5", "fd00::1", 1080, "me", "geheim-canary")
    assert "geheim" not in repr(proxy) + str(proxy) + proxy.url + proxy.place
    assert proxy.url == "socks5://[fd00::1]:1080"
    assert "password" not in Network.model_fields


@pytest.mark.parametrize(
    ("network", "code"),
    [
        (Network(mode="manual"), "proxy_host_empty"),
        (Network(host="a b"), "proxy_host"),
        (Network(host="http://"), "proxy_host"),
        (Network(host="http://u:geheim@p:1"), "proxy_login_in_host"),
        (Network(host="p", user="a:b"), "proxy_user"),
        (Network(host="p", user="ü" * 128), "proxy_user"),
        (Network(bypass=("http://a/b",)), "bypass_entry"),
        (Network(bypass=("10.0.0.0/33",)), "bypass_entry"),
        (Network(bypass=("!!",)), "bypass_entry"),
    ],
)
def test_settings_that_cannot_be_meant(network: Network, code: str):
    with pytest.raises(UserError) as caught:
        clean_network(network)
    assert caught.value.code == code and code in SENTENCES
    assert "geheim" not in str(caught.value)


def test_settings_as_they_are_kept():
    pasted = Network(
        mode="manual", host=" https://proxy.example:3128/ ", bypass=("a.example, *.b.test;10.0.0.0/8", "a.example")
    )
    assert clean_network(pasted) == Network(
        mode="manual", scheme="https", host="proxy.example", port=3128, bypass=("a.example", "*.b.test", "10.0.0.0/8")
    )  # fmt: skip
    assert clean_network(Network(host="proxy.example:81")).port == 81
    assert clean_network(Network(host="[fd00::1]")).host == "fd00::1"
    assert clean_network(Network(host="прокси.example")).host == "прокси.example"
    for network in (Network(), clean_network(pasted)):
        assert clean_network(network) == network


def test_passwords_a_proxy_cannot_be_told():
    check_login("pass:wörd ")
    for password in ("a\nb", "x" * 256, "\x00"):
        with pytest.raises(UserError) as caught:
            check_login(password)
        assert caught.value.code == "proxy_password"
