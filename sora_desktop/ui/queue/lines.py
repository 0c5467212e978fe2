"""What a job says of itself in one row: words, chip, bar and the one action. No painting."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from sora_desktop.core.catalog import Estimate, Model
from sora_desktop.core.errors import Action, Billed, Failure
from sora_desktop.core.jobs import Job, State
from sora_desktop.core.params import controls
from sora_desktop.core.proof import credits_in_doubt
from sora_desktop.core.request import GenerationRequest
from sora_desktop.engine.works import Transfer
from sora_desktop.ui import words
from sora_desktop.ui.queue.arrangement import ACTIVE_NOW, ATTENTION, DONE, WAITING
from sora_desktop.ui.words import Look

MOST = 0.95
"""Where the bar of a rendering stops: only the service knows when it is over."""

ROLES = ("duration", "aspect")
"""The parameters that tell one clip from the next at a glance."""

BRIEF = ("duration",)

KEPT = 200
"""Second lines that are kept: what was asked for stays as it is."""

MODEL_GONE = "model_gone"
"""The failure that no other prompt helps: the service has no such model."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row in words. `chip` is the text in the chip of `look`; `bar` a share of 1, None for no bar; `colour` its
    account's, empty where there is no other account to tell it from."""

    title: str
    meta: str
    price: str
    look: Look
    chip: str
    second: str = ""
    second_tone: str = "muted"
    bar: float | None = None
    action: Action = Action.NONE
    action_text: str = ""
    icon: str = "film"
    icon_tone: str = "muted"
    stacked: bool = False
    opened: bool = False
    spoken: str = ""
    colour: str = ""


def tr(text: str) -> str:
    return QCoreApplication.translate("Queue", text)


