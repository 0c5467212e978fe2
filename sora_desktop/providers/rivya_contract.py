"""The published contract for machines (contract: rivya, `GET /api/v1/openapi.json`), as far as our calls go: each field
with its type in a word, so that a change can be noticed and named. Read tolerantly; nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from sora_desktop.providers.answers import Record, first, items, plain, record

CALLS = {
    "create": ("post", "/generations"),
    "task": ("get", "/generations/{}"),
    "upload": ("post", "/files"),
    "credits": ("get", "/credits"),
}
"""Method, and the end of the path."""
DEEPEST = 6
MOST = 500
"""Fields that are kept."""
LONGEST = 200
"""Characters of a path that is looked at: ours have less than 40."""


def fields(document: Record) -> dict[str, str] | None:
    """“create sends params.size” → “string, required”; None where the document describes none of our calls."""
    found: dict[str, str] = {}
    for path, described in record(document.get("paths")).items():
        if len(path) > LONGEST:  # Before any pattern: those take quadratic time.
            continue
        plain_path = re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")
        for name, (method, end) in CALLS.items():
            call = record(record(described).get(method))
            if call and plain_path.endswith(end):
                _collect(document, _sent(call), f"{name} sends", found)
                _collect(document, _answered(call), f"{name} answers", found)
    return found or None


def _sent(call: Record) -> Record:
    return _schema(record(call.get("requestBody")))


def _answered(call: Record) -> Record:
    responses = record(call.get("responses"))
    good = [name for name in responses if name.upper().startswith("2")]
    found = (_schema(record(responses[name])) for name in sorted(good))
    return next((schema for schema in found if schema), Record())


def _schema(holder: Record) -> Record:
    content = record(holder.get("content"))
    found = (record(record(one).get("schema")) for one in content.values())
    return next((schema for schema in found if schema), Record())


def _collect(document: Record, schema: Record, prefix: str, found: dict[str, str]) -> None:
    for path, word in islice(_walk(document, schema, "", depth=0), MOST):
        found[f"{prefix} {path}"] = word


def _walk(
    document: Record, schema: Record, path: str, depth: int, *, needed: bool = False
) -> Iterator[tuple[str, str]]:
    schema = _resolved(document, schema)
    if path:
        yield path, _word(schema) + (", required" if needed else "")
    if depth >= DEEPEST:
        return
    required = items(schema.get("required"))
    for name, inner in list(record(schema.get("properties")).items())[:MOST]:
        below = f"{path}.{plain(name, 80)}" if path else plain(name, 80)
        yield from _walk(document, record(inner), below, depth + 1, needed=name in required)
    if record(schema.get("items")):
        yield from _walk(document, record(schema["items"]), f"{path}[]", depth + 1)


def _resolved(document: Record, schema: Record, depth: int = 0) -> Record:
    """The schema that a local $ref points to, with the parts of `allOf` laid together."""
    for _ in range(5):
        target = schema.get("$ref")
        if not isinstance(target, str) or not target.startswith("#/"):
            break
        place: object = document
        for step in target[2:].split("/")[:10]:
            place = record(place).get(step.replace("~1", "/").replace("~0", "~"))
        schema = record(place)
    together = items(schema.get("allOf"))[:20] if depth < 3 else []
    if not together:
        return schema
    parts = [_resolved(document, record(part), depth + 1) for part in together]
    joined: Record = {"properties": {}, "required": []}
    for part in [*parts, schema]:
        joined["properties"].update(record(part.get("properties")))
        joined["required"] += items(part.get("required"))
        joined["type"] = part.get("type") or joined.get("type")
    return joined


def _word(schema: Record) -> str:
    """The type, and what may be said: “string of failed, queued”."""
    told = schema.get("type")
    types = [plain(one, 20) for one in (items(told) or [told]) if one is not None]
    if not types:
        variants = [*items(schema.get("anyOf")), *items(schema.get("oneOf"))][:20]
        types = [plain(record(one).get("type"), 20) or "object" for one in variants]
    allowed = items(first(schema, "enum")) or ([schema["const"]] if schema.get("const") is not None else [])
    words = "|".join(sorted(dict.fromkeys(types))) or ("string" if allowed else "any")
    return words + (f" of {', '.join(sorted(plain(one, 40) for one in allowed[:50]))}" if allowed else "")
