"""Why a call does not get through, step by step: DNS, TCP or the proxy, TLS, HTTP, the key. One sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sora_desktop.core.addresses import clean_base_url
from sora_desktop.core.catalog import Provider
from sora_desktop.core.errors import Failure, FailureKind, ProviderError, SoraError, UserError
from sora_desktop.engine.accounts import Accounts
from sora_desktop.providers.base import Check, Connection, Dialect
from sora_desktop.providers.http import Http
from sora_desktop.providers.transport import Step

__all__ = ["Diagnosis", "Doctor", "Step", "explained"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The last step that was come to, and the sentence (`core.sentences`) that names it. With `ok` all is well.

    `detail` is the service's or the system's own text: hostile, shown as plain text. `milliseconds` is how long the
    answer took, 0 where there was none.
    """

    step: Step
    code: str
    args: dict[str, str] = field(default_factory=dict[str, str])
    ok: bool = False
    milliseconds: float = 0.0
    detail: str = ""
    request_id: str = ""


WAY = {
    "offline": "step_offline",
    "dns_failed": "step_dns",
    "connect_refused": "step_tcp_refused",
    "connect_timeout": "step_tcp_timeout",
    "proxy_unreachable": "step_proxy_unreachable",
    "proxy_login": "step_proxy_login",
    "proxy_failed": "step_proxy_refused",
    "proxy_kind": "step_proxy_kind",
    "proxy_no_way": "step_proxy_no_way",
    "proxy_missing": "step_proxy_missing",
    "proxy_locked": "step_proxy_locked",
    "ca_missing": "step_ca_missing",
    "ca_broken": "step_ca_broken",
    "tls_failed": "step_tls",
    "tls_unknown_ca": "step_tls_unknown_ca",
    "tls_expired": "step_tls_expired",
    "tls_name": "step_tls_name",
    "tls_none": "step_tls_none",
    "url_invalid": "step_address",
    "answer_lost": "step_http_lost",
    "redirected": "step_http_redirected",
    "answer_broken": "step_http_unread",
    "answer_too_large": "step_http_unread",
}
"""The sentence of a diagnosis, by the code of a failure of the way."""

STRAIGHT = frozenset({"step_offline", "step_dns", "step_tcp_refused", "step_tcp_timeout"})
"""Diagnoses of a straight way to a host that only a proxy may reach."""

KEYS = {
    "key_missing": "step_key_missing",
    "key_locked": "step_key_locked",
    "headers_missing": "step_key_missing",
    "key_bad_character": "step_key_bad",
    "key_expired": "step_key_expired",
    "key_revoked": "step_key_expired",
    "key_scope": "step_key_scope",
}
"""The sentence of a diagnosis, by the code of what is wrong with a key; of any other it is that it is not accepted."""


def explained(error: SoraError, base_url: str, name: str = "") -> Diagnosis:
    """The step at which a free call to `base_url` failed, told from its error. Where no step can be told (an account
    that is gone, for instance), the error's own sentence. `name` stands for the host where there is no address."""
    host = host_of(base_url) or name
    if not isinstance(error, ProviderError):
        if error.code in KEYS:
            return Diagnosis(Step.KEY, KEYS[error.code], {**error.words, "host": host})
        return Diagnosis(Step.ADDRESS, error.code, error.words)
    failure = error.failure
    args = {"host": host, **{name: value for name, value in failure.args.items() if value}}
    args["status"] = str(failure.http_status or "")
    step, code = _place(failure)
    return Diagnosis(step, code, args, detail=failure.detail, request_id=failure.request_id)


