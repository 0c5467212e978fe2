"""The live list in the window, from the simulator in all its forms: fetched anew, picked from, noted, and gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from sora_desktop.core.catalog import Availability
from sora_desktop.core.errors import UserError
from sora_desktop.core.notes import Note
from sora_desktop.core.provider_files import Finding
from sora_desktop.core.reasons import Reason
from sora_desktop.simulator.keys import SIMULATOR_RIVYA_KEY
from sora_desktop.ui.catalogue_notes import CatalogueNotes, report
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.compose.retarget_dialog import RetargetDialog
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.widgets.fields import NumberField, SeedField
from sora_desktop.ui.words import sentence
from support.loops import Run
from support.simulator import SimulatorProcess
from support.studio import Opened, in_the_open

LEFT = Qt.MouseButton.LeftButton
RIVYA = "simulator-rivya"
FORMS = ["plain", "labelled", "odd"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"))
    yield simulator
    assert simulator.close() == ""


@pytest.fixture
def simulator(running: SimulatorProcess) -> SimulatorProcess:
    running.clear()
    return running


@pytest.fixture
def account(opened: Opened, run: Run, simulator: SimulatorProcess) -> str:
    """An account of the user's at the simulator; the built-in ones are off, so that they start no other one."""
    accounts = opened.studio.accounts
    for one in accounts.all:
        run(accounts.save(one.model_copy(update={"enabled": False})))
    made = accounts.draft("rivya", "Mine", simulator.rivya, allow_http=True)
    run(accounts.add(made, SIMULATOR_RIVYA_KEY))
    opened.studio.engine.balances[made.id] = 1240.0
    return made.id


def refresh(panel: ComposePanel, qtbot: QtBot, run: Run) -> None:
    """As a person does it, in the open list."""
    panel.choose_model()
    foot = panel._picker_popup.foot
    qtbot.mouseClick(foot.refresh, LEFT)
    assert not foot.refresh.isEnabled()
    assert foot.fetched.text() == "Asking…"
    run.until(lambda: not foot.lists.busy)


def pick(panel: ComposePanel, qtbot: QtBot, account_id: str, model_id: str) -> None:
    popup = panel._picker_popup
    if not popup.isVisible():
        panel.choose_model()
    index = popup.model.index(popup.model.row_of(account_id, model_id))
    popup.list.scrollTo(index)
    qtbot.mouseClick(popup.list.viewport(), LEFT, pos=popup.list.visualRect(index).center())


@pytest.mark.parametrize("form", FORMS)
def test_every_model_of_the_list_gets_its_panel(
    qtbot: QtBot, account: str, panel: ComposePanel, opened: Opened, run: Run, simulator: SimulatorProcess, form: str
) -> None:
    simulator.control("POST", "/manners", {"models": form})
    panel.choose(account)
    assert opened.studio.live.fetched_at(account) is None
    refresh(panel, qtbot, run)
    popup = panel._picker_popup
    assert popup.foot.fetched.text() == "Fetched just now"
    assert not popup.foot.problem.isVisible()
    words = {entry.model.id: entry.word for entry in popup.model._rows if entry.model}
    assert {"sora-2", "sora-2-pro", "ridge-motion-1"} <= {name for name, word in words.items() if not word}
    assert words["wide-lens-video"] == "Coming soon"
    assert words["studio-cut"] == "Only on its website"
    assert not {"z-image", "hum-audio", "small-talk"} & set(words), "only what makes videos"
    pick(panel, qtbot, account, "ridge-motion-1")
    assert not popup.isVisible()
    rows = panel.params.rows
    assert {"resolution", "duration", "guidance", "negative_prompt", "seed"} <= set(rows)
    assert ("mystery" in rows) == (form == "odd")
    seed, guidance, duration = (rows[key].editor.widget for key in ("seed", "guidance", "duration"))
    assert isinstance(seed, SeedField)
    assert isinstance(guidance, NumberField) and isinstance(duration, NumberField)
    assert (duration.box.minimum(), duration.box.maximum(), duration.box.decimals()) == (3.0, 15.0, 0)
    assert guidance.box.singleStep() == 0.1
    qtbot.mouseClick(seed.dice, LEFT)
    duration.box.stepUp()
    qtbot.keyClicks(rows["negative_prompt"].editor.widget, "hands")
    assert rows["negative_prompt"].note.text() == "5 of 500 characters"
    values = panel.page.draft.values
    assert (values["duration"], values["negative_prompt"]) == (6, "hands")
    assert isinstance(values["seed"], int)
    if form == "odd":
        mystery = rows["mystery"]
        assert mystery.note.text().startswith("Not known to this version.")
        assert mystery.editor.widget.text() == "#ff0000"
        mystery.editor.widget.selectAll()
        qtbot.keyClicks(mystery.editor.widget, "[1, 2]")
        assert panel.page.draft.values["mystery"] == "[1, 2]"
    panel.page.set_prompt("A boat")
    assert panel.page.problems() == []
    written = panel.page.draft
    run(panel.flush())
    panel.page.open_new("Another")
    run(panel.book.open(written.id))
    assert panel.page.draft.values == written.values, "a draft keeps values of odd types"


