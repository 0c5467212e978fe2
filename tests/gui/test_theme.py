"""The look: contrast of every text, one source for colours and sizes, the switch of themes."""

from __future__ import annotations

import itertools
import re

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontInfo, QFontMetrics, QIcon
from PySide6.QtWidgets import QApplication, QLabel

from sora_desktop.storage.resources import resource
from sora_desktop.ui import theme_images, tokens
from sora_desktop.ui.icons import icon, pixmap, stroke
from sora_desktop.ui.theme import sheet, theme
from sora_desktop.ui.widgets.basic import mark

ALL = list(tokens.THEMES.values())


@pytest.fixture(autouse=True)
def dark_again(qapp: QApplication):
    theme().apply(qapp, "dark", 100)
    yield
    theme().apply(qapp, "dark", 100)


@pytest.mark.parametrize(
    ("colours", "text", "ground"),
    [
        pytest.param(colours, text, ground, id=f"{colours.name}-{text}-on-{ground}")
        for colours, text, ground in itertools.product(ALL, tokens.TEXTS, tokens.BACKGROUNDS)
    ],
)
def test_every_text_is_readable_on_every_background(colours: tokens.Colours, text: str, ground: str) -> None:
    assert tokens.contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", ALL, ids=lambda colours: colours.name)
@pytest.mark.parametrize("tone", tokens.TINTED)
@pytest.mark.parametrize("ground", ["panel", "hover", "selection", "raised"])
def test_a_chip_is_readable_on_its_own_tint(colours: tokens.Colours, tone: str, ground: str) -> None:
    ink = getattr(colours, tone)
    tinted = tokens.mixed(ink, getattr(colours, ground), colours.tint)
    assert tokens.contrast(ink, tinted) >= 4.5


@pytest.mark.parametrize("colours", ALL, ids=lambda colours: colours.name)
@pytest.mark.parametrize("name", tokens.ACCOUNT_COLOURS)
def test_an_accounts_dot_is_seen_on_every_background(colours: tokens.Colours, name: str) -> None:
    ink = tokens.ACCOUNT_COLOURS[name][colours.name]
    assert min(tokens.contrast(ink, getattr(colours, ground)) for ground in tokens.BACKGROUNDS) >= 3
    others = {other[colours.name] for other in tokens.ACCOUNT_COLOURS.values()}
    assert len(others) == len(tokens.ACCOUNT_COLOURS)


@pytest.mark.parametrize("colours", ALL, ids=lambda colours: colours.name)
def test_what_must_be_seen_stands_out(colours: tokens.Colours) -> None:
    assert tokens.contrast(colours.on_fill, colours.fill) >= 4.5
    assert tokens.contrast(colours.on_fill, colours.fill_hover) >= 4.5
    assert tokens.contrast(colours.segment_on_text, colours.segment_on) >= 4.5
    assert tokens.contrast(colours.muted, colours.segment) >= 4.5
    assert tokens.contrast(colours.accent, colours.panel) >= 3, "the focus ring"
    assert tokens.contrast(colours.control, colours.panel) >= 3, "the outline of a field"


@pytest.mark.parametrize("colours", ALL, ids=lambda colours: colours.name)
def test_the_sheet_takes_every_colour_from_the_tokens(colours: tokens.Colours) -> None:
    template = resource("theme", "sora.qss").read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", template)
    made = sheet(colours)
    assert "$" not in made.replace("$pN", "").replace("$name", "")
    known = {getattr(colours, name) for name in tokens.colour_names()}
    assert set(re.findall(r"#[0-9A-F]{6}\b", made)) <= known


def test_no_other_file_of_the_window_names_a_colour() -> None:
    ui = resource("..").resolve() / "sora_desktop" / "ui"
    found = [
        f"{file.name}: {line.strip()}"
        for file in ui.rglob("*.py")
        if file.name != "tokens.py"
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"[\"']#[0-9a-fA-F]{6}[\"']|QColor\(\d|rgba?\(\d", line)
    ]
    assert found == []


