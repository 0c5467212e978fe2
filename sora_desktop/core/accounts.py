"""An account: where a generation is sent. Its key is never part of it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit, urlunsplit

from sora_desktop.core.errors import UserError
from sora_desktop.core.frozen import Kept

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MAX_KEY = 1000
"""Windows' Credential Manager holds about 1,280 characters."""
MAX_URL = 2000


class Account(Kept):
    """A provider, a base URL and a name of the user's. `builtin` accounts belong to the simulator and need no key."""

    id: str
    provider: str
    name: str
    base_url: str
    builtin: bool = False
    enabled: bool = True
    at_once: int = 3
    per_minute: int = 30
    default_model: str = ""
    position: float = 0.0
    allow_http: bool = False
    created_at: float = 0.0


def clean_key(text: str) -> str:
    """A pasted key without the white space around it.

    Raises UserError when it is empty, too long, or holds a character that no HTTP header can carry.
    """
    key = text.strip().strip("\u200b\ufeff\u00a0").strip()
    if key.lower().startswith("bearer "):
        key = key[7:].strip()
    if not key or key.lower() == "bearer":
        raise UserError("key_empty")
    if len(key) > MAX_KEY:
        raise UserError("key_too_long", limit=str(MAX_KEY))
    bad = next((index for index, char in enumerate(key, 1) if not "\x21" <= char <= "\x7e"), None)
    if bad is not None:
        raise UserError("key_bad_character", position=str(bad))
    return key


def clean_base_url(text: str, *, allow_http: bool = False) -> str:
    """A base URL with a scheme and without the slash, query and fragment at its end.

    Raises UserError when it is no web address, holds a login, or is plain http to another machine and not allowed.
    """
    url = text.strip()
    if not url:
        raise UserError("url_empty")
    if not re.match(r"^[a-zA-Z][a-zA-Z0-9+.-]*://", url):
        host = re.split(r"[/:?#]", url, maxsplit=1)[0].lower()
        url = ("http://" if host in LOOPBACK else "https://") + url
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise UserError("url_invalid", url=text.strip()) from None
    odd = any(char.isspace() or unicodedata.category(char)[0] == "C" for char in url)
    if parts.scheme.lower() not in {"http", "https"} or not host or odd or len(url) > MAX_URL:
        raise UserError("url_invalid", url=text.strip()[:200])
    if "@" in parts.netloc:
        raise UserError("url_has_login")
    if parts.scheme.lower() == "http" and host not in LOOPBACK and not allow_http:
        raise UserError("url_plain_http", host=host)
    return urlunsplit((parts.scheme.lower(), parts.netloc, parts.path.rstrip("/"), "", ""))


def key_tail(key: str) -> str:
    """The last four characters, all that is ever shown of a key; nothing of a short one."""
    return key[-4:] if len(key) >= 12 else ""
