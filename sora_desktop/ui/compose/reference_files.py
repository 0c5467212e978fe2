"""What is known of a reference: read from the file itself, off the window's thread; or from its address."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from PySide6.QtCore import QMimeDatabase, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from sora_desktop.core.errors import UserError
from sora_desktop.core.references import Reference

BLOCK = 1 << 20
LONGEST_URL = 2000
MOST_PIXELS = 100_000_000
"""A picture of more is not decoded for its thumbnail."""


async def inspect(path: Path, thumbnail: QSize) -> tuple[Reference, QImage]:
    """The file as a reference, type by its content, with its hash; and a small picture (null where there is none).

    Raises UserError where it cannot be read.
    """
    return await asyncio.to_thread(_inspect, path, thumbnail)


def _inspect(path: Path, thumbnail: QSize) -> tuple[Reference, QImage]:
    try:
        digest = hashlib.sha256()
        count = 0
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
                count += len(block)
    except OSError:
        raise UserError("reference_missing", name=path.name) from None
    mime = QMimeDatabase().mimeTypeForFile(str(path), QMimeDatabase.MatchMode.MatchContent).name()
    size, picture = _picture(path, thumbnail) if mime.startswith("image/") else (QSize(), QImage())
    reference = Reference(
        kind=_kind(mime),
        name=path.name,
        mime=mime,
        path=str(path.absolute()),
        sha256=digest.hexdigest(),
        bytes=count,
        width=size.width() if size.isValid() else None,
        height=size.height() if size.isValid() else None,
    )
    return reference, picture


def _picture(path: Path, thumbnail: QSize) -> tuple[QSize, QImage]:
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if not size.isValid() or size.width() * size.height() > MOST_PIXELS:
        return size, QImage()
    image = reader.read()
    if image.isNull():
        return size, image
    mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding
    return size, image.scaled(thumbnail, mode, Qt.TransformationMode.SmoothTransformation)


def _kind(mime: str) -> str:
    family = mime.split("/")[0]
    return family if family in ("image", "video", "audio") else "file"


def from_url(text: str, kind: str) -> Reference:
    """A public address as a reference. Raises UserError where it is none."""
    url = text.strip()
    if not url:
        raise UserError("url_empty")
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme.lower() not in ("http", "https") or re.search(r"\s", url) or len(url) > LONGEST_URL:
        raise UserError("url_invalid", url=url[:80])
    if parts.username or parts.password:
        raise UserError("url_has_login")
    return Reference(kind=kind, name=PurePosixPath(unquote(parts.path)).name or host, url=url)
