"""A service in memory with a ledger, for properties of thousands of runs; the simulator is the one with sockets."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.providers.base import (
    Attachment,
    Check,
    Connection,
    Listing,
    Progress,
    RemoteStatus,
    RemoteTask,
    Stamp,
)


class Mood(StrEnum):
    """What happens to the next create call."""

    WELL = "well"
    NOT_SENT = "not sent"
    SLOW_DOWN = "429"
    REFUSE = "402"
    LOST_BEFORE = "lost before it was accepted"
    LOST_AFTER = "accepted, and the answer lost"
    HANG_BEFORE = "hangs before it is accepted"
    HANG_AFTER = "accepted, then hangs"


@dataclass
class Service:
    """One account's service. `billed` holds (intent, body hash) of each accepted task by its id."""

    idempotent: bool
    video: bytes
    moods: deque[Mood] = field(default_factory=deque[Mood])
    poll_moods: deque[Mood] = field(default_factory=deque[Mood])
    billed: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    bodies: dict[str, set[bytes]] = field(default_factory=dict[str, set[bytes]])
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def body(self, model: Model, request: GenerationRequest, intent: str, references: Sequence[SentReference]) -> bytes:
        return json.dumps({"model": model.id, "prompt": request.prompt, "client_request_id": intent}).encode()

    def _replayed(self, intent: str) -> bool:
        return self.idempotent and any(billed == intent for billed, _ in self.billed.values())

    def _accept(self, body: bytes, intent: str) -> str:
        self.bodies.setdefault(intent, set()).add(body)
        if self.idempotent:
            known = next((task for task, (billed, _) in self.billed.items() if billed == intent), None)
            if known:
                return known
        task = f"task/{next(self._numbers)}"
        self.billed[task] = (intent, hashlib.sha256(body).hexdigest())
        return task

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        mood = self.moods.popleft() if self.moods else Mood.WELL
        match mood:
            case Mood.NOT_SENT:
                raise trouble(FailureKind.NETWORK, Sent.NOT_SENT, "connect_refused", transient=True)
            case Mood.SLOW_DOWN:
                raise trouble(FailureKind.RATE, Sent.REFUSED, "rate_limited", transient=True)
            case Mood.REFUSE if not self._replayed(intent):
                # A documented key comes first: what was accepted is told again, whatever the credits are by now.
                raise trouble(FailureKind.CREDITS, Sent.REFUSED, "credits_short")
            case Mood.LOST_BEFORE:
                raise trouble(FailureKind.NETWORK, Sent.AMBIGUOUS, "answer_lost", transient=True)
            case Mood.HANG_BEFORE:
                await asyncio.Event().wait()
            case _:
                pass
        task = self._accept(body, intent)
        if mood is Mood.LOST_AFTER:
            raise trouble(FailureKind.NETWORK, Sent.AMBIGUOUS, "answer_lost", transient=True)
        if mood is Mood.HANG_AFTER:
            await asyncio.Event().wait()
        return RemoteTask(task, RemoteStatus.QUEUED, reserved=6)

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        if self.poll_moods:
            self.poll_moods.popleft()
            raise trouble(FailureKind.NETWORK, Sent.AMBIGUOUS, "answer_lost", transient=True)
        if remote_id not in self.billed:
            raise trouble(FailureKind.NOT_FOUND, Sent.REFUSED, "not_found")
        return RemoteTask(remote_id, RemoteStatus.SUCCEEDED, urls=("http://127.0.0.1/v.mp4",), final=6)

    async def balance(self, connection: Connection) -> float | None:
        return 1000.0 - 6 * len(self.billed)

    async def check(self, connection: Connection) -> Check:
        return Check(200, 1.0)

    async def upload(
        self, connection: Connection, model: Model, reference: Reference, file: Path, progress: Progress
    ) -> SentReference:
        raise AssertionError("no job of these tests has a reference")

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> None:
        """None: it has no list."""

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        return Listing()

    async def tasks(self, connection: Connection) -> None:
        """None: it lists none."""


def trouble(kind: FailureKind, sent: Sent, code: str, *, transient: bool = False) -> ProviderError:
    return ProviderError(Failure(kind=kind, code=code), sent, transient=transient)


@dataclass
class Bytes:
    """One download, as `Http.download` gives it."""

    content: bytes
    status: int = 200
    offset: int = 0
    content_type: str = "video/mp4"
    validator: str = '"v"'
    total_bytes: int | None = None
    """What the answer says of its length, where that is not so."""

    @property
    def total(self) -> int:
        return len(self.content) if self.total_bytes is None else self.total_bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.content


@dataclass
class OnlyDownloads:
    """The downloads of `Http`, from memory."""

    content: bytes

    async def warm(self) -> None:
        """Nothing to fetch beforehand."""

    @asynccontextmanager
    async def download(
        self,
        url: str,
        *,
        offset: int = 0,
        validator: str = "",
        allow_private: bool = False,
        lender: Connection | None = None,
        route: str = "default",
    ) -> AsyncIterator[Bytes]:
        yield Bytes(self.content)
