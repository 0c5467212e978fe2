"""Single pictures out of a video: the first, the last, one at a time, and the small one a list shows."""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from PIL import Image

from sora_desktop.media.probe import MICROSECONDS, BadVideo, last_frame_of, opened, picture_stream


def first_frame(path: Path) -> Image.Image:
    """The first frame, in RGB and full size. Raises BadVideo or OSError."""
    return frame_at(path, 0.0)


def last_frame(path: Path) -> Image.Image:
    """The last frame that decodes, in RGB and full size. Raises BadVideo or OSError."""
    with opened(path) as container:
        frame = last_frame_of(container, picture_stream(container))
        if frame is None:
            raise BadVideo("its last frame cannot be decoded")
        return _image(frame)


def frame_at(path: Path, seconds: float) -> Image.Image:
    """The frame that is on the screen at `seconds`, the last one when the clip is shorter.

    Raises BadVideo or OSError.
    """
    with opened(path) as container:
        return _image(_frame_at(container, seconds))


def _frame_at(container: InputContainer, seconds: float) -> VideoFrame:
    stream = picture_stream(container)
    shown: VideoFrame | None = None
    try:
        if seconds > 0:
            container.seek(int(seconds * MICROSECONDS), backward=True)
        for frame in container.decode(stream):
            # A frame's time is rounded to the stream's time base: a hair early still counts as its time.
            if shown is not None and frame.time is not None and frame.time > seconds + 0.0005:
                break
            shown = frame
            if seconds <= 0:
                break
    except FFmpegError as error:
        raise BadVideo("its pictures cannot be decoded") from error
    if shown is None:
        raise BadVideo("its first frame cannot be decoded")
    return shown


def thumbnail(path: Path, target: Path, width: int = 320) -> None:
    """Writes the first frame as a PNG or JPEG (by `target`'s ending), at most `width` pixels wide and as many high.

    `target` appears only when it is whole. Raises BadVideo or OSError.
    """
    with opened(path, threads=1) as container:
        # Made small before it is an image of Python's: that would hold every other thread up for milliseconds.
        picture = _image(_frame_at(container, 0.0), width)
    kind = "PNG" if target.suffix.lower() == ".png" else "JPEG"
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)  # The user's alone, like the clip.
        picture.save(part, kind, quality=88)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _image(frame: VideoFrame, most: int = 0) -> Image.Image:
    """A frame in the colours its stream declares; else, as players guess, BT.709 from 720 lines on.

    With `most`, its longer side has at most that many pixels.
    """
    known = frame.colorspace not in {UNSPECIFIED, RESERVED}
    guess = BT709 if frame.height >= 720 or frame.width >= 1280 else BT601
    shrink = min(1.0, most / max(frame.width, frame.height)) if most else 1.0
    return frame.to_image(
        width=max(1, round(frame.width * shrink)),
        height=max(1, round(frame.height * shrink)),
        src_colorspace=frame.colorspace if known else guess,
        interpolation=Interpolation.LANCZOS,
    )


BT709, UNSPECIFIED, RESERVED, BT601 = 1, 2, 3, 5
"""FFmpeg's AVColorSpace."""
