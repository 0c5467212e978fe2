"""Which way calls take: the user's network settings, and the hosts that are called without a proxy.

A proxy's password is never part of the settings: it is in the keyring, like a key.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from sora_desktop.core.errors import UserError
from sora_desktop.core.frozen import Kept

Scheme = Literal["http", "https", "socks5"]
MAX_LOGIN = 255
"""Bytes of a user name or a password: what SOCKS 5 can carry (RFC 1929)."""
PORTS = {"http": 80, "https": 443}


class Network(Kept):
    """`system`: as the machine is set up; `manual`: the proxy below; `none`: straight.

    `bypass` are hosts that are called straight in every mode: names (with all below them), "*.example.com",
    addresses, and networks like 10.0.0.0/8; each may end in ":port". `ca_file` holds certificates that are trusted
    besides the machine's own.
    """

    mode: Literal["system", "manual", "none"] = "system"
    scheme: Scheme = "http"
    host: str = ""
    port: int = Field(default=8080, ge=1, le=65535)
    user: str = ""
    bypass: tuple[str, ...] = ()
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy with its login. SOCKS 5 is asked by name: it looks the name up, not this machine."""

    scheme: Scheme
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Host and port, which is all that is ever shown of it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Its address without the login."""
        return f"{self.scheme}://{self.place}"


def parse_proxy(text: str) -> Proxy:
    """A proxy's address as environments hold it. GNOME writes `socks://`, which means SOCKS 5.

    Raises ValueError, which does not quote the text: a password may be in it.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise ValueError("a proxy's address cannot be read") from None
    schemes: dict[str, Scheme] = {"http": "http", "https": "https"}
    schemes |= dict.fromkeys(("socks", "socks5", "socks5h"), "socks5")
    scheme = schemes.get(parts.scheme.lower())
    if scheme is None or not host:
        raise ValueError("a proxy's address is of no kind that can be used")
    port = port or {"http": 80, "https": 443, "socks5": 1080}[scheme]
    return Proxy(scheme, host, port, unquote(parts.username or ""), unquote(parts.password or ""))


def clean_network(network: Network) -> Network:
    """The settings as they are kept. Raises UserError for what cannot be a proxy, a login or a bypassed host."""
    host, port, scheme = network.host.strip(), network.port, network.scheme
    if "://" in host or re.fullmatch(r"[^:\[\]]+:\d+", host):
        try:
            found = parse_proxy(host)
        except ValueError:
            raise UserError("proxy_host", name=host.rpartition("@")[2][:80]) from None
        if found.user or found.password:
            raise UserError("proxy_login_in_host")
        scheme = found.scheme if "://" in host else scheme
        host, port = found.host, found.port
    host = host.strip("[]").rstrip("/")
    if network.mode == "manual" and not host:
        raise UserError("proxy_host_empty")
    if host and not _is_host(host):
        raise UserError("proxy_host", name=host[:80])
    check_login(network.user, user=True)
    bypass = tuple(dict.fromkeys(part for entry in network.bypass for part in split_hosts(entry)))
    for entry in bypass:
        if not _is_entry(entry):
            raise UserError("bypass_entry", name=entry[:80])
    update = {"host": host, "port": port, "scheme": scheme, "bypass": bypass, "ca_file": network.ca_file.strip()}
    return network.model_copy(update=update)


def check_login(text: str, *, user: bool = False) -> None:
    """Raises UserError for a user name or a password that a proxy cannot be told."""
    bad = any(ord(char) < 0x20 or ord(char) == 0x7F for char in text) or len(text.encode()) > MAX_LOGIN
    if bad or (user and ":" in text):
        raise UserError("proxy_user" if user else "proxy_password")


def split_hosts(text: str) -> tuple[str, ...]:
    """The entries of a list as people and systems write it: with commas, semicolons, bars or white space."""
    return tuple(entry for entry in re.split(r"[\s,;|]+", text) if entry)


class Bypass:
    """The hosts that are called straight. This machine itself always is."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = [_Entry.of(entry) for entry in entries]

    def covers(self, url: str) -> bool:
        """Whether the host of `url` is called without a proxy."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme.lower(), 0)
        except ValueError:
            return False
        return is_loopback(host) or any(entry.covers(parts.scheme.lower(), host, port) for entry in self._entries)


def is_loopback(host: str) -> bool:
    """Whether `host` is written as this machine."""
    host = host.lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner is not None and (inner.is_loopback or inner.is_unspecified)


@dataclass(frozen=True, slots=True)
class _Entry:
    scheme: str
    host: str
    port: int
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None

    @classmethod
    def of(cls, entry: str) -> _Entry:
        scheme, _, rest = entry.strip().lower().rstrip("/").rpartition("://")
        network = None if re.search(r"\]:\d+$", rest) else _network(rest)
        if network is not None:
            return cls(scheme, "", 0, network)
        host, port = _host_and_port(rest)
        # “192.168.” is the beginning of addresses, as some systems write it.
        host = f"{host}*" if re.fullmatch(r"(\d{1,3}\.){1,3}", host) else _as_looked_up(host.rstrip("."))
        return cls(scheme, host, port, _network(host))

    def covers(self, scheme: str, host: str, port: int) -> bool:
        if (self.scheme and self.scheme != scheme) or (self.port and self.port != port):
            return False
        host = _as_looked_up(host.lower())
        if self.network is not None:
            address = _address(host)
            address = getattr(address, "ipv4_mapped", None) or address
            return address is not None and address.version == self.network.version and address in self.network
        if self.host == "<local>":
            return "." not in host and ":" not in host
        if "*" in self.host:
            return fnmatchcase(host, self.host.replace("[", ""))
        if self.host.startswith("."):
            return host.endswith(self.host)
        return bool(self.host) and (host == self.host or host.endswith(f".{self.host}"))


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A network, or one address as the smallest of networks; “169.254/16”, as macOS writes it, is one too."""
    short = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3}){0,2})/(\d{1,2})", text)
    if short:
        text = f"{short[1]}{'.0' * (3 - short[1].count('.'))}/{short[2]}"
    try:
        return ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _host_and_port(text: str) -> tuple[str, int]:
    match = re.fullmatch(r"(\[[^\]]+\]|[^:]+):(\d{1,5}|\*)", text)
    return (match[1].strip("[]"), 0 if match[2] == "*" else int(match[2])) if match else (text, 0)


def _as_looked_up(host: str) -> str:
    """A name with letters of other scripts as it stands in an address; with wildcards and dots left as they are."""
    if host.isascii():
        return host
    try:
        return ".".join(label if label.isascii() else label.encode("idna").decode() for label in host.split("."))
    except UnicodeError:
        return host


def _is_host(text: str) -> bool:
    return _address(text) is not None or bool(re.fullmatch(r"[^\W_](?:[\w.-]{0,250}[\w.])?", text))


def _is_entry(text: str) -> bool:
    if text in {"*", "<local>"} or _network(text) is not None:
        return True
    host, port = _host_and_port(text.rstrip("/").rpartition("://")[2])
    if "/" in host:
        return False
    every = host == "*" and bool(port)
    return every or _network(host) is not None or bool(re.fullmatch(r"[\w.*-]{1,253}", host) and re.search(r"\w", host))