@dataclass(slots=True)
class Lines:
    """Turns jobs into lines. `model` finds the model of a job, `pace` is the factor on the waiting times of an account,
    `now` the clock in Unix seconds, `colours` the colours of the accounts by id."""

    model: Callable[[Job], Model | None]
    pace: Callable[[str], float]
    now: Callable[[], float] = time.time
    paused: Callable[[], bool] = field(default=lambda: False)
    colours: Callable[[], Mapping[str, str]] = field(default=dict[str, str])
    _metas: dict[tuple[str, tuple[str, ...]], tuple[GenerationRequest, Model, str]] = field(
        default_factory=dict[tuple[str, tuple[str, ...]], tuple[GenerationRequest, Model, str]]
    )

    def job(self, job: Job, transfer: Transfer | None = None) -> Line:
        """The line of one job."""
        look = words.look_of(job, uploading=transfer is not None and transfer.kind == "upload")
        chip, second, bar = self._state(job, transfer, look)
        action, action_text = action_of(job)
        title = one_line(job.request.prompt) or tr("(no prompt)")
        troubled = job.failure is not None and job.state not in {State.CANCELLED, State.DONE}
        meta = short(job) if troubled else self.meta(job)
        grave = job.state in {State.FAILED, State.EXPIRED, State.UNCERTAIN}
        price = self.price([job])
        return Line(
            title=title,
            meta=meta,
            price=price,
            look=look,
            chip=chip,
            second=second,
            second_tone="warning" if grave and credits_in_doubt(job) else "muted",
            bar=bar,
            action=action,
            action_text=action_text,
            icon=look.icon if grave else "film",
            icon_tone=look.tone if grave else "muted",
            colour=self.colours().get(job.account, ""),
            spoken=", ".join(part for part in (title, chip, second, meta, price, action_text) if part),
        )

    def stack(self, jobs: Sequence[Job], opened: bool) -> Line:
        """The line of a batch whose waiting jobs are stacked."""
        first = self.job(jobs[0])
        clips = tr("{0} clips").format(words.number(len(jobs), 0))
        held = all(job.held for job in jobs)
        look = words.PAUSED if held else words.LOOKS[State.WAITING]
        prices = [self.credits(job) for job in jobs]
        total = words.credits(sum(filter(None, prices))) if None not in prices else ""
        second = " · ".join(part for part in (clips, total) if part)
        return replace(
            first,
            look=look,
            chip=look.word,
            second=second,
            price="",
            action=Action.RESUME if held else Action.NONE,
            action_text=tr("Resume") if held else "",
            icon="layers",
            stacked=True,
            opened=opened,
            spoken=", ".join((first.title, look.word, second)),
        )

    def meta(self, job: Job, roles: tuple[str, ...] = ROLES) -> str:
        """Model, length and shape: "Sora 2 · 15 s · Landscape"."""
        model = self.model(job)
        if model is None:
            return job.request.model
        kept = self._metas.get((job.id, roles))
        if kept is not None and kept[0] is job.request and kept[1] is model:
            return kept[2]
        if len(self._metas) > KEPT:
            self._metas.clear()
        text = self._meta(job, model, roles)
        self._metas[job.id, roles] = (job.request, model, text)
        return text

    def _meta(self, job: Job, model: Model, roles: tuple[str, ...]) -> str:
        parts = [model.name]
        for role in roles:
            for control in controls(model.params):
                if control.param.role != role:
                    continue
                value = control.value(job.request.values)
                value = control.param.default if value is None else value
                option = control.param.option(value) if value is not None else None
                if value is not None:
                    parts.append(option.text if option else f"{value} {control.param.unit}".strip())
        if job.request.references and roles == ROLES:
            parts[2:] = [tr("from image")]
        return " · ".join(parts)

    def price(self, jobs: Sequence[Job]) -> str:
        """What jobs cost, or will; empty where it is not published."""
        prices = [self.credits(job) for job in jobs]
        known = [price for price in prices if price is not None]
        if not known or len(known) < len(prices):
            return ""
        return tr("{0} cr").format(words.number(sum(known), 2)) if sum(known) else tr("free")

    def credits(self, job: Job) -> float | None:
        """The credits a job cost or holds; before it is sent, the published price. None where nothing is known.

        What ended without a video and cost nothing has no price: it was not free, it was not billed.
        """
        if job.final is not None:
            return None if job.final == 0 and job.ended and job.state is not State.DONE else job.final
        if job.reserved is not None:
            return job.reserved
        model = self.model(job)
        return model.credits if model else None

    def section(self, key: str) -> str:
        """The heading of a section."""
        match key:
            case _ if key == ATTENTION:
                return tr("Needs attention")
            case _ if key == ACTIVE_NOW:
                return tr("Active")
            case _ if key == WAITING:
                return tr("Waiting")
        day = QDate.fromString(key.removeprefix(DONE), "yyyy-MM-dd")
        today = QDate(*time.localtime(self.now())[:3])
        age = day.daysTo(today)
        if age <= 0:
            return tr("Done today")
        if age == 1:
            return tr("Done yesterday")
        locale = QLocale()
        form = "d MMMM" if day.year() == today.year() else "d MMMM yyyy"
        return tr("Done {0}").format(locale.toString(day, "dddd" if age < 7 else form))

    def usual(self, job: Job) -> Estimate | None:
        """The usual time from acceptance to the end for this account, in seconds."""
        model = self.model(job)
        if model is None or model.estimate is None:
            return None
        pace = self.pace(job.account)
        return Estimate(least=model.estimate.least * pace, most=model.estimate.most * pace)

    def _state(self, job: Job, transfer: Transfer | None, look: Look) -> tuple[str, str, float | None]:
        """The chip's text, the text beside it, and how far the bar is."""
        match job.state:
            case State.WAITING:
                return look.word, self.meta(job, BRIEF) if job.held else self._waits(job), None
            case State.PREPARING | State.DOWNLOADING if transfer is not None:
                share = transfer.done / transfer.total if transfer.total else 0.0
                chip = f"{look.word} {words.percent(transfer.done, transfer.total)}".strip()
                which = tr("file {0} of {1}").format(transfer.part, transfer.parts) if transfer.part else ""
                amount = words.part_of(transfer.done, transfer.total)
                return chip, " · ".join(filter(None, (which, amount))), min(1.0, share)
            case State.PREPARING | State.SUBMITTING:
                return look.word, "", None
            case State.DOWNLOADING:
                return look.word, "", 0.0
            case State.QUEUED:
                return look.word, tr("{0} ago").format(words.elapsed(self._since_accepted(job))), None
            case State.PROCESSING:
                return self._rendering(job, look)
            case State.DONE:
                price = self.credits(job)
                parts = (self.took(job), words.credits(price) if price is not None else "")
                return look.word, " · ".join(part for part in parts if part), None
            case State.CANCELLED if job.failure is not None:
                return (tr("Stopped") if job.remote_id else look.word), billed(job.failure), None
            case State.CANCELLED | State.UNCERTAIN:
                return look.word, "", None
            case State.FAILED | State.EXPIRED:
                return look.word, billed(job.failure), None

    def _since_accepted(self, job: Job) -> float:
        now = self.now()
        return max(0.0, now - (job.accepted_at or job.submitted_at or now))

    def _waits(self, job: Job) -> str:
        if job.failure is not None:
            return short(job)
        if job.not_before is not None and job.not_before > self.now():
            return tr("tries again in {0}").format(words.elapsed(job.not_before - self.now()))
        return self.meta(job, BRIEF)

    def _rendering(self, job: Job, look: Look) -> tuple[str, str, float | None]:
        since = self._since_accepted(job)
        chip = f"{look.word} · {words.elapsed(since)}"
        usual = self.usual(job)
        if usual is None:
            return chip, "", None
        if since > usual.most:
            return chip, tr("longer than usual"), MOST
        share = since / ((usual.least + usual.most) / 2)
        return chip, tr("usual {0}").format(words.between(usual.least, usual.most)), min(MOST, share)

    def took(self, job: Job) -> str:
        """The time from sending to the end of the rendering."""
        begun, ended = job.accepted_at or job.submitted_at, job.completed_at or job.finished_at
        return words.elapsed(ended - begun) if begun and ended else ""


