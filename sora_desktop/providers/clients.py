"""httpx's clients, made here and nowhere else: for one proxy, or for the straight way.

httpx costs 100 ms to import and its TLS context another 30–50: `prepared` does both, to be called on a thread.
"""

from __future__ import annotations

import http.cookiejar
import importlib
import importlib.util
import logging
import ssl
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop import __version__
from sora_desktop.core.errors import UserError
from sora_desktop.core.network import Proxy

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

AGENT = f"Sora-Desktop/{__version__}"
MOST_CA = 10_000_000
"""Bytes of a CA file; the bundle of a whole system has less than one million."""


@dataclass(frozen=True, slots=True)
class Clients:
    """`calls` may be repeated and share connections. `single` opens one for each request: a kept one that the service
    closes at that very moment would make a paid call ambiguous for nothing. `public` and `private` fetch results.
    All of them go through `proxy`, where there is one."""

    calls: httpx.AsyncClient
    single: httpx.AsyncClient
    public: httpx.AsyncClient
    private: httpx.AsyncClient
    proxy: Proxy | None

    async def aclose(self) -> None:
        for client in (self.calls, self.single, self.public, self.private):
            await client.aclose()


def prepared(ca_file: str = "") -> ssl.SSLContext:
    """Imports what the first request needs, and answers what its TLS trusts. Raises UserError for a bad CA file."""
    for name in ("httpx", "httpcore"):  # They would log the addresses of results, which are secrets of a sort.
        importlib.import_module(name)
        logging.getLogger(name).setLevel(logging.WARNING)
    importlib.import_module("anyio._backends._asyncio")  # Else the first request imports it on the loop.
    if importlib.util.find_spec("sniffio") is None:
        # httpcore tries to import it at each step of each request: a search of the disk every time, on the loop.
        sys.modules.setdefault("sniffio", None)  # pyright: ignore[reportArgumentType]
    return tls_context(ca_file)


def clients(context: ssl.SSLContext, proxy: Proxy | None) -> Clients:
    """A set of clients. Raises ValueError or ImportError for a proxy that httpx cannot use."""
    import httpcore
    import httpx

    from sora_desktop.providers.peers import PublicBackend

    class Guarded(httpx.AsyncHTTPTransport):
        """httpx's transport with a pool that connects to public addresses only."""

        def __init__(self) -> None:
            self._pool = httpcore.AsyncConnectionPool(ssl_context=context, network_backend=PublicBackend())

    by = None
    if proxy is not None:
        login = (proxy.user, proxy.password) if proxy.user or proxy.password else None
        by = httpx.Proxy(proxy.url, auth=login, ssl_context=context if proxy.scheme == "https" else None)

    def client(limits: httpx.Limits, *, guarded: bool = False) -> httpx.AsyncClient:
        guard = guarded and by is None  # A proxy connects for us: `must_be_public` has looked before.
        return httpx.AsyncClient(
            transport=Guarded() if guard else httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=by),
            cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[])),
            headers={"user-agent": AGENT, "accept-encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
        )

    kept = httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=30.0)
    fresh = httpx.Limits(max_connections=50, max_keepalive_connections=0)
    return Clients(client(kept), client(fresh), client(fresh, guarded=True), client(fresh), proxy)


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Trusts certifi's roots (or SSL_CERT_FILE's), the system's own, which companies add theirs to, and `ca_file`'s.

    An SSL_CERT_FILE that names no usable file is passed over. Raises UserError for a bad `ca_file`: `ca_missing`,
    `ca_broken`.
    """
    import httpx

    try:
        context = httpx.create_ssl_context()
    except OSError:
        log.warning("SSL_CERT_FILE or SSL_CERT_DIR cannot be used; the built-in roots are")
        context = httpx.create_ssl_context(trust_env=False)
    with suppress(OSError):
        context.load_default_certs()
    if ca_file:
        load_ca(context, ca_file)
    return context


def ca_problem(ca_file: str) -> UserError | None:
    """What is wrong with a CA file. Blocks: to be called on a thread."""
    try:
        load_ca(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file)
    except UserError as problem:
        return problem
    return None


def load_ca(context: ssl.SSLContext, ca_file: str) -> None:
    """Trusts the certificates of a file, PEM or DER. Raises UserError: `ca_missing`, `ca_broken`."""
    try:
        with Path(ca_file).open("rb") as file:
            data = file.read(MOST_CA)
    except (OSError, ValueError):
        raise UserError("ca_missing", file=ca_file) from None
    pem = b"-----BEGIN" in data
    try:
        context.load_verify_locations(cadata=data.decode("ascii", "ignore") if pem else data)
    except (ssl.SSLError, ValueError):
        raise UserError("ca_broken", file=ca_file) from None
