"""Which models the simulated Rivya has at the moment, and the answers that can be asked for by what was known of them.

Tests take models away, bring them back, add and alter them while it runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sora_desktop.simulator.errors import invalid
from sora_desktop.simulator.rivya_models import MODELS, ModelParam, RivyaModel, listing
from sora_desktop.simulator.rivya_openapi import openapi

MYSTERY = ModelParam("mystery", "text")
"""What the odd form of the list adds to every model."""
ALTERABLE = {field.name for field in fields(RivyaModel)} - {"id"}


class Shelf:
    """The models on offer. `patch` is laid over the published contract as a JSON merge patch (RFC 7386)."""

    def __init__(self) -> None:
        self.patch: dict[str, Any] = {}
        self._models = {model.id: model for model in MODELS}
        self._form = ""
        self._changed_at = int(datetime.now(UTC).timestamp())

    def find(self, model_id: str, form: str) -> RivyaModel | None:
        model = self._models.get(model_id)
        return replace(model, params=(*model.params, MYSTERY)) if model and form == "odd" else model

    def take(self, model_id: str) -> None:
        """The service no longer has it. Raises Refusal where it never had."""
        if self._models.pop(model_id, None) is None:
            raise invalid(f"there is no model {model_id}")
        self._touch()

    def put(self, model_id: str, changes: dict[str, Any]) -> RivyaModel:
        """Alters a model, brings one back, or adds one. `extra` goes into its entry of the list as it is."""
        unknown = changes.keys() - ALTERABLE
        if unknown:
            raise invalid(f"a model has no {', '.join(sorted(unknown))}")
        shipped = next((model for model in MODELS if model.id == model_id), None)
        base = self._models.get(model_id) or shipped or RivyaModel(model_id, model_id, renders=True)
        changes = {**changes, "params": _params(changes["params"])} if "params" in changes else changes
        kept = {name: tuple(value) if name == "references" else value for name, value in changes.items()}
        self._models[model_id] = replace(base, **kept)
        first = [model.id for model in MODELS if model.id in self._models]
        self._models = {name: self._models[name] for name in dict.fromkeys([*first, *self._models])}
        self._touch()
        return self._models[model_id]

    def reset(self) -> None:
        """As it was at the start."""
        if self._models != {model.id: model for model in MODELS}:
            self._models = {model.id: model for model in MODELS}
            self._touch()
        self.patch = {}

    def _touch(self) -> None:
        # A date has whole seconds: two changes within one must differ all the same.
        self._changed_at = max(int(datetime.now(UTC).timestamp()), self._changed_at + 1)

    # Answers.

    def listing(self, request: Request, form: str, headers: dict[str, str]) -> Response:
        """The list, or 304 without a body where the caller knows it (RFC 9110, 13.1)."""
        if form != self._form:
            self._form = form
            self._touch()
        body = json.dumps(listing(form, self._models.values()), ensure_ascii=False).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        modified = datetime.fromtimestamp(self._changed_at, UTC)
        told = {**headers, "etag": etag, "last-modified": format_datetime(modified, usegmt=True)}
        known, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
        # The date counts only where no tag is asked for.
        same = etag in _tags(known) if known is not None else since is not None and modified <= _date(since)
        if same:
            return Response(status_code=304, headers=told)
        return Response(body, 200, told, "application/json")

    def openapi(self) -> dict[str, Any]:
        return _merged(openapi(), self.patch)


def _params(described: Iterable[Any]) -> tuple[ModelParam, ...]:
    found: list[ModelParam] = []
    for one in described:
        options = (option if isinstance(option, list) else [option, option] for option in one.get("options", ()))
        found.append(ModelParam(**{**one, "options": tuple((value, label) for value, label in options)}))
    return tuple(found)


def _tags(text: str) -> set[str]:
    """The tags of If-None-Match. Raises Refusal for what is none."""
    tags = [tag.strip().removeprefix("W/") for tag in text.split(",")]
    if not all(len(tag) >= 2 and tag[0] == tag[-1] == '"' and tag.isascii() for tag in tags):
        raise invalid("If-None-Match: entity tags in quotes.")
    return set(tags)


def _date(text: str) -> datetime:
    """The moment of If-Modified-Since. Raises Refusal for what is none."""
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        raise invalid("If-Modified-Since: an HTTP date.") from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
