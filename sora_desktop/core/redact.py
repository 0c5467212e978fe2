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
_names: set[str] = set()
"""Those that may be a mere name."""


def know(key: str, *, name: bool = False) -> None:
    """Remembers a key of this session, so that `redact` finds it whatever it looks like.

    `name`: it may also be no key but a name, such as a team's in an extra header.
    """
    if len(key) >= _SHORTEST:
        if not name:
            _names.discard(key)
        elif key not in _known:
            _names.add(key)
        _known.add(key)


def forget(key: str) -> None:
    """The opposite of `know`."""
    _known.discard(key)
    _names.discard(key)


def holds_key(text: str, *, names: bool = True) -> bool:
    """Whether a known key stands in `text`; one so short that it may be an ordinary word does not count, nor does one
    that may be a mere name, without `names`."""
    return any(len(key) >= _NO_WORD and key in text for key in (_known if names else _known - _names))


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
