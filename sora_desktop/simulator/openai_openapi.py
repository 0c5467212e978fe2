"""What a server made with FastAPI says of itself: vLLM-Omni and SGLang describe their calls at `/openapi.json`."""

from __future__ import annotations

from typing import Any

from sora_desktop.simulator.openai_checks import EXTRAS, NEGATIVE, REFERENCE
from sora_desktop.simulator.openai_manners import OpenAIManners


def document(manners: OpenAIManners) -> dict[str, Any]:
    """The description of the server's calls: the fields of a create, and how they travel."""
    fields = _fields(manners)
    file = {"type": "string", "format": "binary", "title": "Input Reference"}
    form: dict[str, Any] = {"type": "object", "properties": {**fields, REFERENCE: file}}
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if manners.form == "multipart":
        form["required"] = ["prompt"]
    else:
        content["application/json"] = {"schema": {"type": "object", "properties": fields}}
    answer = {"200": {"description": "Successful Response"}}
    one: dict[str, Any] = {"get": {"responses": answer}}
    if manners.deletes:
        one["delete"] = {"responses": answer}
    videos: dict[str, Any] = {"post": {"requestBody": {"content": content}, "responses": answer}}
    if manners.lists:
        videos["get"] = {"responses": answer}
    paths: dict[str, Any] = {
        "/v1/models": {"get": {"responses": answer}},
        "/v1/videos": videos,
        "/v1/videos/{video_id}": one,
        "/v1/videos/{video_id}/content": {"get": {"responses": answer}},
    }
    if manners.remixes:
        paths["/v1/videos/{video_id}/remix"] = {"post": {"responses": answer}}
    return {"openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"}, "paths": paths}


def _fields(manners: OpenAIManners) -> dict[str, Any]:
    fields: dict[str, Any] = {name: {"type": "string"} for name in ("prompt", "model", "seconds", "size")}
    if manners.extras:
        fields[NEGATIVE] = {"type": "string"}
        for name, rule in EXTRAS.items():
            kind = "integer" if rule.whole else "number"
            fields[name] = {"type": kind, "minimum": rule.least, "maximum": rule.most}
    return fields
