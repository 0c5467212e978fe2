"""Parts of the simulator that need no socket: what is kept, what is rendered, what a file's first bytes tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_desktop.media.probe import check
from sora_desktop.simulator import retention
from sora_desktop.simulator.clock import Clock, iso
from sora_desktop.simulator.errors import Refusal
from sora_desktop.simulator.faults import Faults
from sora_desktop.simulator.files import signature
from sora_desktop.simulator.keys import SIMULATOR_RIVYA_KEY
from sora_desktop.simulator.ledger import Key, Ledger
from sora_desktop.simulator.record import Record
from sora_desktop.simulator.rendering import Rendering
from sora_desktop.simulator.store import Store
from sora_desktop.simulator.tasks import Order, Outcome, Status, Task
from sora_desktop.simulator.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    for name in ("media", "files"):
        (tmp_path / name).mkdir()
    store = Store(tmp_path / "simulator.sqlite")
    clock = Clock(store)
    world = World(
        state=tmp_path,
        pace=1.0,
        media_origin="http://127.0.0.1:1",
        store=store,
        clock=clock,
        ledger=Ledger(store, clock, 1.0),
        faults=Faults(),
        record=Record(None),
        rendering=Rendering(tmp_path / "media", light=True),
        secret=b"secret",
    )
    yield world
    world.record.close()
    store.close()


def ordered(world: World, prompt: str = "a boat", outcome: Outcome | None = None) -> Task:
    order = Order("rivya", "sora-2", prompt, {}, 1280, 720, 1, 6, prompt.encode())
    return world.ledger.accept(demo(world), order, outcome or Outcome())


def demo(world: World) -> Key:
    key = world.ledger.key("rivya", SIMULATOR_RIVYA_KEY)
    assert key is not None
    return key


def finished(world: World, prompt: str) -> Path:
    """A task whose clip is there; the clip's path."""
    task = ordered(world, prompt)
    path = world.media_folder / f"{task.media}.mp4"
    path.write_bytes(b"clip")
    world.ledger.rendered(task.id, "etag")
    return path


def test_old_clips_go_and_live_ones_stay(world: World) -> None:
    old = [finished(world, f"old {number}") for number in range(3)]
    world.clock.advance(200)
    assert retention.forget_old(world, kept=1) == 0, "their links are alive"
    world.clock.advance(86_400)
    young = finished(world, "young")
    assert retention.forget_old(world, kept=2) == 2
    assert [path.exists() for path in old] == [False, False, True]
    assert young.exists()
    assert retention.forget_old(world, kept=2) == 0


def test_a_clip_that_cannot_be_made_is_a_failed_task(world: World, tmp_path: Path) -> None:
    """The reason comes back, and the worker goes on with the next."""

    async def go() -> None:
        told: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        world.rendering.start(
            lambda task, words: told.put_nowait(("done", task, words)),
            lambda task, words: told.put_nowait(("failed", task, words)),
        )
        try:
            good, bad = ordered(world), ordered(world)
            (tmp_path / "media" / f"{bad.media}.mp4.part").mkdir()
            world.rendering.submit(bad, first=True)
            world.rendering.submit(good)
            kind, task_id, reason = await told.get()
            assert (kind, task_id) == ("failed", bad.id)
            assert reason
            assert (await told.get())[:2] == ("done", good.id)
        finally:
            await asyncio.to_thread(world.rendering.close)

    asyncio.run(go())


def test_light_clips_of_one_shape_are_whole_and_each_its_own(world: World) -> None:
    """Drawn once, and told apart by what stands at their end."""

    async def go() -> None:
        made: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        world.rendering.start(lambda *done: made.put_nowait(done), lambda *failed: made.put_nowait(failed))
        try:
            tasks = [ordered(world, prompt) for prompt in ("a boat", "a boat", "雨夜")]
            for task in tasks:
                world.rendering.submit(task)
            etags = [(await made.get())[1] for _ in tasks]
        finally:
            await asyncio.to_thread(world.rendering.close)
        assert len(set(etags)) == 3
        for task in tasks:
            path = world.media_folder / f"{task.media}.mp4"
            clip = check(path, 1)
            assert (clip.width, clip.height, clip.seconds) == (320, 180, 1)
            assert path.read_bytes().endswith(f"{task.id} {task.prompt}".encode())

    asyncio.run(go())


def test_a_task_waits_for_its_clip(world: World) -> None:
    task = ordered(world)
    now = world.clock.now()
    assert task.status(now) is Status.QUEUED
    assert task.status(task.queued_until + 1) is Status.PROCESSING
    assert task.status(task.done_at + 1000) is Status.PROCESSING
    world.clock.advance(1000)
    world.ledger.rendered(task.id, "etag")
    ready = world.ledger.task(task.id)
    assert ready is not None
    assert ready.status(ready.done_at + 1) is Status.PROCESSING
    assert ready.status(world.clock.now()) is Status.SUCCEEDED
    # Rendered again after a kill: what was complete stays complete.
    world.clock.advance(1000)
    world.ledger.rendered(task.id, "other")
    assert world.ledger.task(task.id) == ready


def test_money_is_settled_once(world: World) -> None:
    ordered(world, outcome=Outcome("fail", "generation_failed", "No."))
    assert world.ledger.balance(demo(world)) == 1240 - 6
    world.clock.advance(1000)
    for _ in range(3):
        assert world.ledger.balance(demo(world)) == 1240
    assert [entry["kind"] for entry in world.ledger.entries()] == ["bill", "refund"]


def test_an_order_that_cannot_be_paid_leaves_no_trace(world: World) -> None:
    world.ledger.put_key("rivya", "poor", 5)
    key = world.ledger.key("rivya", "poor")
    assert key is not None
    with pytest.raises(Refusal):
        world.ledger.accept(key, Order("rivya", "sora-2", "x", {}, 2, 2, 1, 6, b""), Outcome())
    assert world.ledger.tasks() == []
    assert world.ledger.entries() == []


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b"RIFF1234WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\x1a\x45\xdf\xa3", "video/webm"),
        (b"OggS", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"GIF89a", ""),
        (b"RIFF1234AVI ", ""),
        (b"<svg", ""),
        (b"", ""),
    ],
)
def test_signatures(head: bytes, mime: str) -> None:
    assert signature(head) == mime


def test_times_are_written_as_published() -> None:
    assert iso(1778457600.0) == "2026-05-11T00:00:00.000Z"
