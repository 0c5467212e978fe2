"""The column beside the clips: shelves, models, days and tags, each with how many clips it would show."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from sora_desktop.core.library import Facets, Query, Shelf
from sora_desktop.ui.bind import bind
from sora_desktop.ui.library.chips import TagChip
from sora_desktop.ui.library.facet_rows import ModelRow, ShelfRow
from sora_desktop.ui.library.histogram import Histogram
from sora_desktop.ui.library.makers import names
from sora_desktop.ui.library.spans import Unit, bars, called, today, units
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.viewer.dropdown import Dropdown
from sora_desktop.ui.widgets.basic import Elided, button, label, mark
from sora_desktop.ui.widgets.flow import Flow

SIDE = 8
"""Px at 100 % beside the rows; what stands in them is as far again from their edge."""
MODELS, TAGS = 8, 6
"""How many are shown before "more…"; what is chosen is always shown."""


class FacetsPanel(QScrollArea):
    """`query_changed` brings the shown query with the one change that the user made."""

    query_changed = Signal(Query)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._query = Query()
        self._facets = studio.library.facets(self._query)
        self._unit = Unit.DAY
        self._all_models = self._all_tags = False
        self._oldest: date | None = None
        self._counted = -1
        self._heads: list[tuple[QHBoxLayout, QSpacerItem]] = []
        self._feet: list[QHBoxLayout] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Filters"))
        mark(self, surface="panel")
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._make_shelves()
        self._make_models()
        self._make_days()
        self._make_tags()
        self._column.addStretch(1)
        self.setWidget(body)
        bind(studio.library.changed, self._on_library_changed, self)
        bind(theme().changed, self._pad, self)
        self._pad()
        self._on_library_changed()
        self._fill()

    def _make_shelves(self) -> None:
        self.shelves: dict[Shelf, ShelfRow] = {}
        self._one = QButtonGroup(self)
        for shelf in Shelf:
            row = self.shelves[shelf] = ShelfRow(shelf)
            row.clicked.connect(lambda _on=False, shelf=shelf: self._change(shelf=shelf))
            self._one.addButton(row)
            self._column.addWidget(row)

    def _make_models(self) -> None:
        self.models: dict[str, ModelRow] = {}
        self._models = self._section(self.tr("Model"))
        self._model_rows = QVBoxLayout()
        self._model_rows.setSpacing(0)
        self.more_models = button("", "link")
        self.more_models.clicked.connect(self._on_more_models)
        box = self._models.layout()
        assert isinstance(box, QVBoxLayout)
        box.addLayout(self._model_rows)
        box.addWidget(self._foot(self.more_models))

    def _make_days(self) -> None:
        self.unit = Dropdown(self.tr("What one bar stands for"))
        self.unit.chosen.connect(self._on_unit_chosen)
        self._days = self._section(self.tr("Date"), self.unit)
        self.histogram = Histogram()
        self.histogram.chosen.connect(lambda days: self._change(days=days))
        self._begin = label("", "secondary", "muted")
        self._range = Elided("", "secondary", "muted")
        self._range.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        below = QHBoxLayout()
        below.addWidget(self._begin)
        below.addWidget(self._range, 1)
        self._inset = QVBoxLayout()
        self._inset.addWidget(self.histogram)
        self._inset.addLayout(below)
        box = self._days.layout()
        assert isinstance(box, QVBoxLayout)
        box.addLayout(self._inset)

    def _make_tags(self) -> None:
        self.tags: dict[str, TagChip] = {}
        self._tags = self._section(self.tr("Tags"))
        self.more_tags = button("", "link")
        self.more_tags.clicked.connect(self._on_more_tags)
        self._chips_host = QWidget()
        self._chips = Flow(self._chips_host)
        box = self._tags.layout()
        assert isinstance(box, QVBoxLayout)
        box.addWidget(self._chips_host)
        box.addWidget(self._foot(self.more_tags))

    def _foot(self, more: QPushButton) -> QWidget:
        """The place of a "more…": it takes none while that is hidden."""
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.addWidget(more)
        row.addStretch(1)
        self._feet.append(row)
        return foot

    def _section(self, words: str, beside: QWidget | None = None) -> QWidget:
        section = QWidget()
        box = QVBoxLayout(section)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        head, space = QHBoxLayout(), QSpacerItem(0, 0)
        head.addSpacerItem(space)
        head.addWidget(label(words, "section", "muted"))
        head.addStretch(1)
        if beside is not None:
            head.addWidget(beside)
        box.addLayout(head)
        self._column.addWidget(section)
        self._heads.append((head, space))
        return section

    # Showing.

    def show_facets(self, facets: Facets, query: Query) -> None:
        """Shows the counts, and what `query` has chosen of them."""
        self._facets, self._query = facets, query
        self._fill()

    def _fill(self) -> None:
        for shelf, row in self.shelves.items():
            row.say(self._shelf_words(shelf), self._facets.shelves.get(shelf, 0))
            row.setChecked(shelf is self._query.shelf)
        self._fill_models()
        self._fill_days()
        self._fill_tags()

    def _shelf_words(self, shelf: Shelf) -> str:
        return {
            Shelf.ALL: self.tr("All clips"),
            Shelf.FAVOURITES: self.tr("Favourites"),
            Shelf.UNREVIEWED: self.tr("Unreviewed"),
            Shelf.MISSING: self.tr("Missing files"),
        }[shelf]

    def _fill_models(self) -> None:
        counts = self._facets.models | dict.fromkeys(self._query.models - self._facets.models.keys(), 0)
        named = names(self._studio, counts)
        ordered = sorted(counts, key=lambda maker: (named[maker].casefold(), maker))
        shown = ordered if self._all_models else _first(ordered, self._query.models, MODELS, counts)
        self._models.setVisible(len(counts) > 1 or bool(self._query.models))
        if list(self.models) != shown:
            # Rows that stay are kept: one of them may have the focus.
            for maker in set(self.models) - set(shown):
                gone = self.models.pop(maker)
                gone.hide()
                gone.deleteLater()
            kept = self.models
            self.models = {maker: kept.get(maker) or self._model_row(maker) for maker in shown}
            for place, row in enumerate(self.models.values()):
                self._model_rows.insertWidget(place, row)
        for maker, row in self.models.items():
            row.say(named[maker], counts[maker], maker)
            row.setChecked(maker in self._query.models)
        self._say_more(self.more_models, len(ordered), len(shown), self._all_models, MODELS)

    def _model_row(self, maker: str) -> ModelRow:
        row = ModelRow(maker)
        row.clicked.connect(lambda _on=False: self._change(models=self._query.models ^ {maker}))
        return row

    def _fill_days(self) -> None:
        now = today()
        offered = units(self._oldest, now)
        if self._unit not in offered:
            self._unit = offered[-1]
        self.unit.set_choices([(unit, unit.word) for unit in offered])
        self.unit.set_value(self._unit)
        self.unit.setVisible(len(offered) > 1)
        shown = bars(self._unit, self._facets.days, now)
        days = self._query.days
        self.histogram.show_bars(shown, days, now)
        self._begin.setText(called((shown[0].first, shown[0].first), now))
        self._range.setText(self.tr("Today") if days is None else called(days, now))
        mark(self._range, ink="muted" if days is None else "text")
        self._days.setVisible(self._oldest is not None or days is not None)

    def _fill_tags(self) -> None:
        counts = self._facets.tags | dict.fromkeys(self._query.tags - self._facets.tags.keys(), 0)
        ordered = sorted(counts, key=lambda tag: (tag.casefold(), tag))
        shown = ordered if self._all_tags else _first(ordered, self._query.tags, TAGS, counts)
        states = [(tag, counts[tag], tag in self._query.tags) for tag in shown]
        if states != [(tag, chip.count, chip.isChecked()) for tag, chip in self.tags.items()]:
            focused = next((tag for tag, chip in self.tags.items() if chip.hasFocus()), None)
            self._chips.clear()
            self.tags = {tag: TagChip(tag, count, chosen) for tag, count, chosen in states}
            for tag, chip in self.tags.items():
                chip.clicked.connect(lambda _on=False, tag=tag: self._change(tags=self._query.tags ^ {tag}))
                self._chips.addWidget(chip)
            if focused in self.tags:
                self.tags[focused].setFocus(Qt.FocusReason.TabFocusReason)
        self._tags.setVisible(bool(counts))
        self._say_more(self.more_tags, len(ordered), len(shown), self._all_tags, TAGS)

    def _say_more(self, more: QPushButton, there: int, shown: int, opened: bool, most: int) -> None:
        """The line below a list that is cut short, or could be."""
        more.setText(self.tr("Fewer") if opened else self.tr("{0} more…").format(there - shown))
        foot = more.parentWidget()
        assert foot is not None
        foot.setVisible(there > shown or (opened and there > most))

    # What the user does.

    def _change(self, **changes: object) -> None:
        changed = self._query.model_copy(update=changes)
        if changed != self._query:
            self._query = changed
            self.query_changed.emit(changed)
        self._fill()

    def _on_more_models(self) -> None:
        self._all_models = not self._all_models
        self._fill_models()

    def _on_more_tags(self) -> None:
        self._all_tags = not self._all_tags
        self._fill_tags()

    def _on_unit_chosen(self, unit: object) -> None:
        self._unit = Unit(str(unit))
        self._fill_days()

    def _on_library_changed(self) -> None:
        """How far back the bars must reach."""
        library = self._studio.library
        if len(library.clips) == self._counted:
            return
        self._counted = len(library.clips)
        first = min(library.clips.values(), key=lambda clip: clip.made_at, default=None)
        self._oldest = library.day_of(first) if first is not None else None

    def _pad(self) -> None:
        side = scale(SIDE)
        self._column.setContentsMargins(side, side, side, side)
        self._column.setSpacing(0)
        for section in (self._models, self._days, self._tags):
            section.setContentsMargins(0, scale(16), 0, 0)
        for head, space in self._heads:
            # A space and no margin: that would not change sides where reading goes from right to left.
            space.changeSize(side, 0)
            head.setContentsMargins(0, 0, 0, scale(4))
            head.invalidate()
        for row in self._feet:
            row.setContentsMargins(side, scale(4), side, 0)
        self._inset.setContentsMargins(side, scale(4), side, 0)
        self._inset.setSpacing(scale(4))
        self._chips.setContentsMargins(side, scale(4), side, 0)


def _first(ordered: list[str], chosen: frozenset[str], most: int, counts: dict[str, int]) -> list[str]:
    """Those of `ordered` that are chosen, and of the others the most frequent, `most` in all if that is enough."""
    by_count = sorted(ordered, key=lambda one: (one not in chosen, -counts[one]))
    kept = set(by_count[: max(most, len(chosen))])
    # A line that says "1 more" takes the room of that one.
    return ordered if len(kept) + 1 >= len(ordered) else [one for one in ordered if one in kept]
