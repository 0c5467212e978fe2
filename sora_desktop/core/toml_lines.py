"""On which line of a TOML text a value stands. tomllib tells no lines, so this reads the text once more.

It follows tables, arrays of tables, dotted and quoted keys, inline tables and arrays over several lines. The text must
be valid TOML: that is tomllib's to say.
"""

from __future__ import annotations

import re
import tomllib

Place = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\n]+")


def syntax_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """The line that tomllib complains about; the last one where it says "at end of document"."""
    found = re.search(r"at line (\d+)", str(error))
    return int(found[1]) if found else max(1, len(text.rstrip().splitlines()))


class Lines:
    """The lines of a TOML text by place: `Lines(text).of(("models", 0, "id"))`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[Place, int] = {(): 1}
        self._counts: dict[Place, int] = {}
        self._read()

    def of(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it that stands in the text. Lines begin at 1."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def _read(self) -> None:
        table: Place = ()
        while True:
            self._skip(_GAP)
            if self._at >= len(self._text):
                return
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Place:
        array = self._text.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if array else 1
        keys = self._keys()
        self._at += 2 if array else 1
        place: Place = ()
        for key in keys[:-1] if array else keys:
            place = self._inside((*place, key), line)
        if array:
            place = (*place, keys[-1])
            self._note(place, line)
            index = self._counts.get(place, 0)
            self._counts[place] = index + 1
            place = (*place, index)
        self._lines[place] = line
        return place

    def _inside(self, place: Place, line: int) -> Place:
        """`place`, or the newest element where it is an array of tables."""
        self._note(place, line)
        return (*place, self._counts[place] - 1) if place in self._counts else place

    def _pair(self, table: Place) -> None:
        line = self._line()
        keys = self._keys()
        place = table
        for key in keys:
            place = (*place, key)
            self._note(place, line)
        self._at += 1  # The equals sign.
        self._value(place)

    def _value(self, place: Place) -> None:
        self._skip(_BLANK)
        char = self._text[self._at]
        if char == "[":
            self._array(place)
        elif char == "{":
            self._inline(place)
        else:
            self._skip(_STRING if char in "\"'" else _SCALAR)

    def _array(self, place: Place) -> None:
        self._at += 1
        index = 0
        while True:
            self._skip(_GAP)
            if self._text[self._at] == "]":
                self._at += 1
                return
            self._note((*place, index), self._line())
            self._value((*place, index))
            index += 1
            self._skip(_GAP)
            if self._text[self._at] == ",":
                self._at += 1

    def _inline(self, place: Place) -> None:
        self._at += 1
        while True:
            self._skip(_GAP)
            if self._text[self._at] == "}":
                self._at += 1
                return
            self._pair(place)
            self._skip(_GAP)
            if self._text[self._at] == ",":
                self._at += 1

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            quoted = _STRING.match(self._text, self._at)
            found = quoted or _BARE.match(self._text, self._at)
            if found is None:
                raise ValueError(f"no key at {self._at}")
            self._at = found.end()
            keys.append(tomllib.loads(f"key = {found[0]}")["key"] if quoted else found[0])
            self._skip(_BLANK)
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _note(self, place: Place, line: int) -> None:
        self._lines.setdefault(place, line)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
