"""Pictures of the settings: every page, the states of an account, a server of one's own, services by files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from sora_desktop.core.errors import Failure, FailureKind, ProviderError, Sent
from sora_desktop.providers.base import Check
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.storage.resources import resource
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.account_state import Outcome
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import theme

SETTLE = 0.4
NORMAL, LEAST = (1120, 720), (960, 620)

Take = Callable[..., Awaitable[None]]


async def settings_screens(take: Take, studio: Studio, server_url: str) -> None:
    """All of them; `server_url` is a server that speaks /v1/videos."""
    accounts = studio.accounts
    for provider, key in (("rivya", "rvya_sk_abcdefgh12343f9a"), ("globalaiopc", "abcdefgh12345678a1b2")):
        await accounts.add(accounts.draft(provider), key)
    dialog = SettingsDialog(studio)
    dialog.show()
    await asyncio.sleep(SETTLE)
    good, bad = (account.id for account in accounts.all if not account.builtin)
    state = dialog.accounts.states.of(good)
    state.key, state.tail, state.outcome = SecretState.FOUND, "3f9a", Outcome(time.time(), Check(200, 182, 1240, 2))
    failure = Failure(kind=FailureKind.KEY, code="key_rejected", detail="invalid api key", request_id="req_8c1f")
    dialog.accounts.states.of(bad).outcome = Outcome(time.time(), error=ProviderError(failure, Sent.REFUSED))
    for page in ("accounts", "network", "files", "appearance", "privacy"):
        dialog.show_page(page, good)
        await take(f"settings-{page}", dialog, NORMAL)
    dialog.show_page("accounts", bad)
    await take("settings-account-refused", dialog)
    dialog.show_page("accounts", bad, part="host")
    await take("settings-account-host", dialog)
    dialog.show_page("accounts", new_provider="rivya")
    await take("settings-account-new", dialog, LEAST)
    dialog.accounts.new.forget()
    await _server(take, studio, dialog, server_url)
    await _services(take, studio, dialog)
    dialog.close()
    dialog.deleteLater()


async def _server(take: Take, studio: Studio, dialog: SettingsDialog, url: str) -> None:
    """A server of one's own: before and after its check, with a mistake in its file; small, and at 150 %."""
    provider = next(each for each in studio.catalog.providers if each.server is not None)
    server = studio.accounts.draft(provider.id, "GPU cluster", url)
    dialog.show_page("accounts", new_provider=provider.id)
    await take("settings-server-new", dialog, NORMAL)
    dialog.accounts.new.forget()
    await studio.accounts.add(server, SIMULATOR_OPENAI_VIDEOS_KEY)
    await studio.accounts.set_headers(server.id, {"X-Team": "harbour"})
    dialog.show_page("accounts", server.id)
    await take("settings-server", dialog, NORMAL)
    dialog.accounts.detail.server.start_check()
    end = time.monotonic() + 30
    while not dialog.accounts.detail.server.facts:
        if time.monotonic() > end:
            raise TimeoutError("the server was not checked")
        await asyncio.sleep(0.05)
    await _below(take, dialog, "settings-server-checked", NORMAL)
    file = studio.servers.file(server.id)
    text = file.read_text("utf-8")
    file.write_text(text.replace("per_minute = 60", 'per_minute = "many"'), "utf-8")
    await studio.servers.reload(server.id)
    await _below(take, dialog, "settings-server-mistake", LEAST)
    file.write_text(text, "utf-8")
    await studio.servers.reload(server.id)
    await studio.settings.change(text_size=150)
    theme().set_text_size(150)
    dialog.show_page("accounts", server.id)
    await take("settings-server-150", dialog, NORMAL)
    await _below(take, dialog, "settings-server-checked-150", NORMAL)
    await studio.settings.change(text_size=100)
    theme().set_text_size(100)


async def _below(take: Take, dialog: SettingsDialog, name: str, size: tuple[int, int]) -> None:
    """The page of an account where its server's card begins."""
    dialog.resize(*size)
    await asyncio.sleep(SETTLE)
    dialog.accounts.detail.scroll_to(dialog.accounts.detail.server)
    await take(name, dialog, size)


async def _services(take: Take, studio: Studio, dialog: SettingsDialog) -> None:
    """Services by files: none, a good one, wrong ones."""
    dialog.show_page("providers")
    await take("settings-providers-none", dialog, NORMAL)
    example = resource("examples", "provider.toml").read_text("utf-8")
    folder = studio.providers.folder
    (folder / "studio-farm.toml").write_text(example, "utf-8")
    (folder / "wrong.toml").write_text(example.replace('id = "', "id = 7 # ", 1), "utf-8")
    (folder / "broken.toml").write_text("name = [", "utf-8")
    await studio.providers.reload()
    await take("settings-providers", dialog, NORMAL)
