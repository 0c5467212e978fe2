"""Picture files, told by their content and opened with a bound. Blocking: callers run this on a thread.

Only the formats of `FORMATS` are tried, so that no exotic decoder ever sees a stranger's file.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import logging
import re
import struct
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, cast

from sora_desktop.core.errors import UserError
from sora_desktop.core.pictures import Picture
from sora_desktop.media import boxes

if TYPE_CHECKING:
    from PIL.Image import Image

log = logging.getLogger(__name__)

MOST_PIXELS = 120_000_000
"""Pixels of a picture that is decoded: a phone's largest, and about half a gigabyte in memory."""
MOST_BYTES = 200_000_000
"""Bytes of a file that is read."""
MOST_SAVED = 64_000_000
"""Bytes of a picture that is encoded at once; the memory is taken as it is filled."""
MOST_FRAMES = 10_000
"""Frames of an animation that are counted."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
MIMES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # What phones write: a JPEG with more pictures behind it.
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
ENDINGS = {"image/jpeg": ".jpg", "image/heic": ".heic", "image/tiff": ".tif"}

ORIENTATION = 0x0112
GPS = 0x8825
STRUCTURE = frozenset(
    {0xFE, 0x100, 0x101, 0x102, 0x103, 0x106, 0x111, 0x112, 0x115, 0x116, 0x117, 0x118, 0x119, 0x11A, 0x11B, 0x11C}
    | {0x128, 0x13D, 0x13E, 0x13F, 0x140, 0x142, 0x143, 0x144, 0x145, 0x152, 0x153}
)
"""EXIF/TIFF tags that say how the pixels lie, and nothing of where they come from."""
TELLING = frozenset({"xmp", "XML:com.adobe.xmp", "photoshop", "comment", "Comment", "iptc"})
"""Pillow's names in `Image.info` for metadata outside of EXIF."""


def ending(mime: str) -> str:
    """The usual ending of a file of this type, with its dot."""
    return ENDINGS.get(mime) or "." + (re.sub(r"\W", "", mime.split("/")[-1]) or "bin")[:8]


def named(name: str, mime: str) -> str:
    """`name` with an ending that says this type: services and players go by it, whatever the file says."""
    known = {"image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"}, "image/heic": {".heic", ".heif"}}
    path = PurePath(name or "picture")
    if path.suffix.lower() in known.get(mime, {ending(mime)}):
        return name
    is_ending = re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{1,4}", path.suffix)
    return f"{path.stem if is_ending else path.name}{ending(mime)}"


def inspect(source: Path | bytes, name: str = "") -> Picture:
    """The facts of a picture, decoded to its end so that a broken one is found now and not when it is paid for.

    `name` is for the sentence of an error. Raises UserError: `picture_none`, `picture_broken`, `picture_huge`,
    `reference_unreadable`, and what `weight` says.
    """
    name = name or (source.name if isinstance(source, Path) else "")
    size = weight(source, name)
    with opened(source, name) as image:
        mode = _mode(image)  # Before anything decodes it.
        mime = MIMES[image.format or ""]
        orientation, has_place, has_exif = _exif(image)
        facts = {
            "mode": mode,
            "frames": _frames(image),
            "has_alpha": image.has_transparency_data,
            "has_metadata": has_exif or bool(TELLING & set(image.info)) or _more_text(image),
        }
        image.seek(0)
        image.load()
        width, height = image.size
        if orientation in {5, 6, 7, 8} and _exif(image)[0] == orientation:  # Pillow turns a TIFF by itself.
            width, height = height, width
    return Picture(
        mime=mime, width=width, height=height, bytes=size, orientation=orientation, has_place=has_place, **facts
    )


def glance(data: bytes, name: str = "") -> tuple[str, int | None, int | None]:
    """(type, width, height) of a picture of which only the beginning is there; None for what it does not tell.

    Raises UserError: `picture_none`, `picture_huge`.
    """
    if data[8:12] == b"WEBP":
        return ("image/webp", *_webp_size(data))
    try:
        with opened(data, name) as image:
            width, height = image.size
            if _exif(image)[0] in {5, 6, 7, 8}:
                width, height = height, width
            return MIMES[image.format or ""], width, height
    except UserError as error:
        if error.code != "picture_broken":
            raise
    if data[4:8] != b"ftyp":
        return "", None, None
    brands = data[8 : min(128, int.from_bytes(data[:4]))]
    return ("image/avif" if b"avif" in brands or b"avis" in brands else "image/heic", *boxes.pixels(data))


def _webp_size(data: bytes) -> tuple[int | None, int | None]:
    """Of its first chunk (RFC 9649): Pillow opens whole files only."""
    match data[12:16]:
        case b"VP8X" if len(data) >= 30:
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L" if len(data) >= 25:
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 " if len(data) >= 30:
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None, None


