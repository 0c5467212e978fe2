"""The environment's proxies, as routes for httpx. Its own reading of them fails on what desktops really set."""

from __future__ import annotations

import ipaddress
from urllib.request import getproxies

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def routes(environment: dict[str, str] | None = None) -> dict[str, str | None]:
    """URL pattern → proxy URL, or None for "straight".

    `environment` is what `urllib.request.getproxies` answers (variables, on Windows and macOS also the system's).
    GNOME sets `all_proxy=socks://…`, which means SOCKS 5. This machine itself is never asked for through a proxy.
    """
    found = getproxies() if environment is None else environment
    proxies = {f"{scheme}://": _proxy(found[scheme]) for scheme in ("http", "https", "all") if found.get(scheme)}
    straight: dict[str, str | None] = {}
    for entry in found.get("no", "").split(","):
        host = entry.strip()
        if host == "*":
            return {}
        if host:
            straight.update(dict.fromkeys(_patterns(host)))
    straight.update({f"all://{host}": None for host in LOOPBACK})
    return {**proxies, **straight} if proxies else {}


def _proxy(url: str) -> str:
    if "://" not in url:
        return f"http://{url}"
    scheme, _, rest = url.partition("://")
    scheme = {"socks": "socks5", "socks5": "socks5", "socks5h": "socks5h"}.get(scheme.lower(), scheme.lower())
    return f"{scheme}://{rest}"


def _patterns(host: str) -> list[str]:
    if "://" in host:
        return [host]
    if "/" in host:
        return []  # A network: httpx matches names, not networks.
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        return [f"all://[{address}]" if address.version == 6 else f"all://{address}"]
    except ValueError:
        return [f"all://{host}"] if host.lower() == "localhost" else [f"all://*{host if host[0] != '*' else host[1:]}"]
