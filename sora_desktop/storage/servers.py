"""What is known of a server, as a file that the user reads and edits: `<data>/servers/<account id>.toml`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sora_desktop.core.naming import safe_component
from sora_desktop.storage.library import disk_problems, ensure_folder

LARGEST = 1_000_000
"""Bytes of a file that is read."""


class ServerFiles:
    """The files of one data folder, private to the user. Raises EnvironmentProblem for the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, account_id: str) -> Path:
        return self.folder / f"{safe_component(account_id)}.toml"

    def read(self, account_id: str) -> str | None:
        """The text of a file; None where there is none. What is no UTF-8 is replaced, and fails when it is parsed."""
        with disk_problems(self.folder):
            try:
                with self.path(account_id).open("rb") as file:
                    return file.read(LARGEST).decode("utf-8-sig", "replace")
            except FileNotFoundError:
                return None

    def write(self, account_id: str, text: str) -> None:
        """Replaces the file durably; what was there before stays beside it as `.bak`."""
        path = self.path(account_id)
        ensure_folder(self.folder, private=True)
        before = self.read(account_id)
        if before == text:
            return
        if before is not None:
            _replace(path.with_suffix(".toml.bak"), before)
        _replace(path, text)

    def export(self, account_id: str, target: Path) -> None:
        """Copies the file to where the user wants it. Raises FileNotFoundError where there is none."""
        text = self.read(account_id)
        if text is None:
            raise FileNotFoundError(self.path(account_id))
        _replace(target, text, private=False)

    def remove(self, account_id: str) -> None:
        """Forgets what is known of a server, its copy too."""
        path = self.path(account_id)
        with disk_problems(self.folder):
            path.unlink(missing_ok=True)
            path.with_suffix(".toml.bak").unlink(missing_ok=True)


def _replace(path: Path, text: str, *, private: bool = True) -> None:
    """Writes beside and renames: no reader ever sees half a file. A new file is the user's alone from the start."""
    with disk_problems(path.parent):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if not private and os.name == "posix":
                Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
