"""What a clip or a sound tells of its origin is taken out of what is sent; picture and sound stay as they are."""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from sora_desktop.media.blanking import blank
from sora_desktop.media.clips import kind_of
from sora_desktop.media.probe import check

TOLD = {
    "location": "+51.5074-000.1278/",
    "comment": "SECRET remark",
    "artist": "SECRET name",
    "title": "SECRET title",
    "creation_time": "2024-05-05T05:05:05Z",
}
MARKS = b"SECRET", b"+51.5", b"2024-05"
FILES: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "a.mp4": ("mp4", "mpeg4", "aac", {"movflags": "+use_metadata_tags+faststart"}),
    "late.mp4": ("mp4", "mpeg4", "aac", {}),
    "pieces.mp4": ("mp4", "mpeg4", "aac", {"movflags": "+frag_keyframe+empty_moov"}),
    "b.mov": ("mov", "mpeg4", "aac", {}),
    "c.m4a": ("ipod", "", "aac", {}),
    "d.mp3": ("mp3", "", "libmp3lame", {"id3v2_version": "4", "write_id3v1": "1"}),
    "e.wav": ("wav", "", "pcm_s16le", {}),
    "f.webm": ("webm", "libvpx", "", {"deadline": "realtime"}),
    "g.aac": ("adts", "", "aac", {"write_id3v2": "1"}),
}

Maker = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    folder, files = tmp_path_factory.mktemp("told"), dict[str, Path]()

    def make(name: str) -> Path:
        if name not in files:
            files[name] = _file(folder / name, *FILES[name])
        return files[name]

    return make


def _file(path: Path, form: str, picture: str, sound: str, options: dict[str, str]) -> Path:
    with av.open(str(path), "w", format=form, options=options) as container:
        container.metadata.update(TOLD)
        frames: list[tuple[Any, list[Any]]] = []
        if picture:
            video = container.add_stream(picture, rate=5)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"  # type: ignore[attr-defined]
            frames.append((video, [av.VideoFrame(64, 48, "yuv420p") for _ in range(3)]))
        if sound:
            audio = container.add_stream(sound, rate=44_100)
            frames.append((audio, [av.AudioFrame("s16", "mono", 1024) for _ in range(6)]))
        for stream, each in frames:
            for number, frame in enumerate(each):
                for plane in frame.planes:
                    plane.update(bytes(40 * number + index % 40 for index in range(plane.buffer_size)))
                frame.pts = number * getattr(frame, "samples", 1)
                if isinstance(frame, av.AudioFrame):
                    frame.sample_rate = 44_100
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def played(path: Path) -> list[tuple[str, list[bytes]]]:
    """The coded bytes of each track."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
        return [
            (one.type, [bytes(packet) for packet in packets if packet.stream.index == one.index])
            for one in container.streams
        ]


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_told_and_nothing_else_is_changed(made: Maker, name: str, tmp_path: Path) -> None:
    source = made(name)
    before = source.read_bytes()
    copy = Path(shutil.copy(source, tmp_path / name))
    blank(copy, kind_of(copy)[1])
    after = copy.read_bytes()
    assert b"SECRET" in before and not [mark for mark in MARKS if mark in after]
    assert len(after) == len(before) and played(copy) == played(source)
    blank(copy, kind_of(copy)[1])
    assert copy.read_bytes() == after, "what is blank stays as it is"


def test_a_track_that_is_neither_seen_nor_heard_goes_with_all_it_holds(made: Maker, tmp_path: Path) -> None:
    """A camera's places are in a track of their own; here the sound's is called that."""
    sound = next(coded for kind, coded in played(made("late.mp4")) if kind == "audio")
    path = tmp_path / "camera.mp4"
    path.write_bytes(made("late.mp4").read_bytes().replace(b"soun", b"meta"))
    blank(path, "video/mp4")
    assert [kind for kind, _ in played(path)] == ["video"] and check(path).frames == 3
    left = path.read_bytes()
    assert sound and not [coded for coded in sound if coded in left]


def test_a_table_that_leads_out_of_the_samples_wipes_nothing_there(made: Maker, tmp_path: Path) -> None:
    whole = bytearray(made("late.mp4").read_bytes().replace(b"soun", b"meta"))
    place = whole.rindex(b"stco") + 12
    whole[place : place + 4] = bytes(4)
    path = tmp_path / "odd.mp4"
    path.write_bytes(whole)
    blank(path, "video/mp4")
    assert check(path).frames == 3


def _streamed(sound: bytes) -> bytes:
    place = sound.index(b"data") + 4
    return sound[:place] + bytes(4) + sound[place + 4 :]


def _tagged_more(sound: bytes) -> bytes:
    items = b"SECRET of a player"
    sides = [b"APETAGEX" + struct.pack("<4I8x", 2000, 32 + len(items), 1, flags << 29) for flags in (5, 4)]
    first = b"ID3\4\0\0\0\0\0\x0aSECRET ten"
    return first + sound[:-128] + sides[0] + items + sides[1] + sound[-128:]


def _by_a_camera(clip: bytes) -> bytes:
    place = clip.index(b"mp4v")
    clip = clip[:place] + b"avc1" + clip[place + 4 : place + 46] + b"SECRET of a camera".ljust(32) + clip[place + 78 :]
    return clip.replace(b"VideoHandler", b"SECRET maker")


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("e.wav", _streamed),
        ("d.mp3", _tagged_more),
        ("b.mov", _by_a_camera),
        ("c.m4a", lambda sound: sound + b"TAG SECRET at the end"),
        ("f.webm", lambda clip: clip[: clip.index(b"\x1f\x43\xb6\x75") + 700]),
    ],
)
def test_odd_files_play_as_before(made: Maker, name: str, odd: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """A sound of no stated length, several tags, a camera's name, rubbish at the end, a recording that broke off."""
    source, copy = tmp_path / name, tmp_path / f"copy-{name}"
    source.write_bytes(odd(made(name).read_bytes()))
    shutil.copy(source, copy)
    blank(copy, kind_of(copy)[1])
    assert b"SECRET" in source.read_bytes() and b"SECRET" not in copy.read_bytes()
    assert played(copy) == played(source)


def test_a_clip_of_which_nothing_would_be_left_is_refused(made: Maker, tmp_path: Path) -> None:
    path = tmp_path / "none.mp4"
    path.write_bytes(made("late.mp4").read_bytes().replace(b"soun", b"meta").replace(b"vide", b"meta"))
    with pytest.raises(ValueError, match="nothing"):
        blank(path, "video/mp4")


@pytest.mark.parametrize("name", ["late.mp4", "f.webm", "e.wav"])
def test_a_file_that_is_no_file_of_its_kind_ends_in_one_error(made: Maker, name: str, tmp_path: Path) -> None:
    whole, chance, path = made(name).read_bytes(), random.Random(4), tmp_path / name
    for _ in range(60):
        broken = bytearray(whole[: chance.randrange(12, len(whole))])
        for _ in range(6):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        try:
            blank(path, kind_of(made(name))[1])
        except ValueError:
            continue
