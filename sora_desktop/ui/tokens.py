"""Every colour and every size of the window, and nothing else. Sizes are px at a text size of 100 %."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """One theme. Text colours reach 4.5:1 on every background of `BACKGROUNDS`, chips on their own tint."""

    name: str
    dark: bool
    window: str
    panel: str
    raised: str
    field: str
    segment: str
    hover: str
    pressed: str
    segment_on: str
    segment_on_text: str
    segment_on_border: str
    border: str
    strong: str
    control: str
    groove: str
    text: str
    muted: str
    faint: str
    accent: str
    fill: str
    fill_hover: str
    on_fill: str
    selection: str
    success: str
    warning: str
    danger: str
    uncertain: str
    well: str
    thumb: str
    tint: float
    """How much of a state's colour its chip is filled with; 0 means an outline instead."""


BLACK, WHITE = "#000000", "#FFFFFF"
"""Over and around pictures: the same in all themes, so that a theme colours no judgement."""

BACKGROUNDS = ("window", "panel", "raised", "field", "hover", "selection")
TEXTS = ("text", "muted", "faint", "accent", "success", "warning", "danger", "uncertain")
TINTED = ("accent", "success", "warning", "danger", "uncertain")
"""The tones whose chips are filled with a tint; a muted chip is an outline."""

DARK = Colours(
    name="dark",
    dark=True,
    window="#161719",
    panel="#1D1E21",
    raised="#26282C",
    field="#18191B",
    segment="#18191B",
    hover="#2E3035",
    pressed="#37393F",
    segment_on="#3C3F46",
    segment_on_text="#E5E7EA",
    segment_on_border="#3C3F46",
    border="#323439",
    strong="#4A4D54",
    control="#70747D",
    groove="#3A3D43",
    text="#E5E7EA",
    muted="#A2A7B0",
    faint="#9BA1AB",
    accent="#7DBCF8",
    fill="#2870C0",
    fill_hover="#2C76C8",
    on_fill="#FFFFFF",
    selection="#21364C",
    success="#76CC9D",
    warning="#E2B45C",
    danger="#F69C9F",
    uncertain="#CAB3F8",
    well="#0E0F10",
    thumb="#F2F3F5",
    tint=0.14,
)

LIGHT = Colours(
    name="light",
    dark=False,
    window="#E8E9EB",
    panel="#F5F5F6",
    raised="#FFFFFF",
    field="#FFFFFF",
    segment="#E3E5E8",
    hover="#EBECEE",
    pressed="#DFE1E4",
    segment_on="#FFFFFF",
    segment_on_text="#1B1D21",
    segment_on_border="#C3C7CD",
    border="#D4D6DA",
    strong="#B3B7BE",
    control="#878C95",
    groove="#CDD0D5",
    text="#1B1D21",
    muted="#575D67",
    faint="#5F656F",
    accent="#195CA6",
    fill="#1D69BD",
    fill_hover="#185CA8",
    on_fill="#FFFFFF",
    selection="#D7E6F6",
    success="#17653B",
    warning="#7E5200",
    danger="#A82429",
    uncertain="#6440AD",
    well="#1B1C1E",
    thumb="#FFFFFF",
    tint=0.09,
)

CONTRAST = Colours(
    name="contrast",
    dark=True,
    window="#000000",
    panel="#000000",
    raised="#000000",
    field="#000000",
    segment="#000000",
    hover="#1F1F1F",
    pressed="#333333",
    segment_on="#5CC8FF",
    segment_on_text="#000000",
    segment_on_border="#5CC8FF",
    border="#8C8C8C",
    strong="#FFFFFF",
    control="#FFFFFF",
    groove="#5A5A5A",
    text="#FFFFFF",
    muted="#E0E0E0",
    faint="#B8B8B8",
    accent="#5CC8FF",
    fill="#5CC8FF",
    fill_hover="#8FDBFF",
    on_fill="#000000",
    selection="#003A5C",
    success="#5DF2A0",
    warning="#FFD24D",
    danger="#FF8F8F",
    uncertain="#D9B8FF",
    well="#000000",
    thumb="#FFFFFF",
    tint=0.0,
)

