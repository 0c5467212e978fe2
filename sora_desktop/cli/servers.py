"""`accounts probe`: the free look at a server of the user's own, and what it found."""

from __future__ import annotations

from sora_desktop.assembly import Assembly
from sora_desktop.cli.printing import complain, failure_text, printable, put, put_json
from sora_desktop.core.accounts import Account
from sora_desktop.core.errors import ProviderError


async def probe(studio: Assembly, account: Account, *, as_json: bool) -> int:
    """Looks, writes the file, and prints what a person wants to know of it. Raises UserError."""
    studio.accounts.serve(account.id)
    try:
        provider = await studio.servers.probe(account.id)
    except ProviderError as error:
        complain(f"{printable(account.name)}: {failure_text(error.failure)}")
        return 1
    server = provider.server
    assert server is not None
    file = studio.servers.file(account.id)
    if as_json:
        models = [model.id for model in provider.models]
        put_json({"account": account.id, "file": str(file), "models": models, **server.model_dump(mode="json")})
        return 0
    can = {
        "lists its tasks": server.lists_tasks,
        "deletes": server.deletes,
        "remixes": server.remixes,
        f"has {' and '.join(server.variants)}": bool(server.variants),
    }
    told = [words for words, true in can.items() if true]
    name = printable(server.software) or "the server"
    put(f"{printable(account.name)}: {name} {', '.join(told) or 'makes clips, and tells no more'}.")
    if not provider.models:
        complain("It names no models. Enter them in the file.")
    for model in provider.models:
        put(f"  {printable(model.id)}")
    put(str(file))
    return 0