@pytest.mark.parametrize("colours", ALL, ids=lambda colours: colours.name)
def test_the_small_images_are_in_step_with_the_tokens(colours: tokens.Colours) -> None:
    folder = resource("theme", colours.name)
    kept = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    assert kept == theme_images.images(colours), "run python -m sora_desktop.ui.theme_images"


def test_a_change_of_theme_reaches_palette_widgets_and_icons(qtbot, qapp: QApplication) -> None:
    label = QLabel("words")
    qtbot.addWidget(label)
    picture = icon("film")
    seen: list[str] = []
    link = theme().changed.connect(lambda: seen.append(theme().colours.name))
    try:
        for name in ("light", "contrast", "dark"):
            theme().apply(qapp, name)
            colours = tokens.THEMES[name]
            assert qapp.palette().window().color() == QColor(colours.panel)
            assert qapp.palette().text().color() == QColor(colours.text)
            assert _ink(picture, QIcon.Mode.Normal) == QColor(colours.muted).rgb()
            assert _ink(picture, QIcon.Mode.Active) == QColor(colours.text).rgb()
    finally:
        theme().changed.disconnect(link)
    assert seen == ["light", "contrast", "dark"]


def test_the_system_theme_is_followed_live(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    theme().apply(qapp, "system")
    for scheme, name in ((Qt.ColorScheme.Light, "light"), (Qt.ColorScheme.Dark, "dark")):
        monkeypatch.setattr(type(theme()), "_system", lambda _self, name=name: name)
        qapp.styleHints().colorSchemeChanged.emit(scheme)
        assert theme().colours.name == name
    theme().apply(qapp, "light")
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme().colours.name == "light", "a chosen theme is kept"


def test_text_size_moves_text_and_rows_and_is_bounded(qtbot, qapp: QApplication) -> None:
    label = QLabel("A line of text")
    qtbot.addWidget(label)
    label.ensurePolished()
    before = label.sizeHint().width()
    theme().set_text_size(150)
    assert theme().scale(32) == 48
    assert QFontMetrics(label.font()).height() > 20
    assert label.sizeHint().width() > before * 1.3
    theme().set_text_size(500)
    assert theme().text_size == 150
    theme().set_text_size(1)
    assert theme().text_size == 90


def test_the_bundled_font_is_used_with_figures_of_one_width(qapp: QApplication) -> None:
    font = theme().font("section")
    assert QFontInfo(font).family() == "Inter"
    assert QFontInfo(font).weight() == 600
    metrics = QFontMetrics(font)
    assert len({metrics.horizontalAdvance(figure * 4) for figure in "0123456789"}) == 1
    assert (resource("fonts") / "OFL.txt").is_file()


def test_every_icon_is_one_colour_and_draws(qapp: QApplication) -> None:
    assert (resource("icons") / "LICENSE").is_file()
    files = [file for file in resource("icons").glob("*.svg") if 'viewBox="0 0 24 24"' in file.read_text("utf-8")]
    assert len(files) > 80
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert "currentColor" in text
        assert not re.search(r"#[0-9a-fA-F]{3,6}\b", text), file.name
        image = pixmap(file.stem, "text", 16, 2.0).toImage()
        inks = {image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha()}
        assert inks, file.name
        assert image.size() == QSize(32, 32)


def test_lines_keep_their_weight() -> None:
    assert [round(stroke(px) * px / 24, 2) for px in (12, 16, 32)] == [1.25, 1.5, 2.0]


def test_a_missing_icon_is_a_defect(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


def _ink(picture: QIcon, mode: QIcon.Mode) -> int:
    image = picture.pixmap(QSize(32, 32), 1.0, mode).toImage()
    opaque = [image.pixelColor(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255]
    return max(opaque, key=opaque.count).rgb()


def test_the_sheet_stays_on_while_anything_wears_it(dressed: QApplication, qtbot) -> None:
    """Qt forgets with the sheet who wore it: what died afterwards was dressed by the next one, and that crashed."""
    with theme().undressed():
        assert not dressed.styleSheet()
    wearing = QLabel("x")
    mark(wearing, ink="muted")
    with theme().undressed():
        assert dressed.styleSheet()
    wearing.deleteLater()
