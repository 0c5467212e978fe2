"""What a parameter is about, told from its wire key where nobody says it: in a live list, in an old draft."""

from __future__ import annotations

import re

ROLES: dict[str, tuple[str, ...]] = {
    "aspect": ("aspect_ratio", "aspect", "ratio", "orientation"),
    "duration": ("duration", "seconds", "n_frames", "length", "duration_seconds", "video_length"),
    "quality": ("quality", "resolution"),
    "seed": ("seed",),
    "watermark": ("remove_watermark", "watermark"),
    "storage": ("upload_method",),
    "negative": ("negative_prompt",),
}
"""Keys as services use them, without capitals. `size` is none of them: it is a shape here and a quality there."""


def role_of(key: str) -> str:
    """The role that `key` names (`aspectRatio` and `aspect_ratio` alike); empty where it tells nothing."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-\s.]+", "_", key).lower()
    return next((role for role, keys in ROLES.items() if plain in keys), "")
