"""JSONPath (RFC 9535) as provider files use it: compiled once, with bounds on what a path and an answer may cost.

The library takes 40 ms to import and is needed only by described services, so it is fetched with the first path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from sora_desktop.core.wire import Paths

if TYPE_CHECKING:
    from jsonpath import JSONPath, JSONPathEnvironment

MAX_PATH = 300
"""Characters of a path."""
MAX_FOUND = 100
"""Values that are taken of what one path finds."""


@cache
def _environment() -> JSONPathEnvironment:
    import jsonpath

    class Strict(jsonpath.JSONPathEnvironment):
        """RFC 9535 without regular expressions: one could take for ever on a hostile answer."""

        def setup_function_extensions(self) -> None:
            super().setup_function_extensions()
            for name in ("match", "search"):
                self.function_extensions.pop(name, None)

    return Strict(strict=True)


@cache
def _compiled(path: str) -> JSONPath:
    from jsonpath import JSONPath

    compiled = _environment().compile(path)
    if not isinstance(compiled, JSONPath):
        raise ValueError("write several paths as a list")
    return compiled


def fault(path: str) -> str:
    """Why `path` is not taken, in plain words; empty where it is."""
    if not path.startswith("$"):
        return "it begins with “$”, the whole answer"
    if len(path) > MAX_PATH:
        return f"it is longer than {MAX_PATH} characters"
    unquoted = re.sub(r"'[^']*'|\"[^\"]*\"", "''", path)
    if unquoted.count("..") > 1:
        return "“..” may stand in it once: each one walks through the whole answer"
    try:
        _compiled(path)
    except Exception as error:  # The library lets more through than its own: an OverflowError for 1e999.
        return str(getattr(error, "message", error))[:200] or type(error).__name__
    return ""


def warm(paths: Iterable[str]) -> None:
    """Compiles `paths`, so that later calls cost nothing. Blocks for tens of milliseconds: to be called on a thread."""
    for path in paths:
        if not fault(path):
            _compiled(path)


def found(paths: Paths, answer: object) -> list[object]:
    """Everything that the first of `paths` finds that finds anything but null; at most `MAX_FOUND` values."""
    for path in paths:
        try:
            values = [match.obj for match in islice(_compiled(path).finditer(_container(answer)), MAX_FOUND)]
        except Exception:  # Whatever a path and an answer make of each other, it is nothing that was found.
            continue
        values = [value for value in values if value is not None]
        if values:
            return values
    return []


def one(paths: Paths, answer: object) -> object:
    """The first value that is found; None where there is none."""
    return next(iter(found(paths, answer)), None)


def _container(answer: object) -> Sequence[object] | dict[str, object]:
    """The library reads a text as JSON to be parsed; here a text is only a text."""
    return answer if isinstance(answer, dict | list) else {}  # pyright: ignore[reportUnknownVariableType]
