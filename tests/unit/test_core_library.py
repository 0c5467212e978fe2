"""The library's rules: what is found, what is counted, what a tag may be."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sora_desktop.core import library
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import State
from sora_desktop.core.library import Clip, Marks, Query, Shelf, Sort
from support.jobs import NOW, made

DAY = 86_400


def clip(prompt: str = "A red train", *, marks: Marks | None = None, **job: Any) -> Clip:
    return Clip(job=made(prompt, State.DONE, **job), marks=marks or Marks())


def day_of(clip: Clip) -> date:
    return datetime.fromtimestamp(clip.made_at, UTC).date()


def found(clips: list[Clip], query: Query, missing: frozenset[str] = frozenset()) -> list[Clip]:
    return library.find(clips, query, missing=missing, day_of=day_of, words_of=library.searched)


def counted(clips: list[Clip], query: Query, missing: frozenset[str] = frozenset()) -> library.Facets:
    return library.facets(clips, query, missing=missing, day_of=day_of, words_of=library.searched)


def test_a_clip_is_named_by_its_prompt_else_by_its_file() -> None:
    one = clip("\n  A red train \nat night", finished_at=5.0, path="/videos/a.mp4")
    assert (one.title, one.made_at, one.maker, one.path) == ("A red train", 5.0, "rivya/sora-2", "/videos/a.mp4")
    other = clip(" \n", created_at=7.0, path="/videos/b.mp4")
    assert (other.title, other.made_at) == ("b.mp4", 7.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ein Zug über BRÜCKEN", "brucken"),
        ("Ein Zug über Brucken", "BRÜCKEN"),
        ("Straße", "STRASSE"),
        ("cafe\u0301 nai\u0308f", "café naïf"),
        ("Łódź, smørrebrød", "lodz smorrebrod"),
        ("İSTANBUL ılık", "istanbul ilik"),
        ("Ｗｉｄｅ ﬁlm", "wide film"),
        ("東京の雨", "雨"),
        ("서울의 밤", "서울"),
        ("カタカナ", "ｶﾀｶﾅ"),
        ("שָׁלוֹם", "שלום"),
        ("Ёлка", "елка"),
        ("Một con mèo", "mot meo"),
    ],
)
def test_a_search_takes_no_heed_of_case_accents_and_width(text: str, words: str) -> None:
    wanted = clip(text)
    assert found([clip("other"), wanted], Query(text=words)) == [wanted]


@pytest.mark.parametrize(
    ("text", "words"), [("が", "か"), ("はは", "ばば"), ("각", "가"), ("東京", "京東"), ("train", "trains")]
)
def test_other_letters_are_other_letters(text: str, words: str) -> None:
    assert found([clip(text)], Query(text=words)) == []


def test_every_word_is_wanted_and_each_may_stand_anywhere() -> None:
    marks = Marks(tags=("Regen", "Nacht"), notes="für Anna")
    wanted = clip("A red train", marks=marks, path="/v/2026 take.mp4", model="pro-model", remote_id="task_42")
    clips = [wanted, clip("A red train")]
    for text in ("red regen", "ANNA nacht", "take train", "pro-model red", "task_42", "  red\tfur  anna "):
        assert found(clips, Query(text=text)) == [wanted], text
    assert found(clips, Query(text="regen tag-of-none")) == []
    # What the caller adds to the words is searched as well.
    with_name = library.find(
        clips, Query(text="studio"), missing=(), day_of=day_of, words_of=lambda clip: f"studio {clip.id}"
    )
    assert len(with_name) == 2


def test_the_criteria_narrow_one_another() -> None:
    loved = clip("one", marks=Marks(favourite=True, tags=("a", "b")), model="x", finished_at=NOW)
    seen = clip("two", marks=Marks(reviewed=True, tags=("a",)), model="y", finished_at=NOW + DAY)
    gone = clip("three", provider="other", model="x", finished_at=NOW + 2 * DAY)
    clips, missing = [loved, seen, gone], frozenset({gone.id, "not in the library"})
    first, second, third = (day_of(each) for each in clips)
    for query, expected in (
        (Query(), [gone, seen, loved]),
        (Query(shelf=Shelf.FAVOURITES), [loved]),
        (Query(shelf=Shelf.UNREVIEWED), [gone, loved]),
        (Query(shelf=Shelf.MISSING), [gone]),
        (Query(models=frozenset({"rivya/x", "rivya/y"})), [seen, loved]),
        (Query(models=frozenset({"other/x"}), shelf=Shelf.FAVOURITES), []),
        (Query(tags=frozenset({"a"})), [seen, loved]),
        (Query(tags=frozenset({"a", "b"})), [loved]),
        (Query(days=(second, third)), [gone, seen]),
        (Query(days=(second, first)), [seen, loved]),
        (Query(days=(second, second), tags=frozenset({"a"}), text="two"), [seen]),
    ):
        assert found(clips, query, missing) == expected, query


def test_the_orders() -> None:
    one = clip("Émile", marks=Marks(rating=2), finished_at=1.0, id="b")
    two = clip("elephant", marks=Marks(rating=5), finished_at=2.0)
    three = clip("zebra", marks=Marks(rating=2), finished_at=1.0, id="a")
    file = clip("", finished_at=3.0, path="/v/Apfel.mp4")
    orders = {
        Sort.NEWEST: [file, two, one, three],
        Sort.OLDEST: [three, one, two, file],
        Sort.RATING: [two, one, three, file],
        Sort.NAME: [file, two, one, three],
    }
    for sort, expected in orders.items():
        for clips in (expected, expected[::-1]):
            assert found(list(clips), Query(sort=sort)) == expected, sort


def many(count: int, seed: int = 1) -> list[Clip]:
    chance = random.Random(seed)
    words = ["a", "red", "train", "über", "die", "Brücke", "at", "night", "in", "the", "rain", "雨の夜"]
    return [
        clip(
            " ".join(chance.choices(words, k=6)),
            model=chance.choice("xyz"),
            finished_at=NOW + chance.randrange(8) * DAY,
            marks=Marks(
                favourite=chance.random() < 0.3,
                reviewed=chance.random() < 0.5,
                tags=tuple(chance.sample(("t1", "t2", "t3"), chance.randrange(3))),
            ),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_a_count_is_what_the_choice_would_show(seed: int) -> None:
    clips, chance = many(60, seed), random.Random(seed)
    missing = frozenset(each.id for each in clips if chance.random() < 0.3)
    days = sorted({day_of(each) for each in clips})
    for _ in range(12):
        query = Query(
            shelf=chance.choice([*Shelf]),
            models=frozenset(chance.sample(["rivya/x", "rivya/y"], chance.randrange(3))),
            tags=frozenset(chance.sample(["t1", "t2"], chance.randrange(3))),
            days=chance.choice([None, (days[1], days[4])]),
            text=chance.choice(["", "brucke", "NIGHT rain"]),
        )

        def shown(query: Query = query, **part: Any) -> int:
            return len(found(clips, query.model_copy(update=part), missing))

        facets = counted(clips, query, missing)
        assert facets.shelves == {shelf: shown(shelf=shelf) for shelf in Shelf}
        assert facets.models == {f"rivya/{name}": shown(models=frozenset({f"rivya/{name}"})) for name in "xyz"}
        assert facets.tags == {tag: shown(tags=frozenset({tag})) for tag in ("t1", "t2", "t3")}
        by_day = {day: shown(days=(day, day)) for day in days}
        assert facets.days == {day: count for day, count in by_day.items() if count}


def test_twenty_thousand_clips_are_gone_through_a_few_times_and_folded_never() -> None:
    clips = many(200) * 100
    words = {each.id: library.searched(each) for each in clips}
    calls = {"words": 0, "days": 0}

    def words_of(clip: Clip) -> str:
        calls["words"] += 1
        return words[clip.id]

    def day(clip: Clip) -> date:
        calls["days"] += 1
        return date(2026, 1, 1)

    query = Query(text="train", days=(date(2026, 1, 1), date(2026, 1, 1)), tags=frozenset({"t1"}))
    hits = library.find(clips, query, missing=(), day_of=day, words_of=words_of)
    facets = library.facets(clips, query, missing=(), day_of=day, words_of=words_of)
    assert len(hits) == facets.shelves[Shelf.ALL] == sum(facets.days.values()) > 1000
    assert calls["words"] == 2 * len(clips)
    assert calls["days"] <= 6 * len(clips)


def test_a_tag_is_one_short_line() -> None:
    assert library.clean_tag(" #two \n words\x00, ") == "two words"
    for text, code in ((" \n#", "tag_empty"), ("", "tag_empty"), ("x" * 41, "tag_too_long")):
        with pytest.raises(UserError, match=code):
            library.clean_tag(text)


def test_a_clip_has_a_tag_once_whatever_its_case() -> None:
    assert library.with_tag(("Größe",), "grösse") == ("Größe",)
    assert library.with_tag(("a",), "b") == ("a", "b")
    assert library.without_tag(("a", "Größe"), "GROSSE") == ("a",)
    full = tuple(f"t{number}" for number in range(library.MOST_TAGS))
    assert library.with_tag(full, "T1") == full
    with pytest.raises(UserError, match="tags_too_many"):
        library.with_tag(full, "one more")


def test_a_marked_clip_is_another_and_keeps_its_job() -> None:
    before = clip()
    after = before.marked(rating=4)
    assert (before.marks.rating, after.marks.rating, after.job is before.job) == (0, 4, True)
