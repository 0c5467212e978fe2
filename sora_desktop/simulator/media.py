"""Serves results and uploaded files, from an origin of its own that takes no key."""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sora_desktop.simulator import breakage, media_links
from sora_desktop.simulator.faults import Rule
from sora_desktop.simulator.wire import hang_up, until_gone
from sora_desktop.simulator.world import World

BLOCK = 262_144
MIME_OF = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
}
ERROR_PAGE = '{"error": {"code": "upstream_error", "message": "The file is not ready. Try again later."}}'


@dataclass(frozen=True, slots=True)
class Piece:
    """What of a file is sent: bytes `start` to `end` (exclusive) of `size`, under which headers, and how it breaks."""

    path: Path
    size: int
    start: int
    end: int
    etag: str
    content_type: str
    partial: bool = False


def routes(world: World) -> list[Route]:
    async def media(request: Request) -> Response:
        return await _media(world, request)

    async def file(request: Request) -> Response:
        return await _file(world, request)

    methods = ["GET", "HEAD"]
    return [Route("/media/{name}", media, methods=methods), Route("/files/{name}", file, methods=methods)]


class KeyGuard:
    """ASGI: a request with a key in it is a leak; it is refused, and marked in the record."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and CREDENTIALS & {name for name, _value in scope["headers"]}:
            self._world.record.note(scope["state"]["row"], leak=1)
            app = Response("This host takes no credentials.", 400, media_type="text/plain")
        await app(scope, receive, send)


CREDENTIALS = {b"authorization", b"proxy-authorization", b"x-api-key", b"cookie"}


async def _media(world: World, request: Request) -> Response:
    name = request.path_params["name"]
    media = name.removesuffix(".mp4")
    task = world.ledger.task_of_media(media)
    dialect, text = (task.dialect, f"{task.id} {task.prompt}") if task else ("", "")
    rule = world.faults.take(("media", dialect), "download", text)
    row = request.scope["state"]["row"]
    world.record.note(row, dialect=dialect, call="download", fault=rule.fault if rule else "")
    if rule is not None and rule.fault not in SERVED:
        return refused(world, rule, request)
    until = media_links.expires(world, media, dict(request.query_params))
    if until is None or task is None:
        return _xml(403, "SignatureDoesNotMatch", "The signature does not match.")
    if world.clock.now() > until:
        return _xml(403, "AccessDenied", "Request has expired")
    path = world.media_folder / f"{media}.mp4"
    return served(world, request, path, task.etag, rule)


async def _file(world: World, request: Request) -> Response:
    name = request.path_params["name"]
    world.record.note(request.scope["state"]["row"], call="file")
    path = world.files_folder / name
    if path.parent != world.files_folder or path.suffix not in MIME_OF:
        return _xml(404, "NoSuchKey", "The specified key does not exist.")
    return served(world, request, path, Path(name).stem, None)


SERVED = frozenset({"truncated", "range_ignored", "changed_etag", "stall", "slow"})
"""Faults that spoil the sending of the file; the others answer something else."""


def refused(world: World, rule: Rule, request: Request) -> Response:
    """The answer of a fault that sends no file."""
    match rule.fault:
        case "expired":
            return _xml(403, "AccessDenied", "Request has expired")
        case "html":
            page = str(rule.args.get("body", breakage.GATEWAY_PAGE.format(status="Please sign in")))
            return Response(page, media_type="text/html")
        case "wrong_content_type":
            # With `lie` the error calls itself a video.
            kind = "video/mp4" if rule.args.get("lie") else "application/json"
            return Response(str(rule.args.get("body", ERROR_PAGE)), media_type=kind)
        case "redirect" if "to" not in rule.args:
            mark = "&" if request.url.query else "?"
            return Response(status_code=302, headers={"location": f"{request.url}{mark}hop={rule.hits}"})
        case "huge":
            return StreamingResponse(_zeros(request), headers={"content-length": str(10**12)}, media_type="video/mp4")
        case "forbidden":
            return _xml(403, "AccessDenied", "Access Denied")
        case "not_found":
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
    refusal = breakage.refusal_of(rule)
    if refusal is not None:
        return JSONResponse({"error": refusal.message}, refusal.status, refusal.headers)
    return breakage.answer_of(world, rule, request)


async def _zeros(request: Request) -> AsyncIterator[bytes]:
    for _ in range(40):
        yield b"\0" * 25_000
    await hang_up(request)


def served(world: World, request: Request, path: Path, etag: str, rule: Rule | None) -> Response:
    """A file or the part of it that was asked for, sent as well as a fault lets it."""
    try:
        stat = path.stat()
    except OSError:
        return _xml(404, "NoSuchKey", "The specified key does not exist.")
    modified = formatdate(stat.st_mtime, usegmt=True)
    fault = rule.fault if rule else ""
    if rule is not None and fault == "changed_etag":
        etag = f"{etag}-{rule.hits}"
    whole = Piece(path, stat.st_size, 0, stat.st_size, f'"{etag}"', MIME_OF[path.suffix])
    piece = whole
    wanted = request.headers.get("range", "")
    condition = request.headers.get("if-range", "")
    if wanted and fault != "range_ignored" and condition in {"", whole.etag, modified}:
        asked = ranged(whole, wanted)
        if asked is None:
            return Response(status_code=416, headers={"content-range": f"bytes */{whole.size}"})
        piece = asked
    headers = {
        "content-type": piece.content_type,
        "content-length": str(piece.end - piece.start),
        "etag": piece.etag,
        "last-modified": modified,
        "cache-control": "private",
    }
    if fault != "range_ignored":
        headers["accept-ranges"] = "bytes"
    if piece.partial:
        headers["content-range"] = f"bytes {piece.start}-{piece.end - 1}/{piece.size}"
    if request.method == "HEAD":
        return Response(status_code=200, headers=headers)
    if rule is not None and fault == "truncated" and rule.args.get("quiet"):
        # The length agrees with what is sent: only a look into the file tells.
        piece = replace(piece, end=_cut(piece, rule))
        headers["content-length"] = str(piece.end - piece.start)
    body = _sent(world, request, piece, rule)
    return StreamingResponse(body, 206 if piece.partial else 200, headers)


def ranged(whole: Piece, wanted: str) -> Piece | None:
    """The part that a Range header asks for (RFC 9110, 14). None when it lies outside the file.

    A header that is malformed or asks for several parts is answered with the whole file.
    """
    unit, _, span = wanted.partition("=")
    first, dash, last = span.strip().partition("-")
    numbers = all(part == "" or (part.isascii() and part.isdigit()) for part in (first, last))
    if unit.strip().lower() != "bytes" or not dash or not numbers or not (first or last):
        return whole
    if not first:
        start, end = max(0, whole.size - int(last)), whole.size
    else:
        start, end = int(first), min(whole.size, int(last) + 1 if last else whole.size)
        if last and int(last) < start:
            return whole
    if start >= whole.size or end <= start:
        return None
    return replace(whole, start=start, end=end, partial=True)


def _cut(piece: Piece, rule: Rule) -> int:
    """Where a fault stops the sending: `bytes` or `fraction` of the piece, the half where neither is given."""
    length = piece.end - piece.start
    stop = int(rule.args.get("bytes", length * float(rule.args.get("fraction", 0.5))))
    return piece.start + max(0, min(stop, length))


async def _sent(world: World, request: Request, piece: Piece, rule: Rule | None) -> AsyncIterator[bytes]:
    fault = rule.fault if rule else ""
    breaks = rule is not None and (fault == "stall" or (fault == "truncated" and not rule.args.get("quiet")))
    end = _cut(piece, rule) if rule is not None and breaks else piece.end
    pace = float(rule.args.get("bytes_per_second", 100_000)) if rule is not None and fault == "slow" else 0.0
    position = piece.start
    with piece.path.open("rb") as file:
        file.seek(position)
        while position < end:
            block = file.read(min(max(1, int(pace / 20)) if pace else BLOCK, end - position))
            if not block:
                break
            position += len(block)
            yield block
            if pace:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(world.stopping.wait(), len(block) / pace)
                if world.stopping.is_set():
                    break
    if fault == "stall":
        await until_gone(request, world.stopping)
    elif position < piece.end:
        await hang_up(request)


def _xml(status: int, code: str, message: str) -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{html.escape(code)}</Code><Message>{html.escape(message)}</Message></Error>\n"
    )
    return Response(text, status, media_type="application/xml")
