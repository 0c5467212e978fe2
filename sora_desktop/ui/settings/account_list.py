"""The list of accounts: a row each with the key's place and the last test; dragged into the user's order."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QDropEvent, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from sora_desktop.core.accounts import Account
from sora_desktop.ui.account_colours import colours_of, paint_dot
from sora_desktop.ui.bind import bind
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.settings.account_state import AccountStates, chip, key_line
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.chip import chip_size, paint_chip

ROW = 64
NARROW = 280
"""Below this width a chip is its icon alone, in px."""
ID = Qt.ItemDataRole.UserRole


class AccountList(QListWidget):
    """`chosen` names the account that is current; `ordered` gives the user's accounts in their new order."""

    chosen = Signal(str)
    ordered = Signal(list)

    def __init__(self, studio: Studio, states: AccountStates, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._filling = False
        self.setObjectName("account-list")
        self.setAccessibleName(self.tr("Accounts"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(AccountDelegate(studio, states, self))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.currentItemChanged.connect(self._on_current_changed)
        bind(studio.accounts.changed, self.fill, self)
        bind(states.changed, lambda _account: self._refresh(), self)
        bind(theme().changed, self.doItemsLayout, self)
        self.fill()

    @property
    def ids(self) -> list[str]:
        """The ids of the accounts, as they stand."""
        return [str(self.item(row).data(ID)) for row in range(self.count())]

    @property
    def current_id(self) -> str:
        item = self.currentItem()
        return str(item.data(ID)) if item is not None else ""

    def fill(self) -> None:
        """Shows the accounts as they are now; the current one stays."""
        accounts = self._studio.accounts.all
        self._filling = True
        if self.ids == [account.id for account in accounts]:
            for row, account in enumerate(accounts):
                self._tell(self.item(row), account)
        else:
            current = self.current_id
            self.clear()
            for account in accounts:
                item = QListWidgetItem()
                item.setData(ID, account.id)
                flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
                item.setFlags(flags if account.builtin else flags | Qt.ItemFlag.ItemIsDragEnabled)
                self._tell(item, account)
                self.addItem(item)
            self.choose(current)
        self._filling = False
        self.viewport().update()

    def choose(self, account_id: str) -> None:
        """Makes an account the current one; the first where there is no such account, none where there are none."""
        ids = self.ids
        if ids:
            self.setCurrentRow(ids.index(account_id) if account_id in ids else 0)

    def step(self, by: int) -> None:
        """Moves the current account up (-1) or down (1)."""
        movable = [each for each in self.ids if self._is_own(each)]
        if self.current_id in movable:
            at = movable.index(self.current_id)
            to = max(0, min(len(movable) - 1, at + by))
            if to != at:
                movable.insert(to, movable.pop(at))
                self.ordered.emit(movable)

    def _is_own(self, account_id: str) -> bool:
        account = self._studio.accounts.get(account_id)
        return account is not None and not account.builtin

    def _tell(self, item: QListWidgetItem, account: Account) -> None:
        item.setText(account.name)
        words = ". ".join(filter(None, (account.name, service_gone(self._studio, account))))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, words)

    def _refresh(self) -> None:
        self.viewport().update()

    def _on_current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None and not self._filling:
            self.chosen.emit(str(item.data(ID)))

    def dropEvent(self, event: QDropEvent) -> None:
        before = self.ids
        self._filling = True
        super().dropEvent(event)
        self._filling = False
        if self.ids != before:
            self.ordered.emit([each for each in self.ids if self._is_own(each)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() == Qt.KeyboardModifier.AltModifier and event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
            return
        super().keyPressEvent(event)


def service_gone(studio: Studio, account: Account) -> str:
    """What stands at an account whose service no file describes any more; empty where one does."""
    if studio.accounts.provider(account.id) is not None:
        return ""
    words = QCoreApplication.translate("AccountList", "No file describes “{0}” any more")
    return words.format(account.provider)


class AccountDelegate(QStyledItemDelegate):
    """Paints a row: tile, name, where the key is, chip."""

    def __init__(self, studio: Studio, states: AccountStates, parent: QListWidget) -> None:
        super().__init__(parent)
        self._studio, self._states = studio, states

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(scale(200), scale(ROW))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        account = self._studio.accounts.get(str(index.data(ID)))
        if account is None:
            return
        state = self._states.of(account.id)
        area = QRect(option.rect)  # pyright: ignore[reportAttributeAccessIssue]
        flags: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        selected = bool(flags & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.fillRect(area, theme().colour("selection"))
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), theme().colour("accent"))
        elif flags & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme().colour("hover"))
        painter.fillRect(QRect(area.left(), area.bottom(), area.width(), 1), theme().colour("border"))
        self._tile(painter, area, account, "selection" if selected else "panel")
        look, words = chip(account, state)
        bare = area.width() < scale(NARROW)  # The name needs the room; the account's page has the words.
        size = chip_size(look, words, bare=bare)
        at = QPoint(area.right() - scale(12) - size.width(), area.center().y() - size.height() // 2 + 1)
        paint_chip(painter, at, look, words, bare=bare)
        self._words(painter, area, account, at.x() - scale(8))
        if flags & QStyle.StateFlag.State_HasFocus and flags & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QPen(theme().colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(1, 1, -1, -2))
        painter.restore()

    def _tile(self, painter: QPainter, area: QRect, account: Account, ground: str) -> None:
        side = scale(32)
        tile = QRect(area.left() + scale(12), area.center().y() - side // 2, side, side)
        painter.setPen(theme().colour("border"))
        painter.setBrush(theme().colour("raised"))
        painter.drawRoundedRect(tile.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), scale(6), scale(6))
        if account.builtin:
            small = scale(16)
            paint_icon(
                painter, QRect(0, 0, small, small).translated(tile.center() - QPoint(small, small) / 2), "flask", "text"
            )
        else:
            painter.setPen(theme().colour("text"))
            painter.setFont(theme().font("section"))
            painter.drawText(tile, Qt.AlignmentFlag.AlignCenter, account.name[:1].upper())
            colour = colours_of(self._studio.accounts.all)[account.id]
            paint_dot(painter, tile.bottomRight() - QPoint(scale(1), scale(1)), colour, ground=ground, px=10)

    def _words(self, painter: QPainter, area: QRect, account: Account, right: int) -> None:
        left = area.left() + scale(54)
        middle = area.center().y()
        painter.setPen(theme().colour("text" if account.enabled else "muted"))
        painter.setFont(theme().font("section"))
        width = max(0, right - left)
        name = QFontMetrics(painter.font()).elidedText(account.name, Qt.TextElideMode.ElideRight, width)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)
        painter.drawText(QRect(left, middle - scale(18), width, scale(18)), flags, name)
        picture, words = key_line(account, self._states.of(account.id))
        gone = service_gone(self._studio, account)
        if gone:
            picture, words = "alert", gone
        if picture:
            small = scale(12)
            paint_icon(painter, QRect(left, middle + scale(9) - small // 2, small, small), picture, "muted")
            left += scale(16)
        painter.setPen(theme().colour("muted"))
        painter.setFont(theme().font("secondary"))
        words = QFontMetrics(painter.font()).elidedText(words, Qt.TextElideMode.ElideRight, max(0, right - left))
        painter.drawText(QRect(left, middle + 1, max(0, right - left), scale(16)), flags, words)
