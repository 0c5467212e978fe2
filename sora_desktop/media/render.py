"""Makes the simulator's clips: real H.264 and AAC in a faststart MP4. The picture is drawn in `scene`."""

from __future__ import annotations

import array
import functools
import hashlib
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from sora_desktop.media.scene import Planes, Scene

BLOCK = 1024
"""Samples of one AAC frame."""
NOTES = (196, 220, 262, 294, 330, 392, 440)
"""Whole Hertz, so that one second of sound repeats without a click."""
X264 = {"preset": "ultrafast", "tune": "zerolatency", "crf": "21", "x264-params": "sliced-threads=0:threads=2"}
BT709 = 1
LIMITED_RANGE = 1


class Stopped(Exception):
    """The renderer was told to stop; no file was left."""


def render(
    target: Path,
    prompt: str,
    *,
    width: int,
    height: int,
    seconds: float,
    fps: int = 30,
    rate: int = 48_000,
    caption: str = "",
    stop: Callable[[], bool] = bool,
) -> None:
    """Writes a clip to `target`, which appears only when it is whole.

    `width` and `height` in pixels and even, `seconds` its length, `rate` the samples of its sound a second. `stop` is
    asked at each frame; when it says yes, Stopped is raised. Raises OSError when the disk does not take it. It blocks:
    call it on a worker's thread.
    """
    part = target.with_name(target.name + ".part")
    try:
        with av.open(str(part), mode="w", format="mp4", options={"movflags": "+faststart"}) as container:
            container.metadata["title"] = prompt[:200]
            container.metadata["comment"] = "Made by the simulator of Sora Desktop"
            _encode(container, prompt, width, height, seconds, fps, rate, caption, stop)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _encode(
    container: OutputContainer,
    prompt: str,
    width: int,
    height: int,
    seconds: float,
    fps: int,
    rate: int,
    caption: str,
    stop: Callable[[], bool],
) -> None:
    picture = container.add_stream("libx264", rate=fps, options=X264)
    picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
    picture.codec_context.gop_size = fps
    context = picture.codec_context
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED_RANGE
    sound = container.add_stream("aac", rate=rate, layout="mono")
    sound.bit_rate = rate * 2
    frames = max(1, round(seconds * fps))
    scene = Scene(prompt, width, height, frames, fps, caption)
    blocks = _sound_blocks(prompt, round(seconds * rate), rate)
    heard = 0
    for number in range(frames):
        if stop():
            raise Stopped
        container.mux(picture.encode(_picture_frame(scene.draw(number), number, fps)))
        while heard * fps <= number * rate:
            block = next(blocks, None)
            if block is None:
                break
            heard += block.samples
            container.mux(sound.encode(block))
    for block in blocks:
        container.mux(sound.encode(block))
    _flush(container, picture, sound)


def _flush(container: OutputContainer, picture: VideoStream, sound: AudioStream) -> None:
    container.mux(picture.encode(None))
    container.mux(sound.encode(None))


def _picture_frame(planes: Planes, number: int, fps: int) -> VideoFrame:
    frame = VideoFrame(planes.y.width, planes.y.height, "yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, fps)
    frame.colorspace = frame.color_primaries = frame.color_trc = BT709
    frame.color_range = LIMITED_RANGE
    for plane, source in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        plane.update(_rows(source, plane.line_size))
    return frame


def _rows(source: Image.Image, line_size: int) -> bytes:
    """The plane's bytes in rows as long as the encoder wants them."""
    if source.width == line_size:
        return source.tobytes()
    wider = Image.new("L", (line_size, source.height))
    wider.paste(source)
    return wider.tobytes()


def _sound_blocks(prompt: str, samples: int, rate: int) -> Iterator[AudioFrame]:
    """A quiet chord that breathes once a second, the last block shorter."""
    choice = hashlib.sha256(prompt.encode()).digest()[1]
    twice = _second_of_sound(NOTES[choice % len(NOTES)], rate) * 2
    width = len(twice) // 2 // rate
    for start in range(0, samples, BLOCK):
        count = min(BLOCK, samples - start)
        frame = AudioFrame("fltp", "mono", count)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        offset = start % rate * width
        piece = twice[offset : offset + count * width]
        frame.planes[0].update(piece.ljust(frame.planes[0].buffer_size, b"\0"))
        yield frame


@functools.cache
def _second_of_sound(low: int, rate: int) -> bytes:
    """One second of floats, made once for each note."""
    turns = [math.tau * pitch / rate for pitch in (low, low * 3 // 2, low * 2)]
    breath = math.tau / rate
    samples = ((0.06 - 0.03 * math.cos(breath * at)) * sum(math.sin(turn * at) for turn in turns) for at in range(rate))
    return array.array("f", samples).tobytes()
