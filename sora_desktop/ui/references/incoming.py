"""What a drop or a paste holds, read from its QMimeData and not from any file."""

from __future__ import annotations

import base64
import binascii
import os
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QMimeData, QMimeDatabase, QUrl
from PySide6.QtGui import QImage

from sora_desktop.core.frozen import Kept
from sora_desktop.core.references import Reference
from sora_desktop.ui.references.pages import read_page

REFERENCES = "application/x-sora-desktop-references"
"""Our own format: references as JSON, from the tray or from another card."""
FRAME = "application/x-sora-desktop-frame"
"""Our own format: frames of clips, as JSON of `Frame`s."""
PLACE = "application/x-sora-desktop-place"
"""Our own format: the place of a card of the open draft that is being moved, as text."""
MOST_DATA = 50_000_000
"""Bytes of an image that is written into a page, or into its own address; more is not read."""
MOST_ITEMS = 100
MOST_HTML = MOST_DATA * 4 // 3 + 1_000_000
ELSEWHERE = frozenset(
    {"smb", "sftp", "ssh", "fish", "ftp", "ftps", "nfs", "afp", "dav", "davs", "webdav", "webdavs", "google-drive"}
    | {"gdrive", "mtp", "gphoto2", "afc", "archive", "zip", "tar", "trash", "recent", "admin"}
)
"""Schemes by which file managers name what no path leads to."""
FIRST = 64
"""Characters of such an image that are enough to know that there is one."""

_references = TypeAdapter(tuple[Reference, ...])


class Frame(Kept):
    """A frame of a clip: at `seconds`, or the last where that is None."""

    path: str
    seconds: float | None = None
    title: str = ""


_own_frames = TypeAdapter(tuple[Frame, ...])


@dataclass(frozen=True, slots=True)
class Incoming:
    """Everything that a drop offers: references, frames of clips, files, pixels, pictures of a page, addresses; and, by
    their addresses, files that are `elsewhere`: on a phone, on a server, in an archive."""

    references: tuple[Reference, ...] = ()
    frames: tuple[Frame, ...] = ()
    files: tuple[Path, ...] = ()
    image: QImage | None = None
    data: bytes = b""
    pictures: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.readable or bool(self.elsewhere)

    @property
    def readable(self) -> bool:
        """Whether something of it can be had from here."""
        return bool(
            self.references
            or self.frames
            or self.files
            or self.image is not None
            or self.data
            or self.pictures
            or self.urls
        )

    @property
    def kinds(self) -> frozenset[str]:
        """What it seems to hold, by names alone: "image", "video", "audio", "other"; "?" where only opening tells."""
        found = {reference.kind for reference in self.references}
        found |= {kind_of_name(file.name) for file in self.files}
        found |= {kind_of_name(url) for url in self.elsewhere}
        if found:
            return frozenset(found)
        if self.frames or self.image is not None or self.data or self.pictures:
            return frozenset({"image"})
        return frozenset({"?"} if self.urls else ())


def has_media(mime: QMimeData) -> bool:
    """Whether this is meant as a reference even where text is being written: files, also those that no path leads to,
    pixels, a picture of a page, our own; not an address."""
    if mime.hasFormat(REFERENCES) or mime.hasFormat(FRAME):
        return True
    if any(url.isLocalFile() or url.scheme().lower() in {"data", *ELSEWHERE} for url in mime.urls()):
        return True
    text = mime.text()[:10_000].strip() if mime.hasFormat("text/plain") else ""
    if _is_data(text):
        return True
    # A table or a letter brings its picture beside the text: there the text is meant. With a picture that is dragged
    # out of a page, the text is its address.
    if text and not all(is_web(line) for line in text.split()):
        return False
    if mime.hasImage() and (not text or mime.hasUrls()):
        return True
    pictures, words = _shown(mime)
    return bool(pictures) and not words


def read(mime: QMimeData, *, pixels: bool = True) -> Incoming:
    """What `mime` offers. `pixels` False leaves image data undecoded, as while a drag is only passing over."""
    if mime.hasFormat(REFERENCES):
        return Incoming(references=_own(_bytes(mime, REFERENCES)))
    frames = _frames(_bytes(mime, FRAME)) if mime.hasFormat(FRAME) else ()
    urls = mime.urls()[:MOST_ITEMS]
    files = tuple(_file(url) for url in urls if url.isLocalFile())
    shown, _ = _shown(mime)
    return Incoming(
        frames=frames,
        files=() if frames else files,
        image=_image(mime, pixels) if not files else None,
        data=_written(mime, urls, shown, pixels) if not files else b"",
        pictures=tuple(filter(is_web, shown))[:MOST_ITEMS] if not files else (),
        urls=_addresses(mime, urls),
        elsewhere=tuple(url.toString() for url in urls if url.scheme().lower() in ELSEWHERE),
    )


