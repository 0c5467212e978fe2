"""References from the file to the service: the bytes that arrive, sent once and used again, mended, refused."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from sora_desktop.core.drafts import Draft
from sora_desktop.core.errors import UserError
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.pictures import Box, Plan
from sora_desktop.core.references import Reference
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine import delivery
from sora_desktop.engine.live import LiveCatalogue
from sora_desktop.engine.works import Transfer
from sora_desktop.media.render import render
from sora_desktop.providers.http import Http, Looked
from sora_desktop.providers.registry import Dialects
from sora_desktop.storage.listings import ListingStore
from support.bench import Bench
from support.references import (
    KEYS,
    MAKER,
    PACE,
    account_of,
    arrived,
    done,
    mended,
    model_of,
    opened,
    photo,
    uploads,
)
from support.simulator import SimulatorProcess, loopback_client


@pytest.fixture(scope="module")
def shared_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    simulator = SimulatorProcess(tmp_path_factory.mktemp("simulator"), pace=PACE)
    for dialect, key in KEYS.items():
        simulator.add_key(key, dialect, credits=1_000_000)
    yield simulator
    assert simulator.close() == ""


# The service's own uploads.


async def test_a_photo_arrives_upright_and_without_the_place_where_it_was_taken(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    path = tmp_path / "IMG 1.HEIC.jpg"
    path.write_bytes(photo(orientation=6))
    before = path.read_bytes()
    account = await account_of(bench, simulator, "rivya")
    reference = await bench.engine.references.add(path)
    assert reference.picture is not None and reference.picture.has_place
    told: list[Transfer] = []
    bench.engine.progress_changed.connect(lambda _, transfer: told.append(transfer))
    [job] = await done(bench, await bench.submit(account, references=(reference,)))
    data = arrived(job)
    assert MAKER not in data and b"Exif" not in data
    assert opened(data).format == "JPEG" and opened(data).size == (600, 800)
    [item] = json.loads(job.body)["params"]["referenceMediaItems"]
    assert (item["name"], item["mimeType"], item["kind"]) == (path.name, "image/jpeg", "image")
    ups = [transfer for transfer in told if transfer.kind == "upload"]
    assert ups and ups[-1].done == ups[-1].total == len(data)
    assert path.read_bytes() == before
    assert list((bench.paths.data / "references" / "sending").glob("*")) == [], "what was sent stayed on the disk"


async def test_several_files_of_one_job_arrive_a_clip_among_them_without_the_place_where_it_was_filmed(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    account = await account_of(bench, simulator, "rivya")
    lists = LiveCatalogue(bench.accounts, Dialects(bench.http).of, ListingStore(bench.database), bench.tasks)
    await lists.refresh(account)
    service = bench.engine.references
    clip = tmp_path / "walk.mp4"
    render(clip, "SECRET", width=64, height=48, seconds=1, fps=5, rate=8_000)
    before = clip.read_bytes()
    kept = [await service.add(one, name) for one, name in ((photo(), "a.jpg"), (clip, ""), (photo((90, 60)), "b.jpg"))]
    [tile] = [item for item in await service.recent() if item.kind == "video"]
    assert opened(Path(tile.thumbnail).read_bytes()).size == (64, 48)
    assert opened(await service.preview(kept[1], 32)).size == (32, 24), "a card shows its first frame"
    told: list[Transfer] = []
    bench.engine.progress_changed.connect(lambda _, transfer: told.append(transfer))
    request = GenerationRequest(
        provider="rivya", model="ridge-motion-1", prompt="x", values={"duration": 3}, references=tuple(kept)
    )
    [job] = await done(bench, await bench.engine.submit(account, request))
    ups = [transfer for transfer in told if transfer.kind == "upload"]
    assert list(dict.fromkeys((up.part, up.parts, up.content) for up in ups)) == [
        (place, 3, one.sha256) for place, one in enumerate(kept, 1)
    ]
    items = json.loads(job.body)["params"]["referenceMediaItems"]
    assert [item["kind"] for item in items] == ["image", "video", "image"]
    assert items[1]["durationSeconds"] == pytest.approx(1, abs=0.2) and items[1]["durationToken"]
    assert items[1]["name"] == "walk.mp4"
    with loopback_client() as anybody:
        sent = anybody.get(items[1]["url"]).content
    assert len(sent) == len(before) and b"SECRET" in before and b"SECRET" not in sent
    assert clip.read_bytes() == before, "the original was touched"
    assert list((bench.paths.data / "references" / "sending").glob("*")) == [], "what was sent stayed on the disk"


async def test_what_a_service_does_not_take_is_converted_by_a_click(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    path = tmp_path / "scan.tiff"
    Image.new("CMYK", (300, 200), (0, 255, 255, 0)).save(path)
    account = await account_of(bench, simulator, "rivya")
    reference = await bench.engine.references.add(path)
    with pytest.raises(UserError) as refused:
        await bench.submit(account, references=(reference,))
    assert refused.value.code == "reference_mime"
    reference = mended(bench, "rivya", reference, {})
    [job] = await done(bench, await bench.submit(account, references=(reference,)))
    [item] = json.loads(job.body)["params"]["referenceMediaItems"]
    assert (item["name"], item["mimeType"]) == ("scan.jpg", "image/jpeg")
    red, green, _ = opened(arrived(job)).getpixel((100, 100))  # type: ignore[misc]
    assert red > 200 and green < 60


async def test_too_large_a_file_is_sent_below_the_limit(bench: Bench, simulator: SimulatorProcess) -> None:
    out = io.BytesIO()
    Image.effect_noise((2200, 1700), 90).convert("RGB").save(out, "PNG", compress_level=0)
    assert len(out.getvalue()) > 10_000_000
    account = await account_of(bench, simulator, "rivya")
    reference = mended(bench, "rivya", await bench.engine.references.add(out.getvalue(), "noise.png"), {})
    rule = model_of(bench, "rivya").references
    assert rule is not None
    shown = await bench.engine.references.made(reference, rule)
    [job] = await done(bench, await bench.submit(account, references=(reference,)))
    assert arrived(job) == shown.data, "what was shown is not what was sent"
    assert len(shown.data) <= 10_000_000 and shown.mime == "image/jpeg" and shown.quality is not None


async def test_twelve_variations_upload_once_also_after_a_restart(simulator: SimulatorProcess, tmp_path: Path) -> None:
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        account = await account_of(bench, simulator, "rivya")
        reference = await bench.engine.references.add(photo(seed="olive"), "photo.jpg")
        await done(bench, await bench.submit(account, "twelve", count=12, references=(reference,)))
        assert len(uploads(simulator)) == 1
    async with Bench(tmp_path / "data", pace=PACE) as bench:
        await bench.accounts.set_key(account, KEYS["rivya"])
        again = Reference.model_validate_json(reference.model_dump_json()).model_copy(update={"name": "copy.jpeg"})
        [job] = await done(bench, await bench.submit(account, "again", references=(again,)))
        [item] = json.loads(job.body)["params"]["referenceMediaItems"]
        assert item["name"] == "copy.jpeg", "the name of another file"
    assert len(uploads(simulator)) == 1
    assert simulator.billed("twelve") == 12 and simulator.billed("again") == 1


async def test_another_account_and_an_old_upload_are_uploaded_anew(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = await bench.engine.references.add(photo(seed="teal"), "photo.jpg")
    first = await account_of(bench, simulator, "rivya")
    second = await account_of(bench, simulator, "rivya")
    await done(bench, await bench.submit(first, references=(reference,)))
    await done(bench, await bench.submit(second, references=(reference,)))
    assert len(uploads(simulator)) == 2
    monkeypatch.setattr(delivery, "MOST_AGE", 0.0)
    await done(bench, await bench.submit(first, references=(reference,)))
    assert len(uploads(simulator)) == 3


async def test_an_address_that_died_is_noticed_before_money_is_spent(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "STILL_THERE", 0.0)
    account = await account_of(bench, simulator, "rivya")
    reference = await bench.engine.references.add(photo(seed="navy"), "photo.jpg")
    [job] = await done(bench, await bench.submit(account, "before it died", references=(reference,)))
    forget_file(simulator, job)
    [job] = await done(bench, await bench.submit(account, "after it died", references=(reference,)))
    assert len(uploads(simulator)) == 2 and opened(arrived(job)).size == (800, 600)
    creates = [call for call in simulator.requests(dialect="rivya", call="create") if call["status"] >= 400]
    assert creates == [], "the service had to say it"

    async def look(_http: Http, url: str, **_how: object) -> Looked:
        return Looked(url, "text/html", 900, b"", True)

    monkeypatch.setattr(Http, "look", look)
    await done(bench, await bench.submit(account, "a page says that it died", references=(reference,)))
    assert len(uploads(simulator)) == 3


async def test_a_refusal_that_is_about_the_file_uploads_it_again_once(
    bench: Bench, simulator: SimulatorProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address looked well a moment ago, and the service refuses it."""
    monkeypatch.setattr(delivery, "STILL_THERE", 1e9)
    account = await account_of(bench, simulator, "rivya")
    reference = await bench.engine.references.add(photo(seed="purple"), "photo.jpg")
    [first] = await done(bench, await bench.submit(account, "first", references=(reference,)))
    forget_file(simulator, first)
    [second] = await done(bench, await bench.submit(account, "second", references=(reference,)))
    assert len(uploads(simulator)) == 2 and simulator.billed("second") == 1
    refused = [call for call in simulator.requests(dialect="rivya", call="create") if call["status"] == 400]
    assert len(refused) == 1
    assert second.intent not in str(refused[0]["body"]), "a new body went out under the old key"


