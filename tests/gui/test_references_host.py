"""The reference host in an account's settings: kept, its secret in the keyring, tested against a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from sora_desktop.core.accounts import Account, ReferenceHost
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.reference_host import ReferenceHostSection
from support.bucket import ACCESS, SECRET, S3Server, running_bucket
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
KEY = "a-key-of-a-test-0123456789"


@pytest.fixture
def account(opened: Opened, run: Run) -> Account:
    made = opened.studio.accounts.draft("globalaiopc", "My GlobalAIOPC")
    run(opened.studio.accounts.add(made, KEY))
    return made


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot, account: Account) -> SettingsDialog:
    made = SettingsDialog(opened.studio)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.open_page("accounts", account.id)
    opened.idle()
    return made


@pytest.fixture
def section(dialog: SettingsDialog) -> ReferenceHostSection:
    return dialog.accounts.detail.host


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with running_bucket() as server:
        yield server


def kept(opened: Opened, account: Account) -> ReferenceHost | None:
    found = opened.studio.accounts.get(account.id)
    assert found is not None
    return found.reference_host


def choose(qtbot: QtBot, opened: Opened, section: ReferenceHostSection, kind: str) -> None:
    qtbot.mouseClick(next(one for one in section.kind.segments if one.choice.value == kind), LEFT)
    opened.idle()


def write(qtbot: QtBot, opened: Opened, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    opened.idle()


def test_it_is_offered_only_where_the_service_takes_no_files(
    dialog: SettingsDialog, section: ReferenceHostSection, opened: Opened, run: Run
) -> None:
    assert section.isVisible()
    assert section.kind.value == ""
    assert not section.test.isVisible()
    rivya = opened.studio.accounts.draft("rivya", "Rivya")
    run(opened.studio.accounts.add(rivya, KEY))
    for other in (rivya.id, "simulator-rivya", "simulator-globalaiopc"):
        dialog.open_page("accounts", other)
        opened.idle()
        assert not section.isVisible(), other


def test_a_bucket_is_kept_when_it_is_whole_and_tested_on_a_real_server(
    qtbot: QtBot, opened: Opened, run: Run, account: Account, section: ReferenceHostSection, s3: S3Server
) -> None:
    choose(qtbot, opened, section, "s3")
    write(qtbot, opened, section.fields["endpoint"], s3.endpoint)
    write(qtbot, opened, section.fields["bucket"], s3.bucket)
    assert kept(opened, account) is None
    assert section.said.text.startswith("Not in use yet.")
    write(qtbot, opened, section.fields["region"], "eu-central-1")
    write(qtbot, opened, section.fields["prefix"], " sora/ ")
    write(qtbot, opened, section.fields["access_key"], ACCESS)
    assert kept(opened, account) == s3.host()
    assert not section.said.isVisible()
    section.lifetime.setCurrentIndex(0)
    section.lifetime.activated.emit(0)
    opened.idle()
    assert kept(opened, account) == s3.host(link_seconds=3600)

    qtbot.mouseClick(section.test, LEFT)
    opened.idle()
    assert "no secret key" in section.said.text
    qtbot.mouseClick(section.secret.replace, LEFT)
    qtbot.keyClicks(section.secret.edit, SECRET)
    qtbot.mouseClick(section.secret.save, LEFT)
    opened.idle()
    assert section.secret.place_text.startswith("This session only")
    assert run(opened.studio.accounts.host_secret_state(account.id)) is SecretState.SESSION
    qtbot.mouseClick(section.test, LEFT)
    assert not section.test.isEnabled()
    opened.idle()
    assert section.said.text.startswith("It works")
    assert section.test.isEnabled()
    assert s3.names() == [], "nothing is left there"

    write(qtbot, opened, section.fields["bucket"], "another-one")
    qtbot.mouseClick(section.test, LEFT)
    opened.idle()
    assert "has no such bucket" in section.said.text
    choose(qtbot, opened, section, "")
    assert kept(opened, account) is None


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [("endpoint", "http://s3.example.com", "unprotected"), ("bucket", "no bucket!", "no name of a bucket")],
)
def test_what_cannot_be_is_said_at_its_field(
    qtbot: QtBot, opened: Opened, account: Account, section: ReferenceHostSection, field: str, text: str, says: str
) -> None:
    choose(qtbot, opened, section, "s3")
    write(qtbot, opened, section.fields["endpoint"], "https://s3.example.com")
    write(qtbot, opened, section.fields["bucket"], "pictures")
    write(qtbot, opened, section.fields["access_key"], ACCESS)
    before = kept(opened, account)
    write(qtbot, opened, section.fields[field], text)
    assert says in section.form.text_of(field)
    assert kept(opened, account) == before


def test_another_account_with_uploads(
    qtbot: QtBot, opened: Opened, run: Run, account: Account, section: ReferenceHostSection
) -> None:
    choose(qtbot, opened, section, "account")
    assert section.account.count() == 0
    assert "Add an account that takes uploads" in section.said.text
    rivya = opened.studio.accounts.draft("rivya", "Rivya of ours")
    run(opened.studio.accounts.add(rivya, KEY))
    opened.idle()
    assert [section.account.itemText(row) for row in range(section.account.count())] == ["Rivya of ours"]
    section.account.activated.emit(0)
    opened.idle()
    assert kept(opened, account) == ReferenceHost(kind="account", account=rivya.id)
    qtbot.mouseClick(section.test, LEFT)
    opened.idle()
    assert section.said.text.startswith("It works")
    assert opened.studio.engine.references.takes_files(
        account.id, opened.studio.accounts.models(account.id)[0].references
    )
