"""References of a draft by clicks and keys, on the real stores: fixes, cards, addresses, the tray."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from sora_desktop.core.jobs import State
from sora_desktop.core.pictures import Box, Plan
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.works import Transfer
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.references.card import Card
from sora_desktop.ui.references.section import ReferencesSection
from support.drops import Drag, drop, names, of_files, photo
from support.jobs import made
from support.loops import Run
from support.studio import Opened

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
RIVYA, GLOBAL = "simulator-rivya", "simulator-globalaiopc"


def own_global(opened: Opened, run: Run) -> str:
    """An account of the user's at the service without uploads, with no reference host."""
    account = opened.studio.accounts.draft("globalaiopc", "My GlobalAIOPC")
    run(opened.studio.accounts.add(account, "a-key-of-a-test-0123"))
    opened.idle()
    return account.id


class TestFixes:
    def test_what_a_click_would_do_is_said_done_and_shown(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        file = photo(tmp_path / "dusk.png", 1920, 1280)
        before = file.read_bytes()
        drop(opened, panel, of_files(file))
        card = section.cards[0]
        assert not card.fix.isVisible()
        panel.choose(GLOBAL)
        panel.page.set_value("size", "1280x720")
        opened.idle()
        card = section.cards[0]
        assert card.report.hints[0] == "1920×1280 → crop to 1280×720"
        assert card.hint.text() in card.report.hints
        assert card.thumb._cut == ((1920, 1280), (1920, 1080))
        panel.editor.text.setPlainText("A boat")
        panel.generate()
        opened.idle()
        assert opened.studio.engine.jobs == {}, "nothing is sent that would be refused"
        assert card.fix.hasFocus()
        qtbot.mouseClick(card.fix, LEFT)
        opened.idle()
        (reference,) = panel.page.draft.references
        assert reference.plan.crop == Box(x=0, y=100, width=1920, height=1080)
        assert reference.plan.size == (1280, 720)
        assert section.cards[0].facts.text().startswith("1280×720 · PNG · ")
        assert not section.cards[0].fix.isVisible()
        assert file.read_bytes() == before

    def test_another_ratio_checks_again_at_once_and_the_box_follows(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        panel.choose(GLOBAL)
        panel.page.set_value("size", "1280x720")
        drop(opened, panel, of_files(photo(tmp_path / "dusk.png", 1920, 1280)))
        section._fix(section.cards[0])
        crop = Box(x=900, y=400, width=960, height=540)
        reference = panel.page.draft.references[0]
        plan = reference.plan.model_copy(update={"crop": crop})
        panel.page.set_references((reference.model_copy(update={"plan": plan}),))
        panel.page.set_value("size", "720x1280")
        turned = panel.page.draft.references[0].plan
        assert turned.size == (720, 1280)
        assert turned.crop is not None
        middle = (turned.crop.x + turned.crop.width / 2, turned.crop.y + turned.crop.height / 2)
        assert middle == pytest.approx((1380, 670), abs=2), "it keeps its middle"
        assert panel.page.problems()[0].field == "prompt"
        assert not section.cards[0].fix.isVisible()
        opened.idle()
        assert section.cards[0].facts.text().startswith("720×1280")

    def test_converting_and_shrinking_with_the_quality_shown(
        self, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        import os

        file = tmp_path / "noise.bmp"
        Image.frombytes("RGB", (900, 700), os.urandom(900 * 700 * 3)).save(file)
        rule = panel.page.model.references.model_copy(update={"max_bytes": 400_000})
        model = panel.page.model.model_copy(update={"references": rule})
        monkeypatch.setattr(type(panel.page), "model", property(lambda _self: model))
        several.refresh()
        drop(opened, panel, of_files(file))
        card = several.cards[0]
        assert "BMP → JPEG" in card.report.hint
        assert card.report.hints[-1] == "JPEG · < 0.4 MB", "what is said where there is little room"
        several._fix(card)
        opened.idle()
        text = several.cards[0].facts.text()
        assert text.startswith("900×700 · JPEG, quality "), text
        assert 10 <= int(text.split("quality ")[1].split()[0]) < 92

    def test_a_note_of_the_rule_is_shown_and_blocks_nothing(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        panel.choose(GLOBAL)
        panel.page.set_value("size", "1280x720")
        assert not section._note.isVisible()
        drop(opened, panel, of_files(photo(tmp_path / "anna.png", 1280, 720)))
        assert section._note.text == "Pictures of real people are very likely to be refused."
        panel.editor.text.setPlainText("A boat")
        assert panel.page.problems() == []


class TestCards:
    @pytest.fixture
    def card(self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path) -> Card:
        drop(opened, panel, of_files(photo(tmp_path / "a.png")))
        return section.cards[0]

    def test_it_is_removed_by_its_button_by_a_key_and_from_the_menu(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, card: Card
    ) -> None:
        kept = panel.page.draft.references
        qtbot.mouseClick(card.drop, LEFT)
        assert panel.page.draft.references == ()
        panel.page.set_references(kept)
        qtbot.keyClick(section.cards[0].thumb, Qt.Key.Key_Delete)
        assert panel.page.draft.references == ()
        panel.page.set_references(kept)
        menu = section.cards[0].menu()
        words = [action.text() for action in menu.actions() if action.text()]
        assert words == ["Adjust…", "Replace…", "Pin in the tray", "Remove"]
        menu.actions()[-1].trigger()
        assert panel.page.draft.references == ()
        menu.close()
        opened.idle()

    def test_it_is_replaced_from_the_file_dialog(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, card: Card, tmp_path: Path
    ) -> None:
        dialog = section.browse(0)
        assert isinstance(dialog, QFileDialog)
        assert not dialog.isModal() or dialog.isVisible()
        dialog.filesSelected.emit([str(photo(tmp_path / "b.webp", 99, 99))])
        dialog.close()
        opened.idle()
        assert names(section) == ["b.webp"]

    def test_an_upload_is_shown_on_it_while_a_job_sends_it(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, card: Card
    ) -> None:
        engine = opened.studio.engine
        job = made(state=State.PREPARING)
        request = job.request.model_copy(update={"references": panel.page.draft.references})
        engine.jobs[job.id] = job.having(request=request)
        engine.progress_changed.emit(job.id, Transfer("upload", 1_000, 2_000, "another picture of the same job"))
        assert not card.bar.isVisible()
        (own,) = request.references
        engine.progress_changed.emit(job.id, Transfer("upload", 2_100_000, 5_200_000, own.sha256))
        assert card.bar.isVisible()
        assert card.bar.value() == 404
        assert card.facts.text() == "Uploading 40% · 2.1 of 5.2 MB"
        card.facts.resize(110, card.facts.height())
        assert card.facts.text() == "Uploading 40%", "what there is no room for is left out, not cut in its middle"
        panel.editor.text.setPlainText("typed meanwhile")
        assert card.facts.text().startswith("Uploading 40%")
        sent = engine.jobs[job.id].moved(State.SUBMITTING)
        engine.jobs[job.id] = sent
        engine.job_changed.emit(sent)
        assert not card.bar.isVisible()
        assert card.facts.text().startswith("640×360")
        del engine.jobs[job.id]

    def test_a_model_without_references_says_so(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, card: Card, monkeypatch
    ) -> None:
        model = panel.page.model.model_copy(update={"references": None})
        monkeypatch.setattr(type(panel.page), "model", property(lambda _self: model))
        section.refresh()
        assert section.isVisible()
        assert section.hint.text == "This model takes no references. Remove them to go on."
        assert not section.zone.isVisible()
        card.removed.emit()
        assert not section.isVisible()
        QGuiApplication.clipboard().setText("words")
        section.paste()
        assert not section.isVisible(), "words are none of its business"
        QGuiApplication.clipboard().setImage(QImage(20, 20, QImage.Format.Format_RGB32))
        section.paste()
        opened.idle()
        assert "this model takes no references" in section.refusals.text and section.refusals.isVisible()
        panel.choose(GLOBAL)
        assert not section.isVisible(), "what another model refused"

    def test_what_is_gone_is_said_on_the_card_and_chosen_again(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        gone = Reference(name="lost.png", path=str(tmp_path / "lost.png"), sha256="0" * 64, mime="image/png")
        panel.use_request(RIVYA, GenerationRequest(provider="rivya", model="sora-2", prompt="x", references=(gone,)))
        opened.idle()
        card = section.cards[0]
        assert card.errors.text() == "lost.png is no longer where it was. Add it again."
        assert card.link.text() == "Choose the file again…"
        qtbot.mouseClick(card.link, LEFT)
        dialog = next(one for one in QApplication.topLevelWidgets() if isinstance(one, QFileDialog) and one.isVisible())
        dialog.filesSelected.emit([str(photo(tmp_path / "found.png"))])
        dialog.close()
        opened.idle()
        assert names(section) == ["found.png"]
        assert section.cards[0].report.errors == ()

    def test_use_again_brings_references_back_though_their_files_are_gone(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, run: Run, tmp_path: Path
    ) -> None:
        file = photo(tmp_path / "a.png")
        reference = run(opened.studio.engine.references.add(file))
        file.unlink()
        request = GenerationRequest(provider="rivya", model="sora-2", prompt="x", references=(reference,))
        panel.use_request(RIVYA, request)
        opened.idle()
        assert section.cards[0].report.errors == ()
        assert not section.cards[0].thumb._pixmap.isNull()


class TestAddresses:
    def test_a_service_without_uploads_and_host_takes_addresses_and_says_why(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, run: Run, tmp_path: Path
    ) -> None:
        account = own_global(opened, run)
        panel.choose(account)
        assert not section.zone.isVisible()
        assert "by public address" in section.only.text
        assert "need a reference host" in section.only.text
        drag = Drag(panel, of_files(tmp_path / "a.png"))
        assert panel.drops.zone.refusal == "Takes public addresses only"
        drag.leave()
        with qtbot.waitSignal(section.settings_wanted) as asked:
            qtbot.mouseClick(section.host_link, LEFT)
        assert asked.args == [account]
        drop(opened, panel, of_files(photo(tmp_path / "a.png", 1280, 720)))
        card = section.cards[0]
        assert "only public URLs" in card.errors.text()
        assert card.link.text() == "Set up a reference host…"
        with qtbot.waitSignal(section.settings_wanted) as asked:
            qtbot.mouseClick(card.link, LEFT)
        assert asked.args == [account]

    def test_the_field_takes_addresses_only(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, monkeypatch
    ) -> None:
        async def look(_account: str, url: str) -> Reference:
            return Reference(name="harbour.png", url=url)

        monkeypatch.setattr(opened.studio.engine.references, "look", look)
        section._address.click()
        field = section.entry.field
        assert field.hasFocus()
        qtbot.keyClicks(field, "file:///etc/passwd")
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert "is no web address" in section.entry.hint.text
        assert panel.page.draft.references == ()
        field.clear()
        qtbot.keyClicks(field, "https://user:pw@x.example/a.png")
        qtbot.mouseClick(section.entry.add, LEFT)
        assert "name and password" in section.entry.hint.text
        field.clear()
        qtbot.keyClicks(field, "https://x.example/a/harbour.png")
        qtbot.mouseClick(section.entry.add, LEFT)
        opened.idle()
        assert names(section) == ["harbour.png"]
        assert not section.entry.isVisible(), "the model takes one"

    def test_a_dead_address_is_said_and_one_that_misses_the_rule_can_be_fetched_and_mended(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        from sora_desktop.core.errors import UserError

        service = opened.studio.engine.references

        async def dead(_account: str, _url: str) -> Reference:
            raise UserError("reference_url_dead", name="a.png")

        monkeypatch.setattr(service, "look", dead)
        panel.choose(GLOBAL)
        panel.page.set_value("size", "1280x720")
        section.adder.add(["https://x.example/a.png"])
        opened.idle()
        assert "no file at this address any more" in section.cards[0].errors.text()

        async def back(_account: str, url: str) -> Reference:
            return Reference(name="a.png", url=url, mime="image/png", width=1280, height=720, bytes=99)

        monkeypatch.setattr(service, "look", back)
        section.cards[0].removed.emit()
        section.adder.add(["https://x.example/a.png"])
        opened.idle()
        assert not section.cards[0].report.errors, "added again, it is looked at again"

        async def small(_account: str, url: str) -> Reference:
            return Reference(name="b.png", url=url, mime="image/png", width=640, height=480, bytes=99)

        async def fetch(_account: str, _url: str) -> Reference:
            return await service.add(photo(tmp_path / "b.png", 640, 480))

        monkeypatch.setattr(service, "look", small)
        monkeypatch.setattr(service, "fetch", fetch)
        section.adder.add(["https://x.example/b.png"])
        opened.idle()
        card = section.cards[0]
        assert "must measure 1280×720" in card.errors.text()
        qtbot.mouseClick(card.link, LEFT)
        opened.idle()
        assert section.cards[0].report.hints[0] == "640×480 → crop to 1280×720"


class TestTray:
    def test_it_keeps_what_was_used_and_gives_it_back_by_keys(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        for number in range(3):
            drop(opened, panel, of_files(photo(tmp_path / f"{number}.png", 300 + number)))
        section._open_tray.click()
        opened.idle()
        tray = section.tray
        assert [item.name for item in tray.model.items] == ["2.png", "1.png", "0.png"]
        index = tray.model.index(2)
        assert "300×360" in str(tray.model.data(index, Qt.ItemDataRole.ToolTipRole))
        qtbot.waitUntil(lambda: tray._pictures.get(tray.model.items[2].sha256) is not None)
        tray.list.setCurrentIndex(index)
        qtbot.keyClick(tray.list, Qt.Key.Key_P)
        opened.idle()
        assert [item.name for item in tray.model.items] == ["0.png", "2.png", "1.png"], "the pinned one first"
        assert tray.list.current().name == "0.png"  # type: ignore[union-attr]
        qtbot.keyClick(tray.list, Qt.Key.Key_Return)
        opened.idle()
        assert names(section) == ["0.png"]
        tray.list.setCurrentIndex(tray.model.index(2))
        beside = tray.list.viewport().rect().bottomRight()
        assert not tray.list.indexAt(beside).isValid()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, beside, tray.list.mapToGlobal(beside))
        QApplication.sendEvent(tray.list.viewport(), event)
        assert not tray.list.findChildren(QMenu), "a menu beside the tiles would be of another one"
        qtbot.keyClick(tray.list, Qt.Key.Key_Delete)
        opened.idle()
        assert [item.name for item in tray.model.items] == ["0.png", "2.png"]

    def test_a_tile_is_dragged_onto_another_draft(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        drop(opened, panel, of_files(photo(tmp_path / "a.png")))
        panel.new_draft()
        section._open_tray.click()
        opened.idle()
        mime = section.tray.model.mimeData([section.tray.model.index(0)])
        drop(opened, panel, mime)
        assert names(section) == ["a.png"]
        assert section.cards[0].reference.plan == Plan()
        assert QUrl.fromLocalFile(str(tmp_path / "a.png")) in mime.urls()

    def test_an_empty_tray_says_what_it_is_for(self, section: ReferencesSection, opened: Opened) -> None:
        section._open_tray.click()
        opened.idle()
        assert section.tray.empty.isVisible()
        assert not section.tray.list.isVisible()
