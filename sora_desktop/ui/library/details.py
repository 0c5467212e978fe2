"""The column beside the clips: what is known of the selected ones, what the user made of them, what can be done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.core.library import Clip
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import icon
from sora_desktop.ui.job_orders import JobOrders, reveal
from sora_desktop.ui.library.clip_facts import ClipFacts
from sora_desktop.ui.library.grid import clip_thumbnails
from sora_desktop.ui.library.notes import NotesField, NotesKeeper
from sora_desktop.ui.library.preview import Preview
from sora_desktop.ui.library.prompt_text import PromptText
from sora_desktop.ui.library.stars import Stars
from sora_desktop.ui.library.tag_editor import TagEditor
from sora_desktop.ui.places import short
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.viewer.actions import ActionRow, Deed
from sora_desktop.ui.widgets.basic import Elided, button, label, line, mark, tool
from sora_desktop.ui.widgets.hints import Empty, Hint
from sora_desktop.ui.words import number, sentence, size

SIDE = 16
"""Px at 100 % beside everything."""


class ClipDetails(QWidget):
    """One clip in full, several together, or a word where none is selected.

    What the user marks goes to the library at once, notes a moment after the last key; `flush` waits for them.
    """

    opened = Signal(str)
    reference_wanted = Signal(Clip)
    """The clip's last frame."""
    edit_wanted = Signal(str)
    find_wanted = Signal(Clip)
    collect_wanted = Signal(Clip)
    remove_wanted = Signal(list)
    show_message = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._clips: list[Clip] = []
        self._ids: list[str] = []
        self._marking: set[asyncio.Task[None]] = set()
        self.orders = JobOrders(studio, self)
        self.orders.show_message.connect(self.show_message)
        self.keeper = NotesKeeper(studio, self)
        self.keeper.failed.connect(self.show_message)
        mark(self, surface="panel")
        self._make_parts()
        self._stack = QStackedWidget()
        self._none = Empty(
            "film", self.tr("No clip selected"), self.tr("Select one to see its prompt, tags and notes.")
        )
        self._stack.addWidget(self._none)
        self._stack.addWidget(self._make_whole())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        bind(studio.library.changed, self._on_library_changed, self)
        bind(studio.library.pictured, lambda _id: self.preview.update(), self)
        bind(theme().changed, self._pad, self)
        self._pad()
        self._show()

    def _make_parts(self) -> None:
        self.preview = Preview(clip_thumbnails(self._studio, self))
        self.preview.clicked.connect(lambda: self._do("open"))
        self.deeds = ActionRow(
            [
                Deed("open", self.tr("Open"), "play"),
                Deed("reference", self.tr("As reference"), "lastframe"),
                Deed("edit", self.tr("Use again"), "edit"),
            ]
        )
        self.deeds.wanted.connect(self._do)
        self.title = Elided("", "section", mode=Qt.TextElideMode.ElideMiddle)
        self.reviewed = self._toggle("eye", self._on_reviewed)
        self.favourite = self._toggle("star", self._on_favourite)
        self.stars = Stars()
        self.stars.rated.connect(lambda stars: self._mark(rating=stars))
        self.missing = Hint("", "warning")
        self.find_file = button(self.tr("Find the file…"), "small")
        self.find_file.clicked.connect(lambda: self._do("find"))
        self.collect_again = button(self.tr("Ask for the result"), "small")
        self.collect_again.clicked.connect(lambda: self._do("collect"))
        self.prompt = PromptText()
        self.facts = ClipFacts(self._studio)
        self.facts.copied.connect(self.show_message)
        self.tags = TagEditor(self._known_tags)
        self.tags.added.connect(lambda tag: self._spawn(self._studio.library.add_tag(self._ids, tag)))
        self.tags.removed.connect(lambda tag: self._spawn(self._studio.library.remove_tag(self._ids, tag)))
        self.notes = NotesField()
        self.notes.written.connect(self._on_written)
        self.notes.left.connect(self.keeper.save_now)
        self.notes.shortened.connect(self._on_shortened)
        self.folder = button(self.tr("Show in folder"), "", "folder")
        self.folder.clicked.connect(self._on_folder)
        self.copy = button(self.tr("Copy recipe"), "", "copy")
        self.copy.clicked.connect(lambda: self.orders.copy([clip.job for clip in self._clips]))
        for one in (self.folder, self.copy):
            mark(one, face="secondary")
        self.remove = tool("trash", self.tr("Remove…"))
        self.remove.clicked.connect(lambda: self.remove_wanted.emit(list(self._clips)))

    def _toggle(self, picture: str, slot: object) -> QToolButton:
        made = tool(picture, "")
        made.setCheckable(True)
        mark(made, look="mark")
        made.clicked.connect(slot)
        return made

    def _make_whole(self) -> QWidget:
        whole = QWidget()
        body = QWidget()
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._padded: list[QVBoxLayout] = []
        self._body.addWidget(self.preview)
        self._body.addWidget(self.deeds)
        self._body.addWidget(line())
        head, name, trouble = self._part(), QHBoxLayout(), QHBoxLayout()
        name.setSpacing(0)
        name.addWidget(self.title, 1)
        name.addWidget(self.reviewed)
        name.addWidget(self.favourite)
        trouble.addWidget(self.find_file)
        trouble.addWidget(self.collect_again)
        trouble.addStretch(1)
        head.addLayout(name)
        head.addWidget(self.stars)
        head.addWidget(self.missing)
        head.addLayout(trouble)
        head.addWidget(self.prompt)
        self._single: list[QWidget] = [self._ruled(self.facts)]
        self._ruled(self.tags, self.tr("Tags"))
        self._single.append(self._ruled(self.notes, self.tr("Notes")))
        self._body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(body)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(scroll, 1)
        column.addWidget(self._make_foot())
        return whole

    def _part(self, host: QWidget | None = None) -> QVBoxLayout:
        """A stretch of the column with the same room around it as the others."""
        box = QVBoxLayout()
        self._padded.append(box)
        if host is None:
            self._body.addLayout(box)
        else:
            host.setLayout(box)
        return box

    def _ruled(self, inside: QWidget, words: str = "") -> QWidget:
        """A part below a line, with a heading."""
        host = QWidget()
        outer = QVBoxLayout(host)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(line())
        part = QWidget()
        box = self._part(part)
        if words:
            box.addWidget(label(words, "section"))
        box.addWidget(inside)
        outer.addWidget(part)
        self._body.addWidget(host)
        return host

    def _make_foot(self) -> QWidget:
        foot = QFrame()
        mark(foot, look="foot")
        self._foot = QHBoxLayout(foot)
        self._foot.addWidget(self.folder)
        self._foot.addWidget(self.copy)
        self._foot.addStretch(1)
        self._foot.addWidget(self.remove)
        return foot

    # Showing.

    @property
    def clips(self) -> tuple[Clip, ...]:
        """What is shown."""
        return tuple(self._clips)

    def set_clips(self, clips: Sequence[Clip]) -> None:
        """Shows other clips, or the same as they are now. What was being written is kept for those it was for."""
        ids = [clip.id for clip in clips]
        if ids != self._ids:
            self.tags.finish()
        self._clips, self._ids = list(clips), ids
        self._show()

    async def flush(self) -> None:
        """Returns when everything written so far is kept."""
        self.tags.finish()
        await self.keeper.flush()
        await asyncio.gather(*self._marking, return_exceptions=True)

    def _known_tags(self) -> set[str]:
        return {tag for clip in self._studio.library.clips.values() for tag in clip.marks.tags}

    def _on_library_changed(self) -> None:
        clips = self._studio.library.clips
        self._ids = [clip_id for clip_id in self._ids if clip_id in clips]
        self._clips = [clips[clip_id] for clip_id in self._ids]
        self._show()

    def _show(self) -> None:
        clips = self._clips
        self._stack.setCurrentIndex(1 if clips else 0)
        if not clips:
            return
        single = len(clips) == 1
        first = clips[0]
        self.preview.show_clips(self._ids, self.tr("Open {0}").format(first.title) if single else "")
        self.title.setText(Path(first.path).name if single else self._sum())
        self._show_marks()
        self._show_missing()
        self.tags.show_clips(clips)
        for part in (self.deeds, self.prompt, self.folder, *self._single):
            part.setVisible(single)
        if single:
            self.prompt.show_prompt(first.job.request.prompt)
            self.prompt.setVisible(bool(first.job.request.prompt.strip()))
            self.facts.show_clip(first)
            self.notes.show_notes(self.keeper.unsaved.get(first.id, first.marks.notes))
        self.copy.setText(self.tr("Copy recipe") if single else self.tr("Copy recipes"))

    def _sum(self) -> str:
        """Several clips in a line: "3 clips · 54 MB"."""
        words = self.tr("{0} clips").format(number(len(self._clips), 0))
        total = sum(clip.job.bytes or 0 for clip in self._clips)
        return f"{words} · {size(total)}" if total else words

    def _show_marks(self) -> None:
        every = [clip.marks for clip in self._clips]
        favourite, reviewed = all(one.favourite for one in every), all(one.reviewed for one in every)
        self.favourite.setChecked(favourite)
        self.favourite.setIcon(icon("starf", "warning") if favourite else icon("star"))
        self._say(self.favourite, self.tr("Not a favourite any more") if favourite else self.tr("Favourite"))
        self.reviewed.setChecked(reviewed)
        self.reviewed.setIcon(icon("eye", "accent") if reviewed else icon("eye"))
        self._say(self.reviewed, self.tr("Mark as not reviewed") if reviewed else self.tr("Mark as reviewed"))
        ratings = {one.rating for one in every}
        self.stars.show_rating(ratings.pop() if len(ratings) == 1 else 0)

    @staticmethod
    def _say(button: QToolButton, words: str) -> None:
        button.setAccessibleName(words)
        button.setToolTip(words)

    def _show_missing(self) -> None:
        gone = self._studio.library.missing.intersection(self._ids)
        missing = [clip for clip in self._clips if clip.id in gone] if gone else []
        single = len(self._clips) == 1
        if not missing:
            words = ""
        elif single:
            words = self.tr("The file is not where it was: {0}").format(short(Path(missing[0].path))[-300:])
        else:
            words = self.tr("Files missing: {0} of {1}.").format(len(missing), len(self._clips))
        self.missing.say(words)
        self.find_file.setVisible(bool(missing) and single)
        self.collect_again.setVisible(bool(missing) and single and self._given_again(missing[0]))
        there = bool(self._clips) and not missing
        self.deeds.set_possible({"open", "reference", "edit"} if there else {"edit"})
        self.preview.setEnabled(single and there)
        self.folder.setEnabled(there)

    def _given_again(self, clip: Clip) -> bool:
        """Whether the service may still have the video."""
        job = clip.job
        in_time = job.expires_at is None or job.expires_at > time.time()
        return job.collectable and in_time and self._studio.accounts.get(job.account) is not None

    # What the user does.

    def _do(self, deed: str) -> None:
        if len(self._clips) != 1:
            return
        clip = self._clips[0]
        match deed:
            case "open":
                self.opened.emit(clip.id)
            case "reference":
                self.reference_wanted.emit(clip)
            case "edit":
                self.edit_wanted.emit(clip.id)
            case "find":
                self.find_wanted.emit(clip)
            case "collect":
                self.collect_wanted.emit(clip)

    def _on_folder(self) -> None:
        try:
            reveal(Path(self._clips[0].path))
        except EnvironmentProblem as problem:
            self.show_message.emit(sentence(problem))

    def _on_favourite(self, on: bool) -> None:
        self._mark(favourite=on)

    def _on_reviewed(self, on: bool) -> None:
        self._mark(reviewed=on)

    def _mark(self, **marks: Any) -> None:
        self._spawn(self._studio.library.mark(self._ids, **marks))

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = self._studio.tasks.spawn(self._told(work), "mark clips")
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)

    async def _told(self, work: Coroutine[Any, Any, object]) -> None:
        await self.orders.told(work)
        # What could not be kept, and what changed nothing, is shown as it is.
        if shiboken6.isValid(self):
            self._on_library_changed()

    def _on_written(self, text: str) -> None:
        if len(self._clips) == 1:
            self.keeper.write(self._clips[0].id, text)

    def _on_shortened(self, most: int) -> None:
        self.show_message.emit(
            self.tr("A note holds {0} characters at most: the end was cut off.").format(number(most, 0))
        )

    def _pad(self) -> None:
        side = scale(SIDE)
        for box in self._padded:
            box.setContentsMargins(side, scale(12), side, scale(12))
            box.setSpacing(scale(8))
        self._foot.setContentsMargins(side, scale(10), scale(12), scale(10))
        self._foot.setSpacing(scale(8))
