"""Pictures of jobs, read off the window's thread and kept within a bound."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from PySide6.QtCore import QObject, QRect, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader, QPixmap

KEPT = 200
"""Pictures in memory: 160×90 at 4 bytes is 58 KB, so 12 MB; in a box of 80×45 px it is 14 KB."""

LONGEST = 160
"""Px of the longer side in memory. The files have 320; kept so, they took four times the memory and were scaled down
anew at every frame."""


class Thumbnails(QObject):
    """The thumbnail of a job by its id. The first question starts the reading; `arrived` says when to ask again.

    `kept` pictures are in memory: of at most `longest` px, or as they fill a `box` in px of the screen, without what
    is above and below it. While `at_once` of them are being read it is `full`, and a question starts nothing: who
    flies past thousands waits for few of them at the end.
    """

    arrived = Signal(str)

    def __init__(
        self,
        path_of: Callable[[str], Path],
        parent: QObject | None = None,
        kept: int = KEPT,
        longest: int = LONGEST,
        at_once: int | None = None,
        box: Callable[[], QSize] = QSize,
    ) -> None:
        super().__init__(parent)
        self._path_of = path_of
        self._box, self._boxed = box, QSize()
        self._kept, self._longest, self._at_once = kept, longest, at_once
        self._pictures: OrderedDict[str, QPixmap] = OrderedDict()
        self._reading: dict[str, QSize] = {}
        self._number = next(_numbers)
        _teller().read.connect(self._on_read, Qt.ConnectionType.QueuedConnection)

    def get(self, job_id: str) -> QPixmap | None:
        """The picture, or None while it is not read; an empty one where there is none."""
        box = self._box()
        if box != self._boxed:
            # Another size of text, or another screen: the smaller ones would be blurred.
            self._boxed = box
            self._pictures.clear()
        found = self._pictures.get(job_id)
        if found is not None:
            self._pictures.move_to_end(job_id)
        elif job_id not in self._reading and not self.full:
            self._reading[job_id] = box
            # A function, not a QRunnable: of every third one of those the binding keeps the Python half for ever.
            read = partial(_read, job_id, self._path_of(job_id), self._longest, box.toTuple(), self._number)
            QThreadPool.globalInstance().start(read)
        return found

    @property
    def full(self) -> bool:
        """Whether as many are being read as may be at once."""
        return self._at_once is not None and len(self._reading) >= self._at_once

    def forget(self, job_id: str) -> None:
        """Reads the picture again when it is next asked for."""
        self._pictures.pop(job_id, None)

    def __len__(self) -> int:
        return len(self._pictures)

    def _on_read(self, number: int, job_id: str, image: QImage) -> None:
        if number != self._number:
            return
        if self._reading.pop(job_id, self._boxed) == self._boxed:
            self._pictures[job_id] = QPixmap.fromImage(image)
        while len(self._pictures) > self._kept:
            self._pictures.popitem(last=False)
        if not image.isNull():
            self.arrived.emit(job_id)


class _Teller(QObject):
    """Carries pictures from the pool's threads to the window's: whose they are, of which job."""

    read = Signal(int, str, QImage)


@cache
def _teller() -> _Teller:
    """One for all and for ever: a thread of the pool that let go of an object last would take it apart."""
    return _Teller()


_numbers = itertools.count()


def _read(job_id: str, path: Path, longest: int, fill: tuple[int, int], number: int) -> None:
    """Reads one file, in a thread of the pool."""
    box = QSize(*fill)
    image = QImage()
    if path.is_file():
        reader = QImageReader(str(path))
        size = reader.size()
        if size.isValid() and not box.isEmpty():
            fills = size.scaled(box, Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            if fills.width() < size.width():
                # Who shows it may show less of its height, and then more of its width.
                shown = QRect(0, 0, fills.width(), box.height())
                shown.moveTop((fills.height() - box.height()) // 2)
                reader.setScaledSize(fills)
                reader.setScaledClipRect(shown)
        elif size.isValid() and max(size.width(), size.height()) > longest:
            reader.setScaledSize(size.scaled(QSize(longest, longest), Qt.AspectRatioMode.KeepAspectRatio))
        image = reader.read()
    _teller().read.emit(number, job_id, image)
