"""What must hold of a described service's calls, so that the file is refused and not the paid request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from sora_desktop.core.catalog_checks import Fault, Place, header_fault
from sora_desktop.core.reasons import Reason
from sora_desktop.core.wire import OWN_FIELDS, MisplacedError, Paths, WireForm, put

if TYPE_CHECKING:
    from sora_desktop.core.catalog import Model, Provider

PathFault = Callable[[str], str]
"""Why a text is no JSONPath that is taken; empty where it is one."""


def wire_faults(provider: Provider, path_fault: PathFault) -> Iterator[Fault]:
    """Every fault in the calls of a described `provider`, in the order of a file."""
    wire = provider.wire
    if wire is None:
        return
    if not provider.models:
        yield Fault(("models",), "a described service needs at least one [[models]] section")
    yield from _promises(provider, wire)
    yield from _headers(wire)
    yield from _calls(wire)
    yield from _fields(provider, wire)
    yield from _words(wire)
    for place, paths in _paths(wire):
        yield from _path(place, paths, path_fault)
    for index, model in enumerate(provider.models):
        yield from _model(wire, model, ("models", index))


def _promises(provider: Provider, wire: WireForm) -> Iterator[Fault]:
    create = wire.create
    if provider.idempotent and not create.idempotency_header:
        reason = "a lost answer may be asked for again only with a documented key: set wire.create.idempotency_header"
        yield Fault(("idempotent",), reason)
    if provider.has_balance and wire.balance is None:
        yield Fault(("has_balance",), "there is no [wire.balance] that could tell it")
    if wire.balance is not None and not provider.has_balance:
        yield Fault(("wire", "balance"), "write has_balance = true at the top, or leave this out")
    if provider.has_cancel:
        yield Fault(("has_cancel",), "a described service has no call that cancels")
    if provider.lists_models:
        yield Fault(("lists_models",), "the models of a described service stand in its file")
    if provider.server is not None:
        yield Fault(("server",), "only a server that speaks /v1/videos has a [server]")


def _headers(wire: WireForm) -> Iterator[Fault]:
    auth = wire.auth
    if auth.template.count("{key}") != 1 or not set(auth.template.replace("{key}", "")).isdisjoint("{}"):
        yield Fault(("wire", "auth", "template"), "write {key} once, where the key goes, as in “Bearer {key}”")
    given = {"auth": auth.header} if auth.header.lower() != "authorization" else {}
    for name in given.values():
        if reason := header_fault(name, "x"):
            yield Fault(("wire", "auth", "header"), reason)
    if not auth.template.isascii() or not auth.template.isprintable():
        yield Fault(("wire", "auth", "template"), "plain characters only")
    lower = [name.lower() for name in wire.headers]
    for index, (name, value) in enumerate(wire.headers.items()):
        if name.lower() in lower[:index]:
            yield Fault(("wire", "headers", name), "this header is there already")
        elif "{key}" in value:
            yield Fault(("wire", "headers", name), "the key travels in the header of [wire.auth] only")
        elif name.lower() == auth.header.lower():
            yield Fault(("wire", "headers", name), "this header carries the key")
        elif reason := header_fault(name, value):
            yield Fault(("wire", "headers", name), reason)
    header = wire.create.idempotency_header
    if header and (reason := header_fault(header, "x")):
        yield Fault(("wire", "create", "idempotency_header"), reason)
    elif header and header.lower() in {auth.header.lower(), *lower}:
        yield Fault(("wire", "create", "idempotency_header"), "this header carries something else already")


def _calls(wire: WireForm) -> Iterator[Fault]:
    calls = {"create": wire.create, "poll": wire.poll, "result": wire.result, "balance": wire.balance}
    for name, call in {**calls, "check": wire.check, "tasks": wire.tasks}.items():
        if call is not None:
            yield from _call(("wire", name, "path"), call.path, needs_id=name in {"poll", "result"}, wire=wire)
    if wire.poll.body and wire.poll.method == "GET":
        yield Fault(("wire", "poll", "body"), 'a GET has no body; write method = "POST"')


def _call(place: Place, path: str, *, needs_id: bool, wire: WireForm) -> Iterator[Fault]:
    in_body = place[1] == "poll" and any("{id}" in text for text in _texts(wire.poll.body))
    rest = path.replace("{id}", "") if needs_id else path
    if not path.startswith("/") or path.startswith("//"):
        yield Fault(place, Reason("“{path}” must begin with one “/”: it is appended to base_url", path=path))
    elif "{key}" in path:
        yield Fault(place, "the key travels in the header of [wire.auth] only")
    elif needs_id and "{id}" not in path and not in_body:
        yield Fault(place, "write {id} where the id of the task goes")
    elif "{" in rest or "}" in rest:
        yield Fault(place, "{id} is the only thing that is filled in here" if needs_id else "nothing is filled in here")
    elif not path.isascii() or any(char in "#\\" or char.isspace() or not char.isprintable() for char in path):
        yield Fault(place, "no white space, “#”, “\\” or other special characters; write them percent-encoded")
    elif "/../" in f"{path.partition('?')[0]}/":
        yield Fault(place, "leave out “..”")


def _texts(value: object) -> Iterator[str]:
    """Every text in a body, without its keys: those are never filled in."""
    if isinstance(value, str):
        yield value
    inner = cast("dict[str, object]", value).values() if isinstance(value, dict) else value
    for each in cast("list[object]", inner) if isinstance(value, dict | list) else ():
        yield from _texts(each)


def _fields(provider: Provider, wire: WireForm) -> Iterator[Fault]:
    known = {*OWN_FIELDS, *(param.key for model in provider.models for param in model.params)}
    rules = [model.references for model in provider.models if model.references]
    known |= {field for rule in rules for field in (rule.field, *(slot.field for slot in rule.slots))}
    for key in wire.create.fields:
        if key not in known:
            yield Fault(("wire", "create", "fields", key), Reason("no model has a parameter “{name}”", name=key))
    if "" in wire.create.fixed:
        yield Fault(("wire", "create", "fixed", ""), "write the place of the value before “=”")


def _words(wire: WireForm) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for state in ("queued", "processing", "succeeded", "failed"):
        words: tuple[str, ...] = getattr(wire.task.words, state)
        if not words and state in {"succeeded", "failed"}:
            yield Fault(("wire", "task", "words", state), "at least one word")
        for index, word in enumerate(words):
            spoken = word.strip().lower()
            if not spoken:
                yield Fault(("wire", "task", "words", state, index), "an empty word")
            elif seen.get(spoken, state) != state:
                twice = Reason("“{word}” stands for {state} already", word=word, state=seen[spoken])
                yield Fault(("wire", "task", "words", state, index), twice)
            seen.setdefault(spoken, state)


def _paths(wire: WireForm) -> Iterator[tuple[Place, Paths]]:
    """Every JSONPath of the file with its place, needed ones also where they are empty."""
    sections: Mapping[str, tuple[object, tuple[str, ...]]] = {
        "task": (wire.task, ("id", "status", "results", "error_code", "error_message", "reserved", "credits")),
        "result": (wire.result, ("results",)),
        "error": (wire.error, ("code", "message")),
        "balance": (wire.balance, ("value",)),
        "tasks": (wire.tasks, ("items", "id", "status", "created", "prompt", "model")),
    }
    needed = {"id", "status", "results", "value", "items"}
    for name, (section, keys) in sections.items():
        for key in (*keys, *(("seconds", "created", "expires") if name == "task" else ())):
            paths: Paths = getattr(section, key, ())
            if paths or (section is not None and key in needed and (name, key) != ("tasks", "status")):
                yield ("wire", name, key), paths


def _path(place: Place, paths: Paths, path_fault: PathFault) -> Iterator[Fault]:
    if not paths:
        yield Fault(place, "at least one JSONPath, as in “$.data.id”")
    for index, path in enumerate(paths):
        reason = path_fault(path)
        if reason:
            untaken = "“{path}” is no JSONPath that is taken: {reason}"
            yield Fault((*place, index), Reason(untaken, path=path[:80], reason=Reason(reason)))


def _model(wire: WireForm, model: Model, place: Place) -> Iterator[Fault]:
    """A body with everything a request can hold, to see that all of it has a place of its own."""
    rule = model.references
    if rule is not None and (rule.upload or rule.attach):
        key = "upload" if rule.upload else "attach"
        yield Fault((*place, "references", key), "a described service takes references by their addresses only")
    fields = [slot.field for slot in rule.slots] if rule and rule.slots else [rule.field] if rule else []
    params = [param.key for param in model.params]
    for index, field in enumerate(fields):
        if field in params or field in OWN_FIELDS:
            slot = ("slots", index) if rule and rule.slots else ()
            taken = (
                "“{name}” is a parameter already" if field in params else "“{name}” is taken by every request already"
            )
            yield Fault((*place, "references", *slot, "field"), Reason(taken, name=field))
    if "intent" in params:
        yield Fault((*place, "params", params.index("intent"), "key"), "“intent” is our own id of the request")
    keys: dict[str, Place] = dict.fromkeys(OWN_FIELDS, ("wire", "create"))
    keys |= dict.fromkeys(fields, (*place, "references"))
    keys |= {
        key: (*place, "params", index, "key") for index, key in enumerate(params) if not rule or key != rule.choice
    }
    yield from _clash(wire, keys)


def _clash(wire: WireForm, keys: Mapping[str, Place]) -> Iterator[Fault]:
    """The first of `keys` that finds no place of its own in the body; the others may only follow from it."""
    mapped = wire.create.fields
    body: dict[str, object] = {}
    puts: list[tuple[str, object, Place]] = [
        (at, copy.deepcopy(value), ("wire", "create", "fixed", at)) for at, value in wire.create.fixed.items()
    ]
    # Those that were sent elsewhere come last: they are the ones to blame.
    for key in sorted(keys, key=lambda key: key in mapped):
        puts += [(wire.create.place(key), "x", ("wire", "create", "fields", key) if key in mapped else keys[key])]
    for at, value, blamed in puts:
        try:
            if at:
                put(body, at, value)
        except MisplacedError as error:
            yield Fault(blamed, error.reason)
            return
