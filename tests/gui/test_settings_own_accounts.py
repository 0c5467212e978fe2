"""Accounts in the settings by clicks and keys, on the real stores: added, changed, moved and removed."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.accounts import Account
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.providers.base import Check
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.settings import SettingsDialog
from support.loops import Run
from support.settings import KEY, add_account, click, shown, write
from support.studio import Opened


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot) -> SettingsDialog:
    return shown(opened, qtbot)


def own(opened: Opened) -> list[Account]:
    return [account for account in opened.studio.accounts.all if not account.builtin]


def everything_shown(widget: QWidget) -> str:
    """Every text on the screen that a person could read."""
    texts = [each.text() for each in widget.findChildren(QLabel)]
    texts += [each.text() for each in widget.findChildren(QAbstractButton)]
    texts += [each.displayText() for each in widget.findChildren(QLineEdit)]
    texts += [each.toolTip() for each in widget.findChildren(QWidget)]
    return "\n".join(texts)


def test_an_account_is_added_from_the_menu_with_a_trimmed_key(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(_account: str) -> Check:
        return Check(200, 182.4, 1240, 2)

    monkeypatch.setattr(opened.studio.engine, "test", test)
    action = next(each for each in dialog.accounts.menu.actions() if each.text() == "Rivya")
    action.trigger()
    new = dialog.accounts.new
    assert new.name.text() == "Rivya"
    assert new.key.hasFocus()
    write(qtbot, new.key, "")
    new.key.setText(f"  Bearer {KEY} \n")
    qtbot.keyClick(new.key, Qt.Key.Key_Return)
    opened.idle()

    (account,) = own(opened)
    assert (account.name, account.provider) == ("Rivya", "rivya")
    assert run(opened.studio.accounts.key_tail(account.id)) == "9f3a"
    assert run(opened.studio.accounts.connection(account.id)).key == KEY
    assert dialog.isVisible(), "Return in a field adds the account and closes nothing"
    detail = dialog.accounts.detail
    assert detail.account_id == account.id
    assert detail.form.key.shown_text.endswith("9f3a")
    assert detail.card.title == "Connection works"
    assert detail.card.facts == ("200 OK", "182 ms", "1\u202f240 credits", "2 found")
    assert "canary" not in everything_shown(dialog)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("", "Paste the API key."),
        ("rvya_sk_with space", "Character 13 of this key cannot be sent."),
        ("x" * 1001, "longer than any API key"),
        ("schlüssel_1234567", "Character 5 of this key cannot be sent."),
    ],
)
def test_a_bad_key_is_said_at_the_field_and_nothing_is_added(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, key: str, said: str
) -> None:
    dialog.accounts.start_new("rivya")
    new = dialog.accounts.new
    new.key.setText(key)
    click(qtbot, new.add)
    opened.idle()
    assert said in new.form.text_of("key")
    assert new.key.property("invalid") == "true"
    assert new.key.hasFocus()
    assert own(opened) == []


def test_plain_http_to_another_machine_is_refused_at_the_address(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot
) -> None:
    dialog.accounts.start_new("rivya")
    new = dialog.accounts.new
    new.key.setText(KEY)
    write(qtbot, new.base_url, "http://example.com/api")
    click(qtbot, new.add)
    opened.idle()
    assert "would send your key to example.com unprotected" in new.form.text_of("url")
    assert own(opened) == []


def test_without_a_keyring_the_key_lives_for_this_session_and_the_page_says_so(
    opened: Opened, dialog: SettingsDialog, run: Run
) -> None:
    account = add_account(opened, run)
    dialog.show_page("accounts", account.id)
    opened.idle()
    assert "This session only" in dialog.accounts.detail.form.key.place_text
    assert "In system keyring" not in everything_shown(dialog)


def test_the_key_is_replaced_as_a_whole_and_never_shown(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run
) -> None:
    account = add_account(opened, run)
    dialog.show_page("accounts", account.id)
    opened.idle()
    key = dialog.accounts.detail.form.key
    click(qtbot, key.replace)
    assert key.edit.hasFocus()
    assert key.edit.text() == ""
    qtbot.keyClicks(key.edit, "new secret")
    click(qtbot, key.save)
    opened.idle()
    assert "Character 4" in dialog.accounts.detail.form.text_of("key")
    assert run(opened.studio.accounts.connection(account.id)).key == KEY, "a bad key replaces nothing"
    write(qtbot, key.edit, "rvya_sk_another_77771234")
    assert "another" not in everything_shown(dialog)
    qtbot.keyClick(key.edit, Qt.Key.Key_Return)
    opened.idle()
    assert not key.asking
    assert key.shown_text.endswith("1234")
    assert dialog.accounts.detail.form.text_of("key") == ""
    assert run(opened.studio.accounts.connection(account.id)).key == "rvya_sk_another_77771234"


def test_escape_leaves_the_key_as_it_was(opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run) -> None:
    account = add_account(opened, run)
    dialog.show_page("accounts", account.id)
    key = dialog.accounts.detail.form.key
    click(qtbot, key.replace)
    qtbot.keyClicks(key.edit, "something")
    qtbot.keyClick(key.edit, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert not key.asking
    assert run(opened.studio.accounts.connection(account.id)).key == KEY


def test_changes_count_when_a_field_is_left(opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run) -> None:
    account = add_account(opened, run)
    dialog.show_page("accounts", account.id)
    detail = dialog.accounts.detail
    write(qtbot, detail.form.name, "Studio account")
    qtbot.keyClick(detail.form.name, Qt.Key.Key_Return)
    opened.idle()
    write(qtbot, detail.form.base_url, "https://gate.example.com/v1/")
    qtbot.keyClick(detail.form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    detail.form.at_once.setFocus()
    qtbot.keyClick(detail.form.at_once, Qt.Key.Key_Up)
    opened.idle()
    click(qtbot, detail.enabled)
    opened.idle()
    detail.form.model.setFocus()
    detail.form.model.setCurrentIndex(1)
    detail.form.model.activated.emit(1)
    opened.idle()
    kept = next(each for each in run(opened.rooms.accounts._store.all()) if each.id == account.id)
    assert (kept.name, kept.base_url) == ("Studio account", "https://gate.example.com/v1")
    assert (kept.at_once, kept.enabled, kept.default_model) == (account.at_once + 1, False, "sora-2-pro")
    assert "key" not in kept.model_dump_json().lower().replace("key_", "")
    click(qtbot, detail.form.reset_url)
    opened.idle()
    found = opened.studio.accounts.get(account.id)
    assert found is not None
    assert found.base_url == "https://rivya.ai"


def test_a_bad_name_or_address_is_said_at_its_field_and_not_kept(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run
) -> None:
    add_account(opened, run, name="First")
    second = add_account(opened, run, name="Second")
    dialog.show_page("accounts", second.id)
    detail = dialog.accounts.detail
    write(qtbot, detail.form.name, "first")
    qtbot.keyClick(detail.form.name, Qt.Key.Key_Tab)
    opened.idle()
    assert detail.form.text_of("name") != ""
    write(qtbot, detail.form.base_url, "ftp://files.example.com")
    qtbot.keyClick(detail.form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    assert "is no web address" in detail.form.text_of("url")
    kept = opened.studio.accounts.get(second.id)
    assert kept is not None
    assert (kept.name, kept.base_url) == ("Second", second.base_url)
    write(qtbot, detail.form.base_url, "http://10.0.0.7:8000")
    qtbot.keyClick(detail.form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    assert "unprotected" in detail.form.text_of("url")
    assert detail.form.allow_http.isVisible()
    click(qtbot, detail.form.allow_http)
    opened.idle()
    kept = opened.studio.accounts.get(second.id)
    assert kept is not None
    assert (kept.base_url, kept.allow_http) == ("http://10.0.0.7:8000", True)
    assert detail.form.text_of("url") == ""


def answer_box(dialog: QWidget, word: str) -> None:
    box = dialog.findChild(QMessageBox)
    assert box is not None
    next(each for each in box.findChildren(QPushButton) if each.text() == word).click()


def test_removing_asks_says_what_happens_and_forgets_the_key(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run
) -> None:
    account = add_account(opened, run)
    job = Job(
        id="j1",
        intent="i1",
        account=account.id,
        base_url=account.base_url,
        request=GenerationRequest(provider="rivya", model="sora-2", prompt="x"),
        state=State.WAITING,
        created_at=time.time(),
    )
    opened.studio.engine.jobs[job.id] = job
    dialog.show_page("accounts", account.id)
    click(qtbot, dialog.accounts.detail.remove)
    box = dialog.findChild(QMessageBox)
    assert box is not None
    assert box.textFormat() == Qt.TextFormat.PlainText
    assert "1 of its jobs have not ended" in box.informativeText()
    answer_box(dialog, "Keep it")
    opened.idle()
    assert own(opened) == [account]
    qtbot.waitUntil(lambda: dialog.findChild(QMessageBox) is None)
    click(qtbot, dialog.accounts.detail.remove)
    answer_box(dialog, "Remove account")
    opened.idle()
    assert own(opened) == []
    assert run(opened.studio.secrets.get(account.id)).state is not SecretState.SESSION
    assert dialog.accounts.detail.account_id == "simulator-rivya"


def test_the_order_of_accounts_is_the_users(opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run) -> None:
    names = ("One", "Two", "Three")
    ids = [add_account(opened, run, name=name).id for name in names]
    accounts = dialog.accounts.list
    dialog.show_page("accounts", ids[2])
    accounts.setFocus()
    qtbot.keyClick(accounts, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    opened.idle()
    assert [each.name for each in own(opened)] == ["One", "Three", "Two"]
    assert accounts.ids[:3] == [ids[0], ids[2], ids[1]]
    assert accounts.current_id == ids[2]
    qtbot.keyClick(accounts, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    opened.idle()
    qtbot.keyClick(accounts, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    opened.idle()
    assert [each.name for each in own(opened)] == ["Three", "One", "Two"]
