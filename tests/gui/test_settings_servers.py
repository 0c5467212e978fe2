"""A server of the user's own in the settings: added, checked on the real simulator, its file opened and mended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from sora_desktop.core.accounts import Account
from sora_desktop.core.catalog_checks import faults
from sora_desktop.simulator.keys import SIMULATOR_OPENAI_VIDEOS_KEY
from sora_desktop.ui.catalogue_notes import report
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.server_card import ServerCard
from support.loops import Run
from support.simulator import SimulatorProcess
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(tmp_path_factory.mktemp("simulator"), 0.01) as running:
        yield running


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot) -> SettingsDialog:
    made = SettingsDialog(opened.studio)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.open_page("accounts")
    opened.idle()
    return made


def add_server(opened: Opened, dialog: SettingsDialog, qtbot: QtBot, url: str, key: str = "") -> Account:
    """By the keyboard, as a person does it."""
    action = next(each for each in dialog.accounts.menu.actions() if each.text() == "Your own server")
    action.trigger()
    new = dialog.accounts.new
    assert new.base_url.hasFocus()
    assert new.base_url.text() == ""
    qtbot.keyClicks(new.base_url, url)
    new.key.setText(key)
    qtbot.keyClick(new.base_url, Qt.Key.Key_Return)
    opened.idle()
    return next(each for each in opened.studio.accounts.all if not each.builtin)


@pytest.fixture
def card(dialog: SettingsDialog) -> ServerCard:
    return dialog.accounts.detail.server


class Opener(QObject):
    """Stands for the system's program for a file."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


@pytest.fixture
def opener() -> Iterator[Opener]:
    made = Opener()
    QDesktopServices.setUrlHandler("file", made, "open")  # pyright: ignore[reportArgumentType]  # The stub says bytes
    yield made
    QDesktopServices.unsetUrlHandler("file")


def test_a_server_is_added_checked_and_told_in_plain_words(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, card: ServerCard, simulator: SimulatorProcess
) -> None:
    account = add_server(opened, dialog, qtbot, simulator.openai_videos + "/v1/videos", SIMULATOR_OPENAI_VIDEOS_KEY)
    assert account.base_url == simulator.openai_videos
    assert "/v1/videos" in dialog.accounts.detail.form.note_of("url")
    assert card.isVisible()
    assert card.title == "Server checked", card.reason
    assert f"{account.name}\n  The models are those of its file" in report(opened.studio)
    found = opened.studio.accounts.provider(account.id)
    assert found is not None
    assert found.server is not None
    assert found.tails, "an address that is pasted later is mended as well"
    assert "tails" not in opened.studio.servers.file(account.id).read_text("utf-8")
    stops = (card.check, card.open, card.read, card.export, dialog.accounts.detail.card.button)
    card.check.setFocus()
    for before, after in pairwise(stops):
        qtbot.keyClick(before, Qt.Key.Key_Tab)
        assert after.hasFocus()
    assert card.facts["models"].startswith(f"{len(found.models)}: {found.models[0].name}")
    assert card.facts["lists"].startswith("Yes" if found.server.lists_tasks else "No")
    assert card.facts["deletes"] == ("Yes" if found.server.deletes else "No")
    assert dialog.accounts.detail.form.model.count() == len(found.models)
    assert dialog.accounts.detail.card.title in {"Connection works", "The service answers"}
    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in card.findChildren(QLabel))
    assert not any(each["method"] == "POST" and each["path"].endswith("/videos") for each in simulator.requests())


def test_a_wrong_key_and_no_server_are_told_and_the_check_can_be_made_again(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, card: ServerCard, simulator: SimulatorProcess
) -> None:
    account = add_server(opened, dialog, qtbot, simulator.openai_videos, "sk-wrong-key-0123456789")
    assert card.title == "The check failed"
    assert "does not accept this key" in card.reason
    assert "This server was not checked yet" in report(opened.studio)
    assert not card.open.isVisible()
    run(opened.studio.accounts.set_key(account.id, SIMULATOR_OPENAI_VIDEOS_KEY))
    assert card.check.text() == "Check this server"
    card.check.setFocus()
    qtbot.keyClick(card.check, Qt.Key.Key_Space)
    assert card.title == "Asking the server…"
    assert card.check.hasFocus(), "the focus stays where it was"
    opened.idle()
    assert card.title == "Server checked"
    assert card.reason == ""
    dialog.show_page("accounts", "simulator-rivya")
    assert not card.isVisible()


def test_the_file_is_opened_edited_read_again_and_exported(
    opened: Opened,
    dialog: SettingsDialog,
    qtbot: QtBot,
    card: ServerCard,
    simulator: SimulatorProcess,
    opener: Opener,
    tmp_path: Path,
) -> None:
    account = add_server(opened, dialog, qtbot, simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY)
    file = opened.studio.servers.file(account.id)
    qtbot.mouseClick(card.open, LEFT)
    assert opener.opened == [str(file)]

    good = file.read_text("utf-8")
    lines = good.splitlines()
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("per_minute"))
    file.write_text("\n".join([*lines[: at - 1], 'per_minute = "many"', *lines[at:]]) + "\n", "utf-8")
    qtbot.mouseClick(card.read, LEFT)
    opened.idle()
    assert f"Line {at}: per_minute" in card.problem
    assert card.facts, "what was known before stays in use"
    assert card.said == ""

    file.write_text(good.replace("lists_tasks = true", "lists_tasks = false"), "utf-8")
    qtbot.mouseClick(card.read, LEFT)
    opened.idle()
    assert card.problem == ""
    assert "read again" in card.said
    assert card.facts["lists"].startswith("No")

    qtbot.mouseClick(card.export, LEFT)
    asked = card.findChild(QFileDialog)
    assert asked is not None
    assert asked.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    asked.close()
    target = tmp_path / "copy.toml"
    card.export_to(str(target))
    opened.idle()
    assert target.read_text("utf-8") == file.read_text("utf-8")
    assert SIMULATOR_OPENAI_VIDEOS_KEY not in target.read_text("utf-8")
    assert str(target) in card.said
    card.export_to(str(tmp_path / "copy.toml" / "no folder.toml"))
    opened.idle()
    assert "cannot be written" in card.said


def test_a_server_that_names_no_models_says_what_to_do(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, card: ServerCard, simulator: SimulatorProcess
) -> None:
    account = add_server(opened, dialog, qtbot, simulator.openai_videos, SIMULATOR_OPENAI_VIDEOS_KEY)
    file = opened.studio.servers.file(account.id)
    assert card.advice == ""
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("[[models]]")], "utf-8")
    qtbot.mouseClick(card.read, LEFT)
    opened.idle()
    assert card.facts["models"] == "None named"
    assert "Open the file" in card.advice
    assert not dialog.accounts.detail.form.model.isVisible()
    provider = opened.studio.accounts.provider(account.id)
    assert provider is not None
    assert [*faults(provider)] == []
