"""What a drop or a paste holds, read from its QMimeData and not from any file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote_to_bytes

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QMimeData, QMimeDatabase, QUrl
from PySide6.QtGui import QImage

from sora_desktop.core.frozen import Kept
from sora_desktop.core.references import Reference

REFERENCES = "application/x-sora-desktop-references"
"""Our own format: references as JSON, from the tray or from another card."""
FRAME = "application/x-sora-desktop-frame"
"""Our own format: frames of clips, as JSON of `Frame`s."""
PLACE = "application/x-sora-desktop-place"
"""Our own format: the place of a card of the open draft that is being moved, as text."""
MOST_DATA = 50_000_000
"""Bytes of an image that a page carries inside its HTML; more is not read."""
MOST_ITEMS = 100
MOST_HTML = 1_000_000

_PICTURES = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s>\"']+))", re.IGNORECASE)
_references = TypeAdapter(tuple[Reference, ...])


class Frame(Kept):
    """A frame of a clip: at `seconds`, or the last where that is None."""

    path: str
    seconds: float | None = None
    title: str = ""


_own_frames = TypeAdapter(tuple[Frame, ...])


@dataclass(frozen=True, slots=True)
class Incoming:
    """Everything that a drop offers: references, frames of clips, files, pixels, pictures of a page, addresses."""

    references: tuple[Reference, ...] = ()
    frames: tuple[Frame, ...] = ()
    files: tuple[Path, ...] = ()
    image: QImage | None = None
    data: bytes = b""
    pictures: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    def __bool__(self) -> bool:
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
        if found:
            return frozenset(found)
        if self.frames or self.image is not None or self.data or self.pictures:
            return frozenset({"image"})
        return frozenset({"?"} if self.urls else ())


def has_media(mime: QMimeData) -> bool:
    """Whether this is meant as a reference even where text is being written: files, pixels, our own; not an address."""
    if mime.hasFormat(REFERENCES) or mime.hasFormat(FRAME):
        return True
    if any(url.isLocalFile() for url in mime.urls()):
        return True
    # A table or a letter brings its picture beside the text: there the text is meant.
    return mime.hasImage() and not mime.hasFormat("text/plain")


def read(mime: QMimeData, *, pixels: bool = True) -> Incoming:
    """What `mime` offers. `pixels` False leaves image data undecoded, as while a drag is only passing over."""
    if mime.hasFormat(REFERENCES):
        return Incoming(references=_own(_bytes(mime, REFERENCES)))
    frames = _frames(_bytes(mime, FRAME)) if mime.hasFormat(FRAME) else ()
    urls = mime.urls()[:MOST_ITEMS]
    files = tuple(Path(url.toLocalFile()) for url in urls if url.isLocalFile())
    pictures, data = _in_html(mime.html()[:MOST_HTML]) if mime.hasHtml() else ((), b"")
    return Incoming(
        frames=frames,
        files=() if frames else files,
        image=_image(mime, pixels) if not files else None,
        data=data if not files else b"",
        pictures=pictures if not files else (),
        urls=_addresses(mime, urls),
    )


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
    """Web addresses, of the list of URLs or of a text that is nothing else."""
    found = [url.toString(QUrl.ComponentFormattingOption.FullyEncoded) for url in urls if is_web(url.toString())]
    if not found and mime.hasText():
        lines = [line.strip() for line in mime.text()[:10_000].splitlines() if line.strip()]
        if lines and all(is_web(line) for line in lines):
            found = lines[:MOST_ITEMS]
    return tuple(dict.fromkeys(found))


def is_web(text: str) -> bool:
    """Whether `text` is one http(s) address."""
    return re.fullmatch(r"https?://[^\s/]\S*", text.strip(), re.IGNORECASE) is not None


def _in_html(html: str) -> tuple[tuple[str, ...], bytes]:
    """The addresses of a page's pictures, and the first picture that is written into the page itself."""
    pictures: list[str] = []
    data = b""
    for groups in _PICTURES.findall(html):
        source = unescape(next(filter(None, groups))).strip()
        if is_web(source):
            pictures.append(source)
        elif source[:11].lower() == "data:image/" and not data:
            data = _data(source)
    return tuple(dict.fromkeys(pictures))[:MOST_ITEMS], data


def _data(source: str) -> bytes:
    head, _, content = source.partition(",")
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