def test_a_list_that_does_not_come_is_one_sentence(
    qtbot: QtBot, account: str, panel: ComposePanel, run: Run, simulator: SimulatorProcess
) -> None:
    simulator.fault("http_500", "models", times=50)
    refresh(panel, qtbot, run)
    foot = panel._picker_popup.foot
    assert foot.problem.text.startswith("Mine: ")
    assert "\n" not in foot.problem.text
    assert foot.problem.isVisible()
    assert foot.fetched.text() == "Not fetched yet"
    assert foot.refresh.isEnabled()
    panel._picker_popup.hide()


def test_where_there_is_no_list_a_refresh_brings_back_what_was_gone(
    qtbot: QtBot, account: str, panel: ComposePanel, opened: Opened, run: Run
) -> None:
    accounts = opened.studio.accounts
    made = accounts.draft("globalaiopc", "Theirs", "https://theirs.example")
    run(accounts.add(made, "sk-of-the-notes-tests"))
    name = accounts.models(made.id)[0].id
    opened.studio.engine.model_refused.emit(made.id, name, True)
    run.until(lambda: accounts.models(made.id)[0].availability is Availability.GONE)
    refresh(panel, qtbot, run)
    panel._picker_popup.hide()
    assert accounts.models(made.id)[0].pickable, "only the user can say that it may be there again"


def test_a_model_that_goes_takes_the_draft_to_another_one(
    qtbot: QtBot, account: str, panel: ComposePanel, run: Run, simulator: SimulatorProcess
) -> None:
    panel.choose(account)
    refresh(panel, qtbot, run)
    pick(panel, qtbot, account, "ridge-motion-1")
    panel.page.set_prompt("A boat")
    panel.page.set_value("duration", 12)
    simulator.take_model("ridge-motion-1")
    refresh(panel, qtbot, run)
    panel._picker_popup.hide()
    model = panel.page.model
    assert model is not None
    assert model.availability is Availability.GONE
    assert panel.picker.accessibleDescription().startswith("Gone since ")
    assert panel.page.draft.values["duration"] == 12
    assert not panel.footer.button.isEnabled()
    qtbot.mouseClick(panel.footer.link, LEFT)
    dialog = panel.window().findChild(RetargetDialog)
    assert isinstance(dialog, RetargetDialog)
    dialog.model.setCurrentIndex(dialog.model.findData("sora-2-pro"))
    qtbot.mouseClick(dialog.accept_button, LEFT)
    assert panel.page.draft.values["n_frames"] == "10", "12 s are nearest to 10 s"
    assert panel.footer.button.isEnabled()


