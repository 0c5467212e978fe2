"""What a clip or a sound tells of its origin (place, camera, time, remarks), blanked where it stands: no byte moves, so
picture and sound stay as they are.

Sources: ISO/IEC 14496-12 and Apple's QuickTime File Format (boxes), ID3v2.4, RIFF/WAVE, RFC 8794 and RFC 9559 (WebM).
The comments of an Ogg file stay: its pages are sealed by checksums.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

TOP = frozenset({b"ftyp", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"pdin", b"pnot"})
MOVIE = frozenset({b"mvhd", b"trak", b"mvex", b"iods"})
TRACK = frozenset({b"tkhd", b"edts", b"mdia", b"tapt", b"clip", b"matt", b"load"})
"""The boxes that are needed to play. All others may tell something, also what nobody has heard of yet."""
TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
SEEN = frozenset({b"vide", b"soun"})
"""The tracks that are seen or heard. Cameras and drones write where they are into others."""
WAVE = frozenset({b"fmt ", b"data", b"fact"})
CLUSTER = 0x1F43B675
HOLDERS = frozenset({0x18538067, 0x1549A966, 0x1654AE6B, 0xAE})
"""WebM's elements that are looked into: Segment, Info, Tracks, TrackEntry."""
REMARKS = frozenset({0x1254C367, 0x1941A469, 0x7BA9, 0x7384, 0x4461, 0x536E})
"""Tags, Attachments, Title, SegmentFilename, DateUTC, Name of a track."""
MOST_MOVIE = 100_000_000
"""Bytes of a header that is read."""
PIECE = 1 << 20


def blank(path: Path, mime: str) -> None:
    """Blanks in `path` itself, a copy. Raises OSError, and ValueError where the file is not laid out as it says."""
    with path.open("r+b") as file:
        try:
            match mime:
                case "video/mp4" | "video/quicktime" | "audio/mp4":
                    _boxed(file)
                case "audio/mpeg" | "audio/aac":
                    _tagged(file)
                case "audio/wav" | "audio/x-wav":
                    _chunked(file)
                case "video/webm":
                    _elements(file)
                case _:
                    pass
        except (struct.error, IndexError) as error:
            raise ValueError(str(error)) from None


# MP4 and QuickTime.


def _boxed(file: BinaryIO) -> None:
    end, place = file.seek(0, 2), 0
    while place + 8 <= end:
        file.seek(place)
        kind, head, size = _head(file.read(16), end - place)
        if kind == b"moov":
            if size > MOST_MOVIE:
                raise ValueError("its header is too large")
            file.seek(place)
            moov = bytearray(file.read(size))
            for start, length in _movie(moov, head):
                _wipe(file, start, min(length, end - start))
            file.seek(place)
            file.write(moov)
        elif kind not in TOP:
            file.seek(place + 4)
            file.write(b"free")
            _wipe(file, place + head, size - head)
        place += size


def _movie(moov: bytearray, head: int) -> list[tuple[int, int]]:
    """Blanks in a header; the places in the file, as (start, length), of what its unseen tracks hold."""
    found: list[tuple[int, int]] = []
    fragments = any(kind == b"mvex" for kind, *_ in _inside(moov, head, len(moov)))
    for kind, place, start, end in _inside(moov, head, len(moov)):
        if kind == b"trak" and not fragments and _handler(moov, start, end) not in SEEN:
            found += _samples(moov, start, end)
            _free(moov, place, start, end)
        elif kind == b"trak":
            _track(moov, start, end)
        elif kind not in MOVIE:
            _free(moov, place, start, end)
        else:
            _timeless(moov, kind, start)
    return found


def _track(moov: bytearray, start: int, end: int) -> None:
    for kind, place, inner, last in _inside(moov, start, end):
        if kind not in TRACK:
            _free(moov, place, inner, last)
        _timeless(moov, kind, inner)
        if kind == b"mdia":
            for part, at, begun, ended in _inside(moov, inner, last):
                _timeless(moov, part, begun)
                if part in {b"udta", b"meta", b"uuid"}:
                    _free(moov, at, begun, ended)


def _timeless(moov: bytearray, kind: bytes, start: int) -> None:
    """Takes away when it was made and changed."""
    if kind in TIMED:
        length = 16 if moov[start] == 1 else 8
        moov[start + 4 : start + 4 + length] = bytes(length)


def _handler(moov: bytearray, start: int, end: int) -> bytes:
    mdia = _first(moov, b"mdia", start, end)
    hdlr = _first(moov, b"hdlr", *mdia) if mdia else None
    return bytes(moov[hdlr[0] + 8 : hdlr[0] + 12]) if hdlr else b""


