"""What a model of the live list takes as references. The shape of `reference_media` is not published (contract: rivya,
`GET /api/v1/models`); the published defaults of `POST /api/v1/files` stand in for what is missing.
"""

from __future__ import annotations

import re
from typing import cast

from sora_desktop.core.references import KindLimit, ReferenceRule
from sora_desktop.providers.answers import Record, first, items, number, plain, record
from sora_desktop.providers.rivya_words import Say, shown

MEDIA = ("reference_media", "referenceMedia", "references", "file_kinds", "fileKinds")
FIELD = "referenceMediaItems"
MEGABYTE = 1_000_000
MOST = 50
"""References of one request, whatever a list says."""
LARGEST = 10_000 * MEGABYTE
DEFAULTS = {
    "image": KindLimit(kind="image", max_bytes=10 * MEGABYTE, mime_types=("image/jpeg", "image/png", "image/webp")),
    "video": KindLimit(
        kind="video", max_bytes=50 * MEGABYTE, mime_types=("video/mp4", "video/quicktime", "video/webm")
    ),
    "audio": KindLimit(
        kind="audio",
        max_bytes=10 * MEGABYTE,
        mime_types=("audio/mpeg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/aac", "audio/ogg"),
    ),
}
"""Contract: rivya, Files."""
KINDS = {name: kind for kind in DEFAULTS for name in (kind, f"{kind}s")} | {"sound": "audio", "photo": "image"}
ENDINGS = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "mp4": "video/mp4"} | {
    "mov": "video/quicktime", "webm": "video/webm", "mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg"
}  # fmt: skip

COUNT = ("max_count", "maxCount", "max_items", "maxItems", "max_files", "maxFiles", "max", "limit", "count")
MEGABYTES = ("max_size_mb", "maxSizeMb", "maxSizeMB", "max_mb", "maxMb", "size_limit_mb", "sizeLimitMb")
BYTES = ("max_bytes", "maxBytes", "max_size_bytes", "maxSizeBytes", "size_limit", "sizeLimit", "max_size", "maxSize")
TYPES = ("mime_types", "mimeTypes", "mimes", "accept", "content_types", "contentTypes", "formats", "types")
LISTED = ("kinds", "kind", "media", "allowed_kinds", "allowedKinds", "type")


def read_references(source: Record, ours: ReferenceRule | None, say: Say) -> ReferenceRule | None:
    """The rule of a model's entry; None where it takes no references. `ours` is the shipped model's."""
    rule = _read(source, ours, say)
    told = first(source, "url_input_supported", "urlInputSupported")
    files_only = told is False or first(source, "api_input_status", "apiInputStatus") == "requires_files_api"
    return rule.model_copy(update={"urls": False}) if rule and files_only and told is not True else rule


def _read(source: Record, ours: ReferenceRule | None, say: Say) -> ReferenceRule | None:
    names = [name for name in ("reference_media", "referenceMedia", "references") if name in source]
    told = first(source, "file_kinds", "fileKinds")
    fallback = [kind for one in items(told) if (kind := _kind(one))]
    if not names:
        return ours if ours or not fallback else _rule({}, fallback, ours)
    value = source[names[0]]
    if value is None or value is False or value == [] or value == 0:
        return None
    outer = record(cast("object", value))
    if value is True or value == {}:
        return ours or _rule({}, fallback or ["image"], ours)
    if isinstance(value, (int, float)):
        return _rule({"max_count": value}, fallback or ["image"], ours)
    kinds = _kinds(value, outer) or ([] if isinstance(value, str) else fallback)
    if not kinds:
        say("list_references_kept" if ours else "list_references_none", value=shown(value))
        return ours
    return _rule(outer or _by_kind(value), kinds, ours)


def _kind(value: object) -> str:
    return KINDS.get(plain(value, 20).lower(), "")


def _by_kind(value: object) -> Record:
    """A list of objects, one a kind, as an object by kind."""
    found = {kind: record(one) for one in items(value) if (kind := _kind(first(record(one), "kind", "type")))}
    return cast("Record", found)


