"""What a clip or a sound tells of its origin (place, camera, time, remarks), blanked where it stands: no byte moves, so
picture and sound stay as they are.

Sources: ISO/IEC 14496-12 and Apple's QuickTime File Format (boxes), ID3v2.4, APEv2, RIFF/WAVE, RFC 8794 and RFC 9559
(WebM). A file whose last piece is cut plays up to there, so it is taken.
The comments of an Ogg file stay: its pages are sealed by checksums.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

TOP = frozenset({b"ftyp", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"pdin", b"pnot"})
MOVIE = frozenset({b"mvhd", b"trak", b"mvex", b"iods"})
TRACK = frozenset({b"tkhd", b"edts", b"mdia", b"tapt", b"clip", b"matt", b"load"})
"""The boxes that are needed to play. All others may tell something, also what nobody has heard of yet."""
TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
SEEN = frozenset({b"vide", b"soun"})
"""The tracks that are seen or heard. Cameras and drones write where they are into others."""
CAMERAS = frozenset({b"avc1", b"hvc1", b"hev1"})
"""Of pictures coded so, cameras write their own name where the coder's belongs."""
WAVE = frozenset({b"fmt ", b"data", b"fact"})
CLUSTER = 0x1F43B675
HOLDERS = frozenset({0x18538067, 0x1549A966, 0x1654AE6B, 0xAE})
"""WebM's elements that are looked into: Segment, Info, Tracks, TrackEntry."""
ELEMENT = 12
"""Bytes of an element's head at most: its id and its size."""
REMARKS = frozenset({0x1254C367, 0x1941A469, 0x1043A770, 0x7BA9, 0x7384, 0x4461, 0x536E, 0xBF})
"""Tags, Attachments, Chapters, Title, SegmentFilename, DateUTC, Name of a track; and the checksum of what has them."""
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
    unseen, held = list[tuple[int, int]](), list[tuple[int, int]]()
    while place + 8 <= end:
        file.seek(place)
        kind, head, size = _head(file.read(16), end - place, cut=True)
        if kind == b"moov":
            if size > MOST_MOVIE:
                raise ValueError("its header is too large")
            file.seek(place)
            moov = bytearray(file.read(size))
            unseen += _movie(moov, head)
            file.seek(place)
            file.write(moov)
        elif kind == b"mdat":
            held.append((place + head, place + size))
        elif kind not in TOP:
            file.seek(place + 4)
            file.write(b"free")
            _wipe(file, place + head, size - head)
        place += size
    for start, length in unseen:
        for first, last in held:  # A table may lead anywhere.
            begin = max(start, first)
            _wipe(file, begin, min(start + length, last) - begin)


def _movie(moov: bytearray, head: int) -> list[tuple[int, int]]:
    """Blanks in a header; the places in the file, as (start, length), of what its unseen tracks hold."""
    found, seen = list[tuple[int, int]](), False
    fragments = any(kind == b"mvex" for kind, *_ in _inside(moov, head, len(moov)))
    for kind, place, start, end in _inside(moov, head, len(moov)):
        if kind == b"trak" and not fragments and _handler(moov, start, end) not in SEEN:
            found += _samples(moov, start, end)
            _free(moov, place, start, end)
        elif kind == b"trak":
            _track(moov, start, end)
            seen = True
        elif kind not in MOVIE:
            _free(moov, place, start, end)
        else:
            _timeless(moov, kind, start)
    if not seen:
        raise ValueError("nothing in it is seen or heard")
    return found


def _track(moov: bytearray, start: int, end: int) -> None:
    for kind, place, inner, last in _inside(moov, start, end):
        if kind not in TRACK:
            _free(moov, place, inner, last)
        _timeless(moov, kind, inner)
        if kind == b"mdia":
            _media(moov, inner, last)


def _media(moov: bytearray, start: int, end: int) -> None:
    for kind, place, inner, last in _inside(moov, start, end):
        _timeless(moov, kind, inner)
        if kind in {b"udta", b"meta", b"uuid"}:
            _free(moov, place, inner, last)
        elif kind == b"hdlr":
            _zero(moov, inner + 24, last)
        elif kind == b"minf" and (stsd := _below(moov, inner, last, b"stbl", b"stsd")):
            (count,) = struct.unpack_from(">I", moov, stsd[0] + 4)
            for coder, _, begun, ended in islice(_inside(moov, stsd[0] + 8, stsd[1]), count):
                if coder in CAMERAS:
                    _zero(moov, begun + 42, min(begun + 74, ended))


