"""Reading what a service sent: tolerantly where it is harmless, boundedly everywhere. Every byte of it is hostile.

Nothing here raises on odd input: what cannot be read is empty, None or zero, and the dialect decides what that means.
"""

from __future__ import annotations

import html
import json
import math
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from sora_desktop.core.redact import HIDDEN, holds_key
from sora_desktop.core.redact import redact as redact_known

MAX_ANSWER = 10_000_000
"""Bytes of an answer's body, also once it is unpacked."""
MAX_TEXT = 500
"""Characters of a service's own words that are kept."""
LONG = 100_000
"""Characters of a text that are looked at."""
MAX_URL = 8192
MAX_URLS = 100
"""Addresses that are taken from one answer."""
MAX_ID = 512
CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
"""Headers of a request that may be answered 304: what the caller knows is still so."""
MAX_WAIT = 86_400.0
"""Seconds of a Retry-After that are honoured."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer. Header names are in lower case; the body is unpacked and at most `MAX_ANSWER` bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    milliseconds: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def text(self) -> str:
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> object:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.text(), parse_int=_whole)
        except (ValueError, RecursionError):
            return None

    def record(self) -> Record:
        """The body as a JSON object; empty where it is none."""
        return record(self.json())


def _whole(digits: str) -> int | float:
    """Python reads no integer of more than 4300 digits; one absurd number must not cost the whole answer."""
    return int(digits) if len(digits) <= 400 else float(digits)


class TooLarge(ValueError):
    """More bytes than `MAX_ANSWER`, packed or unpacked."""


def unpack(body: bytes, encoding: str, limit: int = MAX_ANSWER) -> bytes:
    """`body` without its Content-Encoding.

    Raises TooLarge beyond `limit` bytes (a small body can unpack to gigabytes), ValueError where it cannot be read.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in {"", "identity"}:
            continue
        if name not in {"gzip", "x-gzip", "deflate"}:
            raise ValueError(f"unknown encoding {name[:20]}")
        body = _inflate(body, limit, raw=False)
    return body


def _inflate(body: bytes, limit: int, *, raw: bool) -> bytes:
    unpacker = zlib.decompressobj(-15 if raw else 47)
    try:
        plain_bytes = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        if not raw:  # "deflate" without its wrapper is common enough to be tried.
            return _inflate(body, limit, raw=True)
        raise ValueError("broken encoding") from error
    if len(plain_bytes) > limit:
        raise TooLarge("unpacked")
    if not unpacker.eof:
        raise ValueError("truncated encoding")
    return plain_bytes


def record(value: object) -> Record:
    """`value` where it is a JSON object, else an empty one."""
    return cast("Record", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """`value` where it is a JSON list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def unwrap(outer: Record, *marks: str) -> Record:
    """The object that is meant: `outer` itself, or what its "data" wraps, up to three times.

    `marks` are keys, the most telling first: a wrapper may have a `status` of its own, but not the task's `id`.
    """
    levels = [outer]
    for _ in range(3):
        data = levels[-1].get("data")
        levels.append(record(items(data)[0] if items(data) else data))
    return next((level for mark in marks for level in levels if level.get(mark) is not None), outer)


def first(source: Mapping[str, Any], *keys: str) -> Any:
    """The first value of `keys` that is there and not null."""
    return next((source[key] for key in keys if source.get(key) is not None), None)


def plain(value: object, limit: int = MAX_TEXT) -> str:
    """A service's words as one bounded line without control or bidirectional characters. Empty for what is no text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    kept = value[: limit * 40]
    if holds_key(kept):  # Wherever a service repeats it.
        kept = redact_known(kept)
    if not kept.isascii() or not kept.isprintable():  # The long way only where there may be something to take out.
        kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in kept)
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def identifier(value: object) -> str:
    """An id as text, also where it came as a number; empty where it is none that could be asked for again."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = value.strip() if isinstance(value, str) else ""
    odd = len(text) > MAX_ID or any(unicodedata.category(char)[0] == "C" for char in text)
    return "" if odd or text in {".", ".."} else text


def number(value: object) -> float | None:
    """A finite number, also where it came as text; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> float | None:
    """A time in Unix seconds, from ISO 8601 (UTC where it names no zone), Unix seconds or milliseconds."""
    unix = number(value)
    if unix is None and isinstance(value, str):
        try:
            when = datetime.fromisoformat(value.strip())
            unix = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    if unix is None:
        return None
    unix = unix / 1000 if unix > 1e11 else unix
    return unix if 0 < unix < 1e11 else None


