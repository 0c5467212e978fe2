"""The context menu of the library's clips: what the keys, the details and the queue's rows offer, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from sora_desktop.core.library import BEST, Clip
from sora_desktop.ui.job_orders import Order
from sora_desktop.ui.queue.menu import add

if TYPE_CHECKING:
    from sora_desktop.ui.library.page import LibraryPage


def tr(text: str) -> str:
    return QCoreApplication.translate("LibraryMenu", text)


def clip_menu(clips: Sequence[Clip], page: LibraryPage) -> QMenu:
    """What can be done with all of `clips`; with one alone where there is one."""
    menu = QMenu(page)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if len(clips) == 1:
        _alone(menu, clips[0], page)
    _marks(menu, list(clips), page)
    jobs = [clip.job for clip in clips]
    menu.addSeparator()
    add(menu, tr("Copy recipe") if len(clips) == 1 else tr("Copy recipes"), "copy", "Ctrl+C", lambda: page.copy(clips))
    menu.addSeparator()
    missing = [job for clip, job in zip(clips, jobs, strict=True) if clip.id in page.missing and job.collectable]
    if missing:
        add(menu, tr("Ask for the result"), "download", "", lambda: page.orders.collect(missing))
    add(menu, tr("Remove…"), "trash", "Del", lambda: page.removal.ask(clips))
    return menu


def _alone(menu: QMenu, clip: Clip, page: LibraryPage) -> None:
    """What is done with one clip at a time."""
    there = clip.id not in page.missing
    add(menu, tr("Open"), "play", "Return", lambda: page.opened.emit(clip.id))
    add(menu, tr("Use again with changes"), "edit", "", lambda: page.edit_requested.emit(clip.id))
    if there:
        add(menu, tr("Use last frame as reference"), "lastframe", "", lambda: page.offer_frame(clip))
        add(menu, tr("Show in folder"), "folder", "", lambda: page.orders.give(Order.REVEAL, [clip.job]))
    else:
        add(menu, tr("Find the file…"), "search", "", lambda: page.find_file(clip))
    menu.addSeparator()


def _marks(menu: QMenu, clips: list[Clip], page: LibraryPage) -> None:
    """Favourite, rating, reviewed: what all of them have already is taken back."""
    starred = all(clip.marks.favourite for clip in clips)
    words = tr("No favourite any more") if starred else tr("Favourite")
    add(menu, words, "star" if starred else "starf", "F", lambda: page.mark(clips, favourite=not starred))
    rating = menu.addMenu(tr("Rating"))
    group = QActionGroup(rating)
    for stars in range(BEST, -1, -1):
        name = "★" * stars if stars else tr("None")
        action = add(rating, name, "", str(stars), lambda stars=stars: page.mark(clips, rating=stars))
        action.setCheckable(True)
        action.setChecked(all(clip.marks.rating == stars for clip in clips))
        group.addAction(action)
    seen = all(clip.marks.reviewed for clip in clips)
    words = tr("Mark as not reviewed") if seen else tr("Mark as reviewed")
    add(menu, words, "eye", "", lambda: page.mark(clips, reviewed=not seen))
