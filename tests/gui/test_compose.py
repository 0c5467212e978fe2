"""The compose column by real clicks and keys, on real stores: writing, choosing, checking, sending."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QApplication, QWidget

from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.theme import theme
from sora_desktop.ui.widgets.segments import Segments
from sora_desktop.ui.widgets.switch import Switch
from support.loops import Run
from support.studio import Opened

LEFT = Qt.MouseButton.LeftButton
RIVYA, GLOBAL = "simulator-rivya", "simulator-globalaiopc"


@pytest.fixture
def panel(qtbot, run: Run, opened: Opened) -> Iterator[ComposePanel]:
    # A known balance: asking for it would start the simulator.
    opened.studio.engine.balances[RIVYA] = 1240.0
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


def write(qtbot, panel: ComposePanel, text: str) -> None:
    panel.editor.text.setFocus()
    panel.editor.text.selectAll()
    qtbot.keyClicks(panel.editor.text, text)


def segments(panel: ComposePanel, key: str) -> Segments:
    found = panel.params.rows[key].editor.widget
    assert isinstance(found, Segments)
    return found


def press(qtbot, panel: ComposePanel, key: str, value: object) -> None:
    plate = next(one for one in segments(panel, key).segments if one.choice.value == value)
    qtbot.mouseClick(plate, LEFT)


class TestSending:
    @pytest.mark.on_screen
    def test_a_click_on_generate_commits_the_jobs(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        write(qtbot, panel, "A small boat")
        press(qtbot, panel, "n_frames", "15")
        qtbot.mouseClick(panel.footer.count._more, LEFT)
        with qtbot.waitSignal(panel.submitted):
            qtbot.mouseClick(panel.footer.button, LEFT)
        jobs = list(opened.studio.engine.jobs.values())
        assert len(jobs) == 2
        assert jobs[0].request == GenerationRequest(
            provider="rivya", model="sora-2", prompt="A small boat", values={"n_frames": "15"}
        )
        assert jobs[0].account == RIVYA
        assert panel.editor.prompt == "A small boat", "the draft stays"

    @pytest.mark.on_screen
    @pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
    def test_ctrl_enter_sends_from_the_prompt_and_never_locks(
        self, qtbot, panel: ComposePanel, opened: Opened, key: Qt.Key
    ) -> None:
        write(qtbot, panel, "A boat")
        for _ in range(3):
            qtbot.keyClick(panel.editor.text, key, Qt.KeyboardModifier.ControlModifier)
            assert panel.footer.button.isEnabled()
        opened.idle()
        assert len(opened.studio.engine.jobs) == 3
        assert panel.editor.prompt == "A boat", "no line break got in"

    def test_nothing_is_sent_without_a_prompt(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        assert not panel.editor_hint.isVisible(), "nobody is scolded before the first try"
        qtbot.mouseClick(panel.footer.button, LEFT)
        opened.idle()
        assert panel.editor_hint.text == "Write a prompt first."
        assert panel.editor_hint.isVisible()
        assert panel.editor.property("invalid") == "true"
        assert panel.editor.text.hasFocus()
        assert not opened.studio.engine.jobs
        qtbot.keyClicks(panel.editor.text, "x")
        assert not panel.editor_hint.isVisible()

    def test_the_limit_is_counted_in_code_points(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        panel.editor.text.setPlainText("😀" * 10_000)
        assert panel.editor.counter.text() == "10\u202f000 / 10\u202f000"
        assert not panel.editor.over
        panel.editor.text.insertPlainText("😀")
        assert panel.editor.over
        assert panel.editor.counter.property("ink") == "danger"
        assert panel.editor_hint.text == "The prompt is 1 characters too long: this model takes 10\u202f000."
        panel.generate()
        opened.idle()
        assert not opened.studio.engine.jobs

    def test_cost_and_balance(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        assert panel.footer.cost.text() == "6 credits"
        assert panel.footer.balance.text() == "Balance 1\u202f240"
        panel.choose(RIVYA, "sora-2-pro")
        panel.page.set_count(17)
        assert panel.footer.cost.text() == "1\u202f275 credits"
        assert panel.footer.balance.property("ink") == "warning"
        opened.studio.engine.balances[RIVYA] = 5000.0
        opened.studio.engine.balance_changed.emit(RIVYA, 5000.0)
        assert panel.footer.balance.text() == "Balance 5\u202f000"
        panel.choose(GLOBAL)
        assert panel.footer.cost.text() == "Price not published"
        assert panel.footer.balance.text() == ""

    def test_an_account_without_key_says_so_and_leads_to_it(
        self, qtbot, panel: ComposePanel, opened: Opened, run: Run
    ) -> None:
        accounts = opened.studio.accounts
        account = accounts.draft("rivya", "Mine")
        run(accounts.add(account, None))
        opened.idle()
        opened.studio.engine.balances[account.id] = 1.0
        panel.choose(account.id)
        write(qtbot, panel, "A boat")
        assert not panel.footer.button.isEnabled()
        assert panel.footer.message.text == "This account has no key yet."
        with qtbot.waitSignal(panel.settings_requested) as asked:
            qtbot.mouseClick(panel.footer.link, LEFT)
        assert asked.args == [account.id]
        run(accounts.set_key(account.id, "rvya_sk_0123456789"))
        opened.idle()
        assert panel.footer.button.isEnabled()
        assert not panel.footer.message.isVisible()

    def test_a_removed_account_leaves_the_draft_and_a_way_out(
        self, qtbot, panel: ComposePanel, opened: Opened, run: Run
    ) -> None:
        accounts = opened.studio.accounts
        account = accounts.draft("rivya", "Mine")
        run(accounts.add(account, "rvya_sk_0123456789"))
        opened.studio.engine.balances[account.id] = 1.0
        panel.choose(account.id)
        write(qtbot, panel, "A boat")
        run(accounts.remove(account.id))
        opened.idle()
        assert panel.picker.title == "No account yet"
        assert panel.editor.prompt == "A boat"
        assert not panel.footer.button.isEnabled()
        assert panel.footer.link.isVisible()


class TestParameters:
    def test_the_panel_is_made_from_the_schema(self, panel: ComposePanel) -> None:
        assert list(panel.params.rows) == ["n_frames", "aspect_ratio", "remove_watermark", "upload_method"]
        assert isinstance(panel.params.rows["remove_watermark"].editor.widget, Switch)
        icons = [one.choice.icon for one in segments(panel, "aspect_ratio").segments]
        assert icons == ["landscape", "portrait"]
        assert panel.params.fold is not None
        assert panel.params.fold.isAncestorOf(panel.params.rows["upload_method"])
        panel.choose(GLOBAL)
        assert list(panel.params.rows) == ["size", "duration"], "an exclusive group is one control"

    def test_a_parameter_without_default_can_be_left_alone(self, qtbot, panel: ComposePanel, opened: Opened) -> None:
        panel.choose(GLOBAL)
        row = panel.params.rows["duration"]
        assert segments(panel, "duration").value is None
        assert row.note.text() == "Service’s choice until you pick one"
        press(qtbot, panel, "duration", 8)
        assert panel.page.draft.values == {"duration": 8}
        assert not row.note.isVisible()
        press(qtbot, panel, "duration", 8)
        assert panel.page.draft.values == {}
        write(qtbot, panel, "A boat")
        panel.generate()
        opened.idle()
        assert next(iter(opened.studio.engine.jobs.values())).request.values == {}

    def test_what_fits_goes_along_and_what_does_not_comes_back(self, qtbot, panel: ComposePanel) -> None:
        press(qtbot, panel, "n_frames", "15")
        press(qtbot, panel, "aspect_ratio", "portrait")
        qtbot.mouseClick(panel.params.rows["remove_watermark"].editor.widget, LEFT)
        panel.choose(GLOBAL)
        assert panel.page.draft.values == {"size": "720x1280"}
        assert segments(panel, "size").value == "720x1280"
        press(qtbot, panel, "size", "1280x720")
        panel.choose(RIVYA, "sora-2")
        assert panel.page.draft.values == {
            "n_frames": "15",
            "aspect_ratio": "landscape",
            "remove_watermark": "true",
        }
        assert panel.params.rows["remove_watermark"].editor.widget.text() == "Remove"

    def test_reset_brings_the_models_own_values_back(self, qtbot, panel: ComposePanel) -> None:
        assert not panel.drafts.reset.isEnabled()
        press(qtbot, panel, "n_frames", "15")
        qtbot.mouseClick(panel.drafts.reset, LEFT)
        assert panel.page.draft.values == {}
        assert segments(panel, "n_frames").value == "10"


class TestPicker:
    @pytest.mark.on_screen
    def test_it_is_used_with_the_keyboard_alone(self, qtbot, panel: ComposePanel) -> None:
        panel.picker.setFocus()
        qtbot.keyClick(panel.picker, Qt.Key.Key_Return)
        popup = panel._picker_popup
        assert popup.isVisible()
        assert not popup.field.isVisible(), "four models need no filter"
        model = popup.model
        rows = [model.data(model.index(row)) for row in range(model.rowCount())]
        assert rows[1:3] == ["Sora 2", "Sora 2 Pro"]
        assert model.data(popup.list.currentIndex()) == "Sora 2"
        qtbot.keyClick(popup.list, Qt.Key.Key_Down)
        qtbot.keyClick(popup.list, Qt.Key.Key_Down)
        assert model.data(popup.list.currentIndex()) == "Sora 2 Plus", "headings are stepped over"
        qtbot.keyClick(popup.list, Qt.Key.Key_Return)
        assert not popup.isVisible()
        assert (panel.page.draft.account, panel.page.draft.model) == (GLOBAL, "openAiSora2Plus")
        assert "Sora 2 Plus" in panel.picker.accessibleName()

    def test_a_switched_off_account_is_explained(self, qtbot, panel: ComposePanel, opened: Opened, run: Run) -> None:
        accounts = opened.studio.accounts
        account = accounts.get(GLOBAL)
        assert account is not None
        run(accounts.save(account.model_copy(update={"enabled": False})))
        panel.choose_model()
        model = panel._picker_popup.model
        notes = {model.entry(row).account.id: model.entry(row).note for row in range(model.rowCount())}
        assert notes[GLOBAL] == "Switched off in Settings"
        row = model.row_of(GLOBAL, "openAiSora2Plus")
        assert model.flags(model.index(row)) == Qt.ItemFlag.NoItemFlags
        panel._picker_popup.hide()

    @pytest.mark.on_screen
    def test_a_click_chooses_and_a_new_account_can_be_asked_for(self, qtbot, panel: ComposePanel) -> None:
        qtbot.mouseClick(panel.picker, LEFT)
        popup = panel._picker_popup
        index = popup.model.index(popup.model.row_of(RIVYA, "sora-2-pro"))
        qtbot.mouseClick(popup.list.viewport(), LEFT, pos=popup.list.visualRect(index).center())
        assert panel.page.draft.model == "sora-2-pro"
        panel.choose_model()
        with qtbot.waitSignal(panel.settings_requested) as asked:
            qtbot.mouseClick(popup.foot.add, LEFT)
        assert asked.args == [""]


class TestPrompt:
    @pytest.mark.on_screen
    def test_rich_text_comes_in_and_goes_out_as_plain(self, qtbot, panel: ComposePanel) -> None:
        data = QMimeData()
        data.setHtml("<b>bold</b>")
        data.setText("bold <i>x</i>")
        panel.editor.text.insertFromMimeData(data)
        assert panel.editor.prompt == "bold <i>x</i>"
        panel.editor.text.selectAll()
        out = panel.editor.text.createMimeDataFromSelection()
        assert out.formats() == ["text/plain"]

    def test_a_huge_paste_is_quick_and_its_cut_is_said(self, qtbot, panel: ComposePanel) -> None:
        data = QMimeData()
        data.setText("lorem ipsum " * 200_000)
        began = time.perf_counter()
        panel.editor.text.insertFromMimeData(data)
        QApplication.processEvents()
        assert time.perf_counter() - began < 2
        assert len(panel.editor.prompt) == 100_000
        assert "100\u202f000" in panel.footer.message.text
        began = time.perf_counter()
        qtbot.keyClick(panel.editor.text, Qt.Key.Key_Backspace)
        assert time.perf_counter() - began < 0.5

    def test_lines_keep_their_height_however_the_text_came(self, qtbot, panel: ComposePanel) -> None:
        panel.editor.text.setPlainText("one\ntwo")
        write(qtbot, panel, "three")
        qtbot.keyClick(panel.editor.text, Qt.Key.Key_Return)
        panel.editor.text.insertPlainText("雨夜")
        document = panel.editor.text.document()
        heights = {document.findBlockByNumber(row).blockFormat().lineHeight() for row in range(document.blockCount())}
        assert heights == {20.0}

    @pytest.mark.on_screen
    def test_undo_does_not_reach_into_the_draft_before(self, qtbot, panel: ComposePanel) -> None:
        write(qtbot, panel, "first")
        panel.new_draft()
        assert panel.editor.prompt == ""
        panel.editor.text.undo()
        assert panel.editor.prompt == ""

    def test_broken_text_is_made_storable(self, panel: ComposePanel, opened: Opened, run: Run) -> None:
        panel.page.set_prompt(panel.editor.prompt)
        panel.editor.text.setPlainText("a\x00b")
        run(panel.flush())
        assert run(opened.studio.drafts.all())[0].prompt == "ab"


@pytest.mark.on_screen
def test_the_whole_column_is_reached_by_tab_in_the_order_of_the_eye(qtbot, panel: ComposePanel) -> None:
    panel.choose(RIVYA, "sora-2-pro")
    panel.drafts.reset.setEnabled(True)
    panel.picker.setFocus(Qt.FocusReason.TabFocusReason)
    order: list[QWidget] = []
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        if order and focused is order[0]:
            break
        order.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    wanted = [
        panel.picker,
        panel.editor.text,
        panel.drafts.list,
        panel.drafts.new,
        panel.drafts.copy,
        panel.references._address,
        panel.references._open_tray,
        panel.references.zone,
        *(segments(panel, key).segments[0] for key in ("size", "n_frames", "aspect_ratio")),
        panel.params.rows["remove_watermark"].editor.widget,
        panel.params.fold.header if panel.params.fold else None,
        segments(panel, "upload_method").segments[0],
        panel.footer.count._box,
        panel.footer.button,
        panel.drafts.reset,
        panel.drafts.more,
    ]
    assert order == wanted
    assert all(one.accessibleName() or getattr(one, "text", str)() for one in order)


def test_nothing_is_wider_than_the_column(qtbot, panel: ComposePanel, dressed) -> None:
    panel.choose(RIVYA, "sora-2-pro")
    inside = panel.area.widget()
    for name in ("dark", "light", "contrast"):
        theme().apply(dressed, name, 100)
        for width in (320, 376, 440):
            panel.resize(width, 640)
            QApplication.processEvents()
            assert panel.width() == width
            assert inside.width() <= panel.area.viewport().width()
            for row in panel.params.rows.values():
                assert row.editor.widget.geometry().right() <= row.width()
