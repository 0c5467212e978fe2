"""The machine's own proxies and the hosts it calls without one. httpx's reading of them fails on what desktops set."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.request import getproxies

from sora_desktop.core.network import Bypass, Proxy, parse_proxy, split_hosts
from sora_desktop.core.redact import know
from sora_desktop.providers.desktop_proxies import ONLY, SCRIPT, WINDOWS, desktop_proxies

SCHEMES = ("http", "https", "all")


@dataclass(frozen=True, slots=True)
class SystemProxies:
    """Proxies by the scheme of what is called ("all" for any). `broken` are schemes whose proxy cannot be used; where
    there are `only` hosts, the others are called without a proxy. `script`: there is no proxy by name, but a script
    (PAC) that would say which one to take; it is not read."""

    by_scheme: Mapping[str, Proxy] = field(default_factory=dict[str, Proxy])
    broken: frozenset[str] = frozenset()
    bypass: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    script: bool = False

    def proxy(self, scheme: str) -> Proxy | None:
        """The proxy for calls of `scheme`. Raises ValueError, quoting nothing, where it is of no usable kind."""
        for name in (scheme, "all"):
            if name in self.broken:
                raise ValueError("the system's proxy is of no kind that can be used")
            if name in self.by_scheme:
                return self.by_scheme[name]
        return None


def system_proxies(environment: Mapping[str, str] | None = None) -> SystemProxies:
    """What is set now: variables, on Windows and macOS also the system's settings, else what `desktop_proxies` finds.
    Blocks.

    `environment` is looked at instead, as `urllib.request.getproxies` answers it.
    """
    found = _told() if environment is None else environment
    proxies: dict[str, Proxy] = {}
    broken: set[str] = set()
    for scheme in SCHEMES:
        if not found.get(scheme):
            continue
        try:
            proxies[scheme] = known(parse_proxy(found[scheme]))
        except ValueError:
            broken.add(scheme)
    exceptions = [*split_hosts(found.get("no", "")), *(_exceptions() if environment is None else ())]
    script = not proxies and not broken and bool(found.get(SCRIPT))
    only = split_hosts(found.get(ONLY, ""))
    return SystemProxies(proxies, frozenset(broken), tuple(exceptions), only, script)


def _told() -> Mapping[str, str]:
    found = getproxies()
    if any(found.get(scheme) for scheme in SCHEMES):
        return found
    return {**desktop_proxies(), **found}


def known(proxy: Proxy) -> Proxy:
    """`proxy`, whose login is from now on taken out of every text."""
    if proxy.password:
        know(proxy.password)
        know(base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode())
    return proxy


def bypass_of(*lists: Iterable[str]) -> Bypass:
    """All the lists' hosts."""
    return Bypass([entry for each in lists for entry in each])


def _exceptions() -> tuple[str, ...]:
    """The hosts that Windows' and macOS' settings name; elsewhere they are in the variables."""
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, WINDOWS) as key:
                return split_hosts(str(winreg.QueryValueEx(key, "ProxyOverride")[0]))
        except OSError:
            return ()
    if sys.platform == "darwin":
        import _scproxy  # pyright: ignore[reportMissingModuleSource]

        told = _scproxy._get_proxy_settings()
        return (
            *(str(entry) for entry in told.get("exceptions", ())),
            *(("<local>",) if told["exclude_simple"] else ()),
        )
    return ()
