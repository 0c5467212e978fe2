"""Pictures that tell how they lie, and what is in their metadata."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

MAKER = "A Camera Maker of Note"
LATITUDE = ("N", (51.0, 30.0, 26.463))


def scene(size: tuple[int, int] = (64, 40), mode: str = "RGB") -> Image.Image:
    """A picture whose corners tell how it lies: red top left, green top right, blue bottom left, white bottom right."""
    image = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    corners = {(0, 0): "red", (half[0], 0): "lime", (0, half[1]): "blue", half: "white"}
    for place, colour in corners.items():
        image.paste(Image.new("RGB", half, colour), place)
    return image if mode == "RGB" else image.convert(mode)


def exif(orientation: int = 1, *, place: bool = True) -> bytes:
    found = Image.Exif()
    found[0x010F] = MAKER
    found[0x0112] = orientation
    if place:
        gps = found.get_ifd(0x8825)
        gps[1], gps[2] = LATITUDE
    return found.tobytes()


def saved(image: Image.Image, form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(pixel: Any, colour: tuple[int, int, int], by: int = 40) -> bool:
    return all(abs(one - other) <= by for one, other in zip(pixel[:3], colour, strict=True))


def lies_upright(image: Image.Image) -> bool:
    image = image.convert("RGB")
    last = (image.width - 3, image.height - 3)
    return near(image.getpixel((2, 2)), (255, 0, 0)) and near(image.getpixel(last), (255, 255, 255))
