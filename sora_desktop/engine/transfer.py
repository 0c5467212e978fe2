"""From a finished task to a checked file on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Set
from functools import partial

from sora_desktop.core.errors import (
    Action,
    Billed,
    EnvironmentProblem,
    Failure,
    FailureKind,
    ProviderError,
    Sent,
    UserError,
)
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.redact import redact
from sora_desktop.engine.hands import PATIENCE
from sora_desktop.engine.part import LARGEST, Part, PartProblem, TooLarge, arriving, disk_problem, says_text
from sora_desktop.engine.placing import Placing
from sora_desktop.engine.polling import Polling
from sora_desktop.engine.works import Transfer, Works
from sora_desktop.media.errors import BadVideo
from sora_desktop.providers.http import Answer, Download
from sora_desktop.providers.refusals import said
from sora_desktop.providers.threads import in_thread

AT_ONCE = 3
"""Downloads that run at the same time; the one whose link dies first goes first."""

STALL = 60.0
"""Seconds without a byte after which a download is begun again where it stopped."""

TRIES = 4
"""How often a damaged or wrong answer is fetched again, and a dead link asked for anew, before the job is set aside."""

NO_VIDEO, TOO_LARGE = "result_not_video", "result_too_large"
PROGRESS_EVERY = 0.1
DISK_WAIT = 30.0
FIRST_WAIT = 2.0
LONGEST_WAIT = 120.0
LONGEST_WISH = 3600.0
"""Seconds of a host's Retry-After that are honoured: a link may be dead after a day."""
PASSING = frozenset({"download_stalled", "rate_limited"})
"""Codes that a job bears only while nothing arrives."""


