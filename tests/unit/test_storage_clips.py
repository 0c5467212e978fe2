"""Clips in the database: they join with their job's commit, outlive it, and keep their marks."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Clip, Marks
from sora_desktop.storage import clips as module
from sora_desktop.storage import documents
from sora_desktop.storage.clips import ClipStore, Row
from sora_desktop.storage.database import Database
from sora_desktop.storage.jobs import JobStore
from support.jobs import made

LOVED = Marks(favourite=True, rating=4, tags=("Regen",), notes="für Anna\n🎬")


class Shop:
    """The two stores on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.jobs = JobStore(database)
        self.clips = ClipStore(database)

    async def all(self) -> dict[str, Clip]:
        rows = await self.clips.page("")
        return {row.id: Clip(job=row.job, marks=row.marks) for row in rows if row.job}

    async def execute(self, statement: str, *args: object) -> None:
        await self.database.run(lambda db: db.execute(statement, args))

    async def done(self, **fields: object) -> Job:
        """A job that was downloading a moment ago."""
        job = made(state=State.DOWNLOADING, path="/v/a.mp4")
        await self.jobs.add([job])
        await self.jobs.save(after := job.moved(State.DONE, **fields))
        return after


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    database = Database(tmp_path / "sora.db")
    await database.open()
    yield Shop(database)
    await database.close()


async def test_a_job_joins_when_it_is_done_and_not_before(shop: Shop) -> None:
    for state in State:
        await shop.jobs.add([made(state=state, id=f"as {state}")])
    assert set(await shop.all()) == {"as done"}
    job = await shop.done(finished_at=5.0)
    assert (await shop.all())[job.id] == Clip(job=job)


async def test_job_and_clip_are_committed_together_or_not_at_all(shop: Shop) -> None:
    job = made(state=State.DOWNLOADING)
    await shop.jobs.add([job])
    await shop.execute("CREATE TRIGGER no BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'killed here'); END")
    with pytest.raises(sqlite3.IntegrityError, match="killed here"):
        await shop.jobs.save(job.moved(State.DONE))
    assert await shop.all() == {}
    await shop.execute("DROP TRIGGER no")
    await shop.execute("CREATE TRIGGER no BEFORE INSERT ON clips BEGIN SELECT RAISE(ABORT, 'killed here'); END")
    with pytest.raises(sqlite3.IntegrityError, match="killed here"):
        await shop.jobs.save(job.moved(State.DONE))
    assert await shop.jobs.get(job.id) == job


async def test_a_clip_outlives_its_job_and_keeps_its_marks(shop: Shop) -> None:
    job = await shop.done()
    await shop.clips.save_marks([Clip(job=job, marks=LOVED)])
    again = job.moved(State.QUEUED).moved(State.DOWNLOADING)
    await shop.jobs.save(again)
    assert await shop.all() == {job.id: Clip(job=job, marks=LOVED)}
    await shop.jobs.save(newer := again.moved(State.DONE, path="/v/b.mp4"))
    assert await shop.all() == {job.id: Clip(job=newer, marks=LOVED)}
    await shop.jobs.delete(job.id)
    await shop.clips.mend()
    assert await shop.all() == {job.id: Clip(job=newer, marks=LOVED)}
    await shop.clips.save_job(moved := newer.having(path="/w/b.mp4"))
    assert await shop.all() == {job.id: Clip(job=moved, marks=LOVED)}


async def test_a_removed_clip_stays_out_until_it_is_collected_again(shop: Shop) -> None:
    job, other = await shop.done(), await shop.done()
    await shop.clips.remove([job.id])
    await shop.jobs.save(job.having(balance_after=1.0))
    await shop.clips.mend()
    assert set(await shop.all()) == {other.id}
    # Taken off the list and put back by the user, it was still removed from the library.
    await shop.jobs.delete(job.id)
    await shop.jobs.add([job])
    assert set(await shop.all()) == {other.id} and await shop.clips.removed() == {job.id}
    await shop.jobs.save(again := job.moved(State.DOWNLOADING))
    await shop.jobs.save(again.moved(State.DONE))
    assert set(await shop.all()) == {job.id, other.id} and not await shop.clips.removed()


async def test_a_removed_clip_is_put_back_as_it_was(shop: Shop) -> None:
    job = await shop.done()
    whole = Clip(job=job, marks=LOVED)
    await shop.clips.save_marks([whole])
    await shop.clips.remove([job.id])
    await shop.clips.restore([whole])
    assert await shop.all() == {job.id: whole} and not await shop.clips.removed()


async def test_what_ended_while_nobody_kept_the_library_is_taken_in(shop: Shop) -> None:
    lost, kept, removed, forgotten = [await shop.done() for _ in range(4)]
    await shop.clips.save_marks([Clip(job=kept, marks=LOVED)])
    await shop.clips.remove([removed.id, forgotten.id])
    await shop.jobs.delete(forgotten.id)
    await shop.execute("DELETE FROM clips WHERE id = ?", lost.id)
    await shop.clips.mend()
    assert await shop.all() == {lost.id: Clip(job=lost), kept.id: Clip(job=kept, marks=LOVED)}
    assert await shop.clips.removed() == {removed.id}


async def test_marks_that_cannot_be_read_are_no_reason_to_lose_the_clip(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_reported", set[str]())
    job, broken = await shop.done(), await shop.done()
    await shop.execute('UPDATE clips SET marks = \'{"rating": "many"}\' WHERE id = ?', job.id)
    await shop.execute("UPDATE clips SET document = 'x' WHERE id = ?", broken.id)
    with caplog.at_level(logging.ERROR):
        assert await shop.all() == {job.id: Clip(job=job)}
    assert len(caplog.records) == 2
    # What the caller has already is not read.
    assert Row(broken.id, None, Marks()) in await shop.clips.page("", {broken.id})


async def test_clips_come_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    jobs = [await shop.done() for _ in range(5)]
    pages, last = list[list[str]](), ""
    while rows := await shop.clips.page(last):
        pages.append([row.id for row in rows])
        last = rows[-1].id
    ids = sorted(job.id for job in jobs)
    assert pages == [ids[:2], ids[2:4], ids[4:]]


async def test_another_process_finds_what_is_new(shop: Shop) -> None:
    first, second, third = [await shop.done() for _ in range(3)]
    seen = await shop.clips.revision()
    assert (await shop.clips.changes(seen)).rows == ()
    # The newest goes, and what changes next must not get its number.
    await shop.clips.remove([third.id])
    await shop.clips.save_marks([Clip(job=first, marks=LOVED)])
    changes = await shop.clips.changes(seen)
    assert changes.rows == (Row(first.id, first, LOVED),)
    assert (changes.ids, changes.removed) == ({first.id, second.id}, {third.id})
    assert (await shop.clips.changes(changes.revision)).rows == ()
