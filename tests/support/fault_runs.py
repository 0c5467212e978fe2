"""A case of the table of faults as a real job: begun, met by its fault, and looked at when it has ended."""

from __future__ import annotations

import email.utils
import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.references import Reference
from sora_desktop.core.sentences import SENTENCES, say
from support.bench import Bench
from support.simulator import SimulatorProcess

PACE = 0.01
KEYS = {"rivya": "rvya_sk_test_matrix", "globalaiopc": "sk-matrix"}


@dataclass(frozen=True)
class Case:
    """`fault` at `call` of `dialect`; the job ends in `state` with `billed` tasks and, if it did not end well, `code`.

    `seen` is a code that must have stood on the job on its way. `resumes`: the first answer was cut, and the fault
    meets the call that goes on where it broke off.
    """

    dialect: str
    call: str
    fault: str
    state: State = State.DONE
    billed: int = 1
    code: str = ""
    seen: str = ""
    times: int | None = 1
    args: dict[str, Any] = field(default_factory=dict[str, Any])
    resumes: bool = False

    def __str__(self) -> str:
        args = (str(value)[:3] for value in self.args.values())
        return "-".join((self.dialect, self.call, self.fault, self.state.value, *args))


def later() -> str:
    """A second from now, as `Retry-After` says it."""
    return email.utils.formatdate(time.time() + 1, usegmt=True)


@dataclass
class Running:
    case: Case
    job: Job
    prompt: str
    rules: list[int]
    seen: set[str]

    def problems(self, bench: Bench, simulator: SimulatorProcess) -> list[str]:
        """What is not as the table says; empty when all is."""
        case, job = self.case, bench.job(self.job)
        code = job.failure.code if job.failure else ""
        file = Path(job.path) if job.path else None
        wrong = [
            f"state {job.state.value} ({code})" if job.state is not case.state else "",
            f"billed {billed}" if (billed := simulator.billed(self.prompt)) != case.billed else "",
            f"code {code}" if case.code and code != case.code else "",
            f"never said {case.seen}" if case.seen and case.seen not in self.seen else "",
            "the fault was never met" if not all(simulator.hits(rule) for rule in self.rules) else "",
        ]
        if case.state is State.DONE:
            whole = file is not None and file.is_file() and file.stat().st_size == job.bytes
            wrong.append("" if whole and not code else "no whole file, or a failure that stayed")
        else:
            wrong.append("" if code in SENTENCES and "…" not in say(code, job.failure.args) else f"no sentence: {code}")
            wrong.append("what is no video became a file" if file and file.exists() else "")
        return [problem for problem in wrong if problem]


def picture(bench: Bench, number: int) -> Reference:
    """A picture no other case has: uploads are remembered by content."""
    path = bench.paths.data / f"{number}.png"
    Image.new("RGB", (64, 36), (number, 0, 0)).save(path)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    return Reference(name=path.name, mime="image/png", path=str(path), sha256=digest, bytes=len(data))


async def begun(case: Case, bench: Bench, simulator: SimulatorProcess) -> Running:
    prompt = f"[{case}]"
    account = await bench.account(case.dialect, getattr(simulator, case.dialect), KEYS[case.dialect])
    dialect = "media" if case.call == "download" else case.dialect
    faults = [(case.fault, case.times, case.args)]
    if case.resumes:
        faults.insert(0, ("truncated", 1, {}))
    # An upload does not say which prompt it is for: each fault meets one of the group's uploads.
    narrow = "" if case.call == "upload" else prompt
    rules = [
        simulator.fault(fault, case.call, dialect, times=times, args=args, contains=narrow)
        for fault, times, args in faults
    ]
    seen: set[str] = set()
    references = (picture(bench, len(bench.engine.jobs)),) if case.call == "upload" else ()
    [job] = await bench.submit(account, prompt, references=references)

    def look(changed: Job) -> None:
        if changed.id == job.id and changed.failure:
            seen.add(changed.failure.code)

    bench.engine.job_changed.connect(look)
    return Running(case, job, prompt, rules, seen)


async def sends_again(bench: Bench, simulator: SimulatorProcess, prompt: str) -> Job:
    account = await bench.account("rivya", simulator.rivya, KEYS["rivya"])
    [job] = await bench.submit(account, prompt)
    await bench.until(lambda: bench.job(job).failure is not None)
    return job


def creates(simulator: SimulatorProcess) -> list[Any]:
    return [entry for entry in simulator.requests() if entry["method"] == "POST"]
