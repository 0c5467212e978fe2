"""The service's own list of tasks, asked for one whose create answer was lost. A free call; nothing is sent again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import as_text
from sora_desktop.engine.works import Works
from sora_desktop.providers.base import RemoteTask

EARLY = 5.0
"""Seconds that a task may seem older than its request: clocks differ, and most lists tell whole seconds."""
LATE = 900.0
"""Seconds after which a task cannot be that of the request any more."""
CLOSE = 60.0
"""The same where the list does not repeat the prompt, and the time has to tell most of it."""

SHORTENED = 30
"""Characters of a prompt that was cut short by which it is still known."""

PAGE = 20
"""Tasks that even a server with short pages gives at once."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of a job: `clear` is its task beyond doubt, `candidates` are all that may be it.

    `reaches`: the list goes back to when the job was sent, so that a task which is not in it is not there.
    """

    clear: RemoteTask | None = None
    candidates: tuple[RemoteTask, ...] = ()
    reaches: bool = True


class Lookup:
    """Finds the task of a job whose create answer was lost. `lost` are jobs that have no call under way."""

    def __init__(self, works: Works) -> None:
        self._works = works
        self.lost: set[str] = set()

    def can(self, job: Job) -> bool:
        """Whether the job's service lists its tasks, and the job may be in the list."""
        return self._works.provider(job).lists_tasks and job.submitted_at is not None

    async def find(self, job: Job) -> Listed:
        """Raises ProviderError or UserError where the service cannot be asked."""
        works = self._works
        connection = await works.connection(job)
        works.pulse(job.account).count()
        tasks = await works.dialect(job).tasks(connection)
        works.heard(job.account)
        others = [one for one in works.board.jobs.values() if one.account == job.account and one.id != job.id]
        return listed(job, tasks or (), others, self.lost)


def listed(job: Job, tasks: Sequence[RemoteTask], others: Iterable[Job], lost: Iterable[str] = ()) -> Listed:
    """Which of `tasks` is the one of `job`. `others` are the account's other jobs, `lost` those without a call."""
    others = list(others)
    free = [task for task in tasks if not any(_has(other, task.id) for other in (*others, job))]
    candidates = tuple(task for task in free if _fits(task, job))
    rivals = [other for other in others if _waits(other) and any(_fits(task, other) for task in candidates)]
    told = Listed(None, candidates, reaches=_reaches(tasks, job))
    if not candidates or any(rival.state is State.SUBMITTING and rival.id not in lost for rival in rivals):
        # The answer of a rival's call may name the very task that looks like this job's.
        return told
    if len(candidates) != len(rivals) + 1 or any(rival.body != job.body for rival in rivals):
        return told
    if not all(_surely(task, job) for task in candidates):
        return told
    # As many tasks as requests, all alike: in the order in which they were sent.
    claimants = sorted([job, *rivals], key=lambda one: (one.submitted_at or 0.0, one.id))
    in_order = sorted(candidates, key=lambda task: (task.created_at or 0.0, task.id))
    return Listed(in_order[claimants.index(job)], candidates)


def _reaches(tasks: Sequence[RemoteTask], job: Job) -> bool:
    """A short list is all there is. A long one may be the newest part of a longer one."""
    sent = (job.submitted_at or 0.0) + EARLY
    return len(tasks) < PAGE or any(task.created_at is not None and task.created_at <= sent for task in tasks)


def _has(job: Job, task_id: str) -> bool:
    """Whether a task is known to be another one's, also one that a job had before it was sent anew."""
    return job.remote_id == task_id or any(note.tells(task_id) for note in job.notes)


def _waits(job: Job) -> bool:
    return job.state in {State.SUBMITTING, State.UNCERTAIN} and not job.remote_id


def _fits(task: RemoteTask, job: Job) -> bool:
    """Whether nothing that the list tells speaks against it."""
    same = _same(task, job)
    if not same.get("prompt", True):
        return False
    since = None if task.created_at is None or job.submitted_at is None else task.created_at - job.submitted_at
    if since is not None and not -EARLY <= since <= LATE:
        return False
    # A gateway may name the model as it likes; where nothing but that and the time is told, it has to be the same.
    return "prompt" in same or (since is not None and same.get("model", True))


def _surely(task: RemoteTask, job: Job) -> bool:
    if task.created_at is None or job.submitted_at is None:
        return False
    same = _same(task, job)
    return "prompt" in same or (all(same.values()) and task.created_at - job.submitted_at <= CLOSE)


def _same(task: RemoteTask, job: Job) -> dict[str, bool]:
    """For each field that was sent and that the list repeats, whether it is the same."""
    sent = _sent(job)
    return {key: _alike(_line(task.echo[key]), sent[key], key) for key in sent.keys() & task.echo.keys()}


def _alike(told: str, sent: str, key: str) -> bool:
    """Whether a list repeats what was sent; some cut a long prompt short."""
    start = told.rstrip(".… ")
    return told == sent or (key == "prompt" and len(start) >= SHORTENED and sent.startswith(start))


def _sent(job: Job) -> dict[str, str]:
    """The plain fields of the create call, as text; prompt and model also where they travel elsewhere in it."""
    try:
        body = json.loads(job.body)
    except ValueError:
        return {}
    fields = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    fields = {"prompt": job.request.prompt, "model": job.request.model, **fields}
    return {key: _line(as_text(value)) for key, value in fields.items() if isinstance(value, (str, int, float))}


def _line(text: str) -> str:
    return " ".join(text.split())
