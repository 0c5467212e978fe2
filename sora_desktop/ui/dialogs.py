"""The windows that open beside the main one: settings, help, folders, a task by its id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from sora_desktop.core.errors import EnvironmentProblem
from sora_desktop.ui.diagnostics import diagnostics
from sora_desktop.ui.notices import Tone
from sora_desktop.ui.places import open_folder, videos_folder
from sora_desktop.ui.words import sentence

if TYPE_CHECKING:
    from sora_desktop.ui.main_window import MainWindow
    from sora_desktop.ui.settings import SettingsDialog


class Dialogs(QObject):
    """Opens them for `window`. What the window's first picture does not need is imported when it is asked for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._studio = window.studio
        self.settings: SettingsDialog | None = None
        """None until it was opened once."""

    def open_settings(
        self, page: str = "accounts", account_id: str = "", new_provider: str = "", part: str = ""
    ) -> None:
        """Opens the settings at a page, at an account (and a part of it), or at a new account of a provider."""
        from sora_desktop.ui.settings import SettingsDialog

        if self.settings is None:
            self.settings = SettingsDialog(self._studio, parent=self._window)
        self.settings.open_page(page, account_id, new_provider, part)

    def collect_by_id(self) -> None:
        """Asks for the id of a task that this program did not start, and follows it."""
        from sora_desktop.ui.jobs.adopt import AdoptDialog

        dialog = AdoptDialog(self._studio, self._window.compose.page.draft.account, self._window)
        dialog.adopted.connect(lambda job_id: self._window.show_new_jobs([job_id]))
        dialog.open()

    def open_videos_folder(self) -> None:
        """Shows the videos folder in the file manager."""
        self._open(videos_folder(self._studio.settings.current, self._studio.paths))

    def open_logs_folder(self) -> None:
        """Shows the logs folder in the file manager."""
        self._open(self._studio.paths.logs)

    def _open(self, folder: Path) -> None:
        self._studio.tasks.spawn(self._opened(folder), "open a folder")

    async def _opened(self, folder: Path) -> None:
        try:
            await open_folder(folder)
        except EnvironmentProblem as problem:
            self._window.notices.tell(sentence(problem), Tone.DANGER)

    def show_readme(self) -> None:
        """Opens the README."""
        from sora_desktop.ui.about import ReadmeDialog

        ReadmeDialog(self._window).show()

    def show_shortcuts(self) -> None:
        """Opens the list of keys."""
        from sora_desktop.ui.about import ShortcutsDialog

        ShortcutsDialog(self._window.menus.menus, self._window).show()

    def show_catalogue_notes(self) -> None:
        """Opens the catalogue notes, or brings them to the front."""
        from sora_desktop.ui.catalogue_notes import show_notes

        show_notes(self._studio, self._window)

    def show_about(self) -> None:
        """Opens the about box."""
        from sora_desktop.ui.about import AboutDialog

        AboutDialog(self._window).show()

    def copy_diagnostics(self) -> None:
        """Copies a text for a report, without keys and prompts."""
        QGuiApplication.clipboard().setText(diagnostics(self._studio))
        self._window.notices.tell(self.tr("Diagnostics copied. Keys and prompts are not in them."), Tone.SUCCESS)

    def close(self) -> None:
        """Closes what would keep the program alive behind a closed window."""
        if self.settings is not None:
            self.settings.close()
