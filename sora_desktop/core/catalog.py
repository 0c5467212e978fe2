"""The catalogue: providers and their models as data, read from TOML text."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field, JsonValue, ValidationError

from sora_desktop.core.addresses import tail_of
from sora_desktop.core.catalog_checks import faults
from sora_desktop.core.frozen import Frozen
from sora_desktop.core.params import Param
from sora_desktop.core.references import ReferenceRule
from sora_desktop.core.servers import Server
from sora_desktop.core.wire import WireForm
from sora_desktop.core.wire_checks import wire_faults


class PollRhythm(Frozen):
    """How often to ask for a task, in seconds: the first time, then between `least` and `most`, slower as it ages."""

    first: float = 3.0
    least: float = 5.0
    most: float = 10.0


class Estimate(Frozen):
    """The usual time of a generation, in seconds. Planning only: nothing is given up when it is over."""

    least: float
    most: float


class Availability(StrEnum):
    """Whether a model can be picked. `gone`: it was there, and the service no longer has it."""

    AVAILABLE = "available"
    COMING_SOON = "coming_soon"
    STUDIO_ONLY = "studio_only"
    GONE = "gone"


class Model(Frozen):
    """One model of a provider. `credits` is None where there is no one price for each clip: then `billing` is the
    service's word for how it counts, and `credits_from` where that begins, as far as they are published.

    `gone_at` is in Unix seconds. `notices` are the service's own words. `unknown` keeps what a live list says under
    keys that this version does not know.
    """

    id: str
    name: str
    availability: Availability = Availability.AVAILABLE
    gone_at: float | None = None
    notices: tuple[str, ...] = ()
    unknown: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    summary: str = ""
    modes: tuple[str, ...] = ("text-to-video",)
    prompt_required: bool = True
    prompt_limit: int | None = None
    credits: float | None = None
    billing: str = ""
    credits_from: float | None = None
    params: tuple[Param, ...] = ()
    references: ReferenceRule | None = None
    estimate: Estimate | None = None

    @property
    def pickable(self) -> bool:
        """Whether a new generation may use it."""
        return self.availability is Availability.AVAILABLE

    def param(self, key: str) -> Param | None:
        return next((param for param in self.params if param.key == key), None)


class Demo(Frozen):
    """The built-in account on the simulator: its id, name and key, and the account whose uploads it uses."""

    account: str
    name: str
    key: str
    reference_account: str = ""


class Provider(Frozen):
    """A service, and what its contract promises.

    `idempotent`: a create may be repeated with the same key. `has_balance`: a call reads the credits left.
    `tails`: the paths of its calls, "*" for one part that varies; cut off a pasted base URL.
    `rank`: its place in lists. `result_hours`: how long a result's URL lives, None where no lifetime is published.
    `lists_models`: a free call lists the models (live catalogue). `server`: what an OpenAI-compatible server can do.
    `wire`: the calls of a described service. `welcome`: it has a card on the first run's page.
    """

    id: str
    name: str
    dialect: str
    base_url: str
    tails: tuple[str, ...] = ()
    site: str = ""
    key_hint: str = ""
    summary: str = ""
    needs_key: bool = True
    idempotent: bool = False
    has_balance: bool = False
    has_cancel: bool = False
    lists_models: bool = False
    result_hours: float | None = None
    at_once: int = 3
    per_minute: int = 30
    poll: PollRhythm = PollRhythm()
    demo: Demo | None = None
    server: Server | None = None
    wire: WireForm | None = None
    welcome: bool = False
    rank: int = 100
    models: tuple[Model, ...] = Field(default=())

    @property
    def lists_tasks(self) -> bool:
        """Whether a free call lists the newest tasks, to find one whose answer was lost."""
        return bool((self.server and self.server.lists_tasks) or (self.wire and self.wire.tasks))

    @property
    def endings(self) -> tuple[str, ...]:
        """What is cut off a pasted base URL: `tails`, and the paths of a described service's calls.

        Not what its own base URL ends with.
        """
        wire = self.wire
        calls = (wire.create, wire.poll, wire.result, wire.balance, wire.check, wire.tasks) if wire else ()
        paths = [call.path.partition("?")[0].replace("{id}", "*") for call in calls if call]
        base = self.base_url.rstrip("/")
        return (*self.tails, *(path for path in paths if path.strip("/*") and not tail_of(base, path)))

    @property
    def once(self) -> str:
        """How a create says that it is to be taken once; empty where it cannot. A repeat must say it the same way."""
        if not self.idempotent or self.wire is None:
            return self.dialect if self.idempotent else ""
        return hashlib.sha256(self.wire.create.model_dump_json().encode()).hexdigest()

    def model(self, model_id: str) -> Model | None:
        return next((model for model in self.models if model.id == model_id), None)


class CatalogError(ValueError):
    """A catalogue file that cannot be used; the text says where and why."""


class Catalog:
    """All providers, by id."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._providers: dict[str, Provider] = {}
        self.replace(providers)

    def replace(self, providers: Iterable[Provider]) -> None:
        """All providers anew: a file of the user's was added, changed or removed."""
        ranked = sorted(providers, key=lambda provider: (provider.rank, provider.id))
        self._providers = {provider.id: provider for provider in ranked}

    @property
    def providers(self) -> tuple[Provider, ...]:
        return tuple(self._providers.values())

    def provider(self, provider_id: str) -> Provider | None:
        return self._providers.get(provider_id)

    def model(self, provider_id: str, model_id: str) -> Model | None:
        provider = self._providers.get(provider_id)
        return provider.model(model_id) if provider else None


def parse(text: str, source: str = "catalogue") -> Provider:
    """One provider from the TOML text of its file, checked but for its JSONPaths (`provider_files.examine` does).

    Raises CatalogError with the file, the place and the reason.
    """
    try:
        provider = Provider.model_validate(tomllib.loads(text), strict=False)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{source}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CatalogError(f"{source}: {place}: {first['msg']}") from error
    for fault in (*faults(provider), *wire_faults(provider, lambda _path: "")):
        raise CatalogError(f"{source}: {'.'.join(map(str, fault.place))}: {fault.reason}")
    return provider
