"""What a video file is, and whether all of it is there."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sora_desktop.media.errors import BadVideo

MICROSECONDS = 1_000_000
"""FFmpeg's unit of a container's duration and of a seek without a stream."""
LONGEST = 1e9
"""Seconds. A header may claim more than a seek can hold."""
LEAST_SECONDS_BEHIND = 0.5
"""How much shorter than its header a sound file may be: the last packet may end early."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A video file: pixels as they are shown, length in seconds, number of frames, frames a second, codec's name."""

    width: int
    height: int
    seconds: float
    frames: int
    fps: float
    has_audio: bool
    codec: str


def probe(path: Path) -> Clip:
    """Reads the header of `path`; decodes nothing, so a file cut short may still pass here (see `check`).

    Raises BadVideo when it is no video, OSError when it cannot be read.
    """
    with opened(path) as container:
        return _describe(container)


def length(path: Path) -> float:
    """How long a clip or a sound is, in seconds, by its header. Raises BadVideo when it is neither, or OSError."""
    try:
        options = {"protocol_whitelist": "file"}
        with av.open(str(path), mode="r", options=options, metadata_errors="replace") as container:
            return container.duration / MICROSECONDS if container.duration else 0.0
    except FFmpegError as error:
        raise BadVideo("it is no clip and no sound") from error


def check(path: Path, expected_seconds: float | None = None) -> Clip:
    """Proves that a file arrived whole: every box is inside it, and its first and last frame decode.

    A faststart file that was cut still opens without an error; only its length, its packets and its last frame tell.
    `expected_seconds` is what was asked for: a clip of less than half of it is taken as cut.
    Raises BadVideo with the reason, OSError when it cannot be read.
    """
    boxes_are_whole(path)
    with opened(path, threads=1) as container:
        clip = _describe(container)
        stream = picture_stream(container)
        try:
            first = next(iter(container.decode(stream)), None)
        except FFmpegError as error:
            raise BadVideo("its first frame cannot be decoded") from error
        if first is None:
            raise BadVideo("its first frame cannot be decoded")
        last = last_frame_of(container, stream)
        if last is None or last.time is None:
            raise BadVideo("its last frame cannot be decoded")
        frame_seconds = 1 / clip.fps if clip.fps else 0.0
        if last.time + frame_seconds * 2 + LEAST_SECONDS_BEHIND < clip.seconds:
            raise BadVideo(f"it ends after {last.time:.1f} of {clip.seconds:.1f} seconds")
    if expected_seconds and clip.seconds < expected_seconds / 2:
        raise BadVideo(f"it is {clip.seconds:.1f} seconds long, not {expected_seconds:g}")
    return clip


def opened(path: Path, *, threads: int = 0) -> InputContainer:
    """The file, opened for reading, with a video stream in it. Raises BadVideo or OSError.

    Decoders have `threads` threads, by default one for each processor. They are ended while the interpreter is held:
    what is done behind the window's back for a frame or two has one.
    """
    if path.stat().st_size == 0:
        raise BadVideo("it is empty")
    try:
        # Only formats that are one file: a playlist or a concat script could make the reader open other files.
        options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
        # A title that is no UTF-8 makes no clip worse.
        container = av.open(str(path), mode="r", options=options, metadata_errors="replace")
    except FFmpegError as error:
        raise BadVideo("it is no video file") from error
    if not container.streams.video:
        container.close()
        raise BadVideo("there is no picture in it")
    for stream in container.streams.video if threads else ():
        if stream.codec_context is not None:  # None for what nobody here can decode.
            stream.codec_context.thread_count = threads
    return container


FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts"


def picture_stream(container: InputContainer) -> VideoStream:
    """The stream that is shown: the first that is no cover picture."""
    streams = container.streams.video
    return next((stream for stream in streams if not int(stream.disposition) & COVER), streams[0])


COVER = 0x0400
"""FFmpeg's AV_DISPOSITION_ATTACHED_PIC."""


def last_frame_of(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    """The last frame that decodes, found from the last keyframe on. Raises BadVideo where the data is broken."""
    seconds = _seconds(container, stream)
    try:
        if seconds:
            container.seek(int(min(seconds, LONGEST) * MICROSECONDS), backward=True)
        else:
            container.seek(0)
        last = None
        for frame in container.decode(stream):
            last = frame
    except FFmpegError as error:
        raise BadVideo("its pictures cannot be decoded") from error
    return last


def boxes_are_whole(path: Path) -> None:
    """Walks the top boxes of an MP4 (ISO 14496-12, 4.2) and raises BadVideo when one reaches past the end of the file.

    Files of other kinds pass.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[4:8] not in {b"ftyp", b"moov", b"mdat", b"free", b"wide"}:
            return
        position = 0
        while position < size:
            file.seek(position)
            header = file.read(16)
            if len(header) < 8:
                raise BadVideo("its end is missing")
            length = struct.unpack(">I", header[:4])[0]
            if length == 1 and len(header) == 16:
                length = struct.unpack(">Q", header[8:16])[0]
            if length == 0:
                return
            if length < 8 or position + length > size:
                raise BadVideo("its end is missing")
            position += length


def _describe(container: InputContainer) -> Clip:
    stream = picture_stream(container)
    codec = stream.codec_context
    if codec is None or not codec.width or not codec.height:
        raise BadVideo("there is no picture in it")
    seconds = _seconds(container, stream)
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    return Clip(
        width=codec.width,
        height=codec.height,
        seconds=seconds,
        frames=stream.frames or round(seconds * fps),
        fps=fps,
        has_audio=bool(container.streams.audio),
        codec=codec.name,
    )


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / MICROSECONDS if container.duration else 0.0
