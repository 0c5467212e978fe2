"""The picture of a simulator's clip: ridges that pass a rising sun, the prompt, and a running frame counter.

Everything is drawn once as planes of Y, Cb and Cr (BT.709, limited range); a frame is a few pastes. The counter is
written twice: in words for people, and as a row of small squares that `frame_number` reads back.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from sora_desktop.media.lettering import font_for, wrap

BITS = 14
"""Squares of the counter that carry the number; before them one that is on and one that is off, after them parity."""

TO_YUV = (
    *(0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0),
    *(-0.11457 * 224 / 255, -0.38543 * 224 / 255, 0.5 * 224 / 255, 128.0),
    *(0.5 * 224 / 255, -0.45415 * 224 / 255, -0.04585 * 224 / 255, 128.0),
)
"""RGB to BT.709 limited range as a Pillow matrix (ITU-R BT.709-6, 3 and 4)."""

RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one time of day: sky above, sky at the horizon, sun, ridges from far to near, ground."""

    above: RGB
    horizon: RGB
    sun: RGB
    ridges: tuple[RGB, RGB, RGB]
    ground: RGB


PALETTES = (
    Palette(
        (58, 84, 110), (232, 196, 150), (255, 236, 196), ((132, 142, 150), (84, 100, 114), (44, 58, 72)), (20, 27, 36)
    ),
    Palette((44, 40, 84), (226, 132, 120), (255, 214, 168), ((138, 98, 122), (88, 64, 98), (46, 38, 66)), (22, 19, 36)),
    Palette(
        (26, 62, 82), (150, 206, 196), (240, 255, 236), ((98, 150, 152), (54, 106, 116), (28, 64, 78)), (12, 29, 38)
    ),
    Palette(
        (70, 92, 132), (246, 216, 184), (255, 246, 222), ((150, 150, 172), (104, 108, 138), (62, 68, 98)), (27, 30, 46)
    ),
)


