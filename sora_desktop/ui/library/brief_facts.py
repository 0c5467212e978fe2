"""What is known of a clip in a few lines: what belongs together stands in one."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from sora_desktop.core.catalog import Model
from sora_desktop.core.jobs import Job
from sora_desktop.core.params import as_text, controls
from sora_desktop.engine.accounts import Accounts
from sora_desktop.ui import words
from sora_desktop.ui.viewer.facts import Fact, moment, named, shortened

SPEAKING = ("quality", "resolution", "size", "duration", "aspect")
"""What these parameters are set to says by itself what it is; others are called by their names."""


def tr(text: str) -> str:
    return QCoreApplication.translate("BriefFacts", text)


def brief(job: Job, accounts: Accounts, picture: str = "") -> list[Fact]:
    """Model, account, day, parameters, file, cost, times and id; what is not known is left out.

    `picture` is the video's size and rate.
    """
    model, account = accounts.model_of(job), accounts.get(job.account)
    cost = job.final if job.final is not None else job.reserved
    found = [
        Fact(tr("Model"), named(model, job.request.model)),
        Fact(tr("Account"), account.name if account else tr("removed")),
        Fact(tr("Made"), moment(job.finished_at or job.created_at)),
        Fact(tr("Parameters"), " · ".join(_parameters(job, model))),
        Fact(tr("References"), str(len(job.request.references) or "")),
        Fact(tr("File"), " · ".join(filter(None, (picture, words.size(job.bytes) if job.bytes else "")))),
        Fact(tr("Cost"), words.credits(cost) if cost is not None else ""),
        Fact(tr("Time"), " · ".join(_times(job))),
        Fact(tr("Task ID"), shortened(job.remote_id), job.remote_id),
    ]
    return [fact for fact in found if fact.value]


def _parameters(job: Job, model: Model | None) -> list[str]:
    """What tells a clip from others; a default only where it is a thing to see."""
    speaking: dict[str, str] = {}
    others: list[str] = []
    known: set[str] = set()
    for control in controls(model.params) if model else ():
        param = control.param
        known |= {member.key for member in control.members}
        chosen = control.value(job.request.values)
        value = param.default if chosen is None else chosen
        if value is None:
            continue
        option = param.option(value)
        text = option.text if option else f"{as_text(value)} {param.unit}".strip()
        if param.role in SPEAKING:
            speaking[param.role] = text
        elif chosen is not None and chosen != param.default:
            others.append(f"{param.title}: {text}")
    others += [f"{key}: {as_text(value)}" for key, value in job.request.values.items() if key not in known]
    return [*(speaking[role] for role in SPEAKING if role in speaking), *others]


def _times(job: Job) -> list[str]:
    begun = job.accepted_at or job.submitted_at
    found: list[str] = []
    if job.submitted_at:
        found.append(tr("{0} wait").format(words.elapsed(job.submitted_at - job.created_at)))
    if begun and job.completed_at:
        found.append(tr("{0} render").format(words.elapsed(job.completed_at - begun)))
    return found
