"""A free look at a server: which of the calls of `/v1/videos` it has. Nothing is created, changed or deleted.

A call exists where its answer for an id that cannot exist differs from the answer for a path that certainly does not.
Contract, openai_videos: "Capabilities (list, delete, remix, variants) are probed, never assumed."
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sora_desktop.core.accounts import is_private_host
from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.params import Param
from sora_desktop.core.references import ReferenceRule
from sora_desktop.core.servers import Server
from sora_desktop.providers.answers import Answer, first, identifier, items, plain, record, segment
from sora_desktop.providers.base import Connection
from sora_desktop.providers.openai_fields import Described, described, usual
from sora_desktop.providers.openai_videos import (
    MODEL_IDS,
    MOST_LISTED,
    NO_KEY,
    WORDS,
    clean_prefix,
    entries,
    named,
    rooted,
)
from sora_desktop.providers.origin import secrets_of
from sora_desktop.providers.refusals import About, problem, said

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http

PREFIXES = ("/v1", "")
VARIANTS = ("thumbnail", "spritesheet")
MOST_MODELS = 200
ABSENT = frozenset({405, 501})
ENDPOINT = "supported_endpoint_types"
KINDS = ("category", "mode", "task", "type", "modality", "output_modalities", ENDPOINT)
"""Keys under which lists say what a model makes."""
MAKES_VIDEO = re.compile(r"(?i)video|t2v|i2v|ti2v|sora|veo")
MAKES_NONE = re.compile(
    r"(?i)(^|[-_/.])(gpt|chat|chatgpt|instruct|embed(ding)?s?|rerank(er)?|whisper|tts|asr|speech|audio|transcribe|"
    r"moderation|image|images|dall|llama|claude|gemini|mistral|deepseek|o\d)([-_/.:\d]|$)"
)
"""Names of models that make something else, where a list says no more than names."""
PICTURES = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True)
class Found:
    """What a look brought: `server` with what could not be learned as it was, the models that may make videos, and the
    ids of all models that it `named`."""

    server: Server
    models: tuple[Model, ...]
    named: frozenset[str] = frozenset()


async def probe(http: Http, connection: Connection, known: Server) -> Found:
    """Looks at the server. `known` is what is known of it: kept where the look does not tell.

    Raises ProviderError: `server_no_videos` where nothing at the address speaks `/v1/videos`, what is wrong with the
    key, or with the way.
    """
    return await _Look(http, connection, known).run()


class _Look:
    def __init__(self, http: Http, connection: Connection, known: Server) -> None:
        self._http = http
        self._connection = connection
        self._known = known
        self._nowhere = f"sora-desktop-no-such-call-{secrets.token_hex(8)}"
        self._nothing = f"video_sora-desktop-check-{secrets.token_hex(16)}"
        self._prefix = ""
        self._place = connection

    async def run(self) -> Found:
        listed = await self._find()
        answer = await self._models()
        if listed is None and answer is not None and not answer.ok:
            raise self._refused(answer)
        told = await self._described()
        learned: dict[str, object] = {
            "prefix": self._prefix,
            "lists_tasks": listed is not None,
            "deletes": await self._has(told, "DELETE", "/videos/*"),
            "remixes": await self._has(told, "POST", "/videos/*/remix"),
        }
        variants = await self._variants(listed or [], told)
        learned |= {"variants": variants} if variants is not None else {}
        if told is not None:
            learned |= {"form": told.form} if told.form else {}
            learned |= {"reference_field": told.reference} if told.reference else {}
        software = _software(told, answer)
        learned |= {"software": software} if software else {}
        server = self._known.model_copy(update=learned)
        listed_models = (entries(answer) if answer is not None and answer.ok else None) or []
        models = _models(listed_models, server, told.params if told else None)
        return Found(server, tuple(models), named(listed_models))

    async def _find(self) -> list[object] | None:
        """Finds the prefix behind which the server speaks; the list of tasks, None where there is none."""
        refusal: ProviderError | None = None
        for prefix in dict.fromkeys((clean_prefix(self._known.prefix), *PREFIXES)):
            self._prefix, self._place = prefix, rooted(self._connection, prefix)
            answer = await self._call("GET", "/videos?limit=10")
            if answer.status in {401, 403} and not await self._key_fits():
                refusal = refusal or self._refused(answer)
                continue
            listed = entries(answer) if answer.ok else None
            if listed is not None:
                return listed
            for method, call in (("GET", "/videos/*"), ("HEAD", "/videos"), ("GET", "/videos")):
                if await self._exists(method, call):
                    return None
            if answer.status >= 500:
                refusal = refusal or self._refused(answer)
        if refusal is not None:
            raise refusal
        failure = Failure(kind=FailureKind.NOT_FOUND, code="server_no_videos", action=Action.KEY)
        raise ProviderError(failure, Sent.REFUSED)

    async def _described(self) -> Described | None:
        """The server's own description of its calls, where it has one."""
        with suppress(ProviderError):
            answer = await self._http.call(self._place, "GET", "/openapi.json")
            document = answer.record() if answer.ok else {}
            return described(document, self._prefix) or described(document, "")
        return None

    async def _has(self, told: Described | None, method: str, call: str) -> bool:
        """Whether the server has a call. Its description says no for sure; a yes is tried, without a valid body."""
        if told is not None and (method, call) not in told.calls:
            return False
        try:
            return await self._exists(method, call)
        except ProviderError:
            return False

    async def _exists(self, method: str, call: str) -> bool:
        """Compares the answer for an id that cannot exist with that for a path of the same form that does not."""
        tail = call.removeprefix("/videos")
        answer = await self._call(method, "/videos" + tail.replace("*", segment(self._nothing)))
        # Of the bare address a 405 says that it is there, and takes another method.
        if answer.status >= 500 or (answer.status in ABSENT and tail):
            return False
        other = await self._call(method, f"/{self._nowhere}" + tail.replace("*", segment(self._nothing)))
        return not self._same(answer, other)

    def _same(self, one: Answer, other: Answer) -> bool:
        return one.status == other.status and self._words(one) == self._words(other)

    def _words(self, answer: Answer) -> str:
        """What an answer says, without what differs from call to call."""
        told = said(answer, secrets_of(self._connection))
        text = f"{told.code} {told.message}" if told.code or told.message else plain(answer.text(), 500)
        for own in (self._nothing, segment(self._nothing), self._nowhere, "videos"):
            text = text.replace(own, "*")
        return re.sub(r"[0-9a-f-]{8,}", "*", text)

    async def _variants(self, listed: Sequence[object], told: Described | None) -> tuple[str, ...] | None:
        """What the content call serves besides the video, seen at a task that is finished; None where none is."""
        done = (record(entry) for entry in listed)
        finished = next((task for task in done if str(task.get("status")).lower() in WORDS.succeeded), None)
        part = segment(identifier(first(finished, "id", "task_id"))) if finished else ""
        if not part:
            return (told.variants or None) if told else None
        found: list[str] = []
        private = is_private_host(urlsplit(self._place.base_url).hostname or "")
        for variant in dict.fromkeys((*VARIANTS, *(told.variants if told else ()))):
            url = f"{self._place.base_url}{self._prefix}/videos/{part}/content?variant={segment(variant)}"
            with suppress(ProviderError):
                async with self._http.download(url, allow_private=private, lender=self._place) as stream:
                    if stream.content_type.lower().startswith("image/"):
                        found.append(variant)
        return tuple(found)

    async def _models(self) -> Answer | None:
        """The list of models, or its refusal; None where there is no such call."""
        refusal: Answer | None = None
        for prefix in dict.fromkeys((self._prefix, "/v1")):
            with suppress(ProviderError):
                answer = await self._http.call(self._place, "GET", f"{prefix}/models")
                if answer.ok and entries(answer) is not None:
                    return answer
                refusal = refusal or (None if answer.ok or answer.status in {404, *ABSENT} else answer)
        return refusal

    async def _key_fits(self) -> bool:
        """Whether the key opens the list of models, which is closed without it: then a 401 is somebody else's."""
        models = await self._models() if self._connection.key else None
        if models is None or not models.ok:
            return False
        bare = replace(self._place, key="")
        answer = await self._http.call(bare, "GET", f"{self._prefix}/models")
        return answer.status in {401, 403}

    async def _call(self, method: str, path: str) -> Answer:
        # A remix without a prompt, of nothing: no server could take it.
        body = b"{}" if method == "POST" else None
        answer = await self._http.call(self._place, method, self._prefix + path, json_body=body)
        if answer.status == 429:
            raise self._refused(answer)
        return answer

    def _refused(self, answer: Answer) -> ProviderError:
        error = problem(answer, About.CALL, now=self._http.clock(), keys=secrets_of(self._connection))
        if answer.status == 401 and not self._connection.key:
            update = {"kind": NO_KEY.kind, "code": NO_KEY.code, "action": NO_KEY.action}
            error.failure = error.failure.model_copy(update=update)
        return error


