"""The settings on an open studio, an account in them, and the hands that click and write."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from sora_desktop.core.accounts import Account
from sora_desktop.ui.settings import SettingsDialog
from support.loops import Run
from support.studio import Opened

KEY = "rvya_sk_canary_0123456789_9f3a"


def shown(opened: Opened, qtbot: QtBot) -> SettingsDialog:
    """The dialog on the screen, with all of it read."""
    made = SettingsDialog(opened.studio)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    opened.idle()
    return made


def click(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def add_account(opened: Opened, run: Run, provider: str = "rivya", name: str = "", key: str = KEY) -> Account:
    draft = opened.studio.accounts.draft(provider, name)
    run(opened.studio.accounts.add(draft, key))
    return draft