async def test_a_refusal_that_stays_ends_the_job(bench: Bench, simulator: SimulatorProcess) -> None:
    """A fresh upload that is refused is not uploaded without end."""
    account = await account_of(bench, simulator, "rivya")
    reference = await bench.engine.references.add(photo(seed="gold"), "photo.jpg")
    simulator.fault("not_found", "create", "rivya", times=None)
    [job] = await bench.submit(account, "refused for good", references=(reference,))
    await bench.until_quiet()
    assert bench.job(job).state is State.FAILED
    assert len(uploads(simulator)) <= 2 and simulator.billed("refused for good") == 0


def forget_file(simulator: SimulatorProcess, job: Job) -> None:
    """The service loses an uploaded file."""
    name = Path(urlsplit(json.loads(job.body)["params"]["referenceMediaItems"][0]["url"]).path).name
    (simulator.state / "files" / name).unlink()
    with contextlib.closing(sqlite3.connect(simulator.state / "simulator.sqlite")) as db:
        assert db.execute("DELETE FROM files WHERE media = ?", (name,)).rowcount == 1
        db.commit()


# The originals.


async def test_use_again_works_when_the_file_is_long_gone(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(seed="maroon"))
    account = await account_of(bench, simulator, "rivya")
    reference = await bench.engine.references.add(path)
    [job] = await done(bench, await bench.submit(account, references=(reference,)))
    path.write_bytes(photo(seed="white"))  # Something else has its name now.
    again = mended(bench, "rivya", job.request.references[0], {})
    again = again.model_copy(update={"plan": Plan(crop=Box(x=0, y=0, width=100, height=100))})
    [job] = await done(bench, await bench.submit(account, references=(again,)))
    image = opened(arrived(job)).convert("RGB")
    assert image.size == (100, 100)
    red, green, _ = image.getpixel((50, 50))  # type: ignore[misc]
    assert red > 90 and green < 40