def test_the_notes_say_what_was_wrong_and_what_is_kept(
    qtbot: QtBot, account: str, panel: ComposePanel, opened: Opened, run: Run, simulator: SimulatorProcess
) -> None:
    simulator.control("POST", "/manners", {"models": "odd"})
    simulator.put_model("sora-2", extra={"shiny": {"new": 1}, "notices": ["<b>Slow</b> today"]})
    (opened.studio.providers.folder).mkdir(parents=True, exist_ok=True)
    (Path(opened.studio.providers.folder) / "mine.toml").write_text("id = [", "utf-8")
    notes = CatalogueNotes(opened.studio)
    qtbot.addWidget(notes)
    notes.show()
    assert "was not fetched yet" in notes.text.toPlainText()
    qtbot.mouseClick(notes.refresh, LEFT)
    run.until(lambda: not notes.lists.busy)
    run(opened.studio.providers.reload())
    text = notes.text.toPlainText()
    mine = text[text.index("Mine\n") :]
    assert "List of models fetched " in mine
    assert "Entry 2 of the list" in mine
    assert "Wide Lens: Coming soon." in mine
    assert 'kept, though not understood: {"shiny": {"new": 1}}' in mine
    assert "Sora 2: the service says: <b>Slow</b> today" in mine
    assert "not known to this version, shown as plain fields: mystery (colour_wheel)." in mine
    assert "Files of services\n  mine.toml:" in text
    assert notes.text.isReadOnly()
    qtbot.mouseClick(notes.copy, LEFT)
    assert QGuiApplication.clipboard().text() == text


def test_the_report_is_bounded(opened: Opened, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        opened.studio.live,
        "notes",
        lambda _id: tuple(Note(code="note_text", args={"text": f"{number} " + "x" * 9_000}) for number in range(9_000)),
    )
    text = report(opened.studio)
    assert len(text) < 200_000
    assert "more." in text
    assert max(len(line) for line in text.splitlines()) < 320


class Marked(QTranslator):
    """Puts a mark before every sentence of a code."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        return f"» {text}" if context == "Sentences" else ""


def test_what_is_odd_in_a_list_is_said_in_the_users_language(
    qtbot: QtBot, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Note(code="list_twice", args={"model": "Wide Lens"})
    monkeypatch.setattr(opened.studio.live, "notes", lambda _id: (note,))
    finding = Finding(3, "name", Reason("“{name}” is there already", name="Mine"))
    opened.studio.providers.problems = (Reason("{file}:{finding}", file="mine.toml", finding=finding.words),)
    translator = Marked()
    QCoreApplication.installTranslator(translator)
    try:
        text = report(opened.studio)
        assert "\n  » Wide Lens is listed twice; the first one counts.\n" in text
        assert "» mine.toml:» 3: name: » “Mine” is there already" in text
        wrong = UserError("provider_file_wrong", problem=opened.studio.providers.problems[0])
        assert sentence(wrong) == "» This file was not added. » mine.toml:» 3: name: » “Mine” is there already"
    finally:
        QCoreApplication.removeTranslator(translator)


def test_they_are_reached_from_the_menu_the_picker_and_the_settings(qtbot: QtBot, opened: Opened, run: Run) -> None:
    run(opened.studio.settings.change(welcomed=True))
    opened.studio.engine.balances[RIVYA] = 1240.0
    with in_the_open(MainWindow(opened.studio), run, qtbot) as window:
        opened.idle()
        window.menus.actions["catalogue_notes"].trigger()
        first = window.findChild(CatalogueNotes)
        assert isinstance(first, CatalogueNotes)
        window.choose_model()
        qtbot.mouseClick(window.compose._picker_popup.foot.notes, LEFT)
        assert len(window.findChildren(CatalogueNotes)) == 1, "it comes to the front"
        first.close()
        window.dialogs.open_settings()
        settings = window.dialogs.settings
        assert settings is not None
        qtbot.mouseClick(settings.accounts.notes, LEFT)
        opened.idle()
        notes = settings.findChild(CatalogueNotes)
        assert isinstance(notes, CatalogueNotes)
        assert notes.isVisible()
        notes.close()
        settings.close()
