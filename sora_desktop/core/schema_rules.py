"""What `catalog_checks` and `wire_checks` hold of single values, in the words of JSON Schema, so that an editor says it
while the file is written. What depends on several places of a file only `sora-desktop providers check` sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sora_desktop.core.accounts import MAX_KEY, OWN_HEADERS
from sora_desktop.core.catalog_checks import KINDS, LEAST_STEP, MOST_FIGURE, RESERVED
from sora_desktop.core.wire import OWN_FIELDS

Schema = dict[str, Any]

WRITTEN: Schema = {"pattern": r"\S"}
BODY_PLACE: Schema = {"pattern": r"^$|^[^.]+(\.[^.]+)*$"}
JSONPATH: Schema = {"pattern": r"^\$", "maxLength": 300}
CALLED = r"[!\"$-\[\]-z|~]"
"""A character of a path: visible, and none of # \\ { }."""
PATH = rf"^(?!//)(?![^?]*/\.\.(/|\?|$))/{CALLED}*$"
PATH_WITH_ID = rf"^(?!//)(?![^?]*/\.\.(/|\?|$))/({CALLED}|\{{id\}})*$"
TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"


def _in_any_case(names: Iterable[str]) -> str:
    spelled = ("".join(f"[{char.upper()}{char}]" if char.isalpha() else char for char in name) for name in names)
    return "|".join(sorted(spelled))


OWN = rf"^(?!({_in_any_case(OWN_HEADERS)})$){TOKEN}$"
AUTH = rf"^(?!({_in_any_case(OWN_HEADERS - {'authorization'})})$){TOKEN}$"
VALUE: Schema = {"type": "string", "maxLength": MAX_KEY, "pattern": r"^(?!.*\{key\})[ -~]*[!-~][ -~]*$"}
SECONDS: Schema = {"exclusiveMinimum": 0, "maximum": 3600}
BOUND: Schema = {"minimum": -MOST_FIGURE, "maximum": MOST_FIGURE}
KIND: Schema = {"enum": [*KINDS]}

RULES: dict[str, dict[str, Schema]] = {
    "Provider": {
        "name": WRITTEN,
        "site": {"pattern": r"^$|^https?://\S+$"},
        "tails": {"items": {"type": "string", "pattern": r"[^/*]"}},
        "result_hours": {"exclusiveMinimum": 0},
        "at_once": {"minimum": 1, "maximum": 1000},
        "per_minute": {"minimum": 1, "maximum": 1000},
    },
    "PollRhythm": {"first": SECONDS, "least": SECONDS, "most": SECONDS},
    "Estimate": {"least": {"minimum": 0}, "most": {"minimum": 0}},
    "Model": {"id": WRITTEN, "prompt_limit": {"minimum": 1}, "credits": {"minimum": 0}, "credits_from": {"minimum": 0}},
    "Param": {
        "key": {**WRITTEN, "not": {"enum": [*RESERVED]}},
        "minimum": BOUND,
        "maximum": BOUND,
        "step": {"minimum": LEAST_STEP},
        "max_length": {"minimum": 1},
    },
    "ReferenceRule": {
        "max_count": {"minimum": 1},
        "kinds": {"minItems": 1, "items": KIND},
        "max_bytes": {"minimum": 1},
        "sizes": {"items": {"type": "array", "items": {"type": "integer", "minimum": 1}}},
    },
    "KindLimit": {"kind": KIND, "max_bytes": {"minimum": 1}},
    "Slot": {"most": {"minimum": 1}, "kind": {"enum": ["", *KINDS]}},
    "Auth": {"header": {"pattern": AUTH}, "template": {"pattern": r"^[ -z|~]*\{key\}[ -z|~]*$"}},
    "CreateCall": {
        "path": {"pattern": PATH},
        "params": BODY_PLACE,
        "fields": {"additionalProperties": {"type": "string", **BODY_PLACE}},
        "fixed": {"propertyNames": {"pattern": r"^[^.]+(\.[^.]+)*$"}},
        "idempotency_header": {"pattern": f"^$|{OWN}"},
    },
    "PollCall": {"path": {"pattern": PATH_WITH_ID}},
    "ResultCall": {"path": {"pattern": PATH_WITH_ID, "allOf": [{"pattern": r"\{id\}"}]}},
    "BalanceCall": {"path": {"pattern": PATH}},
    "CheckCall": {"path": {"pattern": PATH}},
    "TasksCall": {"path": {"pattern": PATH}},
    "StatusWords": {
        name: {"items": {"type": "string", **WRITTEN}, **({"minItems": 1} if needed else {})}
        for name, needed in (("queued", False), ("processing", False), ("succeeded", True), ("failed", True))
    },
    "WireForm": {"headers": {"propertyNames": {"pattern": OWN}, "additionalProperties": VALUE}},
}
"""By record and key; a rule of a number or a text says nothing of a null."""


