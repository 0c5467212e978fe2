"""Paints the cards. What is costly, a scaled picture and written words, is made once for each card and then copied."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QStyle

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.library.cards import Card
from sora_desktop.ui.library.geometry import Measures
from sora_desktop.ui.theme import over_picture, scale, theme
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.tokens import BLACK, DARK, SIZES, WHITE
from sora_desktop.ui.widgets.hints import paint_thumb

T = TypeVar("T")

WORDS, PICTURES = 0.005, 0.002
"""Seconds of one painting after which no more words are written and no more pictures scaled anew: the other cards come
with the next. A picture that is not scaled well yet shows; words do not."""
NARROW = 3
"""Px at 100 % that few letters are narrower than."""
KEPT = 80
"""Cards whose pictures and words are kept, at the least: two screens of them where more show."""

PAD, INSET = 6, 6
TITLE, LINE = 18, 16
BADGE, STAR, TICK = 17, 20, 18
FADED = 0.35
"""Of the picture of a clip whose file is missing."""
VEIL = 170
"""Of 255: the plate behind what stands on a picture."""

MIDDLE = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)


def measures(px: int) -> Measures:
    """The lengths of a grid whose cards are `px` wide at 100 %, at the user's text size."""
    return Measures(
        least=scale(px),
        below=scale(PAD) + scale(TITLE) + scale(LINE) + scale(PAD),
        pad=scale(PAD),
        margin=scale(10),
        gap=scale(2),
        line_gap=scale(4),
        heading=scale(34),
    )


@dataclass(frozen=True, slots=True)
class Look:
    """How a card stands: chosen, under the mouse, its star under the mouse, with the keyboard's ring."""

    selected: bool = False
    hot: bool = False
    starring: bool = False
    ringed: bool = False


PLAIN = Look()


