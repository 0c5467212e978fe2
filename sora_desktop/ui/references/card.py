"""One reference of the draft: its picture, what is known of it, what is wrong with it, and the click that mends it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QMenu, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from sora_desktop.core.pictures import Size
from sora_desktop.core.references import Reference
from sora_desktop.engine.works import Transfer
from sora_desktop.ui.icons import icon
from sora_desktop.ui.references.preview import ThumbButton
from sora_desktop.ui.theme import scale
from sora_desktop.ui.widgets.basic import Elided, button, label, mark, tool
from sora_desktop.ui.widgets.hints import Picture
from sora_desktop.ui.words import part_of, percent

THUMB = QSize(60, 34)


@dataclass(frozen=True, slots=True)
class Report:
    """What a card says. `facts` is the quiet line; `hints` what one click on Fix does, in shorter and shorter words;
    `errors` what only the user can mend, with the words of the `link` that helps; `cut` the sizes of the picture and of
    the frame drawn into it."""

    facts: str = ""
    hints: tuple[str, ...] = ()
    hint_icon: str = "crop"
    hint_tip: str = ""
    errors: tuple[str, ...] = ()
    link: str = ""
    tip: str = ""
    adjustable: bool = False
    cut: tuple[Size, Size] | None = None
    several: bool = False
    pinned: bool | None = None

    @property
    def hint(self) -> str:
        """What one click on Fix does; empty where nothing is to be mended."""
        return self.hints[0] if self.hints else ""


class Fitting(Elided):
    """Shows the longest of several texts that fits."""

    def __init__(
        self, face: str, ink: str, parent: QWidget, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__("", face, ink, mode=mode, parent=parent)
        self._texts: tuple[str, ...] = ()

    def offer(self, texts: tuple[str, ...]) -> None:
        """The same in shorter and shorter words."""
        self._texts = texts
        self._choose()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._choose()

    def _choose(self) -> None:
        fits = (text for text in self._texts if self.fontMetrics().horizontalAdvance(text) <= self.width())
        self.setText(next(fits, self._texts[-1] if self._texts else ""))


class Card(QFrame):
    """Signals say what the user wants of the reference; the section does it."""

    fix_wanted = Signal()
    adjust_wanted = Signal()
    removed = Signal()
    replace_wanted = Signal()
    link_clicked = Signal()
    pin_wanted = Signal(bool)
    moved = Signal(int)
    dragged = Signal()

    def __init__(self, reference: Reference, parent: QWidget) -> None:
        super().__init__(parent)
        self.reference = reference
        self.report = Report()
        self._pressed_at: QPoint | None = None
        self._transfer: Transfer | None = None
        mark(self, look="card")
        name = reference.name or reference.url
        remote = bool(reference.url) and not reference.path
        picture = {"video": "film", "audio": "volume"}.get(reference.kind, "link" if remote else "image")
        self.thumb = ThumbButton(THUMB, picture, self)
        self.thumb.setAccessibleName(name)
        self.thumb.clicked.connect(self._on_thumb)
        middle = Qt.TextElideMode.ElideMiddle
        self.name = Elided(name, "strong", mode=middle, parent=self)
        self.facts = Fitting("secondary", "muted", self, middle)
        self._hint_icon = Picture("crop", "warning", 14, self)
        self.hint = Fitting("secondary", "warning", self)
        self.errors = label("", "secondary", "danger", wrap=True, parent=self)
        self.errors.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.link = button("", "link", parent=self)
        self.link.clicked.connect(self.link_clicked)
        self.fix = button(self.tr("Fix"), "small", parent=self)
        self.fix.clicked.connect(self.fix_wanted)
        self.drop = tool("x", self.tr("Remove {0}").format(name), self.tr("Remove"), parent=self)
        mark(self.drop, look="small")
        self.drop.clicked.connect(self.removed)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Upload of {0}").format(name))
        self.bar.hide()
        self._lay_out()
        self.show_report(Report())

    def _lay_out(self) -> None:
        # A widget of its own: a layout whose parts are all elided would be given no room.
        beside = QWidget(self)
        beside.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        words = QVBoxLayout(beside)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(1)
        words.addWidget(self.name)
        words.addWidget(self.facts)
        hint = QHBoxLayout()
        hint.setSpacing(4)
        hint.addWidget(self._hint_icon)
        hint.addWidget(self.hint, 1)
        words.addLayout(hint)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.thumb, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(beside, 1)
        ends = QHBoxLayout()
        ends.setSpacing(2)
        ends.addWidget(self.fix)
        ends.addWidget(self.drop)
        row.addLayout(ends)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 4, 8)
        column.setSpacing(4)
        column.addLayout(row)
        below = QVBoxLayout()
        below.setContentsMargins(0, 0, 4, 0)
        below.setSpacing(4)
        below.addWidget(self.bar)
        below.addWidget(self.errors)
        below.addWidget(self.link, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(below)

    # What is shown.

    def show_picture(self, pixmap: QPixmap) -> None:
        self.thumb.show_picture(pixmap)

    def show_report(self, report: Report) -> None:
        """Says what is known and what is wrong."""
        self.report = report
        self._show_facts()
        for one in (self.hint, self._hint_icon, self.fix):
            one.setVisible(bool(report.hint))
        self.hint.offer(report.hints)
        self._hint_icon.show_icon(report.hint_icon, "warning")
        self.fix.setToolTip(report.hint_tip)
        self.fix.setAccessibleName(self.tr("Fix {0}: {1}").format(self.reference.name, report.hint))
        self.errors.setText("\n".join(report.errors))
        self.errors.setVisible(bool(report.errors))
        self.link.setText(report.link)
        self.link.setVisible(bool(report.link))
        self.setToolTip(report.tip)
        said = report.hint or "\n".join(report.errors) or report.facts
        self.thumb.setAccessibleDescription(said)
        self.thumb.setToolTip(self.tr("Adjust…") if report.adjustable else "")
        self.thumb.setCursor(Qt.CursorShape.PointingHandCursor if report.adjustable else Qt.CursorShape.ArrowCursor)
        self.thumb.show_cut(*(report.cut or (None, None)))

    def show_upload(self, transfer: Transfer | None) -> None:
        """How far its upload is; None where none runs."""
        self._transfer = transfer
        self.bar.setVisible(transfer is not None)
        if transfer is not None:
            self.bar.setRange(0, 1000 if transfer.total else 0)
            self.bar.setValue(round(1000 * transfer.done / transfer.total) if transfer.total else 0)
        self._show_facts()

    def _show_facts(self) -> None:
        """The quiet line: how far the upload is, else what is known of the file."""
        transfer, texts = self._transfer, (self.report.facts,)
        if transfer is not None:
            share = percent(transfer.done, transfer.total)
            words = self.tr("Uploading {0}").format(share) if share else self.tr("Uploading")
            texts = (f"{words} · {part_of(transfer.done, transfer.total)}", words)
        self.facts.offer(texts)
        self.facts.setVisible(bool(texts[0]) and (transfer is not None or not self.report.hint))

    # What the person does.

    def _on_thumb(self) -> None:
        if self.report.adjustable:
            self.adjust_wanted.emit()

    def attend(self) -> None:
        """Takes the focus: at Fix where a click mends it, else at the link, else at the picture."""
        wanted = self.fix if self.report.hint else self.link if self.report.link else self.thumb
        wanted.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers()
        alt = bool(held & Qt.KeyboardModifier.AltModifier)
        key = event.key()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not held:
            self.removed.emit()
        elif alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.report.several:
            self.moved.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not held and self.report.adjustable:
            self.adjust_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        menu.popup(self.mapToGlobal(QPoint(scale(16), self.height() - 4)) if keyboard else event.globalPos())

    def menu(self) -> QMenu:
        """Everything that can be done with the reference."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        report = self.report
        if report.hint:
            menu.addAction(icon("check"), self.tr("Fix"), self.fix_wanted.emit)
        if report.adjustable:
            menu.addAction(icon("crop"), self.tr("Adjust…"), self.adjust_wanted.emit)
        menu.addAction(icon("folder"), self.tr("Replace…"), self.replace_wanted.emit)
        if report.several:
            menu.addSeparator()
            menu.addAction(icon("up"), self.tr("Move up"), lambda: self.moved.emit(-1))
            menu.addAction(icon("down"), self.tr("Move down"), lambda: self.moved.emit(1))
        if report.pinned is not None:
            menu.addSeparator()
            pinned = report.pinned
            words = self.tr("Unpin from the tray") if pinned else self.tr("Pin in the tray")
            menu.addAction(icon("star" if pinned else "starf"), words, lambda: self.pin_wanted.emit(not pinned))
        menu.addSeparator()
        menu.addAction(icon("x"), self.tr("Remove"), self.removed.emit)
        return menu

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if (event.position().toPoint() - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            self.dragged.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._on_thumb()
