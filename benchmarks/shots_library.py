"""Pictures of the library: full, one and several chosen, nothing found, narrow, empty."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from sora_desktop.core.jobs import Job, State
from sora_desktop.core.library import Query
from sora_desktop.core.request import GenerationRequest
from sora_desktop.storage.library import thumbnail_path
from sora_desktop.ui.centre import Tab
from sora_desktop.ui.main_window import MainWindow
from sora_desktop.ui.studio import Studio

ACCOUNT = "simulator-rivya"
SIZE = (1440, 900)
DAY = 86_400
SCENES = (
    ("A small fishing boat drifts through a misty harbour", "#39506b", "#e8c9a0", "harbour dawn"),
    ("A small fishing boat, dusk", "#2b2d4f", "#e08a6a", "harbour dusk"),
    ("Red train crossing wheat fields", "#7ea6c9", "#d8b04a", "client-A"),
    ("Red balloon over a salt lake", "#b9c6cf", "#e9dfd6", ""),
    ("雨夜的江南小镇，灯笼倒映在青石板路上", "#0c1524", "#7a3a22", "night"),
    ("Deer crossing a sunlit forest", "#3c5a3a", "#dfe6b0", "b-roll"),
    ("Lighthouse in a winter storm", "#27323d", "#5f7380", "portrait"),
    ("Whale under shafts of light", "#06324a", "#2c93a8", "b-roll"),
    ("Red umbrella, rainy boulevard", "#0e1020", "#3d2a58", "night client-A"),
    ("Caravan on dusk dunes", "#5b3350", "#e29a5b", ""),
    ("Ink blooms in clear water", "#d9d4cc", "#27406b", ""),
    ("Aurora over a snow cabin", "#081a2c", "#2a8f7f", "night"),
    ("Steam rising from a tea bowl", "#2b1c14", "#8a5a34", "b-roll"),
)
MODELS = ("sora-2-pro", "sora-2", "sora-2-pro", "sora-2", "openAiSora2Plus")

Take = Callable[..., Awaitable[None]]


async def empty_screen(take: Take, window: MainWindow) -> None:
    """Before there is any clip."""
    window.centre.show_tab(Tab.LIBRARY)
    await take("library-empty", window, SIZE)
    window.centre.show_tab(Tab.VIEWER)


async def library_screens(take: Take, window: MainWindow, studio: Studio, clip: str) -> None:
    """Fills the library with copies of a finished job's file, and takes the rest."""
    await _fill(studio, studio.engine.jobs[clip])
    window.centre.show_tab(Tab.LIBRARY)
    page = window.centre.library
    assert page is not None
    await studio.library.load()
    page.grid.select(["scene1"])
    page.grid.setFocus()
    await take("library", window, SIZE)
    page.grid.select([f"scene{number}" for number in (2, 3, 5)])
    await take("library-several", window, SIZE)
    page.grid.select(["scene4"])
    await take("library-missing", window, SIZE)
    page.set_query(Query(text="a submarine", tags=frozenset({"night"})))
    await take("library-nothing", window, SIZE)
    page.clear()
    await take("library-1024", window, (1024, 700))
    await studio.settings.change(text_size=150)
    await take("library-text-150", window, SIZE)
    await studio.settings.change(text_size=100)
    window.resize(*SIZE)
    window.panes.show_pane("compose", True)
    await take("library-and-compose", window, SIZE)
    window.centre.show_tab(Tab.VIEWER)


async def _fill(studio: Studio, pattern: Job) -> None:
    """Forty clips of four weeks, with marks; one of them without its file. They are not in the queue."""
    chance = random.Random(7)
    now = time.time()
    folder = Path(pattern.path).parent
    for number in range(40):
        prompt, sky, ground, tags = SCENES[number % len(SCENES)]
        model = MODELS[number % len(MODELS)]
        provider = "rivya" if model.startswith("sora") else "globalaiopc"
        path = folder / f"{prompt[:24].lower().replace(' ', '_')}_{number:04}.mp4"
        made = now - (number // 12) * DAY * 1.4 - number * 900
        clip = pattern.model_copy(
            update={
                "id": f"scene{number}",
                "intent": f"scene{number}",
                "account": f"simulator-{provider}",
                "path": str(path),
                "request": GenerationRequest(provider=provider, model=model, prompt=prompt),
                "created_at": made - 300,
                "finished_at": made,
                "state": State.DONE,
            }
        )
        if number != 4:
            shutil.copyfile(pattern.path, path)
            portrait = "portrait" in tags
            _scene(sky, ground, portrait, chance).save(thumbnail_path(studio.paths, clip.id), quality=90)
        await studio.engine.restore(clip)
        await studio.engine.delete(clip.id)
        for tag in tags.split():
            await studio.library.add_tag([clip.id], tag)
    stars = [f"scene{number}" for number in range(0, 40, 5)]
    await studio.library.mark(stars, favourite=True, rating=4)
    await studio.library.mark([f"scene{number}" for number in range(3, 40)], reviewed=True)
    await studio.library.mark(["scene1"], favourite=True, rating=5, notes="Use for the opening. Ask for slower pan.")
    await studio.library.look()


def _scene(sky: str, ground: str, portrait: bool, chance: random.Random) -> Image.Image:
    """A sky, a sun, hills and what lies before them: enough to tell one clip from another."""
    width, height = (180, 320) if portrait else (320, 180)
    high, low = (tuple(int(tone[place : place + 2], 16) for place in (1, 3, 5)) for tone in (sky, ground))
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / height
        draw.line([(0, y), (width, y)], tuple(round(a + (b - a) * share) for a, b in zip(high, low, strict=True)))
    sun, side = chance.randrange(width // 5, 4 * width // 5), chance.randrange(8, 18)
    draw.ellipse((sun - side, height * 0.34 - side, sun + side, height * 0.34 + side), fill=(250, 236, 210))
    for depth in (0.5, 0.62, 0.78):
        points = [(0, height), (0, height * depth)]
        points += [(x, height * depth + chance.randrange(-12, 12)) for x in range(20, width, 28)]
        tone = tuple(round(part * (1.25 - depth)) for part in high)
        draw.polygon([*points, (width, height * depth), (width, height)], fill=tone)
    return picture.filter(ImageFilter.GaussianBlur(0.8))