class Spots:
    """Where things are on a card whose corner is at 0, 0; mirrored already."""

    def __init__(self, card: QSize, direction: Qt.LayoutDirection) -> None:
        whole = QRect(QPoint(0, 0), card)
        pad, inset, star, tick = scale(PAD), scale(INSET), scale(STAR), scale(TICK)
        wide = card.width() - 2 * pad

        def lies(left: int, top: int, width: int, height: int) -> QRect:
            return QStyle.visualRect(direction, whole, QRect(left, top, width, height))

        self.picture = QRect(pad, pad, wide, wide * 9 // 16)
        below = self.picture.bottom() + 1
        self.words = QRect(pad, below + pad, wide, scale(TITLE) + scale(LINE))
        self.star = lies(pad + inset, pad + inset, star, star)
        self.tick = lies(pad + wide - inset - tick, pad + inset, tick, tick)
        self._end, self._high, self._lies = pad + wide - inset, below - inset, lies

    def badge(self, size: QSize) -> QPoint:
        """The corner of a badge of this size."""
        wide, high = size.width(), size.height()
        return self._lies(self._end - wide, self._high - high, wide, high).topLeft()


class CardPainter:
    """One painting after the other: `begin`, then `paint` for each card.

    After it, `late` says that time was over before all was made, `waiting` that some pictures' turn has not come.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._faces: OrderedDict[str, QPixmap] = OrderedDict()
        self._captions: OrderedDict[str, tuple[Card, QPixmap]] = OrderedDict()
        self._stamps: dict[object, QPixmap] = {}
        self._badges: dict[str, tuple[QPixmap, QPoint]] = {}
        self._direction, self._ratio = Qt.LayoutDirection.LeftToRight, 1.0
        self._card = QSize()
        self.spots = Spots(QSize(192, 157), self._direction)
        self._begun = 0.0
        self._kept = KEPT
        self.late = self.waiting = False

    def clear(self) -> None:
        """Makes everything anew."""
        self._card = QSize()

    def forget(self, clip_id: str) -> None:
        """Makes the picture of one clip anew."""
        self._faces.pop(clip_id, None)

    def begin(self, card: QSize, ratio: float, direction: Qt.LayoutDirection, shown: int) -> None:
        """A painting begins, of at most `shown` cards of this size."""
        if (card, ratio, direction) != (self._card, self._ratio, self._direction):
            self._card, self._ratio, self._direction = card, ratio, direction
            self.spots = Spots(card, direction)
            for made in (self._faces, self._captions, self._stamps, self._badges):
                made.clear()
        self._kept = max(KEPT, 2 * shown)
        self._begun = time.perf_counter()
        self.late = self.waiting = False

    def paint(self, painter: QPainter, corner: QPoint, clip_id: str, card: Card, look: Look) -> None:
        """Paints one card whose upper left corner is at `corner`."""
        spots = self.spots
        if look != PLAIN:
            painter.drawPixmap(corner, self._plate(look))
        self._paint_picture(painter, corner + spots.picture.topLeft(), clip_id, card)
        caption = self._caption(clip_id, card)
        if caption is not None:
            painter.drawPixmap(corner + spots.words.topLeft(), caption)
        if card.favourite or look.hot:
            star = self._star("starf" if card.favourite is not look.starring else "star")
            painter.drawPixmap(corner + spots.star.topLeft(), star)
        if look.selected:
            painter.drawPixmap(corner + spots.tick.topLeft(), self._tick())
        if card.length and not card.missing:
            badge, place = self._badges.get(card.length) or self._badge(card.length)
            painter.drawPixmap(corner + place, badge)

    def _spent(self, seconds: float) -> bool:
        """Whether so much time is over that the rest is left to the next painting."""
        over = time.perf_counter() >= self._begun + seconds
        self.late = self.late or over
        return over

    def _paint_picture(self, painter: QPainter, corner: QPoint, clip_id: str, card: Card) -> None:
        face = self._faces.get(clip_id)
        source = self._thumbnails.get(clip_id) if face is None else None
        size = self.spots.picture.size()
        if face is not None:
            self._faces.move_to_end(clip_id)
        elif source is None:
            self.waiting = self.waiting or self._thumbnails.full
        elif source.isNull():
            # Kept, too: else more cards without a picture than Thumbnails keeps would be read for ever.
            self._keep(self._faces, clip_id, source)
        elif self._spent(PICTURES):
            area = QRect(corner, size)
            painter.fillRect(area, theme().colour("well"))
            painter.drawPixmap(_within(area, source.size()), source)
            return
        else:
            face = self._made(size, lambda made, at: _draw_face(made, at, source))
            self._keep(self._faces, clip_id, face)
        if face is None or face.isNull():
            painter.drawPixmap(corner, self._none(card.missing))
            return
        if not card.missing:
            painter.drawPixmap(corner, face)
            return
        painter.setOpacity(FADED)
        painter.drawPixmap(corner, face)
        painter.setOpacity(1.0)
        painter.drawPixmap(corner, self._stamp("gone", size, _draw_gone))

    def _keep(self, book: OrderedDict[str, T], clip_id: str, made: T) -> None:
        book[clip_id] = made
        while len(book) > self._kept:
            book.popitem(last=False)

    # What is made once.

    def _made(self, size: QSize, draw: Callable[[QPainter, QRect], object]) -> QPixmap:
        made = QPixmap(size * self._ratio)
        made.setDevicePixelRatio(self._ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        draw(painter, QRect(QPoint(0, 0), size))
        painter.end()
        return made

    def _stamp(self, name: object, size: QSize, draw: Callable[[QPainter, QRect], object]) -> QPixmap:
        """What looks the same on many cards."""
        found = self._stamps.get(name)
        if found is None:
            found = self._stamps[name] = self._made(size, draw)
        return found

    def _plate(self, look: Look) -> QPixmap:
        return self._stamp(look, self._card, lambda made, at: _draw_ground(made, at, look))

    def _none(self, missing: bool) -> QPixmap:
        icon, tone = ("alert", "warning") if missing else ("film", "muted")
        size = self.spots.picture.size()
        return self._stamp(icon, size, lambda made, at: paint_thumb(made, at, QPixmap(), icon, tone))

    def _star(self, name: str) -> QPixmap:
        def draw(made: QPainter, at: QRect) -> None:
            _draw_plate(made, at)
            inner = at.adjusted(scale(4), scale(4), -scale(4), -scale(4))
            paint_icon(made, inner, name, over_picture(DARK.warning, 255))

        return self._stamp(name, self.spots.star.size(), draw)

    def _tick(self) -> QPixmap:
        def draw(made: QPainter, at: QRect) -> None:
            made.setPen(Qt.PenStyle.NoPen)
            made.setBrush(theme().colour("fill"))
            made.drawEllipse(at)
            paint_icon(made, at.adjusted(scale(3), scale(3), -scale(3), -scale(3)), "check", "on_fill")

        return self._stamp("tick", self.spots.tick.size(), draw)

    def _badge(self, text: str) -> tuple[QPixmap, QPoint]:
        font = theme().font("overlay")
        font.setWeight(QFont.Weight.Medium)

        def draw(made: QPainter, at: QRect) -> None:
            _draw_plate(made, at)
            made.setFont(font)
            made.setPen(over_picture(WHITE, 240))
            made.drawText(at, MIDDLE, text)

        size = QSize(QFontMetrics(font).horizontalAdvance(text) + scale(10), scale(BADGE))
        if len(self._badges) >= KEPT:
            self._badges.clear()
        made = self._badges[text] = (self._made(size, draw), self.spots.badge(size))
        return made

    def _caption(self, clip_id: str, card: Card) -> QPixmap | None:
        """Title and line; None where they come with the next painting."""
        kept = self._captions.get(clip_id)
        if kept is not None and kept[0] is card:
            self._captions.move_to_end(clip_id)
            return kept[1]
        if self._spent(WORDS):
            return kept[1] if kept is not None else None
        made = self._made(
            self.spots.words.size(), lambda painter, at: _draw_caption(painter, at, card, self._direction)
        )
        self._keep(self._captions, clip_id, (card, made))
        return made


def _within(area: QRect, size: QSize) -> QRect:
    """Where a picture of this size shows whole inside `area`."""
    shown = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    found = QRect(QPoint(0, 0), shown)
    found.moveCenter(area.center())
    # What lacks a pixel or two has the shape of the area.
    return area if area.width() - shown.width() < 3 and area.height() - shown.height() < 3 else found


def _rounded(area: QRect) -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(area), scale(SIZES.radius_small), scale(SIZES.radius_small))
    return path


def _draw_face(painter: QPainter, area: QRect, source: QPixmap) -> None:
    """A clip's picture as large as it goes, on the well."""
    target = _within(area, source.size())
    painter.setClipPath(_rounded(area))
    painter.fillRect(area, theme().colour("well"))
    small = source.scaled(
        target.size() * painter.device().devicePixelRatio(),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    painter.drawPixmap(target, small)
    if theme().colours.name == "contrast":
        painter.setPen(theme().colour("border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = scale(SIZES.radius_small)
        painter.drawRoundedRect(area.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


def _draw_gone(painter: QPainter, area: QRect) -> None:
    """What lies over the faded picture of a clip whose file is missing."""
    side = scale(SIZES.icon_large)
    plate = QRect(0, 0, side, side)
    plate.moveCenter(area.center())
    _draw_plate(painter, plate)
    inner = plate.adjusted(scale(8), scale(8), -scale(8), -scale(8))
    paint_icon(painter, inner, "alert", over_picture(DARK.warning, 255))


def _draw_plate(painter: QPainter, area: QRect) -> None:
    """What parts an icon or figures from the picture they lie on."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(over_picture(BLACK, VEIL))
    painter.drawRoundedRect(area, scale(SIZES.radius_small), scale(SIZES.radius_small))


def _draw_ground(painter: QPainter, area: QRect, look: Look) -> None:
    """What is behind a card and around it."""
    radius, ring = scale(SIZES.radius_large), SIZES.ring
    inner = QRectF(area).adjusted(ring / 2, ring / 2, -ring / 2, -ring / 2)
    painter.setPen(QPen(theme().colour("accent"), ring) if look.selected else Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("selection" if look.selected else "hover"))
    if look.selected or look.hot:
        painter.drawRoundedRect(inner, radius, radius)
    if look.ringed:
        painter.setPen(QPen(theme().colour("text" if look.selected else "accent"), ring))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        step = ring + 1 if look.selected else 0
        painter.drawRoundedRect(inner.adjusted(step, step, -step, -step), radius - step, radius - step)


def _draw_caption(painter: QPainter, area: QRect, card: Card, direction: Qt.LayoutDirection) -> None:
    title = QRect(area.left(), area.top(), area.width(), scale(TITLE))
    line = QRect(area.left(), area.top() + scale(TITLE), area.width(), scale(LINE))
    write(painter, title, area, card.title, "strong", "text", direction)
    side, gap = scale(SIZES.icon_small), scale(4)
    if card.rating:
        figure = write(painter, line, area, str(card.rating), "secondary", "muted", direction, end=True)
        line.setRight(line.right() - width_of(figure, "secondary") - scale(2))
        star = QRect(line.right() + 1 - side, line.top(), side, line.height())
        paint_icon(painter, QStyle.visualRect(direction, area, star), "starf", "warning")
        line.setRight(star.left() - gap)
    if card.missing:
        room = QRect(line.left(), line.top(), side, line.height())
        paint_icon(painter, QStyle.visualRect(direction, area, room), "alert", "warning")
        line.setLeft(line.left() + side + gap)
    write(painter, line, area, card.line, "secondary", "warning" if card.missing else "muted", direction)


def write(
    painter: QPainter,
    area: QRect,
    whole: QRect,
    text: str,
    face: str,
    ink: str,
    direction: Qt.LayoutDirection,
    *,
    end: bool = False,
) -> str:
    """Writes one line, cut where room ends, into `area` as it lies left to right in `whole`; what is written."""
    font = theme().font(face)
    metrics = QFontMetrics(font)
    # Measuring takes time for each letter, and only a few of a prompt's find room.
    text = text[: area.width() // scale(NARROW) + 1]
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.setFont(font)
    painter.setPen(theme().colour(ink))
    if direction == Qt.LayoutDirection.LeftToRight and not end:
        # At a point, not in an area: that takes half the time.
        painter.drawText(area.left(), area.top() + (area.height() - metrics.height()) // 2 + metrics.ascent(), shown)
    else:
        side = Qt.AlignmentFlag.AlignRight if end else Qt.AlignmentFlag.AlignLeft
        side = QStyle.visualAlignment(direction, side) | Qt.AlignmentFlag.AlignAbsolute
        flags = int(Qt.AlignmentFlag.AlignVCenter | side | Qt.TextFlag.TextSingleLine)
        painter.drawText(QStyle.visualRect(direction, whole, area), flags, shown)
    return shown


def width_of(text: str, face: str) -> int:
    """How wide a written line is, in px."""
    return QFontMetrics(theme().font(face)).horizontalAdvance(text)


def paint_band(painter: QPainter, area: QRect) -> None:
    """The rubber band."""
    painter.setPen(QPen(theme().colour("accent"), 1))
    painter.setBrush(theme().colour("accent", 0.14))
    painter.drawRect(area)
