"""The contract as the service publishes it for machines: paths, what is sent, what may be answered."""

from __future__ import annotations

from typing import Any


def openapi() -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rivya Public API (simulated)", "version": "1"},
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Task": _TASK, "NewTask": _NEW_TASK, "Error": _ERROR, "Reference": _REFERENCE},
        },
        "security": [{"key": []}],
        "paths": {
            "/api/v1/models": {"get": _call("Every model with its parameters", security=[])},
            "/api/v1/files": {"post": _call("Uploads one reference", sends="multipart/form-data", schema=_FILE)},
            "/api/v1/files/{fileId}": {"get": _call("An uploaded file")},
            "/api/v1/generations": {
                "post": _call("Creates a task", sends="application/json", schema=_ref("NewTask"), answers="Task")
            },
            "/api/v1/generations/{taskId}": {"get": _call("A task", answers="Task")},
            "/api/v1/credits": {"get": _call("The credits left")},
            "/api/v1/openapi.json": {"get": _call("This document", security=[])},
        },
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _call(
    summary: str, *, sends: str = "", schema: dict[str, Any] | None = None, answers: str = "", **more: Any
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "It is done"}
    if answers:
        good["content"] = {"application/json": {"schema": _ref(answers)}}
    wrong = {"description": "It is refused", "content": {"application/json": {"schema": _ref("Error")}}}
    call: dict[str, Any] = {"summary": summary, "responses": {"2XX": good, "4XX": wrong, "5XX": wrong}}
    if sends:
        call["requestBody"] = {"required": True, "content": {sends: {"schema": schema}}}
    return call | more


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_KIND = {"enum": ["image", "video", "audio"]}
_REFERENCE: dict[str, Any] = {
    "type": "object",
    "required": ["url", "kind"],
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "format": "uri"},
        "kind": _KIND,
        "name": _TEXT,
        "mimeType": _TEXT,
        "durationSeconds": _NUMBER,
        "durationToken": _TEXT,
    },
}
_NEW_TASK: dict[str, Any] = {
    "type": "object",
    "required": ["model", "prompt"],
    "additionalProperties": False,
    "properties": {
        "model": _TEXT,
        "prompt": _TEXT,
        "client_request_id": {"type": "string", "maxLength": 128},
        "params": {
            "type": "object",
            "properties": {"referenceMediaItems": {"type": "array", "items": _ref("Reference")}},
        },
    },
}
_TASK: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": _TEXT,
        "status": {"enum": ["queued", "processing", "succeeded", "failed"]},
        "model": _TEXT,
        "reserved_credits": _NUMBER,
        "final_credits": _NUMBER,
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
        "result": {"type": ["object", "null"]},
        "error": {"type": ["object", "null"]},
    },
}
_FILE: dict[str, Any] = {
    "type": "object",
    "required": ["file", "kind"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "kind": _KIND,
        "model": _TEXT,
        "client_request_id": {"type": "string", "maxLength": 128},
    },
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "requestId"],
            "properties": {"code": _TEXT, "message": _TEXT, "requestId": _TEXT},
        }
    },
}