def _kinds(value: object, outer: Record) -> list[str]:
    """Every kind that is named, in its order: in a list, as keys, or in the limits by kind."""
    named: list[object] = []
    if isinstance(value, list):
        named += [first(record(one), "kind", "type") if record(one) else one for one in items(cast("object", value))]
    elif isinstance(value, str):
        named.append(value)
    listed = first(outer, *LISTED)
    named += items(listed) or list(record(listed)) or [listed]
    named += [first(record(one), "kind", "type") for one in items(listed)]
    named += list(outer)
    found = dict.fromkeys(kind for one in named if (kind := _kind(one)))
    if not found:
        limits = [record(first(outer, *names)) for names in (MEGABYTES, BYTES, TYPES)]
        mimes = [mime.split("/")[0] for mime in _mimes(first(outer, *TYPES))]
        found = dict.fromkeys(
            kind for one in [*(key for limit in limits for key in limit), *mimes] if (kind := _kind(one))
        )
    return list(found)


def _rule(outer: Record, kinds: list[str], ours: ReferenceRule | None) -> ReferenceRule | None:
    counts = [number(first(_inner(outer, kind), *COUNT)) for kind in kinds]
    per_kind = [count for count in counts if count is not None and count > 0]
    total = number(first(outer, *COUNT))
    if total is not None and total < 1:
        return None
    usual = ours.max_count if ours else 1
    most = total if total is not None else sum(per_kind) if per_kind else usual
    limits = [_limit(outer, kind, ours) for kind in kinds]
    main = next((limit for limit in limits if limit.kind == "image"), limits[0])
    return ReferenceRule(
        max_count=max(1, min(int(most), MOST)),
        kinds=tuple(kinds),
        max_bytes=main.max_bytes,
        mime_types=main.mime_types,
        field=ours.field if ours else FIELD,
        upload=True,
        note=ours.note if ours else "",
        limits=tuple(limit for limit in limits if limit.kind != main.kind),
    )


def _inner(outer: Record, kind: str) -> Record:
    """What is said of one kind: under its name at the top, or below `kinds`."""
    listed = first(outer, *LISTED)
    for place in (record(listed), _by_kind(listed), outer):
        for name, meant in KINDS.items():
            if meant == kind and record(place.get(name)):
                return record(place[name])
    return {}


def _limit(outer: Record, kind: str, ours: ReferenceRule | None) -> KindLimit:
    usual = ours.limit(kind) if ours and kind in ours.kinds else DEFAULTS[kind]
    inner = _inner(outer, kind)
    most = _bytes(inner, kind) or _bytes(outer, kind) or usual.max_bytes
    general = first(outer, *TYPES)
    general = first(record(general), kind, f"{kind}s") if record(general) else general
    told = _mimes(first(inner, *TYPES)) or _mimes(general)
    mimes = tuple(mime for mime in told if mime.startswith(f"{kind}/"))
    return KindLimit(kind=kind, max_bytes=most, mime_types=mimes or usual.mime_types)


def _bytes(source: Record, kind: str) -> int | None:
    """A size limit in bytes, from megabytes or bytes, one for all or by kind."""
    for names, unit in ((MEGABYTES, MEGABYTE), (BYTES, 1)):
        value = first(source, *names)
        value = first(record(value), kind, f"{kind}s") if record(value) else value
        found = re.fullmatch(r"\s*([0-9.]{1,12})\s*(?:MB|MiB|M)?\s*", value) if isinstance(value, str) else None
        amount = number(found.group(1) if found else value)
        if amount is None or amount <= 0:
            continue
        # A limit of a few thousand bytes holds no file: such a number, or one with a unit, means megabytes.
        size = amount * (MEGABYTE if unit == MEGABYTE or amount < 10_000 else 1)
        return int(size) if 1000 <= size <= LARGEST else None
    return None


def _mimes(value: object) -> tuple[str, ...]:
    listed = items(value) or (value.split(",") if isinstance(value, str) else [])
    words = [plain(one, 80).lower().lstrip(".") for one in listed[:50]]
    mimes = [ENDINGS.get(word, word) for word in words]
    return tuple(dict.fromkeys(mime for mime in mimes if re.fullmatch(r"(image|video|audio)/[a-z0-9.+-]+", mime)))