def _samples(moov: bytearray, start: int, end: int) -> list[tuple[int, int]]:
    """Where a track's samples lie in the file: chunk by chunk (14496-12, 8.7)."""
    at = start, end
    for kind in (b"mdia", b"minf", b"stbl"):
        inner = _first(moov, kind, *at)
        if inner is None:
            return []
        at = inner
    tables = {kind: moov[begun:ended] for kind, _, begun, ended in _inside(moov, *at)}
    wide = b"co64" in tables
    offsets = _table(tables[b"co64" if wide else b"stco"], ">Q" if wide else ">I") if wide or b"stco" in tables else []
    same, count = struct.unpack_from(">II", tables[b"stsz"], 4) if b"stsz" in tables else (0, 0)
    sizes = [one for (one,) in struct.iter_unpack(">I", tables[b"stsz"][12 : 12 + 4 * count])] if not same else []
    runs = _table(tables.get(b"stsc", bytearray(8)), ">III")
    found: list[tuple[int, int]] = []
    sample, run = 0, 0
    for chunk, (offset,) in enumerate(offsets, 1):
        while run + 1 < len(runs) and runs[run + 1][0] <= chunk:
            run += 1
        some = runs[run][1] if runs else 0
        length = same * some if same else sum(sizes[sample : sample + some])
        sample += some
        found.append((offset, length))
    return found


def _table(box: bytearray, form: str) -> list[tuple[int, ...]]:
    """The entries of a box that counts them."""
    (count,) = struct.unpack_from(">I", box, 4)
    return list(struct.iter_unpack(form, box[8 : 8 + count * struct.calcsize(form)]))


def _first(moov: bytearray, wanted: bytes, start: int, end: int) -> tuple[int, int] | None:
    return next(((begun, ended) for kind, _, begun, ended in _inside(moov, start, end) if kind == wanted), None)


def _inside(data: bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """(type, place, begin and end of the content) of each box between `start` and `end`."""
    while start + 8 <= end:
        kind, head, size = _head(data[start : start + 16], end - start)
        yield kind, start, start + head, start + size
        start += size


def _head(data: bytes | bytearray, room: int) -> tuple[bytes, int, int]:
    """(type, bytes of the head, bytes in all) of a box."""
    size, kind = struct.unpack_from(">I4s", data)
    head = 8
    if size == 1:
        (size,) = struct.unpack_from(">Q", data, 8)
        head = 16
    size = size or room
    if size < head or size > room:
        raise ValueError("a box reaches past its end")
    return kind, head, size


def _free(data: bytearray, place: int, start: int, end: int) -> None:
    data[place + 4 : place + 8] = b"free"
    data[start:end] = bytes(end - start)


# Sounds, and WebM.


def _tagged(file: BinaryIO) -> None:
    """ID3: the frames at the beginning become padding, the tag at the end an empty one."""
    end = file.seek(0, 2)
    file.seek(0)
    head = file.read(10)
    if head.startswith(b"ID3") and len(head) == 10:
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        file.seek(5)
        file.write(b"\0")  # Neither unsynchronised, nor extended, nor with a footer.
        _wipe(file, 10, min(length, end - 10))
    file.seek(max(0, end - 128))
    if file.read(3) == b"TAG":
        _wipe(file, end - 125, 125)


def _chunked(file: BinaryIO) -> None:
    end, place = file.seek(0, 2), 12
    while place + 8 <= end:
        file.seek(place)
        kind, size = struct.unpack("<4sI", file.read(8))
        size = min(size, end - place - 8)
        if kind not in WAVE:
            file.seek(place)
            file.write(b"JUNK")
            _wipe(file, place + 8, size)
        place += 8 + size + size % 2


def _elements(file: BinaryIO) -> None:
    """The elements of a segment; remarks become void."""
    end, place = file.seek(0, 2), 0
    while place < end:
        file.seek(place)
        data = file.read(12)
        name, wide = _number(data, keep=True)
        size, more = _number(data[wide:])
        head = wide + more
        unknown = size == (1 << 7 * more) - 1
        if name in HOLDERS or (unknown and name == CLUSTER):
            place += head
            continue
        if unknown or place + head + size > end:
            raise ValueError("an element reaches past its end")
        if name in REMARKS:
            whole = head + size
            wide = 1 if whole < 9 else 8
            file.seek(place)
            file.write(b"\xec" + (whole - 1 - wide | 1 << 7 * wide).to_bytes(wide))
            _wipe(file, place + 1 + wide, whole - 1 - wide)
        place += head + size


def _number(data: bytes, *, keep: bool = False) -> tuple[int, int]:
    """(an EBML number, its bytes). `keep`: with the bits that tell its length, as an element's id has them."""
    length = 9 - data[0].bit_length()
    if length > 8 or length > len(data):
        raise ValueError("no number")
    value = int.from_bytes(data[:length])
    return (value if keep else value & ((1 << 7 * length) - 1)), length


def _wipe(file: BinaryIO, place: int, count: int) -> None:
    file.seek(place)
    for start in range(0, count, PIECE):
        file.write(bytes(min(PIECE, count - start)))
