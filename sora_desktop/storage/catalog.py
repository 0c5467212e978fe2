"""Reads the catalogue that ships with the program."""

from __future__ import annotations

from pathlib import Path

from sora_desktop.core.catalog import Catalog, parse
from sora_desktop.storage.resources import resource


def load_catalog(folder: Path | None = None) -> Catalog:
    """Every provider of `folder` (the shipped catalogue by default), in the order of the file names.

    Raises CatalogError with the file, the place and the reason.
    """
    files = sorted((folder or resource("catalog")).glob("*.toml"))
    return Catalog(parse(file.read_text(encoding="utf-8"), file.name) for file in files)
