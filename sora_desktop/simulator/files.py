"""Uploaded files: what their first bytes say they are, and where they are kept."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sora_desktop.media.probe import BadVideo, length
from sora_desktop.simulator.errors import invalid
from sora_desktop.simulator.ledger import Key
from sora_desktop.simulator.world import DAY, World

KEPT = 200
ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A row of the files table. `media` is the name it is served under; seconds and token are of clips and sounds."""

    id: str
    key: str
    kind: str
    name: str
    mime: str
    size: int
    media: str
    seconds: float | None
    token: str
    client_request_id: str | None
    created_at: float


def signature(head: bytes) -> str:
    """The MIME type that a file's first bytes tell; "" where nothing we know begins so."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "video/quicktime" if brand == b"qt  " else "audio/mp4" if brand[:3] == b"M4A" else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"ID3") or head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"}:
        return "audio/mpeg"
    if head[:2] in {b"\xff\xf1", b"\xff\xf9"}:
        return "audio/aac"
    return ""


def keep(world: World, key: Key, kind: str, name: str, mime: str, data: bytes, client_id: str | None) -> StoredFile:
    """Stores a checked file; its row is committed after its bytes are there."""
    media = secrets.token_urlsafe(18) + ENDINGS[mime]
    path = world.files_folder / media
    path.write_bytes(data)
    seconds, token = None, ""
    if kind != "image":
        try:
            seconds, token = length(path), f"dur_{secrets.token_hex(8)}"
        except BadVideo as error:
            path.unlink()
            raise invalid(f"file: {error}.") from error
    file = StoredFile(
        id=f"file_{secrets.token_hex(10)}",
        key=key.id,
        kind=kind,
        name=name,
        mime=mime,
        size=len(data),
        media=media,
        seconds=seconds,
        token=token,
        client_request_id=client_id,
        created_at=world.clock.now(),
    )
    world.store.insert("files", {name: getattr(file, name) for name in StoredFile.__slots__})
    _forget_old(world)
    return file


def by_id(world: World, file_id: str) -> StoredFile | None:
    return _of(world.store.one("SELECT * FROM files WHERE id = ?", file_id))


def by_url(world: World, url: str) -> StoredFile | None:
    """The uploaded file behind an address; None for an address elsewhere.

    Raises Refusal where the address is the simulator's own, but there is no file.
    """
    if not url.startswith(f"{world.media_origin}/files/"):
        return None
    name = Path(urlsplit(url).path).name
    file = _of(world.store.one("SELECT * FROM files WHERE media = ?", name))
    if file is None and not (world.files_folder / name).is_file():
        raise invalid("The file at this address cannot be fetched.")
    return file


def address(world: World, file: StoredFile) -> str:
    return f"{world.media_origin}/files/{file.media}"


def _of(row: sqlite3.Row | None) -> StoredFile | None:
    return StoredFile(**dict(row)) if row else None


def _forget_old(world: World) -> None:
    """Removes all but the newest files, and none that is younger than a day."""
    sql = "SELECT * FROM files WHERE created_at < ? ORDER BY created_at DESC LIMIT -1 OFFSET ?"
    for row in world.store.all(sql, world.clock.now() - DAY, KEPT):
        (world.files_folder / row["media"]).unlink(missing_ok=True)
        world.store.run("DELETE FROM files WHERE id = ?", row["id"])