def _shown(mime: QMimeData) -> tuple[tuple[str, ...], bool]:
    """The pictures of the HTML that can be had, and whether there are words beside them."""
    pictures, words = read_page(mime.html()[:MOST_HTML]) if mime.hasHtml() else ((), False)
    whole = (f"https:{source}" if source.startswith("//") else source for source in pictures)
    return tuple(source for source in whole if is_web(source) or _is_data(source)), words


def _file(url: QUrl) -> Path:
    """A local file, also one whose name is no UTF-8: Qt would put question marks into it.

    Some file managers name this machine in the address (XDND: file://host/path), which would make it a share's.
    """
    if url.host().lower() in {"localhost", socket.gethostname().lower()}:
        url = QUrl(url)
        url.setHost("")
    path = url.toLocalFile()
    if "\ufffd" in path:
        path = os.fsdecode(unquote_to_bytes(url.path(QUrl.ComponentFormattingOption.FullyEncoded)))
    return Path(path)


def _bytes(mime: QMimeData, name: str) -> bytes:
    return bytes(mime.data(name).data())


def _own(content: bytes) -> tuple[Reference, ...]:
    try:
        return _references.validate_json(content)
    except ValidationError:
        return ()


def _frames(content: bytes) -> tuple[Frame, ...]:
    try:
        return _own_frames.validate_json(content)[:MOST_ITEMS]
    except ValidationError:
        return ()


def _image(mime: QMimeData, pixels: bool) -> QImage | None:
    if not mime.hasImage():
        return None
    if not pixels:
        return QImage()
    image = mime.imageData()
    if isinstance(image, QImage) and not image.isNull():
        return image
    to_image = getattr(image, "toImage", None)
    made = to_image() if to_image is not None else None
    return made if isinstance(made, QImage) and not made.isNull() else None


def _addresses(mime: QMimeData, urls: Iterable[QUrl]) -> tuple[str, ...]:
    """Web addresses, of the list of URLs or, where there is none, of a text that is nothing else."""
    listed = [_encoded(url) for url in urls]
    found = [url for url in listed if is_web(url)]
    if not listed and mime.hasText():
        lines = [line.strip() for line in mime.text()[:10_000].splitlines() if line.strip()]
        if lines and all(is_web(line) for line in lines):
            found = lines[:MOST_ITEMS]
    return tuple(dict.fromkeys(found))


def _encoded(url: QUrl) -> str:
    return url.toString(QUrl.ComponentFormattingOption.FullyEncoded)


def is_web(text: str) -> bool:
    """Whether `text` is one http(s) address."""
    return re.fullmatch(r"https?://[^\s/]\S*", text.strip(), re.IGNORECASE) is not None


def _written(mime: QMimeData, urls: Iterable[QUrl], shown: Iterable[str], pixels: bool) -> bytes:
    """The first picture that is written into the page, or is its own address."""
    listed = (_encoded(url) for url in urls if url.scheme() == "data")
    found = next(filter(_is_data, (*shown, *listed)), "")
    if not found and mime.hasText() and _is_data(mime.text()[:FIRST].lstrip()):
        found = mime.text()[:MOST_HTML].strip()
    head, _, content = found.partition(",")
    return _data(head, content if pixels else content[:FIRST])


def _is_data(source: str) -> bool:
    return source[:11].lower() == "data:image/"


def _data(head: str, content: str) -> bytes:
    if len(content) > MOST_DATA * 4 // 3:
        return b""
    try:
        return base64.b64decode(content, validate=False) if ";base64" in head.lower() else unquote_to_bytes(content)
    except (binascii.Error, ValueError):
        return b""


def kind_of_name(name: str) -> str:
    """The kind of a file by its name: image, video, audio, other; "?" where the name tells nothing."""
    types = QMimeDatabase().mimeTypesForFileName(name)
    if not types:
        return "?"
    family = types[0].name().split("/")[0]
    return family if family in ("image", "video", "audio") else "other"


def of_references(references: Iterable[Reference]) -> QMimeData:
    """References to drag; other programs get their files and addresses."""
    kept = tuple(references)
    mime = QMimeData()
    mime.setData(REFERENCES, _references.dump_json(kept))
    mime.setUrls([QUrl.fromLocalFile(one.path) if one.path else QUrl(one.url) for one in kept])
    return mime


def of_frame(frame: Frame, image: QImage | None = None, *, with_clip: bool = False) -> QMimeData:
    """A clip's frame to drag; other programs get the pixels, or the clip's file `with_clip`."""
    mime = of_frames([frame], with_clips=with_clip)
    if image is not None and not image.isNull():
        mime.setImageData(image)
    return mime


def of_frames(frames: Iterable[Frame], *, with_clips: bool = False) -> QMimeData:
    """Frames of several clips to drag; other programs get the clips' files `with_clips`."""
    kept = tuple(frames)
    mime = QMimeData()
    mime.setData(FRAME, _own_frames.dump_json(kept))
    if with_clips:
        mime.setUrls([QUrl.fromLocalFile(frame.path) for frame in kept])
    return mime
