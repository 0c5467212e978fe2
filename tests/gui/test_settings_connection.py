"""What the settings say before and after the test of an account."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from sora_desktop.core.errors import Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.servers import Server
from sora_desktop.providers.base import Check
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.account_state import AccountState, Outcome
from support.loops import Run
from support.settings import KEY, add_account, click, shown
from support.studio import Opened


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot) -> SettingsDialog:
    return shown(opened, qtbot)


def test_a_failed_test_says_what_to_do_and_shows_the_services_words_as_text(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(_account: str) -> Check:
        failure = Failure(
            kind=FailureKind.KEY, code="key_rejected", detail="<b>no</b> such key", request_id="req_7", http_status=401
        )
        raise ProviderError(failure, Sent.REFUSED)

    monkeypatch.setattr(opened.studio.engine, "test", test)
    account = add_account(opened, run)
    dialog.show_page("accounts", account.id)
    card = dialog.accounts.detail.card
    click(qtbot, card.button)
    opened.idle()
    assert card.title == "The test failed"
    assert card.reason.startswith("Key: rivya.ai does not accept it")
    assert "<b>no</b> such key" in card.reason
    assert "req_7" in card.reason
    label = next(each for each in card.findChildren(QLabel) if each.text() == card.reason)
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_a_service_without_a_free_call_is_not_called_connected(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(_account: str) -> Check:
        return Check(200, 90, verified=False)

    monkeypatch.setattr(opened.studio.engine, "test", test)
    account = add_account(opened, run, "globalaiopc")
    dialog.show_page("accounts", account.id)
    click(qtbot, dialog.accounts.detail.card.button)
    opened.idle()
    assert dialog.accounts.detail.card.title == "The service answers"
    assert "no free call" in dialog.accounts.detail.card.reason
    assert dialog.accounts.detail.card.facts == ("200 OK", "90 ms", "Not listed"), "no balance where none is told"


@pytest.mark.parametrize(
    ("provider", "promised", "balance"),
    [
        ("rivya", "The test reads your balance and model list.", True),
        ("openai_videos", "The test asks the server for its list of models.", False),
        ("globalaiopc", "The test asks the service for a free answer.", False),
    ],
)
def test_the_test_promises_what_it_does(
    opened: Opened, dialog: SettingsDialog, run: Run, provider: str, promised: str, balance: bool
) -> None:
    account = opened.studio.accounts.draft(provider, base_url="https://api.example")
    run(opened.studio.accounts.add(account, KEY))
    shipped = opened.studio.accounts.provider(account.id)
    if provider == "openai_videos" and shipped is not None:  # As after the check of the server.
        opened.studio.accounts.offers.put_server(account.id, shipped.model_copy(update={"server": Server()}))
    dialog.show_page("accounts", account.id)
    detail = dialog.accounts.detail
    detail.card.show_state(
        AccountState(outcome=Outcome(1.0, Check(200, 90, None, 3))), opened.studio.accounts.provider(account.id)
    )
    shown = [each.text() for each in detail.findChildren(QLabel) if each.isVisibleTo(detail)]
    assert f"{promised} It never starts a paid job." in shown
    assert ("Balance" in shown) is balance
    assert ("Not shown" in shown) is balance
    assert "3 found" in shown


def test_the_test_of_the_simulator_is_real(opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run) -> None:
    dialog.show_page("accounts", "simulator-rivya")
    detail = dialog.accounts.detail
    assert not detail.remove.isVisible()
    assert not detail.form.key.isVisible()
    click(qtbot, detail.card.button)
    run.until(lambda: detail.card.title == "Connection works", 30)
    assert detail.card.facts[0] == "200 OK"
