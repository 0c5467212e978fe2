"""What an account can use: its provider as shipped or as probed, with the models of the live list."""

from __future__ import annotations

from sora_desktop.core.accounts import Account, origin_of
from sora_desktop.core.catalog import Catalog, Model, Provider
from sora_desktop.core.signal import Signal


def place_of(account: Account) -> str:
    """Where an account's live list comes from. Accounts of one provider at one address share it."""
    return f"{account.provider} {'simulator' if account.builtin else origin_of(account.base_url)}"


class Offers:
    """Providers as accounts see them. `changed`: one of them is another now."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.changed: Signal[[]] = Signal()
        self._live: dict[str, tuple[Model, ...]] = {}
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
            live = self._live.get(place)
            self._merged[key] = provider if live is None else provider.model_copy(update={"models": live})
        return self._merged[key]

    def put_models(self, place: str, models: tuple[Model, ...] | None) -> None:
        """The merged models of a place; None goes back to the shipped ones."""
        if models is None:
            self._live.pop(place, None)
        else:
            self._live[place] = models
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
