"""The models of a library by name: their keys are "provider/model", as `core.library.Query.models` has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sora_desktop.core.catalog import Model
from sora_desktop.ui.studio import Studio


def names(studio: Studio, makers: Iterable[str]) -> dict[str, str]:
    """Each model's name, with its service behind it where two have the same; its id where nobody knows it any more."""
    known = _known(studio)
    found: dict[str, str] = {}
    services: dict[str, str] = {}
    for maker in makers:
        provider_id, _slash, model_id = maker.partition("/")
        model = known.get(maker) or studio.catalog.model(provider_id, model_id)
        provider = studio.catalog.provider(provider_id)
        found[maker] = model.name if model else model_id or maker
        services[maker] = provider.name if provider else provider_id
    times = Counter(found.values())
    return {
        maker: f"{name} · {services[maker]}" if times[name] > 1 and services[maker] else name
        for maker, name in found.items()
    }


def _known(studio: Studio) -> dict[str, Model]:
    """What the accounts offer, live lists included."""
    accounts = studio.accounts
    return {
        f"{account.provider}/{model.id}": model for account in accounts.all for model in accounts.models(account.id)
    }
