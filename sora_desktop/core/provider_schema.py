"""The JSON Schema of a provider's file, for editors: made from the records, with a description at each key."""

from __future__ import annotations

from typing import Any, cast

from sora_desktop.core.catalog import Provider
from sora_desktop.core.catalog_checks import DIALECTS
from sora_desktop.core.schema_rules import DESCRIBED, rule

SCHEMA = "https://json-schema.org/draft/2020-12/schema"

WORDS: dict[str, dict[str, str]] = {
    "Provider": {
        "id": "Small letters, digits, dots, dashes and underscores. Accounts and jobs refer to it: it must stay.",
        "name": "What the service is called in lists.",
        "dialect": "“described”: the calls stand in this file, under [wire]. The others are part of the program.",
        "base_url": "The address that every path is appended to, with https://. Empty: each account enters its own.",
        "tails": "Paths of its calls that are cut off where one is pasted as the base URL; “*” is any last part.",
        "site": "The address of its website, where keys and credits are bought.",
        "key_hint": "How its keys begin, shown in the empty field.",
        "summary": "What it offers, in one sentence.",
        "needs_key": "Whether a call needs a key.",
        "idempotent": "Whether the service documents that a repeated request with the same key starts nothing anew. "
        "Only then is a lost answer asked for again by itself. Where it is not documented, it stays false.",
        "has_balance": "Whether [wire.balance] tells the credits left.",
        "has_cancel": "Whether a task can be cancelled. A described service cannot.",
        "lists_models": "Whether a free call lists the models. Those of a described service stand in the file.",
        "result_hours": "How many hours a result can be fetched; left out where that is not published.",
        "at_once": "How many jobs of one account run at the same time, until the account says otherwise.",
        "per_minute": "How many calls a minute an account makes at most.",
        "poll": "How often a task is asked for.",
        "demo": "The account on the built-in simulator; of shipped services only.",
        "server": "What a server that speaks /v1/videos can do; not of described services.",
        "wire": "The calls of a described service.",
        "welcome": "Whether the first run's page has a card for it.",
        "rank": "Its place in lists; smaller comes first.",
        "models": "What it can make; one [[models]] section each.",
    },
    "PollRhythm": {
        "first": "Seconds after the create call until the first question.",
        "least": "Seconds between two questions for a young task.",
        "most": "Seconds between two questions for an old one.",
    },
    "Estimate": {
        "least": "Seconds that a generation takes when it goes fast.",
        "most": "Seconds that one takes when it goes slowly.",
    },
    "Model": {
        "id": "As the service wants it in the request.",
        "name": "What it is called in lists.",
        "availability": "Whether it can be picked.",
        "gone_at": "When it disappeared, in Unix seconds; kept by the program.",
        "notices": "Sentences that are shown at the model.",
        "unknown": "Kept by the program from a live list.",
        "summary": "What it is good for, in a few words.",
        "modes": "text-to-video, image-to-video, …",
        "prompt_required": "Whether a request needs a prompt.",
        "prompt_limit": "Characters of a prompt at most; left out where none is published.",
        "credits": "The price of one clip in the service's unit; left out where it is not published.",
        "billing": "Where there is no one price for each clip: how the service counts, in a word.",
        "credits_from": "Where there is no one price for each clip: the least that one costs.",
        "params": "Its parameters; one [[models.params]] section each, shown in this order.",
        "references": "What it takes as references; left out where it takes none.",
        "estimate": "How long a generation usually takes. Planning only: nothing is given up when it is over.",
    },
    "Param": {
        "key": "The field of the request, unless wire.create.fields sends it elsewhere.",
        "label": "What it is called in the window.",
        "help": "A sentence about it.",
        "type": "How it is edited.",
        "wire": "The JSON type that its value travels as; “same” sends it as it is.",
        "required": "Whether a request needs it.",
        "default": "The value that is sent when nobody chose another. Without one, nothing is sent.",
        "options": "The choices of a select.",
        "minimum": "The smallest number.",
        "maximum": "The largest number.",
        "step": "The distance between two numbers.",
        "integer": "Whether a number is whole.",
        "unit": "What a number counts, as in “s”.",
        "role": "What it is about (aspect, duration, quality, seed, …), so that a value follows to another model.",
        "max_length": "Characters of a text at most; left out where there is no limit.",
        "unknown": "Kept by the program from a live list.",
        "group": "Parameters of the same group exclude each other: one control, one field.",
        "advanced": "Whether it stands under “Advanced”.",
    },
    "Option": {
        "value": "What is sent.",
        "label": "What is shown.",
        "means": "The choice in words that other models share: “16:9”, “10”.",
    },
    "ReferenceRule": {
        "max_count": "How many references it takes at most.",
        "kinds": "image, video, audio.",
        "limits": "Limits of their own for single kinds.",
        "max_bytes": "The size of a file at most.",
        "mime_types": "The types of files it takes; empty for any.",
        "sizes": "The allowed pixel sizes as [width, height]; empty for any.",
        "match_aspect": "Whether a picture must have the chosen ratio.",
        "field": "The field of the request, a list of addresses. Not used where there are slots.",
        "alternatives": "Fields that exclude it.",
        "slots": "The fields that references go to in their order, where there are several.",
        "choice": "The key of a parameter that says which slots count. It is not sent.",
        "upload": "Whether files are uploaded in a call of their own. A described service takes addresses only.",
        "attach": "Whether files travel in the create call. A described service takes addresses only.",
        "urls": "Whether an address is sent as it is. Else what is there is fetched, and goes the way that files go.",
        "note": "A sentence that is shown at the references.",
    },
    "KindLimit": {
        "kind": "image, video or audio.",
        "max_bytes": "The size of a file of this kind at most.",
        "mime_types": "The types of files it takes of this kind; empty for any.",
    },
    "Slot": {
        "field": "The field of the request.",
        "most": "How many references go there.",
        "array": "Whether the field takes a list of addresses; else it takes a single one.",
        "kind": "Only references of this kind go there: image, video, audio. Empty for any.",
        "choice": "The value of the parameter that chooses, at which this slot counts. Empty: always.",
    },
    "WireForm": {
        "auth": "The header that carries the key.",
        "headers": "Headers of every call with fixed values, such as a version. Never a key.",
        "create": "The paid call.",
        "poll": "The free call that asks for one task.",
        "task": "Where the answers of create and poll say what of a task.",
        "result": "A call of its own for the result, where the poll does not bring it.",
        "error": "Where an answer that is no success says why.",
        "balance": "A free call that tells the credits left.",
        "check": "A free call that only a good key gets an answer to.",
        "tasks": "The list of the newest tasks, to find one whose answer was lost.",
    },
    "Auth": {
        "header": "The header that carries the key, and the only place where it goes.",
        "template": "Its value; {key} stands for the key.",
    },
    "CreateCall": {
        "method": "POST, or PUT.",
        "path": "Appended to base_url.",
        "params": "Where parameters and references go in the body, as keys joined by dots: “input”. Empty: the top.",
        "fields": "Where single fields go instead: model, prompt, intent (our own id of the request), or a parameter. "
        "Keys joined by dots; a number is an index of a list. Empty: it is not sent.",
        "fixed": "Values that are always sent, by their place.",
        "idempotency_header": "The header for a key of the request, where the service documents one.",
    },
    "PollCall": {
        "method": "GET, or POST with a body.",
        "path": "Appended to base_url; {id} stands for the task's id.",
        "body": "What a POST sends; {id} in its texts stands for the task's id.",
    },
    "TaskForm": {
        "id": "The task's id in the answer of create.",
        "status": "The word for its state.",
        "results": "The addresses of the finished clip, the one to fetch first.",
        "error_code": "The code of the error of a failed task.",
        "error_message": "The words of the error of a failed task.",
        "reserved": "The credits that are set aside.",
        "credits": "The credits that it cost in the end.",
        "seconds": "The length of the clip in seconds.",
        "created": "When it was made: ISO 8601 or Unix seconds.",
        "expires": "When its result can no longer be fetched: ISO 8601 or Unix seconds.",
        "words": "The service's words for the four states.",
    },
    "StatusWords": {
        "queued": "Words for: it waits.",
        "processing": "Words for: it is being made. Words that stand nowhere count as this, with a note on the job.",
        "succeeded": "Words for: the clip is there.",
        "failed": "Words for: there will be no clip.",
    },
    "ErrorForm": {
        "code": "The code of an error. Without it, the usual places are looked at.",
        "message": "The words of an error. Without it, the usual places are looked at.",
        "codes": "What the service's codes mean. A create call that is answered with one of them started nothing, "
        "whatever its HTTP status: list only codes of which that is sure.",
    },
    "BalanceCall": {"path": "Appended to base_url.", "value": "The credits left."},
    "CheckCall": {"path": "Appended to base_url."},
    "ResultCall": {
        "path": "Appended to base_url; {id} stands for the task's id.",
        "results": "The addresses of the finished clip.",
    },
    "TasksCall": {
        "path": "Appended to base_url.",
        "items": "The entries of the list, newest first; the other paths begin at one of them.",
        "id": "The task's id.",
        "status": "The word for its state.",
        "created": "When it was made.",
        "prompt": "The prompt, where the list repeats it.",
        "model": "The model, where the list repeats it.",
    },
    "Demo": {
        "account": "The account's id.",
        "name": "The account's name.",
        "key": "The simulator's own key.",
        "reference_account": "The account whose uploads it uses.",
    },
    "Server": {
        "form": "How a create call without a file travels.",
        "prefix": "What stands between the base URL and “/videos”.",
        "reference_field": "The multipart field of a file.",
        "lists_tasks": "Whether it lists its tasks.",
        "deletes": "Whether it deletes tasks.",
        "remixes": "Whether it remixes clips.",
        "variants": "What it serves besides the video.",
        "software": "What it seems to run.",
        "probed_at": "When it was checked, in ISO 8601.",
    },
}
"""What stands at each key in an editor, by the record's name."""