def _software(told: Described | None, models: Answer | None) -> str:
    """What the server calls itself: in its description, else as the owner of its models."""
    if told is not None and told.title and told.title.lower() != "fastapi":
        return told.title
    listed = (entries(models) if models is not None and models.ok else None) or []
    owners = {plain(record(entry).get("owned_by"), 60) for entry in listed} - {""}
    return owners.pop() if len(owners) == 1 else ""


def _models(told: Sequence[object], server: Server, params: tuple[Param, ...] | None) -> list[Model]:
    listed = [record(entry) for entry in told[:MOST_LISTED]]
    rule = ReferenceRule(max_count=1, kinds=("image",), mime_types=PICTURES, field=server.reference_field, attach=True)
    made: dict[str, Model] = {}
    for entry in listed:
        model_id = identifier(first(entry, *MODEL_IDS))
        if not model_id or not makes_video(model_id, [entry.get(key) for key in KINDS]):
            continue
        name = plain(first(entry, "name", "display_name"), 100) or model_id.rstrip("/").rpartition("/")[2]
        made[model_id] = Model(
            id=model_id,
            name=name[:100] or model_id[:100],
            modes=("text-to-video", "image-to-video"),
            params=params or usual(),
            references=rule,
        )
    return list(made.values())[:MOST_MODELS]


def makes_video(model_id: str, kinds: Sequence[object]) -> bool:
    """Whether a listed model may make videos: by what the list says of it, else by its name."""
    words = [word for kind in kinds for word in (items(kind) or [kind]) if isinstance(word, str) and word != "model"]
    if words:
        return any("video" in word.lower() for word in words)
    return bool(MAKES_VIDEO.search(model_id)) or not MAKES_NONE.search(model_id)
