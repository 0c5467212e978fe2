"""Clips in the library of a test's studio."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Clip
from support.jobs import made
from support.loops import Run
from support.studio import Opened


def done(prompt: str = "A red train", *, days_ago: int = 0, **fields: Any) -> Job:
    """A finished job, made at noon so many days ago. Its file is not there."""
    today = datetime.now().astimezone().replace(hour=12, minute=0, second=0)
    noon = (today - timedelta(days=days_ago)).timestamp()
    fields = {"created_at": noon - 60, "finished_at": noon, "bytes": 1_000_000} | fields
    return made(prompt, State.DONE, **fields)


def put(opened: Opened, run: Run, *jobs: Job) -> list[Clip]:
    """Puts finished jobs into the queue and the library; their clips."""
    for job in jobs:
        run(opened.studio.engine.restore(job))
    run(opened.studio.library.load())
    return [opened.studio.library.clips[job.id] for job in jobs]
