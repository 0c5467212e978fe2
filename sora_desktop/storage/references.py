"""The tray: every reference that was ever added, kept by its content's hash, with a thumbnail; usable offline.

<data>/references/<first two digits>/<sha256>.<ext>      the original, private, never changed
<data>/references/<first two digits>/<sha256>.thumb.jpg  a small picture of it
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sora_desktop.core.errors import UserError
from sora_desktop.core.frozen import Kept
from sora_desktop.core.naming import safe_component, shown_name
from sora_desktop.core.pictures import Picture
from sora_desktop.core.references import Reference
from sora_desktop.media.blanking import blank
from sora_desktop.media.clips import kind_of, seconds_of
from sora_desktop.media.errors import BadVideo
from sora_desktop.media.picture_files import MOST_BYTES, weight
from sora_desktop.media.pictures import ending, inspect, thumbnail
from sora_desktop.storage.database import Database
from sora_desktop.storage.documents import read_all
from sora_desktop.storage.library import disk_problems, ensure_folder
from sora_desktop.storage.paths import Paths

BLOCK = 1 << 20
THUMBNAIL = 320
"""Pixels of a thumbnail's longer side."""
UNUSED_DAYS = 30.0
"""How long what nobody pinned, and no job, draft or clip refers to, stays in the tray."""

_HASH = re.compile(r'"sha256":"([0-9a-f]{64})"')


class TrayItem(Kept):
    """One reference of the tray. `path` is its kept original, `thumbnail` empty where there is no picture to show.

    Times are Unix seconds. `source` is where the file was when it was added, for people to recognise it.
    """

    sha256: str
    kind: str = "image"
    name: str = ""
    mime: str = ""
    bytes: int = 0
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    picture: Picture | None = None
    source: str = ""
    path: str = ""
    thumbnail: str = ""
    added_at: float = 0.0
    used_at: float = 0.0
    pinned: bool = False

    def reference(self) -> Reference:
        """It as a reference of a draft or a request, with the empty plan."""
        facts = self.model_dump(include={"kind", "name", "mime", "sha256", "bytes", "width", "height", "seconds"})
        return Reference(**facts, path=self.source or self.path, picture=self.picture)