class Downloads:
    """Fetches results: nearest expiry first, a bounded number at a time, resumed after every break."""

    def __init__(self, works: Works, polling: Polling) -> None:
        self._works = works
        self._polling = polling
        self._placing = Placing(works)
        self._running: set[str] = set()
        self._retry_at: dict[str, float] = {}
        self._wrong: dict[str, int] = {}
        self._breaks: dict[str, int] = {}
        self._dead: dict[str, int] = {}
        self._unreached: dict[str, int] = {}
        self._moved: dict[str, float] = {}
        self._fetches: dict[str, asyncio.Task[None]] = {}
        self._watchdog: asyncio.Task[None] | None = None

    def waiting(self, busy: Set[str]) -> list[tuple[Job, float]]:
        """Jobs to fetch with the monotonic moment from which they may be, nearest expiry first."""
        jobs = self._works.board.those(State.DOWNLOADING)
        jobs = [job for job in jobs if job.id not in busy and job.id not in self._running]
        jobs.sort(key=lambda job: (job.expires_at or float("inf"), job.completed_at or 0.0))
        return [(job, self._retry_at.get(job.id, 0.0)) for job in jobs]

    def has_place(self) -> bool:
        return len(self._running) < AT_ONCE

    def started(self, job_id: str) -> None:
        self._running.add(job_id)

    def wake(self, job_id: str = "") -> None:
        """The disk or the network may be better now: what waits, or one job, is tried at once."""
        if job_id:
            self._retry_at.pop(job_id, None)
        else:
            self._retry_at.clear()

    async def forget(self, job: Job) -> None:
        """The job is off the list: what arrived of its result is removed, if the disk answers."""
        if job.urls and job.state is not State.DONE:
            with contextlib.suppress(OSError, EnvironmentProblem):
                async with asyncio.timeout(PATIENCE):
                    # On a thread of its own, which goes on where the others are busy for longer.
                    await in_thread(partial(self._placing.discard, job))

    async def run(self, job_id: str) -> None:
        """Fetches one result as far as it goes."""
        try:
            await self._fetch_and_place(self._works.board.jobs[job_id])
        except ProviderError as error:
            await self._broken_off(job_id, error)
        except (PartProblem, BadVideo) as problem:
            await self._not_a_video(job_id, str(problem), TOO_LARGE if isinstance(problem, TooLarge) else NO_VIDEO)
        except EnvironmentProblem as problem:
            await self._in_the_way(job_id, problem)
        except OSError as error:
            # A drive that was pulled out, a share that went away, a folder that was removed under the file.
            folder = self._placing.folder()
            problem = disk_problem(error, folder) or EnvironmentProblem("folder_readonly", folder=str(folder))
            await self._in_the_way(job_id, problem)
        except UserError as error:
            await self._not_a_video(job_id, error.code)
        finally:
            self._running.discard(job_id)
            job = self._works.board.jobs.get(job_id)
            if job is None or job.state is not State.DOWNLOADING:
                self._retry_at.pop(job_id, None)
            if job is None or job.ended:
                for book in (self._wrong, self._breaks, self._dead, self._unreached):
                    book.pop(job_id, None)

    async def _fetch_and_place(self, job: Job) -> None:
        async with asyncio.timeout(STALL):  # A share may hang; what waits for it says so, as for any other trouble.
            if await self._placing.already_there(job):
                return
            part = await self._works.in_thread(self._placing.part, job)
        if not part.complete:
            await self._fetch(job, part)
        job = self._works.board.jobs[job.id]
        if job.state is State.DOWNLOADING:
            # A clip that is always much shorter than the service says is still the clip: better than none.
            last = self._wrong.get(job.id, 0) == TRIES - 1
            await self._placing.place(job, part, None if last else job.seconds)

    async def _fetch(self, job: Job, part: Part) -> None:
        """Runs the transfer as a task of its own, so that the watchdog can end it and nothing else."""
        self._moved[job.id] = time.monotonic()
        fetch = self._works.tasks.spawn(self._stream(job, part), f"fetch {job.id}", awaited=True)
        self._fetches[job.id] = fetch
        self._watch()
        stalled = False
        try:
            await asyncio.wait({fetch})
            stalled = job.id not in self._fetches
        finally:
            self._fetches.pop(job.id, None)
            if not fetch.done():
                fetch.cancel()
                await asyncio.wait({fetch})  # Two must not write one file.
        if fetch.cancelled():
            if stalled:
                raise _stalled()
            raise asyncio.CancelledError
        fetch.result()

    async def _stream(self, job: Job, part: Part) -> None:
        works = self._works
        if not job.urls:  # A damaged row: its task is asked for them again.
            raise ProviderError(Failure(kind=FailureKind.RESULT, code="result_link_dead"), Sent.NOT_SENT)
        private, lender = works.accounts.is_private(job.account, job.base_url), await works.lender(job)
        # A server behind a gateway may name an address that leads nowhere from here; its content call is the last one.
        # Elsewhere the others may be other clips: better than none, when what answered at the first failed twice.
        turn = self._dead.get(job.id, 0) + self._wrong.get(job.id, 0)
        turn = turn + self._unreached.get(job.id, 0) if lender else max(0, turn - 1)
        url = job.urls[turn % len(job.urls)]
        async with works.http.download(
            url,
            offset=part.size,
            validator=part.validator,
            allow_private=private,
            lender=lender,
            route=works.accounts.route(job.account),
        ) as stream:
            if says_text(stream.content_type):
                raise PartProblem(await _text_of(stream))
            async with arriving(part, stream, works.in_thread) as writer:
                last_told = 0.0
                async for chunk in stream.chunks():
                    if writer.take(chunk):
                        await works.in_thread(writer.flush)
                    now = time.monotonic()
                    self._moved[job.id] = now
                    if now - last_told > PROGRESS_EVERY:
                        last_told = now
                        works.progress.emit(job.id, Transfer("download", writer.arrived, part.total or 0))
                        known = works.board.jobs[job.id]
                        if known.state is not State.DOWNLOADING:
                            return
                        if known.failure is not None and known.failure.code in PASSING:
                            await works.board.note(job.id, failure=None)
        await works.in_thread(part.finish)

    def _watch(self) -> None:
        if self._watchdog is None or self._watchdog.done():
            self._watchdog = self._works.tasks.spawn(self._bark(), "download watchdog")

    async def _bark(self) -> None:
        """The one stall watchdog: ends a transfer that brought nothing for a minute."""
        while self._fetches:
            await asyncio.sleep(min(5.0, STALL / 4))
            now = time.monotonic()
            for job_id, fetch in tuple(self._fetches.items()):
                if now - self._moved.get(job_id, now) > STALL:
                    del self._fetches[job_id]
                    fetch.cancel()

    async def _broken_off(self, job_id: str, error: ProviderError) -> None:
        if self._works.board.jobs[job_id].state is not State.DOWNLOADING:
            return
        if error.failure.code == "result_link_dead":
            await self._link_dead(job_id, error)
            return
        if error.sent is Sent.NOT_SENT:
            self._unreached[job_id] = self._unreached.get(job_id, 0) + 1
        if error.transient or error.failure.kind in {FailureKind.NETWORK, FailureKind.SERVER, FailureKind.RATE}:
            # A break is nothing to speak of; the next one in a row, or a wait that was asked for, is.
            wish = error.retry_after or None
            said = self._breaks.get(job_id, 0) > 0 or wish is not None
            await self.later(job_id, wish, _stalled(error.failure).failure if said else None)
        else:
            code = error.failure.code if error.failure.code == "result_address" else NO_VIDEO
            await self._not_a_video(job_id, error.failure.detail, code)

    async def _link_dead(self, job_id: str, error: ProviderError) -> None:
        """Asks the task again for a fresh link; where it names only dead ones, the result has expired."""
        board = self._works.board
        job = board.jobs[job_id]
        self._dead[job_id] = self._dead.get(job_id, 0) + 1
        over = job.expires_at is not None and job.expires_at < self._works.clock.now()
        # Past its published end one question is enough; before it the service may only be late with its files.
        if self._dead[job_id] < (2 if over else TRIES):
            job = await board.move(job_id, State.PROCESSING)
            self._polling.forget(job_id)  # However old the task is, its new link is wanted now.
            self._polling.watch(job, at_once=self._dead[job_id] == 1)
            return
        self._dead.pop(job_id, None)
        died = (
            job.expires_at if job.expires_at and job.expires_at < self._works.clock.now() else self._works.clock.now()
        )
        failure = Failure(
            kind=FailureKind.EXPIRED,
            code="result_expired",
            args={"when": time.strftime("%Y-%m-%d %H:%M", time.localtime(died))},
            action=Action.COLLECT,
            detail=error.failure.detail,
            http_status=error.failure.http_status,
            billed=Billed.YES,
        )
        await board.move(job_id, State.EXPIRED, failure=failure, finished_at=self._works.clock.now())

    async def _not_a_video(self, job_id: str, text: str, code: str = NO_VIDEO) -> None:
        """What came is no video: its text is shown, it is never a file. A gateway may do better next time."""
        job = self._works.board.jobs[job_id]
        if job.state is not State.DOWNLOADING:
            return
        with contextlib.suppress(OSError, EnvironmentProblem):  # What is wrong with the disk the next try tells.
            await self._works.in_thread(self._placing.discard, job)
        failure = Failure(
            kind=FailureKind.RESULT,
            code=code,
            args={"limit": str(LARGEST // 1_000_000_000)} if code == TOO_LARGE else {},
            action=Action.COLLECT,
            # A page or a JSON error says in a few words what it is about.
            detail=said(Answer(200, {}, text.encode(), 0.0)).message or redact(text)[:500],
            billed=Billed.YES,
        )
        self._wrong[job_id] = self._wrong.get(job_id, 0) + 1
        if self._wrong[job_id] < TRIES and code != TOO_LARGE:
            await self.later(job_id, None, failure)
        else:
            await self._works.board.move(job_id, State.FAILED, failure=failure, finished_at=self._works.clock.now())

    async def _in_the_way(self, job_id: str, problem: EnvironmentProblem) -> None:
        """The disk or the folder: the job waits and says so; the paid result is fetched when it can be."""
        failure = Failure(
            kind=FailureKind.DISK, code=problem.code, args=problem.words, action=Action.FOLDER, billed=Billed.YES
        )
        await self.later(job_id, DISK_WAIT * self._works.pace(self._works.board.jobs[job_id].account), failure)

    async def later(self, job_id: str, seconds: float | None, failure: Failure | None) -> None:
        job = self._works.board.jobs[job_id]
        if job.state is not State.DOWNLOADING:
            return
        if seconds is None:
            breaks = self._breaks.get(job_id, 0)
            self._breaks[job_id] = min(breaks + 1, 10)
            wait = min(FIRST_WAIT * 2.0**breaks, LONGEST_WAIT) * self._works.pace(job.account)
            seconds = self._works.clock.jitter(wait)
        wait = min(max(0.1, seconds), LONGEST_WISH)
        self._retry_at[job_id] = self._works.clock.monotonic() + wait
        await self._works.board.note(job_id, failure=failure)
        self._works.alarm.ring()


async def _text_of(stream: Download) -> str:
    """The beginning of an answer that is text where a video was promised, to show what it says."""
    text = b""
    async for chunk in stream.chunks():
        text += chunk
        if len(text) > 4000:
            break
    return text[:4000].decode("utf-8", "replace")


def _stalled(cause: Failure | None = None) -> ProviderError:
    code = cause.code if cause and cause.code in PASSING else "download_stalled"
    detail = cause.detail if cause else ""
    failure = Failure(kind=FailureKind.NETWORK, code=code, detail=detail, billed=Billed.YES)
    return ProviderError(failure, Sent.AMBIGUOUS, transient=True)