class Planes:
    """One picture as three planes; the colour planes have half the size."""

    def __init__(self, picture: Image.Image) -> None:
        width, height = picture.size
        self.y, blue, red = picture.convert("RGB").convert("RGB", TO_YUV).split()
        half = (width // 2, height // 2)
        self.u, self.v = (plane.resize(half, Image.Resampling.BOX) for plane in (blue, red))

    def paste(self, other: Planes, x: int, y: int) -> None:
        """Puts `other` at even pixels."""
        for mine, its, place in (
            (self.y, other.y, (x, y)),
            (self.u, other.u, (x // 2, y // 2)),
            (self.v, other.v, (x // 2, y // 2)),
        ):
            mine.paste(its, place)


class Stencil:
    """A mask in both sizes, with one colour behind it."""

    def __init__(self, mask: Image.Image, colour: RGB) -> None:
        self.full = mask
        self.half = mask.resize((mask.width // 2, mask.height // 2), Image.Resampling.BOX)
        pixel = Image.new("RGB", (1, 1), colour).convert("RGB", TO_YUV).getpixel((0, 0))
        assert isinstance(pixel, tuple)
        self.colour = pixel

    def stamp(self, on: Planes, x: int, y: int, left: int = 0, width: int | None = None) -> None:
        """Colours `on` through the mask's columns from `left` on, at (x, y); all even."""
        width = self.full.width if width is None else width
        full = self.full.crop((left, 0, left + width, self.full.height))
        half = self.half.crop((left // 2, 0, (left + width) // 2, self.half.height))
        on.y.paste(int(self.colour[0]), (x, y), full)
        on.u.paste(int(self.colour[1]), (x // 2, y // 2), half)
        on.v.paste(int(self.colour[2]), (x // 2, y // 2), half)


class Scene:
    """Draws frame after frame of one clip. `width` and `height` in pixels, both even."""

    def __init__(self, prompt: str, width: int, height: int, frames: int, fps: int, caption: str = "") -> None:
        self.width, self.height, self.frames, self.fps = width, height, frames, fps
        self._seed = hashlib.sha256(prompt.encode()).digest()
        self._palette = PALETTES[self._seed[0] % len(PALETTES)]
        self._unit = min(width, height) / 720
        self._horizon = _even(height * (0.58 if width > height else 0.66))
        self._sky = Planes(self._drawn_sky())
        self.planes = Planes(self._drawn_still(prompt, caption))
        self._sun = self._drawn_sun()
        self._ridges = [self._drawn_ridge(index) for index in range(3)]
        self._counter_font = font_for("0", max(9, round(26 * self._unit)))
        self._counter_ink, self._counter_paper = _luma((232, 236, 242)), _luma(self._palette.ground)

    def draw(self, number: int) -> Planes:
        """The planes of frame `number` (from 0), valid until the next call."""
        planes = self.planes
        planes.paste(self._sky, 0, 0)
        share = number / max(1, self.frames - 1)
        size = self._sun.full.width
        x = _even(-size / 2 + share * self.width)
        y = _even(self._horizon * (0.62 - 0.42 * math.sin(math.pi * share)) - size / 2)
        self._sun.stamp(planes, x, y)
        for index, ridge in enumerate(self._ridges):
            left = _even(number * (index + 1) * self._unit * 1.6) % self.width
            ridge.stamp(planes, 0, self._horizon - ridge.full.height, left, self.width)
        self._draw_counter(number)
        return planes

    def _drawn_sky(self) -> Image.Image:
        size = (self.width, self._horizon)
        shade = Image.linear_gradient("L").resize(size)
        return Image.composite(
            Image.new("RGB", size, self._palette.horizon), Image.new("RGB", size, self._palette.above), shade
        )

    def _drawn_sun(self) -> Stencil:
        size = _even(170 * self._unit)
        mask = Image.new("L", (size * 2, size * 2), 0)
        draw = ImageDraw.Draw(mask)
        draw.ellipse((size * 0.5, size * 0.5, size * 1.5, size * 1.5), fill=120)
        mask = mask.filter(ImageFilter.GaussianBlur(size * 0.12))
        disc = Image.new("L", mask.size, 0)
        ImageDraw.Draw(disc).ellipse((size * 0.72, size * 0.72, size * 1.28, size * 1.28), fill=255)
        mask = ImageChops.lighter(mask, disc.filter(ImageFilter.GaussianBlur(max(1.0, size * 0.01))))
        return Stencil(mask, self._palette.sun)

    def _drawn_ridge(self, index: int) -> Stencil:
        """A strip twice the picture's width that repeats after one width, so that it can pass for ever."""
        height = _even(self._horizon * (0.52 - 0.13 * index))
        phase = [byte / 255 * math.tau for byte in self._seed[index * 4 + 1 : index * 4 + 5]]
        waves = ((1 + index, 0.30), (2 + index, 0.18), (5 + 2 * index, 0.09), (11 + 3 * index, 0.035))
        points: list[tuple[float, float]] = [(0.0, height * 2.0)]
        for step in range(0, self.width * 2 + 4, 4):
            angle = step / (self.width * 2) * math.tau
            lift = sum(size * math.sin(angle * wave + shift) for (wave, size), shift in zip(waves, phase, strict=True))
            points.append((float(step), height * 2 * (0.42 - 0.62 * lift)))
        points.append((self.width * 2.0, height * 2.0))
        mask = Image.new("L", (self.width * 2, height * 2), 0)
        ImageDraw.Draw(mask).polygon(points, fill=255)
        mask = mask.resize((self.width, height), Image.Resampling.BOX)
        strip = Image.new("L", (self.width * 2, height))
        strip.paste(mask, (0, 0))
        strip.paste(mask, (self.width, 0))
        return Stencil(strip, self._palette.ridges[index])

    def _drawn_still(self, prompt: str, caption: str) -> Image.Image:
        """What never changes: the ground, and the prompt on it."""
        picture = Image.new("RGB", (self.width, self.height), self._palette.ground)
        draw = ImageDraw.Draw(picture)
        margin = round(40 * self._unit)
        top = self._horizon + round(28 * self._unit)
        if caption:
            small = font_for(caption, max(8, round(20 * self._unit)))
            draw.text((margin, top), caption, font=small, fill=(150, 160, 174))
            top += round(34 * self._unit)
        size = max(10, round(32 * self._unit))
        font = font_for(prompt, size)
        line_height = round(size * 1.35)
        room = max(1, int((self._counter_box()[1] - top) // line_height))
        for line in wrap(prompt[:2000], font, self.width - 2 * margin, room):
            draw.text((margin, top), line, font=font, fill=(236, 239, 244))
            top += line_height
        return picture

    def _counter_box(self) -> tuple[int, int, int, int]:
        """Where the counter's words stand: left, top, right, bottom."""
        margin, height = round(40 * self._unit), round(38 * self._unit)
        bottom = self.height - round(24 * self._unit)
        return margin, bottom - height, self.width - margin, bottom

    def _draw_counter(self, number: int) -> None:
        left, top, right, bottom = self._counter_box()
        draw = ImageDraw.Draw(self.planes.y)
        draw.rectangle((left, top, right, bottom), fill=self._counter_paper)
        side = squares_side(self.width, self.height)
        for index, on in enumerate(_squares(number)):
            x = left + index * side
            fill = self._counter_ink if on else self._counter_paper
            draw.rectangle((x, bottom - side + 1, x + side - 1, bottom), fill=fill)
        seconds = number / self.fps
        words = f"{int(seconds // 60)}:{seconds % 60:05.2f}   Frame {number + 1} of {self.frames}"
        draw.text((right, bottom), words, font=self._counter_font, fill=self._counter_ink, anchor="rs")


def frame_number(picture: Image.Image) -> int | None:
    """The number (from 0) that a frame's squares show, or None where there is no such row of squares."""
    width, height = picture.size
    unit = min(width, height) / 720
    side = squares_side(width, height)
    left, bottom = round(40 * unit), height - round(24 * unit)
    grey = picture.convert("L")
    inset = max(1, side // 4)
    bits: list[bool] = []
    for index in range(BITS + 3):
        x = left + index * side
        square = grey.crop((x + inset, bottom - side + 1 + inset, x + side - inset, bottom + 1 - inset))
        bits.append(square.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) > 120)  # type: ignore[operator]
    number = sum(1 << index for index, on in enumerate(bits[2:-1]) if on)
    return number if bits == _squares(number) else None


def squares_side(width: int, height: int) -> int:
    """The side of one square of the counter, in pixels."""
    return max(4, round(min(width, height) / 72))


def _squares(number: int) -> list[bool]:
    bits = [bool(number >> index & 1) for index in range(BITS)]
    return [True, False, *bits, sum(bits) % 2 == 0]


def _even(value: float) -> int:
    return round(value / 2) * 2


def _luma(colour: RGB) -> int:
    pixel = Image.new("RGB", (1, 1), colour).convert("RGB", TO_YUV).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return int(pixel[0])
