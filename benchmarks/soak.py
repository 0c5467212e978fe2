"""The soak: the real window with a thousand jobs at once, for ten minutes of simulated time.

    python -m benchmarks.soak --jobs 1000 --minutes 10 --pace 0.4

The window, its loop and the engine are the program's own; the service is the simulator in a process of its own. All
jobs are submitted at once, half on each dialect, and each account may have all of its jobs at the service. `--pace` is
the factor on all waiting times: at 0.4 ten minutes take four, and two cores can carry the window, the simulator and
the thousand clips it renders meanwhile (0.15 s of processor each). Meanwhile a hand scrolls, picks and filters.

What must hold: the heartbeat of the window's loop is never over 50 ms, memory, timers, tasks, descriptors and threads
do not grow once all jobs are accepted, every job is billed once and its clip is on the disk. Exit code 1 where it does
not hold. It runs offscreen unless QT_QPA_PLATFORM says otherwise (xcb, under a display).

On a busy machine other programs take the processor from the loop, and a virtual one may stand still. Both are counted
and shown apart: the bound is on what is left ("held"), which is what the program itself is to blame for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from PySide6.QtCore import QTimer

from benchmarks.heartbeat import Gap, Heartbeat, load, share, stalls
from benchmarks.service import KEYS, MODELS, Service
from benchmarks.window import in_window, loop
from sora_desktop.assembly import Assembly
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.queue.arrangement import Show

BEAT = 0.050
"""Seconds: the longest gap that a person does not feel."""

MEMORY = 20.0
"""MB that may be gained between the warm-up and the end: pictures of the rows that were looked at (at most 200, 12 MB),
what a thousand jobs learn (about 4 KB each), and what the allocator keeps. What leaks grows beyond that in minutes."""

BATCH = 50
WARM = 2.0
"""Seconds after the first picture that count as the start: libraries are loaded, the player is made."""

DRAIN = 240.0
"""Seconds after the time is over in which the last clips may still come: the simulator renders one after the other."""

PLAYED = 4.0
"""Seconds after which the player and its codecs have taken the memory they need."""

WORST = 3
"""The longest beats that are told in full."""

SETTLED = 4.0
"""Seconds after the warm-up that a run lasts at least, however slow the machine: what grows is looked for there."""

SENDING = frozenset({State.WAITING, State.PREPARING, State.SUBMITTING})


@dataclass(frozen=True, slots=True)
class Sample:
    """The process at a moment. `memory` in MB."""

    at: float
    memory: float
    timers: int
    tasks: int
    files: int
    threads: int


@dataclass
class Outcome:
    """What a soak measured. Times in seconds, of `time.perf_counter`."""

    jobs: int = 0
    accepted_at: float = 0.0
    warm_at: float = 0.0
    begun_at: float = 0.0
    ended_at: float = 0.0
    start: list[Gap] = field(default_factory=list[Gap])
    sending: list[Gap] = field(default_factory=list[Gap])
    steady: list[Gap] = field(default_factory=list[Gap])
    samples: list[Sample] = field(default_factory=list[Sample])
    processor: float = 0.0
    billed: int = 0
    done: int = 0
    defects: list[str] = field(default_factory=list[str])
    books: list[str] = field(default_factory=list[str])
    stood: list[float] = field(default_factory=list[float])
    """How long a processor stood still, in each beat."""
    stalls: list[tuple[Gap, str]] = field(default_factory=list[tuple[Gap, str]])

    @property
    def settled(self) -> list[Sample]:
        """The samples after the warm-up: all jobs are accepted, a tenth of the clips is there, and one was played."""
        return [sample for sample in self.samples if self.warm_at and sample.at >= self.warm_at]

    def grown(self, value: Callable[[Sample], float]) -> float:
        """How much higher `value` was in the last fifth than in the first fifth of the settled time, by medians."""
        values = [value(sample) for sample in self.settled]
        fifth = max(1, len(values) // 5)
        return share(values[-fifth:], 0.5) - share(values[:fifth], 0.5) if values else 0.0

    def problems(self, bound: float, usual: float) -> list[str]:
        """The promises that were broken, in words. `usual` is the bound of 99 % of the beats, in seconds as `bound`."""
        found = [*self.books, *self.defects]
        for name, gaps in (("sending", self.sending), ("steady", self.steady)):
            worst = max((gap.held for gap in gaps), default=0.0)
            if worst > bound:
                found.append(f"{name}: the window's loop was held for {worst * 1000:.0f} ms")
            most = share([gap.held for gap in gaps], 0.99)
            if most > usual:
                found.append(f"{name}: one beat of a hundred held the window's loop for {most * 1000:.0f} ms and more")
        if self.grown(lambda sample: sample.memory) > MEMORY:
            found.append(f"memory grew by {self.grown(lambda sample: sample.memory):.1f} MB")
        for name, value, room in COUNTS:
            if self.grown(value) > room:
                found.append(f"{name} grew by {self.grown(value):.0f}")
        return found

    def table(self) -> str:
        lines = [
            f"{'heartbeat, ms':24}{'worst':>8}{'99.9 %':>8}  {'by the clock':>14}{'99.9 %':>8}{'busy':>8}{'beats':>9}"
        ]
        for name, gaps in (("start", self.start), ("sending", self.sending), ("steady", self.steady)):
            held, clock = [gap.held * 1000 for gap in gaps], [gap.long * 1000 for gap in gaps]
            busy = max((gap.busy * 1000 for gap in gaps), default=0)
            first = f"{max(held, default=0):8.1f}{share(held, 0.999):8.1f}"
            rest = f"{max(clock, default=0):14.1f}{share(clock, 0.999):8.1f}{busy:8.1f}{len(gaps):9}"
            lines.append(f"{name:24}{first}  {rest}")
        longest_first = sorted((*self.sending, *self.steady), key=lambda gap: gap.held, reverse=True)
        lines += [f"  at {gap.at - self.begun_at:.1f} s: {gap}" for gap in longest_first[:WORST]]
        if self.stood:
            longest = max(self.stood) * 1000
            lines.append(f"a processor itself stood still {len(self.stood)} times, for {longest:.0f} ms at most")
        lines.append(f"{'':24}{'settled':>14}{'end':>10}{'most':>14}{'grown':>10}")
        for name, value, _room in (("memory, MB", lambda sample: sample.memory, MEMORY), *COUNTS):
            values = [value(sample) for sample in self.settled] or [0.0]
            first = f"{values[0]:14.1f}{values[-1]:10.1f}" if "MB" in name else f"{values[0]:14.0f}{values[-1]:10.0f}"
            rest = f"{max(values):14.1f}{self.grown(value):10.1f}" if "MB" in name else ""
            lines.append(f"{name:24}{first}{rest or f'{max(values):14.0f}{self.grown(value):10.0f}'}")
        step = max(1, len(self.samples) // 12)
        lines.append(f"{'memory over time, MB':24}{' '.join(f'{each.memory:6.0f}' for each in self.samples[::step])}")
        seconds = self.ended_at - self.begun_at
        lines.append(
            f"{self.jobs} jobs submitted, {self.billed} tasks billed, {self.done} clips on the disk, "
            f"{self.jobs - self.done} lost; all accepted after {self.accepted_at - self.begun_at:.0f} s, "
            f"{seconds:.0f} s in all, {self.processor / seconds:.0%} of one core"
        )
        return "\n".join(lines)


COUNTS: tuple[tuple[str, Callable[[Sample], float], float], ...] = (
    ("timers of the loop", lambda sample: sample.timers, 30),
    ("tasks", lambda sample: sample.tasks, 20),
    ("file descriptors", lambda sample: sample.files, 10),
    ("threads", lambda sample: sample.threads, 14),
)
"""What must not grow, with the room for chance: calls and downloads come and go, and an open clip has decoders."""


class Soak:
    """One run, from the open window to the closed books."""

    def __init__(self, folder: Path, jobs: int, seconds: float, pace: float, *, look_at: float = 0.0) -> None:
        self._folder = folder
        self._jobs = jobs
        self._seconds = seconds
        self._pace = pace
        self._look_at = look_at
        self._process = psutil.Process()
        self.outcome = Outcome(jobs=jobs)

    def run(self) -> Outcome:
        service = Service(self._folder / "simulator", self._pace, behind=True)
        try:
            self.outcome.defects = in_window(
                self._folder / "data", lambda rooms, window: self._main(rooms, window, service), self._pace
            )
        finally:
            service.close()
        return self.outcome

    async def _main(self, rooms: Assembly, window: MainWindow, service: Service) -> None:
        self._loop = loop()
        heart = Heartbeat(self._look_at)
        try:
            await asyncio.sleep(WARM)
            self.outcome.begun_at = time.perf_counter()
            await submit(rooms, service, self._jobs)
            await self._soak(rooms, window)
        finally:
            heart.stop()
        self._take(heart)
        self._hold(list(rooms.engine.jobs.values()), service)

    async def _soak(self, rooms: Assembly, window: MainWindow) -> None:
        """Until the time is over and every job has ended."""
        begun = time.perf_counter()
        processor = sum(self._process.cpu_times()[:2])
        hand, opened = Hand(window), 0.0
        while True:
            now = time.perf_counter()
            states = [job.state for job in rooms.engine.jobs.values()]
            if not self.outcome.accepted_at and not SENDING.intersection(states):
                self.outcome.accepted_at = now
            if not opened and self.outcome.accepted_at and states.count(State.DONE) * 10 >= len(states):
                opened = now
                job = next(job for job in rooms.engine.jobs.values() if job.state is State.DONE)
                window.viewer.show_job(job.id, play=True)
            if not self.outcome.warm_at and opened and now > opened + PLAYED:
                self.outcome.warm_at = now
            self.outcome.samples.append(self._sample(now))
            warm = self.outcome.warm_at
            over = now - begun >= self._seconds and warm and now - warm >= SETTLED
            if (over and set(states) == {State.DONE}) or now - begun >= self._seconds + DRAIN:
                break
            hand.move()
            await asyncio.sleep(0.5)
        self.outcome.ended_at = time.perf_counter()
        self.outcome.processor = sum(self._process.cpu_times()[:2]) - processor

    def _sample(self, now: float) -> Sample:
        with self._process.oneshot():
            return Sample(
                at=now,
                memory=self._process.memory_info().rss / 1e6,
                timers=len(self._loop.calls),
                tasks=len(asyncio.all_tasks()),
                files=self._process.num_fds() if hasattr(self._process, "num_fds") else 0,
                threads=self._process.num_threads(),
            )

    def _take(self, heart: Heartbeat) -> None:
        outcome = self.outcome
        accepted = outcome.accepted_at or outcome.ended_at
        gaps = heart.gaps
        outcome.start = [gap for gap in gaps if gap.at < outcome.begun_at]
        outcome.sending = [gap for gap in gaps if outcome.begun_at <= gap.at < accepted]
        outcome.steady = [gap for gap in gaps if accepted <= gap.at < outcome.ended_at]
        outcome.stood = [gap.stood for gap in gaps if gap.stood]
        outcome.stalls = list(stalls(heart))

    def _hold(self, jobs: list[Job], service: Service) -> None:
        """The jobs against the ledger and the disk."""
        bills = [str(bill["task"]) for bill in service.bills()]
        done = [job for job in jobs if job.state is State.DONE and Path(job.path).is_file()]
        self.outcome.billed, self.outcome.done = len(bills), len(done)
        if sorted(bills) != sorted(job.remote_id for job in jobs):
            self.outcome.books.append("the ledger names other tasks than the jobs do")
        if len(done) < self._jobs or len({job.path for job in done}) < len(done):
            states = sorted({job.state.value for job in jobs if job.state is not State.DONE})
            self.outcome.books.append(f"{self._jobs - len(done)} clips are not on the disk ({', '.join(states)})")


class Hand:
    """Somebody at the window: scrolls through the queue, filters it, picks a job and writes."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._moves = 0

    def move(self) -> None:
        """The next movement; each is an event of its own on the loop."""
        window, number = self._window, self._moves
        self._moves += 1
        bar = window.queue.view.verticalScrollBar()
        match number % 8:
            case 0 | 4:
                shows = list(Show)
                QTimer.singleShot(0, window, lambda: window.queue.model.set_show(shows[number // 4 % len(shows)]))
            case 7:
                jobs = window.queue.view.jobs_at(window.queue.view.indexAt(window.queue.view.rect().center()))
                if jobs:
                    QTimer.singleShot(0, window, lambda: window.show_job(jobs[0].id))
            case 2:
                QTimer.singleShot(0, window, lambda: window.compose.editor.text.insertPlainText("word "))
            case _:
                QTimer.singleShot(0, window, lambda: bar.setValue((bar.value() + 400) % max(1, bar.maximum())))


async def submit(rooms: Assembly, service: Service, jobs: int) -> None:
    """All jobs at once, in batches, half of them on each dialect; each account may have all of them at the service."""
    for number, dialect in enumerate(MODELS):
        own = jobs // len(MODELS) + (number < jobs % len(MODELS))
        account = rooms.accounts.draft(dialect, base_url=service.addresses[dialect])
        account = account.model_copy(update={"at_once": jobs, "per_minute": 600_000})
        await rooms.accounts.add(account, KEYS[dialect])
        for first in range(0, own, BATCH):
            prompt = f"A paper boat drifts along a street at dusk, take {first // BATCH}."
            request = GenerationRequest(provider=dialect, model=MODELS[dialect], prompt=prompt)
            await rooms.engine.submit(account.id, request, min(BATCH, own - first))


def main() -> int:
    parser = argparse.ArgumentParser(description="The soak.")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10, help="of simulated time")
    parser.add_argument("--pace", type=float, default=0.4, help="factor on all waiting times")
    parser.add_argument("--bound", type=float, default=BEAT * 1000, metavar="MS", help="of the heartbeat (50)")
    parser.add_argument("--usual", type=float, metavar="MS", help="bound of 99 %% of the beats (that of all)")
    parser.add_argument("--stacks", type=float, default=0, metavar="MS", help="show where the loop stood so long")
    parser.add_argument("--json", action="store_true", help="the outcome as one line")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sora-soak-") as folder:
        seconds = arguments.minutes * 60 * arguments.pace
        soak = Soak(Path(folder), arguments.jobs, seconds, arguments.pace, look_at=arguments.stacks / 1000)
        outcome = soak.run()
    problems = outcome.problems(arguments.bound / 1000, (arguments.usual or arguments.bound) / 1000)
    if arguments.json:
        steady = {"worst": max(gap.held for gap in outcome.steady), "beats": len(outcome.steady)}
        steady["samples"] = len(outcome.settled)
        books = {"jobs": outcome.jobs, "billed": outcome.billed, "done": outcome.done}
        print(json.dumps({**books, **steady, "problems": problems}))
        return 1 if problems else 0
    for gap, stack in outcome.stalls:
        print(f"--- {gap.at - outcome.begun_at:.1f} s: {gap}\n{stack}")
    print(outcome.table(), load(), *problems, sep="\n", flush=True)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
