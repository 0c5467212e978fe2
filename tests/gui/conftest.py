"""What the tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLoggingCategory
from PySide6.QtWidgets import QApplication

from sora_desktop.app import QUIET
from sora_desktop.core.references import ReferenceRule
from sora_desktop.engine.simulator_process import SimulatorProcess
from sora_desktop.media.render import render
from sora_desktop.ui import job_orders
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.queue import row_pictures
from sora_desktop.ui.references.section import ReferencesSection
from sora_desktop.ui.theme import theme
from support import warm
from support.loops import Run
from support.studio import Opened
from support.viewer import FPS, SECONDS


@pytest.fixture(autouse=True)
def warm_simulators(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for all tests (see there), and small clips: the frames of a full one take seconds."""
    real = SimulatorProcess._command
    monkeypatch.setattr(SimulatorProcess, "_command", lambda self: warm.instead_of(real(self), "--light"))


@pytest.fixture(autouse=True)
def quick_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No click gives a disk up because the machine has other things to do."""
    monkeypatch.setattr(job_orders, "MOMENT", 10.0)


@pytest.fixture(autouse=True)
def painted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test looks at is there with the first painting, however slow the machine is."""
    for name in ("SLICE", "HURRIED", "UNHURRIED", "SHARE", "ROOM"):
        monkeypatch.setattr(row_pictures, name, 1e9)


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


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clip that is really one."""
    path = tmp_path_factory.mktemp("clips") / "boat.mp4"
    render(path, "A small boat", width=320, height=180, seconds=SECONDS, fps=FPS)
    return path


@pytest.fixture
def panel(qtbot, run: Run, opened: Opened) -> Iterator[ComposePanel]:
    """The compose column, alone and active."""
    # A known balance: asking for it would start the simulator.
    opened.studio.engine.balances["simulator-rivya"] = 1240.0
    made = ComposePanel(opened.studio)
    made.resize(376, 840)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    opened.idle()
    yield made
    run(made.flush())
    opened.idle()
    made.close()
    made.deleteLater()


@pytest.fixture
def section(panel: ComposePanel) -> ReferencesSection:
    """The references of the compose column."""
    return panel.references


@pytest.fixture
def several(panel: ComposePanel, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> ReferencesSection:
    """The model of the page takes up to four images."""
    model = panel.page.model
    assert model is not None
    rule = ReferenceRule(max_count=4, upload=True, mime_types=("image/jpeg", "image/png"), max_bytes=10_000_000)
    monkeypatch.setattr(
        type(panel.page), "model", property(lambda _self: model.model_copy(update={"references": rule}))
    )
    panel.references.refresh()
    return panel.references
