"""Taking keys out of text before it is logged, copied or shown.

Two nets: the keys this process has handled (`know`), and whatever looks like a key or stands where one stands.
"""

from __future__ import annotations

import logging
import re

HIDDEN = "•••"
_SHORTEST = 6
"""A shorter "key" would blot out ordinary words."""
_NO_WORD = 16

_LOOKS = (
    # Nothing in it is tried twice: a service could hold us up for minutes with a few thousand spaces.
    re.compile(
        r"(?i)(\b(?:proxy-)?authorization['\"]?\s*+[:=,]\s*+['\"]?(?:b['\"])?(?:bearer|basic|token)?+\s*+)"
        r"[^\s'\",;)\]}]+"
    ),
    re.compile(r"(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{6,}"),
    re.compile(r"(?i)(\b(?:x-)?api[_-]?key['\"]?\s*[:=,]\s*['\"]?)[^\s'\",;&)\]}]+"),
    re.compile(
        r"(?i)([?&](?:key|api_key|apikey|token|access_token|signature|sig|x-amz-[a-z-]+|x-oss-[a-z-]+)=)[^&\s'\"]+"
    ),
    re.compile(r"(?i)(://)[^/\s:@'\"]+:[^/\s@'\"]+(?=@)"),
    re.compile(r"\b((?:rvya_)?sk[-_](?:live[-_]|test[-_]|proj[-_])?)[A-Za-z0-9_-]{8,}"),
)

_known: set[str] = set()


def know(key: str) -> None:
    """Remembers a key of this session, so that `redact` finds it whatever it looks like."""
    if len(key) >= _SHORTEST:
        _known.add(key)


def forget(key: str) -> None:
    """The opposite of `know`."""
    _known.discard(key)


def holds_key(text: str) -> bool:
    """Whether a known key stands in `text`; one so short that it may be an ordinary word does not count."""
    return any(len(key) >= _NO_WORD and key in text for key in _known)


def redact(text: str) -> str:
    """`text` without keys: known ones, and everything that looks like one."""
    for key in sorted(_known, key=len, reverse=True):
        text = text.replace(key, HIDDEN)
    for pattern in _LOOKS:
        text = pattern.sub(lambda match: match.group(1) + HIDDEN, text)
    return text


class RedactingFormatter(logging.Formatter):
    """A log formatter whose lines, tracebacks included, pass through `redact`."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
