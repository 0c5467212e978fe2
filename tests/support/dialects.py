"""What tests of the dialects share: the shipped models, requests, and a dialect with its own door to the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from sora_desktop.core.catalog import Catalog, Model
from sora_desktop.core.errors import ProviderError
from sora_desktop.core.request import GenerationRequest
from sora_desktop.providers.base import Connection, Dialect
from sora_desktop.providers.http import Http
from sora_desktop.providers.registry import Dialects
from sora_desktop.storage.catalog import load_catalog
from support.raw_server import RawServer, always, in_turn, raw_server, reply

KEY = "rvya_sk_canary_0123456789abcdef"


@cache
def catalog() -> Catalog:
    return load_catalog()


def model(provider: str, model_id: str) -> Model:
    found = catalog().model(provider, model_id)
    assert found is not None
    return found


ALL_MODELS = [(provider.id, one.id) for provider in catalog().providers if provider.demo for one in provider.models]
"""Of the two services with a dialect in code and an account on the simulator."""


def dialect_of(http: Http, provider: str) -> Dialect:
    found = catalog().provider(provider)
    assert found is not None
    return Dialects(http).of(found)


def request(provider: str, model_id: str, prompt: str = "A boat", **values: Any) -> GenerationRequest:
    return GenerationRequest(provider=provider, model=model_id, prompt=prompt, values=values)


@asynccontextmanager
async def talking(name: str, *answers: bytes, **options: Any) -> AsyncIterator[tuple[Dialect, Connection, RawServer]]:
    """A dialect, its connection, and a server that gives `answers` in turn."""
    http = Http(**{"connect": 2.0, "read": 2.0, **options})
    await http.warm()
    try:
        async with raw_server(in_turn(*answers) if answers else always(reply(200, {}))) as server:
            yield dialect_of(http, name), Connection(server.url, KEY), server
    finally:
        await http.aclose()


async def error_of(awaitable: Any) -> ProviderError:
    """The ProviderError that `awaitable` ends with; nothing of the key is in it."""
    try:
        got = await awaitable
    except ProviderError as error:
        assert "canary" not in error.failure.model_dump_json() + str(error)
        return error
    raise AssertionError(f"no error but {got!r}")
