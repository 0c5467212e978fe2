"""The library over the real engine: clips join when they are done, and stay through deletions and kills."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path

import pytest

from sora_desktop.assembly import opened
from sora_desktop.core.errors import EnvironmentProblem, UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Clip, Marks, Query, Shelf
from sora_desktop.engine import library as module
from sora_desktop.engine.clip_files import ClipFiles
from sora_desktop.engine.library import Library
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.storage.paths import Paths
from support.bench import Bench
from support.jobs import made
from support.simulator import SimulatorProcess

PACE = 0.01
KEY = "rvya_sk_test_library"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    simulator.add_key(KEY, credits=100_000)
    yield simulator
    assert simulator.close() == ""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        yield bench


async def generated(bench: Bench, simulator: SimulatorProcess, prompt: str, count: int = 1) -> list[Job]:
    account = next((each.id for each in bench.accounts.all if each.provider == "rivya" and not each.builtin), "")
    account = account or await bench.account("rivya", simulator.rivya, KEY)
    jobs = await bench.submit(account, prompt, count)
    await bench.until_quiet()
    assert {bench.job(job).state for job in jobs} == {State.DONE}
    # The last that is noted on it.
    await bench.until(lambda: all(bench.job(job).balance_after is not None for job in jobs))
    return [bench.job(job) for job in jobs]


async def kept(bench: Bench, *, count: int = 1, **fields: object) -> list[Job]:
    """Finished jobs that this life of the engine knows, without the work."""
    jobs = [made(state=State.DONE, path=f"/v/{number}.mp4", **fields) for number in range(count)]
    for job in jobs:
        await bench.engine.restore(job)
    return jobs


async def looked(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look, whenever the last one was."""
    monkeypatch.setattr(module, "LOOK", 0.0)
    await library.look()


async def told(library: Library) -> None:
    """Until the library says that it is another one."""
    changed = asyncio.Event()
    disconnect = library.changed.connect(changed.set)
    try:
        async with asyncio.timeout(10):
            await changed.wait()
    finally:
        disconnect()


