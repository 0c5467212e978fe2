"""An invented service of an odd shape that only its file knows, and what is sent to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sora_desktop.core.catalog import Provider
from sora_desktop.core.provider_files import examine
from sora_desktop.core.references import SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.providers import jsonpaths
from sora_desktop.providers.base import Connection, Dialect
from sora_desktop.providers.http import Http
from sora_desktop.providers.registry import Dialects
from support.raw_server import RawServer, in_turn, raw_server

KEY = "odd-canary-0123456789"
ODD = """
id = "odd"
name = "Odd"
dialect = "described"
base_url = ""
has_balance = true
[wire.auth]
header = "X-Odd-Key"
template = "Key {key}"
[wire.headers]
X-Odd-Version = "7"
[wire.create]
method = "PUT"
path = "/jobs?mode=async"
params = "input.options"
idempotency_header = "X-Once"
[wire.create.fields]
model = "engine"
prompt = "content.0.text"
intent = "ticket"
first = "input.start"
[wire.create.fixed]
"content.0.type" = "text"
"input.options.format" = "mp4"
[wire.poll]
method = "POST"
path = "/ask"
body = { ask = { job = "{id}" }, also = ["{id}", 1] }
[wire.task]
id = ["$.job.number", "$.answer.job"]
status = "$.answer.state"
results = "$.answer.files[?@.kind == 'film'].at"
error_code = "$.answer.why.no"
error_message = "$.answer.why.words"
credits = "$.answer.cost"
reserved = "$.job.cost"
seconds = "$.answer.length"
created = "$.job.at"
expires = "$.answer.until"
[wire.task.words]
queued = ["0"]
processing = ["1", "Warming Up"]
succeeded = ["2"]
failed = ["-1"]
[wire.result]
path = "/jobs/{id}/film"
results = ["$.film", "$.films[*]"]
[wire.error]
code = "$.trouble.no"
message = "$.trouble.words"
[wire.error.codes]
"E7" = "credits"
"E8" = "not_found"
"E9" = "closed"
[wire.balance]
path = "/purse"
value = "$.purse.left"
[wire.check]
path = "/me"
[wire.tasks]
path = "/jobs?newest=50"
items = "$.jobs[*]"
id = "$.number"
status = "$.state"
created = "$.at"
prompt = "$.asked"
model = "$.engine"
[[models]]
id = "odd-1"
name = "Odd 1"
[[models.params]]
key = "length"
wire = "integer"
default = "5"
options = [{ value = "5" }, { value = "10" }]
[[models.params]]
key = "way"
default = "ends"
options = [{ value = "ends" }, { value = "styles" }]
[models.references]
max_count = 3
kinds = ["image", "audio"]
choice = "way"
slots = [
  { field = "voice", kind = "audio" },
  { choice = "ends", field = "first" },
  { choice = "ends", field = "last" },
  { choice = "styles", field = "styles", most = 3, array = true },
]
"""


def odd(text: str = ODD) -> Provider:
    examined = examine(text, jsonpaths.fault)
    assert examined.provider is not None, [str(finding) for finding in examined.findings]
    return examined.provider


def asked(prompt: str = "A boat", **values: Any) -> GenerationRequest:
    return GenerationRequest(provider="odd", model="odd-1", prompt=prompt, values=values)


@asynccontextmanager
async def talking(*answers: bytes, text: str = ODD) -> AsyncIterator[tuple[Dialect, Connection, RawServer]]:
    http = Http(connect=2.0, read=2.0)
    await http.warm()
    try:
        async with raw_server(in_turn(*answers)) as server:
            yield Dialects(http).of(odd(text)), Connection(server.url + "/api", KEY), server
    finally:
        await http.aclose()


def body(*references: SentReference, **values: Any) -> Any:
    dialect = Dialects(Http()).of(odd())
    return json.loads(dialect.body(odd().models[0], asked(**values), "sd-1", references))