class ReferenceStore:
    """The tray of a data folder. The methods that read files are blocking and say so; the others await the database.

    Raises EnvironmentProblem where the disk or the database is in the way.
    """

    def __init__(self, database: Database, paths: Paths, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.folder = paths.data / "references"
        self.sending = self.folder / "sending"
        self._clock = clock

    # Files: blocking.

    def take_in(self, source: Path | bytes, name: str = "") -> TrayItem:
        """Blocking. Looks at a file and keeps a copy of it; the answer still has to be `put`.

        Raises UserError: what `media.pictures.inspect` says, or `reference_missing`.
        """
        name = shown_name(name or (source.name if isinstance(source, Path) else ""))
        weight(source, name)
        kind, mime = kind_of(source)
        picture = inspect(source, name) if kind == "image" else None
        mime = picture.mime if picture else mime
        with disk_problems(self.folder):
            digest, size, path = self._copied(source, mime, name)
            small = self._thumbnail(path, digest) if picture else ""
        try:
            seconds = None if picture else seconds_of(path, kind)
            small = self._still(path, digest) if kind == "video" else small
        except BadVideo:
            self.remove_files(digest)
            raise UserError("picture_broken", name=name) from None
        now = self._clock()
        return TrayItem(
            sha256=digest,
            kind=kind,
            name=name or f"{kind}{ending(mime)}",
            mime=mime,
            bytes=size,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            seconds=seconds,
            picture=picture,
            source=_written(source.absolute()) if isinstance(source, Path) else "",
            path=str(path),
            thumbnail=small,
            added_at=now,
            used_at=now,
        )

    def original(self, sha256: str) -> Path | None:
        """Blocking. The kept file of this hash; None where there is none."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            return None
        found = sorted((self.folder / sha256[:2]).glob(f"{sha256}.*"))
        return next((path for path in found if not path.name.endswith((".thumb.jpg", ".part"))), None)

    def _copied(self, source: Path | bytes, mime: str, name: str) -> tuple[str, int, Path]:
        """Copies and hashes in one go: what is kept is what was hashed, also where the file changes meanwhile."""
        ensure_folder(self.folder, private=True)
        digest, size = hashlib.sha256(), 0
        handle, part_name = tempfile.mkstemp(suffix=".part", dir=self.folder)  # 0600 from the first byte on.
        part = Path(part_name)
        try:
            with os.fdopen(handle, "wb") as out:
                for block in _blocks(source, name):
                    digest.update(block)
                    out.write(block)
                    size += len(block)
                    if size > MOST_BYTES:
                        raise UserError("picture_heavy", name=name, limit=f"{MOST_BYTES / 1_000_000:g}")
                out.flush()
                os.fsync(out.fileno())
            sha256 = digest.hexdigest()
            kept = self.original(sha256)
            if kept is not None and kept.stat().st_size == size:
                return sha256, size, kept
            target = ensure_folder(self.folder / sha256[:2]) / f"{sha256}{ending(mime)}"
            part.replace(target)
            return sha256, size, target
        finally:
            part.unlink(missing_ok=True)

    def _places(self, item: TrayItem) -> dict[str, str]:
        folder = self.folder / item.sha256[:2]
        small = folder / f"{item.sha256}.thumb.jpg"
        original = folder / f"{item.sha256}{ending(item.mime)}"
        return {"path": str(original), "thumbnail": "" if item.kind == "audio" else str(small)}

    def _thumbnail(self, path: Path, sha256: str) -> str:
        target = path.with_name(f"{sha256}.thumb.jpg")
        if not target.exists():
            part = target.with_suffix(".part")
            part.touch(0o600)
            part.write_bytes(thumbnail(path, THUMBNAIL))
            part.replace(target)
        return str(target)

    def _still(self, path: Path, sha256: str) -> str:
        """A clip's first frame. Raises BadVideo."""
        from sora_desktop.media import stills  # Late: the codecs are slow to import.

        target = path.with_name(f"{sha256}.thumb.jpg")
        if not target.exists():
            with disk_problems(self.folder):
                stills.thumbnail(path, target, THUMBNAIL)
        return str(target)

    def temporary(self, data: bytes, suffix: str) -> Path:
        """Blocking. A private file of `data` on its way; whoever asked for it removes it."""
        with disk_problems(self.folder):
            ensure_folder(self.sending, private=True)
            handle, name = tempfile.mkstemp(suffix=suffix, dir=self.sending)
            with os.fdopen(handle, "wb") as out:
                out.write(data)
        return Path(name)

    def blanked(self, original: Path, name: str) -> Path:
        """Blocking. A private copy of a clip or a sound on its way, without what it tells of its origin; whoever asked
        for it removes it. Raises UserError `picture_broken` where it cannot be told what is what."""
        with disk_problems(self.folder):
            ensure_folder(self.sending, private=True)
            handle, copy = tempfile.mkstemp(suffix=original.suffix, dir=self.sending)
            path = Path(copy)
            try:
                with os.fdopen(handle, "wb") as out, original.open("rb") as file:
                    shutil.copyfileobj(file, out, BLOCK)
                blank(path, kind_of(original)[1])
            except BaseException as error:
                path.unlink()
                if isinstance(error, ValueError):
                    raise UserError("picture_broken", name=name) from None
                raise
        return path

    def remove_leftovers(self) -> None:
        """Blocking. Removes what a killed process was about to send, or to keep, more than a day ago."""
        before = self._clock() - 86_400
        for path in (*self.sending.glob("*"), *self.folder.glob("*.part")):
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()

    def remove_files(self, sha256: str) -> None:
        """Blocking. Removes an original and its thumbnail."""
        with disk_problems(self.folder):
            for path in (self.folder / sha256[:2]).glob(f"{safe_component(sha256)}.*"):
                path.unlink(missing_ok=True)

    # Rows.

    async def put(self, item: TrayItem) -> TrayItem:
        """Puts an item in front of the recent ones; one that is there keeps its pin and the day it came."""
        # Not where it lies: a data folder may be moved.
        row = (item.sha256, item.added_at, item.used_at, item.model_dump_json(exclude={"path", "thumbnail"}))

        def write(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO tray (sha256, added_at, used_at, document) VALUES (?, ?, ?, ?) ON CONFLICT (sha256)"
                " DO UPDATE SET used_at = excluded.used_at, document = excluded.document, hidden = 0",
                row,
            )

        await self._database.run(write)
        return await self.get(item.sha256) or item

    async def get(self, sha256: str) -> TrayItem | None:
        return next(iter(await self._select("WHERE sha256 = ?", sha256)), None)

    async def recent(self, limit: int = 60) -> list[TrayItem]:
        """The pinned ones, then the others, each the one used last first; at most `limit` in all."""
        return await self._select("WHERE hidden = 0 ORDER BY pinned DESC, used_at DESC LIMIT ?", limit)

    async def pin(self, sha256: str, pinned: bool) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("UPDATE tray SET pinned = ?, hidden = 0 WHERE sha256 = ?", (int(pinned), sha256))

        await self._database.run(write)

    async def used(self, *sha256: str) -> None:
        """Notes that they were used now."""
        now = self._clock()

        def write(db: sqlite3.Connection) -> None:
            db.executemany("UPDATE tray SET used_at = ? WHERE sha256 = ?", [(now, each) for each in sha256])

        await self._database.run(write)

    async def forget(self, sha256: str) -> bool:
        """Takes one out of the tray. True where its files may go too: no job, draft or clip refers to it."""

        def write(db: sqlite3.Connection) -> bool:
            if sha256 in _referred(db):
                db.execute("UPDATE tray SET hidden = 1, pinned = 0 WHERE sha256 = ?", (sha256,))
                return False
            db.execute("DELETE FROM tray WHERE sha256 = ?", (sha256,))
            return True

        return await self._database.run(write)

    async def forget_unused(self, days: float = UNUSED_DAYS) -> list[str]:
        """Takes out what is unpinned, unused for `days`, and referred to by no job, draft or clip. Their hashes."""
        before = self._clock() - days * 86_400

        def write(db: sqlite3.Connection) -> list[str]:
            rows = db.execute("SELECT sha256 FROM tray WHERE pinned = 0 AND used_at < ?", (before,))
            old = {str(sha256) for (sha256,) in rows}
            gone = sorted(old - _referred(db)) if old else []
            db.executemany("DELETE FROM tray WHERE sha256 = ?", [(sha256,) for sha256 in gone])
            return gone

        return await self._database.run(write)

    async def _select(self, rest: str, *args: str | int) -> list[TrayItem]:
        def read(db: sqlite3.Connection) -> list[TrayItem]:
            rows = db.execute(f"SELECT sha256, document, added_at, used_at, pinned FROM tray {rest}", args).fetchall()
            columns = {
                str(sha256): {"added_at": added, "used_at": used, "pinned": bool(pinned)}
                for sha256, _, added, used, pinned in rows
            }
            items = read_all(TrayItem, ((sha256, document) for sha256, document, *_ in rows))
            return [item.model_copy(update=columns[item.sha256] | self._places(item)) for item in items]

        return await self._database.read(read)


def _written(path: Path) -> str:
    """A path as it can be kept; empty where its bytes are no text (an old disk's): the kept copy stands for it."""
    text = str(path)
    return text if text.encode("utf-8", "ignore").decode() == text else ""


def _referred(db: sqlite3.Connection) -> set[str]:
    """The hashes that jobs, drafts and the library's clips refer to; read as text, so that a document nobody can read
    counts too."""
    found: set[str] = set()
    for table in ("jobs", "drafts", "clips"):
        for (document,) in db.execute(f'SELECT document FROM {table} WHERE instr(document, \'"sha256":"\') > 0'):
            found.update(_HASH.findall(document))
    return found


def _blocks(source: Path | bytes, name: str) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    try:
        with source.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except OSError:
        raise UserError("reference_missing", name=name) from None
