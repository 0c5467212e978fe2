"""What a person sends to a service when credits did not come back: everything that names the task, and no key."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sora_desktop.core.errors import Billed
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.redact import redact
from sora_desktop.core.sentences import say


def credits_in_doubt(job: Job) -> bool:
    """Whether a job that brought no video may have cost something: it is marked, and `proof` helps to get it back."""
    if job.state is State.DONE or job.failure is None:
        return False
    return job.failure.billed is Billed.YES or (job.failure.billed is Billed.MAYBE and job.submitted_at is not None)


def proof(job: Job, provider: str = "", account: str = "") -> str:
    """A text to paste into a mail: ids, times in UTC, credits, what the service said, the request as sent."""
    failure = job.failure
    request_ids = dict.fromkeys((*job.request_ids, failure.request_id if failure else ""))
    lines = [
        ("Service", provider or job.request.provider),
        ("Account", account),
        ("Base URL", job.base_url),
        ("Model", job.request.model),
        ("Task id", job.remote_id),
        ("Idempotency key", job.intent),
        ("Request ids", ", ".join(filter(None, request_ids))),
        ("Sent", _moment(job.submitted_at)),
        ("Accepted", _moment(job.accepted_at)),
        ("Ended", _moment(job.finished_at)),
        ("State", job.state.value),
        ("What happened", say(failure.code, failure.args) if failure else ""),
        ("HTTP status", str(failure.http_status) if failure and failure.http_status else ""),
        ("The service said", failure.detail if failure else ""),
        ("Credits reserved", _number(job.reserved)),
        ("Credits charged", _number(job.final)),
        ("Balance before", _number(job.balance_before)),
        ("Balance after", _number(job.balance_after)),
        ("Request", _body(job)),
    ]
    return redact("\n".join(f"{name}: {value}" for name, value in lines if value)) + "\n"


def _moment(seconds: float | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _body(job: Job) -> str:
    if not job.body:
        return ""
    try:
        return json.dumps(json.loads(job.body), ensure_ascii=False, indent=2)
    except ValueError:
        return job.body
