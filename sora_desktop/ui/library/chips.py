"""Small plates with a word: a tag to choose by, a tag that can be taken off, a part of a search."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import plain
from sora_desktop.ui.words import number

FLAGS = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
SIDE = 8
"""Px at 100 % between a plate's edge and its words."""
REMOVING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class Plate(QAbstractButton):
    """The look of all: raised, bordered, one line of plain text that ends in … where room ends."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = " ".join(text.split())
        self.setText(self._words.replace("&", "&&"))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setProperty("ringRadius", SIZES.radius_small)

    @property
    def words(self) -> str:
        """What stands on it."""
        return self._words

    def before(self) -> int:
        """Px in front of the words, besides the edge."""
        return 0

    def after(self) -> int:
        """Px behind the words, besides the edge."""
        return 0

    def sizeHint(self) -> QSize:
        words = QFontMetrics(theme().font("secondary")).horizontalAdvance(self._words)
        width = words + 2 * scale(SIDE) + self.before() + self.after() + 1
        return QSize(width, scale(SIZES.chip))

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), scale(48)), scale(SIZES.chip))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, colours = self.isChecked(), theme().colour
        ground = "pressed" if self.isDown() else "hover" if self.underMouse() else "selection" if on else "raised"
        painter.setPen(QPen(colours("accent" if on else "border"), 1))
        painter.setBrush(colours(ground))
        radius = scale(SIZES.radius_small)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        self.paint_extras(painter)
        painter.setFont(theme().font("secondary"))
        painter.setPen(colours(self.ink()))
        room = self.rect().adjusted(scale(SIDE) + self.before(), 0, -scale(SIDE) - self.after(), 0)
        shown = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(self.mirrored(room), FLAGS, shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setToolTip(self.hint() or (plain(self._words) if self.width() < self.sizeHint().width() else ""))

    def paint_extras(self, painter: QPainter) -> None:
        """What stands beside the words."""

    def ink(self) -> str:
        """The colour of the words."""
        return "text"

    def hint(self) -> str:
        """The tooltip; empty for the whole text, where that is cut."""
        return ""

    def mirrored(self, rect: QRect) -> QRect:
        """`rect` on the other side, where reading goes from right to left."""
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)


class TagChip(Plate):
    """A tag to look for, with how many clips it would show; on, it has a tick and the selection's colour."""

    def __init__(self, tag: str, count: int, chosen: bool, parent: QWidget | None = None) -> None:
        super().__init__(tag, parent)
        self.tag, self.count = tag, count
        self.setCheckable(True)
        self.setChecked(chosen)
        self.setAccessibleName(self.tr("Tag {0}, {1} clips").format(tag, count))

    def ink(self) -> str:
        return "text" if self.count or self.isChecked() else "faint"

    def before(self) -> int:
        return scale(SIZES.icon_small) + scale(2) if self.isChecked() else 0

    def after(self) -> int:
        return scale(5) + QFontMetrics(theme().font("secondary")).horizontalAdvance(number(self.count, 0))

    def paint_extras(self, painter: QPainter) -> None:
        painter.setFont(theme().font("secondary"))
        painter.setPen(theme().colour("muted"))
        end = QRect(0, 0, self.width() - scale(SIDE), self.height())
        toward = Qt.AlignmentFlag.AlignRight if self.mirrored(end) == end else Qt.AlignmentFlag.AlignLeft
        flags = toward | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
        painter.drawText(self.mirrored(end), int(flags), number(self.count, 0))
        if self.isChecked():
            side = scale(SIZES.icon_small)
            tick = QRect(scale(SIDE) - scale(2), (self.height() - side) // 2, side, side)
            paint_icon(painter, self.mirrored(tick), "check", "accent")


class Token(Plate):
    """A word that can be taken away: by its ×, and by Space, Enter, Delete or Backspace when it has the focus."""

    removed = Signal()

    def __init__(self, text: str, name: str, note: str = "", parent: QWidget | None = None) -> None:
        """`name` says what taking it away does; `note` is the tooltip of the whole."""
        super().__init__(text, parent)
        self._note = note
        self.setMouseTracking(True)
        self.setToolTip(plain(note))
        self.setAccessibleName(name)
        self.clicked.connect(self.removed)

    def cross(self) -> QRect:
        """Where the × is hit: the whole end of the plate."""
        wide = scale(SIDE) + scale(SIZES.icon_small) + scale(SIDE) // 2
        return self.mirrored(QRect(self.width() - wide, 0, wide, self.height()))

    def after(self) -> int:
        return scale(SIZES.icon_small)

    def hint(self) -> str:
        return plain(self._note)

    def hitButton(self, at: QPoint) -> bool:
        return self.cross().contains(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.update()

    def paint_extras(self, painter: QPainter) -> None:
        side = scale(SIZES.icon_small)
        over = self.underMouse() and self.cross().contains(self.mapFromGlobal(self.cursor().pos()))
        place = QRect(self.width() - scale(SIDE) - side + scale(2), (self.height() - side) // 2, side, side)
        paint_icon(painter, self.mirrored(place), "x", "text" if over else "muted")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (*REMOVING, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.removed.emit()
        else:
            super().keyPressEvent(event)