THEMES: dict[str, Colours] = {colours.name: colours for colours in (DARK, LIGHT, CONTRAST)}

ACCOUNT_COLOURS: dict[str, dict[str, str]] = {
    "blue": {"dark": "#5AA2F5", "light": "#1F6FCB", "contrast": "#6CB8FF"},
    "amber": {"dark": "#E0B03A", "light": "#8F6A00", "contrast": "#FFD84A"},
    "teal": {"dark": "#3DB8B0", "light": "#0B7F79", "contrast": "#4DE8DC"},
    "red": {"dark": "#F0666B", "light": "#C4313A", "contrast": "#FF8080"},
    "violet": {"dark": "#A98BF0", "light": "#7447C8", "contrast": "#C9A6FF"},
    "green": {"dark": "#6CBF5A", "light": "#3B7D22", "contrast": "#8CF06E"},
    "orange": {"dark": "#F08A3C", "light": "#B85410", "contrast": "#FFA657"},
    "pink": {"dark": "#EC74B4", "light": "#B83280", "contrast": "#FF94D2"},
}
"""The palette of accounts by name and theme, in the order in which new accounts take them. A dot of each reaches 3:1 on
every background of `BACKGROUNDS`; the account's name stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Lengths in px at 100 %; always used through `theme.scale`."""

    grid: int = 8
    half: int = 4
    column_padding: int = 16
    column_padding_compact: int = 12
    menu_bar: int = 32
    status_bar: int = 28
    header: int = 40
    control: int = 28
    field: int = 32
    small_button: int = 24
    primary: int = 40
    param_row: int = 36
    section_row: int = 26
    picker: int = 48
    chip: int = 20
    tick: int = 16
    switch_width: int = 32
    switch_height: int = 18
    icon: int = 16
    icon_small: int = 12
    icon_large: int = 32
    progress: int = 3
    slider_thumb: int = 13
    radius_small: int = 4
    radius: int = 6
    radius_large: int = 8
    ring: int = 2
    editor_min: int = 92
    editor_max: int = 320
    compose: int = 376
    compose_min: int = 320
    compose_max: int = 440


SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class Face:
    """A text style: px, line height in px, weight."""

    px: int
    line: int
    weight: int = 400


FACES: dict[str, Face] = {
    "base": Face(13, 18),
    "strong": Face(13, 18, 500),
    "prompt": Face(13, 20),
    "secondary": Face(12, 16),
    "chip": Face(12, 16, 500),
    "overlay": Face(11, 14),
    "section": Face(13, 18, 600),
    "title": Face(15, 20, 600),
    "primary": Face(14, 20, 600),
    "cost": Face(15, 20, 600),
    "time": Face(14, 20, 500),
    "first_run": Face(22, 28, 600),
}

FAMILIES = ("Inter", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei")


def colour_names() -> tuple[str, ...]:
    """The names of all colour tokens."""
    return tuple(field.name for field in fields(Colours) if field.name not in {"name", "dark", "tint"})


def rgb(hexadecimal: str) -> tuple[int, int, int]:
    """A colour such as #161719 as red, green and blue, 0 to 255."""
    return int(hexadecimal[1:3], 16), int(hexadecimal[3:5], 16), int(hexadecimal[5:7], 16)


def mixed(over: str, under: str, share: float) -> str:
    """`over` laid on `under` with an opacity of `share` (0 to 1)."""
    channels = (round(top * share + low * (1 - share)) for top, low in zip(rgb(over), rgb(under), strict=True))
    return "#" + "".join(f"{channel:02X}" for channel in channels)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(hexadecimal: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in rgb(hexadecimal))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
