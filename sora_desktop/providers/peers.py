"""Which machines a result may be fetched from: none of this computer's or its network's, for a public provider.

Held: literal addresses in every spelling, names that resolve to such an address (any one of them is enough), and a
name that changes its answer between the check and the connection, because the connection goes to the checked address
itself. Not held where the environment sets a proxy: the proxy resolves the name; literals and what this machine
resolves are still checked. Imported late: httpcore is as slow to import as httpx.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import cast

import httpcore

from sora_desktop.providers.transport import ForbiddenAddress

_FAKE = ipaddress.ip_network("198.18.0.0/15")
"""Kept for benchmarks; VPN clients answer every name from it. Nothing of anybody's network lives there."""
_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(text: str) -> bool:
    """Whether an IP address is one of the internet's, also where it wraps another one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_global(inner) for inner in (address, *_wrapped(address)))


def _wrapped(address: Address) -> list[Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner: list[Address] = [found for found in (address.ipv4_mapped, address.sixtofour) if found is not None]
    inner += list(address.teredo or ())
    if address in _NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return inner


def _global(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            return True  # The wrapped address decides.
        return address in _UNICAST and address.is_global
    return (address.is_global or address in _FAKE) and not address.is_multicast


async def resolved(host: str, port: int) -> list[str]:
    """The addresses of `host`, in the system's order. A literal is its own answer. Raises OSError (gaierror)."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of `host`. Raises ForbiddenAddress where one of them is not the internet's, OSError for none."""
    addresses = await resolved(host, port)
    if not addresses or not all(is_public(address) for address in addresses):
        raise ForbiddenAddress(host)
    return addresses


class PublicBackend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only. TLS still asks for the name: httpcore keeps it apart from the socket."""

    def __init__(self) -> None:
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await public_addresses(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except (OSError, ForbiddenAddress) as error:
            raise httpcore.ConnectError(type(error).__name__) from error
        share = None if timeout is None else timeout / min(len(addresses), 3)
        problem: Exception = httpcore.ConnectError(host)
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no unix sockets") from ForbiddenAddress(path)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
