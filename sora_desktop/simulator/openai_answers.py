"""A video as `/v1/videos` describes and delivers it, in the manners of the server that is played."""

from __future__ import annotations

import asyncio
import io
import random
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sora_desktop.media import stills
from sora_desktop.media.probe import length
from sora_desktop.simulator import media, media_links
from sora_desktop.simulator.errors import Refusal
from sora_desktop.simulator.openai_checks import DIALECT
from sora_desktop.simulator.openai_manners import VARIANTS
from sora_desktop.simulator.tasks import Status, Task
from sora_desktop.simulator.world import World

SHEET = (4, 3)
TILE = 160
NOT_READY = {
    "error": {"message": "The upstream did not answer.", "type": "server_error", "param": None, "code": "upstream"}
}


def video(world: World, task: Task) -> dict[str, Any]:
    """The task as it stands."""
    manners, now = world.manners.openai_videos, world.clock.now()
    status = task.status(now)
    done = status is Status.SUCCEEDED
    ended = task.completed_at if done else None
    body: dict[str, Any] = {
        "id": task.id,
        "object": "video",
        "created_at": int(task.accepted_at),
        "status": manners.word(status),
        "model": task.model,
        "progress": _progress(manners.progress, task, now),
        "seconds": f"{task.seconds:g}",
        "size": f"{task.width}x{task.height}",
        "completed_at": None if ended is None else int(ended),
        "expires_at": None if ended is None else int(ended + world.link_seconds),
        "error": {"code": task.code, "message": task.message} if status is Status.FAILED else None,
        "remixed_from_video_id": task.params.get("remixed_from"),
    }
    if manners.progress == "missing":
        del body["progress"]
    if manners.tells_prompt:
        body["prompt"] = task.prompt
    if done and manners.result != "content":
        url = media_links.fixed(world, task)
        match manners.result:
            case "result.urls":
                body["result"] = {"urls": [url]}
            case "unsigned_urls":
                body["unsigned_urls"] = [url]
            case name:
                body[name] = url
    return body


def _progress(manner: str, task: Task, now: float) -> int:
    match manner:
        case "zero":
            return 0
        case "jumping":
            return random.randint(0, 100)
    match task.status(now):
        case Status.QUEUED:
            return 0
        case Status.SUCCEEDED:
            return 100
    share = (now - task.queued_until) / max(0.001, task.done_at - task.queued_until)
    return max(1, min(99, int(share * 100)))


async def content(world: World, request: Request, task: Task) -> Response:
    """The video of a finished task, the way to it, or a picture of it. Raises Refusal."""
    manners = world.manners.openai_videos
    if world.clock.now() > (task.completed_at or task.done_at) + world.link_seconds:
        raise Refusal(404, "video_expired", "The video has expired.")
    variant = request.query_params.get("variant", "video")
    path = world.media_folder / f"{task.media}.mp4"
    if variant in manners.variants:
        return await _variant(path, variant)
    if variant != "video" and not manners.odd_variants:
        known = ", ".join(("video", *manners.variants))
        raise Refusal(400, "invalid_value", f"variant must be one of {known}.", param="variant")
    match manners.content:
        case "redirect":
            return Response(status_code=302, headers={"location": media_links.fixed(world, task)})
        case "json_error":
            return JSONResponse(NOT_READY)
    rule = world.faults.take(("media", DIALECT), "download", f"{task.id} {task.prompt}")
    if rule is not None:
        world.record.note(request.scope["state"]["row"], fault=rule.fault)
        if rule.fault not in media.SERVED:
            return media.refused(world, rule, request)
    return media.served(world, request, path, task.etag, rule)


async def _variant(path: Path, variant: str) -> Response:
    if variant == VARIANTS[0]:
        return Response(await asyncio.to_thread(_thumbnail, path), media_type="image/webp")
    return Response(await asyncio.to_thread(_sheet, path), media_type="image/jpeg")


def _thumbnail(path: Path) -> bytes:
    return _saved(stills.first_frame(path), "WEBP")


def _sheet(path: Path) -> bytes:
    """Twelve moments of the clip side by side."""
    columns, rows = SHEET
    seconds = length(path)
    frames = [stills.frame_at(path, seconds * number / (columns * rows)) for number in range(columns * rows)]
    width, height = TILE, max(2, TILE * frames[0].height // frames[0].width)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, frame in enumerate(frames):
        sheet.paste(frame.resize((width, height)), (number % columns * width, number // columns * height))
    return _saved(sheet, "JPEG")


def _saved(picture: Image.Image, kind: str) -> bytes:
    data = io.BytesIO()
    picture.save(data, kind, quality=85)
    return data.getvalue()
