"""The library: finished clips with what the user marked on them, and how one of thousands is found.

Nothing here reads a file or a clock: which files are missing, a clip's local day and its searched words are handed in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import PurePath

from sora_desktop.core.errors import UserError
from sora_desktop.core.frozen import Frozen, Kept
from sora_desktop.core.jobs import Job

BEST = 5
"""Stars."""
LONGEST_TAG = 40
MOST_TAGS = 50
"""On one clip."""
LONGEST_NOTES = 20_000


class Marks(Kept):
    """What the user made of a clip. `rating` is 0 (none) to 5."""

    favourite: bool = False
    rating: int = 0
    reviewed: bool = False
    tags: tuple[str, ...] = ()
    notes: str = ""


class Clip(Kept):
    """A finished generation with its file: the job as it was when done. It outlives the job's row in the queue."""

    job: Job
    marks: Marks = Marks()

    @property
    def id(self) -> str:
        return self.job.id

    @property
    def path(self) -> str:
        return self.job.path

    @property
    def made_at(self) -> float:
        """Unix seconds."""
        return self.job.finished_at or self.job.created_at

    @property
    def title(self) -> str:
        """The first line of the prompt that says anything, or the file's name."""
        lines = self.job.request.prompt.splitlines()
        return next((line.strip() for line in lines if line.strip()), "") or PurePath(self.path).name

    @property
    def maker(self) -> str:
        """What `Query.models` names: "provider/model"."""
        return f"{self.job.request.provider}/{self.job.request.model}"

    def marked(self, **changes: object) -> Clip:
        """A copy with other marks."""
        return Clip.model_construct(job=self.job, marks=self.marks.model_copy(update=changes))


class Shelf(StrEnum):
    """The parts that every library has."""

    ALL = "all"
    FAVOURITES = "favourites"
    UNREVIEWED = "unreviewed"
    MISSING = "missing"


class Sort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    RATING = "rating"
    NAME = "name"


class Query(Frozen):
    """What is looked for; every part narrows it. Empty `models` are all; of `tags` all are wanted.

    `days` are local days, both included. Every word of `text` must occur, whatever its case and accents.
    """

    shelf: Shelf = Shelf.ALL
    models: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    days: tuple[date, date] | None = None
    text: str = ""
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, slots=True)
class Facets:
    """How many clips each choice would show, the others being as they are.

    Every model and every tag of the library is there, at 0 where nothing fits; a day only where a clip was made.
    """

    shelves: dict[Shelf, int] = field(default_factory=lambda: dict.fromkeys(Shelf, 0))
    models: dict[str, int] = field(default_factory=dict[str, int])
    tags: dict[str, int] = field(default_factory=dict[str, int])
    days: dict[date, int] = field(default_factory=dict[date, int])


DayOf = Callable[[Clip], date]
WordsOf = Callable[[Clip], str]


def find(
    clips: Iterable[Clip], query: Query, *, missing: Collection[str], day_of: DayOf, words_of: WordsOf
) -> list[Clip]:
    """The clips that `query` asks for, sorted.

    `missing` are the ids of clips whose file is gone, `words_of` the text that is searched, folded (`searched`).
    """
    words = fold(query.text).split()
    found = [clip for clip in clips if _on(query.shelf, clip, missing)]
    if query.models:
        found = [clip for clip in found if clip.maker in query.models]
    if query.tags:
        found = [clip for clip in found if query.tags.issubset(clip.marks.tags)]
    if query.days:
        found = [clip for clip in found if _within(query.days, day_of(clip))]
    if words:
        found = [clip for clip in found if _holds(words_of(clip), words)]
    return _sorted(found, query.sort)


