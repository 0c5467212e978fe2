"""What is known of a job, as pairs of a word and a value. No widgets."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from sora_desktop.core.catalog import Model
from sora_desktop.core.errors import Billed
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import as_text, controls
from sora_desktop.engine.accounts import Accounts
from sora_desktop.ui import words
from sora_desktop.ui.model_words import standing

MOST_NOTES = 3
"""Of what was odd in the answers, the newest."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One detail. `copies` is the whole value where a shortened one is shown and the whole can be copied."""

    name: str
    value: str
    copies: str = ""


def tr(text: str) -> str:
    return QCoreApplication.translate("Facts", text)


def asked(job: Job, accounts: Accounts) -> list[Fact]:
    """What was asked for: model, account, every parameter in the order of the model."""
    account = accounts.get(job.account)
    model = accounts.model_of(job)
    found = [
        Fact(tr("Model"), named(model, job.request.model)),
        Fact(tr("Account"), account.name if account else tr("removed")),
    ]
    known: set[str] = set()
    for control in controls(model.params) if model else ():
        known |= {member.key for member in control.members}
        value = control.value(job.request.values)
        value = control.param.default if value is None else value
        if value is not None:
            option = control.param.option(value)
            text = option.text if option else f"{as_text(value)} {control.param.unit}".strip()
            found.append(Fact(control.param.title, text))
    found += [Fact(key, as_text(value)) for key, value in job.request.values.items() if key not in known]
    if job.request.references:
        found.append(Fact(tr("References"), str(len(job.request.references))))
    return found


def named(model: Model | None, model_id: str) -> str:
    """A model by its name, with what became of it: "Sora 2 · Gone since 12 Nov"; its id where nobody knows it."""
    return " · ".join(filter(None, (model.name, standing(model)))) if model else model_id


def became(job: Job, picture: str = "") -> list[Fact]:
    """What came of it: size, cost, times, ids. `picture` is the video's size and rate, where it is known."""
    price = job.final if job.final is not None else job.reserved
    held = job.final is None and job.reserved is not None
    found = [
        Fact(tr("Video"), picture),
        Fact(tr("Reserved") if held else tr("Cost"), _price(job, price)),
        Fact(tr("Balance"), _balance(job)),
        Fact(tr("Waited"), _between(job.created_at, job.submitted_at)),
        Fact(tr("Rendered"), _between(job.accepted_at or job.submitted_at, job.completed_at)),
        Fact(tr("Download"), _download(job)),
        Fact(tr("Task ID"), shortened(job.remote_id), job.remote_id),
    ]
    if len(job.urls) > (1 if job.state is State.DONE else 0):
        found.append(Fact(tr("Addresses"), str(len(job.urls)), "\n".join(job.urls)))
    if job.request_ids:
        found.append(Fact(tr("Request ID"), shortened(job.request_ids[-1]), job.request_ids[-1]))
    found.append(
        Fact(tr("Made") if job.state is State.DONE else tr("Asked"), moment(job.finished_at or job.created_at))
    )
    return [fact for fact in found if fact.value]


def notes(job: Job) -> str:
    """What was odd in the service's answers, a sentence a line."""
    return "\n".join(words.sentence(note.code, note.args) for note in job.notes[-MOST_NOTES:])


def _balance(job: Job) -> str:
    """Before and after a job that brought no video: whether it kept credits."""
    if job.state is State.DONE or job.balance_before is None or job.balance_after is None:
        return ""
    return f"{words.number(job.balance_before, 2)} → {words.number(job.balance_after, 2)}"


def _price(job: Job, price: float | None) -> str:
    if price is None:
        return ""
    if price == 0 and job.failure is not None and job.failure.billed is Billed.YES:
        return tr("Not returned")
    return tr("Nothing") if price == 0 and job.state is not State.DONE else words.credits(price)


def _between(begun: float | None, ended: float | None) -> str:
    return words.elapsed(ended - begun) if begun and ended else ""


def _download(job: Job) -> str:
    parts = (
        _between(job.completed_at, job.finished_at) if job.path else "",
        words.size(job.bytes) if job.bytes else "",
    )
    return " · ".join(part for part in parts if part)


def shortened(text: str, most: int = 12) -> str:
    """A long id by its ends: rv_9f3c…b21e."""
    return text if len(text) <= most else f"{text[: most - 5]}…{text[-4:]}"


def moment(seconds: float, now: float | None = None) -> str:
    """A time of day with its day: "Today 09:14", "3 May 09:14"."""
    when, today = QDateTime.fromSecsSinceEpoch(int(seconds)), QDateTime.fromSecsSinceEpoch(int(now or time.time()))
    clock = QLocale().toString(when.time(), "HH:mm")
    days = when.date().daysTo(today.date())
    if days == 0:
        return tr("Today {0}").format(clock)
    if days == 1:
        return tr("Yesterday {0}").format(clock)
    form = "d MMM" if when.date().year() == today.date().year() else "d MMM yyyy"
    return f"{QLocale().toString(when.date(), form)} {clock}"
