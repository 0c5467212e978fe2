"""Services by the user's own files in the settings: listed, wrong ones told with their line, added, used."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from sora_desktop.storage.resources import resource
from sora_desktop.ui.about import ReadmeDialog
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.settings.providers_page import ProvidersPage
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def example() -> str:
    return resource("examples", "provider.toml").read_text("utf-8")


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot) -> SettingsDialog:
    made = SettingsDialog(opened.studio)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.open_page("providers")
    opened.idle()
    return made


@pytest.fixture
def page(dialog: SettingsDialog) -> ProvidersPage:
    return dialog.providers


def told(page: ProvidersPage) -> list[str]:
    return [hint.text for hint in page.hints]


def test_a_good_file_is_listed_and_an_account_of_it_can_be_added(
    opened: Opened, dialog: SettingsDialog, page: ProvidersPage, qtbot: QtBot, example: str
) -> None:
    assert told(page) == ["There is no file of yours yet."]
    opened.studio.providers.folder.mkdir(exist_ok=True)
    (opened.studio.providers.folder / "mine.toml").write_text(example, "utf-8")
    page.read.setFocus()
    qtbot.keyClick(page.read, Qt.Key.Key_Space)
    opened.idle()
    (row,) = page.rows
    assert row.words.startswith("mine.toml · ")
    assert told(page) == []
    qtbot.keyClick(page.read, Qt.Key.Key_Tab)
    assert row.add.hasFocus()
    qtbot.keyClick(row.add, Qt.Key.Key_Space)
    opened.idle()
    assert dialog.page == "accounts"
    assert dialog.accounts.adding
    assert dialog.accounts.new.name.text() == row.provider.name
    dialog.accounts.menu.aboutToShow.emit()
    assert row.provider.name in [action.text() for action in dialog.accounts.menu.actions()]


def test_a_broken_file_is_told_with_its_line_and_costs_nothing_else(
    opened: Opened, page: ProvidersPage, qtbot: QtBot, example: str
) -> None:
    folder = opened.studio.providers.folder
    (folder / "good.toml").write_text(example, "utf-8")
    lines = example.splitlines()
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("base_url"))
    lines[at - 1] = "base_url = 7"
    (folder / "wrong.toml").write_text("\n".join(lines), "utf-8")
    qtbot.mouseClick(page.read, LEFT)
    opened.idle()
    assert len(page.rows) == 1
    assert any(text.startswith(f"wrong.toml, line {at}: base_url") for text in told(page)), told(page)
    (folder / "wrong.toml").unlink()
    qtbot.mouseClick(page.read, LEFT)
    opened.idle()
    assert told(page) == []


def test_a_file_is_added_after_it_was_looked_at(
    opened: Opened, page: ProvidersPage, qtbot: QtBot, tmp_path: Path, example: str
) -> None:
    folder = opened.studio.providers.folder
    broken = tmp_path / "broken.toml"
    broken.write_text(example + "\nno toml", "utf-8")
    page.add_from(str(broken))
    opened.idle()
    assert "This file was not added" in page.said.text
    assert f"broken.toml:{len(broken.read_text('utf-8').splitlines())}" in page.said.text
    assert [*folder.glob("*.toml")] == []

    good = tmp_path / "good.toml"
    good.write_text(example, "utf-8")
    qtbot.mouseClick(page.add, LEFT)
    asked = page.findChild(QFileDialog)
    assert asked is not None
    asked.fileSelected.emit(str(good))
    asked.close()
    opened.idle()
    assert (folder / "good.toml").read_text("utf-8") == example
    assert "was added" in page.said.text
    assert page.window().focusWidget() is page.rows[0].add

    page.add_from(str(good))
    opened.idle()
    assert "is the id of the service in good.toml" in page.said.text
    assert [file.name for file in folder.glob("*.toml")] == ["good.toml"]

    other = tmp_path / "elsewhere" / "good.toml"
    other.parent.mkdir()
    name = page.rows[0].provider.id
    other.write_text(example.replace(f'id = "{name}"', 'id = "another"', 1), "utf-8")
    page.add_from(str(other))
    opened.idle()
    assert sorted(file.name for file in folder.glob("*.toml")) == ["good (2).toml", "good.toml"]
    page.add_from(str(tmp_path / "nowhere.toml"))
    opened.idle()
    assert "This file was not added. nowhere.toml" in page.said.text


def test_the_docs_are_one_click_away(page: ProvidersPage, qtbot: QtBot, dialog: SettingsDialog) -> None:
    qtbot.mouseClick(page.docs, LEFT)
    shown = dialog.findChild(ReadmeDialog)
    assert shown is not None
    assert shown.text.toPlainText()
    shown.close()
