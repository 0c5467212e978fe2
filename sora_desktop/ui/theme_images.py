"""The few images that a style sheet can only take from files: arrows and ticks, one set a theme.

`python -m sora_desktop.ui.theme_images` makes them anew after a change of the tokens; a test holds them in step.
"""

from __future__ import annotations

from sora_desktop.storage.resources import resource
from sora_desktop.ui.tokens import THEMES, Colours

IMAGES: dict[str, tuple[str, str, float]] = {
    # file: icon, colour token, stroke in units of the 24-unit box
    "down": ("down", "muted", 2.25),
    "down-disabled": ("down", "strong", 2.25),
    "up": ("up", "muted", 2.25),
    "right": ("right", "muted", 2.25),
    "check": ("check", "on_fill", 3),
    "mixed": ("minus", "on_fill", 3),
    "check-menu": ("check", "accent", 2.25),
}


def images(colours: Colours) -> dict[str, str]:
    """File name → SVG text, in the colours of a theme."""
    made: dict[str, str] = {}
    for file, (icon, token, stroke) in IMAGES.items():
        text = resource("icons", f"{icon}.svg").read_text(encoding="utf-8")
        text = text.replace("currentColor", getattr(colours, token))
        made[f"{file}.svg"] = text.replace('stroke-width="2"', f'stroke-width="{stroke:g}"')
    dot = f'<circle cx="12" cy="12" r="6" fill="{colours.on_fill}"/>'
    made["dot.svg"] = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">{dot}</svg>\n'
    )
    return made


def write() -> None:
    """Writes all sets into the resources."""
    for colours in THEMES.values():
        folder = resource("theme", colours.name)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in images(colours).items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
