"""The geometry of a crop: a box of one shape inside a picture, moved, zoomed and never outside."""

from __future__ import annotations

from dataclasses import dataclass

from sora_desktop.core import pictures

LEAST = 16.0
"""Px of the picture that the shorter side of a box keeps."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in px of the picture as it is seen (turned as its EXIF says)."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2

    @classmethod
    def of(cls, box: pictures.Box) -> Box:
        """From the whole px of a plan."""
        return cls(box.x, box.y, box.width, box.height)

    def whole(self, size: tuple[int, int]) -> pictures.Box:
        """In the whole px of a plan, inside a picture of `size`."""
        width, height = max(1, round(self.width)), max(1, round(self.height))
        return pictures.inside(pictures.Box(x=round(self.left), y=round(self.top), width=width, height=height), size)


@dataclass(frozen=True, slots=True)
class Cut:
    """The picture's size and the shape of what is cut out of it, both as (width, height)."""

    size: tuple[int, int]
    shape: tuple[int, int]

    @property
    def ratio(self) -> float:
        return self.shape[0] / self.shape[1]

    def largest(self) -> Box:
        """The largest box of the shape, in the middle."""
        return self._largest(self.ratio)

    def _largest(self, ratio: float) -> Box:
        width, height = self.size
        if width / height > ratio:
            box_width, box_height = height * ratio, float(height)
        else:
            box_width, box_height = float(width), width / ratio
        return Box((width - box_width) / 2, (height - box_height) / 2, box_width, box_height)

    def fits(self) -> bool:
        """Whether the picture has the shape already, within the half px that rounding costs."""
        largest = self.largest()
        return self.size[0] - largest.width < 1 and self.size[1] - largest.height < 1

    def moved(self, box: Box, right: float, down: float) -> Box:
        """`box` shifted, and stopped at the edges."""
        left = max(0.0, min(self.size[0] - box.width, box.left + right))
        top = max(0.0, min(self.size[1] - box.height, box.top + down))
        return Box(left, top, box.width, box.height)

    def zoomed(self, box: Box, factor: float, at: tuple[float, float] | None = None) -> Box:
        """`box` smaller (factor above 1) or larger; the point `at` (its middle by itself) keeps its place in it."""
        width = self._held(box.width / factor)
        height = width / self.ratio
        x, y = at or box.middle
        share_x, share_y = (x - box.left) / box.width, (y - box.top) / box.height
        return self.moved(Box(x - share_x * width, y - share_y * height, width, height), 0, 0)

    def pulled(self, box: Box, corner: tuple[bool, bool], to: tuple[float, float]) -> Box:
        """`box` with one corner drawn towards `to`; the opposite one stays. `corner`: (is right, is bottom)."""
        at_right, at_bottom = corner
        fixed_x = box.left if at_right else box.right
        fixed_y = box.top if at_bottom else box.bottom
        room_x = self.size[0] - fixed_x if at_right else fixed_x
        room_y = self.size[1] - fixed_y if at_bottom else fixed_y
        wished = max(
            (to[0] - fixed_x) * (1 if at_right else -1), (to[1] - fixed_y) * (1 if at_bottom else -1) * self.ratio
        )
        width = min(self._held(wished), room_x, room_y * self.ratio)
        height = width / self.ratio
        return Box(fixed_x if at_right else fixed_x - width, fixed_y if at_bottom else fixed_y - height, width, height)

    def reshaped(self, box: Box) -> Box:
        """The box of this shape around the middle of one of another shape, zoomed as much."""
        before = self._largest(box.width / box.height)
        width = self._held(self.largest().width * box.width / before.width)
        x, y = box.middle
        return self.moved(Box(x - width / 2, y - width / self.ratio / 2, width, width / self.ratio), 0, 0)

    def _held(self, width: float) -> float:
        largest = self.largest()
        least = min(largest.width, LEAST * max(1.0, self.ratio))
        return max(least, min(largest.width, width))
