"""A picture made right: upright, cut, sized, converted, below a limit, without metadata. The original is only read.

Blocking: callers run this on a thread. `inspect` is here too, so that callers need one module.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sora_desktop.core.errors import UserError
from sora_desktop.core.fixes import COMMON, best_type, untouched
from sora_desktop.core.pictures import JPEG, WEBP, Picture, Plan, inside
from sora_desktop.media.picture_files import ORIENTATION, ending, glance, inspect, named, opened
from sora_desktop.media.stripping import stripped

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Mended", "ending", "glance", "inspect", "mend", "named", "thumbnail"]

BEST, LEAST = 92, 30
"""Quality of JPEG and WebP, 1 to 100: at first, and the least before the picture is made smaller instead."""
WORST = 10
"""The least of all, for a picture whose size is given."""
LONGEST = {JPEG: 65_500, WEBP: 16_383}
"""Pixels of the longer side that a type can hold at all."""
MOST_EXIF = 65_533 - 6
"""Bytes of EXIF that fit into a JPEG."""
SMALLEST = 64
"""Pixels of the longer side below which a picture is not made smaller any more."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What is sent. `quality` (1 to 100) is None where nothing was saved with loss; `width` and `height` are those of
    `data`. `unchanged`: the file's own bytes, but for its metadata."""

    data: bytes
    mime: str
    width: int
    height: int
    quality: int | None = None
    unchanged: bool = False


def mend(source: Path | bytes, plan: Plan, name: str = "", picture: Picture | None = None) -> Mended:
    """`source` as `plan` wants it. `picture` saves a look at the file where its facts are known.

    Raises UserError as `inspect` does, and `picture_unshrinkable` where no quality stays below `plan.max_bytes`.
    """
    picture = picture or inspect(source, name)
    if untouched(picture, plan):
        data = source.read_bytes() if isinstance(source, Path) else source
        # Also where nothing is known of any: a phone hangs films behind its pictures.
        clean = data if plan.keep_metadata else stripped(data, picture.mime)
        if clean is not None and (plan.keep_metadata or not (picture.has_metadata and _tells(clean))):
            return Mended(clean, picture.mime, picture.width, picture.height, unchanged=True)
    mime = plan.mime or (picture.mime if picture.mime in COMMON else best_type(COMMON, alpha=picture.has_alpha))
    with opened(source, name) as image:
        exif = _upright_exif(image) if plan.keep_metadata else b""
        ready = _shaped(_upright(image, picture), plan)
        ready = _flat(ready, plan.backdrop) if mime == JPEG else ready
        ready.load()
        return _saved(ready, mime, plan, name, exif if mime != JPEG or len(exif) <= MOST_EXIF else b"")


def thumbnail(source: Path | bytes, longest: int = 320, plan: Plan | None = None) -> bytes:
    """A small JPEG of the picture, its longer side `longest` pixels at most, as `plan` cuts it. Raises as `mend`."""
    plan = plan or Plan()
    with opened(source) as image:
        if plan.crop is None and plan.size is None:
            image.draft("RGB", (longest, longest))  # A JPEG is decoded at a fraction of its size.
        small = _shaped(_turned_upright(image), plan)
        small = _flat(small, plan.backdrop)
        small.thumbnail((longest, longest))
        return _encoded(small, JPEG, 85, b"")


def _tells(data: bytes) -> bool:
    try:
        picture = inspect(data)
    except UserError:
        return True
    return picture.has_metadata


def _upright(image: Image, picture: Picture) -> Image:
    image.seek(0)
    return _turned_upright(image)


def _turned_upright(image: Image) -> Image:
    """The first frame in sRGB, RGB or RGBA, turned as its EXIF says."""
    from PIL import ImageOps

    ImageOps.exif_transpose(image, in_place=True)  # A copy of a large picture is half a gigabyte.
    return _srgb(image)


def _srgb(image: Image) -> Image:
    """RGB or RGBA, in sRGB: what was in another colour space (Display P3, a printer's CMYK) looks the same."""
    profile = image.info.get("icc_profile")
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    elif profile and image.mode in {"RGB", "CMYK", "L", "RGBA"}:
        image = _converted(image, profile)
    elif profile and image.mode in {"P", "PA"}:
        image = _converted(image.convert(wanted), profile)
    elif profile and image.mode == "LA":
        alpha = image.getchannel("A")
        image = _converted(image.getchannel("L"), profile).convert("RGBA")
        image.putalpha(alpha)
    return image if image.mode == wanted else image.convert(wanted)


def _converted(image: Image, profile: bytes) -> Image:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image  # A broken profile, or one for another mode: the pixels are taken as they are.
    return converted or image


