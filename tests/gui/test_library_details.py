"""The details of the selected clips: what is shown, marked, written and kept, on a real library."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.library import Clip
from sora_desktop.media.render import render
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.library import notes
from sora_desktop.ui.library.details import ClipDetails
from sora_desktop.ui.words import sentence
from support.clips import done, put

LEFT = Qt.MouseButton.LeftButton


class Desk:
    """Shown details, and what they say."""

    def __init__(self, opened, run, qtbot, tmp_path: Path) -> None:
        self.opened, self.run, self.qtbot, self.folder = opened, run, qtbot, tmp_path
        self.library = opened.studio.library
        self.details = ClipDetails(opened.studio)
        qtbot.addWidget(self.details)
        self.details.resize(312, 900)
        self.said: list[tuple[str, object]] = []
        for name in (
            "opened",
            "reference_wanted",
            "edit_wanted",
            "find_wanted",
            "collect_wanted",
            "remove_wanted",
            "show_message",
        ):
            getattr(self.details, name).connect(lambda what, name=name: self.said.append((name, what)))
        with qtbot.waitActive(self.details):
            self.details.show()
            self.details.activateWindow()

    def put(self, prompt: str = "A red train", **fields) -> Clip:
        """A clip with its file."""
        path = self.folder / f"{len(self.library.clips)} clip.mp4"
        path.write_bytes(b"video")
        return put(self.opened, self.run, done(prompt, path=str(path), **fields))[0]

    def show(self, *clips: Clip) -> None:
        self.details.set_clips([self.library.clips[clip.id] for clip in clips])
        QApplication.processEvents()

    def settle(self) -> None:
        self.opened.idle()
        self.run.until(lambda: not self.library._telling)

    def now(self, clip: Clip) -> Clip:
        return self.library.clips[clip.id]

    def kept(self, clip: Clip) -> Clip:
        """As the database has it."""
        rows = self.run(self.library._store.page("", {}))
        row = next(row for row in rows if row.id == clip.id)
        return clip.marked(**row.marks.model_dump())

    def click(self, widget, at: QPoint | None = None) -> None:
        self.qtbot.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at or widget.rect().center())

    def write(self, text: str) -> None:
        self.details.notes.setFocus()
        self.qtbot.keyClicks(self.details.notes, text)


@pytest.fixture
def desk(opened, run, qtbot, tmp_path: Path) -> Desk:
    return Desk(opened, run, qtbot, tmp_path)


def facts(desk: Desk) -> dict[str, str]:
    return {fact.name: fact.value for column in desk.details.facts._columns for fact in column}


class TestOneClip:
    def test_it_stands_there_in_full(self, desk: Desk) -> None:
        clip = desk.put(
            "雨夜 <b>的江南</b>\n小镇",
            values={"aspect_ratio": "portrait"},
            bytes=17_900_000,
            final=75.0,
            remote_id="rv_a17e00112233445509d4",
        )
        desk.show(clip)
        details = desk.details
        assert details.title.text() == Path(clip.path).name
        assert details.prompt.text.toPlainText() == "雨夜 <b>的江南</b>\n小镇"
        told = facts(desk)
        assert told["File"] == "17.9 MB"
        assert told["Cost"] == "75 credits"
        assert told["Account"] == "Built-in simulator"
        assert "Portrait" in told["Parameters"]
        assert told["Task ID"] == "rv_a17e…09d4"
        assert details._none.isHidden()

    def test_nothing_selected_says_what_to_do(self, desk: Desk) -> None:
        assert desk.details._none.isVisible()
        clip = desk.put()
        desk.show(clip)
        desk.show()
        assert desk.details._none.isVisible()

    def test_what_can_be_done_with_it_is_told(self, desk: Desk) -> None:
        clip = desk.put(remote_id="task_1")
        desk.show(clip)
        details = desk.details
        desk.click(details.preview)
        for name in ("open", "reference", "edit"):
            details.deeds.wanted.emit(name)
        desk.click(details.remove)
        assert desk.said == [
            ("opened", clip.id),
            ("opened", clip.id),
            ("reference_wanted", clip),
            ("edit_wanted", clip.id),
            ("remove_wanted", [clip]),
        ]
        assert details.missing.isHidden()
        assert details.folder.isEnabled()

    def test_the_recipe_and_the_task_id_go_to_the_clipboard(self, desk: Desk) -> None:
        clip = desk.put("Rain", remote_id="rv_a17e00112233445509d4")
        desk.show(clip)
        desk.click(desk.details.copy)
        assert json.loads(QGuiApplication.clipboard().text())["prompt"] == "Rain"
        fact = next(fact for column in desk.details.facts._columns for fact in column if fact.copies)
        desk.details.facts.copy(fact)
        assert QGuiApplication.clipboard().text() == "rv_a17e00112233445509d4"
        assert [what for _name, what in desk.said] == ["Recipe copied.", "Task ID copied."]

    def test_show_in_folder_reveals_its_file(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        shown: list[Path] = []
        monkeypatch.setattr("sora_desktop.ui.library.details.reveal", shown.append)
        clip = desk.put()
        desk.show(clip)
        desk.click(desk.details.folder)
        assert shown == [Path(clip.path)]

        def refuse(_path: Path) -> None:
            raise EnvironmentProblem("folder_readonly", folder="/media/usb")

        monkeypatch.setattr("sora_desktop.ui.library.details.reveal", refuse)
        desk.click(desk.details.folder)
        assert "/media/usb" in str(desk.said)

    def test_a_long_prompt_is_cut_until_all_of_it_is_wanted(self, desk: Desk) -> None:
        clip, other = desk.put("word " * 400 + "\n" + "a" * 3000), desk.put("Short")
        desk.show(clip)
        prompt = desk.details.prompt
        folded = prompt.text.height()
        assert prompt.more.isVisible()
        assert desk.details.width() == 312, "one endless word widens nothing"
        desk.click(prompt.more)
        assert prompt.text.height() > folded * 5
        desk.show(other)
        assert not prompt.more.isVisible()
        assert prompt.text.height() < folded
        desk.show(clip)
        assert prompt.text.height() == folded, "the next look begins folded"

    def test_the_size_and_rate_of_its_video_come_when_the_file_was_looked_into(self, desk: Desk) -> None:
        clip = desk.put(bytes=17_900_000)
        render(Path(clip.path), "a boat", width=160, height=90, seconds=0.4, fps=5)
        desk.show(clip)
        assert facts(desk)["File"] == "17.9 MB"
        desk.run.until(lambda: facts(desk)["File"] == "160×90 · 5 fps · 17.9 MB")

    def test_the_picture_comes_when_it_is_read(self, desk: Desk) -> None:
        clip = desk.put()
        file = thumbnail_path(desk.opened.studio.paths, clip.id)
        file.parent.mkdir(parents=True, exist_ok=True)
        image = QImage(320, 180, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.magenta)
        image.save(str(file))
        desk.show(clip)
        desk.details.preview.grab()
        middle = desk.details.preview.rect().center()

        def seen() -> bool:
            colour = desk.details.preview.grab().toImage().pixelColor(middle)
            return (colour.red() > 200, colour.green() < 60, colour.blue() > 200) == (True, True, True)

        desk.run.until(seen)
        image.fill(Qt.GlobalColor.green)
        image.save(str(file))
        desk.library.pictured.emit(clip.id)
        desk.run.until(lambda: not seen(), message="another file has another picture")


class TestMarks:
    def test_stars_are_clicked_taken_back_and_moved_by_keys(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        stars = desk.details.stars
        desk.click(stars, stars.rect_of(4).center())
        desk.settle()
        assert (desk.kept(clip).marks.rating, stars.value()) == (4, 4)
        desk.click(stars, stars.rect_of(4).center())
        desk.settle()
        assert desk.now(clip).marks.rating == 0
        stars.setFocus()
        desk.qtbot.keyClick(stars, Qt.Key.Key_Right)
        desk.qtbot.keyClick(stars, Qt.Key.Key_3)
        desk.settle()
        assert desk.kept(clip).marks.rating == 3
        assert stars.accessibleDescription() == "3 of 5 stars"

    def test_favourite_and_reviewed_are_switched(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.click(desk.details.favourite)
        desk.click(desk.details.reviewed)
        desk.settle()
        marks = desk.kept(clip).marks
        assert (marks.favourite, marks.reviewed) == (True, True)
        assert desk.details.reviewed.accessibleName() == "Mark as not reviewed"
        desk.click(desk.details.favourite)
        desk.settle()
        assert desk.kept(clip).marks.favourite is False

    def test_a_mark_made_elsewhere_is_shown(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.run(desk.library.mark([clip.id], favourite=True, rating=2))
        desk.settle()
        assert desk.details.favourite.isChecked()
        assert desk.details.stars.value() == 2

    def test_what_cannot_be_kept_is_said_and_shown_as_it_was(self, desk: Desk, monkeypatch) -> None:
        clip = desk.put()
        desk.show(clip)
        problem = EnvironmentProblem("disk_full")

        async def full(_clips: object) -> None:
            raise problem

        monkeypatch.setattr(desk.library._store, "save_marks", full)
        desk.click(desk.details.stars, desk.details.stars.rect_of(5).center())
        desk.settle()
        assert desk.said == [("show_message", sentence(problem))]
        assert desk.details.stars.value() == 0


class TestTags:
    @pytest.mark.on_screen
    def test_tags_are_written_one_after_the_other_and_taken_off(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        tags = desk.details.tags
        desk.click(tags.add)
        assert tags.field is not None and tags.field.hasFocus()
        desk.qtbot.keyClicks(tags.field, "harbour")
        desk.qtbot.keyClick(tags.field, Qt.Key.Key_Return)
        desk.settle()
        assert tags.field is not None and tags.field.hasFocus(), "the next one may follow"
        desk.qtbot.keyClicks(tags.field, "dusk, client A,")
        desk.settle()
        assert desk.kept(clip).marks.tags == ("harbour", "dusk", "client A")
        desk.qtbot.keyClick(tags.field, Qt.Key.Key_Escape)
        assert tags.field is None
        assert tags.add.hasFocus()
        token = tags.tokens["dusk"]
        desk.click(token, token.cross().center())
        desk.settle()
        assert desk.kept(clip).marks.tags == ("harbour", "client A")
        tags.tokens["harbour"].setFocus()
        desk.qtbot.keyClick(tags.tokens["harbour"], Qt.Key.Key_Delete)
        desk.settle()
        assert list(tags.tokens) == ["client A"]
        assert tags.tokens["client A"].hasFocus(), "the keys go on with the next"

    def test_they_stand_in_lines_one_behind_the_other(self, desk: Desk) -> None:
        clip, other = desk.put(), desk.put()
        for tag in ("harbour", "night", "b-roll", "a longer one", "dusk"):
            desk.run(desk.library.add_tag([clip.id], tag))
        desk.show(other)
        desk.show(clip)
        tags = desk.details.tags
        places = [one.geometry() for one in (*tags.tokens.values(), tags.add)]
        for place, after in pairwise(places):
            assert after.left() > place.right() or after.top() > place.bottom()
        assert max(place.right() for place in places) < 312
        assert len({place.top() for place in places[:-1]}) == 2

    def test_a_tag_that_is_half_written_counts_for_the_clip_it_was_for(self, desk: Desk) -> None:
        clip, other = desk.put(), desk.put()
        desk.show(clip)
        desk.click(desk.details.tags.add)
        desk.qtbot.keyClicks(desk.details.tags.field, "night")
        desk.show(other)
        desk.settle()
        assert desk.kept(clip).marks.tags == ("night",)
        assert desk.kept(other).marks.tags == ()
        assert desk.details.tags.field is None

    def test_flush_waits_for_a_tag_too(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        clip = desk.put()
        save = desk.library._store.save_marks

        async def slow(clips: object) -> None:
            await asyncio.sleep(0.05)
            await save(clips)  # type: ignore[arg-type]

        monkeypatch.setattr(desk.library._store, "save_marks", slow)
        desk.show(clip)
        desk.click(desk.details.tags.add)
        desk.qtbot.keyClicks(desk.details.tags.field, "last")
        desk.run(desk.details.flush())
        assert desk.kept(clip).marks.tags == ("last",)

    @pytest.mark.on_screen
    def test_the_tags_of_the_library_are_offered(self, desk: Desk) -> None:
        clip, other = desk.put(), desk.put()
        desk.run(desk.library.add_tag([other.id], "Harbour"))
        desk.show(clip)
        desk.click(desk.details.tags.add)
        field = desk.details.tags.field
        desk.qtbot.keyClicks(field, "arb")
        completer = field.completer()
        assert [completer.completionModel().index(0, 0).data(), completer.completionCount()] == ["Harbour", 1]
        completer.popup().hide()
        completer.activated.emit("Harbour")
        field.setText("Harbour")
        desk.run.until(lambda: not field.text())
        desk.settle()
        assert desk.kept(clip).marks.tags == ("Harbour",)

    def test_no_more_than_a_clip_holds(self, desk: Desk) -> None:
        clip = desk.put()
        for number in range(32):
            desk.run(desk.library.add_tag([clip.id], f"tag {number}"))
        desk.show(clip)
        assert not desk.details.tags.add.isVisible()
        desk.click(desk.details.tags.tokens["tag 7"], desk.details.tags.tokens["tag 7"].cross().center())
        desk.settle()
        assert desk.details.tags.add.isVisible()
        desk.click(desk.details.tags.add)
        QApplication.clipboard().setText("y" * 500)
        desk.details.tags.field.paste()
        assert len(desk.details.tags.field.text()) == 40


class TestNotes:
    def test_they_are_kept_a_moment_after_the_last_key(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.write("Slower pan")
        assert desk.now(clip).marks.notes == ""
        desk.run.until(lambda: desk.now(clip).marks.notes)
        desk.settle()
        assert desk.kept(clip).marks.notes == "Slower pan"
        assert desk.details.keeper.unsaved == {}

    def test_they_are_kept_at_once_when_the_field_is_left(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.write("Slower pan")
        desk.details.stars.setFocus()
        desk.settle()
        assert desk.kept(clip).marks.notes == "Slower pan"

    def test_another_selection_loses_nothing_and_mixes_nothing(self, desk: Desk) -> None:
        clip, other = desk.put(), desk.put()
        desk.run(desk.library.mark([other.id], notes="Of the other"))
        desk.show(clip)
        desk.write("Of the first")
        desk.show(other)
        assert desk.details.notes.toPlainText() == "Of the other"
        desk.write("!")
        desk.show()
        desk.settle()
        assert desk.kept(clip).marks.notes == "Of the first"
        assert desk.kept(other).marks.notes == "!Of the other"

    def test_flush_waits_for_all_of_them(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.write("At the last moment")
        desk.run(desk.details.flush())
        assert desk.kept(clip).marks.notes == "At the last moment"

    def test_what_is_written_while_a_note_is_being_saved_is_saved_too(self, desk: Desk, monkeypatch) -> None:
        clip = desk.put()
        save = desk.library._store.save_marks

        async def meanwhile(clips: object) -> None:
            if desk.details.notes.toPlainText() == "One":
                desk.qtbot.keyClicks(desk.details.notes, " two")
            await save(clips)  # type: ignore[arg-type]

        monkeypatch.setattr(desk.library._store, "save_marks", meanwhile)
        desk.show(clip)
        desk.write("One")
        desk.run(desk.details.flush())
        assert desk.kept(clip).marks.notes == "One two"

    def test_a_full_disk_is_said_and_the_text_waits(self, desk: Desk, monkeypatch) -> None:
        clip, other = desk.put(), desk.put()
        save, tries = desk.library._store.save_marks, 0
        problem = EnvironmentProblem("disk_full")

        async def full(clips: object) -> None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise problem
            await save(clips)  # type: ignore[arg-type]

        monkeypatch.setattr(desk.library._store, "save_marks", full)
        monkeypatch.setattr(desk.details.keeper._saver, "again", 1)
        desk.show(clip)
        desk.write("Precious")
        desk.run(desk.details.flush())
        assert desk.said == [("show_message", sentence(problem))]
        desk.show(other)
        desk.show(clip)
        assert desk.details.notes.toPlainText() == "Precious", "not what the disk still has"
        desk.run.until(lambda: not desk.details.keeper.unsaved)
        assert desk.kept(clip).marks.notes == "Precious"

    def test_notes_of_a_removed_clip_wait_until_it_is_brought_back(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.write("Not lost")
        gone = desk.run(desk.library.remove([clip.id]))
        desk.run(desk.details.flush())
        assert desk.details._none.isVisible()
        desk.run(desk.library.restore(gone))
        desk.run.until(lambda: not desk.details.keeper.unsaved)
        assert desk.kept(clip).marks.notes == "Not lost"

    def test_a_change_from_elsewhere_comes_in_but_never_over_what_is_being_written(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        desk.run(desk.library.mark([clip.id], notes="From the command line"))
        desk.settle()
        assert desk.details.notes.toPlainText() == "From the command line"
        desk.write("Mine. ")
        desk.run(desk.library.mark([clip.id], notes="Theirs", favourite=True))
        desk.settle()
        assert desk.details.notes.toPlainText() == "Mine. From the command line"
        desk.run(desk.details.flush())
        assert desk.kept(clip).marks.notes == "Mine. From the command line"

    def test_they_are_plain_and_bounded_and_what_was_there_stays(self, desk: Desk) -> None:
        clip = desk.put()
        desk.show(clip)
        field = desk.details.notes
        desk.write("Beginning ")
        QApplication.clipboard().setText("<b>x</b>" * 100_000)
        field.paste()
        text = field.toPlainText()
        assert len(text) == notes.MOST
        assert text.startswith("Beginning <b>x</b><b>x")
        assert "4\u202f000 characters" in str(desk.said[-1][1])
        desk.qtbot.keyClicks(field, "more")
        assert field.toPlainText() == text
        field.moveCursor(field.textCursor().MoveOperation.Start)
        desk.qtbot.keyClick(field, Qt.Key.Key_Q)
        assert field.toPlainText() == text, "what is new is refused, not the end of the note cut off"
        desk.run(desk.details.flush())
        assert desk.kept(clip).marks.notes == text

    def test_tab_leaves_the_field_and_it_grows_with_its_text(self, desk: Desk) -> None:
        desk.show(desk.put())
        field = desk.details.notes
        low = field.height()
        field.setFocus()
        for _ in range(8):
            desk.qtbot.keyClick(field, Qt.Key.Key_Return)
        assert field.height() > low
        desk.qtbot.keyClick(field, Qt.Key.Key_Tab)
        assert not field.hasFocus()
        desk.settle()


class TestSeveralClips:
    def test_they_are_summed_up_and_marked_together(self, desk: Desk) -> None:
        clips = [desk.put(bytes=18_000_000) for _ in range(3)]
        desk.run(desk.library.mark([clips[0].id], favourite=True, rating=4))
        desk.show(*clips)
        details = desk.details
        assert details.title.text() == "3 clips · 54 MB"
        assert not details.favourite.isChecked(), "not all of them are"
        assert details.stars.value() == 0, "they differ"
        assert not details.notes.isVisible()
        assert not details.deeds.isVisible()
        desk.click(details.favourite)
        desk.click(details.stars, details.stars.rect_of(2).center())
        desk.settle()
        assert [(desk.kept(clip).marks.favourite, desk.kept(clip).marks.rating) for clip in clips] == [(True, 2)] * 3
        desk.click(details.copy)
        assert len(json.loads(QGuiApplication.clipboard().text())) == 3
        desk.click(details.remove)
        assert [clip.id for clip in desk.said[-1][1]] == [clip.id for clip in clips]

    def test_a_tag_of_some_says_of_how_many_and_goes_from_all(self, desk: Desk) -> None:
        clips = [desk.put() for _ in range(3)]
        desk.run(desk.library.add_tag([clip.id for clip in clips], "all"))
        desk.run(desk.library.add_tag([clip.id for clip in clips[:2]], "some"))
        desk.show(*clips)
        tags = desk.details.tags
        assert [token.words for token in tags.tokens.values()] == ["all", "some (2 of 3)"]
        desk.click(tags.tokens["some"], tags.tokens["some"].cross().center())
        desk.click(tags.add)
        desk.qtbot.keyClicks(tags.field, "new")
        desk.qtbot.keyClick(tags.field, Qt.Key.Key_Return)
        desk.settle()
        assert [desk.kept(clip).marks.tags for clip in clips] == [("all", "new")] * 3

    def test_of_hundreds_of_tags_the_most_frequent_are_shown(self, desk: Desk) -> None:
        clips = [desk.put() for _ in range(2)]
        for number in range(50):
            desk.run(desk.library.add_tag([clips[number % 2].id], f"tag {number}"))
        desk.run(desk.library.add_tag([clip.id for clip in clips], "z of both"))
        desk.show(*clips)
        tags = desk.details.tags
        assert len(tags.tokens) == 40
        assert list(tags.tokens)[-1] == "z of both"
        assert tags.others.text() == "and 11 more"
        assert tags.others.isVisible()
        desk.show(clips[0])
        assert not tags.others.isVisible()


class TestMissingFile:
    def miss(self, desk: Desk, **fields) -> Clip:
        clip = desk.put(**fields)
        Path(clip.path).unlink()
        desk.run(desk.library.look(pictures=False))
        desk.settle()
        desk.show(clip)
        return clip

    def test_it_is_said_with_the_ways_to_get_it_back(self, desk: Desk) -> None:
        clip = self.miss(desk, remote_id="task_1")
        details = desk.details
        assert clip.path in details.missing.text
        assert not details.folder.isEnabled()
        assert not details.preview.isEnabled()
        assert details.deeds.buttons["edit"].isVisible()
        assert not details.deeds.buttons["open"].isVisible()
        desk.click(details.find_file)
        desk.click(details.collect_again)
        assert desk.said == [("find_wanted", clip), ("collect_wanted", clip)]

    @pytest.mark.parametrize(
        "fields",
        [{}, {"remote_id": "task_1", "expires_at": time.time() - 60}, {"remote_id": "task_1", "account": "removed"}],
        ids=["no id", "its time is over", "the account is gone"],
    )
    def test_the_service_is_only_offered_where_it_can_still_give_it(self, desk: Desk, fields: dict) -> None:
        self.miss(desk, **fields)
        assert desk.details.find_file.isVisible()
        assert not desk.details.collect_again.isVisible()

    def test_several_say_how_many(self, desk: Desk) -> None:
        whole = desk.put()
        gone = self.miss(desk)
        desk.show(whole, gone)
        assert desk.details.missing.text == "Files missing: 1 of 2."
        assert not desk.details.find_file.isVisible()
