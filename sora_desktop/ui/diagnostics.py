"""A text for a report: versions, counts, the end of the log. No keys, no prompts."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from sora_desktop.core.redact import redact
from sora_desktop.ui.crash import versions
from sora_desktop.ui.glances import MOMENT, Glances
from sora_desktop.ui.places import free_bytes, videos_folder
from sora_desktop.ui.studio import Studio
from sora_desktop.ui.theme import theme
from sora_desktop.ui.words import size

LINES = 60
TAIL_BYTES = 64_000


def diagnostics(studio: Studio) -> str:
    """What a person may paste into a report."""
    states = Counter(str(job.state) for job in studio.engine.jobs.values())
    providers = Counter(account.provider for account in studio.accounts.all if not account.builtin)
    folder = videos_folder(studio.settings.current, studio.paths)
    free: int | None = Glances().look("free", partial(free_bytes, folder), MOMENT)
    lines = [
        versions(),
        f"Theme {theme().name} ({theme().colours.name}), text {theme().text_size} %",
        f"Keyring: {studio.secrets.backend_name() or 'none, or not asked yet'}",
        f"Accounts: {_counted(providers)}",
        f"Jobs: {_counted(states)}",
        f"Online: {'yes' if studio.engine.online else 'no'}; paused: {'yes' if studio.engine.paused else 'no'}",
        f"Free space: {size(free) if free is not None and free >= 0 else 'not known'}",
        "",
        *_end_of_log(studio.paths.logs),
    ]
    return redact("\n".join(lines))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def _end_of_log(folder: Path) -> list[str]:
    try:
        newest = max(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, default=None)
        if newest is None:
            return ["No log yet."]
        with newest.open("rb") as file:
            file.seek(max(0, newest.stat().st_size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ["The log cannot be read."]
    return [f"Last lines of {newest.name}:", *text.splitlines()[-LINES:]]
