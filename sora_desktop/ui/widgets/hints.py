"""What is said beside and below a field, and what is shown where there is nothing yet."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import button, label, mark


class Picture(QWidget):
    """An icon as a widget."""

    def __init__(self, name: str, role: str = "muted", px: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role, self._px = name, role, px
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_icon(self, name: str, role: str) -> None:
        """Another icon, another colour."""
        self._name, self._role = name, role
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale(self._px), scale(self._px))

    def paintEvent(self, event: QPaintEvent) -> None:
        side = scale(self._px)
        area = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        paint_icon(QPainter(self), area, self._name, self._role)


class Hint(QWidget):
    """An icon and a sentence in a tone: what is wrong with a field (danger), or what will happen (warning, muted)."""

    ICONS = {"danger": "fail", "warning": "alert", "muted": "info", "faint": "info", "success": "checkc"}  # noqa: RUF012

    def __init__(self, text: str = "", tone: str = "danger", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = Picture(self.ICONS[tone], tone, 14, self)
        self._label = label("", "secondary", tone, wrap=True, parent=self)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._label, 1)
        self.say(text)

    @property
    def text(self) -> str:
        return self._label.text()

    def say(self, text: str, tone: str = "") -> None:
        """Shows `text` as plain text; hides when it is empty."""
        self._label.setText(text)
        if tone:
            mark(self._label, ink=tone)
            self._picture.show_icon(self.ICONS[tone], tone)
        self.setVisible(bool(text))


class Empty(QWidget):
    """What is shown where there is nothing yet: an icon, a line, one muted sentence, at most one action."""

    def __init__(
        self, picture: str, title: str, sentence: str = "", action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(0)
        middle = Qt.AlignmentFlag.AlignHCenter
        self._picture = Picture(picture, "faint", SIZES.icon_large, self)
        self._title = self._line(title, "section", "")
        self._sentence = self._line(sentence, "", "muted")
        self.action: QPushButton | None = button(action, parent=self) if action else None
        column.addStretch(1)
        column.addWidget(self._picture, 0, middle)
        column.addSpacing(scale(14))
        column.addWidget(self._title)
        column.addSpacing(scale(6))
        column.addWidget(self._sentence)
        if self.action is not None:
            column.addSpacing(scale(14))
            column.addWidget(self.action, 0, middle)
        column.addStretch(1)

    def _line(self, text: str, face: str, ink: str) -> QLabel:
        made = label(text, face, ink, wrap=True, parent=self)
        made.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        made.setVisible(bool(text))
        return made

    def say(self, title: str, sentence: str = "", picture: str = "") -> None:
        """Other words (and another icon) for the same place."""
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        if picture:
            self._picture.show_icon(picture, "faint")


class Thumb(QWidget):
    """A small picture with round corners; an icon where there is no picture."""

    def __init__(self, width: int, height: int, picture: str = "image", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width, self._height, self._icon = width, height, picture
        self._pixmap = QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_pixmap(self, pixmap: QPixmap) -> None:
        self._pixmap = pixmap
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(scale(self._width), scale(self._height))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_thumb(painter, self.rect(), self._pixmap, self._icon)


def paint_thumb(painter: QPainter, area: QRect, pixmap: QPixmap, picture: str, tone: str = "muted") -> None:
    """Paints `pixmap` cropped to fill `area`, corners clipped; the icon `picture` on a plate where it is null."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    radius = scale(SIZES.radius_small)
    if pixmap.isNull():
        painter.setPen(theme().colour("border"))
        painter.setBrush(theme().colour("raised"))
        painter.drawRoundedRect(area.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        side = min(scale(SIZES.icon), area.height())
        paint_icon(
            painter,
            QRect(0, 0, side, side).translated(area.center() - QRect(0, 0, side, side).center()),
            picture,
            tone,
        )
    else:
        clip = QPainterPath()
        clip.addRoundedRect(area.toRectF(), radius, radius)
        painter.setClipPath(clip)
        shown = pixmap.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        target = QRect(0, 0, shown.width(), shown.height())
        target.moveCenter(area.center())
        painter.drawPixmap(target, pixmap)
    painter.restore()
