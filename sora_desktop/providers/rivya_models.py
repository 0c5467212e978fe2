"""The live list of models as Models of ours (contract: rivya, `GET /api/v1/models`), read tolerantly.

One odd entry never costs the user the model, and one odd model never costs the catalogue: what cannot be read is told
in a note and left out. Labels and descriptions are the list's; ours stand in where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pydantic import ValidationError

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.notes import Note
from sora_desktop.providers.answers import Answer, Record, first, identifier, items, number, plain, record
from sora_desktop.providers.base import Listing
from sora_desktop.providers.rivya_media import MEDIA, read_references
from sora_desktop.providers.rivya_params import Known, read_params
from sora_desktop.providers.rivya_words import Notes, Say, rest, shown

MAX_MODELS = 2000
MAX_ENTRIES = 20_000
MAX_NOTICES = 20
MOST_CREDITS = 1e9

ID = ("id", "model_id", "modelId", "model")
NAME = ("display_name", "displayName", "name", "title", "label")
CATEGORY = ("category", "output_category", "outputCategory")
STATUS = ("api_status", "apiStatus", "status", "availability")
CREDITS = ("base_credits", "baseCredits", "credits")
BILLING = ("billing_type", "billingType")
MODES = ("supported_modes", "supportedModes", "modes")
LIMIT = ("max_prompt_length", "maxPromptLength", "prompt_limit")
PARAMS = ("params", "parameters", "inputs")
NOTICES = ("notices", "notice")
SUMMARY = ("description", "summary")
NEEDED = ("prompt_required", "promptRequired")
READ = frozenset(
    {*ID, *NAME, *CATEGORY, *STATUS, *CREDITS, *BILLING, *MODES, *LIMIT, *PARAMS, *NOTICES, *SUMMARY, *NEEDED, *MEDIA}
    # Published; of these only whether it takes public addresses is of use here: files are always uploaded.
    | {"object", "runtime", "api_input_status", "supported_api_inputs", "requires_files_api", "chat_capabilities"}
    | {"requires_upload_for_modes", "url_input_supported"}
)
OTHERS = ("image", "audio", "chat", "text", "music", "speech", "voice", "embedding", "language", "llm")
"""Words of categories that make no video."""
STATES = {
    "available": Availability.AVAILABLE,
    "comingsoon": Availability.COMING_SOON,
    "studioonly": Availability.STUDIO_ONLY,
}


def read_body(body: bytes, known: Sequence[Model]) -> Listing:
    """The list in an answer's body. `known` are the shipped models. Never raises, whatever the bytes are."""
    listing = read_list(Answer(200, {}, body, 0.0).json(), known)
    return Listing(listing.models, listing.notes, body=body, complete=listing.complete)


def read_list(document: object, known: Sequence[Model]) -> Listing:
    """The video models of a list in their order, and what was wrong with it."""
    notes = Notes()
    entries = _entries(document)
    if entries is None:
        return Listing((), (Note(code="list_none"),), complete=False)
    if len(entries) > MAX_ENTRIES:
        notes.say("list_long", count=str(len(entries)), limit=str(MAX_ENTRIES))
    shipped = {model.id: model for model in known}
    complete = len(entries) <= MAX_ENTRIES
    found: dict[str, Model] = {}
    for place, entry in enumerate(entries[:MAX_ENTRIES], 1):
        # A bare text can only be an id; what it makes is known where the model ships.
        source = {"id": entry} if isinstance(entry, str) and entry.strip() in shipped else record(entry)
        model_id = identifier(first(source, *ID))
        if not source:
            notes.say("list_entry_odd", place=str(place), value=shown(entry))
            complete = False
        elif not model_id:
            name = plain(first(source, *NAME), 80)
            notes.say("list_entry_named" if name else "list_entry_no_id", place=str(place), name=name)
            complete = complete and not _is_video(source, known=False)
        elif not _is_video(source, known=model_id in shipped):
            words = _categories(source)
            if not words:
                notes.say("list_no_category", model=plain(model_id, 80))
                complete = False
            elif not _makes_other(words):
                notes.say("list_new_category", model=plain(model_id, 80), name=words[0])
        elif model_id in found:
            notes.say("list_twice", model=plain(model_id, 80))
        elif len(found) >= MAX_MODELS:
            complete = False
            notes.say("list_many", limit=str(MAX_MODELS))
        else:
            found[model_id] = _model(source, model_id, shipped.get(model_id), known, notes)
    return Listing(tuple(found.values()), notes.all, complete=complete)


