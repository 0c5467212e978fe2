"""The library as a whole: facets | search and clips | details, joined by one query."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from sora_desktop.core.library import Clip, Query, Shelf, Sort
from sora_desktop.ui.bind import bind
from sora_desktop.ui.job_orders import JobOrders
from sora_desktop.ui.library.details import ClipDetails
from sora_desktop.ui.library.facets import FacetsPanel
from sora_desktop.ui.library.grid import ClipGrid, clip_thumbnails
from sora_desktop.ui.library.menu import clip_menu
from sora_desktop.ui.library.removal import Removal
from sora_desktop.ui.library.search import SearchBar
from sora_desktop.ui.references.incoming import Frame
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.widgets.basic import chain, line, mark
from sora_desktop.ui.widgets.hints import Empty

FACETS, DETAILS = 208, 312
DETAILS_FROM, FACETS_FROM = 1066, 866
"""Px of the page at 100 %: a window of 1180 and of 980 less the rails of compose and queue."""
LEAST = 300
REST_MS = 500
"""From the last change of the cards' size to its save."""
COSTLY, SHARE = 0.02, 5
"""Seconds: where showing the clips anew takes longer, as with tens of thousands, and clips come in one after the other,
then it is done in one SHARE-th of the time at most."""
BY_DAY = (Sort.NEWEST, Sort.OLDEST)
"""The orders in which the days follow each other."""


