"""Reading videos, also broken ones, and making the simulator's clips."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

import av
import pytest
from PIL import Image

from sora_desktop.core.errors import UserError
from sora_desktop.media import lettering, stills
from sora_desktop.media.probe import BadVideo, check, length, probe
from sora_desktop.media.render import Stopped, render
from sora_desktop.media.scene import PALETTES, frame_number
from sora_desktop.storage.database import Database
from sora_desktop.storage.paths import Paths
from sora_desktop.storage.references import ReferenceStore


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 320 × 180 with ten frames a second."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    render(path, "A boat at first light", width=320, height=180, seconds=3, fps=10, caption="Sora 2")
    return path


def test_probe(clip: Path) -> None:
    found = probe(clip)
    assert (found.width, found.height, found.frames, found.fps, found.codec) == (320, 180, 30, 10.0, "h264")
    assert found.seconds == pytest.approx(3, abs=0.02)
    assert found.has_audio
    assert length(clip) == pytest.approx(3, abs=0.1)
    assert check(clip, 3) == found


def test_a_clip_shorter_than_asked_for_is_taken_as_cut(clip: Path) -> None:
    with pytest.raises(BadVideo, match="seconds long"):
        check(clip, 8)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95, 0.999])
def test_a_clip_that_was_cut(clip: Path, tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.mp4"
    data = clip.read_bytes()
    cut.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadVideo):
        check(cut, 3)


def test_a_clip_whose_title_is_no_utf_8_is_a_clip(clip: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.mp4"
    odd.write_bytes(clip.read_bytes().replace(b"Lavf", b"La\xe9f"))
    assert check(odd, 3) == probe(clip)
    stills.thumbnail(odd, tmp_path / "odd.jpg")


def test_a_clip_that_is_damaged_in_any_place_is_whole_or_bad_and_no_defect(clip: Path, tmp_path: Path) -> None:
    data, odd, chance = clip.read_bytes(), tmp_path / "odd.mp4", random.Random(3)
    for spoiled in (b"avc1", b"avcC", b"mvhd", b"mdhd"):
        at = data.index(spoiled)
        for end in (at + 4, at + 40):
            odd.write_bytes(data[:at] + bytes(chance.randrange(256) for _ in range(end - at)) + data[end:])
            with suppress(BadVideo):
                check(odd)
    # The first bytes of the pictures: their sizes.
    at = data.index(b"mdat") + 4
    odd.write_bytes(data[:at] + b"\x7f" * 400 + data[at + 400 :])
    with pytest.raises(BadVideo):
        check(odd)


def test_a_clip_whose_last_pictures_are_missing(clip: Path, tmp_path: Path) -> None:
    """All boxes are there, but the end of the pictures is nothing."""
    data = bytearray(clip.read_bytes())
    half = len(data) * 2 // 3
    data[half:] = bytes(len(data) - half)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    probe(broken)
    with pytest.raises(BadVideo):
        check(broken)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!DOCTYPE html><html></html>",
        b'{"error": {"code": "not_ready"}}',
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\x00\x00\x00\x18ftypisom" + bytes(400),
    ],
)
def test_what_is_no_video(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    for reads in (probe, check, stills.first_frame, stills.last_frame):
        with pytest.raises(BadVideo) as told:
            reads(path)
        assert str(tmp_path) not in str(told.value)


def test_a_picture_and_a_sound_are_no_video(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    Image.new("RGB", (64, 64)).save(picture)
    sound = tmp_path / "a.m4a"
    with av.open(str(sound), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.sample_rate = 16_000
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for path in (picture, sound):
        with pytest.raises(BadVideo):
            check(path)
    assert length(sound) > 0


def test_a_missing_file_is_the_machines_problem(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "nothing.mp4")


@pytest.mark.parametrize(
    ("seconds", "number"), [(0, 0), (0.05, 0), (0.1, 1), (0.2, 2), (1.0, 10), (1.55, 15), (2.9, 29), (60, 29)]
)
def test_the_frame_at_a_moment(clip: Path, seconds: float, number: int) -> None:
    assert frame_number(stills.frame_at(clip, seconds)) == number


def test_first_and_last_frame(clip: Path) -> None:
    assert frame_number(stills.first_frame(clip)) == 0
    assert frame_number(stills.last_frame(clip)) == 29


def test_colours_survive(tmp_path: Path) -> None:
    """BT.709 in, BT.709 out: the ground under the prompt has the colour it was drawn in."""
    path = tmp_path / "hd.mp4"
    render(path, "colour", width=1280, height=720, seconds=0.2, fps=10)
    pixel = stills.first_frame(path).getpixel((1200, 640))
    assert any(
        all(abs(mine - drawn) <= 3 for mine, drawn in zip(pixel, palette.ground, strict=True)) for palette in PALETTES
    )


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_thumbnail(clip: Path, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"small{ending}"
    stills.thumbnail(clip, target, width=160)
    with Image.open(target) as small:
        assert small.size == (160, 90)
        assert small.format == {".png": "PNG", ".jpg": "JPEG"}[ending]
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_a_render_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Stopped):
        render(tmp_path / "a.mp4", "x", width=160, height=90, seconds=2, fps=10, stop=lambda: next(asked))
    assert list(tmp_path.iterdir()) == []


def test_the_prompt_is_in_the_picture(tmp_path: Path) -> None:
    """The same scene with another text is another picture, below the horizon."""
    frames = []
    for name, caption in (("a", "one caption"), ("b", "another one")):
        path = tmp_path / f"{name}.mp4"
        render(path, "The same prompt", width=640, height=360, seconds=0.2, fps=10, caption=caption)
        frames.append(stills.first_frame(path).crop((0, 215, 640, 330)))
    assert frames[0].tobytes() != frames[1].tobytes()


def test_a_720p_clip_is_fast(tmp_path: Path) -> None:
    """Ten seconds of 720p take well under four seconds of one core."""
    began = time.process_time()
    render(tmp_path / "a.mp4", "fast", width=1280, height=720, seconds=10)
    assert time.process_time() - began < 4


class TestLettering:
    def test_words_are_not_cut(self) -> None:
        font = lettering.font_for("a", 20)
        lines = lettering.wrap("one two three four five six seven", font, 120, 9)
        assert " ".join(lines) == "one two three four five six seven"
        assert len(lines) > 1
        assert all(font.getlength(line) <= 120 for line in lines)

    def test_what_does_not_fit_ends_with_an_ellipsis(self) -> None:
        font = lettering.font_for("a", 20)
        lines = lettering.wrap("word " * 500, font, 200, 3)
        assert len(lines) == 3
        assert lines[-1].endswith("…")
        assert font.getlength(lines[-1]) <= 200

    def test_east_asian_text_breaks_anywhere_but_not_before_a_mark(self) -> None:
        text = "雨夜的江南小镇，灯笼在青石板路上投下温暖的光，镜头缓缓推进，水面倒映着屋檐。"
        font = lettering.font_for(text, 20)
        for width in range(60, 260, 10):
            lines = lettering.wrap(text, font, width, 99)
            assert "".join(lines) == text
            assert not any(line[0] in lettering.NEVER_FIRST for line in lines)

    def test_a_word_longer_than_a_line_is_cut(self) -> None:
        font = lettering.font_for("a", 20)
        assert "".join(lettering.wrap("x" * 200, font, 100, 99)) == "x" * 200

    def test_no_text_is_no_line(self) -> None:
        assert lettering.wrap(" \n ", lettering.font_for("", 20), 100, 3) == []


def test_a_damaged_clip_is_taken_for_no_reference(clip: Path, tmp_path: Path) -> None:
    store = ReferenceStore(Database(tmp_path / "db"), Paths(*[tmp_path / "data"] * 5))
    whole = store.take_in(clip)
    assert (whole.kind, whole.mime, whole.seconds) == ("video", "video/mp4", pytest.approx(3))
    kept = {path for path in store.folder.rglob("*") if path.is_file()}
    broken = {"cut.mp4": clip.read_bytes()[: clip.stat().st_size // 2], "none.mp4": b"\0\0\0\x18ftypisom" + bytes(50)}
    for name, data in (broken | {"none.webm": b"\x1a\x45\xdf\xa3" * 9, "none.mp3": b"ID3\4" + bytes(90)}).items():
        with pytest.raises(UserError) as refused:
            store.take_in(data, name)
        assert refused.value.code == "picture_broken", name
    assert {path for path in store.folder.rglob("*") if path.is_file()} == kept
