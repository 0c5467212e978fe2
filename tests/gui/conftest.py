"""What the tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLoggingCategory
from PySide6.QtWidgets import QApplication

from sora_desktop.app import QUIET
from sora_desktop.ui.theme import theme
from support.loops import Run
from support.studio import Opened


@pytest.fixture
def dressed(qapp: QApplication) -> Iterator[QApplication]:
    """The program in its dark theme, at 100 %, without Qt's words about the machine's codecs."""
    QLoggingCategory.setFilterRules(QUIET)
    theme().apply(qapp, "dark", 100)
    yield qapp
    QLoggingCategory.setFilterRules("")
    if (theme().name, theme().text_size) != ("dark", 100):
        theme().apply(qapp, "dark", 100)


@pytest.fixture
def opened(run: Run, dressed: QApplication, tmp_path: Path) -> Iterator[Opened]:
    """A studio on the real stores in `tmp_path`; its engine is not started."""
    made = Opened(run, tmp_path / "data")
    yield made
    made.close()
