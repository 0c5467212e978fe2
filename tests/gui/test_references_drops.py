"""References dropped and pasted onto the compose column, by the events that Qt delivers, on the real stores."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from sora_desktop.core.references import KindLimit, Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.media.picture_files import MOST_PIXELS
from sora_desktop.ui.compose.panel import ComposePanel
from sora_desktop.ui.library.notes import NotesField
from sora_desktop.ui.references.incoming import Frame, of_frame, of_references
from sora_desktop.ui.references.section import ReferencesSection
from support.drops import Drag, drop, names, of_files, photo
from support.loops import Run
from support.studio import Opened

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
RIVYA, GLOBAL = "simulator-rivya", "simulator-globalaiopc"


def slowly(section: ReferencesSection, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Reading `file` takes a while."""
    real = section.workshop.take_in

    async def take_in(source: object) -> Reference:
        for _ in range(200 if source == file else 0):
            await asyncio.sleep(0)
        return await real(source)  # type: ignore[arg-type]

    monkeypatch.setattr(section.workshop, "take_in", take_in)


class TestDrops:
    def test_a_file_dropped_anywhere_in_the_column_is_kept_and_shown(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        file = photo(tmp_path / "harbour.jpg", kind="PNG")
        for at in (QPoint(20, 8), panel.footer.geometry().center(), panel.rect().center()):
            panel.page.set_references(())
            drop(opened, panel, of_files(file), at)
            assert names(section) == ["harbour.jpg"]
        (reference,) = panel.page.draft.references
        assert (reference.mime, reference.kind, reference.width, reference.height) == ("image/png", "image", 640, 360)
        assert (reference.path, len(reference.sha256)) == (str(file), 64)
        assert section.cards[0].facts.text() == "640×360 · PNG · " + section.cards[0].facts.text().split(" · ")[-1]
        assert section.cards[0].thumb._pixmap.width() > 60
        assert not section.zone.isVisible(), "the model takes one"

    def test_the_zone_says_the_rule_and_lights_up_only_for_what_fits(
        self, panel: ComposePanel, section: ReferencesSection, tmp_path: Path
    ) -> None:
        assert section.zone.text() == "Drop an image, paste, or browse…"
        assert section.zone.rule_text == "1 image · JPEG, PNG, WebP · up to 10 MB"
        for name in ("a.png", "b.heic", "c.GIF", "no ending"):
            drag = Drag(panel, of_files(tmp_path / name))
            assert drag.accepted
            assert (section.zone.lit, section.zone.refusal) == (True, ""), name
            drag.leave()
            assert not section.zone.lit
        for name in ("a.pdf", "b.mp4", "c.txt"):
            drag = Drag(panel, of_files(tmp_path / name))
            assert (section.zone.lit, section.zone.refusal) == (False, "Takes images only"), name
            drag.leave()
        assert section.zone.refusal == ""

    def test_of_several_kinds_the_zone_says_each_one_s_limit(
        self, panel: ComposePanel, section: ReferencesSection, monkeypatch
    ) -> None:
        types = {"video": ("video/mp4", "video/quicktime"), "audio": ("audio/mpeg", "audio/wav", "audio/x-wav")}
        limits = tuple(KindLimit(kind=kind, max_bytes=50_000_000, mime_types=mimes) for kind, mimes in types.items())
        rule = panel.page.model.references.model_copy(
            update={"kinds": ("image", "video", "audio"), "max_count": 3, "limits": limits}
        )
        model = panel.page.model.model_copy(update={"references": rule})
        monkeypatch.setattr(type(panel.page), "model", property(lambda _self: model))
        section.refresh()
        assert section.zone.rule_text == "Up to 3 · images 10 MB · videos 50 MB · sounds 50 MB"
        assert section.zone.toolTip().splitlines() == [
            "images · JPEG, PNG, WebP · up to 10 MB",
            "videos · MP4, MOV · up to 50 MB",
            "sounds · MP3, WAV · up to 50 MB",
        ]

    def test_words_dragged_over_the_column_are_none_of_its_business(self, panel: ComposePanel) -> None:
        mime = QMimeData()
        mime.setText("a boat")
        assert not Drag(panel, mime).accepted
        assert not panel.references.zone.lit

    def test_the_prompt_lets_files_through_and_keeps_text(
        self, panel: ComposePanel, section: ReferencesSection, tmp_path: Path
    ) -> None:
        over = panel.editor.text.viewport()
        drag = Drag(over, of_files(tmp_path / "a.png"))
        assert section.zone.lit, "the column takes it"
        drag.leave()
        mime = QMimeData()
        mime.setHtml('<img src="https://x.example/a.png">')
        mime.setText("https://x.example/a.png")
        drag = Drag(over, mime)
        assert section.zone.lit, "a browser's picture too, though it brings its address as text"
        drag.leave()
        mime = QMimeData()
        mime.setText("a boat")
        drag = Drag(over, mime, QPoint(5, 5))
        assert drag.accepted
        drag.drop()
        assert panel.editor.prompt == "a boat"

    def test_each_wrong_file_is_refused_in_a_line_and_the_right_ones_are_taken(
        self, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        pdf, broken, empty = tmp_path / "notes.pdf", tmp_path / "broken.jpg", tmp_path / "empty.png"
        pdf.write_bytes(b"%PDF-1.7 nothing to see")
        broken.write_bytes(photo(tmp_path / "whole.jpg").read_bytes()[:900])
        empty.touch()
        sound, clip = tmp_path / "sound.wav", tmp_path / "clip.mp4"
        with wave.open(str(sound), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(8000))
        clip.write_bytes(b"\0\0\0\x18ftypisom" + b"\0" * 50)
        good = [photo(tmp_path / f"{number}.png", 300 + number) for number in range(5)]
        drop(
            opened, panel, of_files(good[0], pdf, broken, empty, sound, clip, tmp_path / "gone.png", good[0], *good[1:])
        )
        assert names(several) == ["0.png", "1.png", "2.png", "3.png"]
        lines = several.refusals.text.splitlines()
        assert [line.split()[0] for line in lines] == [
            *("notes.pdf", "broken.jpg", "empty.png", "sound.wav:", "clip.mp4", "gone.png", "0.png", "4.png")
        ]
        assert "no picture" in lines[0]
        assert "damaged" in lines[1]
        assert "empty" in lines[2]
        assert "images only" in lines[3]
        assert "damaged" in lines[4]
        assert "there already" in lines[6]
        assert "this model takes 4 references" in lines[7]
        several._dismiss.click()
        assert not several.refusals.isVisible()
        drop(opened, panel, of_files(*(tmp_path / f"gone {number}.png" for number in range(60))))
        lines = several.refusals.text.splitlines()
        assert len(lines) == 8 and lines[-1] == "… and 53 more.", "the prompt is still in sight"

    def test_what_no_path_leads_to_is_refused_with_what_helps(
        self, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        phone = QMimeData()
        phone.setUrls([QUrl("mtp://Phone/DCIM/a%20boat.jpg")])
        drag = Drag(panel, phone)
        assert panel.drops.zone.refusal == "Copy it to this computer first"
        drag.drop()
        opened.idle()
        assert "a boat.jpg is on another device" in several.refusals.text
        both = of_files(photo(tmp_path / "here.png"))
        both.setUrls([*both.urls(), *phone.urls()])
        drop(opened, panel, both)
        assert names(several) == ["here.png"] and "a boat.jpg is on another device" in several.refusals.text
        monkeypatch.setattr(QMimeData, "imageData", lambda _self: None)
        broken = QMimeData()
        broken.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
        drop(opened, panel, broken)
        assert names(several) == ["here.png"]
        assert "holds no picture" in several.refusals.text, "pixels that cannot be decoded"

    def test_a_picture_too_large_to_open_safely_is_refused(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        bomb = tmp_path / "bomb.png"
        side = int(MOST_PIXELS**0.5) + 100
        Image.new("1", (side, side)).save(bomb)
        drop(opened, panel, of_files(bomb))
        assert section.cards == []
        assert "too many pixels" in section.refusals.text

    def test_a_second_one_takes_the_place_of_the_only_one(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path, run: Run
    ) -> None:
        first, second, third = (photo(tmp_path / f"{name}.png", 200 + len(name)) for name in ("a", "bb", "ccc"))
        drop(opened, panel, of_files(first))
        drag = Drag(panel, of_files(second, third))
        veil = panel.drops.zone
        assert veil.isVisible()
        assert veil.lit
        assert veil.geometry() == section.cards[0].geometry()
        drag.drop()
        opened.idle()
        assert not veil.isVisible()
        assert names(section) == ["bb.png"]
        assert section.refusals.text == "ccc.png was not added: this model takes 1 reference."
        kept = {item.name for item in run(opened.studio.engine.references.recent())}
        assert kept == {"a.png", "bb.png"}, "what there is no room for is not kept either"
        assert not section.zone.isVisible()

    def test_of_two_that_are_dropped_one_after_the_other_the_last_one_stays(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        slow = photo(tmp_path / "slow.png", 300)
        slowly(section, monkeypatch, slow)
        Drag(panel, of_files(slow)).drop()
        assert section._count.text() == "Reading…"
        Drag(panel, of_files(tmp_path / "gone.png")).drop()
        drop(opened, panel, of_files(photo(tmp_path / "quick.png", 200)))
        assert names(section) == ["quick.png"]
        assert section._count.text() == "1 of 1"
        assert section.refusals.text == "gone.png is no longer where it was. Add it again."

    def test_what_is_still_read_when_generate_is_pressed_goes_along_or_nothing_is_sent(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        sent: list[GenerationRequest] = []

        async def submit(_account: str, request: GenerationRequest, _count: int) -> list[object]:
            sent.append(request)
            return []

        monkeypatch.setattr(opened.studio.engine, "submit", submit)
        slow = photo(tmp_path / "slow.png", 300)
        slowly(section, monkeypatch, slow)
        panel.editor.text.setPlainText("A boat")
        panel.page.set_prompt("A boat")
        Drag(panel, of_files(slow)).drop()
        panel.generate()
        panel.generate()
        assert sent == []
        opened.idle()
        assert [reference.name for request in sent for reference in request.references] == ["slow.png"]
        panel.page.set_references(())
        broken = tmp_path / "broken.png"
        broken.write_bytes(slow.read_bytes()[:99])
        slowly(section, monkeypatch, broken)
        Drag(panel, of_files(broken)).drop()
        panel.generate()
        opened.idle()
        assert len(sent) == 1, "sent and paid for without the picture"
        assert "damaged" in section.refusals.text
        panel.generate()
        opened.idle()
        assert len(sent) == 2, "that it was not added stands there: now it is what is wanted"

    def test_what_is_read_when_its_draft_is_left_is_in_that_draft(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        panel.page.set_prompt("A boat")
        left, slow = panel.page.draft.id, photo(tmp_path / "slow.png", 300)
        slowly(section, monkeypatch, slow)
        Drag(panel, of_files(slow, photo(tmp_path / "b.png"))).drop()
        panel.new_draft()
        opened.idle()
        assert names(section) == [], "not in the one that is open now"
        panel.load(left)
        opened.idle()
        assert names(section) == ["slow.png", "b.png"]
        assert section.hint.text == "2 references are too many: this model takes 1."
        assert panel.editor.prompt == "A boat"

    def test_there_is_as_much_room_as_the_chosen_fields_have(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, run: Run
    ) -> None:
        account = opened.studio.accounts.draft("globalaiopc_v2", "Model center")
        run(opened.studio.accounts.add(account, "a-key-of-a-test-0123"))
        opened.idle()
        panel.choose(account.id)
        three = tuple(Reference(name=name, url=f"https://x.example/{name}", width=9, height=9) for name in "abc")
        panel.page.set_references(three)
        assert section.hint.text == "3 references are too many: this model takes 2."
        panel.page.set_value("pictures", "references")
        assert (section.hint.text, section._count.text()) == ("", "3 of 4")
        panel.page.set_value("pictures", None)
        assert section.hint.text == "3 references are too many: this model takes 2."
        panel.page.set_references(three[:2])
        assert section.hint.text == "" and not section.entry.isVisible(), "there is no room for a third"
        section.adder.add(["https://x.example/d"])
        opened.idle()
        assert section.refusals.text == "d was not added: this model takes 2 references."

    def test_a_drop_on_a_card_goes_beside_it_and_in_its_place_when_there_is_no_room(
        self, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        files = [photo(tmp_path / f"{number}.png", 300 + number) for number in range(6)]
        drop(opened, panel, of_files(files[0], files[1]))
        QApplication.processEvents()
        top = several.cards[1].mapTo(panel, QPoint(100, 4))
        drop(opened, panel, of_files(files[2]), top)
        assert names(several) == ["0.png", "2.png", "1.png"]
        drop(opened, panel, of_files(files[3]), QPoint(10, 10))
        QApplication.processEvents()
        drop(opened, panel, of_files(files[4]), several.cards[2].mapTo(panel, QPoint(100, 20)))
        assert names(several) == ["0.png", "2.png", "4.png", "3.png"]
        drop(opened, panel, of_files(files[5]), QPoint(10, 10))
        assert "5.png was not added" in several.refusals.text

    def test_cards_are_reordered_by_drag_and_by_keys(
        self, qtbot, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        drop(opened, panel, of_files(*(photo(tmp_path / f"{number}.png", 300 + number) for number in range(3))))
        QApplication.processEvents()
        carried: list[QMimeData] = []
        monkeypatch.setattr(
            "sora_desktop.ui.references.section.drag_out", lambda _card, mime, _picture: carried.append(mime)
        )
        card = several.cards[0]
        qtbot.mousePress(card, LEFT, pos=QPoint(110, 10))
        qtbot.mouseMove(card, QPoint(130, 40))
        assert len(carried) == 1
        assert [url.fileName() for url in carried[0].urls()] == ["0.png"], "other programs get the file"
        drag = Drag(panel, carried[0], several.cards[2].mapTo(panel, QPoint(100, 40)))
        assert drag.accepted
        assert not several.zone.lit, "nothing is added"
        drag.drop()
        opened.idle()
        assert names(several) == ["1.png", "2.png", "0.png"]
        several.cards[2].thumb.setFocus()
        qtbot.keyClick(several.cards[2].thumb, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        assert names(several) == ["1.png", "0.png", "2.png"]

    def test_a_frame_of_a_clip_and_a_reference_of_the_tray(
        self, panel: ComposePanel, section: ReferencesSection, opened: Opened, tmp_path: Path, run: Run
    ) -> None:
        from sora_desktop.media.render import render

        clip = tmp_path / "boat.mp4"
        render(clip, width=320, height=180, seconds=1, prompt="boat")
        drop(opened, panel, of_frame(Frame(path=str(clip), title="boat"), with_clip=True))
        assert names(section) == ["boat last frame.png"]
        last = panel.page.draft.references[0]
        assert (last.width, last.height, last.mime) == (320, 180, "image/png")
        drop(opened, panel, of_frame(Frame(path=str(clip), seconds=0.0, title="boat frame 1")))
        first = panel.page.draft.references[0]
        assert first.name == "boat frame 1.png"
        assert first.sha256 != last.sha256
        drop(opened, panel, of_references([last]))
        assert panel.page.draft.references == (last,)


class TestPaste:
    def test_pixels_pasted_into_the_prompt_become_a_reference_and_text_stays_text(
        self, qtbot, panel: ComposePanel, section: ReferencesSection, opened: Opened
    ) -> None:
        image = QImage(64, 36, QImage.Format.Format_RGB32)
        image.fill(QColor("teal"))
        QGuiApplication.clipboard().setImage(image)
        panel.editor.text.setFocus()
        qtbot.keyClick(panel.editor.text, Qt.Key.Key_V, CTRL)
        opened.idle()
        assert names(section) == ["Pasted picture.png"]
        assert panel.editor.prompt == ""
        assert panel.editor.text.canPaste(), "so that its menu offers it"
        QGuiApplication.clipboard().setText("https://x.example/a.png")
        qtbot.keyClick(panel.editor.text, Qt.Key.Key_V, CTRL)
        assert panel.editor.prompt == "https://x.example/a.png"
        assert len(section.cards) == 1

    def test_a_copied_file_and_an_address_are_pasted_anywhere_else(
        self, qtbot, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path, monkeypatch
    ) -> None:
        async def look(_account: str, url: str) -> Reference:
            return Reference(name="b.png", url=url, mime="image/png", width=64, height=36, bytes=99)

        monkeypatch.setattr(opened.studio.engine.references, "look", look)
        QGuiApplication.clipboard().setMimeData(of_files(photo(tmp_path / "a.png")))
        several.zone.setFocus()
        qtbot.keyClick(several.zone, Qt.Key.Key_V, CTRL)
        opened.idle()
        QGuiApplication.clipboard().setText("https://x.example/b.png")
        qtbot.keyClick(panel.picker, Qt.Key.Key_V, CTRL)
        opened.idle()
        assert names(several) == ["a.png", "b.png"]
        QGuiApplication.clipboard().setText("a boat at sea")
        qtbot.keyClick(several.zone, Qt.Key.Key_V, CTRL)
        assert several.refusals.text == "On the clipboard is no picture, no file and no address."
        assert panel.page.draft.references[1].width == 64, "what was found at the address is kept"
        assert several.cards[1].facts.text() == "https://x.example/b.png"

    def test_in_the_field_for_addresses_a_picture_is_one_and_text_is_text(
        self, qtbot, several: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        several._address.click()
        field = several.entry.field
        QGuiApplication.clipboard().setMimeData(of_files(photo(tmp_path / "a.png")))
        qtbot.keyClick(field, Qt.Key.Key_V, CTRL)
        QGuiApplication.clipboard().setImage(QImage(20, 20, QImage.Format.Format_RGB32))
        field.paste()
        opened.idle()
        assert names(several) == ["a.png", "Pasted picture.png"] and field.text() == ""
        QGuiApplication.clipboard().setText("https://x.example/")
        qtbot.keyClick(field, Qt.Key.Key_V, CTRL)
        assert field.text() == "https://x.example/"

    def test_fields_for_text_let_a_picture_pass_and_take_words(
        self, panel: ComposePanel, several: ReferencesSection, opened: Opened, tmp_path: Path
    ) -> None:
        several._address.click()
        notes = NotesField(panel)
        picture, words = of_files(photo(tmp_path / "a.png")), QMimeData()
        picture.setText((tmp_path / "a.png").as_uri())
        words.setText("a boat")
        for number, over in enumerate((several.entry.field, notes.viewport())):
            drag = Drag(over, words, QPoint(5, 5))
            assert drag.accepted
            drag.leave()
            several._put(0, None)
            Drag(over, picture, QPoint(5, 5)).drop()
            opened.idle()
            assert names(several) == ["a.png"], number
        assert several.entry.field.text() == "" and notes.toPlainText() == ""
