"""Servers of the user's own: a free look at what one can do, kept as a file that the user reads and edits."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog import Model, Provider
from sora_desktop.core.errors import EnvironmentProblem, UserError
from sora_desktop.core.provider_files import examine
from sora_desktop.core.reasons import joined
from sora_desktop.core.server_files import text_of, with_found
from sora_desktop.core.servers import Server
from sora_desktop.core.signal import Signal
from sora_desktop.engine.accounts import Accounts
from sora_desktop.providers.base import Connection
from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.servers import ServerFiles


class Found(Protocol):
    """What a look at a server brings."""

    @property
    def server(self) -> Server: ...
    @property
    def models(self) -> tuple[Model, ...]: ...
    @property
    def named(self) -> frozenset[str]: ...


Prober = Callable[[Connection, Server], Awaitable[Found]]
"""A free look at a server; `Server` is what is known of it already. Raises ProviderError."""


class Servers:
    """The accounts whose provider is a server of the user's own, and their files.

    `changed` comes after a file was read, written or removed, `probed` after a look, with the ids of all models that
    the server names. `problems` say by account why a file cannot be used,
    with the line; what was known before stays in use then.
    """

    def __init__(self, files: ServerFiles, accounts: Accounts, prober: Prober) -> None:
        self.changed: Signal[[]] = Signal()
        self.probed: Signal[[str, frozenset[str]]] = Signal()
        self.problems: dict[str, str] = {}
        self._files = files
        self._accounts = accounts
        self._prober = prober
        self._held: dict[str, Provider] = {}
        accounts.changed.connect(self._on_accounts_changed)

    def is_server(self, account_id: str) -> bool:
        """Whether an account is a server of the user's own."""
        return self._shipped(self._accounts.get(account_id)) is not None

    def was_probed(self, account_id: str) -> bool:
        """Whether something is known of it, so that it can be used."""
        return account_id in self._held

    def file(self, account_id: str) -> Path:
        """Where the file of an account is, or would be."""
        return self._files.path(account_id)

    async def probe(self, account_id: str) -> Provider:
        """Looks at a server, and writes down what was found. Free: nothing is created or changed there.

        What the user changed in the file stays. Raises ProviderError or UserError with the reason, EnvironmentProblem
        for the disk; the file is then as it was.
        """
        account, shipped = self._server_account(account_id)
        text, held = await self._read(account, shipped)
        if text is not None and held is None:
            raise UserError("server_file_wrong", line=self.problems[account_id])
        connection = await self._accounts.connection(account_id)
        found = await self._prober(connection, (held and held.server) or shipped.server or Server())
        server = found.server.model_copy(update={"probed_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
        if text is None or held is None:
            provider = shipped.model_copy(update={"server": server, "models": found.models})
            text = text_of(provider)
        else:
            text, provider = with_found(text, held, server, found.models)
        if self._accounts.get(account_id) is None:
            raise UserError("account_gone")
        await in_thread(partial(self._files.write, account_id, text))
        provider = self._owned(provider, shipped)
        self._put(account_id, provider)
        self.probed.emit(account_id, found.named)
        self.changed.emit()
        return provider

    async def reload(self, account_id: str = "") -> None:
        """Reads the file of an account again, of all where none is named. Raises EnvironmentProblem."""
        wanted = [account for account in self._accounts.all if account_id in {"", account.id}]
        for account in wanted:
            shipped = self._shipped(account)
            if shipped is None:
                continue
            text, provider = await self._read(account, shipped)
            if provider is not None:
                self._put(account.id, provider)
            elif text is None and self._held.pop(account.id, None) is not None:
                self._accounts.offers.put_server(account.id, None)
        self.changed.emit()

    async def export(self, account_id: str, target: Path) -> None:
        """Copies the file of an account to `target`. Raises UserError `server_no_file`, EnvironmentProblem."""
        try:
            await in_thread(partial(self._files.export, account_id, target))
        except FileNotFoundError:
            raise UserError("server_no_file") from None

    def _server_account(self, account_id: str) -> tuple[Account, Provider]:
        account = self._accounts.get(account_id)
        if account is None:
            raise UserError("account_unknown", name=account_id)
        shipped = self._shipped(account)
        if shipped is None:
            raise UserError("server_no_check", name=account.name)
        return account, shipped

    def _shipped(self, account: Account | None) -> Provider | None:
        """The catalogue's provider of a server account; None for any other."""
        provider = self._accounts.catalog.provider(account.provider) if account and not account.builtin else None
        return provider if provider is not None and provider.server is not None else None

    async def _read(self, account: Account, shipped: Provider) -> tuple[str | None, Provider | None]:
        """The text of a file and what it says; None for what it does not bring. A problem is noted."""
        self.problems.pop(account.id, None)
        text = await in_thread(partial(self._files.read, account.id))
        if text is None:
            return None, None
        examined = examine(text, lambda _: "", own=False)
        if examined.provider is None:
            self.problems[account.id] = joined([finding.words for finding in examined.findings[:5]])
            return text, None
        return text, examined.provider

    def _owned(self, provider: Provider, shipped: Provider) -> Provider:
        """What a file may not change: whose it is, and how it is spoken to."""
        update = {"id": shipped.id, "dialect": shipped.dialect, "server": provider.server or shipped.server}
        more = {"demo": None, "wire": None, "idempotent": shipped.idempotent, "has_balance": shipped.has_balance}
        return provider.model_copy(update={**update, **more, "rank": shipped.rank, "tails": shipped.tails})

    def _put(self, account_id: str, provider: Provider) -> None:
        account = self._accounts.get(account_id)
        shipped = self._shipped(account)
        if shipped is None:
            return
        provider = self._owned(provider, shipped)
        if self._held.get(account_id) != provider:
            self._held[account_id] = provider
            self._accounts.offers.put_server(account_id, provider)

    def _on_accounts_changed(self) -> None:
        """An account that was removed takes its file along."""
        gone = [one for one in {*self._held, *self.problems} if self._accounts.get(one) is None]
        for account_id in gone:
            self._held.pop(account_id, None)
            self.problems.pop(account_id, None)
            with suppress(EnvironmentProblem):  # A file that stays is of no account, and is never read again.
                self._files.remove(account_id)
            self._accounts.offers.put_server(account_id, None)
        if gone:
            self.changed.emit()
