"""The context menu of the queue, and the panel's own: the same orders as on buttons and keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from sora_desktop.core.jobs import Job
from sora_desktop.ui.icons import icon
from sora_desktop.ui.job_orders import JobOrders, Order
from sora_desktop.ui.queue.lines import action_of

SINGLE = {Order.OPEN, Order.EDIT, Order.FRAME, Order.CHANGE, Order.STOP_AFTER}
"""Orders that make sense for one job at a time."""


def tr(text: str) -> str:
    return QCoreApplication.translate("QueueMenu", text)


def entries() -> tuple[tuple[Order, str, str, str] | None, ...]:
    """Order, words, icon and key, in the order of the menu; None is a line."""
    return (
        (Order.OPEN, tr("Open"), "play", "Return"),
        (Order.EDIT, tr("Use again with changes"), "edit", ""),
        (Order.FRAME, tr("Use last frame as reference"), "lastframe", ""),
        None,
        (Order.CHECK, tr("Check…"), "unsure", "Ctrl+R"),
        (Order.RETRY, tr("Retry"), "retry", "Ctrl+R"),
        (Order.COLLECT, tr("Ask for the result"), "download", "Ctrl+R"),
        (Order.TOP_UP, tr("Top up…"), "coin", ""),
        (Order.KEY, tr("Enter key…"), "key", ""),
        (Order.FOLDER, tr("Choose another folder…"), "folder", ""),
        (Order.CHANGE, tr("Change before it is sent…"), "edit", ""),
        (Order.PAUSE, tr("Pause"), "pause", "P"),
        (Order.RESUME, tr("Resume"), "play", "P"),
        (Order.STOP_AFTER, tr("Stop after this"), "toend", ""),
        None,
        (Order.REVEAL, tr("Show in folder"), "folder", ""),
        (Order.COPY, tr("Copy recipe"), "copy", "Ctrl+C"),
        (Order.PROOF, tr("Copy proof for the service"), "copy", ""),
        None,
        (Order.STOP, tr("Stop watching…"), "stop", "Del"),
        (Order.REMOVE, tr("Remove from the list"), "trash", "Del"),
    )


def job_menu(jobs: Sequence[Job], orders: JobOrders, parent: QWidget) -> QMenu:
    """What can be done with all of `jobs`, or with those of them that take it."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    possible = frozenset[Order]().union(*orders.possible(jobs))
    single = len(jobs) == 1
    kept = tuple(jobs)
    for entry in entries():
        if entry is None:
            menu.addSeparator()
            continue
        order, words, picture, key = entry
        if order not in possible or (order in SINGLE and not single):
            continue
        if order is Order.EDIT and single and action_of(jobs[0])[0].value == order.value:
            words = action_of(jobs[0])[1]
        add(menu, words, picture, key, lambda order=order: orders.give(order, kept))
    return menu


def add(menu: QMenu, words: str, picture: str, key: str, call: Callable[[], object]) -> QAction:
    """One entry. The key is shown, not listened to: the list does that itself."""
    action = QAction(words, menu)
    if picture:
        action.setIcon(icon(picture))
    if key:
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setShortcutVisibleInContextMenu(True)
    action.triggered.connect(lambda _checked=False: call())
    menu.addAction(action)
    return action
