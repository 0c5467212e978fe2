"""`models`: what each service can make, by its own list where that was fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sora_desktop.assembly import Assembly
from sora_desktop.cli.arguments import Arguments
from sora_desktop.cli.printing import complain, failure_text, printable, put, put_json, sentence, table
from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Availability, Model, Provider
from sora_desktop.core.errors import ProviderError, UserError
from sora_desktop.core.params import allowed, as_text, controls

STATES = {
    Availability.AVAILABLE: "",
    Availability.COMING_SOON: "coming soon",
    Availability.STUDIO_ONLY: "website only",
    Availability.GONE: "gone",
}


async def show_models(studio: Assembly, account: Account | None, arguments: Arguments) -> int:
    """Prints the models of one account, or of all services. 1 where `--refresh` brought no list."""
    accounts = [account] if account else [one for one in studio.accounts.all if one.enabled and not one.builtin]
    code = 0
    if arguments.refresh:
        code = max([await _refresh(studio, one) for one in accounts], default=0)
    models = [(provider, model) for provider in _providers(studio, account, accounts) for model in provider.models]
    if arguments.json:
        put_json([{"provider": provider.id, **model.model_dump(mode="json")} for provider, model in models])
    else:
        heads = ("PROVIDER", "MODEL", "NAME", "STATE", "CREDITS", "PARAMETERS")
        put(table(heads, [_row(provider, model) for provider, model in models]))
    for one in accounts:
        for note in studio.live.notes(one.id):
            complain(f"{printable(one.name)}: {sentence(note.code, note.args)}")
    for provider, model in models:
        for notice in model.notices:
            complain(f"{printable(provider.name)}, {printable(model.name)}: {printable(notice)}")
    return code


def _providers(studio: Assembly, account: Account | None, accounts: Sequence[Account]) -> Iterator[Provider]:
    """What the account has; without one every service, as the first account of it sees it."""
    if account is not None:
        provider = studio.accounts.provider(account.id)
        if provider is not None:
            yield provider
        return
    for shipped in studio.catalog.providers:
        own = next((one for one in accounts if one.provider == shipped.id), None)
        yield (studio.accounts.provider(own.id) if own else None) or shipped


async def _refresh(studio: Assembly, account: Account) -> int:
    try:
        await studio.live.refresh(account.id, force=True)
    except ProviderError as error:
        complain(f"{printable(account.name)}: {failure_text(error.failure)} The list of before is shown.")
        return 1
    except UserError as error:
        complain(f"{printable(account.name)}: {sentence(error.code, error.words)}")
        return 1
    return 0


def _row(provider: Provider, model: Model) -> tuple[str, ...]:
    params = (
        f"{'|'.join(member.key for member in control.members)}={allowed(control.param).replace(', ', '|')}"
        for control in controls(model.params)
    )
    state = STATES[model.availability]
    if model.gone_at is not None:
        state += f" since {datetime.fromtimestamp(model.gone_at).astimezone():%Y-%m-%d}"
    credits = "not published" if model.credits is None else as_text(model.credits)
    return provider.id, model.id, model.name, state, credits, "  ".join(params)
