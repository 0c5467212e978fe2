"""Models of a live list in the column: what can be picked, what is only shown, and a draft whose model is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from sora_desktop.core.catalog import Availability, Model
from sora_desktop.core.drafts import Draft
from sora_desktop.core.jobs import State
from sora_desktop.core.params import Option, Param
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.offers import place_of
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.compose.picker import fitted
from sora_desktop.ui.compose.retarget_dialog import RetargetDialog
from sora_desktop.ui.job_orders import Order
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.model_words import bounded, day, standing
from sora_desktop.ui.viewer import facts
from support.jobs import made
from support.loops import Run
from support.studio import Opened, in_the_open

LEFT = Qt.MouseButton.LeftButton
RIVYA, GLOBAL = "simulator-rivya", "simulator-globalaiopc"
GONE_AT = time.time() - 400 * 86_400

SOON = Model(id="wide", name="Wide Lens", availability=Availability.COMING_SOON)
STUDIO = Model(id="cut", name="Studio Cut", availability=Availability.STUDIO_ONLY)
LENGTHS = tuple(Option(value=value, label=f"{value} s", means=str(value)) for value in (5, 15))
OLD = Model(
    id="old",
    name="Old One",
    availability=Availability.GONE,
    gone_at=GONE_AT,
    params=(Param(key="length", label="Length", role="duration", options=LENGTHS, default=5),),
)


def offer(opened: Opened, *more: Model, account_id: str = RIVYA, without: tuple[str, ...] = ()) -> None:
    """The shipped models and `more`, as a live list brings them."""
    accounts = opened.studio.accounts
    account = accounts.get(account_id)
    assert account is not None
    provider = opened.studio.catalog.provider(account.provider)
    assert provider is not None
    shipped = tuple(model for model in provider.models if model.id not in without)
    accounts.offers.put_models(place_of(account), (*shipped, *more))
    opened.idle()


def gone(model: Model) -> Model:
    return model.model_copy(update={"availability": Availability.GONE, "gone_at": GONE_AT})


def open_draft(panel: ComposePanel, opened: Opened, **fields: Any) -> None:
    fields = {"id": "d", "prompt": "A boat", "account": RIVYA, "created_at": 1.0, "updated_at": 1.0} | fields
    panel.page.open(Draft(**fields))
    opened.idle()


def dialog_of(panel: ComposePanel) -> RetargetDialog:
    found = [one for one in panel.window().findChildren(RetargetDialog) if one.isVisible()]
    assert len(found) == 1
    return found[0]


def table(dialog: RetargetDialog) -> dict[str, list[str]]:
    grid = dialog.table
    cells = [[grid.item(row, column).text() for column in range(4)] for row in range(grid.rowCount())]  # type: ignore[union-attr]
    return {name: rest for name, *rest in cells}


class TestPicker:
    def test_what_cannot_be_picked_is_shown_with_its_word(self, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, SOON, STUDIO, OLD)
        panel.choose_model()
        model = panel._picker_popup.model
        words = {model.data(model.index(row)): model.entry(row).word for row in range(model.rowCount())}
        assert (words["Wide Lens"], words["Studio Cut"]) == ("Coming soon", "Only on its website")
        assert "Old One" not in words, "what is gone is shown only where the draft uses it"
        described = model.data(model.index(model.row_of(RIVYA, "wide")), Qt.ItemDataRole.AccessibleDescriptionRole)
        assert "Coming soon" in str(described)
        panel._picker_popup.hide()

    def test_neither_mouse_nor_keys_nor_typing_pick_it(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        more = tuple(Model(id=f"m{number}", name=f"Model {number}") for number in range(8))
        offer(opened, *more, SOON)
        panel.choose_model()
        popup = panel._picker_popup
        index = popup.model.index(popup.model.row_of(RIVYA, "wide"))
        popup.list.scrollTo(index)
        qtbot.mouseClick(popup.list.viewport(), LEFT, pos=popup.list.visualRect(index).center())
        assert popup.isVisible()
        popup.list.setFocus()
        for _ in range(30):
            qtbot.keyClick(popup.list, Qt.Key.Key_Down)
            assert popup.model.entry(popup.list.currentIndex().row()).usable
        popup.field.setFocus()
        qtbot.keyClicks(popup.field, "wide lens")
        assert popup.model.rowCount() == 2
        qtbot.keyClick(popup.field, Qt.Key.Key_Return)
        assert popup.isVisible()
        assert panel.page.draft.model == "sora-2"
        popup.hide()

    def test_a_default_that_is_gone_is_not_chosen(self, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, gone(panel.page.model), SOON, without=("sora-2",))  # type: ignore[arg-type]
        panel.choose(GLOBAL)
        panel.choose(RIVYA)
        assert panel.page.draft.model == "sora-2-pro"

    def test_a_price_that_is_counted_is_no_unpublished_one(self, panel: ComposePanel, opened: Opened) -> None:
        model = panel.page.model
        assert model is not None
        by_second = {"credits": None, "billing": "PER_SECOND", "credits_from": 3.0}
        offer(opened, model.model_copy(update=by_second), without=("sora-2",))
        assert panel.footer.cost.text() == "Price varies"
        assert panel.footer.cost.toolTip().endswith("Price: PER_SECOND, from 3 credits")
        panel.choose_model()
        rows = panel._picker_popup.model
        index = rows.index(rows.row_of(RIVYA, "sora-2"))
        for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            assert "Price: PER_SECOND, from 3 credits" in str(rows.data(index, role))
        panel._picker_popup.hide()

    def test_notices_are_plain_and_bounded(self, panel: ComposePanel, opened: Opened) -> None:
        model = panel.page.model
        assert model is not None
        assert not panel.notice.isVisible()
        loud = model.model_copy(update={"notices": ("<b>Slow</b>\n\ntoday", "x" * 5_000)})
        offer(opened, loud, without=("sora-2",))
        assert panel.notice.isVisible()
        assert panel.notice.text.startswith("<b>Slow</b> today\nx")
        assert len(panel.notice.text) <= 300
        assert panel.notice._label.textFormat() is Qt.TextFormat.PlainText
        panel.choose_model()
        rows = panel._picker_popup.model
        tip = str(rows.data(rows.index(rows.row_of(RIVYA, "sora-2")), Qt.ItemDataRole.ToolTipRole))
        assert "&lt;b>Slow" in tip
        assert len(tip) < 2_000
        panel._picker_popup.hide()


class TestGone:
    def test_the_draft_stays_readable_and_nothing_can_be_sent(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, OLD)
        open_draft(panel, opened, model="old", values={"length": 15, "odd": "kept"})
        assert panel.editor.prompt == "A boat"
        assert panel.page.draft.values == {"length": 15, "odd": "kept"}, "nothing of it is thrown away"
        row = panel.params.rows["length"]
        assert row.editor.widget.value == 15
        assert not row.editor.widget.isEnabled()
        assert not panel.footer.button.isEnabled()
        assert panel.footer.message.text.startswith("The service no longer has “Old One”.")
        panel.footer.set_ready(False, "The service no longer has “<b>Old</b>”.")
        assert "&lt;b>Old" in panel.footer.button.toolTip(), "a service's name for a model is no markup"
        assert panel.footer.link.text() == "Re-target…"
        assert f"Gone since {day(GONE_AT)}" in panel.picker.accessibleDescription()
        qtbot.keyClick(panel.editor.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        opened.idle()
        assert not opened.studio.engine.jobs
        dialog_of(panel).reject()

    def test_it_is_in_the_list_while_the_draft_uses_it(self, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, OLD)
        open_draft(panel, opened, model="old")
        panel.choose_model()
        model = panel._picker_popup.model
        row = model.row_of(RIVYA, "old")
        assert model.entry(row).word == f"Gone since {day(GONE_AT)}"
        assert model.flags(model.index(row)) == Qt.ItemFlag.NoItemFlags
        panel._picker_popup.hide()

    def test_an_unknown_model_shows_its_values(self, panel: ComposePanel, opened: Opened) -> None:
        open_draft(panel, opened, model="nobody-knows", values={"seconds": 12})
        assert panel.params._none_words.text() == "Kept with this draft:\nseconds = 12"
        assert "nobody-knows" in panel.picker.title
        assert panel.footer.link.text() == "Re-target…"

    def test_picking_another_model_for_it_asks_first(self, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, OLD)
        open_draft(panel, opened, model="old", values={"length": 15})
        panel._picker_popup.chosen.emit(RIVYA, "sora-2-pro")
        dialog = dialog_of(panel)
        assert dialog.model.currentText() == "Sora 2 Pro"
        assert panel.page.draft.model == "old"
        dialog.reject()
        assert panel.page.draft.model == "old"

    def test_a_model_that_goes_while_it_is_written_for(self, panel: ComposePanel, opened: Opened) -> None:
        open_draft(panel, opened, model="sora-2", values={"n_frames": "15"})
        model = panel.page.model
        assert model is not None
        offer(opened, gone(model), without=("sora-2",))
        assert not panel.footer.button.isEnabled()
        assert panel.page.draft.values == {"n_frames": "15"}
        offer(opened)
        assert panel.footer.button.isEnabled(), "and it may come back"

    def test_what_a_changed_model_takes_no_more_is_said(self, panel: ComposePanel, opened: Opened) -> None:
        open_draft(panel, opened, model="sora-2", values={"n_frames": "15"})
        model = panel.page.model
        assert model is not None
        offer(opened, model.model_copy(update={"params": model.params[1:]}), without=("sora-2",))
        assert panel.page.draft.values == {}
        assert panel.footer.message.text.endswith("they were left out: n_frames = 15")


class TestRetarget:
    def test_side_by_side_agreed_and_taken_back(self, qtbot, panel: ComposePanel, opened: Opened, run: Run) -> None:
        offer(opened, OLD)
        open_draft(panel, opened, model="old", values={"length": 15, "odd": "kept"})
        qtbot.mouseClick(panel.footer.link, LEFT)
        dialog = dialog_of(panel)
        dialog.account.setCurrentIndex(dialog.account.findData(GLOBAL))
        dialog.model.setCurrentIndex(dialog.model.findData("openAiSora2Plus"))
        rows = table(dialog)
        assert rows["Duration"] == ["15 s", "12 s", "Not offered there; this is the nearest."]
        assert rows["Odd"][2] == "Dropped: the new model has no such parameter."
        assert rows["Prompt"][2] == "Stays as it is"
        assert "1 changes, 1 is dropped" in dialog.summary.text()
        assert panel.page.draft.model == "old", "nothing changes before the user agrees"
        heard: list[tuple[str, Any]] = []
        panel.undo_offered.connect(lambda text, undo: heard.append((text, undo)))
        qtbot.mouseClick(dialog.accept_button, LEFT)
        draft = panel.page.draft
        assert (draft.account, draft.model, draft.values) == (GLOBAL, "openAiSora2Plus", {"duration": 12})
        assert panel.editor.prompt == "A boat"
        assert heard[0][0] == "The draft is for Sora 2 Plus now."
        panel.page.set_prompt("A boat, later")
        heard[0][1]()
        opened.idle()
        draft = panel.page.draft
        assert (draft.account, draft.model, draft.values) == (RIVYA, "old", {"length": 15, "odd": "kept"})
        assert draft.prompt == "A boat, later", "what was written since stays"

    def test_it_is_taken_back_from_another_draft_too(self, panel: ComposePanel, opened: Opened, run: Run) -> None:
        panel.page.open_new("A boat")
        first = panel.page.draft
        panel.retargeting.done.connect(lambda _text, undo: undos.append(undo))
        undos: list[Any] = []
        panel.retarget(GLOBAL, "openAiSora2Plus")
        dialog_of(panel).accept_button.click()
        panel.page.open_new("A ship")
        undos[0]()
        opened.idle()
        assert (panel.page.draft.id, panel.page.draft.model) == (first.id, "sora-2")
        run(panel.flush())
        kept = run(opened.studio.drafts.get(first.id))
        assert kept is not None
        assert kept.model == "sora-2"

    def test_a_prompt_that_is_too_long_is_kept_whole_and_said(self, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, Model(id="short", name="Short", prompt_limit=4))
        panel.page.open_new("A long boat")
        panel.retarget(RIVYA, "short")
        dialog = dialog_of(panel)
        assert dialog.problems.text == "The prompt is 7 characters too long: this model takes 4."
        assert table(dialog)["Prompt"][:2] == ["11 characters", "11 of 4"]
        dialog.accept_button.click()
        assert panel.page.draft.prompt == "A long boat"
        assert panel.editor_hint.text == "The prompt is 7 characters too long: this model takes 4."

    def test_it_offers_what_can_be_picked_and_what_keeps_most(self, panel: ComposePanel, opened: Opened) -> None:
        offer(opened, OLD, SOON, STUDIO)
        open_draft(panel, opened, model="old", values={"length": 15})
        panel.retarget()
        dialog = dialog_of(panel)
        opened.idle()
        widths = [dialog.table.columnWidth(column) for column in range(4)]
        assert sum(widths) == dialog.table.viewport().width() > 600, "the columns share the width from the first look"
        names = [dialog.model.itemText(row) for row in range(dialog.model.count())]
        assert names == ["Sora 2", "Sora 2 Pro"]
        assert dialog.account.currentData() == RIVYA
        assert dialog.found is not None and not dialog.found.problems
        assert dialog.found.values["n_frames"] == "15"
        dialog.reject()

    def test_any_draft_can_go_to_another_model_by_its_menu(self, panel: ComposePanel, opened: Opened) -> None:
        menu = panel.drafts.menu()
        action = next(one for one in menu.actions() if one.text().startswith("Re-target"))
        action.trigger()
        dialog = dialog_of(panel)
        assert "Sora 2" not in [dialog.model.itemText(row) for row in range(dialog.model.count())]
        dialog.reject()
        menu.close()

    def test_the_account_it_shows_may_go_while_it_is_open(self, panel: ComposePanel, opened: Opened, run: Run) -> None:
        accounts = opened.studio.accounts
        mine = accounts.draft("globalaiopc", "Mine")
        run(accounts.add(mine, None))
        opened.idle()
        panel.page.open_new("A boat")
        panel.retarget(mine.id, "openAiSora2Pro")
        dialog = dialog_of(panel)
        assert dialog.account.currentData() == mine.id
        run(accounts.remove(mine.id))
        opened.idle()
        assert dialog.account.currentData() in {RIVYA, GLOBAL}
        assert dialog.found is not None
        dialog.reject()

    @pytest.mark.parametrize("account_id", [RIVYA, "removed"])
    def test_a_job_of_a_gone_model_is_used_again_by_re_targeting(
        self, panel: ComposePanel, opened: Opened, account_id: str
    ) -> None:
        if account_id == RIVYA:
            offer(opened, OLD)
            request = GenerationRequest(provider="rivya", model="old", prompt="雨夜", values={"length": 15})
        else:
            request = GenerationRequest(provider="rivya", model="sora-2", prompt="雨夜", values={"n_frames": "15"})
        panel.use_request(account_id, request)
        dialog = dialog_of(panel)
        dialog.account.setCurrentIndex(dialog.account.findData(GLOBAL))
        assert dialog.found is not None
        assert dialog.found.values["duration"] == 12
        dialog.accept_button.click()
        assert panel.page.draft.prompt == "雨夜"
        assert panel.page.draft.values["duration"] == 12


@pytest.fixture
def window(opened: Opened, run: Run, qtbot: QtBot) -> Iterator[MainWindow]:
    run(opened.studio.settings.change(welcomed=True))
    opened.studio.engine.balances[RIVYA] = 1240.0
    with in_the_open(MainWindow(opened.studio), run, qtbot) as shown:
        opened.idle()
        yield shown
        opened.idle()


class TestHistory:
    @pytest.mark.parametrize(("model_id", "said"), [("old", "Old One · Gone since"), ("nobody-knows", "nobody-knows")])
    def test_a_job_of_a_gone_or_unknown_model_stays_readable_and_is_used_again(
        self, window: MainWindow, opened: Opened, run: Run, model_id: str, said: str
    ) -> None:
        offer(opened, OLD)
        values = {"length": 15, "seconds": 12}
        job = made("雨夜", State.FAILED, id="j", model=model_id, values=values)
        run(opened.studio.engine.restore(job))
        window.show_job("j")
        found = {fact.name: fact.value for fact in facts.asked(job, opened.studio.accounts)}
        assert found["Model"].startswith(said)
        assert found["seconds"] == "12", "what no model explains is shown as it was sent"
        assert "雨夜" in window.viewer._lines.job(job).spoken
        window.viewer._on_deed("edit")
        dialog = window.findChild(RetargetDialog)
        assert isinstance(dialog, RetargetDialog)
        assert dialog.isVisible()
        assert window.compose.page.draft.prompt == "雨夜"
        dialog.accept_button.click()
        assert window.notice_bar.notice is not None
        assert window.notice_bar.notice.action == "Undo"
        window.notice_bar._action.click()
        opened.idle()
        assert window.compose.page.draft.model == model_id
        assert window.compose.page.draft.values == values

    def test_a_waiting_job_of_a_gone_model_is_not_edited_in_place(
        self, window: MainWindow, opened: Opened, run: Run
    ) -> None:
        offer(opened, OLD)
        job = made("A boat", State.WAITING, id="w", model="old", held=True)
        run(opened.studio.engine.restore(job))
        window.queue.orders.give(Order.CHANGE, [opened.studio.engine.jobs["w"]])
        dialog = window.findChild(RetargetDialog)
        assert isinstance(dialog, RetargetDialog)
        assert window.notice_bar.notice is not None
        assert window.notice_bar.notice.text.startswith("The service no longer has “Old One”.")
        dialog.reject()


def test_words() -> None:
    assert standing(SOON) == "Coming soon"
    assert standing(Model(id="m", name="M")) == ""
    assert bounded(["a\nb", "", "c" * 10], 8) == "a b\nccc…"
    assert QApplication.instance() is None or day(GONE_AT)[-4:].isdigit(), "another year is named"


def test_a_narrow_picker_names_the_model(dressed: QApplication) -> None:
    metrics = QFontMetrics(dressed.font())
    line = "Built-in simulator · Ridge Motion 1"
    whole = metrics.horizontalAdvance(line)
    assert fitted(line, metrics, whole) == line
    assert fitted(line, metrics, whole - 10).endswith("… · Ridge Motion 1")
    assert fitted(line, metrics, metrics.horizontalAdvance("Ridge Motion 1") + 4) == "Ridge Motion 1"
    assert fitted(line, metrics, metrics.horizontalAdvance("Ridge M…")).startswith("Ridge")
