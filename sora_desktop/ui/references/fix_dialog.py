"""A picture made right by hand: what is cut out of it, how it is saved, and what comes of it. Nothing is changed in
the file itself: the dialog only makes a plan."""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QImage
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from sora_desktop.core import fixes
from sora_desktop.core.errors import SoraError
from sora_desktop.core.fixes import COMMON, type_words
from sora_desktop.core.pictures import Box as PlanBox
from sora_desktop.core.pictures import Picture, Plan, Size, same_ratio, size_words, turned
from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.ui.bind import bind
from sora_desktop.ui.references.box import Box, Cut
from sora_desktop.ui.references.card import Fitting
from sora_desktop.ui.references.crop_view import CropView
from sora_desktop.ui.references.looks import facts, figures, made_words
from sora_desktop.ui.references.preview import Preview
from sora_desktop.ui.references.workshop import Made, Workshop
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import BLACK, WHITE
from sora_desktop.ui.widgets.basic import Elided, button, label, line, mark, tool
from sora_desktop.ui.widgets.hints import Hint
from sora_desktop.ui.widgets.segments import Choice, Segments
from sora_desktop.ui.widgets.switch import Switch
from sora_desktop.ui.words import sentence

SIDE = 276
PREVIEW = QSize(236, 150)
SHOWN = 1600
"""Px of the longer side of the picture that is worked on; the result is made of the original."""
SETTLE = 250
"""Milliseconds without a change after which the result is made."""


