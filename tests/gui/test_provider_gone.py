"""An account whose service no file describes any more: it stays, says so, and is whole again when the file is back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sora_desktop.storage.resources import resource
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.words import sentence
from support.loops import Run
from support.studio import Opened


@pytest.fixture
def account(opened: Opened, run: Run) -> str:
    """An account of a service that a file of the user's describes, chosen in the composed draft."""
    studio = opened.studio
    file = studio.providers.folder / "mine.toml"
    text = resource("examples", "provider.toml").read_text("utf-8").replace('"example"', '"mine"', 1)
    file.write_text(text, "utf-8")
    run(studio.providers.reload())
    draft = studio.accounts.draft("mine", "My service")
    run(studio.accounts.add(draft, "key-canary-0123456789"))
    return draft.id


def test_it_stays_in_the_settings_and_says_so(opened: Opened, run: Run, qtbot: QtBot, account: str) -> None:
    studio = opened.studio
    dialog = SettingsDialog(studio)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    opened.idle()
    page = dialog.accounts
    page.turn_to(account)
    file = studio.providers.folder / "mine.toml"
    text = file.read_text("utf-8")
    file.unlink()
    run(studio.providers.reload())
    opened.idle()
    row = page.list.ids.index(account)
    words = page.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole)
    assert words == "My service. No file describes “mine” any more"
    assert not page.list.grab().isNull()
    other = next(each.id for each in studio.accounts.all if each.builtin)
    page.turn_to(other)
    page.turn_to(account)
    assert page.detail.form.name.text() == "My service"
    assert page.detail.form.base_url.text() == "https://api.example.com"
    assert page.detail.gone == sentence("provider_gone", {"name": "mine"})
    assert not page.detail.card.isVisible()
    assert not page.grab().isNull()
    file.write_text(text, "utf-8")
    run(studio.providers.reload())
    opened.idle()
    assert page.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) == "My service"
    assert page.detail.gone == ""
    assert page.detail.card.isVisible()


def test_a_draft_of_it_says_why_it_cannot_be_sent(opened: Opened, panel: ComposePanel, run: Run, account: str) -> None:
    page, studio = panel.page, opened.studio
    page.choose(account, "video-1")
    opened.idle()
    assert page.model is not None and page.model.id == "video-1"
    (studio.providers.folder / "mine.toml").unlink()
    run(studio.providers.reload())
    opened.idle()
    assert page.draft.account == account and "mine" in panel.readiness.reason().text
    assert "No file describes the service “mine”" in panel.readiness.reason().text