def _eight_bits(image: Image) -> Image:
    """16 and 32 bits of grey, whole or not, as 8: Pillow's own conversion would cut everything above 255."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    low, high = _range(image)
    if image.mode == "I" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0 if high > 255 else 255.0
    scale = 255 / ((high - low) or 1)
    return image.point(lambda value: value * scale + -low * scale).convert("L")


def _range(image: Image) -> tuple[float, float]:
    extremes = image.getextrema()
    low, high = extremes if isinstance(extremes, tuple) else (0, 255)
    return float(low), float(high)  # type: ignore[arg-type]


def _shaped(image: Image, plan: Plan) -> Image:
    """Turned, cut and sized."""
    from PIL import Image as Pillow
    from PIL import ImageOps

    turn = {90: Pillow.Transpose.ROTATE_270, 180: Pillow.Transpose.ROTATE_180, 270: Pillow.Transpose.ROTATE_90}
    if plan.rotate:
        image = image.transpose(turn[plan.rotate])
    if plan.crop is not None:
        box = inside(plan.crop, image.size)
        image = image.crop((box.x, box.y, box.x + box.width, box.y + box.height))
    if plan.size is None or plan.size == image.size:
        return image
    lanczos = Pillow.Resampling.LANCZOS
    if plan.fit == "bars":
        inner = ImageOps.contain(image, plan.size, lanczos)
        canvas = Pillow.new(image.mode, plan.size, plan.bars)
        place = ((plan.size[0] - inner.width) // 2, (plan.size[1] - inner.height) // 2)
        canvas.paste(_flat(inner, plan.backdrop) if inner.mode == "RGBA" else inner, place)
        return canvas
    return ImageOps.fit(image, plan.size, lanczos)


def _flat(image: Image, backdrop: str) -> Image:
    """Without transparency: what shines through is `backdrop`."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    from PIL import Image as Pillow

    canvas = Pillow.new("RGB", image.size, backdrop)
    canvas.paste(image, mask=image.getchannel("A"))
    return canvas


def _saved(image: Image, mime: str, plan: Plan, name: str, exif: bytes) -> Mended:
    """Encoded as well as the limit allows: the best quality that fits; then, where no size is given, smaller."""
    limit = plan.max_bytes
    lossy = mime in (JPEG, WEBP)
    too_long = max(image.size) / LONGEST.get(mime, max(image.size))
    if too_long > 1:
        image = image.resize((max(1, int(image.width / too_long)), max(1, int(image.height / too_long))))
    while True:
        data = _encoded(image, mime, BEST, exif)
        quality = BEST if lossy else None
        if limit is not None and len(data) > limit and lossy:
            least = LEAST if plan.size is None else WORST
            found = _best_below(image, mime, limit, least, exif)
            if found is not None:
                quality, data = found
        if limit is None or len(data) <= limit:
            return Mended(data, mime, image.width, image.height, quality)
        if plan.size is not None or max(image.size) * 0.8 < SMALLEST:
            raise UserError("picture_unshrinkable", name=name, limit=f"{limit / 1_000_000:g}")
        image = image.resize((max(1, round(image.width * 0.8)), max(1, round(image.height * 0.8))))


def _best_below(image: Image, mime: str, limit: int, least: int, exif: bytes) -> tuple[int, bytes] | None:
    """(quality, bytes) of the best quality below BEST that stays within `limit`; None where not even `least` does."""
    low, high, found = least, BEST - 1, None
    while low <= high:
        middle = (low + high) // 2
        data = _encoded(image, mime, middle, exif)
        if len(data) <= limit:
            found, low = (middle, data), middle + 1
        else:
            high = middle - 1
    return found


def _encoded(image: Image, mime: str, quality: int, exif: bytes) -> bytes:
    """The file's bytes, with nothing in it but pixels (and `exif`)."""
    image.info = {}  # It is ours: nothing of the file is needed any more, and a copy would be large.
    out = io.BytesIO()
    more = {"exif": exif} if exif else {}
    match mime:
        case "image/webp":
            image.save(out, "WEBP", quality=quality, method=4, **more)
        case "image/png":
            image.save(out, "PNG", optimize=False, compress_level=6, **more)
        case _:
            image = image if image.mode == "RGB" else image.convert("RGB")
            sampling = 0 if quality >= 85 else 2
            jpeg = {"format": "JPEG", "quality": quality, "subsampling": sampling, **more}
            try:
                image.save(out, progressive=True, **jpeg)
            except OSError:
                # Pillow's buffer for progressive files is a byte a pixel: noise needs more.
                out = io.BytesIO()
                image.save(out, **jpeg)
    return out.getvalue()


def _upright_exif(image: Image) -> bytes:
    """EXIF that is kept, without the orientation: the pixels are upright now. None of it where it is broken."""
    from PIL import Image as Pillow

    try:
        kept = Pillow.Exif()
        kept.load(image.getexif().tobytes())
        kept.pop(ORIENTATION, None)
        return kept.tobytes()
    except Exception:  # As in `inspect`: broken EXIF is no reason to refuse a picture.
        return b""