def _place(failure: Failure) -> tuple[Step, str]:
    told = failure.args.get("step", "")
    if failure.kind is FailureKind.KEY:
        return Step.KEY, KEYS.get(failure.code, "step_key_rejected")
    if failure.code in WAY:
        code = WAY[failure.code]
        if told == Step.TLS and failure.code in {"connect_timeout", "connect_refused"}:
            return Step.TLS, "step_tls_timeout" if failure.code == "connect_timeout" else "step_tls"
        return Step(told) if told in set(Step) else _of(code), code
    match failure.kind:
        case FailureKind.NOT_FOUND:
            return Step.HTTP, "step_http_unknown"
        case FailureKind.RATE:
            return Step.HTTP, "step_http_busy"
        case FailureKind.SERVER if failure.http_status:
            return Step.HTTP, "step_http_error"
        case _ if failure.http_status:
            return Step.HTTP, "step_http_refused"
        case _:
            return Step.HTTP, failure.code


def _of(code: str) -> Step:
    names = {"address": Step.ADDRESS, "dns": Step.DNS, "proxy": Step.PROXY, "ca": Step.TLS, "tls": Step.TLS}
    return {**names, "tcp": Step.TCP, "offline": Step.DNS}.get(code.split("_")[1], Step.HTTP)


def host_of(base_url: str) -> str:
    """Host and port of an address, for a sentence."""
    try:
        return urlsplit(base_url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


class Doctor:
    """Walks the steps with one real, free, read-only call by the account's own way. Nothing is started or changed."""

    def __init__(self, accounts: Accounts, dialect_of: Callable[[Provider], Dialect], http: Http) -> None:
        self._accounts = accounts
        self._dialect_of = dialect_of
        self._http = http

    async def diagnose(self, account_id: str, base_url: str = "") -> Diagnosis:
        """`base_url` is tried instead of the account's; without an account it is any address, called without a key."""
        account = self._accounts.get(account_id)
        provider = self._accounts.provider(account_id)
        tried = base_url or (account.base_url if account else "")
        try:
            if account is None or provider is None:
                if account_id:
                    raise UserError("account_unknown", name=account_id)
                return await self._reached(clean_base_url(base_url, allow_http=True), "default")
            url = clean_base_url(base_url, allow_http=account.allow_http, tails=provider.endings) if base_url else ""
            tried = url or tried
            connection = await self._accounts.connection(account_id, url)
            tried = connection.base_url
            check = await self._dialect_of(provider).check(connection)
            return await self._well(connection, check)
        except UserError as error:
            if error.code not in KEYS or account is None:
                return explained(error, tried)
            return await self._without_key(explained(error, tried), tried, account.proxy)
        except ProviderError as error:
            return await self._told(error, tried, account.proxy if account else "default")

    async def _told(self, error: ProviderError, url: str, route: str) -> Diagnosis:
        """The step that failed; what was not reached straight, though a script may name a proxy, says so."""
        found = explained(error, url)
        if found.code in STRAIGHT and await self._http.scripted(url, route):
            return Diagnosis(Step.PROXY, "step_proxy_script", found.args, detail=found.detail)
        return found

    async def _well(self, connection: Connection, check: Check) -> Diagnosis:
        proxy = await self._http.proxy(connection.base_url, connection.route)
        args = {"host": host_of(connection.base_url), "ms": f"{check.milliseconds:.0f}", "proxy": proxy}
        code = "step_unproven" if not check.verified else "step_ok_proxy" if proxy else "step_ok"
        return Diagnosis(Step.KEY, code, args, ok=True, milliseconds=check.milliseconds)

    async def _without_key(self, about_key: Diagnosis, url: str, route: str) -> Diagnosis:
        """What is wrong with the key, unless something before it is wrong too."""
        try:
            await self._http.reach(url, route)
        except ProviderError as error:
            return await self._told(error, url, route)
        return about_key

    async def _reached(self, url: str, route: str) -> Diagnosis:
        answer = await self._http.reach(url, route)
        proxy = await self._http.proxy(url, route)
        args = {"host": host_of(url), "ms": f"{answer.milliseconds:.0f}", "proxy": proxy, "status": str(answer.status)}
        code = "step_reached_proxy" if proxy else "step_reached"
        return Diagnosis(Step.HTTP, code, args, ok=True, milliseconds=answer.milliseconds)
