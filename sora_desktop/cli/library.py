"""`library`: the finished clips, their tags, and taking them out."""

from __future__ import annotations

import asyncio
import time

from sora_desktop.assembly import Assembly, opened
from sora_desktop.cli.arguments import Arguments
from sora_desktop.cli.printing import job_object, printable, put, put_json, table
from sora_desktop.core.errors import UserError
from sora_desktop.core.library import Clip, Query, Shelf


def run(arguments: Arguments) -> int:
    return asyncio.run(_run(arguments))


async def _run(arguments: Arguments) -> int:
    async with opened(arguments.paths(), own=False) as studio:
        await studio.library.load()
        match arguments.action:
            case "tag":
                return await _tag(studio, _named(studio, arguments.clips[0]), arguments.tag, off=arguments.off)
            case "remove":
                return await _remove(studio, [_named(studio, start) for start in arguments.clips])
            case _:
                return await _list(studio, arguments)


def _named(studio: Assembly, start: str) -> Clip:
    """The clip whose id begins so. Raises UserError where it is none, or several."""
    clips = studio.library.clips
    found = (
        [clips[start]] if start in clips else [clip for key, clip in clips.items() if start and key.startswith(start)]
    )
    if len(found) != 1:
        raise UserError("clip_ambiguous" if found else "clip_unknown", id=start)
    return found[0]


async def _list(studio: Assembly, arguments: Arguments) -> int:
    library = studio.library
    await library.look(pictures=False)
    shelf = Shelf.FAVOURITES if arguments.favourites else Shelf.ALL
    clips = library.find(Query(shelf=shelf, text=arguments.text))
    if arguments.json:
        for clip in clips:
            put_json(_object(clip, missing=clip.id in library.missing))
        return 0
    rows = [
        (
            clip.id[:8],
            time.strftime("%Y-%m-%d %H:%M", time.localtime(clip.made_at)),
            "yes" if clip.marks.favourite else "",
            str(clip.marks.rating or ""),
            clip.job.request.model,
            ", ".join(clip.marks.tags),
            f"{clip.path} (missing)" if clip.id in library.missing else clip.path,
        )
        for clip in clips
    ]
    put(table(("CLIP", "MADE", "FAVOURITE", "RATING", "MODEL", "TAGS", "PATH"), rows))
    return 0


def _object(clip: Clip, *, missing: bool) -> dict[str, object]:
    job = job_object(clip.job)
    wanted = ("id", "remote_id", "path", "credits", "account", "model", "prompt")
    return (
        {name: job[name] for name in wanted}
        | clip.marks.model_dump(mode="json")
        | {
            "provider": clip.job.request.provider,
            "made_at": clip.made_at,
            "missing": missing,
        }
    )


async def _tag(studio: Assembly, clip: Clip, tag: str, *, off: bool) -> int:
    if off:
        await studio.library.remove_tag([clip.id], tag)
    else:
        await studio.library.add_tag([clip.id], tag)
    tags = ", ".join(studio.library.clips[clip.id].marks.tags)
    put(f"{clip.id[:8]}: {printable(tags) or 'no tags'}")
    return 0


async def _remove(studio: Assembly, clips: list[Clip]) -> int:
    for clip in await studio.library.remove(clip.id for clip in clips):
        put(f"{clip.id[:8]} is out of the library. Its file stays: {printable(clip.path)}")
    return 0
