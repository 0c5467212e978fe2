"""The kill storm: the real program is killed again and again, and the simulator's ledger tells what was paid.

    python -m benchmarks.storm --jobs 100 --kills 200

For each dialect, `--jobs` jobs go through `sora-desktop`, which gets SIGKILL at random moments at least `--kills` times
in all. Then it runs to the end once. What must hold: no job was billed twice, every billed clip is whole on the disk or
named by a job, and a job is uncertain only where the service knows no idempotency key.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.service import KEYS, MODELS, Service
from sora_desktop.core.jobs import ENDED, Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.accounts import Accounts
from sora_desktop.engine.clock import Clock
from sora_desktop.engine.orders import new_jobs
from sora_desktop.media.probe import check
from sora_desktop.storage.accounts import AccountStore
from sora_desktop.storage.catalog import load_catalog
from sora_desktop.storage.clips import ClipStore
from sora_desktop.storage.database import Database
from sora_desktop.storage.jobs import JobStore
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.secrets import Secrets

PACE = 0.02
AT_ONCE = 3


@dataclass
class Outcome:
    """What a storm proved. `problems` is empty when every promise was kept."""

    jobs: int = 0
    kills: int = 0
    billed: int = 0
    done: int = 0
    uncertain: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list[str])

    def __str__(self) -> str:
        return (
            f"{self.jobs} jobs, {self.kills} kills, {self.billed} tasks billed, {self.done} clips on the disk, "
            f"{self.uncertain} uncertain, {len(self.problems)} promises broken, {self.seconds:.0f} s"
        )


@asynccontextmanager
async def opened(paths: Paths) -> AsyncIterator[Database]:
    database = Database(paths.database)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def begin(paths: Paths, dialect: str, address: str, count: int) -> None:
    """An account, and `count` waiting jobs."""
    async with opened(paths) as database:
        secrets = Secrets()
        accounts = Accounts(AccountStore(database), secrets, load_catalog(), _nowhere)
        await accounts.load()
        account = accounts.draft(dialect, base_url=address)
        await accounts.add(account.model_copy(update={"at_once": AT_ONCE, "per_minute": 6000}), None)
        await secrets.close()
    await fill(paths, dialect, count)


async def fill(paths: Paths, dialect: str, count: int) -> None:
    """`count` more waiting jobs, each with a prompt of its own."""
    async with opened(paths) as database:
        store = JobStore(database)
        account = next(account for account in await AccountStore(database).all() if account.provider == dialect)
        jobs = await store.all()
        for number in range(len(jobs), len(jobs) + count):
            request = GenerationRequest(provider=dialect, model=MODELS[dialect], prompt=f"storm {dialect} {number}.")
            jobs += new_jobs(account, request, 1, jobs, Clock())
        await store.add(jobs[-count:])


async def _nowhere() -> dict[str, str]:
    return {}


async def jobs_of(paths: Paths) -> list[Job]:
    async with opened(paths) as database:
        return await JobStore(database).all()


async def strangers_to_the_library(paths: Paths, jobs: list[Job]) -> list[str]:
    """Whose clip is not in the library as it is in the queue. Nothing is mended by looking."""
    async with opened(paths) as database:
        rows, last = dict[str, Job | None](), ""
        while page := await ClipStore(database).page(last):
            rows |= {row.id: row.job for row in page}
            last = page[-1].id
    done = {job.id: job for job in jobs if job.state is State.DONE}
    wrong = [key for key in done.keys() | rows.keys() if done.get(key) != rows.get(key)]
    return [f"{key}: in the library otherwise than in the queue" for key in wrong]


def program(data: Path, key: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SORA_DESKTOP_KEY": key, "SORA_DESKTOP_PACE": str(PACE)}
    return subprocess.Popen(
        [sys.executable, "-m", "sora_desktop", "--data-dir", str(data), "resume"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def settled(paths: Paths) -> bool:
    return all(job.state in ENDED | {State.UNCERTAIN} for job in asyncio.run(jobs_of(paths)))


def storm(folder: Path, dialect: str, jobs: int, kills: int, seed: int) -> Outcome:
    """Runs one storm in `folder` and holds the books against the disk."""
    chance = random.Random(seed)
    started = time.monotonic()
    simulator = Service(folder / "simulator", PACE)
    outcome = Outcome()
    try:
        paths = Paths.at(folder / "data")
        asyncio.run(begin(paths, dialect, simulator.addresses[dialect], jobs))
        while outcome.kills < kills:
            running = program(paths.data, KEYS[dialect])
            try:
                # Long enough to get somewhere, often short enough to die while it starts or sends.
                running.wait(chance.choice((0.6, 0.9, 1.2, 2.0)) * chance.uniform(0.5, 1.5))
                if settled(paths):
                    # Nothing left to interrupt: more work, so that the rest of the kills count.
                    asyncio.run(fill(paths, dialect, 4))
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
                outcome.kills += 1
        last = program(paths.data, KEYS[dialect])
        last.wait(600)
        outcome.seconds = time.monotonic() - started
        jobs_after = asyncio.run(jobs_of(paths))
        hold(outcome, jobs_after, simulator.bills())
        outcome.problems += asyncio.run(strangers_to_the_library(paths, jobs_after))
    finally:
        simulator.close()
    return outcome


def hold(outcome: Outcome, jobs: list[Job], bills: list[Any]) -> None:
    """The promises, held against the ledger."""
    outcome.jobs, outcome.billed = len(jobs), len(bills)
    by_prompt: dict[str, list[Any]] = {}
    for bill in bills:
        by_prompt.setdefault(bill["prompt"], []).append(bill)
    for job in jobs:
        paid = by_prompt.pop(job.request.prompt, [])
        name = f"{job.request.prompt} ({job.state.value})"
        if len(paid) > 1:
            outcome.problems.append(f"{name}: billed {len(paid)} times")
        match job.state:
            case State.DONE:
                outcome.done += 1
                if not paid or paid[0]["task"] != job.remote_id:
                    outcome.problems.append(f"{name}: another task than the one that was billed")
                try:
                    check(Path(job.path))
                except Exception as error:
                    outcome.problems.append(f"{name}: {job.path}: {error}")
            case State.UNCERTAIN:
                outcome.uncertain += 1
                if job.request.provider == "rivya":
                    outcome.problems.append(f"{name}: uncertain although the service knows the key")
            case _:
                reason = job.failure.code if job.failure else ""
                outcome.problems.append(f"{name}: {reason}: neither on the disk nor in doubt")
    outcome.problems += [f"{prompt}: billed, and no job knows of it" for prompt in by_prompt]
    paths = [job.path for job in jobs if job.state is State.DONE]
    if len(set(paths)) != len(paths):
        outcome.problems.append("two jobs share a file")


def main() -> int:
    parser = argparse.ArgumentParser(description="The kill storm.")
    parser.add_argument("--jobs", type=int, default=100, help="for each dialect")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    broken = False
    for dialect in MODELS:
        with tempfile.TemporaryDirectory(prefix="sora-storm-") as folder:
            kills = math.ceil(arguments.kills / len(MODELS))
            outcome = storm(Path(folder), dialect, arguments.jobs, kills, arguments.seed)
        print(f"{dialect}: {outcome}", *outcome.problems, sep="\n  ", flush=True)
        broken = broken or bool(outcome.problems)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
