"""What may happen between a finished task and its file, with a host that answers as each test wants it."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sora_desktop.core.errors import EnvironmentProblem, Failure, FailureKind, ProviderError, Sent
from sora_desktop.core.jobs import Job, State
from sora_desktop.engine import hands, part, transfer
from sora_desktop.engine import queue as engine_queue
from sora_desktop.engine.part import says_text
from sora_desktop.engine.placing import Placing
from sora_desktop.engine.transfer import LONGEST_WISH, TRIES
from sora_desktop.media.render import render
from sora_desktop.providers.base import Connection, RemoteTask
from sora_desktop.storage import library
from support.bench import Bench
from support.service import Bytes, Service

PACE = 0.001
FIRST, SECOND = "https://media.example/1.mp4", "https://media.example/2.mp4"
Answer = Bytes | Exception


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    render(path, "a clip", width=64, height=36, seconds=1)
    return path.read_bytes()


class Host:
    """`answers` by address; the last one stays. `asked` are the addresses in their order."""

    def __init__(self, answers: dict[str, Sequence[Answer]]) -> None:
        self.answers = {url: list(told) for url, told in answers.items()}
        self.asked: list[str] = []

    async def warm(self) -> None:
        """Nothing to fetch beforehand."""

    @asynccontextmanager
    async def download(self, url: str, **_: Any) -> AsyncIterator[Bytes]:
        self.asked.append(url)
        told = self.answers[url]
        answer = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(answer, Exception):
            raise answer
        yield answer


class Linking(Service):
    """A service whose tasks are done at once, with these addresses."""

    def __init__(self, *urls: str) -> None:
        super().__init__(idempotent=True, video=b"")
        self.urls = urls
        self.seconds: float | None = None

    async def poll(self, connection: Connection, remote_id: str) -> RemoteTask:
        told = await super().poll(connection, remote_id)
        return dataclasses.replace(told, urls=self.urls, seconds=self.seconds)


def life(folder: Path, host: Host, *urls: str, seconds: float | None = None) -> Bench:
    service = Linking(*(urls or (FIRST,)))
    service.seconds = seconds
    return Bench(folder, pace=PACE, services={"rivya": service, "globalaiopc": service}, http=host)  # type: ignore[arg-type]


def trouble(code: str, kind: FailureKind = FailureKind.RESULT, **more: Any) -> ProviderError:
    return ProviderError(Failure(kind=kind, code=code), Sent.REFUSED, **more)


async def fetched(bench: Bench, account: str = "simulator-rivya") -> Job:
    [job] = await bench.submit(account)
    await bench.until_quiet()
    return bench.job(job)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"\xef\xbb\xbf<html><h1>Please pay</h1></html>", "video/mp4", "Please pay"),
        (b'[ "no credits left" ]', "video/mp4", '[ "no credits left" ]'),
        (b'{"error": {"message": "link has expired"}}', "video/mp4", "link has expired"),
        (b"Not found, dear user", "application/octet-stream", "Not found, dear user"),
        (b"Not found, dear user", "text/plain; charset=utf-8", "Not found, dear user"),
    ],
)
async def test_what_is_no_video_says_what_it_is(body: bytes, kind: str, words: str, tmp_path: Path) -> None:
    async with life(tmp_path, Host({FIRST: [Bytes(body, content_type=kind)]})) as bench:
        job = await fetched(bench)
        assert job.state is State.FAILED and job.failure is not None
        assert (job.failure.code, job.failure.detail) == ("result_not_video", words)
        assert not list(bench.paths.videos.iterdir())


async def test_a_video_under_a_word_that_says_nothing_is_a_video(tmp_path: Path, video: bytes) -> None:
    async with life(tmp_path, Host({FIRST: [Bytes(video, content_type="text/plain")]})) as bench:
        assert (await fetched(bench)).state is State.DONE
    assert says_text("text/html; charset=utf-8") and says_text("application/problem+json")


async def test_an_address_that_is_not_fetched_from_is_said(tmp_path: Path) -> None:
    async with life(tmp_path, Host({FIRST: [trouble("result_address")]})) as bench:
        job = await fetched(bench)
        assert job.state is State.FAILED and job.failure is not None and job.failure.code == "result_address"


async def test_what_is_no_video_is_said_also_where_nothing_can_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_placing: Placing, _job: Job) -> None:
        raise EnvironmentProblem("folder_readonly", folder="it went away")

    monkeypatch.setattr(Placing, "discard", refuse)
    async with life(tmp_path, Host({FIRST: [Bytes(b"<html>gone</html>")]})) as bench:
        job = await fetched(bench)
        assert job.failure is not None and job.failure.code == "result_not_video"


async def test_what_is_too_large_is_not_fetched_and_not_tried_again(tmp_path: Path, video: bytes) -> None:
    host = Host({FIRST: [Bytes(video, total_bytes=10**15)]})
    async with life(tmp_path, host) as bench:
        job = await fetched(bench)
        assert job.state is State.FAILED and job.failure is not None and job.failure.code == "result_too_large"
        assert host.asked == [FIRST] and not list(bench.paths.videos.iterdir())


async def test_a_clip_that_is_always_shorter_than_the_service_says_is_still_the_clip(
    tmp_path: Path, video: bytes
) -> None:
    host = Host({FIRST: [Bytes(video)]})
    async with life(tmp_path, host, seconds=8000.0) as bench:
        job = await fetched(bench)
        assert job.state is State.DONE and host.asked == [FIRST] * TRIES
        assert Path(job.path).read_bytes() == video


async def test_another_address_of_the_result_is_taken_where_the_first_brings_nothing(
    tmp_path: Path, video: bytes
) -> None:
    host = Host({FIRST: [Bytes(b"<html>gone</html>")], SECOND: [Bytes(video)]})
    async with life(tmp_path, host, FIRST, SECOND) as bench:
        assert (await fetched(bench)).state is State.DONE
        assert host.asked == [FIRST, FIRST, SECOND]


@pytest.mark.parametrize(("over", "asked"), [(True, 2), (False, TRIES)])
async def test_past_its_published_end_a_dead_link_is_asked_for_once_more_and_no_longer(
    over: bool, asked: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host({FIRST: [trouble("result_link_dead")]})
    async with life(tmp_path, host) as bench:
        if over:
            clock = bench.engine._works.clock
            real = clock.now
            monkeypatch.setattr(clock, "now", lambda: real() + (30 * 86_400 if host.asked else 0))
        job = await fetched(bench, "simulator-globalaiopc")
        assert job.state is State.EXPIRED and len(host.asked) == asked


async def test_a_folder_that_goes_away_under_the_file_waits_for_another(tmp_path: Path, video: bytes) -> None:
    host = Host({FIRST: [OSError(errno.EIO, "the drive was pulled out"), Bytes(video)]})
    async with life(tmp_path, host) as bench:
        [job] = await bench.submit("simulator-rivya")
        await bench.until(lambda: bench.job(job).failure is not None)
        failure = bench.job(job).failure
        assert failure is not None and failure.code == "folder_readonly"
        await bench.until_quiet()
        assert bench.job(job).state is State.DONE


async def test_a_host_that_wants_to_be_left_alone_for_years_is_not_and_one_may_ask_at_once(
    tmp_path: Path, video: bytes
) -> None:
    refused = ProviderError(Failure(kind=FailureKind.NETWORK, code="connect_refused"), Sent.NOT_SENT, transient=True)
    busy = trouble("rate_limited", FailureKind.RATE, retry_after=86_400.0, transient=True)
    async with life(tmp_path, Host({FIRST: [refused, busy, Bytes(video)]})) as bench:
        [job] = await bench.submit("simulator-rivya")
        await bench.until(lambda: bench.job(job).failure is not None)
        failure = bench.job(job).failure
        assert failure is not None and failure.code == "rate_limited"
        wait = bench.engine._downloads._retry_at[job.id] - bench.engine._works.clock.monotonic()
        assert LONGEST_WISH - 60 < wait <= LONGEST_WISH
        await bench.engine.collect(job.id)
        await bench.until_quiet()
        assert bench.job(job).state is State.DONE and bench.job(job).failure is None


async def test_a_result_without_an_address_is_asked_for_again(tmp_path: Path, video: bytes) -> None:
    host = Host({FIRST: [Bytes(video)]})
    async with life(tmp_path, host) as bench:
        job = await fetched(bench)
        Path(job.path).unlink()
        await bench.engine._board.move(job.id, State.DOWNLOADING, urls=(), path="")
        bench.engine._works.alarm.ring()
        await bench.until(lambda: bench.job(job).state is State.DONE)
        assert bench.job(job).urls == (FIRST,) and Path(bench.job(job).path).is_file()


async def test_what_arrived_of_a_job_goes_with_the_job(
    tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where all threads are busy for longer than anybody waits."""
    monkeypatch.setattr(transfer, "PATIENCE", 0.5)
    async with life(tmp_path, Host({FIRST: [Bytes(video[:500], total_bytes=len(video))]})) as bench:
        [job] = await bench.submit("simulator-rivya")
        await bench.until(lambda: bool(list(bench.paths.videos.glob(".*.part"))))
        await bench.engine.cancel(job.id)
        await bench.engine._scheduler.at_rest(job.id)
        free = threading.Event()
        busy = [asyncio.create_task(bench.engine._works.in_thread(free.wait, 20)) for _ in range(2)]
        await bench.engine.delete(job.id)
        assert not list(bench.paths.videos.iterdir())
        free.set()
        await asyncio.gather(*busy)


