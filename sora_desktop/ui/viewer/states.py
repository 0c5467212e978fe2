"""What the viewer says where there is no picture to show. No widgets."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from sora_desktop.core.errors import Action, Billed
from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.works import Transfer
from sora_desktop.ui import words
from sora_desktop.ui.job_orders import FOR_ACTION, Order, orders_for
from sora_desktop.ui.queue.lines import Lines, action_of

SENT_BEFORE = "task_before"
"""The note of a job that was sent anew."""
PENDING = {State.WAITING, State.PREPARING, State.SUBMITTING, State.QUEUED, State.PROCESSING, State.DOWNLOADING}


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: icon and tone, a title, a sentence; `detail` is the service's own text, `bar` a share of 1.

    `turns`: the icon turns, because something goes on. `orders` are buttons, the first the one that helps.
    """

    icon: str
    tone: str
    title: str
    sentence: str = ""
    detail: str = ""
    request_id: str = ""
    bar: float | None = None
    turns: bool = False
    orders: tuple[tuple[Order, str], ...] = ()


def tr(text: str) -> str:
    return QCoreApplication.translate("Screens", text)


def nothing() -> Screen:
    """No job is chosen."""
    return Screen("film", "faint", tr("Nothing to show"), tr("Choose a clip in the queue, or generate one."))


def file_missing(job: Job) -> Screen:
    """The job is done, but its file is no longer where it was."""
    orders = ((Order.COLLECT, tr("Collect again")),) if job.collectable else ()
    sentence = tr("The video was moved or removed:\n{0}").format(job.path)
    if orders:
        sentence += "\n" + tr("Collect again asks the service for it; that costs nothing.")
    return Screen("film", "warning", tr("The file is missing"), sentence, orders=orders)


def disk_silent(job: Job) -> Screen:
    """Where the file is does not answer: a share that is away, a drive that sleeps."""
    return Screen(
        "film",
        "warning",
        tr("The disk does not answer"),
        tr("The video is on a drive or a share that does not answer. It shows as soon as that does:\n{0}").format(
            job.path
        ),
    )


def file_broken(job: Job) -> Screen:
    """The file is there and cannot be played."""
    orders = ((Order.COLLECT, tr("Collect again")), (Order.REVEAL, tr("Show in folder")))
    sentence = tr("Something is wrong with the file:\n{0}").format(job.path)
    return Screen(
        "fail", "danger", tr("This file cannot be played"), sentence, orders=orders if job.collectable else orders[1:]
    )


def no_player(job: Job, problem: str) -> Screen:
    """The machine lacks what playing needs; everything else goes on."""
    return Screen(
        "info",
        "warning",
        tr("This computer cannot play video here"),
        tr("Your clip is safe in its folder; any other player shows it. Here a system library is missing:"),
        detail=problem,
        orders=((Order.REVEAL, tr("Show in folder")),),
    )


def screen_of(job: Job, lines: Lines, transfer: Transfer | None = None) -> Screen:
    """The screen of a job that has no video: what it is doing, or why it will not have one."""
    if job.state in PENDING:
        return _pending(job, lines, transfer)
    if job.state is State.CANCELLED:
        return _cancelled(job)
    look = words.look_of(job)
    failure = job.failure
    title = {State.FAILED: tr("This clip failed"), State.EXPIRED: tr("The link of this video has expired")}.get(
        job.state, look.word
    )
    if failure is None:
        return Screen(look.icon, look.tone, title, orders=((Order.EDIT, tr("Use again")),))
    sentence = " ".join((words.sentence(failure), money(job)))
    action, text = action_of(job)
    orders = [(FOR_ACTION[action], text)] if action in FOR_ACTION else []
    possible = orders_for(job)
    if action in {Action.TOP_UP, Action.KEY} and Order.RETRY in possible:
        orders.append((Order.RETRY, tr("Retry")))
    if Order.PROOF in possible:
        orders.append((Order.PROOF, tr("Copy proof")))
    return Screen(
        look.icon,
        look.tone,
        title,
        sentence.strip(),
        detail=failure.detail,
        request_id=failure.request_id,
        orders=tuple(orders),
    )


def money(job: Job) -> str:
    """What is known of the money of a job without a video, as a sentence."""
    match job.failure.billed if job.failure else Billed.NO:
        case Billed.NO:
            return tr("It was not billed.")
        case Billed.YES:
            return tr("It was billed.")
        case Billed.MAYBE:
            return tr("It may have been billed.")


def _cancelled(job: Job) -> Screen:
    if job.failure is None:
        sentence = tr("The service has nothing of it, and nothing was billed.")
        before = [words.sentence(note.code, note.args) for note in job.notes if note.code == SENT_BEFORE]
        if before:
            sentence = " ".join((tr("It was not sent again."), before[-1]))
        return Screen("x", "muted", tr("Cancelled"), sentence, orders=((Order.RETRY, tr("Send it now")),))
    sentence, orders = words.sentence(job.failure), ((Order.COLLECT, tr("Collect")),) if job.collectable else ()
    if job.money_in_doubt:
        sentence += " " + tr("If the service's website shows its id, fetch it with “Collect a task by its id” (File).")
        orders = ((Order.RETRY, tr("Retry")),)
    return Screen("x", "muted", tr("No longer watched"), sentence, job.failure.detail, orders=orders)


def _pending(job: Job, lines: Lines, transfer: Transfer | None) -> Screen:
    """The words of the row, in sentences."""
    line = lines.job(job, transfer)
    turning = job.state in {State.SUBMITTING, State.QUEUED, State.PROCESSING}
    icon = "render" if turning else line.look.icon
    tone = line.look.tone
    sentence, orders = "", ()
    if job.failure is not None:
        sentence = words.sentence(job.failure)
        orders = ((FOR_ACTION[line.action], line.action_text),) if line.action in FOR_ACTION else ()
        tone = "warning" if orders else tone
    match job.state:
        case State.WAITING if job.held:
            sentence = tr("It is sent when you let it go on.")
            orders = ((Order.RESUME, tr("Resume")),)
        case State.WAITING:
            paused = tr("The queue is paused.") if lines.paused() else tr("It is sent when its turn comes.")
            sentence = sentence or paused
        case State.PREPARING | State.DOWNLOADING:
            sentence = sentence or line.second
        case State.SUBMITTING if job.unwanted:
            sentence = tr("You stopped it while it was being sent. It ends as soon as the service answers.")
        case State.SUBMITTING:
            sentence = sentence or tr("It is being handed to the service.")
        case State.QUEUED:
            sentence = sentence or tr("The service has it and will begin soon. Sent {0}.").format(line.second)
        case _:
            sentence = sentence or _usual(job, lines)
    return Screen(icon, tone, line.chip, sentence, _said(job), _asked(job), line.bar, turning, orders)


def _said(job: Job) -> str:
    return job.failure.detail if job.failure else ""


def _asked(job: Job) -> str:
    return job.failure.request_id if job.failure else ""


def _usual(job: Job, lines: Lines) -> str:
    usual = lines.usual(job)
    if usual is None:
        return tr("You can go on working; the clip appears here and in the queue.")
    span = words.between(usual.least, usual.most)
    line = lines.job(job)
    if line.second == tr("longer than usual"):
        return tr("This takes longer than the usual {0}. It goes on; nothing is given up.").format(span)
    return tr("Usually {0}. You can go on working; the clip appears here and in the queue.").format(span)
