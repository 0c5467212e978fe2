"""The picture above the details: of one clip, or of the first few of several."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.thumbnails import Thumbnails
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import plain

EDGE, GAP = 8, 4
MOST = 4
"""Pictures of several clips, two by two."""


class Preview(QAbstractButton):
    """A click, Space or Enter opens the clip. 16 to 9; what has another shape stands in the middle of it."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._ids: tuple[str, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setProperty("ringRadius", SIZES.radius_small)
        bind(thumbnails.arrived, self._on_arrived, self)

    def show_clips(self, ids: Sequence[str], name: str) -> None:
        """Shows other pictures. With one it is a button, called `name`."""
        self._ids = tuple(ids[:MOST])
        single = len(ids) == 1
        self.setEnabled(single)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if single else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if single else Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(name)
        self.setToolTip(plain(name) if single else "")
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return (width - 2 * scale(EDGE)) * 9 // 16 + 2 * scale(EDGE)

    def sizeHint(self) -> QSize:
        return QSize(scale(312), self.heightForWidth(scale(312)))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale(160), self.heightForWidth(scale(160)))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("well"))
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        for clip_id, area in zip(self._ids, self._areas(), strict=False):
            self._paint(painter, area, self._thumbnails.get(clip_id))

    def _areas(self) -> list[QRect]:
        edge, gap = scale(EDGE), scale(GAP)
        inner = self.rect().adjusted(edge, edge, -edge, -edge)
        if len(self._ids) <= 1:
            return [inner]
        wide, high = (inner.width() - gap) // 2, (inner.height() - gap) // 2
        places = [
            QRect(inner.left() + column * (wide + gap), inner.top() + row * (high + gap), wide, high)
            for row in (0, 1)
            for column in (0, 1)
        ]
        return [QStyle.visualRect(self.layoutDirection(), self.rect(), place) for place in places]

    def _paint(self, painter: QPainter, area: QRect, picture: QPixmap | None) -> None:
        if picture is None or picture.isNull():
            side = scale(SIZES.icon_large)
            place = QRect(0, 0, side, side)
            place.moveCenter(area.center())
            paint_icon(painter, place, "film", "strong")
            return
        shown = QRect(area.topLeft(), picture.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio))
        shown.moveCenter(area.center())
        clip = QPainterPath()
        clip.addRoundedRect(shown.toRectF(), scale(SIZES.radius_small), scale(SIZES.radius_small))
        painter.save()
        painter.setClipPath(clip)
        painter.drawPixmap(shown, picture)
        painter.restore()

    def _on_arrived(self, clip_id: str) -> None:
        if clip_id in self._ids:
            self.update()