async def test_a_reference_of_the_command_line_is_kept_too(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """One that names a path and nothing more."""
    path = tmp_path / "plain.jpg"
    path.write_bytes(photo(seed="coral"))
    account = await account_of(bench, simulator, "rivya")
    [job] = await done(bench, await bench.submit(account, references=(Reference(path=str(path)),)))
    assert MAKER not in arrived(job)
    [item] = await bench.engine.references.recent()
    assert item.name == "plain.jpg" and Path(item.path).read_bytes() == path.read_bytes()


async def test_a_file_that_changed_since_is_not_sent(bench: Bench, simulator: SimulatorProcess, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo())
    account = await account_of(bench, simulator, "rivya")
    changed = Reference(path=str(path), name="photo.jpg", sha256="0" * 64)
    [job] = await bench.submit(account, references=(changed,))
    await bench.until_quiet()
    failure = bench.job(job).failure
    assert failure is not None and failure.code == "reference_missing"
    assert uploads(simulator) == [] and failure.billed == "no"


async def test_the_tray_keeps_what_is_used_and_forgets_what_is_not(
    bench: Bench, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    tray = bench.engine.references
    changes: list[int] = []
    tray.changed.connect(lambda: changes.append(1))
    used, drafted, pinned, loose = [
        await tray.add(photo(seed=colour), f"{colour}.jpg") for colour in ("red", "lime", "blue", "black")
    ]
    assert len(changes) == 4
    assert [item.name for item in await tray.recent()] == ["black.jpg", "blue.jpg", "lime.jpg", "red.jpg"]
    await tray.pin(pinned.sha256)
    assert [item.name for item in await tray.recent(2)] == ["blue.jpg", "black.jpg"]
    await bench.drafts.save(Draft(id="d", references=(drafted,)))
    account = await account_of(bench, simulator, "rivya")
    [job] = await done(bench, await bench.submit(account, references=(used,)))
    await bench.engine.delete(job.id)

    assert [item.name for item in await tray.recent()] == ["blue.jpg", "red.jpg", "black.jpg", "lime.jpg"], (
        "what was sent"
    )
    await tray.used(drafted)
    assert [item.name for item in await tray.recent(2)] == ["blue.jpg", "lime.jpg"]
    [first, *_] = await tray.recent()
    with Image.open(first.thumbnail) as small:
        assert max(small.size) == 320
    if os.name == "posix":
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tray.store.folder.rglob("*") if path.is_file()}
        assert modes == {0o600}

    gone = await tray.store.forget_unused(days=-1)
    assert gone == [loose.sha256], "what a clip of the library, a draft or a pin holds was forgotten"
    for one in (used, drafted):
        await tray.forget(one.sha256)
        assert tray.store.original(one.sha256) is not None, "an original that is in use was removed"
    await tray.forget(pinned.sha256)
    assert tray.store.original(pinned.sha256) is None
    assert await tray.recent() == []
    again = await tray.add(photo(seed="red"), "back.jpg")
    assert again.sha256 == used.sha256 and [item.name for item in await tray.recent()] == ["back.jpg"]


async def test_tidying_removes_leftovers_and_the_files_of_what_is_forgotten(bench: Bench) -> None:
    tray = bench.engine.references
    reference = await tray.add(photo(), "old.jpg")
    left = tray.store.temporary(b"half sent", ".jpg")
    os.utime(left, (1, 1))
    await bench.database.run(lambda db: db.execute("UPDATE tray SET used_at = 1") and None)
    await tray.tidy()
    assert not left.exists() and tray.store.original(reference.sha256) is None
    assert [path for path in tray.store.folder.rglob("*") if path.is_file()] == []


async def test_a_frame_of_a_clip_becomes_a_reference(bench: Bench, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    render(clip, "a boat", width=320, height=180, seconds=1)
    last = await bench.engine.references.add_frame(clip)
    first = await bench.engine.references.add_frame(clip, 0.0)
    assert (last.width, last.height, last.mime, last.name) == (320, 180, "image/png", "clip.png")
    assert first.sha256 != last.sha256
    (tmp_path / "no.mp4").write_bytes(b"no clip")
    for name, code in (("no.mp4", "frame_none"), ("gone.mp4", "clip_missing")):
        with pytest.raises(UserError) as refused:
            await bench.engine.references.add_frame(tmp_path / name)
        assert refused.value.code == code


async def test_the_preview_shows_what_the_plan_cuts(bench: Bench) -> None:
    reference = await bench.engine.references.add(photo((800, 600), 6), "p.jpg")
    assert opened(await bench.engine.references.preview(reference, 400)).size == (300, 400)
    plan = Plan(crop=Box(x=0, y=0, width=600, height=300))
    assert opened(await bench.engine.references.preview(reference, 400, plan)).size == (400, 200)
