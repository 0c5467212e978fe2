"""What the command line prints. Text from outside never reaches a terminal with its control characters."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from sora_desktop.core.errors import Failure
from sora_desktop.core.jobs import Job
from sora_desktop.core.redact import redact
from sora_desktop.core.sentences import say


def sentence(code: str, args: Mapping[str, str] | None = None) -> str:
    return printable(say(code, args))


def failure_text(failure: Failure) -> str:
    """The sentence of a failure with the service's own words and the request id behind it."""
    text = sentence(failure.code, failure.args)
    if failure.detail:
        text += f" The service says: {printable(failure.detail)}"
    return f"{text} (request {printable(failure.request_id)})" if failure.request_id else text


def printable(text: str) -> str:
    """`text` on one line, without keys and without characters that steer a terminal."""
    shown = (char for char in redact(text) if char.isspace() or unicodedata.category(char)[0] != "C")
    return " ".join("".join(shown).split())


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def put(text: str) -> None:
    print(text, flush=True)


def put_json(value: object) -> None:
    # ASCII: a Windows console or pipe may be in any code page.
    put(json.dumps(value, ensure_ascii=True))


def job_object(job: Job) -> dict[str, object]:
    """What `--json` says about a job. Credits are the final ones, else the reserved, else null."""
    failure = job.failure
    error = failure and {
        "code": failure.code,
        "message": sentence(failure.code, failure.args),
        "detail": redact(failure.detail),
        "request_id": failure.request_id,
        "billed": failure.billed.value,
    }
    return {
        "id": job.id,
        "remote_id": job.remote_id,
        "state": job.state.value,
        "path": job.path if job.state == "done" else "",
        "credits": job.final if job.final is not None else job.reserved,
        "error": error,
        "account": job.account,
        "model": job.request.model,
        "prompt": job.request.prompt,
        "created_at": job.created_at,
    }


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the last one as it comes."""
    lines = [heads, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heads) - 1)]
    return "\n".join(
        "  ".join([*(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=False)), line[-1]])
        for line in lines
    )


def _width(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two, accents none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


class Progress:
    """One line on a terminal's stderr, rewritten in place; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._shown = ""

    def show(self, text: str) -> None:
        if self._on and text != self._shown:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
            self._shown = text

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = ""
