"""What can be set of an account: colour, limits, way through the network, extra headers; what its address became."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.accounts import Account
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.storage.secrets import SecretState
from sora_desktop.ui.account_colours import NAMES, colours_of
from sora_desktop.ui.compose.picker import PickerButton
from sora_desktop.ui.compose.picker_list import PickerPopup
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.queue.panel import QueuePanel
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.headers_section import HeadersSection
from sora_desktop.ui.tokens import ACCOUNT_COLOURS
from support.loops import Run
from support.settings import KEY, write
from support.studio import Opened, in_the_open

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def account(opened: Opened, run: Run) -> Account:
    made = opened.studio.accounts.draft("rivya", "First")
    run(opened.studio.accounts.add(made, KEY))
    return made


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot, account: Account) -> SettingsDialog:
    made = SettingsDialog(opened.studio)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.open_page("accounts", account.id)
    opened.idle()
    return made


def kept(opened: Opened, account: Account) -> Account:
    found = opened.studio.accounts.get(account.id)
    assert found is not None
    return found


def put_job(opened: Opened, account: Account, base_url: str) -> None:
    job = Job(
        id="j1",
        intent="i1",
        account=account.id,
        base_url=base_url,
        request=GenerationRequest(provider="rivya", model="sora-2", prompt="x"),
        state=State.PROCESSING,
        created_at=time.time(),
    )
    opened.studio.engine.jobs[job.id] = job


def test_each_account_has_a_colour_of_its_own_until_the_palette_is_used_up(account: Account) -> None:
    own = [account.model_copy(update={"id": str(number), "created_at": float(number)}) for number in range(10)]
    found = colours_of(own)
    assert list(found.values()) == [*NAMES, *NAMES[:2]]
    own[3] = own[3].model_copy(update={"colour": NAMES[0]})
    assert colours_of(own)["0"] == NAMES[1], "what was chosen is not given away"
    assert colours_of([account.model_copy(update={"builtin": True})]) == {}


def test_a_colour_is_taken_by_the_keyboard_and_kept(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, account: Account
) -> None:
    form = dialog.accounts.detail.form
    assert form.colour.value == NAMES[0]
    form.name.setFocus()
    qtbot.keyClick(form.name, Qt.Key.Key_Tab)
    first = form.colour.swatches[0]
    assert first.hasFocus()
    assert first.accessibleName() == "Blue"
    qtbot.keyClick(first, Qt.Key.Key_Right)
    opened.idle()
    assert kept(opened, account).colour == NAMES[1]
    assert form.colour.swatches[1].hasFocus()
    qtbot.mouseClick(form.colour.swatches[4], LEFT)
    opened.idle()
    assert kept(opened, account).colour == NAMES[4]
    assert [each.isChecked() for each in form.colour.swatches].index(True) == 4


def test_colours_tell_accounts_apart_in_picker_and_queue_where_there_are_several(
    opened: Opened, qtbot: QtBot, run: Run, account: Account
) -> None:
    put_job(opened, account, account.base_url)
    panel = QueuePanel(opened.studio)
    qtbot.addWidget(panel)
    lines = panel.model.lines
    job = opened.studio.engine.jobs["j1"]
    picker = PickerPopup(opened.studio, panel)
    picker.open_for(panel, ("", ""), {})
    assert lines.job(job).colour == "", "one account needs no mark"
    assert {picker.model.entry(row).colour for row in range(picker.model.rowCount())} == {""}
    other = opened.studio.accounts.draft("rivya", "Second").model_copy(update={"colour": "pink"})
    run(opened.studio.accounts.add(other, KEY))
    assert lines.job(job).colour == NAMES[0]
    assert lines.job(job.having(account=other.id)).colour == "pink"
    assert lines.job(job.having(account="simulator-rivya")).colour == ""
    picker.open_for(panel, ("", ""), {})
    entries = [picker.model.entry(row) for row in range(picker.model.rowCount())]
    headings = {entry.account.name: entry.colour for entry in entries if entry.model is None}
    assert (headings["First"], headings["Second"]) == (NAMES[0], "pink")
    picker.hide()
    assert ACCOUNT_COLOURS["pink"]["dark"] in painted(panel, other), "the dot is painted"


def painted(parent: QWidget, account: Account) -> set[str]:
    """The colours of the picker's button for an account."""
    button = PickerButton(parent)
    button.show_choice(account, None, colour=account.colour)
    button.resize(340, 48)
    image = button.grab().toImage()
    return {image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())}


def test_limits_and_proxy_are_kept_and_the_wheel_changes_nothing(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, account: Account
) -> None:
    form = dialog.accounts.detail.form
    form.per_minute.setFocus()
    form.per_minute.selectAll()
    qtbot.keyClicks(form.per_minute, "12")
    opened.idle()
    assert kept(opened, account).per_minute == account.per_minute, "a number counts when it is left"
    qtbot.keyClick(form.per_minute, Qt.Key.Key_Tab)
    opened.idle()
    assert kept(opened, account).per_minute == 12
    assert f"usual here: {account.per_minute}" in form.per_minute.accessibleDescription()
    form.proxy.setFocus()
    qtbot.keyClick(form.proxy, Qt.Key.Key_End)
    form.proxy.activated.emit(form.proxy.currentIndex())
    opened.idle()
    assert kept(opened, account).proxy == "none"


