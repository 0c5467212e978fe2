"""The settings as a whole and their pages for files, appearance and privacy, by clicks and keys, on the real stores."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.jobs import Job
from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.settings import SettingsDialog
from sora_desktop.ui.theme import theme
from support.loops import Run
from support.settings import KEY, add_account, click, shown, write
from support.studio import Opened


@pytest.fixture
def dialog(opened: Opened, qtbot: QtBot) -> SettingsDialog:
    return shown(opened, qtbot)


def test_the_folder_of_the_videos_is_changed_and_a_bad_one_refused(
    opened: Opened, dialog: SettingsDialog, tmp_path: Path, run: Run
) -> None:
    dialog.show_page("files")
    page = dialog.findChild(QWidget, "files-page")
    assert page is not None
    target = tmp_path / "my clips"
    page._set_folder(str(target))  # type: ignore[attr-defined]  # the folder dialog is the system's
    opened.idle()
    assert opened.studio.settings.current.videos_folder == str(target)
    assert target.is_dir()
    (tmp_path / "file").write_text("in the way")
    page._set_folder(str(tmp_path / "file" / "clips"))  # type: ignore[attr-defined]
    opened.idle()
    assert "cannot be written to" in page.form.text_of("folder")  # type: ignore[attr-defined]
    assert opened.studio.settings.current.videos_folder == str(target)


def test_a_name_template_shows_its_example_and_its_mistakes(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot
) -> None:
    dialog.show_page("files")
    page = dialog.findChild(QWidget, "files-page")
    template: QLineEdit = page.template  # type: ignore[union-attr]
    write(qtbot, template, "{model} {nonsense}")
    assert "{nonsense} stands for nothing" in page.form.text_of("template")  # type: ignore[union-attr]
    qtbot.keyClick(template, Qt.Key.Key_Tab)
    opened.idle()
    assert opened.studio.settings.current.name_template == "{date} {prompt} {id}", "a wrong one is not kept"
    write(qtbot, template, "clip: {model}/{id}")
    example: QLabel = page.example  # type: ignore[union-attr]
    assert "/" not in example.text()
    assert example.text().startswith("clip")
    assert example.text().endswith(".mp4")
    qtbot.keyClick(template, Qt.Key.Key_Return)
    opened.idle()
    assert opened.studio.settings.current.name_template == "clip: {model}/{id}"
    write(qtbot, template, " ")
    assert "Give the files a name" in page.form.text_of("template")  # type: ignore[union-attr]


def test_theme_text_size_and_motion_are_kept(opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run) -> None:
    dialog.show_page("appearance")
    page = dialog.findChild(QWidget, "appearance-page")
    page.theme.setFocus()  # type: ignore[union-attr]
    page.theme.setCurrentIndex(2)  # type: ignore[union-attr]
    page.theme.activated.emit(2)  # type: ignore[union-attr]
    qtbot.keyClick(page.motion, Qt.Key.Key_Space)  # type: ignore[union-attr]
    qtbot.keyClick(page.box, Qt.Key.Key_Up)  # type: ignore[union-attr]
    run.until(lambda: opened.studio.settings.current.text_size == 105)
    assert opened.studio.settings.current.theme == "light"
    assert opened.studio.settings.current.reduce_motion is True


def test_the_search_finds_pages_by_what_is_written_on_them(dialog: SettingsDialog, qtbot: QtBot) -> None:
    def listed() -> list[str]:
        return [each.text() for each in dialog._nav_buttons.values() if each.isVisible()]

    assert listed() == ["Accounts", "Providers", "Network", "Files", "Appearance", "Privacy"]
    qtbot.keyClicks(dialog.search, "TELEmetry")
    assert listed() == ["Privacy"]
    qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.page == "privacy"
    write(qtbot, dialog.search, "no such thing")
    assert listed() == []
    assert dialog._nothing.isVisible()


def test_diagnostics_hold_no_key_and_no_prompt(
    opened: Opened, dialog: SettingsDialog, qtbot: QtBot, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    account = add_account(opened, run)
    opened.studio.paths.logs.joinpath("window.log").write_text(f"sent with {KEY}\n")
    request = GenerationRequest(provider="rivya", model="sora-2", prompt="a private thought")
    opened.studio.engine.jobs["j"] = Job(id="j", intent="i", account=account.id, base_url="", request=request)
    dialog.show_page("privacy")
    page = dialog.findChild(QWidget, "privacy-page")
    click(qtbot, page.copy)  # type: ignore[union-attr]
    text = QGuiApplication.clipboard().text()
    assert "1 waiting" in text
    assert "sent with •••" in text
    assert "canary" not in text
    assert "private thought" not in text


def test_the_dialog_keeps_its_smallest_size_and_survives_every_theme_and_size(
    dialog: SettingsDialog, dressed: QApplication
) -> None:
    assert (dialog.minimumWidth(), dialog.minimumHeight()) == (960, 620)
    grabbed: dict[str, object] = {}
    for name in ("dark", "light", "contrast"):
        for percent in (90, 150):
            theme().apply(dressed, name, percent)
            grabbed[name] = dialog.grab().toImage().pixel(40, 300)
    assert len(set(grabbed.values())) == 3