async def test_a_clip_joins_when_it_is_done_and_outlives_its_job_and_the_program(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = bench.library
    await library.load()
    times: list[int] = []
    library.changed.connect(lambda: times.append(len(library.clips)))
    [job] = await generated(bench, simulator, "a red train")
    await asyncio.sleep(0)
    assert times and times[-1] == 1
    assert library.clips == {job.id: Clip(job=job)}
    await library.mark([job.id], favourite=True, rating=9, reviewed=True, notes="für Anna")
    await library.add_tag([job.id, "of none"], " Regen ")
    await bench.engine.delete(job.id)
    assert library.job(job.id) == job and job.id not in bench.engine.jobs
    await looked(library, monkeypatch)
    assert thumbnail_path(bench.paths, job.id).exists()
    marks = Marks(favourite=True, rating=5, reviewed=True, notes="für Anna", tags=("Regen",))
    assert library.clips == {job.id: Clip(job=job, marks=marks)}
    async with Bench(tmp_path / "data", pace=PACE) as after:
        await after.library.load()
        assert after.library.clips == library.clips
        account = after.accounts.get(job.account)
        assert account is not None
        for text in ("red ANNA regen", f"{account.name} train"):
            assert len(after.library.find(Query(text=text, shelf=Shelf.FAVOURITES))) == 1, text
        assert after.library.facets(Query()).tags == {"Regen": 1}


async def test_a_clip_that_ended_in_a_life_without_a_library_is_there_in_the_next(
    simulator: SimulatorProcess, tmp_path: Path
) -> None:
    async with Bench(tmp_path / "data", pace=PACE) as first:
        jobs = await generated(first, simulator, "two boats", 2)
        assert set(first.library.clips) == {job.id for job in jobs} and not first.library.loaded
        # As the kill of a program would leave it that does not keep both in one transaction.
        await first.database.run(lambda db: db.execute("DELETE FROM clips WHERE id = ?", (jobs[0].id,)))
    async with Bench(tmp_path / "data", pace=PACE) as second:
        await second.library.load()
        assert second.library.clips == {job.id: Clip(job=job) for job in jobs}


async def test_a_lost_file_is_missed_and_collected_again_with_its_marks(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = bench.library
    [job] = await generated(bench, simulator, "lost and found")
    await library.mark([job.id], favourite=True)
    await looked(library, monkeypatch)
    assert library.missing == set()
    Path(job.path).rename(tmp_path / "elsewhere.mp4")
    await looked(library, monkeypatch)
    assert library.missing == {job.id}
    assert library.facets(Query()).shelves[Shelf.MISSING] == 1
    await bench.settings.change(name_template="found {id}")
    await bench.engine.collect(job.id)
    clip = library.clips[job.id]
    assert (clip.job, clip.marks.favourite) == (job, True)
    live = library.job(job.id)
    assert live is not None and live.state is State.QUEUED
    await bench.until_quiet()
    clip = library.clips[job.id]
    assert Path(clip.path).name.startswith("found ") and Path(clip.path).exists()
    assert clip.marks.favourite and library.missing == set()
    assert simulator.billed("lost and found") == 1


async def test_the_user_finds_a_file(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = bench.library
    jobs = await generated(bench, simulator, "moved away", 2)
    queued, gone = jobs
    await bench.engine.delete(gone.id)
    await library.mark([gone.id], rating=3)
    homes = {job.id: Path(job.path).rename(tmp_path / f"{job.id}.mp4") for job in jobs}
    await looked(library, monkeypatch)
    assert library.missing == set(homes)
    notes = tmp_path / "notes.mp4"
    notes.write_text("no video")
    with pytest.raises(UserError, match="clip_not_video"):
        await library.relocate(gone.id, notes)
    with pytest.raises(UserError, match="clip_unknown"):
        await library.relocate("nobody", homes[gone.id])
    assert library.clips[gone.id].path == gone.path
    for job_id, home in homes.items():
        thumbnail_path(bench.paths, job_id).unlink()
        await library.relocate(job_id, home)
        assert thumbnail_path(bench.paths, job_id).exists()
    assert library.missing == set()
    assert bench.job(queued).path == str(homes[queued.id])
    assert library.clips[gone.id].marks.rating == 3
    # The job that comes back to the queue knows it, too.
    await bench.engine.restore(gone)
    await bench.until(lambda: bench.job(gone).path == str(homes[gone.id]))
    assert library.clips[gone.id] == Clip(job=bench.job(gone), marks=Marks(rating=3)) and not library.missing
    async with Bench(tmp_path / "data", pace=PACE) as after:
        await after.library.load()
        assert {clip_id: Path(clip.path) for clip_id, clip in after.library.clips.items()} == homes


async def test_a_thumbnail_that_is_not_there_is_drawn(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    [job] = await generated(bench, simulator, "undrawn")
    thumbnail_path(bench.paths, job.id).unlink()
    pictured: list[str] = []
    bench.library.pictured.connect(pictured.append)
    await looked(bench.library, monkeypatch)
    assert pictured == [job.id] and thumbnail_path(bench.paths, job.id).exists()


async def test_a_removed_clip_stays_out_and_can_be_put_back(bench: Bench, tmp_path: Path) -> None:
    library = bench.library
    first, second = await kept(bench, count=2)
    await library.mark([first.id], notes="mine")
    removed = await library.remove([first.id, "of none"])
    assert [clip.id for clip in removed] == [first.id] and set(library.clips) == {second.id}
    # A late word about the job is no reason to come back; nor is a restart.
    await bench.engine.locate(first.id, "/w/late.mp4", 5)
    assert set(library.clips) == {second.id}
    async with Bench(tmp_path / "data", pace=PACE) as after:
        await after.library.load()
        assert set(after.library.clips) == {second.id}
    await library.restore(removed)
    assert (library.clips[first.id].path, library.clips[first.id].marks.notes) == ("/w/late.mp4", "mine")
    async with Bench(tmp_path / "data", pace=PACE) as after:
        await after.library.load()
        assert after.library.clips == library.clips


async def test_what_cannot_be_committed_is_taken_back(bench: Bench) -> None:
    library = bench.library
    [job] = await kept(bench)
    await library.add_tag([job.id], "kept")
    before = dict(library.clips)
    await bench.database.run(lambda db: db.execute("PRAGMA query_only = ON"))
    for order in (
        library.mark([job.id], rating=4),
        library.add_tag([job.id], "lost"),
        library.remove([job.id]),
    ):
        with pytest.raises(EnvironmentProblem):
            await order
        assert library.clips == before
    await bench.database.read(lambda db: db.execute("PRAGMA query_only = OFF"))
    await library.mark([job.id], rating=4)
    assert library.clips[job.id].marks == Marks(rating=4, tags=("kept",))


async def test_what_is_marked_at_the_same_time_is_all_kept(bench: Bench, tmp_path: Path) -> None:
    library = bench.library
    ids = [job.id for job in await kept(bench, count=3)]
    await asyncio.gather(
        library.mark(ids, rating=2),
        library.add_tag(ids, "Größe"),
        library.mark(ids[:1], favourite=True),
        library.add_tag(ids[1:], "grösse"),
        library.add_tag(ids, "other"),
        library.remove_tag(ids, "OTHER"),
        library.mark(ids, reviewed=True),
    )
    expected = {
        clip_id: Marks(favourite=clip_id == ids[0], rating=2, reviewed=True, tags=("Größe",)) for clip_id in ids
    }
    assert {clip.id: clip.marks for clip in library.clips.values()} == expected
    async with Bench(tmp_path / "data", pace=PACE) as after:
        await after.library.load()
        assert {clip.id: clip.marks for clip in after.library.clips.values()} == expected


async def test_notes_have_an_end(bench: Bench) -> None:
    [job] = await kept(bench)
    with pytest.raises(UserError, match="notes_too_long"):
        await bench.library.mark([job.id], notes="x" * 20_001)
    with pytest.raises(UserError, match="tag_empty"):
        await bench.library.add_tag([job.id], " ")
    assert bench.library.clips[job.id].marks == Marks()


async def test_a_look_does_not_come_twice_in_half_a_minute(bench: Bench, tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.touch()
    [job] = [made(state=State.DONE, path=str(video))]
    await bench.engine.restore(job)
    await bench.library.look()
    video.unlink()
    await bench.library.look()
    assert bench.library.missing == set()


async def test_a_look_says_nothing_of_a_file_that_moved_meanwhile(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = bench.library
    moved, gone = await kept(bench, count=2)
    real = ClipFiles.look

    async def slow(files: ClipFiles, clips: Collection[Clip]) -> tuple[set[str], set[str]]:
        answer = await real(files, clips)
        await bench.engine.locate(moved.id, str(tmp_path / "found.mp4"), 5)
        return answer

    monkeypatch.setattr(ClipFiles, "look", slow)
    await library.look(pictures=False)
    assert library.missing == {gone.id}


async def test_what_changes_in_one_turn_is_told_once(bench: Bench) -> None:
    ids = [job.id for job in await kept(bench, count=3)]
    await bench.library.load()
    await asyncio.sleep(0)
    times: list[int] = []
    bench.library.changed.connect(lambda: times.append(len(bench.library.clips)))
    await bench.library.mark(ids, rating=1)
    assert len(times) == 1
    await bench.library.mark(ids, rating=1)
    await asyncio.sleep(0)
    assert len(times) == 1


async def test_what_the_command_line_does_meanwhile_arrives(tmp_path: Path) -> None:
    paths = Paths.at(tmp_path / "data")
    async with opened(paths) as window:
        jobs = [made(f"clip {number}", State.DONE, path="/v/a.mp4") for number in range(3)]
        first, second, third = (job.id for job in jobs)
        await JobStore(window.database).add(jobs)
        await window.engine.start()
        await window.library.load()
        async with opened(paths, own=False) as other:
            await other.library.add_tag([first], "from outside")
            await other.library.remove([second])
            while second in window.library.clips:
                await told(window.library)
            assert window.library.clips[first].marks.tags == ("from outside",)
            assert set(window.library.clips) == {first, third}
            # What is marked here now is not lost to what comes from there.
            await window.library.mark([first], rating=3)
            await other.library.mark([third], favourite=True)
            while not window.library.clips[third].marks.favourite:
                await told(window.library)
            assert window.library.clips[first].marks == Marks(rating=3, tags=("from outside",))