@contextmanager
def opened(source: Path | bytes, name: str = "") -> Generator[Image]:
    """The picture, not decoded yet. Whatever goes wrong inside the context is the file's fault: UserError."""
    images = _pillow()
    try:
        with images.open(source if isinstance(source, Path) else io.BytesIO(source), formats=FORMATS) as image:
            if image.size[0] * image.size[1] > MOST_PIXELS:
                raise _huge(name)
            yield image
    except UserError:
        raise
    except FileNotFoundError:
        raise UserError("reference_missing", name=name) from None
    except images.UnidentifiedImageError:
        raise _unknown(source, name) from None
    except (images.DecompressionBombError, images.DecompressionBombWarning, MemoryError):
        raise _huge(name) from None
    except OSError as error:
        # Pillow's own have no number; a file that was made for it can ask for an impossible place.
        broken = error.errno in {None, errno.EINVAL, errno.EOVERFLOW}
        raise UserError("picture_broken" if broken else "reference_unreadable", name=name) from None
    except Exception as error:  # A decoder may raise anything on a file that was made to break it.
        log.info("a picture cannot be read: %s: %s", type(error).__name__, error)
        raise UserError("picture_broken", name=name) from None


@functools.cache
def _pillow():
    """Pillow with the formats of the plugins. Imported late: together they cost 60 ms."""
    import pillow_heif
    from PIL import (  # noqa: F401  (each makes its format known)
        AvifImagePlugin,
        BmpImagePlugin,
        GifImagePlugin,
        Image,
        ImageFile,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    # Pillow's own is a byte a pixel: a progressive JPEG with more detail would fail, and libjpeg write to stderr.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, MOST_SAVED)
    # Between one and two times the limit Pillow only warns.
    warnings.filterwarnings("ignore", module=r"PIL\.")  # What is odd in a file is nothing to print.
    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    return Image


def weight(source: Path | bytes, name: str) -> int:
    """Bytes of a file that may be opened: what is no plain file may never end, or never begin.

    Raises UserError: `reference_missing`, `reference_folder`, `picture_empty`, `picture_heavy`.
    """
    try:
        if isinstance(source, Path) and source.is_dir():
            raise UserError("reference_folder", name=name)
        size = source.stat().st_size if isinstance(source, Path) else len(source)
        if isinstance(source, Path) and not source.is_file():
            raise UserError("reference_missing", name=name)
    except (OSError, ValueError):  # ValueError: a name that no file can have.
        raise UserError("reference_missing", name=name) from None
    if not size:
        raise UserError("picture_empty", name=name)
    if size > MOST_BYTES:
        raise UserError("picture_heavy", name=name, limit=f"{MOST_BYTES / 1_000_000:g}")
    return size


def _unknown(source: Path | bytes, name: str) -> UserError:
    """A picture that breaks off before its header ends, or no picture at all."""
    head = b""
    with contextlib.suppress(OSError):
        if isinstance(source, Path):
            with source.open("rb") as file:
                head = file.read(16)
        else:
            head = source[:16]
    begins = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")
    boxes = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif", b"ftypavis")
    is_picture = head.startswith(begins) or head[4:12] in boxes or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return UserError("picture_broken" if is_picture else "picture_none", name=name)


def _huge(name: str) -> UserError:
    return UserError("picture_huge", name=name, limit=f"{MOST_PIXELS / 1_000_000:g}")


def _exif(image: Image) -> tuple[int, bool, bool]:
    """(orientation, whether it tells a place, whether it tells anything of its origin)."""
    try:
        exif = image.getexif()
        orientation = exif.get(ORIENTATION, 1)
        telling = set(exif) - STRUCTURE
        return (orientation if orientation in range(1, 9) else 1), GPS in telling, bool(telling)
    except Exception:  # Broken EXIF is no reason to refuse a picture; what is there is taken away.
        return 1, False, True


def _mode(image: Image) -> str:
    """Pillow's mode. Of 16 bits a colour Pillow reads eight and calls it RGB: here it is RGB;16."""
    sixteen = image.format == "PNG" and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))
    return f"{image.mode};16" if sixteen and ";" not in image.mode else image.mode


def _frames(image: Image) -> int:
    """The frames of an animation; the further pictures of a phone's JPEG and of a TIFF are none."""
    if image.format in {"JPEG", "MPO", "TIFF", "HEIF", "BMP"}:
        return 1
    if image.format == "GIF":
        return _gif_frames(cast("BinaryIO", image.fp))  # type: ignore[attr-defined]
    return min(int(getattr(image, "n_frames", 1)), MOST_FRAMES)


def _gif_frames(file: BinaryIO) -> int:
    """Counted by the blocks of the file (GIF89a): Pillow would walk through millions of them."""
    place = file.tell()
    file.seek(10)
    _skip_table(file, file.read(1))
    file.seek(2, io.SEEK_CUR)
    frames = 0
    while frames < MOST_FRAMES and (kind := file.read(1)) in {b"!", b","}:
        if kind == b"!":
            file.seek(1, io.SEEK_CUR)
        else:
            frames += 1
            _skip_table(file, file.read(9)[8:])
            file.seek(1, io.SEEK_CUR)
        while (size := file.read(1)) > b"\0":
            file.seek(size[0], io.SEEK_CUR)
    file.seek(place)
    return max(1, frames)


def _skip_table(file: BinaryIO, flags: bytes) -> None:
    if flags and flags[0] & 0x80:
        file.seek(3 << (flags[0] & 7) + 1, io.SEEK_CUR)


def _more_text(image: Image) -> bool:
    """PNG's text chunks (a camera or an editor writes who and where into them), and JPEG's segments of other makers."""
    if image.format == "PNG":
        return bool(getattr(image, "text", {}))
    segments = getattr(image, "applist", [])
    return image.format == "MPO" or any(name in {"APP1", "APP12", "APP13", "COM"} for name, _ in segments)
