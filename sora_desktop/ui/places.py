"""Folders as the person sees and opens them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from sora_desktop.providers.threads import in_thread
from sora_desktop.storage.library import ensure_folder, free_space
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.settings import Settings


def videos_folder(settings: Settings, paths: Paths) -> Path:
    """Where new videos go."""
    return Path(settings.videos_folder) if settings.videos_folder else paths.videos


def short(folder: Path) -> str:
    """The folder's path with the home folder as ~."""
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except ValueError:
        return str(folder)


async def open_folder(folder: Path) -> None:
    """Shows the folder in the system's file manager. Raises EnvironmentProblem where it cannot be made."""
    await in_thread(partial(ensure_folder, folder))
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def open_file(file: Path) -> bool:
    """Opens the file with the system's program for it. False where there is none."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(file)))


# To be called on a thread: a share may hang. See `glances`.


def free_bytes(folder: Path) -> int:
    """The bytes free there, -1 where there is no disk."""
    try:
        return free_space(folder)
    except OSError:
        return -1


def is_file(path: str) -> bool:
    """Whether there is a file. What cannot be looked at is none."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
