"""The look of the window: tokens → QPalette, one style sheet, fonts. Follows the system's light and dark live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from string import Template
from typing import ParamSpec

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from sora_desktop.storage.resources import resource
from sora_desktop.ui import tokens
from sora_desktop.ui.tokens import FACES, FAMILIES, SIZES, THEMES, Colours, Sizes
from sora_desktop.ui.widgets.ring import RingKeeper

P = ParamSpec("P")
NAMES = ("system", "dark", "light", "contrast")
LEAST_TEXT, MOST_TEXT = 90, 150


class Theme(QObject):
    """What everything is painted with. `changed` comes after a new theme or text size is in force."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._name = "system"
        self._colours = tokens.DARK
        self._text_size = 100
        self._app: QApplication | None = None
        self._worn: tuple[Colours, int] | None = None
        self.ring: RingKeeper | None = None
        self._still = False
        self._qcolours: dict[str, QColor] = {}
        self._fonts: dict[str, QFont] = {}
        self._scaled: dict[float, int] = {}

    @property
    def name(self) -> str:
        """The chosen name, `system` included."""
        return self._name

    @property
    def colours(self) -> Colours:
        """The tokens in force."""
        return self._colours

    @property
    def sizes(self) -> Sizes:
        return SIZES

    @property
    def text_size(self) -> int:
        """Percent, 90 to 150."""
        return self._text_size

    @property
    def still(self) -> bool:
        """Whether nothing may move by itself: the user's "Reduce motion"."""
        return self._still

    def set_still(self, still: bool) -> None:
        """Stops, or allows, what moves by itself."""
        if still != self._still:
            self._still = still
            self.changed.emit()

    def apply(self, app: QApplication, name: str = "system", text_size: int | None = None) -> None:
        """Dresses the program. `name` is one of `NAMES`; `text_size` in percent is held within 90 and 150."""
        self._name = name if name in NAMES else "system"
        if text_size is not None:
            self._text_size = max(LEAST_TEXT, min(MOST_TEXT, text_size))
        if self._app is None:
            self._app = app
            load_fonts()
            app.setStyle("Fusion")
            self.ring = RingKeeper(app, self)
            app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)
        scheme = {"dark": Qt.ColorScheme.Dark, "contrast": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
        app.styleHints().setColorScheme(scheme.get(self._name, Qt.ColorScheme.Unknown))
        if self._worn != (self._chosen(), self._text_size):  # a sheet for the whole window takes a third of a second
            self._dress()

    @contextmanager
    def undressed(self) -> Iterator[None]:
        """What is built meanwhile wears the style sheet from the end on; nothing changes once a window was shown.

        With the sheet, Qt styles all that a widget holds anew each time it is given a parent: half of the time that a
        window takes to be built.
        """
        app = self._app
        styled = Qt.WidgetAttribute.WA_StyleSheet
        # Qt tells the next sheet nothing of what wears this one: a widget that outlived it, and died, would be dressed.
        if app is None or any(one.internalWinId() or one.testAttribute(styled) for one in app.allWidgets()):
            yield
            return
        worn = app.styleSheet()
        app.setStyleSheet("")
        try:
            yield
        finally:
            app.setStyleSheet(worn)

    def set_text_size(self, percent: int) -> None:
        """Changes the size of all text and rows, in percent."""
        if self._app is not None:
            self.apply(self._app, self._name, percent)

    def _on_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self._name == "system" and THEMES[self._system()] is not self._colours:
            self._dress()

    def _system(self) -> str:
        hints = QApplication.styleHints()
        accessibility = hints.accessibility()
        if accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast:
            return "contrast"
        return "light" if hints.colorScheme() == Qt.ColorScheme.Light else "dark"

    def _chosen(self) -> Colours:
        return THEMES[self._system() if self._name == "system" else self._name]

    def _dress(self) -> None:
        app = self._app
        assert app is not None
        self._colours = self._chosen()
        self._worn = self._colours, self._text_size
        self._qcolours.clear()
        self._fonts.clear()
        self._scaled.clear()
        app.setFont(self.font("base"))
        app.setPalette(palette(self._colours))
        app.setStyleSheet(sheet(self._colours, self.scale))
        self.changed.emit()

    def scale(self, px: float) -> int:
        """A length of the tokens at the user's text size, in px; never below 1 for what is above 0."""
        # Kept: a row of the queue asks forty times.
        found = self._scaled.get(px)
        if found is None:
            found = self._scaled[px] = max(1, round(px * self._text_size / 100)) if px > 0 else 0
        return found

    def colour(self, token: str, opacity: float = 1.0) -> QColor:
        """A colour token, at an opacity of 0 to 1."""
        found = self._qcolours.get(token)
        if found is None:
            found = self._qcolours[token] = QColor(getattr(self._colours, token))
        colour = QColor(found)
        if opacity != 1.0:
            colour.setAlphaF(opacity)
        return colour

    def account_colour(self, name: str) -> QColor:
        """A colour of the accounts' palette in this theme."""
        return QColor(tokens.ACCOUNT_COLOURS[name][self._colours.name])

    def font(self, face: str = "base") -> QFont:
        """A text style of the tokens, with figures of one width."""
        found = self._fonts.get(face)
        if found is not None:
            # A copy shares what Qt looked up for it; a font made anew is looked up at every use.
            return QFont(found)
        style = FACES[face]
        font = QFont()
        font.setFamilies([*FAMILIES, *system_families()])
        font.setPixelSize(self.scale(style.px))
        font.setWeight(QFont.Weight(style.weight))
        font.setFeature(QFont.Tag("tnum"), 1)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        self._fonts[face] = font
        return QFont(font)


@cache
def theme() -> Theme:
    """The one theme of the program."""
    return Theme()


def built_bare(build: Callable[P, None]) -> Callable[P, None]:
    """Makes an `__init__` build its window faster: see `Theme.undressed`."""

    @wraps(build)
    def bare(*args: P.args, **more: P.kwargs) -> None:
        with theme().undressed():
            build(*args, **more)

    return bare


def over_picture(colour: str, alpha: int) -> QColor:
    """`colour` with `alpha` of 255: for veils and lines that are drawn over a picture."""
    ink = QColor(colour)
    ink.setAlpha(alpha)
    return ink


def scale(px: float) -> int:
    """A length of the tokens at the user's text size, in px."""
    return theme().scale(px)


@cache
def load_fonts() -> None:
    """Registers the bundled fonts. Needs a QApplication."""
    system_families()
    for file in sorted(resource("fonts").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(file))


@cache
def system_families() -> tuple[str, ...]:
    return (QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family(),)


def palette(colours: Colours) -> QPalette:
    """Fusion's palette from the tokens."""
    roles = QPalette.ColorRole
    named = {
        roles.Window: colours.panel,
        roles.WindowText: colours.text,
        roles.Base: colours.field,
        roles.AlternateBase: colours.raised,
        roles.ToolTipBase: colours.raised,
        roles.ToolTipText: colours.text,
        roles.PlaceholderText: colours.faint,
        roles.Text: colours.text,
        roles.Button: colours.raised,
        roles.ButtonText: colours.text,
        roles.BrightText: colours.danger,
        roles.Highlight: colours.fill,
        roles.HighlightedText: colours.on_fill,
        roles.Accent: colours.accent,
        roles.Link: colours.accent,
        roles.LinkVisited: colours.accent,
        roles.Light: colours.hover,
        roles.Midlight: colours.hover,
        roles.Mid: colours.border,
        roles.Dark: colours.strong,
        roles.Shadow: colours.window,
    }
    made = QPalette()
    for role, colour in named.items():
        made.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.faint))
    made.setColor(QPalette.ColorGroup.Disabled, roles.Highlight, QColor(colours.groove))
    return made


def sheet(colours: Colours, grow: Callable[[float], int] = round) -> str:
    """The style sheet: the template with every `$name` from the tokens; `grow` turns their px into the user's."""
    names = {f"size_{name}": f"{grow(getattr(SIZES, name))}px" for name in Sizes.__dataclass_fields__}
    names |= {name: getattr(colours, name) for name in tokens.colour_names()}
    names |= {f"text_{name}": f"{grow(face.px)}px" for name, face in FACES.items()}
    names |= {f"p{px}": f"{grow(px)}px" for px in range(1, 65)}
    names["images"] = image_folder(colours)
    names |= {
        f"{tone}_tint": tokens.mixed(getattr(colours, tone), colours.panel, colours.tint) for tone in tokens.TINTED
    }
    files = sorted(resource("theme").glob("*.qss"), reverse=True)  # sora.qss first: screens refine it
    return Template("\n".join(file.read_text(encoding="utf-8") for file in files)).substitute(names)


def image_folder(colours: Colours) -> str:
    """Where the small images of the sheet are, in this theme's colours (made by `theme_images`)."""
    return resource("theme", colours.name).as_posix()
