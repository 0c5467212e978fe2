"""What is known of a picture, and what is to be done with it before it is sent. The original is never changed."""

from __future__ import annotations

import math
from typing import Literal

from sora_desktop.core.frozen import Kept

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
PLAIN_MODES = frozenset({"RGB", "RGBA", "L", "LA", "P", "PA", "1"})
"""Pillow's modes that every service reads as they are. Others (CMYK, 16 bit, floats) are turned into sRGB first."""

Size = tuple[int, int]
"""(width, height) in pixels."""


class Box(Kept):
    """A part of a picture in pixels, counted from the top left corner of the upright, turned picture."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> Size:
        return self.width, self.height


class Picture(Kept):
    """The facts of a picture file. `mime` is told by its content, whatever it is named; `bytes` is the file's size.

    `width` and `height` are those of the upright picture: `orientation` (EXIF, 1 to 8, 1 is upright) is applied.
    `frames` is above 1 for an animation. `mode` is Pillow's. `has_metadata` means EXIF, XMP, IPTC or comments;
    `has_place` that they tell where it was taken.
    """

    mime: str
    width: int
    height: int
    bytes: int
    frames: int = 1
    orientation: int = 1
    mode: str = "RGB"
    has_alpha: bool = False
    has_metadata: bool = False
    has_place: bool = False

    @property
    def size(self) -> Size:
        return self.width, self.height

    @property
    def animated(self) -> bool:
        return self.frames > 1


class Plan(Kept):
    """What is done with a picture, in this order; the empty plan only makes it fit to leave the machine.

    Upright (EXIF, always), `rotate` clockwise in degrees (0, 90, 180, 270), cut to `crop`, brought to `size`: stretched
    by less than a pixel where the ratio is the same, else centre cut ("crop") or whole with bars ("bars", in the colour
    `bars`). Then saved as `mime` (empty: as it is, where services read that) in at most `max_bytes`, without
    metadata unless `keep_metadata`. Transparent places become `backdrop` where the type knows no transparency.
    """

    rotate: Literal[0, 90, 180, 270] = 0
    crop: Box | None = None
    size: Size | None = None
    fit: Literal["crop", "bars"] = "crop"
    bars: str = "#000000"
    backdrop: str = "#ffffff"
    mime: str = ""
    max_bytes: int | None = None
    keep_metadata: bool = False


def turned(size: Size, rotate: int) -> Size:
    """`size` after a turn by `rotate` degrees."""
    return (size[1], size[0]) if rotate in {90, 270} else size


def result_size(size: Size, plan: Plan) -> Size:
    """What a picture of `size` (upright) measures once `plan` is done. Shrinking below `max_bytes` may make it less."""
    if plan.size is not None:
        return plan.size
    return inside(plan.crop, turned(size, plan.rotate)).size if plan.crop else turned(size, plan.rotate)


def inside(box: Box, size: Size) -> Box:
    """`box` moved and cut so that it lies within `size` and holds at least one pixel."""
    width, height = max(1, min(box.width, size[0])), max(1, min(box.height, size[1]))
    x, y = max(0, min(box.x, size[0] - width)), max(0, min(box.y, size[1] - height))
    return Box(x=x, y=y, width=width, height=height)


def centre_box(size: Size, ratio: Size) -> Box:
    """The largest box of `ratio` in the middle of `size`."""
    return box_around((size[0] / 2, size[1] / 2), size, ratio)


def box_around(centre: tuple[float, float], size: Size, ratio: Size, zoom: float = 1.0) -> Box:
    """The box of `ratio` around `centre` (pixels), moved so that it stays within `size`; 1/`zoom` of the largest."""
    scale = min(size[0] / ratio[0], size[1] / ratio[1]) / max(1.0, zoom)
    width = max(1, min(size[0], round(ratio[0] * scale)))
    height = max(1, min(size[1], round(ratio[1] * scale)))
    box = Box(x=round(centre[0] - width / 2), y=round(centre[1] - height / 2), width=width, height=height)
    return inside(box, size)


def zoom_of(box: Box, size: Size, ratio: Size) -> float:
    """How much smaller than the largest box of `ratio` within `size` a box is: 1 is the largest, 2 half as wide."""
    largest = centre_box(size, ratio)
    return max(1.0, largest.width / box.width, largest.height / box.height)


def same_ratio(size: Size, ratio: Size) -> bool:
    """Whether `size` has `ratio` to within a pixel."""
    return abs(size[0] * ratio[1] - size[1] * ratio[0]) <= max(ratio)


def ratio_words(size: Size) -> str:
    """A size as a ratio in small numbers: "16:9"; "1.85:1" where there are none."""
    divisor = math.gcd(*size)
    width, height = size[0] // divisor, size[1] // divisor
    if max(width, height) <= 64:
        return f"{width}:{height}"
    return f"{width / height:.2f}:1" if width > height else f"1:{height / width:.2f}"


def size_words(size: Size) -> str:
    return f"{size[0]}×{size[1]}"