def one_line(text: str, limit: int = 300) -> str:
    """The beginning of a text without its line breaks."""
    return " ".join(text[: limit * 4].split())[:limit]


def short(job: Job) -> str:
    """The first sentence of a job's failure, for a line that is cut off at its end anyway."""
    if job.failure is None:
        return ""
    if job.state is State.UNCERTAIN:
        return tr("Answer lost — may have been billed")
    return words.sentence(job.failure).split(". ", 1)[0].removesuffix(".")


def billed(failure: Failure | None) -> str:
    """What is known of the money of a job that ended without a video."""
    match failure.billed if failure else Billed.NO:
        case Billed.NO:
            return tr("not billed")
        case Billed.YES:
            return tr("billed")
        case Billed.MAYBE:
            return tr("may be billed")


def action_of(job: Job) -> tuple[Action, str]:
    """The one thing a row offers, with the word on its button."""
    if job.state is State.WAITING and job.held:
        return Action.RESUME, tr("Resume")
    action = job.failure.action if job.failure else Action.NONE
    if job.state is State.UNCERTAIN:
        action = Action.CHECK
    if job.state is State.DONE:
        return Action.NONE, ""
    if action is Action.EDIT and job.failure is not None and job.failure.code == MODEL_GONE:
        return action, tr("Re-target…")  # The draft that opens asks for another model by itself.
    return action, {
        Action.NONE: "",
        Action.EDIT: tr("Edit prompt"),
        Action.RETRY: tr("Retry"),
        Action.TOP_UP: tr("Top up…"),
        Action.KEY: tr("Enter key…"),
        Action.CHECK: tr("Check…"),
        Action.COLLECT: tr("Collect"),
        Action.FOLDER: tr("Folder…"),
        Action.RESUME: tr("Resume"),
        Action.OPEN: tr("Open"),
    }[action]
