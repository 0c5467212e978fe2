"""What the window asks of reference files: taken in, looked at, mended for a preview. Always off its own thread."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageWriter

from sora_desktop.core.references import Reference, ReferenceRule
from sora_desktop.media.pictures import Mended
from sora_desktop.ui.references.incoming import Frame
from sora_desktop.ui.studio import Studio

KEPT = 40
"""Made pictures that are remembered, each with a small preview."""
PREVIEW = QSize(480, 320)


@dataclass(frozen=True, slots=True)
class Made:
    """What a plan makes of a picture. `quality` is None where nothing was lost; `preview` is small."""

    size: tuple[int, int]
    mime: str
    bytes: int
    quality: int | None
    preview: QImage


class Workshop:
    """One for each place that works on references. What awaits raises SoraError with what is wrong."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.service = studio.engine.references
        self._made: OrderedDict[str, Made] = OrderedDict()

    def spawn(self, work: Coroutine[Any, Any, object], name: str) -> None:
        """Runs something that says itself what goes wrong."""
        self._studio.tasks.spawn(work, name)

    async def take_in(self, source: Path | Frame | QImage | bytes) -> Reference:
        """A file, a clip's frame, pixels or a file's bytes as a reference, kept in the tray."""
        match source:
            case Frame():
                return await self.service.add_frame(Path(source.path), source.seconds, frame_name(source))
            case QImage():
                return await self.service.add(await asyncio.to_thread(_png_of, source), tr("Pasted picture.png"))
            case bytes():
                return await self.service.add(source, tr("Picture of a page"))
            case Path():
                return await self.service.add(source)

    async def picture(self, reference: Reference, longest: int) -> QImage:
        """The picture as it lies in its file, turned as its plan says, at most `longest` px long."""
        plan = reference.plan.model_copy(update={"crop": None, "size": None, "fit": "crop"})
        return QImage.fromData(await self.service.preview(reference, longest, plan))

    async def thumbnail(self, reference: Reference, longest: int) -> QImage:
        """The picture as its plan makes it."""
        return QImage.fromData(await self.service.preview(reference, longest, reference.plan))

    async def made(self, reference: Reference, rule: ReferenceRule) -> Made:
        """What would be sent; remembered, because it takes a while."""
        key = _key(reference, rule)
        if key not in self._made:
            mended = await self.service.made(reference, rule)
            self._made[key] = await asyncio.to_thread(_summed_up, mended)
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return self._made[key]

    def known(self, reference: Reference, rule: ReferenceRule) -> Made | None:
        """What was made already."""
        return self._made.get(_key(reference, rule))


def tr(text: str) -> str:
    return QCoreApplication.translate("References", text)


def frame_name(frame: Frame) -> str:
    """What a frame of a clip is called."""
    title = frame.title or Path(frame.path).stem
    return f"{title}.png" if frame.seconds is not None else tr("{0} last frame.png").format(title)


def _key(reference: Reference, rule: ReferenceRule) -> str:
    return f"{reference.sha256} {reference.plan.model_dump_json()} {rule.max_bytes}"


def _png_of(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(buffer.data().data())


def _summed_up(mended: Mended) -> Made:
    image = QImage.fromData(mended.data)
    if not image.isNull():
        image = image.scaled(PREVIEW, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return Made((mended.width, mended.height), mended.mime, len(mended.data), mended.quality, image)
