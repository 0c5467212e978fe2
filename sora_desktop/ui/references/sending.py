"""Uploads that are under way, shown on the cards of what is being sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from sora_desktop.core.jobs import Job, State
from sora_desktop.engine.queue import Engine
from sora_desktop.engine.works import Transfer
from sora_desktop.ui.bind import bind
from sora_desktop.ui.references.card import Card


class Sending(QObject):
    """Follows the engine; `cards` answers the cards that are there now."""

    def __init__(self, engine: Engine, cards: Callable[[], Sequence[Card]], parent: QObject) -> None:
        super().__init__(parent)
        self._engine, self._cards = engine, cards
        self._uploads: dict[str, Transfer] = {}
        """By job: what it sends now, and how far it is."""
        bind(engine.progress_changed, self._on_progress, self)
        bind(engine.job_changed, self._on_job_changed, self)
        bind(engine.job_removed, self._over, self)

    def _on_progress(self, job_id: str, transfer: Transfer) -> None:
        job = self._engine.jobs.get(job_id)
        if transfer.kind == "upload" and job is not None and job.state is State.PREPARING:
            self._uploads[job_id] = transfer
            self.show()

    def _on_job_changed(self, job: Job) -> None:
        if job.state is not State.PREPARING:
            self._over(job.id)

    def _over(self, job_id: str) -> None:
        if self._uploads.pop(job_id, None) is not None:
            self.show()

    def show(self) -> None:
        """Shows on every card how far the upload of its content is."""
        for card in self._cards():
            own = card.reference.sha256
            running = (transfer for transfer in self._uploads.values() if own and transfer.content == own)
            card.show_upload(next(running, None))
