"""Whether the file of the clip that is shown is there. Its disk is asked on a thread: the window never waits for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from sora_desktop.core.jobs import Job
from sora_desktop.ui.glances import Glances
from sora_desktop.ui.places import is_file
from sora_desktop.ui.viewer import states

PATIENCE = 1.0
"""Seconds without a word of a clip's disk after which that is said."""


class Sight:
    """Answers what is known, and asks again; `changed` names a path of which another answer came."""

    def __init__(self) -> None:
        self._glances = Glances()
        self.changed = self._glances.changed

    def of(self, job: Job | None) -> bool | None:
        """Whether the file of `job` is there; None while its disk did not say."""
        if job is None or not job.path:
            return False
        return self._glances.look(job.path, partial(is_file, job.path), disk=str(Path(job.path).parent))

    def forget(self, job: Job) -> None:
        """It is another file now: nothing is known of it."""
        self._glances.forget(job.path)

    def screen(self, job: Job, there: bool | None) -> states.Screen | None:
        """What is said of a file that is not, or not yet, `there`; None where that is nothing."""
        if there is None:
            return states.disk_silent(job) if self._glances.waited(job.path) > PATIENCE else None
        return None if there else states.file_missing(job)
