"""The centre column: tabs over the viewer (at first the first run) and the library."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from sora_desktop.ui.bind import bind
from sora_desktop.ui.theme import scale, theme
from sora_desktop.ui.tokens import SIZES
from sora_desktop.ui.widgets.basic import chain, keep_height, line, mark
from sora_desktop.ui.widgets.ring import ring_around

if TYPE_CHECKING:
    from sora_desktop.ui.first_run import FirstRun
    from sora_desktop.ui.library.page import LibraryPage
    from sora_desktop.ui.viewer.panel import ViewerPanel


class Tab(StrEnum):
    """What the centre shows."""

    VIEWER = "viewer"
    LIBRARY = "library"


class Centre(QWidget):
    """`make_library` is called when the library is shown for the first time."""

    tab_changed = Signal(str)

    def __init__(self, viewer: ViewerPanel, first_run: FirstRun, make_library: Callable[[], LibraryPage]) -> None:
        super().__init__()
        self._viewer, self._first_run, self._make_library = viewer, first_run, make_library
        self.library: LibraryPage | None = None
        """None until it was shown once."""
        self._welcome = False
        mark(self, surface="panel")
        self.bar = QTabBar()
        self.bar.setObjectName("centre-tabs")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.bar.setAccessibleName(self.tr("Views"))
        ring_around(self.bar, self.bar)
        for tab, words in ((Tab.VIEWER, self.tr("Viewer")), (Tab.LIBRARY, self.tr("Library"))):
            self.bar.setTabData(self.bar.addTab(words), tab)
        self._head = QWidget()
        keep_height(self._head, SIZES.header)
        self._row = QHBoxLayout(self._head)
        self._row.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignBottom)
        self._row.addWidget(viewer.head, 1)
        self._row.addStretch(0)
        self._stack = QStackedWidget()
        self._stack.addWidget(first_run)
        self._stack.addWidget(viewer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(line())
        column.addWidget(self._stack, 1)
        self.bar.currentChanged.connect(self._on_tab_changed)
        bind(theme().changed, self._pad, self)
        self._pad()
        self._show()

    @property
    def tab(self) -> Tab:
        return Tab(self.bar.tabData(self.bar.currentIndex()))

    @property
    def shown(self) -> QWidget:
        """What stands under the tabs: first run, viewer or library."""
        shown = self._stack.currentWidget()
        assert shown is not None
        return shown

    def show_tab(self, tab: Tab) -> None:
        """Goes to a tab; nothing where it is shown already."""
        self.bar.setCurrentIndex(list(Tab).index(tab))

    def set_welcome(self, welcome: bool) -> None:
        """Whether the first run stands in the viewer's place."""
        if welcome != self._welcome:
            self._welcome = welcome
            self._show()

    def _on_tab_changed(self) -> None:
        focused = QApplication.focusWidget()
        self._show()
        self.tab_changed.emit(self.tab)
        if focused is not self.bar and (focused is None or not focused.isVisible()):
            # What had the focus went out of sight, and Qt would give it to any neighbour.
            self.focus_shown()

    def focus_shown(self) -> None:
        """Puts the focus where work begins on what is shown."""
        if self.library is not None and self.shown is self.library:
            self.library.focus_clips()
        else:
            self.shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        viewing = self.tab is Tab.VIEWER
        page: QWidget = self._built() if not viewing else self._first_run if self._welcome else self._viewer
        self._stack.setCurrentWidget(page)
        self._viewer.head.setVisible(page is self._viewer)

    def _built(self) -> LibraryPage:
        if self.library is None:
            self.library = self._make_library()
            self._stack.addWidget(self.library)
            chain((self.bar, self.library))
        return self.library

    def _pad(self) -> None:
        self._row.setContentsMargins(scale(12), 0, scale(8), 0)
        self._row.setSpacing(scale(16))
