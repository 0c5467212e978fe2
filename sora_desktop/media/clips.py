"""Which kind of reference a file is, by its first bytes; and how long a clip or a sound runs."""

from __future__ import annotations

from pathlib import Path

HEAD = 64


def kind_of(source: Path | bytes) -> tuple[str, str]:
    """("image" | "video" | "audio", its MIME type). What is not known is taken for a picture: looking at it tells."""
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                head = file.read(HEAD)
        except OSError:
            return "image", ""
    else:
        head = source[:HEAD]
    mime = _mime(head)
    return (mime.split("/")[0], mime) if mime else ("image", "")


def _mime(head: bytes) -> str:
    """The types that a service takes as clips and sounds (contract: rivya, Files)."""
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}:
            return ""
        return "video/quicktime" if brand == b"qt  " else "audio/mp4" if brand[:3] == b"M4A" else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    if head.startswith(b"ID3") or head[:2] in {b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"}:
        return "audio/mpeg"
    if head[:2] in {b"\xff\xf1", b"\xff\xf9"}:
        return "audio/aac"
    return ""


def seconds_of(path: Path, kind: str) -> float | None:
    """The length of a clip or a sound in seconds; None where its file does not tell. A clip is looked at to its end.

    Raises BadVideo where it is damaged.
    """
    from sora_desktop.media.probe import check, length

    try:
        return (check(path).seconds if kind == "video" else length(path)) or None
    except OSError:
        return None
