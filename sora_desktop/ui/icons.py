"""Line icons in the colours of the theme. One colour in the files; the engine recolours at paint time."""

from __future__ import annotations

from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from sora_desktop.storage.resources import resource
from sora_desktop.ui.theme import theme

DISABLED = 0.6
ON_BY_ROLE = {"muted": "text", "faint": "text"}
"""What an idle icon turns to when its button is hovered, pressed or on. Other roles keep their colour."""

STEP = 5.0
"""Degrees between two pictures of an icon that turns: a third of what it turns from one painting to the next."""


@cache
def icon(name: str, role: str = "muted", on: str = "") -> QIcon:
    """The icon `name` (a file in resources/icons) in the colour token `role`, and in `on` when active or checked.

    It follows the theme by itself. Disabled it is faint. Raises FileNotFoundError for a name that does not exist.
    """
    source(name)
    return QIcon(_Engine(name, role, on or ON_BY_ROLE.get(role, role)))


def pixmap(name: str, role: str = "muted", px: int = 16, ratio: float | None = None) -> QPixmap:
    """The icon as a pixmap of `px` logical px, for a device pixel ratio. Ask again after a change of theme."""
    if ratio is None:
        app = QGuiApplication.instance()
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    return _drawn(name, theme().colour(role).name(QColor.NameFormat.HexArgb), px, ratio)


def paint_icon(painter: QPainter, rect: QRect | QRectF, name: str, colour: QColor | str, *, angle: float = 0.0) -> None:
    """Paints the icon into the middle of `rect`; `colour`: a token or a colour; `angle`: degrees."""
    area = QRectF(rect)
    side = round(min(area.width(), area.height()))
    ink = theme().colour(colour) if isinstance(colour, str) else colour
    argb, ratio = ink.name(QColor.NameFormat.HexArgb), painter.device().devicePixelRatio()
    drawn = turned(name, argb, side, ratio, angle) if angle else _drawn(name, argb, side, ratio)
    corner = area.center() - QPointF(side / 2, side / 2)
    # On whole device pixels, or the thin lines blur.
    to_device = painter.deviceTransform()
    origin = to_device.map(corner)
    painter.drawPixmap(to_device.inverted()[0].map(QPointF(round(origin.x()), round(origin.y()))), drawn)


def turned(name: str, argb: str, px: int, ratio: float, angle: float) -> QPixmap:
    """The icon in a colour (#AARRGGBB) as a pixmap of `px` logical px, turned by `angle` degrees."""
    return _turned(name, argb, px, ratio, round(angle / STEP) % round(360 / STEP))


@cache
def source(name: str) -> str:
    """The SVG text of an icon."""
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


def stroke(px: float) -> float:
    """The stroke in units of the 24-unit box: 1.5 px at 16, 1.25 at 12, 2 at 32."""
    width = 1.25 if px <= 12 else 1.5 if px <= 20 else min(2.0, px / 16)
    return width * 24 / px


@lru_cache(maxsize=512)
def _drawn(name: str, argb: str, px: int, ratio: float) -> QPixmap:
    ink = QColor(argb)
    text = (
        source(name).replace("currentColor", ink.name()).replace('stroke-width="2"', f'stroke-width="{stroke(px):g}"')
    )
    drawn = QPixmap(QSize(px, px) * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setOpacity(ink.alphaF())
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, px, px))
    painter.end()
    return drawn


@lru_cache(maxsize=256)
def _turned(name: str, argb: str, px: int, ratio: float, steps: int) -> QPixmap:
    """Kept for each step of a turn: turning it costs ten times as much as showing it, for each row at each picture."""
    turned = QPixmap(QSize(px, px) * ratio)
    turned.setDevicePixelRatio(ratio)
    turned.fill(Qt.GlobalColor.transparent)
    painter = QPainter(turned)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.translate(px / 2, px / 2)
    painter.rotate(steps * STEP)
    painter.drawPixmap(QPointF(-px / 2, -px / 2), _drawn(name, argb, px, ratio))
    painter.end()
    return turned


class _Engine(QIconEngine):
    def __init__(self, name: str, role: str, on: str) -> None:
        super().__init__()
        self._name, self._role, self._on = name, role, on

    def _ink(self, mode: QIcon.Mode, state: QIcon.State) -> QColor:
        if mode == QIcon.Mode.Disabled:
            return theme().colour("faint", DISABLED)
        active = mode in (QIcon.Mode.Active, QIcon.Mode.Selected) or state == QIcon.State.On
        return theme().colour(self._on if active else self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        paint_icon(painter, rect, self._name, self._ink(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        px = max(1, min(size.width(), size.height()))  # Logical px, since Qt 6.8.
        drawn = _drawn(self._name, self._ink(mode, state).name(QColor.NameFormat.HexArgb), px, scale)
        if size.width() <= px:
            return drawn
        # Wider than high: the room behind the icon keeps a button's words away from it.
        padded = QPixmap(size * scale)
        padded.setDevicePixelRatio(scale)
        padded.fill(Qt.GlobalColor.transparent)
        painter = QPainter(padded)
        painter.drawPixmap(0, (size.height() - px) // 2, drawn)
        painter.end()
        return padded

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._role, self._on)
