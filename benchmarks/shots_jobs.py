"""The jobs of the pictures: every state, as a person would meet them."""

from __future__ import annotations

import shutil
import time
from typing import Any

from sora_desktop.core.errors import Action, Billed, Failure, FailureKind
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.works import Transfer
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.studio import Studio

PROMPTS = (
    "Red train crossing wheat fields under a wide evening sky",
    "Aurora breathing over a snow cabin, long exposure",
    "A small fishing boat drifts through a misty harbour at first light. Slow dolly left along the pier, lantern glow "
    "on still water, distant ridges fading into haze, 35 mm, soft grain.",
)
REFUSED = Failure(
    kind=FailureKind.REFUSED,
    code="refused",
    action=Action.EDIT,
    detail="content policy: violence",
    request_id="req_51c0",
    http_status=400,
)
LOST = Failure(kind=FailureKind.UNCERTAIN, code="answer_lost_uncertain", action=Action.CHECK, billed=Billed.MAYBE)
EXPIRED = Failure(
    kind=FailureKind.EXPIRED, code="result_expired", args={"when": "09:14"}, action=Action.COLLECT, billed=Billed.YES
)


def put_states(studio: Studio, clips: list[str]) -> None:
    """Adds a job of every state to the stopped engine; those on their way show pictures of `clips`."""
    now = time.time()

    def put(job_id: str, prompt: str, state: State, *, picture: str = "", **fields: Any) -> None:
        provider = fields.pop("provider", "rivya")
        model = "sora-2" if provider == "rivya" else "openAiSora2Plus"
        request = GenerationRequest(provider=provider, model=fields.pop("model", model), prompt=prompt)
        fields = {"position": now, "created_at": now - 200, "base_url": "", "account": f"simulator-{provider}"} | fields
        job = Job(id=job_id, intent=job_id, request=request, state=state, **fields)
        if picture:
            shutil.copyfile(thumbnail_path(studio.paths, picture), thumbnail_path(studio.paths, job_id))
        studio.engine.jobs[job.id] = job
        studio.engine.job_added.emit(job)

    sent = {"remote_id": "task_9f3c0b21e", "submitted_at": now - 140, "accepted_at": now - 130, "reserved": 6.0}
    put("uncertain", "Red balloon over a mirror-flat salt lake", State.UNCERTAIN, failure=LOST, provider="globalaiopc")
    put("failed", "Lighthouse beam sweeping a winter storm", State.FAILED, failure=REFUSED, finished_at=now - 60)
    put("expired", "Ink blooms in clear water, macro", State.EXPIRED, failure=EXPIRED, **sent)
    put("downloading", PROMPTS[0], State.DOWNLOADING, picture=clips[0], **sent)
    # An account that is gone: its times are a real service's, not the simulator's.
    put(
        "rendering",
        "雨夜的江南小镇，灯笼倒映在青石板路上",
        State.PROCESSING,
        model="sora-2-pro",
        account="gone",
        **sent | {"reserved": 75.0},
    )
    put("uploading", "Aurora breathing over a snow cabin", State.PREPARING, picture=clips[1])
    put("queued", "Deer crossing a sunlit pine forest", State.QUEUED, **sent | {"accepted_at": now - 8})
    for number in range(11):
        put(f"batch{number}", "Paper boats in the rain", State.WAITING, batch="boats")
    put("waiting", "Fog rolling over a harbour town", State.WAITING)
    put("held", "A kite above the dunes", State.WAITING, held=True)


def put_progress(studio: Studio) -> None:
    """What a window hears of the jobs on their way."""
    studio.engine.progress_changed.emit("downloading", Transfer("download", 11_200_000, 18_000_000))
    studio.engine.progress_changed.emit("uploading", Transfer("upload", 2_100_000, 5_200_000))
