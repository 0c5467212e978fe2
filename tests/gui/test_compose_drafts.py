"""Drafts: any number, on disk within a second, searched, copied, deleted and brought back; without key or network."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.compose.panel import ComposePanel
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
RIVYA = "simulator-rivya"


@pytest.fixture
def panels(qtbot, run: Run, opened: Opened) -> Iterator[list[ComposePanel]]:
    opened.studio.engine.balances[RIVYA] = 1240.0
    made: list[ComposePanel] = []
    yield made
    for panel in made:
        run(panel.flush())
        opened.idle()
        panel.close()
        panel.deleteLater()


@pytest.fixture
def panel(qtbot, opened: Opened, panels: list[ComposePanel]) -> ComposePanel:
    return another(qtbot, opened, panels)


def another(qtbot, opened: Opened, panels: list[ComposePanel]) -> ComposePanel:
    """The column of a program that was just started."""
    panel = ComposePanel(opened.studio)
    panels.append(panel)
    panel.resize(376, 840)
    with qtbot.waitActive(panel):
        panel.show()
        panel.activateWindow()
    opened.idle()
    return panel


def kept(opened: Opened) -> dict[str, Draft]:
    """What another process finds in the database."""
    with sqlite3.connect(f"file:{opened.rooms.paths.database}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT document FROM drafts").fetchall()
    db.close()
    return {draft.id: draft for draft in (Draft.model_validate_json(row[0]) for row in rows)}


def write(qtbot, panel: ComposePanel, text: str) -> None:
    panel.editor.text.setFocus()
    panel.editor.text.selectAll()
    qtbot.keyClicks(panel.editor.text, text)


def written(qtbot, run: Run, opened: Opened, panel: ComposePanel, *texts: str) -> None:
    for text in texts:
        if not panel.page.blank:
            panel.new_draft()
        write(qtbot, panel, text)
        run(panel.flush())
        opened.idle()


def test_what_is_typed_is_on_disk_within_a_second(qtbot, run: Run, opened: Opened, panel: ComposePanel) -> None:
    assert kept(opened) == {}, "an empty draft is not stored"
    began = time.monotonic()
    # Typing goes on: the save does not wait for a pause.
    while not kept(opened):
        qtbot.keyClick(panel.editor.text, "a")
        qtbot.wait(10)
        assert time.monotonic() - began < 1
    panel.footer.count.changed.emit(3)
    panel.page.set_value("n_frames", "15")
    began = time.monotonic()
    run.until(lambda: kept(opened)[panel.page.draft.id].count == 3, timeout=1)
    draft = kept(opened)[panel.page.draft.id]
    assert (draft.account, draft.model, draft.values) == (RIVYA, "sora-2", {"n_frames": "15"})
    assert draft.prompt.startswith("aa")


def test_leaving_the_prompt_saves_at_once(qtbot, run: Run, opened: Opened, panel: ComposePanel) -> None:
    write(qtbot, panel, "A boat")
    panel.picker.setFocus()
    run.until(lambda: kept(opened), timeout=0.3)


def test_the_open_draft_is_open_again_at_the_next_start(
    qtbot, run: Run, opened: Opened, panels: list[ComposePanel]
) -> None:
    first = another(qtbot, opened, panels)
    written(qtbot, run, opened, first, "older", "newer")
    older = next(draft for draft in kept(opened).values() if draft.prompt == "older")
    first.load(older.id)
    opened.idle()
    second = another(qtbot, opened, panels)
    assert second.editor.prompt == "older"
    assert second.page.draft == older


def test_what_was_written_before_the_drafts_were_read_is_not_lost(
    qtbot, run: Run, opened: Opened, panels: list[ComposePanel]
) -> None:
    first = another(qtbot, opened, panels)
    written(qtbot, run, opened, first, "older")
    second = ComposePanel(opened.studio)
    panels.append(second)
    second.editor.text.insertPlainText("typed at once")
    opened.idle()
    assert second.editor.prompt == "typed at once"


def test_a_new_draft_goes_on_with_the_model_and_keeps_the_old_one(
    qtbot, run: Run, opened: Opened, panel: ComposePanel
) -> None:
    panel.choose(RIVYA, "sora-2-pro")
    write(qtbot, panel, "first")
    before = panel.page.draft.id
    qtbot.mouseClick(panel.drafts.new, LEFT)
    assert panel.editor.prompt == ""
    assert panel.page.draft.model == "sora-2-pro"
    qtbot.mouseClick(panel.drafts.new, LEFT)
    write(qtbot, panel, "second")
    run(panel.flush())
    assert {draft.prompt for draft in kept(opened).values()} == {"first", "second"}
    assert kept(opened)[before].prompt == "first"


def test_the_list_is_searched_and_opened_with_the_keyboard(
    qtbot, run: Run, opened: Opened, panel: ComposePanel
) -> None:
    written(qtbot, run, opened, panel, "Red train", "Aurora over snow", "Deer in the forest")
    qtbot.mouseClick(panel.drafts.list, LEFT)
    opened.idle()
    popup = panel.drafts.popup
    assert [draft.prompt for draft in popup.model.drafts] == ["Deer in the forest", "Aurora over snow", "Red train"]
    assert popup.model.data(popup.list.currentIndex()) == "Deer in the forest"
    qtbot.keyClicks(popup.field, "SNOW aurora")
    opened.idle()
    assert [draft.prompt for draft in popup.model.drafts] == ["Aurora over snow"]
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    opened.idle()
    assert not popup.isVisible()
    assert panel.editor.prompt == "Aurora over snow"
    assert opened.studio.settings.current.current_draft == panel.page.draft.id
    panel.show_drafts()
    qtbot.keyClicks(popup.field, "zebra")
    opened.idle()
    assert popup.none.isVisible()
    assert popup.none.text() == "No draft holds these words."
    popup.hide()


def test_deleting_opens_the_next_and_undo_brings_back(qtbot, run: Run, opened: Opened, panel: ComposePanel) -> None:
    written(qtbot, run, opened, panel, "Red train", "Aurora")
    panel.show_drafts()
    opened.idle()
    popup = panel.drafts.popup
    aurora = panel.page.draft.id
    qtbot.mouseClick(popup.delete, LEFT)
    opened.idle()
    assert panel.editor.prompt == "Red train"
    assert aurora not in kept(opened)
    assert popup.undo.isVisible()
    qtbot.mouseClick(popup.undo, LEFT)
    opened.idle()
    assert kept(opened)[aurora].prompt == "Aurora"
    assert panel.editor.prompt == "Aurora"
    popup.hide()


def test_the_last_draft_can_be_deleted_and_undone_below_the_prompt(
    qtbot, run: Run, opened: Opened, panel: ComposePanel
) -> None:
    written(qtbot, run, opened, panel, "Only one")
    run(panel.book.delete(panel.page.draft.id))
    opened.idle()
    assert kept(opened) == {}
    assert panel.editor.prompt == ""
    assert panel.footer.message.text == "Draft deleted."
    qtbot.mouseClick(panel.footer.link, LEFT)
    opened.idle()
    assert panel.editor.prompt == "Only one"
    assert len(kept(opened)) == 1


def test_a_copy_is_a_draft_of_its_own(qtbot, run: Run, opened: Opened, panel: ComposePanel) -> None:
    written(qtbot, run, opened, panel, "A boat")
    first = panel.page.draft
    qtbot.mouseClick(panel.drafts.copy, LEFT)
    opened.idle()
    assert panel.page.draft.id != first.id
    write(qtbot, panel, "A ship")
    run(panel.flush())
    assert {draft.prompt for draft in kept(opened).values()} == {"A boat", "A ship"}


def test_a_request_is_used_again_as_a_new_draft(qtbot, run: Run, opened: Opened, panel: ComposePanel) -> None:
    written(qtbot, run, opened, panel, "A boat")
    request = GenerationRequest(
        provider="rivya", model="sora-2-pro", prompt="雨夜", values={"size": "high", "gone": 1, "n_frames": 15}
    )
    panel.use_request(RIVYA, request)
    assert panel.editor.prompt == "雨夜"
    assert panel.page.draft.values == {"size": "high", "n_frames": "15"}, "repaired, and what does not fit is left"
    run(panel.flush())
    assert {draft.prompt for draft in kept(opened).values()} == {"A boat", "雨夜"}


def test_a_disk_that_refuses_is_said_and_tried_again(
    qtbot, run: Run, opened: Opened, panel: ComposePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = type(opened.studio.drafts).save

    async def refuse(_store: object, _draft: Draft) -> None:
        raise EnvironmentProblem("disk_full")

    monkeypatch.setattr(type(opened.studio.drafts), "save", refuse)
    write(qtbot, panel, "A boat")
    run(panel.flush())
    assert panel.footer.message.text.startswith("The disk is full")
    assert panel.page.touched
    monkeypatch.setattr(type(opened.studio.drafts), "save", save)
    run.until(lambda: kept(opened), timeout=5)
    run.until(lambda: not panel.page.touched)


WRITER = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sora_desktop.ui.theme import theme
from sora_desktop.ui.compose.panel import ComposePanel
from support.loops import Run
from support.studio import Opened
app = QApplication([])
run = Run(app)
theme().apply(app, "dark")
opened = Opened(run, Path(sys.argv[1]))
opened.studio.engine.balances["simulator-rivya"] = 1.0
panel = ComposePanel(opened.studio)
panel.show()
opened.idle()
QTest.keyClicks(panel.editor.text, "written a second before the kill")
print("written", flush=True)
run(asyncio.sleep(30), timeout=60)
"""


def test_a_draft_survives_a_kill_one_second_later(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    tests = str(Path(__file__).parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), tests], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n", process.stderr.read() if process.stderr else ""
        time.sleep(1)  # The promise itself: within a second.
        process.kill()
    finally:
        process.kill()
        process.communicate(timeout=20)
    database = next(folder.rglob("*.sqlite*"), None) or next(folder.rglob("*.db"))
    with sqlite3.connect(database) as db:
        (document,) = db.execute("SELECT document FROM drafts").fetchone()
    db.close()
    assert Draft.model_validate_json(document).prompt == "written a second before the kill"