class Disk:
    """A disk that hangs until it is let go on, or a folder of it (`on`)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.on = Path("/")
        self.hangs, self.goes_on, self.loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
        self._real = part.write_all
        monkeypatch.setattr(part, "write_all", self._write)

    def _write(self, file: Any, chunk: bytes) -> None:
        if Path(f"/proc/self/fd/{file.fileno()}").readlink().is_relative_to(self.on):
            self.loop.call_soon_threadsafe(self.hangs.set)
            assert self.goes_on.wait(20)
        self._real(file, chunk)


async def test_a_disk_that_hangs_holds_nobody_else_up(
    tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    async with life(tmp_path, Host({FIRST: [Bytes(video)]})) as bench:
        [job] = await bench.submit("simulator-rivya")
        await asyncio.wait_for(disk.hangs.wait(), 10)
        assert bench.job(job).state is State.DOWNLOADING
        disk.goes_on.set()
        await bench.until_quiet()
        assert Path(bench.job(job).path).read_bytes() == video


async def test_a_clip_for_a_share_that_hangs_is_fetched_into_another_folder(
    tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, share, real = Disk(monkeypatch), tmp_path / "share", library.ensure_folder

    def ensure(folder: Path) -> Path:
        if folder == share and disk.hangs.is_set():
            assert disk.goes_on.wait(20)
        return real(folder)

    monkeypatch.setattr(library, "ensure_folder", ensure)
    monkeypatch.setattr(disk, "on", share)
    for module, name in ((hands, "PATIENCE"), (part, "PATIENCE"), (hands, "HUNG"), (transfer, "STALL")):
        monkeypatch.setattr(module, name, 0.2)
    async with life(tmp_path / "data", Host({FIRST: [Bytes(video)]})) as bench:
        await bench.settings.change(videos_folder=str(share))
        [job] = await bench.submit("simulator-rivya")
        await bench.until(lambda: (told := bench.job(job).failure) is not None and told.code == "folder_readonly")
        assert bench.job(job).state is State.DOWNLOADING
        await bench.settings.change(videos_folder=str(tmp_path / "here"))
        await bench.until_quiet()
        assert Path(bench.job(job).path).parent == tmp_path / "here"
        disk.goes_on.set()


async def test_a_share_that_hangs_with_a_name_holds_up_no_other_folder(
    tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    share, real = tmp_path / "share", library.commit
    loop, hangs, goes_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def commit(file: Path, final: Path) -> Path:
        if file.parent == share:
            loop.call_soon_threadsafe(hangs.set)
            assert goes_on.wait(20)
        return real(file, final)

    monkeypatch.setattr(library, "commit", commit)
    async with life(tmp_path / "data", Host({FIRST: [Bytes(video)]})) as bench:
        await bench.settings.change(videos_folder=str(share))
        [job] = await bench.submit("simulator-rivya")
        await asyncio.wait_for(hangs.wait(), 10)
        await bench.settings.change(videos_folder=str(tmp_path / "here"))
        [other] = await bench.submit("simulator-rivya")
        await bench.until(lambda: bench.job(other).state is State.DONE)
        goes_on.set()
        await bench.until_quiet()
        assert Path(bench.job(job).path).parent == share


@dataclasses.dataclass
class Together(Bytes):
    """Goes on when all have begun."""

    all: asyncio.Barrier = dataclasses.field(default_factory=lambda: asyncio.Barrier(transfer.AT_ONCE))

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self.content[:200]
        await self.all.wait()
        yield self.content[200:]


async def test_a_disk_that_hangs_does_not_hold_the_end_of_the_program(
    tmp_path: Path, video: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do more downloads than there are threads, whose bytes still wait for the disk."""
    disk = Disk(monkeypatch)
    for module in (hands, part, engine_queue):
        monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setattr(part, "FLUSH", 201)
    bench = await life(tmp_path, Host({FIRST: [Together(video)]})).begin()
    job, *_ = await bench.submit("simulator-rivya", count=transfer.AT_ONCE)
    await asyncio.wait_for(disk.hangs.wait(), 10)
    began = time.monotonic()
    await bench.kill()
    assert time.monotonic() - began < 10
    disk.goes_on.set()
    async with life(tmp_path, Host({FIRST: [Bytes(video)]})) as bench:
        await bench.until_quiet()
        assert Path(bench.job(job).path).read_bytes() == video
