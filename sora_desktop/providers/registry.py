"""Every dialect, by the name that the catalogue uses for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_desktop.core.catalog import Provider
from sora_desktop.core.servers import Form, Server
from sora_desktop.core.wire import WireForm
from sora_desktop.providers.base import Dialect
from sora_desktop.providers.globalaiopc import GlobalAIOPC
from sora_desktop.providers.rivya import Rivya

if TYPE_CHECKING:
    from sora_desktop.providers.described import Described
    from sora_desktop.providers.http import Http


class Dialects:
    """The wire of each provider, all on one `http`."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._forms: dict[str, Form] = {}
        self._own: dict[str, Dialect] = {"rivya": Rivya(http), "globalaiopc": GlobalAIOPC(http)}
        self._files: dict[str, Described] = {}

    def of(self, provider: Provider) -> Dialect:
        """The dialect that `provider` speaks. Raises KeyError for a name that no file should hold (see `parse`)."""
        # These two are imported by the first account that needs one: a start is measured.
        if provider.dialect == "openai_videos":
            from sora_desktop.providers.openai_videos import OpenAIVideos

            return OpenAIVideos(self._http, provider.server or Server(), self._forms)
        if provider.wire is not None:
            return self._described(provider.id, provider.wire)
        return self._own[provider.dialect]

    def _described(self, provider_id: str, wire: WireForm) -> Described:
        """One for each file, as long as the file says the same."""
        from sora_desktop.providers.described import Described

        known = self._files.get(provider_id)
        if known is None or known.wire != wire:
            known = self._files[provider_id] = Described(self._http, wire)
        return known
