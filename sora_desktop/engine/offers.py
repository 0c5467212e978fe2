"""What an account can use: its provider as shipped or as probed, with the models of the live list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from sora_desktop.core.accounts import Account, origin_of
from sora_desktop.core.catalog import Catalog, Model, Provider
from sora_desktop.core.signal import Signal


def place_of(account: Account) -> str:
    """Where an account's live list comes from. Accounts of one provider at one address share it."""
    return f"{account.provider} simulator" if account.builtin else place_at(account.provider, account.base_url)


@lru_cache(maxsize=256)  # Asked for each row of a list.
def place_at(provider_id: str, base_url: str) -> str:
    """The place of a provider's list at an address of the user's."""
    return f"{provider_id} {origin_of(base_url)}{urlsplit(base_url).path}"


class Offers:
    """Providers as accounts see them. `changed`: one of them is another now."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.changed: Signal[[]] = Signal()
        self._live: dict[str, tuple[Model, ...]] = {}
        self._gone: dict[str, Mapping[str, Model]] = {}
        self._servers: dict[str, Provider] = {}
        self._merged: dict[tuple[str, str], Provider] = {}

    def provider(self, account: Account) -> Provider | None:
        """The account's provider with the models that can be had there now; None where no file describes it."""
        place = place_of(account)
        key = (account.id, place)
        if key not in self._merged:
            provider = self._servers.get(account.id) or self.catalog.provider(account.provider)
            if provider is None:
                return None
            gone = self._gone.get(place, {})
            models = self._live.get(place) or tuple(gone.get(model.id, model) for model in provider.models)
            self._merged[key] = provider.model_copy(update={"models": models})
        return self._merged[key]

    def model_at(self, place: str, model_id: str) -> Model | None:
        """A model of the live list of a place, also where no account is there any more."""
        return next((model for model in self._live.get(place, ()) if model.id == model_id), None)

    def put_models(self, place: str, models: tuple[Model, ...] | None) -> None:
        """The merged models of a place; None goes back to the shipped ones."""
        if models is None:
            self._live.pop(place, None)
        else:
            self._live[place] = models
        self.refresh()

    def put_gone(self, place: str, models: Mapping[str, Model]) -> None:
        """Models that a place without a list no longer has, by their ids."""
        self._gone[place] = models
        self.refresh()

    def put_server(self, account_id: str, provider: Provider | None) -> None:
        """What stands in the server file of an account; None forgets it."""
        if provider is None:
            self._servers.pop(account_id, None)
        else:
            self._servers[account_id] = provider
        self.refresh()

    def refresh(self) -> None:
        """To be called after the catalogue itself was replaced."""
        self._merged.clear()
        self.changed.emit()
