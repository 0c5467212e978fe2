"""What the page of an uncertain job leads to: a check, sending again, an id by hand, letting it go."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from sora_desktop.core.jobs import Job
from sora_desktop.ui import words
from sora_desktop.ui.job_orders import JobOrders
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.viewer.uncertain import UncertainPage


class Doubts(QObject):
    """Carries out what `page` wants, for the job that is shown."""

    def __init__(self, studio: Studio, orders: JobOrders, page: UncertainPage, shown: Callable[[], Job | None]) -> None:
        super().__init__(page)
        self._engine, self._orders, self._page, self._shown = studio.engine, orders, page, shown
        page.check_wanted.connect(self._on_check)
        page.resend_wanted.connect(self._on_resend)
        page.adopt_wanted.connect(self._on_adopt)
        page.let_go_wanted.connect(self._on_let_go)

    def _on_check(self) -> None:
        job = self._shown()
        if job is not None:
            self._orders.spawn(self._check(job))

    async def _check(self, job: Job) -> None:
        page = self._page
        page.answer.say(words.sentence("checking"), "muted")
        page.check.setEnabled(False)
        found = await self._orders.told(self._engine.check(job.id))
        page.check.setEnabled(True)
        shown = self._shown()
        if shown is not None and shown.id == job.id:
            tone = {"check_balance_less": "warning", "check_listed": "success"}.get(found[0], "muted") if found else ""
            page.answer.say(words.sentence(*found) if found else "", tone)

    def _on_resend(self) -> None:
        job = self._shown()
        if job is not None:
            self._orders.ask_to_pay_again(lambda: self._orders.run(self._engine.resend, [job]))

    def _on_adopt(self, remote_id: str) -> None:
        job = self._shown()
        if job is not None:
            self._orders.spawn(self._orders.told(self._engine.adopt(job.id, remote_id)))

    def _on_let_go(self) -> None:
        job = self._shown()
        if job is not None:
            self._orders.run(self._engine.let_go, [job])
