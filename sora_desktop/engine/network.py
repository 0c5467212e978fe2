"""The way through the network: the user's settings and the proxy's password, brought to the one door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sora_desktop.core.errors import UserError
from sora_desktop.core.network import Network, check_login, clean_network
from sora_desktop.core.signal import Signal
from sora_desktop.providers.clients import ca_problem
from sora_desktop.providers.http import Http
from sora_desktop.providers.proxies import system_proxies
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.secrets import Secrets, SecretState
from sora_desktop.storage.settings import SettingsStore

ENTRY = "network/proxy"
"""The keyring's entry of the manual proxy's password."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine's own proxies as host and port, by the scheme of what is called ("all" for any); empty for one of no
    usable kind. `script`: a script (PAC) would tell them, which is not read."""

    places: Mapping[str, str]
    script: bool = False


class Networking:
    """Keeps `http` on the way of the settings. `changed`: calls take another way from now on, or the password came."""

    def __init__(self, settings: SettingsStore, secrets: Secrets, http: Http) -> None:
        self.changed: Signal[[]] = Signal()
        self._settings = settings
        self._secrets = secrets
        self._http = http
        self._used = settings.current.network
        http.use(self._used, self._password)
        self._links = [settings.changed.connect(self._on_settings_changed), secrets.changed.connect(self._on_secret)]

    @property
    def current(self) -> Network:
        return self._settings.current.network

    def close(self) -> None:
        """Follows the settings no more."""
        for disconnect in self._links:
            disconnect()

    async def change(self, network: Network) -> Network:
        """Keeps and uses other settings. Raises UserError, with nothing changed, for what cannot be used: `proxy_…`,
        `bypass_entry`, `ca_missing`, `ca_broken`."""
        network = clean_network(network)
        if network.ca_file and network.ca_file != self.current.ca_file:
            problem = await self.ca_problem(network.ca_file)
            if problem is not None:
                raise problem
        await self._settings.change(network=network)
        return network

    async def ca_problem(self, ca_file: str) -> UserError | None:
        """What is wrong with a CA file."""
        return await in_thread(lambda: ca_problem(ca_file))

    async def set_password(self, password: str) -> SecretState:
        """Keeps the manual proxy's password in the keyring, or until the program ends where there is none; an empty
        one is forgotten. Raises UserError `proxy_password`."""
        check_login(password)
        if password:
            state = await self._secrets.put(ENTRY, password)
        else:
            await self._secrets.delete(ENTRY)
            state = SecretState.MISSING
        self._apply()
        return state

    async def password_state(self) -> SecretState:
        """Where the password is."""
        return await self._secrets.where(ENTRY)

    def read_again(self) -> None:
        """Looks at the system's own proxies again: they may be others since the program started."""
        if self.current.mode == "system":
            self._apply()

    async def system(self) -> Machine:
        """The machine's own proxies."""
        found = await in_thread(system_proxies)
        places = {scheme: proxy.place for scheme, proxy in found.by_scheme.items()} | dict.fromkeys(found.broken, "")
        return Machine(places, found.script)

    async def _password(self) -> str | None:
        answer = await self._secrets.get(ENTRY)
        return None if answer.state is SecretState.LOCKED else answer.value

    def _on_settings_changed(self) -> None:
        if self._settings.current.network != self._used:
            self._apply()

    def _on_secret(self, entry: str) -> None:
        if entry == ENTRY:
            self._apply()

    def _apply(self) -> None:
        self._used = self._settings.current.network
        self._http.use(self._used, self._password)
        self.changed.emit()
