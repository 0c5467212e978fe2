"""The recipe of a clip: its request as text that a person, a script or another copy of the program can read."""

from __future__ import annotations

import json

from sora_desktop.core.jobs import Job


def recipe(job: Job) -> str:
    """The request as indented JSON, without what is empty. It holds no key and no address of the result."""
    request = job.request.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(request, ensure_ascii=False, indent=2)
