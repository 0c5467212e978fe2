"""Base URLs: what people paste, mended where that is safe, and what was mended told."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from sora_desktop.core.errors import UserError

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MAX_URL = 2000

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x3002: ".", 0xFF61: ".", 0x5C: "/"}
"""Full-width forms, as a Chinese or Japanese input method writes them, and backslashes."""
_QUOTES = "\"'`<>“”‘’«»「」『』《》【】"
_END = _QUOTES + ",;) /"
_BEFORE = re.compile(rf"(?is)^(?!https?:/)[^/]*?[\s(:][{_QUOTES}]*(?=https?://)|^\[.*\]\((?=https?://)")
"""What stands before an address in a sentence, a command or a link: “POST ”, “Base URL: ”, “[name](”."""
_DEVIATING = {"ß", "ς"}
"""Letters that IDNA 2003, which Python knows, sends to another host than IDNA 2008, which is called by."""


class Mend(StrEnum):
    """What was mended of a pasted address; each has its sentence."""

    CHARACTERS = "mended_characters"
    SCHEME = "mended_scheme"
    PATH = "mended_path"
    QUERY = "mended_query"


class Mended(NamedTuple):
    """A base URL, and what was changed of what was typed. `cut` is the endpoint's path that was cut off."""

    url: str
    mends: tuple[Mend, ...] = ()
    cut: str = ""


def clean_base_url(text: str, *, allow_http: bool = False, tails: Iterable[str] = ()) -> str:
    """A base URL with a scheme and without the slash, query, fragment and endpoint path at its end.

    `tails`: paths of the provider's calls (`Provider.endings`). Raises UserError when it is no web address, holds
    a login, or is plain http to another machine and not allowed.
    """
    return mend_base_url(text, allow_http=allow_http, tails=tails).url


def mend_base_url(text: str, *, allow_http: bool = False, tails: Iterable[str] = ()) -> Mended:
    """As `clean_base_url`; the answer also says what was mended."""
    mends: list[Mend] = []
    url = _readable(text)
    if url != text.strip():
        mends.append(Mend.CHARACTERS)
    if not url:
        raise UserError("url_empty")
    with_scheme = _with_scheme(url)
    if with_scheme != url:
        mends.append(Mend.SCHEME)
    parts, host = _parts(with_scheme, text)
    if parts.scheme.lower() == "http" and not _is_here(host) and not allow_http:
        raise UserError("url_plain_http", host=host)
    if parts.query or parts.fragment:
        mends.append(Mend.QUERY)
    path = re.sub(r"/{2,}", "/", parts.path).rstrip(_END)
    cut = next((found for tail in sorted(tails, key=len, reverse=True) if (found := tail_of(path, tail))), "")
    if cut:
        mends.append(Mend.PATH)
    netloc = _ascii(parts, host)
    return Mended(
        urlunsplit((parts.scheme.lower(), netloc, path.removesuffix(cut).rstrip(_END), "", "")), tuple(mends), cut
    )


def _readable(text: str) -> str:
    """Without what stands around it and invisible characters in it, and with full-width characters as plain ones."""
    url = "".join(char for char in text.translate(_WIDE) if unicodedata.category(char) != "Cf").strip()
    before = _BEFORE.match(url)
    if before:
        url = re.split(r"[\s)]", url[before.end() :], maxsplit=1)[0]
    return url.lstrip(_QUOTES + "( ").rstrip(_QUOTES + ",;) ")


def _with_scheme(url: str) -> str:
    doubled = re.match(r"(?i)^https?://(?=https?:)", url)
    if doubled:
        url = url[doubled.end() :]
    begun = re.match(r"(?i)^(https?)(?::/{0,2}|/{2,})(?=[^/])", url)
    if begun and not re.match(r"(?i)^https?:\d+(?:/|$)", url):
        return f"{begun[1]}://{url[begun.end() :]}"
    if re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", url):
        return url
    url = url.removeprefix("://").removeprefix("//")
    if re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", url):
        url = f"[{url}]"  # An address of IPv6 as it is written everywhere but in a web address.
    host = re.match(r"\[([^\]]*)\]|[^/:?#]*", url)
    here = host is not None and _is_here((host[1] or host[0]).lower())
    return ("http://" if here else "https://") + url


def _is_here(host: str) -> bool:
    """Whether a host is this machine beyond doubt, also as a server names it that listens on all its addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in LOOPBACK
    return address.is_loopback or address.is_unspecified


def _parts(url: str, typed: str) -> tuple[SplitResult, str]:
    """The address taken apart, and its host. Raises UserError where it is none."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise UserError("url_invalid", url=typed.strip()[:200]) from None
    odd = any(char.isspace() or unicodedata.category(char)[0] == "C" for char in url)
    odd = odd or not set(host).isdisjoint(_END + "(") or ".." in host or host.startswith((".", "-")) or _port == 0
    # What stands around the brackets of an IPv6 address is no part of what Python calls the host.
    odd = odd or ("[" in parts.netloc and not re.fullmatch(r"(.*@)?\[[^\[\]]+\](:\d*)?", parts.netloc))
    if parts.scheme.lower() not in {"http", "https"} or not host or odd or len(url) > MAX_URL:
        raise UserError("url_invalid", url=typed.strip()[:200])
    if "@" in parts.netloc:
        raise UserError("url_has_login")
    return parts, host


def tail_of(path: str, tail: str) -> str:
    """The end of `path` that is the call `tail`, whose "*" stands for one part; empty where it does not end so."""
    pattern = "".join("/[^/]+" if part == "*" else "/" + re.escape(part) for part in tail.strip("/").split("/"))
    found = re.search(f"(?i:{pattern})$", path)
    return found[0] if found else ""


def _ascii(parts: SplitResult, host: str) -> str:
    """Host and port, the name of the host as it is looked up; unchanged where that is not sure."""
    if host.isascii() or not _DEVIATING.isdisjoint(host):
        return parts.netloc.lower().removesuffix(":")
    try:
        name = host.encode("idna").decode()
    except UnicodeError:
        name = ""
    if not re.fullmatch(r"[A-Za-z0-9_.-]*[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise UserError("url_invalid", url=host[:200])
    return name if parts.port is None else f"{name}:{parts.port}"