class LibraryPage(QWidget):
    """Holds the query. Reads the clips when it is shown for the first time, and follows them while it is shown."""

    opened = Signal(str)
    """The id of a clip whose video is wanted in the viewer."""
    edit_requested = Signal(str)
    settings_requested = Signal(str)
    folder_requested = Signal()
    frame_offered = Signal(object)
    """The last Frame of a clip, wanted as a reference."""
    show_message = Signal(str)
    undo_offered = Signal(str, object)
    """A sentence about what was just done, and what takes it back."""
    prompt_wanted = Signal()
    """There are no clips: the first one is to be written."""
    shape_changed = Signal()
    """The details came or went."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        settings = studio.settings.current
        self._query = Query(sort=settings.library_sort)
        self._stale = True
        self._wants_details = settings.library_details
        self._forced = False
        """Whether the details were asked for where there is no room for them."""
        self.orders = JobOrders(studio, self)
        self.removal = Removal(studio, self.orders, self)
        self.facets = FacetsPanel(studio)
        self.search = SearchBar(studio)
        self.thumbnails = clip_thumbnails(studio, self)
        self.grid = ClipGrid(studio, self.thumbnails)
        self.details = ClipDetails(studio)
        self._size = settings.library_size
        self._breath = QTimer(self)
        self._breath.setSingleShot(True)
        self._breath.timeout.connect(lambda: self._stale and self.refresh())
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._on_rested)
        mark(self, surface="panel")
        self._build()
        self._connect()
        self.search.show_card_width(self._size)
        self.grid.set_size(self._size)
        self._measure()

    def _build(self) -> None:
        self._no_clips = Empty(
            "film",
            self.tr("No clips yet"),
            self.tr("Every clip you make is kept here, also after you clear the queue."),
            self.tr("Write a prompt"),
        )
        self._nothing = Empty("search", self.tr("Nothing found"), "", self.tr("Clear the filters"))
        self._clips = QStackedWidget()
        for page in (self.grid, self._no_clips, self._nothing):
            self._clips.addWidget(page)
        middle = QWidget()
        mark(middle, surface="window")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._above = QWidget()
        above = QVBoxLayout(self._above)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(self.search)
        above.addWidget(line())
        column.addWidget(self._above)
        column.addWidget(self._clips, 1)
        self._lines = (_column_line(), _column_line())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.facets)
        row.addWidget(self._lines[0])
        row.addWidget(middle, 1)
        row.addWidget(self._lines[1])
        row.addWidget(self.details)

    def _connect(self) -> None:
        grid, details, library = self.grid, self.details, self._studio.library
        bind(library.changed, self._on_library_changed, self)
        bind(self._studio.accounts.changed, self._on_library_changed, self)
        bind(theme().changed, self._measure, self)
        self.facets.query_changed.connect(self.set_query)
        self.search.query_changed.connect(self.set_query)
        self.search.size_changed.connect(self._on_size_changed)
        self.search.onward.connect(lambda: grid.setFocus(Qt.FocusReason.OtherFocusReason))
        assert self._no_clips.action is not None and self._nothing.action is not None
        self._no_clips.action.clicked.connect(self.prompt_wanted)
        self._nothing.action.clicked.connect(self.clear)
        grid.selection_changed.connect(self._on_selection_changed)
        grid.opened.connect(self.opened)
        grid.favourite_wanted.connect(lambda clips, on: self.mark(clips, favourite=on))
        grid.rating_wanted.connect(lambda clips, stars: self.mark(clips, rating=stars))
        grid.remove_wanted.connect(self.removal.ask)
        grid.copy_wanted.connect(self.copy)
        grid.menu_wanted.connect(self._on_menu_wanted)
        details.opened.connect(self.opened)
        details.reference_wanted.connect(self.offer_frame)
        details.edit_wanted.connect(self.edit_requested)
        details.find_wanted.connect(self.find_file)
        details.collect_wanted.connect(lambda clip: self.orders.collect([clip.job]))
        details.remove_wanted.connect(self.removal.ask)
        details.show_message.connect(self.show_message)
        self.removal.said.connect(self.show_message)
        self.removal.undo_offered.connect(self.undo_offered)
        orders = self.orders
        orders.opened.connect(self.opened)
        orders.edit_requested.connect(self.edit_requested)
        orders.settings_requested.connect(self.settings_requested)
        orders.folder_requested.connect(self.folder_requested)
        orders.frame_offered.connect(self.frame_offered)
        orders.show_message.connect(self.show_message)

    # What is shown.

    @property
    def query(self) -> Query:
        return self._query

    @property
    def missing(self) -> frozenset[str]:
        """The ids of the clips whose file is not where it was."""
        return self._studio.library.missing

    def set_query(self, query: Query) -> None:
        """Shows what `query` asks for."""
        if query == self._query:
            return
        sort, self._query = self._query.sort, query
        if query.sort is not sort:
            self.orders.spawn(self._studio.settings.change(library_sort=query.sort))
        self.refresh()

    def clear(self) -> None:
        """Takes all filters away."""
        self.set_query(Query(sort=self._query.sort))
        self.focus_clips()

    def focus_clips(self) -> None:
        """Puts the focus on the clips, or on the way out where there are none."""
        # No focus proxy of the page: Tab would pass by all that stands beside the clips.
        page = self._clips.currentWidget()
        target = page.action if isinstance(page, Empty) and page.action else page
        if target is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_search(self) -> None:
        """Puts the cursor into the search."""
        self.search.focus_field()

    def refresh(self) -> None:
        """Shows the library as it is now."""
        library, query = self._studio.library, self._query
        if not library.loaded:
            return
        self._stale = False
        begun = time.monotonic()
        facets = library.facets(query)
        clips = library.find(query)
        self.facets.show_facets(facets, query)
        self.search.show_query(query)
        self.grid.set_clips(clips, query.sort in BY_DAY)
        if clips:
            self._clips.setCurrentWidget(self.grid)
        else:
            self._say_empty()
        self._measure()
        self._on_selection_changed()
        if (taken := time.monotonic() - begun) > COSTLY:
            self._breath.start(round(SHARE * taken * 1000))

    def _say_empty(self) -> None:
        if not self._studio.library.clips:
            self._clips.setCurrentWidget(self._no_clips)
            return
        title, sentence = self.tr("Nothing found"), self.tr("No clip fits all that is chosen.")
        if self._query == Query(shelf=self._query.shelf, sort=self._query.sort):
            match self._query.shelf:
                case Shelf.FAVOURITES:
                    title, sentence = self.tr("No favourites yet"), self.tr("Press F on a clip, or click its star.")
                case Shelf.UNREVIEWED:
                    title, sentence = self.tr("All clips are reviewed"), self.tr("A clip you have played is reviewed.")
                case Shelf.MISSING:
                    title, sentence = self.tr("No file is missing"), self.tr("Every clip's file is where it was put.")
                case Shelf.ALL:
                    pass
        self._nothing.say(title, sentence)
        self._clips.setCurrentWidget(self._nothing)

    def _on_library_changed(self) -> None:
        self._stale = True
        if self.isVisible() and not self._breath.isActive():
            self.refresh()

    def _on_selection_changed(self) -> None:
        self.details.set_clips(self.grid.selected())
        self._order()

    # What the person does.

    def mark(
        self,
        clips: Sequence[Clip],
        *,
        favourite: bool | None = None,
        rating: int | None = None,
        reviewed: bool | None = None,
    ) -> None:
        """Changes what is given of the clips' marks."""
        marking = self._studio.library.mark(
            [clip.id for clip in clips], favourite=favourite, rating=rating, reviewed=reviewed
        )
        self.orders.spawn(self.orders.told(marking))

    def copy(self, clips: Sequence[Clip]) -> None:
        """Puts the recipes of clips on the clipboard."""
        if clips:
            self.orders.copy([clip.job for clip in clips])

    def offer_frame(self, clip: Clip) -> None:
        """Offers the last frame of a clip as a reference."""
        self.frame_offered.emit(Frame(path=clip.path, title=Path(clip.path).stem))

    def find_file(self, clip: Clip) -> None:
        """Asks where the file of a clip is now."""
        name = Path(clip.path).name
        dialog = QFileDialog(self, self.tr("Where is “{0}”?").format(name), str(Path(clip.path).parent))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Videos (*.mp4 *.mov *.webm *.mkv *.m4v)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(
            lambda path: self.orders.spawn(self.orders.told(self._studio.library.relocate(clip.id, Path(path))))
        )
        dialog.open()

    async def flush(self) -> None:
        """Returns when the notes written so far are on disk."""
        await self.details.flush()

    def _on_menu_wanted(self, at: QPoint) -> None:
        clips = self.grid.selected()
        if clips:
            clip_menu(clips, self).popup(self.grid.viewport().mapToGlobal(at))

    def _on_size_changed(self, px: int) -> None:
        self._size = px
        self.grid.set_size(px)
        self._rest.start()

    def _on_rested(self) -> None:
        self.orders.spawn(self._studio.settings.change(library_size=self._size))

    def _order(self) -> None:
        """Tab goes as the eye does; models and tags are made anew and would come last."""
        chain((self.facets, self.search, self._clips, self.details))

    # Room and sight.

    @property
    def details_shown(self) -> bool:
        """Whether the details stand beside the clips."""
        return self.details.isVisibleTo(self)

    def show_details(self, shown: bool) -> None:
        """Shows or folds the details. Where there is no room for them, they take that of the facets."""
        self._forced = shown and not self._roomy
        if self._roomy:
            self.orders.spawn(self._studio.settings.change(library_details=shown))
            self._wants_details = shown
        self._measure()

    @property
    def _roomy(self) -> bool:
        return self.width() >= scale(DETAILS_FROM)

    def _measure(self) -> None:
        self.facets.setFixedWidth(scale(FACETS))
        self.details.setFixedWidth(scale(DETAILS))
        self._forced = self._forced and not self._roomy
        # A library without clips has nothing to choose from.
        some = self._clips.currentWidget() is not self._no_clips
        details = some and (self._forced or (self._roomy and self._wants_details))
        facets = some and self.width() >= scale(FACETS_FROM) and not self._forced
        self._above.setVisible(some)
        before = self.details_shown
        for widget, shown in (*((one, facets) for one in (self.facets, self._lines[0])), (self._lines[1], details)):
            widget.setVisible(shown)
        self.details.setVisible(details)
        if self.details_shown is not before:
            self.shape_changed.emit()

    def minimumSizeHint(self) -> QSize:
        # Without facets and details: they never keep a window from becoming narrow.
        return QSize(scale(LEAST), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh()
        self.orders.spawn(self._load())

    async def _load(self) -> None:
        await self.orders.told(self._studio.library.load())
        await self.orders.told(self._studio.library.look())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow() and self.isVisible():
            self.orders.spawn(self._load())


def _column_line() -> QFrame:
    made = QFrame()
    made.setProperty("look", "column-line")
    return made
