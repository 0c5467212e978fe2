"""Where bytes may go: origins of keys, addresses of results, proxies."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_desktop.core.errors import ProviderError, Sent
from sora_desktop.core.network import Proxy
from sora_desktop.core.redact import redact
from sora_desktop.providers import peers
from sora_desktop.providers.answers import segment
from sora_desktop.providers.desktop_proxies import gnome, kde, macos
from sora_desktop.providers.downloads import Download, asked, goes_on, unreadable
from sora_desktop.providers.origin import key_header, target
from sora_desktop.providers.proxies import SystemProxies, system_proxies
from sora_desktop.providers.transport import ForbiddenAddress


def test_the_door_costs_nothing_to_import():
    code = "import sora_desktop.providers.registry, sora_desktop.providers.http, sys; print('httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


PRIVATE = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::c0a8:101",
    "2002:7f00:1::", "2002:c0a8:101::1",
    "::127.0.0.1", "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_nobody_elses(address: str):
    assert not peers.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "::ffff:8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "198.18.0.7"]
)
def test_addresses_of_the_internet(address: str):
    assert peers.is_public(address)


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_counts_as_the_one_it_wraps(address: ipaddress.IPv4Address):
    assert peers.is_public(f"::ffff:{address}") == peers.is_public(str(address))
    nat64 = ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))
    assert peers.is_public(str(nat64)) == peers.is_public(str(address))


def answering(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """The loop resolves every name to the next of `rounds`; the answer lists the names."""
    left, names = list(rounds), []

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        names.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return names


async def test_one_private_address_of_many_is_enough(monkeypatch: pytest.MonkeyPatch):
    answering(monkeypatch, ["8.8.8.8", "192.168.0.9"])
    with pytest.raises(ForbiddenAddress):
        await peers.public_addresses("cdn.example", 443)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
async def test_other_spellings_are_resolved_first(host: str):
    with pytest.raises(ForbiddenAddress):
        await peers.public_addresses(host, 80)
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_the_connection_goes_to_the_checked_address(monkeypatch: pytest.MonkeyPatch):
    names = answering(monkeypatch, ["8.8.8.8", "9.9.9.9"])
    tried: list[str] = []
    backend = peers.PublicBackend()

    async def connect(host: str, *_: Any) -> Any:
        tried.append(host)
        if host == "8.8.8.8":
            raise httpcore.ConnectError("down")
        return "stream"

    monkeypatch.setattr(backend._inner, "connect_tcp", connect)
    assert await backend.connect_tcp("cdn.example", 443, 1.0) == "stream"
    assert (tried, names) == (["8.8.8.8", "9.9.9.9"], ["cdn.example"])


async def test_a_name_that_changes_its_answer_reaches_nothing(monkeypatch: pytest.MonkeyPatch):
    """DNS rebinding: public when looked at, private when connected to."""
    answering(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    await peers.public_addresses("evil.example", 80)
    with pytest.raises(httpcore.ConnectError) as caught:
        await peers.PublicBackend().connect_tcp("evil.example", 80, 1.0)
    assert isinstance(caught.value.__cause__, ForbiddenAddress)


async def test_a_name_that_hangs_is_a_connect_timeout(monkeypatch: pytest.MonkeyPatch):
    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    with pytest.raises(httpcore.ConnectTimeout):
        await peers.PublicBackend().connect_tcp("slow.example", 80, 0.01)


IDS = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["../../evil", "//evil.example/", "@evil.example", "?a=b#c", "\\..\\x"]
)


@given(IDS)
def test_nothing_in_a_path_changes_the_origin(remote_id: str):
    place = segment(remote_id)
    url = httpx.URL(target("https://api.example/base", f"/v1/result/{place}"))
    assert (url.scheme, url.host, url.port, url.userinfo) == ("https", "api.example", None, b"")
    assert url.raw_path.startswith(b"/base/v1/result/")


@pytest.mark.parametrize("path", ["v1/x", "//evil.example/x", "@evil.example/", ":99/x", ".evil.example/x"])
def test_a_path_that_is_none_is_refused_or_stays(path: str):
    try:
        url = httpx.URL(target("https://api.example", path))
    except ProviderError as error:
        assert (error.failure.code, error.sent) == ("url_invalid", Sent.NOT_SENT)
    else:
        assert url.host == "api.example"


@pytest.mark.parametrize(
    "base",
    [
        "",
        "api.example",
        "ftp://api.example",
        "https://u:geheim@api.example",
        "https://a?x=1",
        "https://a#f",
        "https://a b",
    ],
)
def test_a_base_that_is_no_plain_address_is_refused(base: str):
    with pytest.raises(ProviderError) as caught:
        target(base, "/v1/x")
    assert caught.value.failure.code == "url_invalid"
    assert "geheim" not in str(caught.value)


def test_key_header():
    assert key_header("") == {}
    assert key_header("sk-1") == {"authorization": "Bearer sk-1"}
    for key in ("sk 1", "sk\r\nx: y", "ключ"):
        with pytest.raises(ProviderError) as caught:
            key_header(key)
        assert caught.value.failure.code == "key_bad_character"
        assert key not in str(caught.value) + repr(caught.value.failure)


def test_the_machines_proxies():
    found = system_proxies(
        {
            "http": "http://p:1",
            "https": "u:geheim-4711@p:2",
            "all": "socks://p:3/",
            "no": "localhost, .corp.test;x.y",
        }
    )
    assert found.proxy("http") == Proxy("http", "p", 1)
    assert found.proxy("https") == Proxy("http", "p", 2, "u", "geheim-4711")
    assert found.proxy("ws") == Proxy("socks5", "p", 3)
    assert found.bypass == ("localhost", ".corp.test", "x.y")
    assert "geheim" not in repr(found) + redact("geheim-4711 dTpnZWhlaW0tNDcxMQ==")
    assert system_proxies({}).proxy("https") is None


def test_a_proxy_of_no_usable_kind_is_no_straight_way():
    found = system_proxies({"https": "gopher://p:1", "http": "p:2"})
    assert found.proxy("http") == Proxy("http", "p", 2)
    with pytest.raises(ValueError):
        found.proxy("https")


GNOME = """org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '*.corp.example']
org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy.http host 'proxy.example'
org.gnome.system.proxy.http port 3128
org.gnome.system.proxy.https host ''
org.gnome.system.proxy.https port 0
org.gnome.system.proxy.socks host 'socks.example'
org.gnome.system.proxy.socks port 1080
"""


def test_what_gnome_keeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    program = tmp_path / "gsettings"
    program.write_text(f'#!/bin/sh\n[ "$*" = "list-recursively org.gnome.system.proxy" ] && cat <<"E"\n{GNOME}E\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "XFCE")
    assert system_proxies().by_scheme == {}
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    found = system_proxies()
    assert found.proxy("http") == Proxy("http", "proxy.example", 3128)
    assert found.proxy("https") == Proxy("socks5", "socks.example", 1080)
    assert found.bypass == ("localhost", "127.0.0.0/8", "*.corp.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://variable.example:1")
    assert system_proxies().proxy("https") == Proxy("http", "variable.example", 1), "variables go first"
    assert system_proxies().proxy("http") is None
    monkeypatch.delenv("HTTPS_PROXY")
    program.write_text(program.read_text().replace("'manual'", "'auto'"))
    assert system_proxies() == SystemProxies(script=True), "a script is not read, and that is said"
    program.write_text("#!/bin/sh\nexit 1\n")
    assert system_proxies() == SystemProxies()


@pytest.mark.parametrize("text", ["", "nonsense", GNOME.replace("manual", "none"), "a b ["])
def test_what_gnome_keeps_for_another_mode(text: str):
    assert gnome(text) == {}


KDE = """[$Version]
update_info=kioslave.upd:kde2.2/r1

