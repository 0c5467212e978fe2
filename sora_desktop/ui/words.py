"""Words and figures of the window: sentences for codes, amounts, times, and how each state of a job looks."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QDateTime, QLocale

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Failure, SoraError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import Problem
from sora_desktop.core.reasons import said
from sora_desktop.core.sentences import say

THIN = "\u202f"
"""Splits thousands, and a number from its unit where it must not break."""


LONG_FIGURE = re.compile(r"\d{5,15}")

translate = QCoreApplication.translate


def sentence(what: str | Failure | Problem | SoraError, args: Mapping[str, str] | None = None) -> str:
    """The translated sentence of a code, a failure, a problem or an error of ours. Show it as plain text."""
    if isinstance(what, str):
        code, words = what, args
    elif isinstance(what, SoraError):
        code, words = what.code, what.words
    else:
        code, words = what.code, what.args
    figures = {
        name: number(int(text)) if LONG_FIGURE.fullmatch(text) else spoken(text) for name, text in (words or {}).items()
    }
    return say(code, figures, lambda template: translate("Sentences", template))


def spoken(reason: str) -> str:
    """A reason of the rooms below in the user's language; any other text as it is."""
    return said(reason, lambda template: translate("Sentences", template))


def number(value: float, digits: int = 1) -> str:
    """A number with thin spaces between thousands and no zeros behind the point: 1240 → 1 240, 7.50 → 7.5."""
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", THIN)


def credits(value: float | None) -> str:
    """A price: "75 credits", "Free", or that it is not published."""
    if value is None:
        return translate("Words", "Price not published")
    if value == 0:
        return translate("Words", "Free")
    if value == 1:
        return translate("Words", "1 credit")
    return translate("Words", "{amount} credits").format(amount=number(value, 2))


def elapsed(seconds: float) -> str:
    """A time that ran, as 0:08, 3:48 or 1:02:03; below zero counts as zero."""
    whole = max(0, math.floor(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def duration(seconds: float) -> str:
    """A length in words: 10 s, 2 min, 1 h 5 min."""
    if seconds < 90:
        return translate("Words", "{number} s").format(number=number(seconds, 1))
    minutes = round(seconds / 60)
    if minutes < 90:
        return translate("Words", "{number} min").format(number=minutes)
    return translate("Words", "{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def age(then: float) -> str:
    """How long ago a moment (Unix seconds) was: just now, 5 min ago, 3 h ago; its date after a day."""
    minutes = int((time.time() - then) // 60)
    if minutes < 1:
        return translate("Words", "just now")
    if minutes < 60:
        return translate("Words", "{0} min ago").format(minutes)
    if minutes < 24 * 60:
        return translate("Words", "{0} h ago").format(minutes // 60)
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(then)).date(), QLocale.FormatType.ShortFormat)


def between(least: float, most: float) -> str:
    """A span of time: 3–5 min, 30–60 s."""
    if most < 90:
        return translate("Words", "{least}–{most} s").format(least=number(least, 0), most=number(most, 0))
    return translate("Words", "{least}–{most} min").format(least=number(least / 60, 0), most=number(most / 60, 0))


def size(count: float) -> str:
    """Bytes in the unit that fits, powers of 1,000: 5.2 MB, 212 GB."""
    amount, units = (
        float(count),
        (
            translate("Words", "B"),
            translate("Words", "KB"),
            translate("Words", "MB"),
            translate("Words", "GB"),
            translate("Words", "TB"),
        ),
    )
    step = 0
    while amount >= 999.95 and step < len(units) - 1:
        amount, step = amount / 1000, step + 1
    digits = 0 if step == 0 or amount >= 100 else 1
    return f"{number(amount, digits)} {units[step]}"


def part_of(done: float, whole: float) -> str:
    """How much of a transfer is there: 11.2 of 18 MB; only the first where the whole is unknown."""
    if whole <= 0:
        return size(done)
    first, second = size(done).rsplit(" ", 1), size(whole).rsplit(" ", 1)
    shown = first[0] if first[1] == second[1] else " ".join(first)
    return translate("Words", "{done} of {whole}").format(done=shown, whole=" ".join(second))


def percent(done: float, whole: float) -> str:
    """A share as 62%; empty where the whole is unknown. 100 only when all is there."""
    return f"{min(100, math.floor(done * 100 / whole))}%" if whole > 0 else ""


def modes(model: Model) -> str:
    """What a model makes of what: "Text or image to video"."""
    named = set(model.modes)
    if named == {"text-to-video", "image-to-video"}:
        return translate("Words", "Text or image to video")
    words = {
        "text-to-video": translate("Words", "Text to video"),
        "image-to-video": translate("Words", "Image to video"),
        "video-to-video": translate("Words", "Video to video"),
        "reference-to-video": translate("Words", "References to video"),
    }
    return ", ".join(words.get(mode, mode.replace("-", " ").capitalize()) for mode in model.modes)


class Shape(StrEnum):
    """How a chip is drawn, so that colour is never the only difference."""

    TINT = "tint"
    OUTLINE = "outline"
    DASHED = "dashed"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: icon, untranslated word, tone (a colour token), shape of its chip."""

    icon: str
    text: str
    tone: str
    shape: Shape

    @property
    def word(self) -> str:
        return translate("Words", self.text)


PAUSED = Look("pause", str(QT_TRANSLATE_NOOP("Words", "Paused")), "muted", Shape.OUTLINE)
STOPPING = Look("stop", str(QT_TRANSLATE_NOOP("Words", "Stopping")), "muted", Shape.OUTLINE)
UPLOADING = Look("upload", str(QT_TRANSLATE_NOOP("Words", "Uploading")), "accent", Shape.TINT)

LOOKS: dict[State, Look] = {
    State.WAITING: Look("clock", str(QT_TRANSLATE_NOOP("Words", "Waiting")), "muted", Shape.OUTLINE),
    State.PREPARING: Look("upload", str(QT_TRANSLATE_NOOP("Words", "Preparing")), "accent", Shape.TINT),
    State.SUBMITTING: Look("send", str(QT_TRANSLATE_NOOP("Words", "Sending")), "accent", Shape.OUTLINE),
    State.QUEUED: Look("send", str(QT_TRANSLATE_NOOP("Words", "Sent")), "accent", Shape.OUTLINE),
    State.PROCESSING: Look("render", str(QT_TRANSLATE_NOOP("Words", "Rendering")), "accent", Shape.TINT),
    State.DOWNLOADING: Look("download", str(QT_TRANSLATE_NOOP("Words", "Downloading")), "accent", Shape.TINT),
    State.DONE: Look("check", str(QT_TRANSLATE_NOOP("Words", "Done")), "success", Shape.TINT),
    State.FAILED: Look("fail", str(QT_TRANSLATE_NOOP("Words", "Failed")), "danger", Shape.TINT),
    State.CANCELLED: Look("x", str(QT_TRANSLATE_NOOP("Words", "Cancelled")), "muted", Shape.OUTLINE),
    State.UNCERTAIN: Look("unsure", str(QT_TRANSLATE_NOOP("Words", "Uncertain")), "uncertain", Shape.DASHED),
    State.EXPIRED: Look("alert", str(QT_TRANSLATE_NOOP("Words", "Expired")), "warning", Shape.TINT),
}


def look_of(job: Job, *, uploading: bool = False) -> Look:
    """How the state of `job` is shown; `uploading` while its references are on the way."""
    if job.held and job.state is State.WAITING:
        return PAUSED
    if job.unwanted and job.state is State.SUBMITTING:
        return STOPPING
    if uploading and job.state is State.PREPARING:
        return UPLOADING
    return LOOKS[job.state]
