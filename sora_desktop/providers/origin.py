"""Where a call goes: the account's own origin, whatever the rest of the address holds."""

from __future__ import annotations

from urllib.parse import urlsplit

from sora_desktop.core.accounts import origin_of
from sora_desktop.core.errors import Action, Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.answers import is_web_url, redact
from sora_desktop.providers.base import Connection
from sora_desktop.providers.downloads import bad_address


def target(base_url: str, path: str) -> str:
    """`path` under `base_url`. Raises ProviderError where the base is no plain web address.

    The origin is the base's whatever `path` holds, because it is appended behind a host that has ended.
    """
    if not path.startswith("/") or not is_web_url(base_url) or "?" in base_url or "#" in base_url:
        raise not_sent("url_invalid", url=redact(base_url.rpartition("@")[2])[:200])
    return base_url.rstrip("/") + path


def key_header(key: str) -> dict[str, str]:
    """The Authorization header; none without a key. Raises ProviderError for a key that no header can carry."""
    bad = next((index for index, char in enumerate(key, 1) if not "\x21" <= char <= "\x7e"), None)
    if bad is not None:
        raise not_sent("key_bad_character", FailureKind.KEY, position=str(bad))
    return {"authorization": f"Bearer {key}"} if key else {}


def secrets_of(connection: Connection) -> list[str]:
    """What must not stand in anything that is said about a call."""
    return [secret for secret in (connection.key, *connection.headers.values()) if secret]


def lent(lender: Connection, url: str) -> dict[str, str] | None:
    """The key and the extra headers of `lender` for a file at its own origin; None for one that is anywhere else.

    `url` must have passed `is_web_url`.
    """
    if not is_web_url(lender.base_url) or origin_of(url) != origin_of(lender.base_url):
        return None
    return {**lender.headers, **key_header(lender.key)}


async def must_be_public(url: str) -> None:
    """The check for the case of a proxy, which connects for us; without one the connection itself checks again."""
    from sora_desktop.providers.peers import ForbiddenAddress, public_addresses

    parts = urlsplit(url)
    try:
        await public_addresses(parts.hostname or "", parts.port or (443 if parts.scheme.lower() == "https" else 80))
    except ForbiddenAddress:
        raise bad_address() from None
    except (OSError, UnicodeError):
        return  # Not resolved here: the connection, or the proxy, says why.


def not_sent(code: str, kind: FailureKind = FailureKind.NETWORK, **args: str) -> ProviderError:
    """An error of a call that was not even tried."""
    settings = code in {"url_invalid", "key_bad_character"}
    failure = Failure(kind=kind, code=code, args=args, action=Action.KEY if settings else Action.RETRY)
    return ProviderError(failure, Sent.NOT_SENT, transient=not settings)
