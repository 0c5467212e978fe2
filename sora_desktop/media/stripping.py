"""Metadata taken out of a file without touching a pixel: EXIF, XMP, IPTC, comments, and whatever hangs behind its end.

Colour profiles stay: the picture would look different without. Sources: ITU T.81 (JPEG), RFC 2083 and the PNG
extensions, the WebP container specification.
"""

from __future__ import annotations

import struct

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
        b"cICP",
    }
)
WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"})
"""What makes the picture look as it does. Everything else may tell something, also what nobody has heard of yet."""
WEBP_FLAGS = 0x08 | 0x04
"""The bits of VP8X that announce EXIF and XMP."""


def stripped(data: bytes, mime: str) -> bytes | None:
    """`data` without metadata; None where the file is laid out in a way that is not understood."""
    try:
        match mime:
            case "image/jpeg":
                return _jpeg(data)
            case "image/png":
                return _png(data)
            case "image/webp":
                return _webp(data)
            case _:
                return None
    except (IndexError, struct.error, ValueError):
        return None


def _jpeg(data: bytes) -> bytes:
    """The segments up to the first end of image. Kept of the application segments: JFIF, ICC profiles, Adobe's."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    out = bytearray(b"\xff\xd8")
    place = 2
    while True:
        if data[place] != 0xFF:
            raise ValueError("no marker")
        while data[place + 1] == 0xFF:  # Fill bytes.
            place += 1
        marker = data[place + 1]
        if marker == 0xD9:
            return bytes(out + b"\xff\xd9")
        (length,) = struct.unpack_from(">H", data, place + 2)
        segment = data[place : place + 2 + length]
        if length < 2 or len(segment) != length + 2:
            raise ValueError("a segment breaks off")
        place += 2 + length
        if _kept_in_jpeg(marker, segment[4:]):
            out += segment
        if marker == 0xDA:
            end = _end_of_scan(data, place)
            out += data[place:end]
            place = end


def _kept_in_jpeg(marker: int, content: bytes) -> bool:
    if marker == 0xE0:
        return content.startswith(b"JFIF\0")
    if marker == 0xE2:
        return content.startswith(b"ICC_PROFILE\0")
    if marker == 0xEE:
        return content.startswith(b"Adobe")
    return not (0xE1 <= marker <= 0xEF or marker == 0xFE)


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the coded data ends: at the next marker that is neither a stuffed zero nor a restart."""
    while True:
        place = data.index(b"\xff", place)
        after = data[place + 1]
        if after == 0 or 0xD0 <= after <= 0xD7:
            place += 2
        elif after == 0xFF:
            place += 1
        else:
            return place


def _png(data: bytes) -> bytes:
    if not data.startswith(PNG_HEAD):
        raise ValueError("no PNG")
    out = bytearray(PNG_HEAD)
    place = len(PNG_HEAD)
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise ValueError("a chunk breaks off")
        if kind in PNG_KEPT:
            out += data[place:end]
        place = end
        if kind == b"IEND":
            return bytes(out)


def _webp(data: bytes) -> bytes:
    kind, length, form = struct.unpack_from("<4sI4s", data, 0)
    if kind != b"RIFF" or form != b"WEBP" or length + 8 > len(data) + 1:
        raise ValueError("no WebP")
    body = bytearray()
    place, last = 12, min(len(data), length + 8)
    while place + 8 <= last:
        name, size = struct.unpack_from("<4sI", data, place)
        end = place + 8 + size
        if end > last:
            raise ValueError("a chunk breaks off")
        chunk = bytearray(data[place:end])
        if name == b"VP8X":
            chunk[8] &= ~WEBP_FLAGS & 0xFF
        if name in WEBP_KEPT:
            body += chunk + (b"\0" if size % 2 else b"")
        place = end + size % 2
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + bytes(body)
