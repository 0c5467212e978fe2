"""The system's trash: a file goes there, and comes back. Both block: call them in a thread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFile, QStandardPaths


def to_trash(path: Path) -> Path | None:
    """Moves a file to the trash; where it is there, None where the trash did not take it."""
    # A home that has never had a trash may lack the folder it is made in.
    home = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation))
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    file = QFile(str(path))
    return Path(file.fileName()) if file.moveToTrash() else None


def from_trash(kept: Path, path: Path) -> bool:
    """Puts back what `to_trash` moved, where nothing else has taken its place meanwhile."""
    if path.exists() or not kept.is_file():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(path)
        # The note that a freedesktop.org trash keeps beside each file.
        (kept.parent.parent / "info" / f"{kept.name}.trashinfo").unlink(missing_ok=True)
    except OSError:
        return False
    return True
