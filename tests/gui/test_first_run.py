"""The first screen: made from the catalogue, true about keys, gone when there is something to show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from sora_desktop.ui.first_run import FirstRun
from sora_desktop.ui.main_window import MainWindow
from support.loops import Run
from support.studio import Opened, in_the_open


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    run(opened.rooms.engine.start())
    with in_the_open(MainWindow(opened.studio), run, qtbot) as made:
        yield made


def shown(window: MainWindow) -> bool:
    return window.centre.shown is window.first_run


def test_there_is_a_card_for_the_simulator_and_for_each_service_of_the_catalogue(window: MainWindow) -> None:
    first_run = window.first_run
    assert shown(window)
    providers = [provider for provider in window.studio.catalog.providers if provider.welcome]
    assert set(first_run.cards) == {"simulator", *(provider.id for provider in providers)}
    assert {"rivya", "globalaiopc"} == set(first_run.cards) - {"simulator"}
    for provider in providers:
        card = first_run.cards[provider.id]
        assert card.accessibleName() == f"Add your {provider.name} key"
        assert card.accessibleDescription() == provider.summary
    assert next(iter(first_run.cards)) == "simulator"
    assert window.focusWidget() is first_run.cards["simulator"]


def test_the_simulator_card_leaves_a_prompt_ready_to_be_sent(window: MainWindow, qtbot: QtBot, opened: Opened) -> None:
    qtbot.keyClick(window.first_run.cards["simulator"], Qt.Key.Key_Space)
    page = window.compose.page
    assert page.account is not None
    assert page.account.builtin
    assert len(page.draft.prompt) > 40
    assert window.compose.editor.text.toPlainText() == page.draft.prompt
    assert window.focusWidget() is window.compose.editor.text
    assert page.problems() == []
    assert shown(window), "it stays until there is a job"


def test_what_the_person_wrote_is_not_overwritten(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.compose.editor.text, "my own words")
    qtbot.mouseClick(window.first_run.cards["simulator"], Qt.MouseButton.LeftButton)
    assert window.compose.page.draft.prompt == "my own words"


def test_a_services_card_opens_the_settings_at_a_new_account_of_it(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.first_run.cards["globalaiopc"], Qt.MouseButton.LeftButton)
    dialog = window.dialogs.settings
    assert dialog is not None
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert dialog.accounts.adding
    assert dialog.accounts.new.name.text() == "GlobalAIOPC"


def test_an_account_ends_the_first_run_for_good(window: MainWindow, opened: Opened, run: Run, qtbot: QtBot) -> None:
    run(opened.studio.accounts.add(opened.studio.accounts.draft("rivya"), "rvya_sk_0123456789abcd"))
    assert not shown(window)
    run.until(lambda: opened.studio.settings.current.welcomed)
    (account,) = (each for each in opened.studio.accounts.all if not each.builtin)
    run(opened.studio.accounts.remove(account.id))
    assert not shown(window)
    with in_the_open(MainWindow(opened.studio), run, qtbot) as again:
        assert not shown(again)


def test_without_a_keyring_it_promises_none(window: MainWindow, run: Run) -> None:
    run.until(lambda: "no system keyring" in window.first_run.keyring_text)
    assert "go to the system keyring" not in window.first_run.keyring_text


def test_with_a_keyring_it_says_so_without_opening_it(
    opened: Opened, run: Run, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def available() -> bool:
        return True

    async def get(account: str) -> None:
        asked.append(account)

    monkeypatch.setattr(opened.studio.secrets, "available", available)
    monkeypatch.setattr(opened.studio.secrets, "get", get)
    screen = FirstRun(opened.studio)
    qtbot.addWidget(screen)
    screen.show()
    run.until(lambda: "go to the system keyring" in screen.keyring_text)
    assert asked == []


def test_the_videos_folder_is_chosen_here_too(
    window: MainWindow, opened: Opened, run: Run, qtbot: QtBot, tmp_path: Path
) -> None:
    target = tmp_path / "clips"
    target.mkdir()
    qtbot.mouseClick(window.first_run.folder_button, Qt.MouseButton.LeftButton)
    dialog = window.first_run.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(target))
    dialog.close()
    run.until(lambda: opened.studio.settings.current.videos_folder == str(target))
    assert "clips" in window.status.folder.text()