def test_what_is_typed_counts_when_the_dialog_is_closed(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, account: Account
) -> None:
    form = dialog.accounts.detail.form
    write(qtbot, form.name, "Renamed")
    dialog.close()
    opened.idle()
    assert kept(opened, account).name == "Renamed"
    dialog.open_page("accounts")
    form.at_once.setFocus()
    form.at_once.selectAll()
    qtbot.keyClicks(form.at_once, "7")
    dialog.close()
    opened.idle()
    assert kept(opened, account).at_once == 7
    dialog.open_page("accounts")
    qtbot.mouseClick(form.key.replace, LEFT)
    qtbot.keyClicks(form.key.edit, "half of a k")
    dialog.close()
    dialog.open_page("accounts")
    opened.idle()
    assert form.key.asking
    assert form.key.edit.text() == "half of a k"
    section = dialog.accounts.detail.headers
    section.fold.set_open(True)
    section.add_row()
    qtbot.keyClicks(section.rows[0].name, "X-Half")
    dialog.close()
    dialog.open_page("accounts")
    assert section.rows[0].name.text() == "X-Half"
    dialog.accounts.start_new("rivya")
    new = dialog.accounts.new
    write(qtbot, new.name, "Half written")
    dialog.close()
    dialog.open_page("accounts")
    assert dialog.accounts.adding
    assert new.name.text() == "Half written"
    qtbot.mouseClick(new.cancel, LEFT)
    dialog.close()
    dialog.open_page("accounts")
    assert not dialog.accounts.adding


def test_a_second_account_of_a_service_has_a_free_name_and_another_colour(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog.accounts.states, "test", lambda _account: None)
    names: list[str] = []
    for _ in range(2):
        dialog.accounts.start_new("rivya")
        new = dialog.accounts.new
        names.append(new.name.text())
        qtbot.keyClicks(new.key, KEY)
        qtbot.keyClick(new.key, Qt.Key.Key_Return)
        opened.idle()
    assert names == ["Rivya", "Rivya 2"]
    own = [each for each in opened.studio.accounts.all if not each.builtin]
    assert [each.name for each in own] == ["First", "Rivya", "Rivya 2"]
    assert len({*colours_of(own).values()}) == 3


