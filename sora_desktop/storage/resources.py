"""Where the files that ship with the program are: catalogue, migrations, icons, translations."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _root() -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "resources"
    return inside if inside.is_dir() else package.parent / "resources"


def resource(*parts: str) -> Path:
    """The path of a shipped file: inside the package where it is installed, beside it in the repository."""
    return _root().joinpath(*parts)
