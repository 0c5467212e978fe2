"""An account: where a generation is sent. Its key is never part of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from sora_desktop.core.addresses import LOOPBACK, clean_base_url
from sora_desktop.core.errors import UserError
from sora_desktop.core.frozen import Kept

MAX_KEY = 1000
"""Windows' Credential Manager holds about 1,280 characters."""


MAX_LINK = 7 * 86_400
"""Seconds: the longest life of a presigned address (AWS, Signature Version 4)."""


class ReferenceHost(Kept):
    """Where local references are put for a service that takes only addresses. Its secret key is never part of it.

    "s3": a bucket that speaks S3, private, reached by presigned addresses that live `link_seconds`. "account": the
    uploads of another account (`account` is its id).
    """

    kind: Literal["s3", "account"]
    endpoint: str = ""
    region: str = "us-east-1"
    bucket: str = ""
    prefix: str = ""
    access_key: str = ""
    path_style: bool = True
    link_seconds: int = 86_400
    account: str = ""


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
    reference_host: ReferenceHost | None = None
    proxy: Literal["default", "system", "manual", "none"] = "default"
    """Which way its calls take; `default` is what Settings, Network says."""
    colour: str = ""
    """A name of the palette's (`ui.tokens`); empty takes the next free one."""
    header_names: tuple[str, ...] = ()
    """Extra headers of every call to its origin. Their values are secrets, kept where the key is."""
    past_origins: tuple[str, ...] = ()
    """Where it pointed before: jobs that were sent there go on there, with the key of that time."""
    former: tuple[str, ...] = ()
    """Marks of the keys and headers it had before that are kept for jobs under way (`engine.former_keys`)."""


def origin_of(url: str) -> str:
    """Scheme, host and port of an address: what a key belongs to."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def is_private_host(host: str) -> bool:
    """Whether `host` is written as one of this machine or of a private network."""
    host = host.lower().rstrip(".")
    if host in LOOPBACK or host.endswith((".localhost", ".local", ".lan", ".internal", ".home.arpa")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host and bool(host)
    return address.is_private or address.is_loopback or address.is_link_local


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


OWN_HEADERS = frozenset(
    {"authorization", "connection", "content-length", "content-type", "cookie", "host", "te", "transfer-encoding"}
)
"""Headers that the program itself sets, or that say how a request is framed."""


def clean_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Extra headers as they are kept. Raises UserError for a name or a value that no request can carry."""
    kept: dict[str, str] = {}
    for name, value in headers.items():
        name, value = name.strip(), value.strip()
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", name) or name.lower() in OWN_HEADERS:
            raise UserError("header_name", name=name[:80])
        if not value or len(value) > MAX_KEY or not all("\x20" <= char <= "\x7e" for char in value):
            raise UserError("header_value", name=name)
        kept[name] = value
    return kept


def key_tail(key: str) -> str:
    """The last four characters, all that is ever shown of a key; nothing of a short one."""
    return key[-4:] if len(key) >= 12 else ""


def clean_host(host: ReferenceHost) -> ReferenceHost:
    """A reference host as it is kept: trimmed, with an https address (http on the user's own machine only).

    Raises UserError when something is missing or cannot be an address or a bucket.
    """
    if host.kind == "account":
        if not host.account:
            raise UserError("host_account_gone")
        return ReferenceHost(kind="account", account=host.account)
    bucket, access_key = host.bucket.strip(), host.access_key.strip()
    if not bucket or not access_key or not host.endpoint.strip():
        raise UserError("host_incomplete")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}", bucket) or ".." in bucket:
        raise UserError("host_bucket", name=bucket[:80])
    if not all("\x21" <= char <= "\x7e" for char in access_key):
        raise UserError("host_incomplete")
    prefix = "/".join(part for part in re.split(r"[/\s]+", host.prefix) if part not in {"", ".", ".."})
    return host.model_copy(
        update={
            "endpoint": clean_base_url(host.endpoint),
            "bucket": bucket,
            "access_key": access_key,
            "region": host.region.strip() or "us-east-1",
            "prefix": f"{prefix}/" if prefix else "",
            "link_seconds": max(300, min(host.link_seconds, MAX_LINK)),
            "account": "",
        }
    )
