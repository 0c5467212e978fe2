"""A piece of a page as a browser drags or copies it: which pictures it shows, and whether there are words beside them.

Read in one pass, whatever it holds: it may be large, broken, or made to be slow to read.
"""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

_TAG = re.compile(r"/?([a-zA-Z][a-zA-Z0-9:-]*)")
_BETWEEN = re.compile(r"""[\s=/"']*""")
_ATTRIBUTE = re.compile(r"""([^\s=>/"'][^\s=>/]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?""")
_UNSEEN = frozenset({"script", "style", "title"})
MOST_TAGS = 20_000
"""What stands behind that many is not read."""


class Piece(NamedTuple):
    """`pictures` are addresses as they stand there, in their order; `words` whether there is text to be read."""

    pictures: tuple[str, ...]
    words: bool


def read_page(html: str) -> Piece:
    """The pictures of `html`, each once."""
    pictures: list[str] = []
    words, place = False, 0
    for _ in range(MOST_TAGS):
        start = html.find("<", place)
        if start < 0:
            break
        words = words or bool(unescape(html[place:start]).strip())
        tag = _TAG.match(html, start + 1)
        if html.startswith("<!--", start):
            place = _behind(html, "-->", start + 4)
        elif html.startswith(("<!", "<?"), start):
            place = _behind(html, ">", start)
        elif tag is None:
            place = start + 1
        else:
            attributes, place = _attributes(html, tag.end())
            name = tag[1].lower()
            if name == "img" and (source := attributes.get("src") or _first(attributes.get("srcset", ""))):
                pictures.append(source)
            if name in _UNSEEN and html[start + 1] != "/":
                end = re.compile(f"</{name}", re.IGNORECASE).search(html, place)
                place = end.start() if end else len(html)
    words = words or bool(unescape(html[place:]).strip())
    return Piece(tuple(dict.fromkeys(pictures)), words)


def _behind(html: str, end: str, place: int) -> int:
    found = html.find(end, place)
    return found + len(end) if found >= 0 else len(html)


def _attributes(html: str, place: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag whose name ends at `place`, the first of a name counting; and where the tag ends."""
    found: dict[str, str] = {}
    while one := _ATTRIBUTE.match(html, _end(_BETWEEN, html, place)):
        found.setdefault(one[1].lower(), unescape(next(filter(None, one.groups()[1:]), "")).strip())
        place = one.end()
    return found, _end(_BETWEEN, html, place) + 1


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place


def _first(srcset: str) -> str:
    """The first of several addresses for several screens."""
    parts = srcset.split()
    return parts[0].rstrip(",") if parts else ""