def _entries(document: object) -> list[Any] | None:
    """The entries of a list, bare or wrapped, or of an object of models by their ids."""
    for _ in range(3):
        if isinstance(document, list):
            return items(cast("object", document))
        source = record(document)
        document = first(source, "data", "models", "items")
        if document is None:
            named = bool(source) and all(isinstance(value, dict) for value in source.values())
            return [{"id": key, **record(value)} for key, value in source.items()] if named else None
    return items(cast("object", document)) if isinstance(document, list) else None


def _is_video(source: Record, *, known: bool) -> bool:
    words = _categories(source)
    if any("video" in word for word in words):
        return True
    if _makes_other(words):
        return False
    # No category, or one that is new here: a shipped model is one of ours, another one must say that it makes video.
    return known or any(plain(mode, 60).lower().endswith("video") for mode in items(first(source, *MODES)))


def _categories(source: Record) -> list[str]:
    told = first(source, *CATEGORY)
    return [word for one in (items(told) or [told]) if (word := plain(one, 60).lower())]


def _makes_other(words: Sequence[str]) -> bool:
    """Whether categories say plainly that something else than a video is made."""
    return any(other in word for word in words for other in OTHERS)


def _model(source: Record, model_id: str, ours: Model | None, known: Sequence[Model], notes: Notes) -> Model:
    name = plain(first(source, *NAME), 80) or (ours.name if ours else model_id)
    say = notes.about(name)
    try:
        return _read(source, model_id, name, ours, known, say)
    except ValidationError as error:
        first_error = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first_error["loc"]) or "?"
        say("list_model_known" if ours else "list_model_named", place=place)
        return ours or Model(id=model_id, name=name)


def _read(source: Record, model_id: str, name: str, ours: Model | None, known: Sequence[Model], say: Say) -> Model:
    base = ours or Model(id=model_id, name=name)
    params = first(source, *PARAMS)
    credits, billing, least = _price(source, base)
    limit = number(first(source, *LIMIT))
    modes = tuple(mode for one in items(first(source, *MODES))[:20] if (mode := plain(one, 60)))
    return Model(
        id=model_id,
        name=name,
        availability=_availability(source, say),
        notices=_notices(first(source, *NOTICES)),
        unknown=rest(source, READ),
        summary=plain(first(source, *SUMMARY)) or base.summary,
        modes=modes or base.modes,
        prompt_required=first(source, *NEEDED) is not False and base.prompt_required,
        prompt_limit=int(limit) if limit is not None and 0 < limit < 1e9 else base.prompt_limit,
        credits=credits,
        billing=billing,
        credits_from=least,
        params=base.params if params is None else read_params(params, Known.of(ours, known), say),
        references=read_references(source, base.references, say),
        estimate=base.estimate,
    )


def _availability(source: Record, say: Say) -> Availability:
    word = plain(first(source, *STATUS), 60)
    state = STATES.get("".join(char for char in word.lower() if char.isalnum()))
    if state is None and word:
        say("list_state", name=word)
    return state or Availability.AVAILABLE


def _price(source: Record, base: Model) -> tuple[float | None, str, float | None]:
    """Credits for one clip; where that is no fixed price, how it is counted and where it begins."""
    credits = number(first(source, *CREDITS))
    credits = credits if credits is not None and 0 <= credits <= MOST_CREDITS else None
    billing = plain(first(source, *BILLING), 40)
    if billing and billing.upper() != "FIXED":
        return None, billing, credits
    return (base.credits if credits is None else credits), "", None


def _notices(value: object) -> tuple[str, ...]:
    """The service's own words: texts, or objects that hold one."""
    found: dict[str, None] = {}
    for one in (items(value) or [value])[:MAX_NOTICES]:
        inner = record(one)
        text = plain(first(inner, "message", "text", "body", "content", "description", "title") if inner else one)
        if text:
            found[text] = None
    return tuple(found)
