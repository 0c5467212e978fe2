"""What a person may do with a job: the same orders for rows, menus, keys and the viewer's screens."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from sora_desktop.core.errors import Action, EnvironmentProblem, FailureKind, ProviderError, UserError
from sora_desktop.core.jobs import REMOTE, Job, State
from sora_desktop.core.proof import credits_in_doubt, proof
from sora_desktop.ui import words
from sora_desktop.ui.glances import MOMENT, Glances
from sora_desktop.ui.places import is_file
from sora_desktop.ui.recipe import recipe
from sora_desktop.ui.references.incoming import Frame
from sora_desktop.ui.studio import Studio

T = TypeVar("T")


class Order(StrEnum):
    """One thing to do with a job."""

    OPEN = "open"
    EDIT = "edit"
    FRAME = "frame"
    RETRY = "retry"
    CHECK = "check"
    COLLECT = "collect"
    RESUME = "resume"
    PAUSE = "pause"
    TOP_UP = "top_up"
    KEY = "key"
    FOLDER = "folder"
    COPY = "copy"
    REVEAL = "reveal"
    CHANGE = "change"
    STOP_AFTER = "stop_after"
    PROOF = "proof"
    STOP = "stop"
    REMOVE = "remove"


FOR_ACTION = {
    Action.EDIT: Order.EDIT,
    Action.RETRY: Order.RETRY,
    Action.TOP_UP: Order.TOP_UP,
    Action.KEY: Order.KEY,
    Action.CHECK: Order.CHECK,
    Action.COLLECT: Order.COLLECT,
    Action.FOLDER: Order.FOLDER,
    Action.RESUME: Order.RESUME,
    Action.OPEN: Order.OPEN,
}


ON_DISK = {Order.REVEAL, Order.FRAME, Order.COLLECT}
"""Orders that depend on whether the file of a clip is there."""


def orders_for(job: Job, there: bool | None = None) -> frozenset[Order]:
    """What makes sense for a job as it stands. `there`: the file of its clip, None where its disk does not answer."""
    found = {Order.OPEN, Order.EDIT, Order.COPY}
    if job.failure is not None and job.failure.action in FOR_ACTION:
        found.add(FOR_ACTION[job.failure.action])
    if credits_in_doubt(job):
        found.add(Order.PROOF)
    match job.state:
        case State.WAITING:
            found |= {Order.RESUME if job.held else Order.PAUSE, Order.CHANGE, Order.STOP_AFTER, Order.REMOVE}
        case State.UNCERTAIN:
            found.add(Order.CHECK)
        case State.FAILED | State.CANCELLED | State.EXPIRED:
            found |= {Order.REMOVE, Order.COLLECT if job.collectable else Order.RETRY}
            if job.brought_nothing:
                found.add(Order.RETRY)
            if job.failure is not None and job.failure.kind is FailureKind.CONFLICT:
                found.discard(Order.RETRY)
        case State.DONE:
            found.add(Order.REMOVE)
            if there:
                found |= {Order.REVEAL, Order.FRAME}
            elif there is False and job.collectable:
                found.add(Order.COLLECT)
        case _:
            found.add(Order.STOP_AFTER)
            if not job.unwanted:
                found.add(Order.STOP)
            if job.state in REMOTE | {State.DOWNLOADING}:
                found.add(Order.COLLECT)
    return frozenset(found)


class JobOrders(QObject):
    """Carries orders out. What goes wrong is said in words through `show_message`; nothing is raised."""

    opened = Signal(str)
    edit_requested = Signal(str)
    settings_requested = Signal(str)
    """The id of the account whose key is wanted."""
    folder_requested = Signal()
    """The videos folder cannot be written to: another has to be chosen."""
    frame_offered = Signal(object)
    """The last Frame of a clip, wanted as a reference."""
    show_message = Signal(str)
    removed = Signal(list)
    """Jobs that were taken off the list, as `restore` wants them."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window
        self._glances = Glances()
        self._leaving: set[str] = set()

    def possible(self, jobs: Sequence[Job]) -> list[frozenset[Order]]:
        """What makes sense for each of `jobs`. Their disks are asked on a thread and waited for a moment only.

        Where one is slow, what was seen of the same jobs last counts: what a menu offered is carried out.
        """
        paths = [job.path if job.state is State.DONE else "" for job in jobs]
        name = str(hash(tuple(paths)))
        there: list[bool] | None = [False] * len(jobs)
        if any(paths):
            disks = str(sorted({Path(path).parent for path in paths}))
            there = self._glances.look(name, lambda: [is_file(path) for path in paths], MOMENT, disks)
        return [orders_for(job, there[at] if there else None) for at, job in enumerate(jobs)]

    def give(self, order: Order, jobs: Sequence[Job]) -> None:
        """Carries `order` out for each of `jobs` that takes it."""
        possible = self.possible(jobs) if order in ON_DISK else [orders_for(job) for job in jobs]
        fitting = [job for job, orders in zip(jobs, possible, strict=True) if order in orders]
        if not fitting:
            return
        first = fitting[0]
        engine = self._studio.engine
        match order:
            case Order.OPEN | Order.CHECK:
                self.opened.emit(first.id)
            case Order.EDIT:
                self.edit_requested.emit(first.id)
            case Order.FRAME:
                self.frame_offered.emit(Frame(path=first.path, title=Path(first.path).stem))
            case Order.KEY:
                self.settings_requested.emit(first.account)
            case Order.FOLDER:
                self.folder_requested.emit()
            case Order.TOP_UP:
                self._top_up(first)
            case Order.COPY:
                self.copy(fitting)
            case Order.REVEAL:
                reveal(Path(first.path))
            case Order.RETRY:
                self.retry(fitting)
            case Order.COLLECT:
                self.collect(fitting)
            case Order.PAUSE:
                self.run(engine.hold, fitting)
            case Order.RESUME:
                self.run(engine.release, fitting)
            case Order.CHANGE:
                self._change(first)
            case Order.STOP_AFTER:
                self.spawn(self._stop_after(first))
            case Order.PROOF:
                self._copy_proof(fitting)
            case Order.STOP:
                self.stop(fitting)
            case Order.REMOVE:
                self.spawn(self._remove(fitting))

    def run(self, step: Callable[[str], Coroutine[Any, Any, object]], jobs: Iterable[Job]) -> None:
        """Runs one of the engine's steps for each job, one after the other, in the background."""
        ids = [job.id for job in jobs]

        async def all_of_them() -> None:
            for job_id in ids:
                await self.told(step(job_id))

        self.spawn(all_of_them())

    def collect(self, jobs: Sequence[Job]) -> None:
        """Asks for results again. The job of a clip that left the queue comes back to it first."""
        engine, known = self._studio.engine, {job.id: job for job in jobs}

        async def collect(job_id: str) -> None:
            await engine.restore(known[job_id])
            await engine.collect(job_id)

        self.run(collect, jobs)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Runs something that says itself what goes wrong."""
        self._studio.tasks.spawn(work, "order")

    async def told(self, step: Coroutine[Any, Any, T]) -> T | None:
        """The step's answer, or None after its error was said in words."""
        try:
            return await step
        except ProviderError as error:
            self.show_message.emit(words.sentence(error.failure))
        except (UserError, EnvironmentProblem) as error:
            self.show_message.emit(words.sentence(error))
        return None

    def copy(self, jobs: Sequence[Job]) -> None:
        """Puts the recipes of `jobs` on the clipboard, as text."""
        texts = [recipe(job) for job in jobs]
        text = texts[0] if len(texts) == 1 else "[\n" + ",\n".join(texts) + "\n]"
        QGuiApplication.clipboard().setText(text)
        self.show_message.emit(self.tr("Recipe copied."))

    def stop(self, jobs: Sequence[Job]) -> None:
        """Stops watching after a word of warning: no service can be told to stop."""
        unsent = [job for job in jobs if job.state is State.PREPARING]
        self.run(self._studio.engine.cancel, unsent)
        sent = [job for job in jobs if job not in unsent]
        if sent:
            # Without its id nothing can be collected, and only the answer that is on its way tells that.
            later = (
                self.tr("You can collect it later.")
                if all(job.collectable for job in sent)
                else self.tr("You can collect it later only if the service still answers with its id.")
            )
            warning = self.tr(
                "It was sent already and the service has no way to cancel it: it may still be made and billed."
            )
            self.ask(
                self.tr("Stop watching this job?"),
                f"{warning} {later}",
                self.tr("Stop watching"),
                lambda: self.run(self._studio.engine.cancel, sent),
            )

    def retry(self, jobs: Sequence[Job]) -> None:
        """Sends again; what may be paid for a second time by that only after a word of warning."""
        doubtful = [job for job in jobs if self._studio.engine.may_pay_twice(job)]
        self.run(self._studio.engine.retry, [job for job in jobs if job not in doubtful])
        if doubtful:
            self.ask_to_pay_again(lambda: self.run(self._studio.engine.retry, doubtful))

    def ask_to_pay_again(self, then: Callable[[], object]) -> None:
        """Before a new request for a clip whose first one may have been accepted."""
        self.ask(
            self.tr("Send this clip again?"),
            self.tr("If the service did accept it the first time, you pay for two clips."),
            self.tr("Send again"),
            then,
        )

    def ask(self, question: str, details: str, yes: str, then: Callable[[], object]) -> QMessageBox:
        """Asks without stopping the loop; `then` runs when the person says yes."""
        box = QMessageBox(QMessageBox.Icon.NoIcon, self.tr("Sora Desktop"), question, parent=self._window.window())
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setInformativeText(details)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        keep = box.addButton(self.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        accept.clicked.connect(lambda: then())
        box.open()
        return box

    def _change(self, job: Job) -> None:
        """Prompt and parameters of a job that was not sent yet."""
        from sora_desktop.ui.jobs.edit import EditJobDialog

        model = self._studio.accounts.model_of(job)
        if model is None or not model.pickable:
            code = f"model_{model.availability}" if model else "model_unknown"
            self.show_message.emit(words.sentence(code, {"name": model.name if model else job.request.model}))
            self.edit_requested.emit(job.id)
            return
        EditJobDialog(self._studio, job, model, self._window.window()).open()

    async def _stop_after(self, job: Job) -> None:
        held = await self.told(self._studio.engine.stop_after(job.id))
        if held is not None:
            self.show_message.emit(self.tr("{0} jobs behind this one are paused.").format(len(held)))

    def _copy_proof(self, jobs: Sequence[Job]) -> None:
        """What to send to the service when credits did not come back; it holds no key."""
        accounts = self._studio.accounts
        texts: list[str] = []
        for job in jobs:
            account, provider = accounts.get(job.account), accounts.provider_of(job.account, job.request.provider)
            texts.append(proof(job, provider.name if provider else "", account.name if account else ""))
        QGuiApplication.clipboard().setText("\n".join(texts))
        self.show_message.emit(
            self.tr("Proof copied: ids, times and the request, without the key. Send it to the service.")
        )

    async def _remove(self, jobs: Sequence[Job]) -> None:
        gone: list[Job] = []
        for job in jobs:
            if job.id in self._leaving:
                continue  # The key was held down.
            self._leaving.add(job.id)
            try:
                if await self.told(self._studio.engine.delete(job.id)) is not None:
                    gone.append(job)
            finally:
                self._leaving.discard(job.id)
        if gone:
            self.removed.emit(gone)

    def restore(self, jobs: Sequence[Job]) -> None:
        """Brings removed jobs back."""
        kept = {job.id: job for job in jobs}
        self.run(lambda job_id: self._studio.engine.restore(kept[job_id]), jobs)

    def move(self, jobs: Sequence[Job], before_id: str | None) -> None:
        """Puts waiting jobs before another, or at the end, in their order."""
        self.run(lambda job_id: self._studio.engine.move(job_id, before_id), jobs)

    def _top_up(self, job: Job) -> None:
        provider = self._studio.accounts.provider_of(job.account, job.request.provider)
        if provider is not None and provider.site.startswith(("https://", "http://")):
            QDesktopServices.openUrl(QUrl(provider.site))


def reveal(path: Path) -> None:
    """Shows a file in the system's file manager, marked where the manager can do that."""
    if not _marked(path):
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _marked(path: Path) -> bool:
    """Asks the file manager over the session bus, as the freedesktop.org interface FileManager1 describes it."""
    try:
        from PySide6.QtDBus import QDBusConnection, QDBusMessage
    except ImportError:
        return False
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        return False
    name, place = "org.freedesktop.FileManager1", "/org/freedesktop/FileManager1"
    daemon = bus.interface()
    if not daemon.isServiceRegistered(name).value() and name not in daemon.activatableServiceNames().value():
        return False
    call = QDBusMessage.createMethodCall(name, place, name, "ShowItems")
    call.setArguments([[QUrl.fromLocalFile(str(path)).toString()], ""])
    return bus.send(call)
