"""The radar's banner: one quiet line, one action each, folded when there is more, put away for good."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sora_desktop.core.catalog import Availability
from sora_desktop.core.drafts import Draft
from sora_desktop.engine.offers import place_of
from sora_desktop.engine.radar import Warning
from sora_desktop.ui.catalogue_notes import CatalogueNotes
from sora_desktop.ui.compose.retarget_dialog import RetargetDialog
from sora_desktop.ui.main_window import MainWindow
from support.loops import Run
from support.studio import Opened, in_the_open

LEFT = Qt.MouseButton.LeftButton
RIVYA = "simulator-rivya"


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    run(opened.studio.settings.change(welcomed=True))
    opened.studio.engine.balances[RIVYA] = 1240.0
    with in_the_open(MainWindow(opened.studio), run, qtbot) as made:
        opened.idle()
        yield made
        opened.idle()


def say(opened: Opened, run: Run, kind: str, code: str, **args: str) -> None:
    """What the radar says, by the way it says it."""
    warning = {"key": f"{kind} {sorted(args.items())}", "kind": kind, "account": RIVYA, "code": code}
    said = Warning.model_validate({**warning, "args": args, "detail": "<i>their words</i>", "at": time.time()})
    run(opened.studio.radar._sayings.say(said))


def down(opened: Opened, run: Run, name: str = "Rivya") -> None:
    say(opened, run, "down", "radar_down", account=name)


def changed(opened: Opened, run: Run, models: str = "Sora 2 (Duration)") -> None:
    say(opened, run, "changed", "radar_changed", account="Rivya", models=models)


def test_nothing_is_shown_while_all_is_well(window: MainWindow) -> None:
    assert not window.radar.isVisible()


def test_one_warning_is_one_sentence_with_one_action(
    window: MainWindow, opened: Opened, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    down(opened, run, "<b>Rivya</b>\n")
    line = window.radar.lines[0]
    assert line.text.text() == "<b>Rivya</b> does not answer. Jobs go on by themselves when it is back."
    assert line.text.textFormat() is Qt.TextFormat.PlainText
    assert "&lt;i>" in line.text.toolTip()
    assert window.radar.accessibleName() == line.text.text()
    assert not window.radar.more.isVisible()
    assert line.action.text() == "Check now"
    looked: list[bool] = []

    async def look(_radar: object) -> None:
        looked.append(True)

    monkeypatch.setattr(type(opened.studio.radar), "check_now", look)
    line.action.click()
    opened.idle()
    assert looked == [True]
    assert line.action.isEnabled()


def test_several_are_one_line_with_a_count_until_they_are_unfolded(
    qtbot: QtBot, window: MainWindow, opened: Opened, run: Run
) -> None:
    changed(opened, run)
    down(opened, run)
    say(opened, run, "key", "radar_key_expired", account="Rivya")
    banner = window.radar
    assert [line.warning.kind for line in banner.lines] == ["key"], "what stops work comes first"
    assert banner.more.text() == "2 more"
    assert banner.accessibleName().endswith("And 2 more.")
    low = banner.sizeHint().height()
    qtbot.mouseClick(banner.more, LEFT)
    assert [line.warning.kind for line in banner.lines] == ["key", "down", "changed"]
    assert all(line.isVisible() for line in banner.lines)
    assert banner.more.hasFocus()
    assert banner.sizeHint().height() > low
    qtbot.mouseClick(banner.lines[1].close_button, LEFT)
    assert [line.warning.kind for line in banner.lines] == ["key", "changed"]
    qtbot.mouseClick(banner.lines[1].close_button, LEFT)
    assert not banner.more.isVisible()
    qtbot.keyClick(banner.lines[0].close_button, Qt.Key.Key_Escape)
    assert not banner.isVisible()
    opened.idle()
    assert opened.studio.radar.warnings == ()


def test_a_flood_stays_low(window: MainWindow, opened: Opened, run: Run) -> None:
    async def flood() -> None:
        for number in range(60):
            said = {"key": f"{number}", "kind": "changed", "account": RIVYA, "code": "radar_changed"}
            args = {"account": "Rivya", "models": f"Model {number}"}
            await opened.studio.radar._sayings.say(Warning.model_validate({**said, "args": args, "at": number}))

    run(flood())
    window.radar.more.click()
    assert window.radar.more.text() == "Show less"
    assert len(window.radar.lines) == 50
    assert window.radar.height() < 340


def test_a_key_leads_to_its_account_and_a_change_to_the_notes(window: MainWindow, opened: Opened, run: Run) -> None:
    say(opened, run, "key", "radar_key_expired", account="Rivya")
    heard: list[str] = []
    window.radar.settings_wanted.connect(heard.append)
    window.radar.lines[0].action.click()
    assert heard == [RIVYA]
    assert window.dialogs.settings is not None
    window.dialogs.settings.close()
    opened.studio.radar.dismiss(opened.studio.radar.warnings[0].key)
    changed(opened, run)
    assert window.radar.lines[0].action.text() == "What changed"
    window.radar.lines[0].action.click()
    notes = window.findChild(CatalogueNotes)
    assert isinstance(notes, CatalogueNotes)
    assert "Rivya changed what its models take: Sora 2 (Duration)." in notes.text.toPlainText()
    assert "“<i>their words</i>”" in notes.text.toPlainText()
    notes.close()


def lose(opened: Opened, model_id: str) -> str:
    accounts = opened.studio.accounts
    account = accounts.get(RIVYA)
    assert account is not None
    gone = {"availability": Availability.GONE, "gone_at": time.time()}
    models = accounts.models(RIVYA)
    accounts.offers.put_models(
        place_of(account), tuple(one.model_copy(update=gone) if one.id == model_id else one for one in models)
    )
    opened.idle()
    return next(one.name for one in models if one.id == model_id)


def test_a_gone_model_leads_to_a_draft_that_uses_it(window: MainWindow, opened: Opened, run: Run) -> None:
    draft = Draft(id="uses", prompt="A boat", account=RIVYA, model="sora-2-pro", created_at=1, updated_at=1)
    run(opened.studio.drafts.save(draft))
    window.compose.page.open_new("Another")
    name = lose(opened, "sora-2-pro")
    say(opened, run, "gone", "radar_gone", account="Rivya", model=name)
    line = window.radar.lines[0]
    assert line.action.text() == "Re-target…"
    line.action.click()
    run.until(lambda: window.findChildren(RetargetDialog))
    dialog = window.findChildren(RetargetDialog)[0]
    assert window.compose.page.draft.id == "uses"
    assert dialog.isVisible()
    dialog.reject()
    run.until(lambda: not window.findChildren(RetargetDialog))


def test_a_gone_model_of_no_draft_leads_to_the_account(window: MainWindow, opened: Opened, run: Run) -> None:
    name = lose(opened, "sora-2-pro")
    say(opened, run, "gone", "radar_gone", account="Rivya", model=name)
    window.radar.lines[0].action.click()
    run.until(lambda: window.dialogs.settings is not None and window.dialogs.settings.isVisible())
    assert not window.findChildren(RetargetDialog)
    opened.idle()
    assert window.dialogs.settings is not None
    window.dialogs.settings.close()
