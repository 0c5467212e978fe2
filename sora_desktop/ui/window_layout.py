"""Keeps the window's place, the panes' widths and folds and the tab, for each size of screen."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, QTimer
from PySide6.QtWidgets import QMainWindow

from sora_desktop.storage.settings import WindowLayout
from sora_desktop.ui.centre import Centre, Tab
from sora_desktop.ui.layout import Panes
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.viewer.panel import ViewerPanel

REST_MS = 1000
"""From the last change to the save: a drag is one change."""

FRAME = QSize(16, 48)
"""What the desktop's frame takes of the screen, generously: how wide it is, is known only once the window is shown."""


class LayoutKeeper(QObject):
    """Restores the layout when made, and saves it a little after each change."""

    def __init__(self, window: QMainWindow, panes: Panes, centre: Centre, viewer: ViewerPanel, studio: Studio) -> None:
        super().__init__(window)
        self._window, self._panes, self._centre, self._viewer, self._studio = window, panes, centre, viewer, studio
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._on_rested)
        self.restore()
        panes.moved.connect(self._rest.start)
        panes.folds_changed.connect(self._rest.start)
        centre.tab_changed.connect(self._rest.start)
        window.installEventFilter(self)

    @property
    def key(self) -> str:
        """The size of the screen the window is on, as 1920x1080."""
        size = self._window.screen().size()
        return f"{size.width()}x{size.height()}"

    def restore(self) -> None:
        """Puts everything where it was on a screen of this size; else a window that fits on it with its frame."""
        kept = self._studio.settings.current.layouts.get(self.key)
        if kept is None:
            room = self._window.screen().availableGeometry().size() - FRAME
            self._window.resize(self._window.size().boundedTo(room))
            return
        if kept.geometry:
            self._window.restoreGeometry(QByteArray.fromBase64(kept.geometry.encode()))
        self._panes.restore(kept.widths, frozenset(kept.folded))
        self._viewer.show_details("details" not in kept.folded)
        self._centre.show_tab(Tab.LIBRARY if kept.tab == Tab.LIBRARY else Tab.VIEWER)

    def layout(self) -> WindowLayout:
        """Everything as it is now."""
        geometry = bytes(self._window.saveGeometry().toBase64().data()).decode()
        folded = self._panes.folded | (frozenset() if self._viewer.details_shown else {"details"})
        return WindowLayout(
            geometry=geometry, widths=self._panes.widths, folded=tuple(sorted(folded)), tab=self._centre.tab
        )

    def changed(self) -> None:
        """Something was folded: it is kept a little later."""
        self._rest.start()

    async def save(self) -> None:
        """Keeps the layout now."""
        self._rest.stop()
        layouts = {**self._studio.settings.current.layouts, self.key: self.layout()}
        await self._studio.settings.change(layouts=layouts)

    def _on_rested(self) -> None:
        self._studio.tasks.spawn(self.save(), "layout of the window")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self._window.isVisible():
            self._rest.start()
        return False
