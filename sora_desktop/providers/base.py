"""What every dialect can do. A dialect turns our words into one service's, and its answers into ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Failure
from sora_desktop.core.notes import Note
from sora_desktop.core.references import Reference, SentReference
from sora_desktop.core.request import GenerationRequest


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a call goes, with which key and extra headers, and by which way through the network.

    Key and headers are sent to this base URL's origin and to nobody else. `route` is the account's `proxy`.
    """

    base_url: str
    key: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    route: str = "default"


class RemoteStatus(StrEnum):
    """The states of a task at the service, in our words."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RemoteTask:
    """A task as the service describes it. Credits in its own unit, times in Unix seconds, `urls` primary first.

    `note` is set where an answer was taken tolerantly (an unknown status word, for instance). `echo` is what a list
    repeats of the request, as text; its `created_at` is by our clock.
    """

    id: str
    status: RemoteStatus
    urls: tuple[str, ...] = ()
    reserved: float | None = None
    final: float | None = None
    seconds: float | None = None
    created_at: float | None = None
    failure: Failure | None = None
    request_id: str = ""
    note: Note | None = None
    expires_at: float | None = None
    echo: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Check:
    """What a free call to an account brought."""

    http_status: int
    milliseconds: float
    balance: float | None = None
    models: int | None = None
    verified: bool = True
    """False where the service has no free call that proves the key (it answered, and did not refuse it)."""
    named: frozenset[str] = frozenset()
    """The ids of all models that the call listed, where it is the only list there is; empty where nothing was told."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an earlier answer said of its version, to ask only for what changed since."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A service's list of models. `unchanged`: it is as it was at the stamp, and `models` is empty.

    `notes` say which entries could not be read and why; `body` is the answer itself, to be kept.
    `complete`: a model that is not in it is not there; else an entry that could not be read may have been it.
    """

    models: tuple[Model, ...] = ()
    notes: tuple[Note, ...] = ()
    stamp: Stamp = Stamp()
    unchanged: bool = False
    body: bytes = field(default=b"", repr=False)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels in a create call, as the multipart field `field`."""

    field: str
    file: Path
    name: str
    mime: str


Progress = Callable[[int, int], None]
"""(bytes so far, bytes in all or 0 where unknown)"""


@runtime_checkable
class Published(Protocol):
    """A dialect whose service publishes its contract for machines."""

    async def contract(self, connection: Connection) -> Mapping[str, str] | None:
        """The fields of the calls we make, each with its type in a word; None where nothing of it can be read.

        A free call without a key. Raises ProviderError when the call brings no answer.
        """
        ...


class Dialect(Protocol):
    """One service's wire. Every method raises ProviderError, and nothing else, when the call brings no answer."""

    def body(self, model: Model, request: GenerationRequest, intent: str, references: Sequence[SentReference]) -> bytes:
        """The exact bytes of the create call. The same arguments give the same bytes."""
        ...

    async def create(
        self, connection: Connection, body: bytes, intent: str, files: Sequence[Attachment] = ()
    ) -> RemoteTask:
        """Starts a paid task. ProviderError.sent says whether it may have been accepted."""
        ...

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask: ...

    async def balance(self, connection: Connection) -> float | None:
        """The credits left, or None where the service has no such call."""
        ...

    async def check(self, connection: Connection) -> Check:
        """A free call that shows whether the account works. Never starts a paid task."""
        ...

    async def upload(
        self, connection: Connection, model: Model, reference: Reference, file: Path, progress: Progress
    ) -> SentReference:
        """Puts one local file where the service can reach it. Services without uploads raise ProviderError."""
        ...

    async def models(self, connection: Connection, known: Sequence[Model], stamp: Stamp) -> Listing | None:
        """The live list of models, a free call; None where the service has none.

        `known` are the shipped models, whose words and labels are used where the list has none.
        """
        ...

    def listed(self, body: bytes, known: Sequence[Model]) -> Listing:
        """A kept `Listing.body` read again, without the network."""
        ...

    async def tasks(self, connection: Connection) -> tuple[RemoteTask, ...] | None:
        """The newest tasks of the account, to find one whose create answer was lost; None where there is no list."""
        ...