def _timeless(moov: bytearray, kind: bytes, start: int) -> None:
    """Takes away when it was made and changed."""
    if kind in TIMED:
        _zero(moov, start + 4, start + (20 if moov[start] == 1 else 12))


def _handler(moov: bytearray, start: int, end: int) -> bytes:
    hdlr = _below(moov, start, end, b"mdia", b"hdlr")
    return bytes(moov[hdlr[0] + 8 : hdlr[0] + 12]) if hdlr else b""


def _samples(moov: bytearray, start: int, end: int) -> list[tuple[int, int]]:
    """Where a track's samples lie in the file: chunk by chunk (14496-12, 8.7)."""
    stbl = _below(moov, start, end, b"mdia", b"minf", b"stbl")
    tables = {kind: moov[begun:ended] for kind, _, begun, ended in _inside(moov, *stbl)} if stbl else {}
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


def _below(moov: bytearray, start: int, end: int, *kinds: bytes) -> tuple[int, int] | None:
    """Begin and end of the content of a box that lies in one that lies in one …"""
    for wanted in kinds:
        found = next(((inner, last) for kind, _, inner, last in _inside(moov, start, end) if kind == wanted), None)
        if found is None:
            return None
        start, end = found
    return start, end


def _inside(data: bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """(type, place, begin and end of the content) of each box between `start` and `end`."""
    while start + 8 <= end:
        kind, head, size = _head(data[start : start + 16], end - start)
        yield kind, start, start + head, start + size
        start += size


def _head(data: bytes | bytearray, room: int, *, cut: bool = False) -> tuple[bytes, int, int]:
    """(type, bytes of the head, bytes in all) of a box, which may be `cut` at the end of its room."""
    size, kind = struct.unpack_from(">I4s", data)
    head = 8
    if size == 1:
        (size,) = struct.unpack_from(">Q", data, 8)
        head = 16
    size = min(size, room) if cut and size else size or room
    if size < head or size > room:
        raise ValueError("a box reaches past its end")
    return kind, head, size


def _free(data: bytearray, place: int, start: int, end: int) -> None:
    data[place + 4 : place + 8] = b"free"
    _zero(data, start, end)


def _zero(data: bytearray, start: int, end: int) -> None:
    data[start:end] = bytes(max(0, end - start))


# Sounds, and WebM.


def _tagged(file: BinaryIO) -> None:
    """The frames of ID3 at the beginning become padding, the tags at the end empty ones."""
    end, place = file.seek(0, 2), 0
    file.seek(0)
    while len(head := file.read(10)) == 10 and head.startswith(b"ID3"):
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        file.seek(place + 5)
        file.write(b"\0")  # Neither unsynchronised, nor extended, nor with a footer.
        _wipe(file, place + 10, min(length, end - place - 10))
        place = file.seek(place + 10 + length)
    file.seek(max(0, end - 128))
    if file.read(3) == b"TAG":
        _wipe(file, end - 125, 125)
        end -= 128
    _ape(file, end)


def _ape(file: BinaryIO, end: int) -> None:
    file.seek(max(0, end - 32))
    foot = file.read(32)
    if len(foot) < 32 or not foot.startswith(b"APETAGEX"):
        return
    size, _, flags = struct.unpack_from("<3I", foot, 12)
    start = end - size
    heads = [end - 32, *([start - 32] if flags >> 31 else [])]
    if size < 32 or min(start, *heads) < 0:
        raise ValueError("a tag reaches before the beginning")
    _wipe(file, start, size - 32)
    for head in heads:
        _wipe(file, head + 16, 4)  # The number of its items.


def _chunked(file: BinaryIO) -> None:
    end, place = file.seek(0, 2), 12
    while place + 8 <= end:
        file.seek(place)
        kind, size = struct.unpack("<4sI", file.read(8))
        if kind == b"data" and not size:
            return  # Written as it came: the sound goes on to the end.
        size = min(size, end - place - 8)
        if kind not in WAVE:
            file.seek(place)
            file.write(b"JUNK")
            _wipe(file, place + 8, size)
        place += 8 + size + size % 2


def _elements(file: BinaryIO) -> None:
    """The elements of a segment; remarks become void."""
    end, place = file.seek(0, 2), 0
    while place + ELEMENT <= end:
        file.seek(place)
        data = file.read(ELEMENT)
        name, wide = _number(data, keep=True)
        size, more = _number(data[wide:])
        head = wide + more
        unknown = size == (1 << 7 * more) - 1
        if name in HOLDERS or (unknown and name == CLUSTER):
            place += head
            continue
        if unknown:
            raise ValueError("an element has no end")
        size = min(size, end - place - head)
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
