"""The library: finished clips with what the user marked on them, and how one of thousands is found.

Nothing here reads a file or a clock: which files are missing, a clip's local day and its searched words are handed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
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

    shelves: dict[Shelf, int]
    models: dict[str, int]
    tags: dict[str, int]
    days: dict[date, int]


DayOf = Callable[[Clip], date]
WordsOf = Callable[[Clip], str]


def find(
    clips: Iterable[Clip], query: Query, *, missing: Collection[str], day_of: DayOf, words_of: WordsOf
) -> list[Clip]:
    """The clips that `query` asks for, sorted.

    `missing` are the ids of clips whose file is gone, `words_of` the text that is searched, folded (`searched`).
    """
    return _sorted(_fitting(_worded(clips, query.text, words_of), query, missing, day_of), query.sort, words_of)


def facets(
    clips: Iterable[Clip], query: Query, *, missing: Collection[str], day_of: DayOf, words_of: WordsOf
) -> Facets:
    """The counts beside each choice: all of `query` applies to them but the part that they stand in."""
    every = list(clips)
    worded = _worded(every, query.text, words_of)
    fitting = _fitting(worded, query, missing, day_of)

    def without(part: str) -> list[Clip]:
        """What fits when one part of the query is left out."""
        open_query = query.model_copy(update={part: Query.model_fields[part].default})
        return fitting if open_query == query else _fitting(worded, open_query, missing, day_of)

    shelved = without("shelf")
    return Facets(
        shelves={shelf: len(_on(shelf, shelved, missing)) for shelf in Shelf},
        models=_counted(_makers, without("models"), every),
        tags=_counted(_tags, without("tags"), every),
        days=dict(Counter(map(day_of, without("days")))),
    )


def _makers(clips: list[Clip]) -> Iterable[str]:
    return (clip.maker for clip in clips)


def _tags(clips: list[Clip]) -> Iterable[str]:
    return (tag for clip in clips for tag in clip.marks.tags)


def _counted(names_of: Callable[[list[Clip]], Iterable[str]], some: list[Clip], every: list[Clip]) -> dict[str, int]:
    counts = Counter(names_of(some))
    return dict(counts) if len(some) == len(every) else dict.fromkeys(names_of(every), 0) | counts


def _worded(clips: Iterable[Clip], text: str, words_of: WordsOf) -> list[Clip]:
    words = fold(text).split()
    if not words:
        return list(clips)
    return [clip for clip in clips if _holds(words_of(clip), words)]


def _fitting(clips: list[Clip], query: Query, missing: Collection[str], day_of: DayOf) -> list[Clip]:
    """Those that fit all of `query` but its text."""
    found = _on(query.shelf, clips, missing)
    if query.models:
        found = [clip for clip in found if clip.maker in query.models]
    if query.tags:
        found = [clip for clip in found if query.tags.issubset(clip.marks.tags)]
    if query.days:
        first, last = min(query.days), max(query.days)
        found = [clip for clip in found if first <= day_of(clip) <= last]
    return found


def _on(shelf: Shelf, clips: list[Clip], missing: Collection[str]) -> list[Clip]:
    match shelf:
        case Shelf.ALL:
            return clips
        case Shelf.FAVOURITES:
            return [clip for clip in clips if clip.marks.favourite]
        case Shelf.UNREVIEWED:
            return [clip for clip in clips if not clip.marks.reviewed]
        case Shelf.MISSING:
            return [clip for clip in clips if clip.id in missing] if missing else []


def _holds(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)


def _sorted(clips: list[Clip], sort: Sort, words_of: WordsOf) -> list[Clip]:
    """Clips of the same moment stand in the order of their ids, so that a list never jumps."""
    clips = sorted(clips, key=lambda clip: (clip.made_at, clip.id), reverse=sort is not Sort.OLDEST)
    if sort is Sort.RATING:
        clips.sort(key=lambda clip: clip.marks.rating, reverse=True)
    elif sort is Sort.NAME:
        # The title is what the searched words begin with, folded already.
        clips.sort(key=lambda clip: words_of(clip).lstrip().partition("\n")[0])
    return clips


def searched(clip: Clip) -> str:
    """The folded text of a clip that a search looks into: prompt, file, tags, notes, model and the service's id."""
    job, marks = clip.job, clip.marks
    parts = (job.request.prompt, PurePath(job.path).name, *marks.tags, marks.notes, job.request.model, job.remote_id)
    return fold("\n".join(parts))


_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""Marks that a search leaves out: of Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic. Not those
that make another letter: of kana, of the scripts of India."""
_ALIKE = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
_STROKED = re.compile(f"[{''.join(_ALIKE)}]")


def fold(text: str) -> str:
    """`text` for comparing: case, accents, and the width of letters make no difference."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    # Put together again: か is no part of が.
    return unicodedata.normalize("NFC", _STROKED.sub(lambda letter: _ALIKE[letter[0]], plain))


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
