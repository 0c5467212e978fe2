"""The size of a HEIF or AVIF picture by its first boxes: the decoders open whole files only.

Source: ISO/IEC 23008-12 (ispe, clap, irot) in the boxes of ISO/IEC 14496-12 (meta, pitm, iprp, ipma).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MOST_BOXES = 10_000


def pixels(data: bytes) -> tuple[int | None, int | None]:
    """(width, height) of the upright first picture; None where the beginning of the file does not tell."""
    try:
        meta = next(content for kind, content in _boxes(data) if kind == b"meta")
        return _of_meta(meta[4:])
    except (StopIteration, struct.error, IndexError):
        return None, None


def _of_meta(meta: bytes) -> tuple[int | None, int | None]:
    found = dict(_boxes(meta))
    main_item = found.get(b"pitm", b"")
    (main,) = struct.unpack_from(">I" if main_item[0] else ">H", main_item, 4)
    inner = dict(_boxes(found.get(b"iprp", b"")))
    properties = list(_boxes(inner.get(b"ipco", b"")))
    size, turned = None, False
    for number in _properties_of(inner.get(b"ipma", b""), main):
        kind, content = properties[number - 1] if number else (b"", b"")
        if kind == b"ispe":
            size = struct.unpack_from(">II", content, 4)
        elif kind == b"clap":
            width, of_width, height, of_height = struct.unpack_from(">4I", content)
            size = (width // max(1, of_width), height // max(1, of_height))
        elif kind == b"irot":
            turned = bool(content[0] & 1)
    if size is None or 0 in size:
        return None, None
    return (size[1], size[0]) if turned else (size[0], size[1])


def _properties_of(ipma: bytes, item: int) -> list[int]:
    """The numbers of an item's properties, counted from 1."""
    version, wide = ipma[0], ipma[3] & 1
    (entries,) = struct.unpack_from(">I", ipma, 4)
    place = 8
    for _ in range(min(entries, MOST_BOXES)):
        (number,) = struct.unpack_from(">I" if version else ">H", ipma, place)
        place += 4 if version else 2
        count = ipma[place]
        place += 1
        listed = struct.unpack_from(f">{count}{'H' if wide else 'B'}", ipma, place)
        place += count * (2 if wide else 1)
        if number == item:
            return [one & (0x7FFF if wide else 0x7F) for one in listed]
    return []


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of each box that is there to its end."""
    place = 0
    for _ in range(MOST_BOXES):
        if place + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, place)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        if size < head or place + size > len(data):
            return
        yield kind, data[place + head : place + size]
        place += size
