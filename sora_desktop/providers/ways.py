"""Which way a request takes through the network, and the clients of that way.

Settings may change at any moment: what runs then ends on the clients it began with, which are closed after it. The
machine's own proxies are looked at again when a call did not get through: it may be in another network by now.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from sora_desktop.core.errors import FailureKind, ProviderError, Sent, UserError
from sora_desktop.core.network import Network, Proxy
from sora_desktop.providers.clients import Clients, clients, prepared
from sora_desktop.providers.origin import not_sent
from sora_desktop.providers.proxies import SystemProxies, bypass_of, known, system_proxies
from sora_desktop.providers.threads import in_thread
from sora_desktop.providers.transport import Step

log = logging.getLogger(__name__)

AGAIN = 15.0
"""Seconds between two looks at the machine's proxies, however many calls fail."""
Route = Literal["default", "system", "manual", "none"]
"""An account's way: `default` is the mode of the settings."""
Password = Callable[[], Awaitable[str | None]]
"""Asks for the password of the manual proxy: empty where there is none, None while the keyring is locked."""


class Ways:
    """The ways of now. Every method raises ProviderError, NOT_SENT, where a way cannot be taken."""

    def __init__(self) -> None:
        self._network = Network()
        self._password: Password = _no_password
        self._now: Open | None = None
        self._old: list[Open] = []
        self._lock = asyncio.Lock()
        self._closed = False
        self._doubted = False
        self._read_at = 0.0

    def use(self, network: Network, password: Password | None = None) -> None:
        """From now on requests go as `network` says; `password` is asked for when the manual proxy has a login."""
        self._network = network
        self._password = password or self._password
        old, self._now = self._now, None
        if old is not None:
            self._old.append(old)

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[Open, None]:
        """The ways as they are now, not closed before the context ends."""
        ways = await self._ready()
        ways.users += 1
        try:
            yield ways
        except ProviderError as error:
            self._doubted |= error.sent is Sent.NOT_SENT and error.failure.kind is FailureKind.NETWORK
            raise
        finally:
            ways.users -= 1
            await self._sweep()

    async def aclose(self) -> None:
        """Closes every connection. Later requests end as NOT_SENT."""
        self._closed = True
        for ways in (*self._old, *([self._now] if self._now else [])):
            await ways.aclose()
        self._old.clear()
        self._now = None

    async def _ready(self) -> Open:
        async with self._lock:
            while not self._closed:
                if self._now is not None:
                    await self._look_again(self._now)
                if self._now is not None:  # Not others meanwhile, and not closed.
                    return self._now
                network = self._network
                try:
                    context, system = await in_thread(partial(_read, network.ca_file))
                except UserError as error:
                    problem = not_sent(error.code, FailureKind.NETWORK, step=Step.TLS.value, **error.words)
                    break
                self._doubted, self._read_at = False, time.monotonic()
                if network is self._network and not self._closed:
                    self._now = Open(network, self._password, context, system)
            else:
                problem = not_sent("offline")
        raise problem  # Outside of `except`, so that nothing of what was tried hangs on it.

    async def _look_again(self, now: Open) -> None:
        """Puts others in the place of `now` where the machine's proxies are others by now."""
        if not self._doubted or time.monotonic() - self._read_at < AGAIN:
            return
        system = await in_thread(system_proxies)
        self._doubted, self._read_at = False, time.monotonic()
        if self._now is now and system != now.system:
            self._old.append(now)
            self._now = Open(self._network, self._password, now.context, system)

    async def _sweep(self) -> None:
        """Closes what nobody uses any more. It runs after a call, whose answer or error no trouble here replaces."""
        for ways in tuple(self._old):
            if not ways.users:
                try:
                    await ways.aclose()
                except Exception as error:
                    log.warning("Connections of earlier settings did not close cleanly: %r", error)
                with suppress(ValueError):
                    self._old.remove(ways)


class Open:
    """The ways of one state of the settings, each opened when it is first taken."""

    def __init__(self, network: Network, password: Password, context: ssl.SSLContext, system: SystemProxies) -> None:
        self.users = 0
        self._network = network
        self._password = password
        self.context = context
        self.system = system
        self._bypass = bypass_of(network.bypass)
        self._system_bypass = bypass_of(network.bypass, system.bypass)
        self._system_only = bypass_of(system.only)
        self._made: dict[Proxy | None, Clients] = {}

    async def to(self, url: str, route: str = "default") -> Clients:
        """The clients for a request to `url` of an account whose way is `route`."""
        proxy = await self.proxy(url, route)
        if proxy not in self._made:
            with suppress(ValueError, ImportError):
                self._made[proxy] = clients(self.context, proxy)
        if proxy not in self._made:
            raise not_sent("proxy_failed", proxy=proxy.place if proxy else "", step=Step.PROXY.value)
        return self._made[proxy]

    async def proxy(self, url: str, route: str = "default") -> Proxy | None:
        """The proxy for a request to `url`; None for the straight way, which is always this machine's own."""
        mode = self._network.mode if route == "default" else route
        bypass = self._system_bypass if mode == "system" else self._bypass
        if mode == "none" or bypass.covers(url):
            return None
        if mode == "system":
            if self.system.only and not self._system_only.covers(url):
                return None
            with suppress(ValueError):
                return self.system.proxy(urlsplit(url).scheme.lower())
            raise not_sent("proxy_kind", step=Step.PROXY.value)
        return await self._manual()

    def scripted(self, url: str, route: str = "default") -> bool:
        """Whether the system has a script for `url` that would say which proxy to take."""
        mode = self._network.mode if route == "default" else route
        return mode == "system" and self.system.script and not self._system_bypass.covers(url)

    async def _manual(self) -> Proxy:
        network = self._network
        if not network.host:
            raise not_sent("proxy_missing", step=Step.PROXY.value)
        password = await self._password() if network.user else ""
        if password is None:
            raise not_sent("proxy_locked", step=Step.PROXY.value)
        return known(Proxy(network.scheme, network.host, network.port, network.user, password))

    async def aclose(self) -> None:
        for each in self._made.values():
            await each.aclose()


def _read(ca_file: str) -> tuple[ssl.SSLContext, SystemProxies]:
    return prepared(ca_file), system_proxies()


async def _no_password() -> str | None:
    return ""