def test_a_mended_address_is_shown_as_it_is_kept_and_says_so(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, account: Account
) -> None:
    form = dialog.accounts.detail.form
    assert form.note_of("url") == ""
    write(qtbot, form.base_url, "gate.example.com/")
    qtbot.keyClick(form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    assert form.base_url.text() == kept(opened, account).base_url == "https://gate.example.com"
    assert "gate.example.com/" in form.note_of("url")
    write(qtbot, form.base_url, "https://gate.example.com/video")
    qtbot.keyClick(form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    assert form.note_of("url") == ""


def test_a_job_under_way_stays_where_it_was_sent_and_the_page_says_so(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, account: Account
) -> None:
    put_job(opened, account, account.base_url)
    form = dialog.accounts.detail.form
    write(qtbot, form.base_url, "https://gate.example.com")
    assert "stays with its address" in form.note_of("url")
    qtbot.keyClick(form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    assert "goes on at the address before" in form.note_of("url")
    write(qtbot, form.base_url, "ftp://gate.example.com")
    qtbot.keyClick(form.base_url, Qt.Key.Key_Tab)
    opened.idle()
    assert "is no web address" in form.text_of("url"), "what is wrong comes before what is quiet"


def add_header(qtbot: QtBot, opened: Opened, section: HeadersSection, name: str, value: str) -> None:
    qtbot.mouseClick(section.add, LEFT)
    row = section.rows[-1]
    assert row.name.hasFocus()
    qtbot.keyClicks(row.name, name)
    qtbot.keyClick(row.name, Qt.Key.Key_Tab)
    assert row.value.hasFocus()
    qtbot.keyClicks(row.value, value)
    qtbot.keyClick(row.value, Qt.Key.Key_Tab)
    opened.idle()


def test_headers_are_kept_with_the_key_and_never_shown(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, account: Account
) -> None:
    section = dialog.accounts.detail.headers
    section.fold.set_open(True)
    add_header(qtbot, opened, section, "X-Team", "canary-one")
    add_header(qtbot, opened, section, "X-Route", "canary-two")
    connection = run(opened.studio.accounts.connection(account.id))
    assert connection.headers == {"X-Team": "canary-one", "X-Route": "canary-two"}
    assert kept(opened, account).header_names == ("X-Team", "X-Route")
    assert "canary" not in "".join(each.displayText() for each in section.findChildren(QLineEdit))
    assert "canary" not in kept(opened, account).model_dump_json()
    assert "this session only" in section.said.text

    row = section.rows[0]
    write(qtbot, row.value, "another")
    qtbot.keyClick(row.value, Qt.Key.Key_Return)
    opened.idle()
    assert run(opened.studio.accounts.connection(account.id)).headers["X-Team"] == "another"
    assert row.value.text() == ""
    row.remove.setFocus()
    qtbot.keyClick(row.remove, Qt.Key.Key_Space)
    opened.idle()
    assert run(opened.studio.accounts.connection(account.id)).headers == {"X-Route": "canary-two"}
    assert section.rows[0].value.hasFocus()
    qtbot.mouseClick(section.rows[0].remove, LEFT)
    opened.idle()
    assert kept(opened, account).header_names == ()
    assert run(opened.studio.secrets.where(f"{account.id}/headers")) is not SecretState.SESSION


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("Authorization", "x", "cannot be an extra header"),
        ("X Team", "x", "cannot be an extra header"),
        ("X-Team", "größe", "plain characters"),
        ("x-kept", "x", "already"),
    ],
)
def test_a_header_that_cannot_be_sent_is_said_at_its_row(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, account: Account, name: str, value: str, says: str
) -> None:
    run(opened.studio.accounts.set_headers(account.id, {"X-Kept": "y"}))
    dialog.show_page("accounts", "simulator-rivya")
    assert not dialog.accounts.detail.headers.isVisible()
    dialog.show_page("accounts", account.id)
    section = dialog.accounts.detail.headers
    assert [row.kept for row in section.rows] == ["X-Kept"]
    qtbot.mouseClick(section.add, LEFT)
    row = section.rows[-1]
    qtbot.keyClicks(row.name, name)
    row.value.setText(value)
    row.value.editingFinished.emit()
    opened.idle()
    assert says in row.problem
    assert kept(opened, account).header_names == ("X-Kept",)


def test_a_server_in_the_own_network_can_be_allowed_when_it_is_added(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog.accounts.states, "test", lambda _account: None)
    dialog.accounts.start_new("rivya")
    new = dialog.accounts.new
    qtbot.keyClicks(new.key, KEY)
    write(qtbot, new.base_url, "http://10.0.0.7:8000/")
    qtbot.keyClick(new.base_url, Qt.Key.Key_Return)
    assert "unprotected" in new.form.text_of("url")
    qtbot.mouseClick(new.allow_http, LEFT)
    qtbot.mouseClick(new.add, LEFT)
    opened.idle()
    made = next(each for each in opened.studio.accounts.all if each.name == "Rivya")
    assert (made.base_url, made.allow_http) == ("http://10.0.0.7:8000", True)
    assert "http://10.0.0.7:8000/" in dialog.accounts.detail.form.note_of("url")


def test_the_link_of_the_references_leads_to_the_reference_host(
    opened: Opened, qtbot: QtBot, run: Run, account: Account
) -> None:
    made = opened.studio.accounts.draft("globalaiopc", "By address")
    run(opened.studio.accounts.add(made, KEY))
    with in_the_open(MainWindow(opened.studio), run, qtbot) as window:
        opened.idle()
        window.compose.choose(made.id)
        opened.idle()
        link = window.compose.references.host_link
        assert link.isVisible()
        qtbot.mouseClick(link, LEFT)
        opened.idle()
        settings = window.dialogs.settings
        assert settings is not None
        detail = settings.accounts.detail
        assert detail.account_id == made.id
        qtbot.waitUntil(lambda: whole_in_sight(detail.host, settings))
        assert detail.host.isAncestorOf(settings.focusWidget())


def whole_in_sight(widget: QWidget, window: QWidget) -> bool:
    top = widget.mapTo(window, widget.rect().topLeft()).y()
    return widget.visibleRegion().boundingRect().height() == widget.height() and top > 0


def test_everything_of_an_account_has_a_name_and_is_reached_by_tab_from_top_to_bottom(
    dialog: SettingsDialog, qtbot: QtBot
) -> None:
    detail = dialog.accounts.detail
    detail.headers.fold.set_open(True)
    detail.headers.add_row()
    detail.form.name.setFocus()
    seen: list[QWidget] = []
    while (at := dialog.focusWidget()) is not None and at not in seen and detail.isAncestorOf(at):
        seen.append(at)
        assert at.accessibleName() or getattr(at, "text", str)(), at
        qtbot.keyClick(at, Qt.Key.Key_Tab)
    tops = [each.mapTo(detail, each.rect().center()).y() for each in seen]
    form, rows = detail.form, detail.headers.rows
    wanted = [
        form.name, form.colour.swatches[0], form.key.replace, form.base_url, form.proxy, form.at_once, form.per_minute,
        form.model, detail.card.button, detail.headers.fold.header, rows[0].name, rows[0].value, rows[0].remove,
        detail.headers.add, detail.remove,
    ]  # fmt: skip
    assert [each for each in seen if each in wanted] == wanted
    assert tops == sorted(tops) or max(b - a for a, b in zip(tops[1:], tops, strict=False)) < 20
