"""Fonts for drawn text: one that has the letters, wherever the system keeps it."""

from __future__ import annotations

import functools
import unicodedata

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

LATIN = (
    "/usr/share/fonts/truetype/inter/Inter-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "DejaVuSans.ttf",
    "/System/Library/Fonts/Helvetica.ttc",
    "segoeui.ttf",
    "arial.ttf",
)
EAST_ASIAN = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "msyh.ttc",
    "meiryo.ttc",
    "malgun.ttf",
    "simsun.ttc",
)

NEVER_FIRST = frozenset("，。、；：！？）」』】》〉…,.;:!?)]}’”")
"""Marks that do not begin a line."""


def font_for(text: str, size: int) -> Font:
    """A font of `size` pixels for `text`. Where the system has none with East Asian letters, boxes show instead."""
    return _found(EAST_ASIAN + LATIN if any(_is_wide(char) for char in text) else LATIN + EAST_ASIAN, size)


def wrap(text: str, font: Font, width: float, most_lines: int) -> list[str]:
    """`text` in lines no wider than `width` pixels, the last with an ellipsis when there was more.

    Breaks at spaces, and between any two East Asian letters; a word that is too long is cut.
    """
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest and len(lines) < most_lines:
        count = _fitting(rest, font, width)
        if count < len(rest) and len(lines) == most_lines - 1:
            kept = rest[:count].rstrip()
            while kept and font.getlength(kept + "…") > width:
                kept = kept[:-1]
            lines.append(kept + "…")
            break
        lines.append(rest[:count].rstrip())
        rest = rest[count:].lstrip()
    return lines


def _fitting(text: str, font: Font, width: float) -> int:
    """How many letters of `text` go on one line: at least one."""
    low, high = 1, min(len(text), 400)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(text[:middle].rstrip()) <= width:
            low = middle
        else:
            high = middle - 1
    if low == len(text):
        return low
    for end in range(low, 0, -1):
        if text[end] in NEVER_FIRST:
            continue
        if text[end].isspace() or text[end - 1].isspace() or _is_wide(text[end - 1]) or text[end - 1] == "-":
            return end
    return low


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in {"W", "F"}


@functools.lru_cache(maxsize=32)
def _found(names: tuple[str, ...], size: int) -> Font:
    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
