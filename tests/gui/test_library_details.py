"""The details of the selected clips: what is shown of one, of several, and of one whose file is missing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.library import Clip
from sora_desktop.media.render import render
from sora_desktop.storage.library import thumbnail_path
from support.clip_details import Desk


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
