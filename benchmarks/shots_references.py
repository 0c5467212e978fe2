"""References for the pictures of the screens: cards in every state, the tray, the dialog that cuts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.studio import Studio

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

Take = Callable[..., Awaitable[None]]

SIZES = {"harbour at dawn.jpg": (3000, 2000), "Bildschirmfoto 2026-11-20 um 10.14.33.png": (2400, 1200)}


def _photo(path: Path, size: tuple[int, int]) -> Path:
    picture = Image.new("RGB", size, (38, 92, 118))
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.ellipse((width // 3, height // 4, width * 2 // 3, height * 3 // 4), fill=(238, 160, 90))
    draw.rectangle((0, height * 2 // 3, width, height), fill=(16, 38, 60))
    picture.save(path)
    return path


async def reference_screens(take: Take, window: MainWindow, studio: Studio) -> None:
    """Cards with their fixes, in the window and at larger text; the dialog; a service that takes only addresses."""
    folder = studio.paths.data
    section = window.compose.references
    page = window.compose.page
    provider = next(one for one in studio.catalog.providers if not one.idempotent and one.demo)
    assert provider.demo
    window.compose.choose(provider.demo.account)
    shape = page.model.param("size") if page.model else None
    if shape is not None:
        page.set_value("size", shape.options[0].value)
    for name, size in SIZES.items():
        page.set_references((await studio.engine.references.add(_photo(folder / name, size)),))
    await asyncio.sleep(1)
    section._open_tray.setChecked(True)
    for scale in (100, 150):
        await studio.settings.change(text_size=scale)
        await take(f"references-{scale}", window, (1440, 900))
    dialog = section.adjust(section.cards[0])
    assert dialog is not None
    for scale in (150, 100):
        await studio.settings.change(text_size=scale)
        await asyncio.sleep(1)
        await take(f"reference-dialog-{scale}", _top(dialog))
    dialog.reject()
    section._open_tray.setChecked(False)
    page.set_references(())


def _top(widget: QWidget) -> QWidget:
    return widget.window()