class FixDialog(QDialog):
    """`accepted_plan` carries what is to be done with the reference. Show it with `open()`; it is never `exec`ed."""

    accepted_plan = Signal(object)

    def __init__(
        self, workshop: Workshop, reference: Reference, rule: ReferenceRule, aspect: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        assert reference.picture is not None
        self._workshop, self._reference, self._rule, self._aspect = workshop, reference, rule, aspect
        self._picture: Picture = reference.picture
        self.plan: Plan = fixes.mended(rule, self._picture, reference.plan, aspect)
        self._image = QImage()
        self._asked = 0
        self._made: Made | None = None
        self.setWindowTitle(self.tr("Adjust the picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self._make)
        self.view = CropView(self)
        self.view.box_changed.connect(self._on_box_changed)
        self._build()
        bind(theme().changed, self._measure, self)
        self._measure()
        self._show_plan()
        workshop.spawn(self._load(), "picture to adjust")

    # Building.

    def _build(self) -> None:
        choices = [Choice("whole", self.tr("Whole"))] if not self._must_fit() else []
        choices += [Choice("crop", self.tr("Crop")), Choice("bars", self.tr("With bars"))]
        self.shape = Segments(choices if self._shape() is not None else choices[:1])
        self.shape.setAccessibleName(self.tr("Shape"))
        self.shape.chosen.connect(self._on_shape_chosen)
        self.turn = tool("retry", self.tr("Turn"), self.tr("Turn by 90°"), text=self.tr("Turn"))
        self.turn.clicked.connect(self._on_turned)
        self.bars = Segments([Choice(BLACK, self.tr("Black bars")), Choice(WHITE.lower(), self.tr("White bars"))])
        self.bars.setAccessibleName(self.tr("Colour of the bars"))
        self.bars.chosen.connect(lambda colour: self._change(bars=str(colour)))
        self.kind = Segments([Choice(mime, type_words(mime)) for mime in self._types()])
        self.kind.setAccessibleName(self.tr("Format"))
        self.kind.chosen.connect(lambda mime: self._change(mime=str(mime)))
        self.strip = Switch()
        self.strip.setAccessibleName(self.tr("Strip metadata"))
        self.strip.toggled.connect(lambda on: self._change(keep_metadata=not on))
        self.preview = Preview(PREVIEW)
        self.outcome = label("", "strong", wrap=True)
        self.notes = label("", "secondary", "muted", wrap=True)
        self.warning = Hint("", "warning")
        self.problem = Hint("", "danger")
        self.zoom_out = tool("minus", self.tr("Zoom out"), self.tr("More of the picture (−)"))
        self.zoom_in = tool("plus", self.tr("Zoom in"), self.tr("Less of the picture (+)"))
        self.largest = tool("full", self.tr("Largest"), self.tr("As much as fits (0)"))
        for one, factor in ((self.zoom_out, 1 / 1.1), (self.zoom_in, 1.1), (self.largest, 0.0)):
            one.clicked.connect(lambda _checked=False, factor=factor: self._zoom(factor))
        self.reset = button(self.tr("Reset"), "field")
        self.reset.clicked.connect(self._on_reset)
        self.cancel = button(self.tr("Cancel"), "field")
        self.cancel.clicked.connect(self.reject)
        self.use = button(self.tr("Use"), "field")
        self.use.setDefault(True)
        self.use.clicked.connect(self._on_use)
        self._lay_out()

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.setSpacing(0)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.view, 1)
        left.addWidget(self._view_bar())
        body.addLayout(left, 1)
        upright = QFrame()
        mark(upright, look="column-line")
        body.addWidget(upright)
        body.addWidget(self._side())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(line())
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 10, 16, 10)
        foot.setSpacing(8)
        foot.addWidget(self.reset)
        foot.addWidget(label(self.tr("Your file is not changed."), "secondary", "muted"))
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.use)
        column.addLayout(foot)

    def _view_bar(self) -> QWidget:
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        self._cut_words = Fitting("secondary", "muted", bar)
        row.addWidget(self._cut_words, 1)
        row.addWidget(self.turn)
        for one in (self.zoom_out, self.zoom_in, self.largest):
            row.addWidget(one)
        return bar

    def _side(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(6)
        column.addWidget(Elided(self._reference.name, "section", mode=Qt.TextElideMode.ElideMiddle))
        column.addWidget(Elided(facts(self._reference), "secondary", "muted"))
        for title, parts in (
            (self.tr("Shape"), (self.shape, self.bars)),
            (self.tr("Format"), (self.kind,)),
        ):
            column.addSpacing(6)
            column.addWidget(label(title, ink="muted"))
            for part in parts:
                column.addWidget(part)
        column.addSpacing(6)
        row = QHBoxLayout()
        row.addWidget(label(self.tr("Strip metadata")), 1)
        row.addWidget(self.strip)
        column.addLayout(row)
        self._strip_words = label("", "secondary", "muted", wrap=True)
        column.addWidget(self._strip_words)
        column.addSpacing(6)
        column.addWidget(label(self.tr("What is sent"), ink="muted"))
        column.addWidget(self.preview)
        for part in (self.outcome, self.warning, self.problem, self.notes):
            column.addWidget(part)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        return self._scroll

    def _measure(self) -> None:
        self._scroll.setFixedWidth(scale(SIDE))
        room = self.screen().availableSize() * 0.92  # Large text on a small screen: Use stays in sight.
        self.setMinimumSize(QSize(scale(640), scale(460)).boundedTo(room))
        self.resize(QSize(scale(940), scale(620)).boundedTo(room))

    # What the rule wants.

    def _shape(self) -> Size | None:
        """The shape to cut to: an exact size, else the chosen ratio; None where there is neither."""
        sizes = fixes.targets(self._rule, self._aspect)
        if sizes:
            if self.plan.size in sizes:
                return self.plan.size
            base = turned(self._picture.size, self.plan.rotate)
            return min(sizes, key=lambda size: abs(size[0] / size[1] - base[0] / base[1]))
        return fixes.ratio_of(self._aspect)

    def _exact(self) -> Size | None:
        return self._shape() if self._rule.sizes else None

    def _must_fit(self) -> bool:
        return bool(self._rule.sizes) or (self._rule.match_aspect and bool(self._aspect))

    def _types(self) -> tuple[str, ...]:
        taken = tuple(mime for mime in COMMON if mime in (self._rule.mime_types or COMMON))
        return taken or (self._saved_as(),)

    def _saved_as(self) -> str:
        taken = self._rule.mime_types or COMMON
        mime = self.plan.mime or self._picture.mime
        return mime if mime in taken else fixes.best_type(taken, alpha=self._picture.has_alpha)

    def _planned(self) -> Reference:
        return self._reference.model_copy(update={"plan": self.plan})

    def _base(self) -> Size:
        return turned(self._picture.size, self.plan.rotate)

    # Showing.

    async def _load(self) -> None:
        try:
            image = await self._workshop.picture(self._planned(), SHOWN)
        except SoraError as error:
            if shiboken6.isValid(self):
                self.problem.say(sentence(error))
                self.use.setEnabled(False)
            return
        if shiboken6.isValid(self):
            self._image = image
            self._show_plan()
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _mode(self) -> str:
        if self.plan.fit == "bars" and self.plan.size is not None:
            return "bars"
        fits = self._shape() is not None and self.plan.crop is None and self.plan.size is not None
        return "crop" if self.plan.crop is not None or fits else "whole"

    def _show_plan(self) -> None:
        """Every control as the plan has it."""
        mode, shape = self._mode(), self._shape()
        if mode == "whole" and self._must_fit():
            mode = "crop"
        self.shape.set_value(mode)
        self.bars.set_value(self.plan.bars)
        self.bars.setVisible(mode == "bars")
        self.kind.set_value(self._saved_as())
        self.strip.blockSignals(True)
        self.strip.setChecked(not self.plan.keep_metadata)
        self.strip.blockSignals(False)
        base = self._base()
        cut = Cut(base, shape if shape is not None and mode != "whole" else base)
        box = Box.of(self.plan.crop) if self.plan.crop is not None and mode == "crop" else None
        if box is not None and not same_ratio(self.plan.crop.size if self.plan.crop else base, cut.shape):
            box = cut.reshaped(box)
        self.view.show_picture(self._image, cut, box)
        self.view.set_mode(mode, self.plan.bars)
        for one in (self.zoom_in, self.zoom_out, self.largest):
            one.setEnabled(mode == "crop")
        self._say()
        self._settle.start()

    def _say(self) -> None:
        """What the plan does, in words."""
        cut, exact = self.view.cut, self._exact()
        mode = str(self.shape.value)
        words = size_words(self.view.box.whole(cut.size).size) if cut is not None and mode == "crop" else ""
        becomes = f"→ {size_words(exact)}" if words and exact else ""
        self._cut_words.offer((figures(f"{words} {becomes}".strip()), figures(becomes or words), ""))
        enlarged = exact is not None and mode == "crop" and self.view.box.width < exact[0] - 1
        times = f"{exact[0] / self.view.box.width:.1f}" if exact else ""
        self.warning.say(self.tr("Enlarged {0} times; it may look soft.").format(times) if enlarged else "")
        place = self._picture.has_place
        self._strip_words.setText(
            (
                self.tr("The place where it was taken does not leave this machine.")
                if place
                else self.tr("Location and camera data do not leave this machine.")
            )
            if self.strip.isChecked()
            else self.tr("Location and camera data are sent with the picture.")
        )
        mark(self._strip_words, ink="muted" if self.strip.isChecked() else "warning")
        said = [sentence(note.code, note.args) for note in fixes.notes(self._picture, self.plan) if _new(note.code)]
        self.notes.setText("\n".join(said))
        self.notes.setVisible(bool(said))

    # Making.

    def _make(self) -> None:
        self._asked += 1
        self._workshop.spawn(self._show_made(self._asked), "preview")

    async def _show_made(self, asked: int) -> None:
        try:
            made = await self._workshop.made(self._planned(), self._rule)
        except SoraError as error:
            if shiboken6.isValid(self) and asked == self._asked:
                self.outcome.setText("")
                self.problem.say(sentence(error))
                self.use.setEnabled(False)
            return
        if not shiboken6.isValid(self) or asked != self._asked:
            return
        self._made = made
        self.use.setEnabled(True)
        self.problem.say("")
        self.preview.show_picture(made.preview)
        self.outcome.setText(made_words(made.size, made.mime, made.bytes, made.quality))

    @property
    def settled(self) -> bool:
        """Whether the result that is shown is that of the plan as it stands."""
        return self._made is not None and not self._settle.isActive()

    # What the person does.

    def _change(self, **changes: object) -> None:
        self.plan = self.plan.model_copy(update=changes)
        self._show_plan()

    def _on_box_changed(self) -> None:
        cut = self.view.cut
        assert cut is not None
        crop: PlanBox | None = self.view.box.whole(cut.size)
        self.plan = self.plan.model_copy(update={"crop": crop, "size": self._exact(), "fit": "crop"})
        self._say()
        self._settle.start()

    def _on_shape_chosen(self, mode: object) -> None:
        shape = self._shape()
        match mode:
            case "whole":
                self._change(crop=None, size=None, fit="crop")
            case "bars" if shape is not None:
                size = self._exact() or _canvas(self._base(), shape)
                self._change(crop=None, size=size, fit="bars")
            case "crop" if shape is not None:
                largest = Cut(self._base(), shape).largest()
                self._change(crop=largest.whole(self._base()), size=self._exact(), fit="crop")
            case _:
                pass

    def _on_turned(self) -> None:
        mode = self._mode()
        rotate = (self.plan.rotate + 90) % 360
        self.plan = self.plan.model_copy(update={"rotate": rotate, "crop": None, "size": None, "fit": "crop"})
        self._image = QImage()
        self._on_shape_chosen("crop" if mode == "whole" and self._must_fit() else mode)
        self._workshop.spawn(self._load(), "picture to adjust")

    def _zoom(self, factor: float) -> None:
        cut = self.view.cut
        if cut is not None:
            self.view.set_box(cut.zoomed(self.view.box, factor) if factor else cut.largest())

    def _on_reset(self) -> None:
        turned_before = self.plan.rotate
        self.plan = fixes.mended(self._rule, self._picture, Plan(), self._aspect)
        if self.plan.rotate != turned_before:
            self._workshop.spawn(self._load(), "picture to adjust")
        self._show_plan()

    def _on_use(self) -> None:
        self.accepted_plan.emit(fixes.fitted(self._rule, self.plan) if self._rule.max_bytes else self.plan)
        self.accept()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._settle.stop()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        self._settle.stop()
        super().done(result)


def _new(code: str) -> bool:
    """What the switch says already need not be said twice."""
    return code not in {"note_place_removed", "note_metadata_removed"}


def _canvas(size: Size, ratio: Size) -> Size:
    """The smallest canvas of `ratio` that holds `size`."""
    factor = max(size[0] / ratio[0], size[1] / ratio[1])
    return round(ratio[0] * factor), round(ratio[1] * factor)
