"""The dialect of `/v1/videos` in front of a server by hand: a model, requests of it, their bodies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sora_desktop.core.catalog import Model
from sora_desktop.core.params import Scalar
from sora_desktop.core.references import ReferenceRule, SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.core.servers import Server
from sora_desktop.providers.base import Connection
from sora_desktop.providers.http import Http
from sora_desktop.providers.openai_fields import usual
from sora_desktop.providers.openai_videos import OpenAIVideos
from support.raw_server import RawServer, in_turn, raw_server

KEY = "sk-canary-0123456789abcdef"
HEADERS = {"X-Team": "canary-of-the-team"}
RULE = ReferenceRule(field="input_reference", attach=True)
MODEL = Model(id="wan-2.2", name="Wan 2.2", params=usual(), references=RULE)
TASK: dict[str, Any] = {"id": "video_1", "object": "video", "status": "queued", "created_at": 1_700_000_000}


def asked_for(prompt: str = "A boat", **values: Scalar) -> GenerationRequest:
    return GenerationRequest(provider="openai_videos", model=MODEL.id, prompt=prompt, values=values)


@asynccontextmanager
async def opened() -> AsyncIterator[Http]:
    http = Http(connect=2.0, read=2.0)
    await http.warm()
    try:
        yield http
    finally:
        await http.aclose()


@asynccontextmanager
async def talking(
    *answers: bytes, server: Server | None = None
) -> AsyncIterator[tuple[OpenAIVideos, Connection, RawServer]]:
    async with opened() as http, raw_server(in_turn(*answers)) as raw:
        yield OpenAIVideos(http, server or Server()), Connection(raw.url, KEY, HEADERS), raw


def body_of(request: GenerationRequest, *references: SentReference, model: Model = MODEL) -> bytes:
    return OpenAIVideos(Http(), Server()).body(model, request, "intent", references)
