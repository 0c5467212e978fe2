"""Stars, tags and notes in the details: given, written and kept, on a real library."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.ui.library import notes
from sora_desktop.ui.words import sentence
from support.clip_details import Desk


@pytest.fixture
def desk(opened, run, qtbot, tmp_path: Path) -> Desk:
    return Desk(opened, run, qtbot, tmp_path)


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
