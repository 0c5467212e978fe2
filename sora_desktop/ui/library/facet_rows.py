"""The rows of the facets: a shelf with its icon, a model with its tick; behind both how many clips it would show."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from sora_desktop.core.library import Shelf
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import plain
from sora_desktop.ui.words import number

LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.TextFlag.TextSingleLine)
EDGE = 8
"""Px at 100 % between a row's edge and what stands in it."""
BEHIND_ICON = 8


class FacetRow(QAbstractButton):
    """One row. Its words end in … where room ends; the whole is in the tooltip then."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._count = 0
        self._hint = ""
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def words(self) -> str:
        return self._words

    @property
    def count(self) -> int:
        return self._count

    def say(self, words: str, count: int, hint: str = "") -> None:
        """What stands in the row; `hint` tells more than the words do."""
        self._words, self._count, self._hint = " ".join(words.split()), count, hint
        clips = self.tr("1 clip") if count == 1 else self.tr("{0} clips").format(number(count, 0))
        self.setAccessibleName(f"{self._words}, {clips}")
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale(192), scale(SIZES.control))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(96), scale(SIZES.control))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell()

    def _tell(self) -> None:
        words, _count = self._areas()
        cut = QFontMetrics(theme().font("base")).horizontalAdvance(self._words) > words.width()
        self.setToolTip(plain("\n".join(filter(None, (self._words if cut else "", self._hint)))))

    def _areas(self) -> tuple[QRect, QRect]:
        """Where the words and the count stand, reading from the left."""
        inner = self.rect().adjusted(scale(EDGE), 0, -scale(EDGE), 0)
        count = QFontMetrics(theme().font("secondary")).horizontalAdvance(number(self._count, 0))
        left = scale(SIZES.icon) + scale(BEHIND_ICON)
        words = inner.adjusted(left, 0, -count - scale(8), 0)
        return words, QRect(inner.right() + 1 - count, inner.top(), count, inner.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_ground(painter)
        side = scale(SIZES.icon)
        self.paint_mark(painter, self._mirrored(QRect(scale(EDGE), (self.height() - side) // 2, side, side)))
        words, count = self._areas()
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        first, last = (RIGHT, LEFT) if mirrored else (LEFT, RIGHT)
        painter.setFont(theme().font("base"))
        painter.setPen(theme().colour("text" if self._count or self.isChecked() else "faint"))
        shown = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(self._mirrored(words), first | Qt.AlignmentFlag.AlignAbsolute.value, shown)
        painter.setFont(theme().font("secondary"))
        painter.setPen(theme().colour("muted" if self.isChecked() else "faint"))
        painter.drawText(self._mirrored(count), last | Qt.AlignmentFlag.AlignAbsolute.value, number(self._count, 0))

    def paint_ground(self, painter: QPainter) -> None:
        """The plate below a row that is hovered or pressed."""
        if self.isDown() or self.underMouse():
            self.plate(painter, "pressed" if self.isDown() else "hover")

    def plate(self, painter: QPainter, colour: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(colour))
        painter.drawRoundedRect(self.rect(), scale(SIZES.radius), scale(SIZES.radius))

    def paint_mark(self, painter: QPainter, area: QRect) -> None:
        """What stands before the words."""

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)


class ShelfRow(FacetRow):
    """All clips, favourites, unreviewed, missing files: one of them is chosen."""

    ICONS = {  # noqa: RUF012
        Shelf.ALL: "film",
        Shelf.FAVOURITES: "star",
        Shelf.UNREVIEWED: "eye",
        Shelf.MISSING: "alert",
    }

    def __init__(self, shelf: Shelf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shelf = shelf

    def paint_ground(self, painter: QPainter) -> None:
        if self.isChecked() and not self.isDown():
            self.plate(painter, "selection")
            if theme().colours.name == "contrast":
                painter.setPen(QPen(theme().colour("accent"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(area, scale(SIZES.radius), scale(SIZES.radius))
        else:
            super().paint_ground(painter)

    def paint_mark(self, painter: QPainter, area: QRect) -> None:
        trouble = self.shelf is Shelf.MISSING and self.count > 0
        ink = "warning" if trouble else "text" if self.isChecked() else "muted"
        paint_icon(painter, area, self.ICONS[self.shelf], ink)


class ModelRow(FacetRow):
    """A model to look for; none ticked is the same as all."""

    def __init__(self, maker: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.maker = maker

    def paint_mark(self, painter: QPainter, area: QRect) -> None:
        on = self.isChecked()
        box = QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme().colour("fill" if on else "control"), 1))
        painter.setBrush(theme().colour("fill" if on else "hover" if self.underMouse() else "field"))
        painter.drawRoundedRect(box, scale(SIZES.radius_small), scale(SIZES.radius_small))
        if on:
            inside = area.adjusted(scale(2), scale(2), -scale(2), -scale(2))
            paint_icon(painter, inside, "check", "on_fill")