[Proxy Settings][$i]
# ProxyType=0
NoProxyFor=localhost,*.corp.example
Proxy Config Script=http://wpad.example/proxy.pac
ProxyType[$i]=1
ReversedException=false
ftpProxy=ftp://
httpProxy=http://proxy.example 3128
httpsProxy[$e]=http://secure.example:8443
socksProxy=socks://socks.example\\s1080

[Cookie Policy]
ProxyType=0
"""


def test_what_kde_keeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    shared, own = tmp_path / "xdg", tmp_path / "config"
    for folder in (shared, own):
        folder.mkdir()
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own))
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path / 'nowhere'}:{shared}")
    assert system_proxies() == SystemProxies()
    (shared / "kioslaverc").write_text(KDE.replace("proxy.example 3128", "shared.example:1"), "utf-8")
    assert system_proxies().proxy("http") == Proxy("http", "shared.example", 1)
    (own / "kioslaverc").write_text(KDE, "utf-8")
    found = system_proxies()
    assert found.proxy("http") == Proxy("http", "proxy.example", 3128)
    assert found.proxy("https") == Proxy("http", "secure.example", 8443)
    assert found.proxy("ws") == Proxy("socks5", "socks.example", 1080)
    assert (found.bypass, found.only, found.script) == (("localhost", "*.corp.example"), (), False)
    (own / "kioslaverc").write_text(KDE.replace("Exception=false", "Exception=true"), "utf-8")
    assert (system_proxies().bypass, system_proxies().only) == ((), ("localhost", "*.corp.example"))
    for kind, script in (("2", True), ("3", True), ("0", False), ("x", False)):
        (own / "kioslaverc").write_text(KDE.replace("ProxyType[$i]=1", f"ProxyType={kind}"), "utf-8")
        assert system_proxies() == SystemProxies(script=script)
    monkeypatch.setenv("HTTPS_PROXY", "http://variable.example:1")
    assert system_proxies().proxy("https") == Proxy("http", "variable.example", 1), "variables go first"
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "XFCE")
    monkeypatch.delenv("HTTPS_PROXY")
    assert system_proxies() == SystemProxies(), "another desktop's settings are not its own"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            ["HTTPEnable : 0", "SOCKSEnable : 1", "SOCKSPort : 1081", "SOCKSProxy : p.example"],
            "socks5://p.example:1081",
        ),
        (["SOCKSEnable : 1", "SOCKSProxy : fe80::1"], "socks5://[fe80::1]:1080"),
        (["SOCKSEnable : 0", "SOCKSProxy : p.example"], None),
        (
            ["ProxyAutoConfigEnable : 1", "ProxyAutoConfigURLString : http://w.example/a b"],
            "http://w.example/a b",
        ),
        (["ProxyAutoDiscoveryEnable : 1"], "wpad"),
        (["ProxyAutoDiscoveryEnable : 0", "", "x"], None),
    ],
)
def test_what_python_does_not_tell_of_macos(lines: list[str], found: str | None):
    told = macos("\n".join(["<dictionary> {", *(f"  {line}" for line in lines), "}"]))
    assert list(told.values()) == ([found] if found else [])
    assert system_proxies(told).script is ("Auto" in lines[0] and found is not None)


def test_kdes_proxies_may_stand_in_variables_of_any_name():
    text = "[Proxy Settings]\nProxyType=4\nhttpProxy=A_PROXY,B_PROXY\nhttpsProxy=C_PROXY\nNoProxyFor=NO_A\n"
    found = kde(text, {"B_PROXY": "p:1", "NO_A": "x.y"})
    assert found == {"http": "http://p:1", "no": "x.y"}


class Nothing:
    def __init__(self, status: int) -> None:
        self.status_code = status

    def aiter_raw(self, chunk_size: int | None = None) -> Any:
        return iter(())

    aiter_bytes = aiter_raw

    async def aclose(self) -> None: ...


def test_what_a_download_tells():
    headers = {"content-type": "video/mp4", "content-length": "10", "etag": '"a"', "last-modified": "then"}
    whole = Download(Nothing(200), headers, "u")
    assert (whole.offset, whole.length, whole.total, whole.validator) == (0, 10, 10, '"a"')
    part = Download(Nothing(206), {**headers, "content-range": "bytes 90-99/100"}, "u")
    assert (part.offset, part.length, part.total) == (90, 10, 100)
    weak = Download(Nothing(200), {**headers, "etag": 'W/"a"'}, "u")
    assert weak.validator == "then"
    packed = Download(Nothing(200), {**headers, "content-encoding": "gzip"}, "u")
    assert (packed.length, packed.total, packed.validator) == (None, None, "")
    odd = Download(Nothing(200), {"content-length": "١٢"}, "u")
    assert (odd.length, odd.total, odd.validator) == (None, None, "")


def test_resuming_needs_a_validator():
    assert asked(0, '"a"') == asked(5, "") == {}
    assert asked(5, '"a"') == {"range": "bytes=5-", "if-range": '"a"'}


@pytest.mark.parametrize(
    ("status", "headers", "fits"),
    [
        (200, {}, True),
        (206, {"content-range": "bytes 5-9/10", "etag": '"a"'}, True),
        (206, {"content-range": "bytes 5-9/10"}, True),
        (206, {"content-range": "bytes 5-9/10", "etag": '"b"'}, False),
        (206, {"content-range": "bytes 4-9/10", "etag": '"a"'}, False),
        (206, {"content-range": "bytes 5-9/10", "etag": '"a"', "content-encoding": "gzip"}, False),
        (206, {}, False),
        (206, {"content-range": "nonsense"}, False),
    ],
)
def test_what_counts_as_going_on(status: int, headers: dict[str, str], fits: bool):
    assert goes_on(status, headers, 5, '"a"') is fits


def test_packings_that_cannot_be_undone():
    assert unreadable({"content-encoding": "br"})
    assert not unreadable({"content-encoding": "identity, gzip"})