def web_urls(*values: object) -> tuple[str, ...]:
    """Every http(s) address in `values` (texts, lists, objects with a url), in order, each once; MAX_URLS at most."""
    found = (url for value in values for url in _urls(value, depth=0))
    return tuple(dict.fromkeys(islice(found, MAX_URLS)))


def _urls(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        url = value.strip()
        # One that holds the key is kept nowhere, and would carry it to the host of a result. A team's name, which some
        # send as a header, is often a folder of its results.
        if is_web_url(url) and not any(holds_key(text, names=False) for text in (url, unquote(url))):
            yield url
    elif depth < 3 and isinstance(value, list):
        for item in items(cast("object", value))[:100]:
            yield from _urls(item, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        for key in ("primary_url", "primaryUrl", "url", "video_url", "videoUrl", "urls"):
            yield from _urls(record(cast("object", value)).get(key), depth + 1)


def is_web_url(url: str) -> bool:
    """Whether `url` is an http(s) address with a host and no login, short enough and without odd characters."""
    if len(url) > MAX_URL or url[:4].lower() != "http":  # The quick look first: there may be a million of them.
        return False
    if any(char.isspace() or unicodedata.category(char)[0] == "C" for char in url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """The service's wish in seconds, from Retry-After in seconds or as a date; None where it sent none.

    A date is measured against the service's own clock (its Date header) where that is there, else against `now`.
    """
    wish = headers.get("retry-after", "").strip()
    if not wish:
        return None
    seconds = number(wish)
    if seconds is None:
        until = _http_date(wish)
        if until is None:
            return None
        seconds = until - (_http_date(headers.get("date", "")) or now)
    return min(max(seconds, 0.0), MAX_WAIT)


def ahead(headers: Mapping[str, str], now: float) -> float:
    """The seconds by which our clock, which says `now`, is ahead of the service's own (its Date header)."""
    return now - (_http_date(headers.get("date", "")) or now)


def _http_date(text: str) -> float | None:
    try:
        when = parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def segment(remote_id: str) -> str:
    """A remote id as one path segment: nothing in it can leave the segment. Empty where that cannot be held."""
    return "" if remote_id in {"", ".", ".."} else quote(remote_id, safe="", errors="replace")


def redact(text: str, keys: Iterable[str] = ()) -> str:
    """`text` without any of `keys`, in the spellings that a message may quote, and without what looks like a key."""
    for key in sorted({key for key in keys if key}, key=len, reverse=True):
        for spelling in {key, quote(key, safe=""), json.dumps(key)[1:-1], html.escape(key)}:
            text = text.replace(spelling, HIDDEN)
    return redact_known(text)


def told(value: object, keys: Iterable[str] = (), limit: int = MAX_TEXT) -> str:
    """A service's words as plain text without keys. Hidden first and cut then, so that half a key does not stay."""
    return plain(redact(value[:LONG], keys) if isinstance(value, str) else value, limit)


def words_of(body: str) -> set[str]:
    """The identifiers in a text, dotted ones also by their last part."""
    found = re.findall(r"[A-Za-z_][A-Za-z0-9_.]*", body[: MAX_TEXT * 4])
    return {word.strip(".") for word in found} | {word.strip(".").rpartition(".")[2] for word in found}


def one_of(names: Sequence[str], text: str) -> str:
    """The only one of `names` that `text` mentions as a word; empty where it is none or several."""
    spoken = words_of(text)
    mentioned = [name for name in names if name in spoken]
    return mentioned[0] if len(mentioned) == 1 else ""