def schema() -> dict[str, Any]:
    """The schema, draft 2020-12. It holds what a schema can: `sora-desktop providers check` sees more."""
    made = Provider.model_json_schema()
    definitions = cast("dict[str, dict[str, Any]]", made["$defs"])
    for name, words in WORDS.items():
        properties = (made if name == "Provider" else definitions[name])["properties"]
        for key, text in words.items():
            _describe(properties[key], text)
    properties = made["properties"]
    properties["id"]["pattern"] = r"^[a-z0-9][a-z0-9._-]{0,63}$"
    properties["dialect"]["enum"] = list(DIALECTS)
    properties["base_url"]["pattern"] = (
        r"^$|^https://[^?#@{}\s]+$|^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^?#{}\s]*)?$"
    )
    rule(made)
    described = {"properties": {"dialect": {"const": "described"}}}
    made["if"], made["then"], made["else"] = described, DESCRIBED, {"properties": {"wire": False}}
    for definition in definitions.values():
        definition.pop("description", None)
    head = {"$schema": SCHEMA, "title": "A service of Sora Desktop", "description": "See docs/providers.md."}
    return head | {key: value for key, value in made.items() if key not in head}


def _describe(field: dict[str, Any], text: str) -> None:
    """A description beside `$ref`, which draft 2020-12 allows."""
    field["description"] = text
    field.pop("title", None)
