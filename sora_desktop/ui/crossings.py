"""What leads from one part of the window to another: a row to the viewer, a clip to the references or a draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from sora_desktop.core.errors import SoraError
from sora_desktop.ui.centre import Tab
from sora_desktop.ui.notices import Tone
from sora_desktop.ui.references.drops import DropTarget
from sora_desktop.ui.references.incoming import Frame, Incoming
from sora_desktop.ui.words import sentence

if TYPE_CHECKING:
    from sora_desktop.ui.library.page import LibraryPage
    from sora_desktop.ui.main_window import MainWindow

UNDO_SECONDS = 20


class Crossings(QObject):
    """Connects the panes of `window`; the library's when it is made."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._studio = window, window.studio
        self._connect()

    def _connect(self) -> None:
        window, dialogs = self._window, self._window.dialogs
        compose, queue, viewer, radar = window.compose, window.queue, window.viewer, window.radar
        compose.settings_requested.connect(self._on_settings_requested)
        compose.references.settings_wanted.connect(
            lambda account: dialogs.open_settings(account_id=account, part="host")
        )
        compose.account_changed.connect(self.show_account)
        compose.submitted.connect(window.show_new_jobs)
        compose.undo_offered.connect(self._on_undo_offered)
        compose.notes_wanted.connect(dialogs.show_catalogue_notes)
        radar.settings_wanted.connect(self._on_settings_requested)
        radar.notes_wanted.connect(dialogs.show_catalogue_notes)
        radar.retarget_wanted.connect(self._on_retarget_wanted)
        for pane in (viewer, queue):
            pane.edit_requested.connect(self._on_edit_requested)
            pane.settings_requested.connect(self._on_settings_requested)
            pane.folder_requested.connect(dialogs.open_videos_folder)
            pane.frame_offered.connect(self._on_frame_offered)
            pane.show_message.connect(window.notices.tell)
        queue.picked.connect(window.show_job)
        queue.opened.connect(self._on_opened)
        queue.view.clicked.connect(self._on_row_clicked)
        window.rail.expanded.connect(lambda: window.panes.show_pane("queue", True))
        rail = window.compose_rail
        rail.expanded.connect(lambda: window.panes.show_pane("compose", True))
        rail.new_wanted.connect(window.new_draft)
        rail.dropped.connect(self._on_dropped)
        self.drops = DropTarget(window, compose.references, foreign=True)
        self.drops.strayed.connect(self._on_dropped)
        window.first_run.simulator_chosen.connect(self._on_simulator_chosen)
        window.first_run.provider_chosen.connect(lambda name: dialogs.open_settings(new_provider=name))
        window.status.folder_clicked.connect(dialogs.open_videos_folder)
        window.status.balance_clicked.connect(self._on_balance_clicked)

    def join_library(self, library: LibraryPage) -> LibraryPage:
        """Connects the library, which is made late."""
        library.opened.connect(self._on_opened)
        library.edit_requested.connect(self._on_edit_requested)
        library.settings_requested.connect(self._on_settings_requested)
        library.folder_requested.connect(self._window.dialogs.open_videos_folder)
        library.frame_offered.connect(self._on_frame_offered)
        library.show_message.connect(self._window.notices.tell)
        library.undo_offered.connect(self._on_undo_offered)
        library.prompt_wanted.connect(self._window.focus_prompt)
        library.removal.files_leaving.connect(self._window.viewer.close_file)
        library.shape_changed.connect(self._window.menus.refresh)
        return library

    def show_account(self, account_id: str = "") -> None:
        """Shows the balance of an account, or of the one in use."""
        self._window.status.show_account(account_id or self._window.compose.page.draft.account)

    # To the viewer.

    def _on_opened(self, job_id: str) -> None:
        self._window.panes.close_overlay()
        self._window.centre.show_tab(Tab.VIEWER)
        self._window.queue.show_job(job_id)
        self._window.viewer.show_job(job_id, play=True)
        self._window.viewer.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_row_clicked(self) -> None:
        """Whoever clicks a row of the queue wants to see the job; whoever selects several does not."""
        if QApplication.keyboardModifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier):
            self._window.centre.show_tab(Tab.VIEWER)

    # To compose.

    def _to_compose(self) -> None:
        self._window.panes.close_overlay()
        self._window.panes.show_pane("compose", True)

    def _on_edit_requested(self, job_id: str) -> None:
        job = self._studio.library.job(job_id)
        if job is not None:
            self._to_compose()
            self._window.compose.use_request(job.account, job.request)

    def _on_frame_offered(self, frame: Frame) -> None:
        self._to_compose()
        self._window.compose.references.add_frame(frame)

    def _on_dropped(self, incoming: Incoming) -> None:
        self._to_compose()
        self._window.compose.references.take(incoming)

    def _on_retarget_wanted(self, account_id: str, model_name: str) -> None:
        self._window.panes.show_pane("compose", True)
        self._studio.tasks.spawn(self._retarget(account_id, model_name), "re-target")

    async def _retarget(self, account_id: str, model_name: str) -> None:
        if not await self._window.compose.retargeting.ask_for(account_id, model_name):
            # No draft uses it: it is an account's default, or jobs that wait.
            self._on_settings_requested(account_id)

    def _on_simulator_chosen(self) -> None:
        account = next((each for each in self._studio.accounts.all if each.builtin), None)
        if account is None:
            return
        compose = self._window.compose
        self._window.panes.show_pane("compose", True)
        compose.choose(account.id)
        if compose.page.blank:
            compose.page.open_new(
                self.tr(
                    "A paper boat drifts along a rain-washed street at dusk. Slow dolly forward, neon on wet stone, "
                    "35 mm, soft grain."
                )
            )
        compose.focus_prompt()

    # To the rest.

    def _on_settings_requested(self, account_id: str) -> None:
        self._window.dialogs.open_settings("accounts", account_id)

    def _on_undo_offered(self, text: str, undo: Callable[[], object]) -> None:
        self._window.notices.tell(text, action=self.tr("Undo"), on_action=undo, seconds=UNDO_SECONDS)

    def _on_balance_clicked(self, account_id: str) -> None:
        self._studio.tasks.spawn(self._read_balance(account_id), "balance")

    async def _read_balance(self, account_id: str) -> None:
        try:
            await self._studio.engine.refresh_balance(account_id)
        except SoraError as error:
            self._window.notices.tell(sentence(error), Tone.DANGER)