def _wired(wire: str, otherwise: Schema, pattern: str, kind: str) -> Schema:
    """A wire is for one type of parameter, or for options that all read like it."""
    value: Schema = {"anyOf": [{"type": kind}, {"type": "string", "pattern": pattern}]}
    options: Schema = {"minItems": 1, "items": {"properties": {"value": value}}}
    chosen: Schema = {
        "required": ["options"],
        "properties": {"type": {"const": "select"}, "options": options},
    }
    condition: Schema = {"required": ["wire"], "properties": {"wire": {"const": wire}}}
    return {"if": condition, "then": {"anyOf": [otherwise, chosen]}}


def _is(key: str, value: object) -> Schema:
    return {"required": [key], "properties": {key: {"const": value}}}


NEEDED_PATHS = {
    "TaskForm": ("id", "status", "results"),
    "BalanceCall": ("value",),
    "ResultCall": ("results",),
    "TasksCall": ("items", "id"),
}

WHOLE: dict[str, Schema] = {
    "Param": {
        "if": {"properties": {"type": {"const": "select"}}},
        "then": {"required": ["options"], "properties": {"options": {"minItems": 1}}},
        "allOf": [
            _wired("integer", _is("integer", True), r"^-?\d+$", "integer"),
            _wired("number", _is("type", "number"), r"^-?\d+(\.\d+)?$", "number"),
            _wired("boolean", _is("type", "boolean"), r"^(true|false)$", "boolean"),
        ],
    },
    "Slot": {
        "if": {"required": ["most"], "properties": {"most": {"minimum": 2}}},
        "then": {"required": ["array"], "properties": {"array": {"const": True}}},
    },
    "PollCall": {
        "if": {"required": ["body"], "properties": {"body": {"minProperties": 1}}},
        "then": {"required": ["method"], "properties": {"method": {"const": "POST"}}},
        "else": {"properties": {"path": {"pattern": r"\{id\}"}}},
    },
}
"""What holds between the keys of one record."""

_FREE: Schema = {"properties": {"field": {"not": {"enum": [*OWN_FIELDS]}}}}
_REFERENCES: Schema = {
    "properties": {
        "upload": {"const": False},
        "attach": {"const": False},
        "slots": {"items": _FREE},
        **_FREE["properties"],
    }
}
_PARAM: Schema = {"properties": {"key": {"not": {"const": "intent"}}}}
DESCRIBED: Schema = {
    "required": ["wire", "models"],
    "properties": {
        "models": {
            "minItems": 1,
            "items": {"properties": {"references": _REFERENCES, "params": {"items": _PARAM}}},
        },
        "has_cancel": {"const": False},
        "lists_models": {"const": False},
        "demo": False,
        "server": False,
    },
    "allOf": [
        {
            "if": {"required": ["has_balance"], "properties": {"has_balance": {"const": True}}},
            "then": {"properties": {"wire": {"required": ["balance"]}}},
            "else": {"properties": {"wire": {"not": {"required": ["balance"]}}}},
        },
        {
            "if": {"required": ["idempotent"], "properties": {"idempotent": {"const": True}}},
            "then": {
                "properties": {
                    "wire": {
                        "properties": {
                            "create": {
                                "required": ["idempotency_header"],
                                "properties": {"idempotency_header": {"minLength": 1}},
                            }
                        }
                    }
                }
            },
        },
    ],
}
"""What a service of the user's own must and may not have."""


def rule(made: Schema) -> None:
    """Puts the rules into a schema that the records made."""
    definitions = cast("dict[str, Schema]", made["$defs"])
    for name, rules in RULES.items():
        properties = (made if name == "Provider" else definitions[name])["properties"]
        for key, more in rules.items():
            properties[key].update(more)
    for name, definition in definitions.items():
        for key, field in definition["properties"].items() if "properties" in definition else ():
            _paths(field, needed=key in NEEDED_PATHS.get(name, ()))
    for name, whole in WHOLE.items():
        definitions[name].update(whole)


def _paths(field: Schema, *, needed: bool) -> None:
    """The rules of a JSONPath, or of several; a field is one where it takes a text or a list of texts."""
    variants = cast("list[Schema]", field.get("anyOf", []))
    if [variant.get("type") for variant in variants] != ["string", "array"]:
        return
    field["anyOf"] = [
        {"type": "string", **JSONPATH},
        {"type": "array", "items": {"type": "string", **JSONPATH}, **({"minItems": 1} if needed else {})},
    ]
