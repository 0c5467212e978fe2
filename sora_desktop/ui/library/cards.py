"""What a clip says of itself on its card: words only, no painting."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from sora_desktop.core.catalog import Model
from sora_desktop.core.jobs import Job
from sora_desktop.core.library import Clip
from sora_desktop.core.params import Control, as_text, controls
from sora_desktop.ui import words
from sora_desktop.ui.viewer.facts import moment

KEPT = 400
"""Cards whose words are kept: more than show at once."""
ROLES = ("quality", "aspect", "duration")
LONGEST = 200
"""Characters of a title: more than any card shows."""


@dataclass(frozen=True, slots=True)
class Card:
    """A clip in words. `length` is empty where nobody knows it; `line` stands under the title."""

    title: str
    line: str
    length: str
    favourite: bool
    rating: int
    missing: bool


def tr(text: str) -> str:
    return QCoreApplication.translate("Library", text)


class Cards:
    """Turns clips into cards. `model` finds the model of a job; `account` names its account where that tells something,
    and is empty elsewhere."""

    def __init__(self, model: Callable[[Job], Model | None], account: Callable[[Job], str]) -> None:
        self._model, self._account = model, account
        self._kept: OrderedDict[str, tuple[Clip, bool, Card]] = OrderedDict()
        self._telling: dict[str, tuple[Model, dict[str, Control]]] = {}

    def clear(self) -> None:
        """Finds new words for all: models or accounts have other names."""
        self._kept.clear()
        self._telling.clear()

    def card(self, clip: Clip, missing: bool) -> Card:
        """The card of a clip; `missing` says that its file is."""
        clip_id = clip.id
        kept = self._kept.get(clip_id)
        if kept is not None and kept[0] is clip and kept[1] is missing:
            self._kept.move_to_end(clip_id)
            return kept[2]
        made = self._made(clip, missing)
        self._kept[clip_id] = (clip, missing, made)
        self._kept.move_to_end(clip_id)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made

    def spoken(self, clip: Clip, missing: bool) -> str:
        """Everything a card shows, and what only its place and its picture tell, for a screen reader."""
        card, marks, seconds = self.card(clip, missing), clip.marks, self._length(clip.job)
        parts = (
            card.title,
            card.line,
            words.duration(seconds) if seconds else "",
            tr("Favourite") if marks.favourite else "",
            tr("rated {0} of 5").format(marks.rating) if marks.rating else "",
            "" if marks.reviewed else tr("not reviewed"),
            moment(clip.made_at),
        )
        return ", ".join(filter(None, parts))

    def _made(self, clip: Clip, missing: bool) -> Card:
        marks, job, seconds = clip.marks, clip.job, self._length(clip.job)
        return Card(
            title=" ".join(clip.title[: LONGEST * 2].split())[:LONGEST],
            line=tr("File missing") if missing else self._line(job),
            length=words.elapsed(round(seconds)) if seconds else "",
            favourite=marks.favourite,
            rating=marks.rating,
            missing=missing,
        )

    def _controls(self, model: Model) -> dict[str, Control]:
        """What is telling of a model's parameters, by role. Kept: one model made most of what is seen at once."""
        kept = self._telling.get(model.id)
        if kept is None or kept[0] is not model:
            found = {control.param.role: control for control in reversed(controls(model.params))}
            kept = self._telling[model.id] = (model, {role: found[role] for role in ROLES if role in found})
        return kept[1]

    def _line(self, job: Job) -> str:
        """The model, its quality, and the shape where it is not the usual one: "Sora 2 Pro · High"."""
        model = self._model(job)
        parts = [model.name if model else job.request.model]
        for role, control in self._controls(model).items() if model else ():
            param, value = control.param, control.value(job.request.values)
            if role == "quality" or (role == "aspect" and value is not None and value != param.default):
                shown = param.default if value is None else value
                option = param.option(shown) if shown is not None else None
                parts.append(option.text if option else as_text(shown) if shown is not None else "")
        if len(parts) == 1:
            parts.append(self._account(job))
        return " · ".join(filter(None, parts))

    def _length(self, job: Job) -> float | None:
        """The seconds of a clip: as the service said, else as they were asked for; None where neither is known."""
        model = None if job.seconds else self._model(job)
        control = self._controls(model).get("duration") if model else None
        if control is None:
            return job.seconds
        value = control.value(job.request.values)
        value = control.param.default if value is None else value
        option = control.param.option(value) if value is not None else None
        try:
            return float((option.means if option else "") or str(value))
        except ValueError:
            return None


def counted(number: int) -> str:
    """So many clips, in words."""
    return tr("1 clip") if number == 1 else tr("{0} clips").format(words.number(number, 0))


def day_words(day: date, today: date | None = None) -> str:
    """A day as a heading: Today, Yesterday, Tuesday, 18 November, 3 May 2024."""
    now = today or date(*time.localtime()[:3])
    age = (now - day).days
    if age == 0:
        return tr("Today")
    if age == 1:
        return tr("Yesterday")
    form = "dddd" if 0 < age < 7 else "d MMMM" if day.year == now.year else "d MMMM yyyy"
    return QLocale().toString(QDate(day.year, day.month, day.day), form)


def summed_up(clips: list[Clip], of: int) -> str:
    """How many of `of` clips are chosen, and how large their files are: "3 of 214 selected · 54 MB"."""
    if not clips:
        return ""
    known = sum(clip.job.bytes or 0 for clip in clips)
    said = tr("{0} of {1} selected").format(words.number(len(clips), 0), words.number(of, 0))
    return f"{said} · {words.size(known)}" if known else said
