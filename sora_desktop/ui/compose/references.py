"""The references of a draft: the model's rule in words, what was added, and the ways to add."""

from __future__ import annotations

from pathlib import Path

import shiboken6
from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.errors import UserError
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.compose.page import Page
from sora_desktop.ui.compose.reference_files import from_url, inspect
from sora_desktop.ui.icons import paint_icon
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import Elided, button, keep_height, label, mark, tool
from sora_desktop.ui.widgets.hints import Hint, Thumb
from sora_desktop.ui.words import number, sentence, size

translate = QCoreApplication.translate
THUMB = QSize(60, 34)


class DropZone(QAbstractButton):
    """A dashed field that takes files and opens the file dialog when pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        keep_height(self, SIZES.field)

    def set_over(self, over: bool) -> None:
        """Whether something that fits is held over it."""
        self._over = over
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().colour("accent" if self._over else "strong"), 1)
        pen.setDashPattern([3, 3])
        painter.setPen(pen)
        lively = self._over or self.underMouse()
        painter.setBrush(theme().colour("hover") if lively else Qt.BrushStyle.NoBrush)
        radius = scale(SIZES.radius_large)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setFont(theme().font("secondary"))
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - scale(40))
        side = scale(14)
        left = (self.width() - side - scale(7) - metrics.horizontalAdvance(text)) // 2
        ink = "text" if lively else "muted"
        area = self.rect().adjusted(left, 0, 0, 0)
        area.setWidth(side)
        paint_icon(painter, area, "image", ink)
        painter.setPen(theme().colour(ink))
        words = self.rect().adjusted(left + side + scale(7), 0, 0, 0)
        painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)


class Card(QFrame):
    """One reference that was added."""

    removed = Signal()

    def __init__(self, reference: Reference, picture: QPixmap, parent: QWidget) -> None:
        super().__init__(parent)
        mark(self, look="card")
        thumb = Thumb(THUMB.width(), THUMB.height(), "link" if reference.url and not reference.path else "image", self)
        thumb.set_pixmap(picture)
        words = QVBoxLayout()
        words.setSpacing(1)
        middle = Qt.TextElideMode.ElideMiddle
        words.addWidget(Elided(reference.name or reference.url, "strong", mode=middle, parent=self))
        words.addWidget(Elided(_facts(reference), "secondary", "muted", mode=middle, parent=self))
        drop = tool("x", self.tr("Remove {0}").format(reference.name), self.tr("Remove"), parent=self)
        drop.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(thumb)
        row.addLayout(words, 1)
        row.addWidget(drop)


def _facts(reference: Reference) -> str:
    pixels = f"{reference.width}×{reference.height}" if reference.width and reference.height else ""
    weight = size(reference.bytes) if reference.bytes is not None else ""
    return " · ".join(filter(None, (pixels, weight))) or reference.url


class ReferencesSection(QWidget):
    """Shows and changes the references of `page`."""

    def __init__(self, studio: Studio, page: Page, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._page = studio, page
        self._rule: ReferenceRule | None = None
        self._pictures: dict[str, QPixmap] = {}
        self._gone: dict[str, str] = {}
        self._cards: list[Card] = []
        self.setAcceptDrops(True)
        self._title = label(self.tr("References"), "section", parent=self)
        self._count = label("", "secondary", "muted", parent=self)
        self._words = label("", "secondary", "muted", wrap=True, parent=self)
        self.zone = DropZone(self)
        self.zone.clicked.connect(self.browse)
        self._address = tool("link", self.tr("Add by address"), self.tr("Add by its address on the web"), parent=self)
        self._address.setCheckable(True)
        self._address.toggled.connect(self._on_address_toggled)
        self.url = QLineEdit(self)
        self.url.setPlaceholderText(self.tr("https://… address of the picture"))
        self.url.setAccessibleName(self.tr("Address of a reference"))
        self.url.returnPressed.connect(self._on_url_entered)
        self.url.textChanged.connect(self._on_url_edited)
        self.add_url = button(self.tr("Add"), "field", parent=self)
        self.add_url.clicked.connect(self._on_url_entered)
        self.hint = Hint(parent=self)
        self._note = Hint("", "muted", self)
        self._lay_out()
        page.opened.connect(self.refresh)
        page.model_changed.connect(self.refresh)
        page.references_changed.connect(self.refresh)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        column.addLayout(head)
        column.addWidget(self._words)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column.addLayout(self._list)
        drop = QHBoxLayout()
        drop.setSpacing(6)
        drop.addWidget(self.zone, 1)
        drop.addWidget(self._address)
        column.addLayout(drop)
        entry = QHBoxLayout()
        entry.setSpacing(8)
        entry.addWidget(self.url, 1)
        entry.addWidget(self.add_url)
        column.addLayout(entry)
        column.addWidget(self.hint)
        column.addWidget(self._note)

    def refresh(self) -> None:
        """Shows what the page holds, by the rule of its model."""
        model = self._page.model
        self._rule = model.references if model else None
        taken = self._page.draft.references
        self.setVisible(bool(taken) or self._rule is not None)
        most = self._rule.max_count if self._rule else 0
        self._count.setText(self.tr("{0} of {1}").format(len(taken), most) if taken and self._rule else "")
        self._words.setText(rule_words(self._rule) if self._rule else self.tr("Not used by this model"))
        room = self._rule is not None and len(taken) < most
        uploads = self._rule is not None and self._rule.upload
        self.zone.setText(self.tr("Drop an image, or browse…") if most == 1 else self.tr("Drop images, or browse…"))
        self.zone.setVisible(room and uploads)
        self._address.setVisible(room and uploads)
        self._show_entry(room and (not uploads or self._address.isChecked()))
        self._note.say(self._rule.note if self._rule and taken else "")
        self._rebuild(taken)

    def show_problems(self, texts: list[str]) -> None:
        """Says what is wrong with the references; empty when nothing is."""
        gone = [self._gone[one.sha256] for one in self._page.draft.references if one.sha256 in self._gone]
        self.hint.say("\n".join([*gone, *texts]))

    def _rebuild(self, taken: tuple[Reference, ...]) -> None:
        for card in self._cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for place, reference in enumerate(taken):
            card = Card(reference, self._pictures.get(reference.sha256, QPixmap()), self)
            card.removed.connect(lambda place=place: self._remove(place))
            self._list.addWidget(card)
            self._cards.append(card)
            if reference.path and reference.sha256 not in self._pictures:
                self._studio.tasks.spawn(self._read_picture(reference), "reference picture")

    async def _read_picture(self, reference: Reference) -> None:
        self._pictures[reference.sha256] = QPixmap()
        try:
            found, image = await inspect(Path(reference.path), THUMB * 2)
        except UserError as error:
            self._gone[reference.sha256] = sentence(error)
            if shiboken6.isValid(self):
                self._page.references_changed.emit()
            return
        if shiboken6.isValid(self) and found.sha256 == reference.sha256 and not image.isNull():
            self._pictures[reference.sha256] = QPixmap.fromImage(image)
            self.refresh()

    # Adding and removing.

    def browse(self) -> None:
        """Opens the file dialog."""
        dialog = QFileDialog(self.window(), self.tr("Add a reference"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        types = sorted(self._rule.mime_types) if self._rule else []
        if types:
            dialog.setMimeTypeFilters([*types, "application/octet-stream"])
        else:
            dialog.setNameFilter(self.tr("Images (*.png *.jpg *.jpeg *.webp);;All files (*)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self.add_files)
        dialog.open()

    def add_files(self, names: list[str]) -> None:
        """Adds local files; each is read off the window's thread first."""
        for name in names:
            self._studio.tasks.spawn(self._add_file(Path(name)), "reference")

    async def _add_file(self, path: Path) -> None:
        draft_id = self._page.draft.id
        try:
            reference, image = await inspect(path, THUMB * 2)
        except UserError as error:
            if shiboken6.isValid(self):
                self.hint.say(sentence(error))
            return
        if not shiboken6.isValid(self) or self._page.draft.id != draft_id:
            return
        self._gone.pop(reference.sha256, None)
        self._pictures[reference.sha256] = QPixmap.fromImage(image)
        if all(other.sha256 != reference.sha256 for other in self._page.draft.references):
            self._page.set_references((*self._page.draft.references, reference))

    def _on_url_entered(self) -> None:
        kind = self._rule.kinds[0] if self._rule and self._rule.kinds else "image"
        try:
            reference = from_url(self.url.text(), kind)
        except UserError as error:
            mark(self.url, invalid=True)
            self.hint.say(sentence(error))
            self.url.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.url.clear()
        self._address.setChecked(False)
        if all(other.url != reference.url for other in self._page.draft.references):
            self._page.set_references((*self._page.draft.references, reference))

    def _on_url_edited(self) -> None:
        if self.url.property("invalid") == "true":
            mark(self.url, invalid=False)
            self.hint.say("")

    def _on_address_toggled(self, on: bool) -> None:
        self._show_entry(on)
        if on:
            self.url.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_entry(self, shown: bool) -> None:
        self.url.setVisible(shown)
        self.add_url.setVisible(shown)

    def _remove(self, place: int) -> None:
        taken = list(self._page.draft.references)
        del taken[place]
        self._page.set_references(tuple(taken))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._rule is not None and event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.zone.set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.zone.set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.zone.set_over(False)
        event.acceptProposedAction()
        self.add_files([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])
        for url in event.mimeData().urls():
            if url.scheme() in ("http", "https"):
                self.url.setText(url.toString())
                self._on_url_entered()


def rule_words(rule: ReferenceRule) -> str:
    """What a model takes, in a line: "1 image · JPEG, PNG, WEBP · up to 10 MB"."""
    one = translate("References", "1 {0}").format("/".join(rule.kinds))
    many = translate("References", "Up to {0} of: {1}").format(number(rule.max_count), ", ".join(rule.kinds))
    types = ", ".join(mime.split("/")[-1].upper() for mime in rule.mime_types)
    sizes = translate("References", " or ").join(f"{width}×{height}" for width, height in rule.sizes)
    limit = translate("References", "up to {0}").format(size(rule.max_bytes)) if rule.max_bytes else ""
    where = "" if rule.upload else translate("References", "by public address")
    return " · ".join(filter(None, (one if rule.max_count == 1 else many, types, sizes, limit, where)))
