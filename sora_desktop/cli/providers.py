"""`providers`: the services, and the files that describe them. No database is opened for any of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sora_desktop.cli.arguments import Arguments
from sora_desktop.cli.printing import complain, printable, put, put_json, table
from sora_desktop.core.provider_files import MAX_FILE, Examined, Finding, examine
from sora_desktop.engine.offers import Offers
from sora_desktop.engine.providers import SHIPPED, Providers
from sora_desktop.providers import jsonpaths
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.storage.resources import resource


def run(arguments: Arguments) -> int:
    match arguments.action:
        case "check":
            return _check(arguments.file, as_json=arguments.json)
        case "list":
            return asyncio.run(_list(arguments))
        case "schema":
            from sora_desktop.core.provider_schema import schema

            put_json(schema())
            return 0
        case _:
            put(resource("examples", "provider.toml").read_text(encoding="utf-8").rstrip("\n"))
            return 0


def _check(file: str, *, as_json: bool) -> int:
    """Everything that is wrong with a file, a line each as compilers write it: FILE:LINE: place: reason."""
    examined = _examined(file)
    provider, findings = examined.provider, examined.findings
    if as_json:
        found = [{"line": each.line, "place": each.place, "reason": each.reason} for each in findings]
        models = [model.id for model in provider.models] if provider else []
        told = {"file": file, "ok": not findings, "id": provider.id if provider else "", "models": models}
        put_json(told | {"problems": found})
    elif provider is not None:
        models = ", ".join(model.id for model in provider.models)
        put(f"{printable(file)}: nothing is wrong. {printable(provider.name)} ({provider.id}): {printable(models)}")
    for finding in () if as_json else findings:
        put(printable(f"{file}:{finding}"))
    return 0 if provider is not None else 1


def _examined(file: str) -> Examined:
    """Shipped files may be looked at, too: a copy of one is the usual way to begin."""
    try:
        if file == "-":
            data = sys.stdin.buffer.read(4 * MAX_FILE + 1)
        else:
            with Path(file).open("rb") as content:
                data = content.read(4 * MAX_FILE + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        return Examined(None, (Finding(1, "", f"the file cannot be read: {error.strerror or error}"),))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Examined(None, (Finding(line, "", "this is no UTF-8"),))
    shipped = file != "-" and Path(file).resolve().parent == resource("catalog").resolve()
    taken = {} if shipped else {provider.id: SHIPPED for provider in load_catalog().providers}
    return examine(text, jsonpaths.fault, taken=taken, own=not shipped)


async def _list(arguments: Arguments) -> int:
    """Every service with the file that describes it; what is wrong with files of the user's goes to stderr."""
    providers = Providers(arguments.paths().providers, Offers(load_catalog()))
    await providers.reload()
    known = providers.catalog.providers
    if arguments.json:
        put_json(
            {
                "folder": str(providers.folder),
                "providers": [
                    {
                        "id": each.id,
                        "name": each.name,
                        "dialect": each.dialect,
                        "base_url": each.base_url,
                        "models": [model.id for model in each.models],
                        "file": providers.files.get(each.id),
                    }
                    for each in known
                ],
                "problems": list(providers.problems),
            }
        )
        return 0
    rows = [
        (each.id, each.name, each.dialect, str(len(each.models)), providers.files.get(each.id, "shipped"))
        for each in known
    ]
    put(table(("ID", "NAME", "DIALECT", "MODELS", "FILE"), rows))
    put(f"Files of your own go to {printable(str(providers.folder))}")
    for problem in providers.problems:
        complain(printable(problem))
    return 0
