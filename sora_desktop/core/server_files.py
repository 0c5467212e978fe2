"""A server's file as text: written so that a person can read and mend it, and mended without touching their words."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from sora_desktop.core.catalog import Model, Provider
from sora_desktop.core.servers import Server

HEAD = """\
# What is known of this server. The check of the server wrote it; change whatever you know better, and read it again in
# Settings, Accounts. A later check writes the section [server] anew, adds new models at the end, and leaves all else
# as you have it. The key and the values of extra headers are not in here.
"""
SERVER = """\
# How the server is called.
#   form             "json" or "multipart": how a request without a file travels; one with a file is always multipart
#   prefix           what stands between the base URL and /videos
#   reference_field  the field of a file
#   lists_tasks      it lists its tasks: an answer that was lost can be looked for there
#   deletes, remixes, variants   what else it can do
"""
MODELS = """\
# The models. "params" are the fields of a request: type select (with options), number, text or boolean; what has no
# default and is not set is not sent. Take out what this server does not know, and add what it does.
"""
EXAMPLE = """\
# The server names no models. Enter them by hand, like this, without the #:
#
# [[models]]
# id = "the-name-that-the-server-knows"
# name = "What it is called here"
#
# [models.references]
# kinds = ["image"]
# mime_types = ["image/jpeg", "image/png", "image/webp"]
# field = "input_reference"
# attach = true
#
"""


SECTION = re.compile(
    r"(?ms)^[ \t]*\[[ \t]*server[ \t]*\][^\n]*\n(?:(?!^[ \t]*\[).)*?"
    r"(?P<after>(?:^[ \t]*(?:#[^\n]*)?\n)*)(?=^[ \t]*\[|\Z)"
)
"""The section [server] with its comments; `after` are those that stand before the next section, and belong to it."""


def text_of(provider: Provider) -> str:
    """The whole file. `catalog.parse` makes the same provider of it."""
    whole = _plain(provider)
    models = whole.pop("models", [])
    server = whole.pop("server", {})
    inline, tables = _apart(whole)
    parts = [HEAD, "".join(_pairs(inline)), *_tables(tables, ()), SERVER + _server_table(server)]
    parts.append(MODELS if models else EXAMPLE + _example_params())
    parts += [_model(model) for model in models]
    return "\n".join(part for part in parts if part)


def with_found(text: str, old: Provider, server: Server, models: Iterable[Model]) -> tuple[str, Provider]:
    """The file after another check, and what it says then: [server] is new, models that were not there come at the end.

    Everything else stays letter by letter, comments too. Where the file is laid out so that this cannot be done, it is
    written anew with the same content.
    """
    added = tuple(model for model in models if old.model(model.id) is None)
    wanted = old.model_copy(update={"server": server, "models": (*old.models, *added)})
    table = _server_table(_plain(wanted)["server"])
    mended, count = re.subn(SECTION, lambda found: f"{table}\n{found['after'].lstrip()}", text, count=1)
    ends = [_model(model) for model in _plain(wanted).get("models", [])[len(old.models) :]]
    mended = "\n".join([mended.rstrip() + "\n", *ends]) if ends else mended
    try:
        same = count == 1 and Provider.model_validate(tomllib.loads(mended)) == wanted
    except ValueError:
        same = False
    return (mended if same else text_of(wanted)), wanted


def _plain(provider: Provider) -> dict[str, Any]:
    """What is not the default, without nulls, which TOML does not know. The server's section is always whole."""
    whole = provider.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    whole.pop("tails", None)  # What is cut off a pasted address is the protocol's, not the server's.
    whole["server"] = (provider.server or Server()).model_dump(mode="json")
    return cast("dict[str, Any]", _without_nulls(whole))


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        told = cast("dict[str, object]", value)
        return {key: _without_nulls(one) for key, one in told.items() if one is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in cast("list[object]", value) if one is not None]
    return value


def _server_table(server: Mapping[str, Any]) -> str:
    return "[server]\n" + "".join(_pairs(server))


def _model(model: dict[str, Any]) -> str:
    """One model with the tables in it."""
    params = model.pop("params", [])
    inline, tables = _apart(model)
    parts = ["[[models]]\n" + "".join(_pairs(inline)), *_tables(tables, ("models",))]
    parts += ["[[models.params]]\n" + "".join(_pairs(param)) for param in params]
    return "\n".join(parts)


def _apart(whole: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The plain values, and the tables, which come behind them."""
    tables: dict[str, dict[str, Any]] = {key: value for key, value in whole.items() if isinstance(value, dict)}
    return {key: value for key, value in whole.items() if key not in tables}, tables


def _tables(tables: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    return [f"[{'.'.join((*above, _key(key)))}]\n" + "".join(_pairs(table)) for key, table in tables.items()]


def _example_params() -> str:
    return (
        "# [[models.params]]\n"
        '# key = "size"\n# label = "Size"\n# type = "select"\n# wire = "string"\n# role = "aspect"\n'
        '# options = [{ value = "1280x720", means = "16:9" }, { value = "720x1280", means = "9:16" }]\n'
    )


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{_key(key)} = {_value(value)}\n"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{int(value)}.0"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in pairs) + " }" if pairs else "{}"
    return "[" + ", ".join(_value(one) for one in cast("list[object]", value)) + "]"


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for one character."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
