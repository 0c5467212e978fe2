"""F6: the focus goes from pane to pane, and back into the widget that had it there last."""

from __future__ import annotations

from collections.abc import Sequence

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


class PaneFocus:
    """Remembers for each of `panes` which widget had the focus."""

    def __init__(self, panes: Sequence[QWidget]) -> None:
        self._panes = tuple(panes)
        self._last: dict[QWidget, QWidget] = {}

    def move(self, step: int) -> None:
        """Goes `step` panes on, among those that can be seen."""
        panes = [pane for pane in self._panes if pane.isVisible()]
        focused = QApplication.focusWidget()
        at = next((index for index, pane in enumerate(panes) if focused and pane.isAncestorOf(focused)), -1)
        target = panes[(at + step) % len(panes)] if at >= 0 else panes[0]
        if focused is not None and at >= 0:
            self._last[panes[at]] = focused
        last = self._last.get(target)
        widget = last if last is not None and shiboken6.isValid(last) and last.isVisible() else _first_stop(target)
        if widget is not None:
            widget.setFocus(Qt.FocusReason.TabFocusReason)


def _first_stop(pane: QWidget) -> QWidget | None:
    """The first widget of a pane that takes the focus by Tab."""
    proxy = pane.focusProxy()
    if proxy is not None and proxy.isVisible():
        return proxy
    stops = (each for each in pane.findChildren(QWidget) if each.isVisible() and each.isEnabled())
    return next((each for each in stops if each.focusPolicy() & Qt.FocusPolicy.TabFocus), None)
