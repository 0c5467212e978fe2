"""The roots that TLS trusts, loaded once for all tests: it takes a tenth of a second, longer than most of them."""

from __future__ import annotations

import os
import ssl
from functools import cache

from sora_desktop.providers import clients

_load = clients.tls_context


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """As `clients.tls_context`; one for all whose environment names the same roots, where no file is added."""
    if ca_file:
        return _load(ca_file)
    return _usual(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _usual(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    return _load()
