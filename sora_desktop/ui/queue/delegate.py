"""Paints the rows of the queue and knows where their buttons are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from sora_desktop.core.errors import Action
from sora_desktop.ui.account_colours import paint_dot
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.queue.arrangement import ACTIVE_NOW, ATTENTION, WAITING, Kind, Row
from sora_desktop.ui.queue.lines import Line
from sora_desktop.ui.queue.model import QueueModel
from sora_desktop.ui.queue.motion import Hot, Motion
from sora_desktop.ui.queue.moving import RING, Moving
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.chip import chip_size, paint_chip
from sora_desktop.ui.widgets.hints import paint_thumb

PAD = 12
GAP = 10
THUMB = QSize(80, 45)
THUMB_LOW = QSize(80, 36)
HEIGHTS = {ATTENTION: 76, ACTIVE_NOW: 80}
LOW = 52
BUTTON = 24
TOOLS = ("copy", "x", "dots")
"""The icons of the three buttons that a hovered row shows; their names are those of the hit rectangles."""

DOT = 6
"""The dot of an account's colour before the second line, in px."""

MEASURED = 500
"""Texts whose cut and width are kept."""

ACTION = "action"
FOLD = "fold"

CENTRE = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
# Absolute: the painter mirrors as well.
ONE_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | Qt.TextFlag.TextSingleLine
TO_LEFT = int(ONE_LINE | Qt.AlignmentFlag.AlignLeft)
TO_RIGHT = int(ONE_LINE | Qt.AlignmentFlag.AlignRight)


def row_height(row: Row) -> int:
    """The height of a row, in px at the user's text size."""
    if row.kind is Kind.SECTION:
        return scale(SIZES.section_row)
    return scale(HEIGHTS.get(row.section, LOW))


def row_heights(rows: Iterable[Row]) -> list[int]:
    """The heights of many rows, measured once a kind."""
    heading, heights, low = scale(SIZES.section_row), {name: scale(px) for name, px in HEIGHTS.items()}, scale(LOW)
    section = Kind.SECTION
    return [heading if row[0] is section else heights.get(row[2], low) for row in rows]


