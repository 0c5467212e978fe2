"""Every dialect, by the name that the catalogue uses for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_desktop.providers.base import Dialect
from sora_desktop.providers.globalaiopc import GlobalAIOPC
from sora_desktop.providers.rivya import Rivya

if TYPE_CHECKING:
    from sora_desktop.providers.http import Http


def dialects(http: Http) -> dict[str, Dialect]:
    """The dialects, all on one `http`."""
    return {"rivya": Rivya(http), "globalaiopc": GlobalAIOPC(http)}