def facets(
    clips: Iterable[Clip], query: Query, *, missing: Collection[str], day_of: DayOf, words_of: WordsOf
) -> Facets:
    """The counts beside each choice: all of `query` applies to them but the part that they stand in."""
    words = fold(query.text).split()
    counts = Facets()
    shelves, models, tags, days = counts.shelves, counts.models, counts.tags, counts.days
    for clip in clips:
        marks, maker = clip.marks, clip.maker
        models.setdefault(maker, 0)
        for tag in marks.tags:
            tags.setdefault(tag, 0)
        if words and not _holds(words_of(clip), words):
            continue
        day = day_of(clip)
        on_shelf = _on(query.shelf, clip, missing)
        of_model = not query.models or maker in query.models
        tagged = not query.tags or query.tags.issubset(marks.tags)
        in_days = query.days is None or _within(query.days, day)
        wrong = 4 - (on_shelf + of_model + tagged + in_days)
        if wrong > 1:
            continue
        if not wrong or not on_shelf:
            for shelf in Shelf:
                shelves[shelf] += _on(shelf, clip, missing)
        if not wrong or not of_model:
            models[maker] += 1
        if not wrong or not tagged:
            for tag in marks.tags:
                tags[tag] += 1
        if not wrong or not in_days:
            days[day] = days.get(day, 0) + 1
    return counts


def _on(shelf: Shelf, clip: Clip, missing: Collection[str]) -> bool:
    match shelf:
        case Shelf.ALL:
            return True
        case Shelf.FAVOURITES:
            return clip.marks.favourite
        case Shelf.UNREVIEWED:
            return not clip.marks.reviewed
        case Shelf.MISSING:
            return clip.id in missing


def _within(days: tuple[date, date], day: date) -> bool:
    return min(days) <= day <= max(days)


def _holds(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def _sorted(clips: list[Clip], sort: Sort) -> list[Clip]:
    """Clips of the same moment stand in the order of their ids, so that a list never jumps."""
    clips.sort(key=lambda clip: (clip.made_at, clip.id), reverse=sort is not Sort.OLDEST)
    if sort is Sort.RATING:
        clips.sort(key=lambda clip: clip.marks.rating, reverse=True)
    elif sort is Sort.NAME:
        clips.sort(key=lambda clip: fold(clip.title))
    return clips


def searched(clip: Clip) -> str:
    """The folded text of a clip that a search looks into: prompt, tags, notes, file, model and the service's id."""
    job, marks = clip.job, clip.marks
    parts = (job.request.prompt, *marks.tags, marks.notes, PurePath(job.path).name, job.request.model, job.remote_id)
    return fold("\n".join(parts))


_ACCENTS = dict.fromkeys(
    [
        code
        for first, last in (
            (0x0300, 0x036F),
            (0x0591, 0x05C7),
            (0x064B, 0x065F),
            (0x0670, 0x0670),
            (0x1AB0, 0x1AFF),
            (0x1DC0, 0x1DFF),
            (0x20D0, 0x20FF),
        )
        for code in range(first, last + 1)
        if unicodedata.combining(chr(code))
    ]
)
"""Marks that a search leaves out: of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic. Not those
that make another letter: of kana, of the scripts of India."""
_ALIKE = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"})


def fold(text: str) -> str:
    """`text` for comparing: case, accents, and the width of letters make no difference."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", plain.translate(_ACCENTS)).translate(_ALIKE)


def clean_tag(text: str) -> str:
    """A tag as it is kept: one line. Raises UserError where nothing is left of it, or too much."""
    tag = " ".join("".join(char if char.isprintable() else " " for char in text).split()).strip("#, ")
    if not tag:
        raise UserError("tag_empty")
    if len(tag) > LONGEST_TAG:
        raise UserError("tag_too_long", limit=str(LONGEST_TAG))
    return tag


def with_tag(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
    """`tags` and `tag`, once, whatever its case. Raises UserError where a clip has too many."""
    if fold(tag) in map(fold, tags):
        return tags
    if len(tags) >= MOST_TAGS:
        raise UserError("tags_too_many", limit=str(MOST_TAGS))
    return (*tags, tag)


def without_tag(tags: tuple[str, ...], tag: str) -> tuple[str, ...]:
    return tuple(other for other in tags if fold(other) != fold(tag))