class QueueDelegate(QStyledItemDelegate):
    """Rows by the visual target, §4. Everything is measured from the row's own rectangle, so that it mirrors."""

    def __init__(self, model: QueueModel, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnails = thumbnails
        self.hot = Hot()
        self.right_pad = PAD
        """Px at 100 % from the end of a row to its end: less where a scroll bar stands in it."""
        self.motion = Motion()
        self._moving = Moving()
        self._fonts: dict[str, tuple[QFont, QFontMetrics]] = {}
        self._cut: dict[tuple[str, str, int], tuple[str, int]] = {}
        bind(theme().changed, self._on_theme_changed, self)

    def _on_theme_changed(self) -> None:
        self._fonts.clear()
        self._cut.clear()
        self._moving.clear()

    def _font(self, face: str) -> tuple[QFont, QFontMetrics]:
        if face not in self._fonts:
            font = theme().font(face)
            self._fonts[face] = (font, QFontMetrics(font))
        return self._fonts[face]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, row_height(self._model.row(index.row())))

    # Where things are.

    def buttons(self, rect: QRect, number: int) -> dict[str, QRect]:
        """The buttons of a row at `rect`, by name. The tools are there only while the mouse is over the row."""
        row = self._model.row(number)
        if row.kind is Kind.SECTION:
            return {}
        line = self._model.line(number)
        low = row_height(row) == scale(LOW)
        found: dict[str, QRect] = {}
        if line.action is not Action.NONE:
            width = self._font("secondary")[1].horizontalAdvance(line.action_text) + scale(18)
            top = rect.top() + (scale(25) if low else scale(44))
            found[ACTION] = QRect(rect.right() + 1 - scale(self.right_pad) - width, top, width, scale(BUTTON))
        if self.hot.row == number:
            side = scale(BUTTON)
            right = rect.right() + 1 - scale(self.right_pad) + scale(4)
            for place, name in enumerate(TOOLS):
                left = right - side * (len(TOOLS) - place)
                found[name] = QRect(left, rect.top() + scale(3), side, side)
        if row.kind is Kind.STACK:
            found[FOLD] = self._thumb(rect, low)
        return found

    def button_at(self, rect: QRect, number: int, at: QPoint, direction: Qt.LayoutDirection) -> str:
        """The name of the button at a point, empty where there is none."""
        for name, area in self.buttons(rect, number).items():
            if QStyle.visualRect(direction, rect, area).contains(at):
                return name
        return ""

    def _thumb(self, rect: QRect, low: bool) -> QRect:
        size = THUMB_LOW if low else THUMB
        return QRect(rect.left() + scale(PAD), rect.top() + scale(8), scale(size.width()), scale(size.height()))

    def _words(self, rect: QRect) -> QRect:
        """The part of a row beside its thumbnail."""
        before = scale(PAD) + scale(THUMB.width()) + scale(GAP)
        return rect.adjusted(before, 0, -scale(self.right_pad), 0)

    # Painting.

    def form(self, option: QStyleOptionViewItem, number: int) -> Hashable:
        """What the look of a row depends on, besides what it says."""
        rect, hovered = self._rect(option), self.hot.row == number
        hot = (self.hot.button, self.hot.pressed) if hovered else ()
        selected = self._is(option, QStyle.StateFlag.State_Selected)
        mirrors, ringed = self._mirrors(option), self._ringed(option)
        return rect.width(), rect.height(), self.right_pad, hovered, hot, selected, mirrors, ringed

    def said(self, number: int) -> Hashable:
        """What a row says: its picture holds as long as that is equal."""
        row = self._model.row(number)
        if row.kind is Kind.SECTION:
            arrangement = self._model.arrangement
            paused = row.id == WAITING and self._model.lines.paused()
            return self._model.lines.section(row.id), arrangement.count(row.id), arrangement.folded(row.id), paused
        line = self._model.line(number)
        picture = None if line.stacked else self._thumbnails.get(row.id)
        return row, line, picture.cacheKey() if picture is not None else 0

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The whole row."""
        self.paint_still(painter, option, index.row())
        self.paint_moving(painter, option, index.row())

    def paint_moving(self, painter: QPainter, option: QStyleOptionViewItem, number: int) -> None:
        """What moves in a row, over the rest of it: the ring and the bar."""
        row = self._model.row(number)
        if row.kind is Kind.SECTION:
            return
        line, rect = self._model.line(number), self._rect(option)
        low = rect.height() == scale(LOW)
        share = None if low or line.bar is None else self.motion.bar(row.id, line.bar)
        if share is not None or line.look.icon == RING:
            direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
            self._moving.paint(
                painter, rect, self._words(rect), line, direction, low=low, angle=self.motion.angle, share=share
            )

    def paint_still(self, painter: QPainter, option: QStyleOptionViewItem, number: int) -> None:
        """A row without what moves in it."""
        row = self._model.row(number)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.kind is Kind.SECTION:
            self._paint_section(painter, option, row)
        else:
            self._paint_row(painter, option, number, row)
        if self._ringed(option):
            painter.setPen(QPen(theme().colour("accent"), SIZES.ring))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            area = QRectF(self._rect(option)).adjusted(3, 3, -3, -3)
            painter.drawRoundedRect(area, scale(SIZES.radius_small), scale(SIZES.radius_small))
        painter.restore()

    @staticmethod
    def _rect(option: QStyleOptionViewItem) -> QRect:
        return option.rect  # pyright: ignore[reportAttributeAccessIssue]

    @staticmethod
    def _is(option: QStyleOptionViewItem, state: QStyle.StateFlag) -> bool:
        return bool(option.state & state)  # pyright: ignore[reportAttributeAccessIssue]

    def _ringed(self, option: QStyleOptionViewItem) -> bool:
        by_keyboard = self._is(option, QStyle.StateFlag.State_KeyboardFocusChange)
        focused = self._is(option, QStyle.StateFlag.State_HasFocus)
        return focused and (by_keyboard or theme().colours.name == "contrast")

    def _mirrored(self, option: QStyleOptionViewItem, area: QRect) -> QRect:
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        return QStyle.visualRect(direction, self._rect(option), area)

    def _text(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        text: str,
        face: str,
        ink: str,
        *,
        right: bool = False,
    ) -> int:
        """Writes one elided line and returns how wide it became."""
        shown, width = self._elided(text, face, area.width())
        painter.setFont(self._font(face)[0])
        painter.setPen(theme().colour(ink))
        if right:
            area = area.adjusted(area.width() - width, 0, 0, 0)
        area = self._mirrored(option, area)
        painter.drawText(area, TO_RIGHT if self._mirrors(option) else TO_LEFT, shown)
        return width

    def _elided(self, text: str, face: str, room: int) -> tuple[str, int]:
        """A text cut to fit, and how wide it is. Kept: measuring costs more than painting, and most of it stays."""
        found = self._cut.get((text, face, room))
        if found is None:
            if len(self._cut) > MEASURED:
                self._cut.clear()
            metrics = self._font(face)[1]
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            found = self._cut[(text, face, room)] = (shown, metrics.horizontalAdvance(shown))
        return found

    @staticmethod
    def _mirrors(option: QStyleOptionViewItem) -> bool:
        return option.direction == Qt.LayoutDirection.RightToLeft  # pyright: ignore[reportAttributeAccessIssue]

    def _paint_section(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        rect = self._rect(option)
        folded = self._model.arrangement.folded(row.id)
        hovered = self.hot.row >= 0 and self._model.row(self.hot.row) == row
        side = scale(SIZES.icon_small)
        arrow = QRect(rect.left() + scale(9), rect.top() + (rect.height() - side) // 2, side, side)
        name = ("left" if self._mirrors(option) else "right") if folded else "down"
        paint_icon(painter, self._mirrored(option, arrow), name, "text" if hovered else "muted")
        left = rect.left() + scale(27)
        title = self._model.lines.section(row.id)
        area = QRect(left, rect.top(), rect.right() + 1 - left - scale(self.right_pad), rect.height())
        width = self._text(painter, option, area, title, "chip", "text" if hovered else "muted")
        count = f"{self._model.arrangement.count(row.id)}"
        self._text(painter, option, area.adjusted(width + scale(7), 0, 0, 0), count, "secondary", "faint")
        if row.id == WAITING and self._model.lines.paused():
            self._text(painter, option, area, self.tr("paused"), "secondary", "warning", right=True)

    def _paint_row(self, painter: QPainter, option: QStyleOptionViewItem, number: int, row: Row) -> None:
        rect = self._rect(option)
        line = self._model.line(number)
        selected = self._is(option, QStyle.StateFlag.State_Selected)
        hovered = self.hot.row == number
        if selected or hovered:
            painter.fillRect(rect, theme().colour("selection" if selected else "hover"))
        if selected:
            bar = QRect(rect.left(), rect.top(), scale(3), rect.height())
            painter.fillRect(self._mirrored(option, bar), theme().colour("accent"))
        low = row_height(row) == scale(LOW)
        thumb = self._thumb(rect, low)
        self._paint_thumb(painter, self._mirrored(option, thumb), row, line)
        words = self._words(rect)
        left, right = words.left(), words.right() + 1
        buttons = self.buttons(rect, number)
        title_right = buttons["copy"].left() - scale(4) if "copy" in buttons else right
        title = QRect(left, rect.top() + scale(6), title_right - left, scale(18))
        self._text(painter, option, title, line.title, "strong", "text")
        chip_top = rect.top() + scale(27)
        if not low:
            chip_top = rect.top() + scale(46)
            meta = QRect(left, rect.top() + scale(25), right - left, scale(16))
            price = 0
            if line.price and ACTION not in buttons:
                price = self._text(painter, option, meta, line.price, "secondary", "muted", right=True) + scale(8)
            meta.setRight(meta.right() - price)
            if line.colour:
                dot = QRect(meta.left(), meta.top(), scale(DOT), meta.height())
                paint_dot(painter, self._mirrored(option, dot).center(), line.colour, px=DOT)
                meta.setLeft(dot.right() + scale(6))
            self._text(painter, option, meta, line.meta, "secondary", "muted")
        self._paint_state(painter, option, QRect(left, chip_top, right - left, scale(SIZES.chip)), line, low, buttons)
        if ACTION in buttons:
            self._paint_action(painter, option, buttons[ACTION], line.action_text, hovered)
        for name in TOOLS:
            if name in buttons:
                self._paint_tool(painter, option, buttons[name], name)

    def _paint_state(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        area: QRect,
        line: Line,
        low: bool,
        buttons: dict[str, QRect],
    ) -> None:
        """The chip, and beside it the second text: left in a low row with the price at its end, else at the right."""
        size = chip_size(line.look, line.chip)
        chip = self._mirrored(option, QRect(area.topLeft(), size))
        paint_chip(painter, chip.topLeft(), line.look, line.chip, icon=line.look.icon != RING)
        rest = area.adjusted(size.width() + scale(8), 0, 0, 0)
        if ACTION in buttons:
            rest.setRight(buttons[ACTION].left() - scale(8))
        if low:
            if line.price and ACTION not in buttons and line.look.icon in {"clock", "pause"}:
                price = self._text(painter, option, rest, line.price, "secondary", "muted", right=True)
                rest.setRight(rest.right() - price - scale(8))
            self._text(painter, option, rest, line.second, "secondary", "muted")
            return
        text = line.second
        if ACTION in buttons:
            text = text or line.price
        self._text(painter, option, rest, text, "secondary", line.second_tone, right=True)

    def _paint_action(
        self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, text: str, hovered: bool
    ) -> None:
        under = hovered and self.hot.button == ACTION
        fill = "pressed" if under and self.hot.pressed else "hover" if under else "raised"
        painter.setPen(QPen(theme().colour("strong"), 1))
        painter.setBrush(theme().colour(fill))
        area = self._mirrored(option, area)
        painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), scale(SIZES.radius), scale(SIZES.radius))
        painter.setFont(self._font("secondary")[0])
        painter.setPen(theme().colour("text"))
        painter.drawText(area, CENTRE, text)

    def _paint_tool(self, painter: QPainter, option: QStyleOptionViewItem, area: QRect, name: str) -> None:
        area = self._mirrored(option, area)
        under = self.hot.button == name
        if under:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("strong" if self.hot.pressed else "pressed"))
            painter.drawRoundedRect(area, scale(SIZES.radius_small), scale(SIZES.radius_small))
        side = scale(SIZES.icon)
        inner = QRect(0, 0, side, side)
        inner.moveCenter(area.center())
        paint_icon(painter, inner, name, "text" if under else "muted")

    def _paint_thumb(self, painter: QPainter, area: QRect, row: Row, line: Line) -> None:
        if line.stacked:
            self._paint_sheets(painter, area)
            area = area.adjusted(0, scale(5), 0, 0)
        picture = None if line.stacked else self._thumbnails.get(row.id)
        paint_thumb(painter, area, picture or QPixmap(), line.icon, line.icon_tone)

    def _paint_sheets(self, painter: QPainter, area: QRect) -> None:
        """The upper edges of two sheets that lie behind the first."""
        painter.setPen(QPen(theme().colour("border"), 1))
        painter.setBrush(theme().colour("raised"))
        for inset, top in ((6, 0), (3, 2)):
            sheet = QRectF(area).adjusted(scale(inset) + 0.5, scale(top) + 0.5, -scale(inset) - 0.5, -0.5)
            painter.drawRoundedRect(sheet, scale(SIZES.radius_small), scale(SIZES.radius_small))
